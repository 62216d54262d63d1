//! The vision transformer of tests/fixtures/vit on every backend against what `transformers` computes (scripts/golden/vit.py).

#![allow(clippy::unwrap_used, reason = "an encoder that cannot run is a failed test")]

use pollster::block_on;
use squint_cpu::{Cpu, Isa};
use squint_engine::{Encoder, Error, Host};
use squint_ops::{Backend, INT8, Kind, Reference, case::relative_error};
use squint_tests::{backends, files::rounded, tiny::Llama, tree};
use squint_weights::{Checkpoint, Source, source::Memory};
use std::{collections::BTreeMap, rc::Rc};

#[derive(serde::Deserialize)]
struct Golden {
    pixels: Vec<f32>,
    plain: Computed,
    /// With weights that went through Q8_0.
    packed: Computed,
}

#[derive(serde::Deserialize)]
struct Computed {
    hidden: Vec<f32>,
    logits: Vec<f32>,
}

fn golden() -> Golden {
    serde_json::from_str(&tree::read("tests/fixtures/vit/golden.json")).unwrap()
}

type Files = BTreeMap<&'static str, Vec<u8>>;

fn files() -> Files {
    files_of("tests/fixtures/vit")
}

fn files_of(folder: &str) -> Files {
    let read = |name| (name, std::fs::read(tree::root().join(folder).join(name)).unwrap());
    ["config.json", "model.safetensors"].map(read).into()
}

fn checkpoint(files: &Files) -> Result<Checkpoint, Error> {
    let find = |name: &str| {
        files.get(name).map(|bytes| Rc::new(Memory::new(name.to_owned(), bytes.clone())) as Rc<dyn Source>)
    };
    block_on(Checkpoint::hf(&find))
}

fn load(on: Rc<dyn Backend>, files: &Files, quant: Option<Kind>) -> Result<Encoder, Error> {
    block_on(Encoder::load(on, Host::native(), &checkpoint(files)?, quant, &mut |_, _| ()))
}

fn reference() -> Rc<dyn Backend> {
    Rc::new(Reference::default())
}

/// How far the logits and the rows of one picture are off.
fn off(vit: &Encoder, pixels: &[f32], want: &Computed) -> f32 {
    // A picture before it leaves nothing behind.
    block_on(vit.logits(&vec![1.0; pixels.len()])).unwrap();
    let logits = relative_error(&want.logits, &block_on(vit.logits(pixels)).unwrap().values, 0.0);
    logits.max(relative_error(&want.hidden, &block_on(vit.hidden(pixels)).unwrap().values, 0.0))
}

#[test]
fn every_backend_computes_what_transformers_computes() {
    let golden = golden();
    for on in backends::everywhere() {
        let name = on.caps().device.clone();
        let error = off(&load(on, &files(), None).unwrap(), &golden.pixels, &golden.plain);
        println!("{name}: {error:.1e}");
        assert!(error < 1e-4, "{name}: {error}");
    }
}

/// Queries, keys and values of one format are one product, of several formats three: the same rows come out.
#[test]
fn values_in_a_format_of_their_own_change_nothing() {
    let golden = golden();
    let mixed = |part, stored| {
        let mut files = files();
        let file = files.get_mut("model.safetensors").unwrap();
        *file = rounded(file, part, Kind::F16, stored).unwrap();
        files
    };
    for on in backends::everywhere() {
        for part in ["attention.query.weight", "attention.key.weight", "attention.value.weight"] {
            let both = [false, true].map(|stored| load(on.clone(), &mixed(part, stored), None).unwrap());
            let [want, got] = both.map(|vit| block_on(vit.hidden(&golden.pixels)).unwrap().values);
            let error = relative_error(&want, &got, 0.0);
            assert!(error < 1e-5, "{part} on {}: {error}", on.caps().device);
        }
    }
}

#[test]
fn weights_can_be_packed_at_load() {
    let golden = golden();
    for on in backends::everywhere() {
        let name = on.caps().device.clone();
        let rounds = on.caps().features.iter().any(|f| f == INT8.name);
        let vit = load(on, &files(), Some(Kind::Q8_0)).unwrap();
        let error = off(&vit, &golden.pixels, &golden.packed);
        println!("{name}: {error:.1e}, from the plain weights {:.1e}", off(&vit, &golden.pixels, &golden.plain));
        // Activations in 8 bits round at 4e-3 in each of a dozen products, on widths too small to average it out.
        assert!(error < if rounds { 5e-2 } else { 1e-4 }, "{name}: {error}");
        assert!(off(&vit, &golden.pixels, &golden.plain) > 1e-3, "{name} runs the plain weights");
    }
}

#[test]
fn what_cannot_be_is_said() {
    let vit = load(reference(), &files(), None).unwrap();
    let few = block_on(vit.logits(&[0.0; 12])).unwrap_err();
    assert!(few.code == "pixels" && few.what.contains("12 numbers for 32×32"), "{few}");
    let llama = Llama::SMALL.checkpoint(1).unwrap();
    assert!(!Encoder::reads(&llama).unwrap() && Encoder::reads(&checkpoint(&files()).unwrap()).unwrap());
    let text = block_on(Encoder::load(reference(), Host::native(), &llama, None, &mut |_, _| ())).err().unwrap();
    assert!(text.code == "architecture" && text.what.contains("'llama'"), "{text}");
    // One byte of a name, or one number of the configuration, is another.
    let swap = |file: &'static str, from: &str, to: &str| {
        let mut files = files();
        let bytes = files.get_mut(file).unwrap();
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        load(reference(), &files, None).err().unwrap()
    };
    let name = "layer.1.output.dense.weight";
    let missing = swap("model.safetensors", name, "layer.1.output.dense.strang");
    // By all that it was looked for under: a classifier's tensors have its encoder's name before theirs.
    for full in [format!("'encoder.{name}'"), format!("'vit.encoder.{name}'")] {
        assert!(missing.code == "missing" && missing.what.contains(&full), "{missing}");
    }
    let bias = swap("model.safetensors", "layer.1.output.dense.bias", "layer.1.output.dense.bent");
    assert!(bias.code == "missing" && bias.what.contains("dense.bias"), "{bias}");
    let shape = swap("config.json", "\"patch_size\": 8", "\"patch_size\": 4");
    assert!(shape.code == "shape" && shape.what.contains("patch_embeddings.projection"), "{shape}");
    let config = swap("config.json", "\"num_attention_heads\": 2", "\"num_attention_heads\": 3");
    assert!(config.code == "config" && config.what.contains("3 heads over a width of 32"), "{config}");
    let function = swap("config.json", "\"gelu\"", "\"gulp\"");
    assert!(function.code == "config" && function.what.contains("gulp"), "{function}");
}

/// A safetensors file with one tensor more, or one of another type.
fn with(file: &[u8], name: &str, dtype: &str) -> Vec<u8> {
    let (len, rest) = file.split_first_chunk().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*len) as usize);
    let mut header: serde_json::Value = serde_json::from_slice(header).unwrap();
    let size = if dtype.ends_with("64") { 8 } else { 1 };
    let mut more = vec![];
    let header_of = header.as_object_mut().unwrap();
    let offsets = header_of.get(name).map(|entry| [0, 1].map(|i| entry["data_offsets"][i].as_u64().unwrap() as usize));
    let [from, to] = offsets.unwrap_or_else(|| {
        more.resize(2 * size, 7);
        [data.len(), data.len() + more.len()]
    });
    let entry = serde_json::json!({"dtype": dtype, "shape": [1, (to - from) / size], "data_offsets": [from, to]});
    header_of.insert(name.into(), entry);
    let header = serde_json::to_vec(&header).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, data, &more].concat()
}

/// Numbered positions and masks are stored beside weights by some; a weight that cannot be read is another matter.
#[test]
fn tensors_that_cannot_be_read_matter_where_they_are_weights() {
    let golden = golden();
    let changed = |name: &str, dtype: &str| {
        let mut files = files();
        let file = files.get_mut("model.safetensors").unwrap();
        *file = with(file, name, dtype);
        load(reference(), &files, None)
    };
    for dtype in ["I64", "BOOL", "U8"] {
        let vit = changed("vit.embeddings.position_ids", dtype).unwrap();
        assert!(off(&vit, &golden.pixels, &golden.plain) < 1e-4);
    }
    let head = "classifier.weight";
    for (name, dtype) in [(head, "F64"), (head, "I64"), ("vit.encoder.layer.0.attention.gate.bias", "F64")] {
        let e = changed(name, dtype).err().unwrap();
        assert!(e.code == "kind" && e.what.contains(name) && e.what.contains(dtype), "{e}");
    }
}

/// Milliseconds a picture of ViT-Ti/16 takes here, the median and the least of 30 after 10.
#[test]
#[ignore = "a measurement; scripts/golden/vit_tiny.py makes what it needs"]
fn speed() {
    let files = files_of(".models/vit-tiny-random");
    for (threads, quant) in [(1, None), (2, None), (1, Some(Kind::Q8_0)), (2, Some(Kind::Q8_0))] {
        let on = Rc::new(Cpu::new(Host::native(), Isa::best(), threads));
        let vit = load(on.clone(), &files, quant).unwrap();
        let mut pixels = vec![0.5; vit.pixels()];
        let mut one = || {
            // The same picture again would be no work.
            pixels[0] += 0.01;
            let start = std::time::Instant::now();
            block_on(vit.logits(&pixels)).unwrap();
            start.elapsed().as_secs_f64() * 1e3
        };
        (0..10).for_each(|_| _ = one());
        let mut times = [0.0; 30].map(|_: f64| one());
        times.sort_by(f64::total_cmp);
        let kind = quant.map_or("f32", |k| k.name);
        backends::say(&format!("{}, {kind}: {:.1} ms, at best {:.1}", on.caps().device, times[15], times[0]));
    }
}
