//! Every projector on every backend against what scripts/golden/projectors.py and projectors_hf.py compute, and what each
//! of them costs at its published sizes.

#![allow(clippy::unwrap_used, reason = "a projector that cannot run is a failed test")]

use pollster::block_on;
use squint_cpu::{Cpu, Isa};
use squint_engine::{Error, Host, Projection};
use squint_models::projector::{Ends, PROJECTORS, View, projector, record};
use squint_nn::Planned;
use squint_ops::{Backend, Grid, Kind, Null, Reference};
use squint_tests::{backends, tiny::Gguf, tree};
use squint_weights::{Checkpoint, Facts, Safetensors, Source, source::Memory};
use std::{collections::BTreeMap, rc::Rc};

#[derive(serde::Deserialize)]
struct Sizes {
    r#type: String,
    width: usize,
    views: Vec<Rows>,
    oracle: String,
}

#[derive(serde::Deserialize)]
struct Rows {
    before: usize,
    height: usize,
    width: usize,
    chans: usize,
}

struct Fixture {
    name: String,
    kind: String,
    /// Whose computation it is.
    oracle: String,
    ends: Ends,
    files: BTreeMap<String, Vec<u8>>,
    views: Vec<Vec<f32>>,
    want: Vec<f32>,
}

fn fixture(name: String) -> Fixture {
    let folder = tree::root().join("tests/fixtures/projectors").join(&name);
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let sizes: Sizes = serde_json::from_slice(&read("golden.json")).unwrap();
    let view = |v: &Rows| {
        let grid = Grid { height: v.height, width: v.width };
        View { before: v.before, grid, chans: v.chans }
    };
    let ends = Ends { views: sizes.views.iter().map(view).collect(), width: sizes.width };
    let golden = read("golden.safetensors");
    let tensors = block_on(Safetensors::read(&Memory::new("golden.safetensors", golden.clone()))).unwrap().tensors;
    let numbers = |name: &str| {
        let t = tensors.iter().find(|t| *t.name == *name).unwrap();
        t.kind.unpack_all(&golden[t.at as usize..][..t.bytes as usize])
    };
    let views = (0..ends.views.len()).map(|i| numbers(&format!("view.{i}"))).collect();
    let files = ["config.json", "model.safetensors"].map(|f| (f.to_owned(), read(f))).into();
    Fixture { name, kind: sizes.r#type, oracle: sizes.oracle, ends, files, views, want: numbers("rows") }
}

fn fixtures() -> Vec<Fixture> {
    let folder = tree::root().join("tests/fixtures/projectors");
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.into_iter().map(fixture).collect()
}

fn checkpoint(f: &Fixture) -> Result<Checkpoint, Error> {
    let find = |name: &str| {
        f.files.get(name).map(|bytes| Rc::new(Memory::new(name.to_owned(), bytes.clone())) as Rc<dyn Source>)
    };
    block_on(Checkpoint::hf(&find))
}

fn load(on: Rc<dyn Backend>, f: &Fixture) -> Result<Projection, Error> {
    load_from(on, f, &checkpoint(f)?, None)
}

fn load_from(on: Rc<dyn Backend>, f: &Fixture, from: &Checkpoint, to: Option<Kind>) -> Result<Projection, Error> {
    let kind = projector(&f.kind)?;
    block_on(Projection::load(on, Host::native(), from, (kind, None, &[]), f.ends.clone(), to, &mut |_, _| ()))
}

/// How far what comes out is off.
fn error(it: &Projection, f: &Fixture) -> f32 {
    let views: Vec<&[f32]> = f.views.iter().map(Vec::as_slice).collect();
    off(&f.want, &block_on(it.project(&views)).unwrap())
}

/// ‖got − want‖ / ‖want‖
fn off(want: &[f32], got: &[f32]) -> f32 {
    let length = |v: &mut dyn Iterator<Item = f32>| v.map(|n| n as f64 * n as f64).sum::<f64>().sqrt();
    assert_eq!(want.len(), got.len());
    let error = length(&mut want.iter().zip(got).map(|(w, g)| w - g)) / length(&mut want.iter().copied());
    if error.is_finite() { error as f32 } else { f32::INFINITY }
}

fn everywhere() -> Vec<(Rc<dyn Backend>, f32)> {
    let mut all: Vec<(Rc<dyn Backend>, f32)> = vec![(Rc::new(Reference::default()), 1e-4)];
    let cpus = Isa::available().into_iter().map(|isa| Cpu::new(Host::native(), isa, 3).exact());
    all.extend(cpus.map(|c| (Rc::new(c) as Rc<dyn Backend>, 2e-3)));
    all.extend(block_on(backends::gpu()).map(|g| (Rc::new(g) as Rc<dyn Backend>, 2e-3)));
    all
}

#[test]
fn every_backend_projects_as_the_oracles_do() {
    let everywhere = everywhere();
    for f in fixtures() {
        let mut told = String::new();
        for (on, most) in &everywhere {
            let it = load(on.clone(), &f).unwrap_or_else(|e| panic!("{}: {e}", f.name));
            assert_eq!(it.tokens * f.ends.width, f.want.len(), "{}: {} tokens", f.name, it.tokens);
            // Rows before these leave nothing behind.
            let others: Vec<Vec<f32>> = f.views.iter().map(|v| v.iter().map(|n| 0.5 - n).collect()).collect();
            block_on(it.project(&others.iter().map(Vec::as_slice).collect::<Vec<_>>())).unwrap();
            let error = error(&it, &f);
            told += &format!(" {} {error:.1e}", on.caps().name);
            assert!(error <= *most, "{} on {}: {error:e}", f.name, on.caps().device);
        }
        println!("{:20} {}{told}", f.name, f.kind);
    }
}

/// Matrices in half precision, those too that are turned or cut on the way: every number a little off, none far.
#[test]
fn weights_can_be_packed_at_load() {
    for (on, _) in everywhere() {
        for f in fixtures() {
            let it = load_from(on.clone(), &f, &checkpoint(&f).unwrap(), Some(Kind::F16)).unwrap();
            let error = error(&it, &f);
            assert!((1e-5..5e-3).contains(&error), "{} on {}: {error:e}", f.name, on.caps().device);
        }
    }
}

/// A kind that nothing was held against is a promise.
#[test]
fn every_projector_has_an_oracle() {
    let fixtures = fixtures();
    for p in PROJECTORS {
        assert!(fixtures.iter().any(|f| p.types.contains(&f.kind.as_str())), "no fixture of '{}'", p.name);
        for name in p.types {
            let same = PROJECTORS.iter().filter(|p| p.types.contains(name)).count();
            assert_eq!(same, 1, "'{name}' stands for {same} projectors");
        }
    }
}

/// What llama.cpp's converter calls the tensors of these fixtures in its mmproj files.
const GGUF: &[(&str, &[(&str, &str)])] = &[
    ("mlp2x", &[("model.multi_modal_projector.linear_1", "mm.0"), ("model.multi_modal_projector.linear_2", "mm.2")]),
    ("ldp", &[("model.mm_projector.model", "mm.model")]),
    ("ldpv2", &[("model.mm_projector.mlp.mlp", "mm.model.mlp"), ("model.mm_projector.peg.peg", "mm.model.peg")]),
    ("idefics3-three", &[("model.connector.modality_projection.proj", "mm.model.fc")]),
];

#[test]
fn mmproj_files_give_the_same_rows() {
    for (name, renamed) in GGUF {
        let f = fixture((*name).to_owned());
        let from = checkpoint(&f).unwrap();
        let mut file = Gguf::default();
        file.text("general.architecture", "clip");
        file.int("clip.vision.projector.scale_factor", 3);
        for t in from.tensors() {
            let mut bytes = vec![0; t.bytes as usize];
            block_on(from.read(&t.name, 0, &mut bytes)).unwrap();
            let (theirs, ours) = renamed.iter().find(|(theirs, _)| t.name.starts_with(theirs)).unwrap();
            file.tensor(&t.name.replace(theirs, ours), t.kind, &t.shape, &t.kind.unpack_all(&bytes));
        }
        let from = block_on(Checkpoint::gguf(Rc::new(Memory::new("mmproj.gguf", file.bytes())))).unwrap();
        let error = error(&load_from(Rc::new(Reference::default()), &f, &from, None).unwrap(), &f);
        assert!(error <= 1e-4, "{name}: {error:e}");
    }
}

/// A kind, the encoders' (class tokens, side, channels), the language model's width, what a configuration says; tokens and
/// GFLOP that come of it by the formulas of the papers.
type Row = (&'static str, &'static [(usize, usize, usize)], usize, &'static str, usize, f64);

const CLIP: (usize, usize, usize) = (1, 24, 1024);
const SIGLIP: (usize, usize, usize) = (0, 27, 1152);

/// Multiplications and additions of so many rows through layers of these sizes.
const fn layers(rows: usize, sizes: &[[usize; 2]]) -> f64 {
    let (mut sum, mut i) = (0, 0);
    while i < sizes.len() {
        sum += 2 * rows * sizes[i][0] * sizes[i][1];
        i += 1;
    }
    sum as f64 / 1e9
}

/// A visual selective scan of these paths, twice as wide inside: in and out, on each path what drives it (a step's
/// numbers, a sixteenth of the width, and 2 · 16 more), and 7 operations for each of 16 states.
const fn scan(rows: usize, width: usize, paths: usize) -> f64 {
    let (inner, rank) = (2 * width, width.div_ceil(16));
    let path = layers(rows, &[[inner, rank + 2 * 16], [rank, inner]]) + (rows * inner * 7 * 16) as f64 / 1e9;
    layers(rows, &[[width, 2 * inner], [inner, width]]) + paths as f64 * path
}

/// Twelve layers of 32 queries, 768 wide, six of them with attention to 257 rows.
const QFORMER: f64 = layers(32, &[[768, 12 * (4 * 768 + 2 * 3072) + 6 * 2 * 768]])
    + layers(257, &[[1408, 6 * 2 * 768]])
    + layers(32, &[[768, 12 * 2 * 32 + 6 * 2 * 257]]);

/// Of n queries over N rows, as in the card: 2NcD + 4ND² + 4nND + 6nD².
const fn resampler(n: usize, rows: usize, chans: usize, width: usize) -> f64 {
    layers(rows, &[[chans, width], [width, 2 * width]]) + layers(n, &[[width, 2 * rows + 3 * width]])
}

const COSTS: &[Row] = &[
    ("linear", &[CLIP], 2048, "{}", 576, layers(576, &[[1024, 2048]])),
    // Numbers of three encoders side by side, class tokens too.
    ("sphinx", &[(1, 16, 4608)], 4096, "{}", 257, layers(257, &[[4608, 4096]])),
    ("mlp2x_gelu", &[CLIP], 2048, "{}", 576, layers(576, &[[1024, 2048], [2048, 2048]])),
    ("mlp2x_gelu", &[SIGLIP], 2560, "{}", 729, layers(729, &[[1152, 2560], [2560, 2560]])),
    ("mlp_silu", &[CLIP], 4096, "{}", 576, layers(576, &[[1024, 4096], [4096, 4096]])),
    // The last layer has a quarter of the rows.
    ("avg_pool", &[CLIP], 2048, "{}", 144, layers(576, &[[1024, 2048]]) + layers(144, &[[2048, 2048]])),
    ("fused-gelu-mlp", &[(0, 27, 2176)], 2560, "{}", 729, layers(729, &[[2176, 8704], [8704, 2560], [2560, 2560]])),
    ("moondream", &[SIGLIP], 2048, "{}", 729, layers(729, &[[1152, 8192], [8192, 2048]])),
    ("minigpt", &[CLIP], 2560, "{}", 144, layers(144, &[[4096, 2560]])),
    ("vanilla", &[CLIP], 2560, "{}", 144, layers(144, &[[4096, 2560]])),
    ("sppv1", &[SIGLIP], 2560, "{}", 169, layers(729, &[[1152, 2560]]) + layers(169, &[[2560, 2560]])),
    // The mean after both is taken before the second layer, which is the same.
    ("sppv2", &[SIGLIP], 2560, "{}", 169, layers(729, &[[1152, 2560]]) + layers(169, &[[2560, 2560]])),
    ("sppv3", &[SIGLIP], 2560, "{}", 169, layers(729, &[[1152, 1152]]) + layers(169, &[[1152, 2560], [2560, 2560]])),
    (
        "low_high_hybrid_split_mlp_gelu",
        &[(0, 24, 1024), (0, 24, 1024)],
        2048,
        "{}",
        576,
        2.0 * layers(576, &[[1024, 1024]]) + layers(576, &[[2048, 2048]]),
    ),
    ("vary", &[(0, 16, 1024), (0, 16, 1024)], 2048, "{}", 256, 2.0 * layers(256, &[[1024, 1024]])),
    ("mof_mlp", &[CLIP, (0, 24, 1024)], 2560, "{}", 1152, 2.0 * layers(576, &[[1024, 2560], [2560, 2560]])),
    ("ldpnet", &[CLIP], 2048, "{}", 144, layers(576, &[[1024, 2048], [2048, 2048]]) + layers(720, &[[2048, 2048]])),
    ("ldpnetv2", &[CLIP], 2048, "{}", 144, layers(576, &[[1024, 2048]]) + layers(144, &[[2048, 2048]])),
    // Uneven bins of 27 by 27 rows, before the second layer.
    (
        "ldpnet-cobra",
        &[(0, 27, 2176)],
        2560,
        "{}",
        196,
        layers(729, &[[2176, 4 * 2176]]) + layers(196, &[[4 * 2176, 2560]]),
    ),
    ("qformer", &[(1, 16, 1408)], 2560, "{}", 32, QFORMER + layers(32, &[[768, 2560]])),
    ("tinygpt_v", &[(1, 16, 1408)], 2560, "{}", 32, QFORMER + layers(32, &[[768, 4096], [4096, 2560]])),
    ("idefics3", &[(0, 32, 768)], 576, r#"{"scale_factor": 4}"#, 64, layers(64, &[[16 * 768, 576]])),
    ("qwen_vl", &[(0, 32, 1664)], 4096, r#"{"visual": {"n_queries": 256}}"#, 256, resampler(256, 1024, 1664, 4096)),
    ("minicpm_v", &[(0, 32, 1152)], 2304, "{}", 64, resampler(64, 1024, 1152, 2304)),
    ("minicpm_v_2_5", &[(0, 32, 1152)], 4096, r#"{"query_num": 96}"#, 96, resampler(96, 1024, 1152, 4096)),
    // 3 · 4NC² before the mean and 3 · 4MC² after it; as wide as the encoder, so the first block has no layer of its own.
    (
        "c-abs",
        &[(1, 24, 1024)],
        4096,
        "{}",
        144,
        layers(3 * 576, &[[1024, 2 * 1024]])
            + layers(3 * 144, &[[1024, 2 * 1024]])
            + layers(144, &[[1024, 4096], [4096, 4096]]),
    ),
    (
        "patch_info_mining",
        &[CLIP, (0, 192, 2880)],
        2048,
        "{}",
        576,
        layers(192 * 192, &[[2880, 2 * 1024]]) + layers(576, &[[1024, 1024], [1024, 2048], [2048, 2048]]),
    ),
    // A gated MLP of N rows to 4096, then 64 rows through three layers: 16 heads of 96 over four of keys, 4 · 4096 inside.
    (
        "idefics2",
        &[(0, 70, 1152)],
        4096,
        "{}",
        64,
        layers(4900, &[[1152, 2 * 14336], [14336, 4096]])
            + 3.0 * layers(64, &[[4096, 2 * 1536 + 3 * 4 * 4096], [1536, 2 * (4900 + 64)]])
            + 3.0 * layers(4900 + 64, &[[4096, 2 * 384]]),
    ),
    // Eight heads of 64 whatever the width, keys and values of all N + n rows.
    (
        "resampler",
        &[(0, 27, 1152)],
        2048,
        r#"{"num_queries": 128, "num_resampler_layers": 3}"#,
        128,
        layers(729, &[[1152, 2048]])
            + 3.0 * layers(128, &[[2048, 2 * 512 + 2 * 4 * 2048], [512, 2 * (729 + 128)]])
            + 3.0 * layers(729 + 128, &[[2048, 2 * 512]]),
    ),
    // Six layers: q, k, v, o of 144 rows among themselves, values of all N, 2 + 1 numbers of 8 · 4 places, an MLP.
    (
        "d-abs",
        &[(1, 24, 1024)],
        4096,
        "{}",
        144,
        6.0 * layers(144, &[[1024, 4 * 1024 + 2 * 144 + 1024 + 3 * 32 + 2 * 1024]])
            + 6.0 * layers(576, &[[1024, 1024]])
            + layers(144, &[[1024, 4096]]),
    ),
    ("vss_l2_raster", &[SIGLIP], 2560, "{}", 729, layers(729, &[[1152, 2560], [2560, 2560]]) + scan(729, 2560, 2)),
    ("vss_l2_cross", &[SIGLIP], 2560, "{}", 729, layers(729, &[[1152, 2560], [2560, 2560]]) + scan(729, 2560, 4)),
    // As wide as the encoder before the MLP.
    ("vss_mlp_raster", &[SIGLIP], 2560, "{}", 729, scan(729, 1152, 2) + layers(729, &[[1152, 2560], [2560, 2560]])),
    ("vss_mlp_cross", &[SIGLIP], 2560, "{}", 729, scan(729, 1152, 4) + layers(729, &[[1152, 2560], [2560, 2560]])),
];

#[test]
fn tokens_and_costs_are_those_of_the_cards() {
    for p in PROJECTORS {
        assert!(COSTS.iter().any(|row| p.types.contains(&row.0)), "no formula for '{}'", p.name);
    }
    for (name, views, width, config, tokens, want) in COSTS {
        let view = |(before, side, chans): &(usize, usize, usize)| View {
            before: *before,
            grid: Grid::square(*side),
            chans: *chans,
        };
        let ends = Ends { views: views.iter().map(view).collect(), width: *width };
        let facts = Facts::Hf(serde_json::from_str(config).unwrap());
        let sizes = (projector(name).unwrap().read)(&facts, &ends).unwrap();
        let it = record(&Planned { matrices: Kind::F16, to: None, absent: &[] }, sizes.as_ref(), &ends).unwrap();
        let bill = Null::bill(&it.rec, &[]).unwrap();
        assert_eq!((sizes.tokens(), it.rec.def(it.rows).len), (*tokens, tokens * width), "{name}");
        let got = bill.flops as f64 / 1e9;
        println!("{name:20} {tokens:4} tokens, {got:7.2} GFLOP, {want:7.2} by the card, {} MB", bill.bytes / 1_000_000);
        assert!((got / want - 1.0).abs() < 0.02, "{name}: {got} GFLOP, {want} by the card");
    }
}

#[test]
fn what_cannot_be_is_said() {
    let facts = |config: &str| Facts::Hf(serde_json::from_str(config).unwrap());
    let view = |height, width| View { before: 0, grid: Grid { height, width }, chans: 8 };
    let refuse = |kind: &str, views: &[View], config: &str, words: &str| {
        let ends = Ends { views: views.to_vec(), width: 8 };
        let e = projector(kind).and_then(|p| (p.read)(&facts(config), &ends)).err().unwrap();
        assert!(e.what.contains(words), "{kind}: {e}");
    };
    refuse("magic", &[view(2, 2)], "{}", "no projector 'magic'");
    refuse("linear", &[view(2, 2), view(2, 2)], "{}", "2 encoders before a projector for 1");
    refuse("mof_mlp", &[view(2, 2), view(2, 3)], "{}", "4 and 6 rows");
    refuse("minigpt", &[view(3, 3)], "{}", "9 rows do not come in the groups");
    refuse("mlp2x_gelu", &[view(3, 3)], r#"{"mm_projector_type": "mlp9x_gelu"}"#, "9 layers");
    refuse("mlp2x_gelu", &[view(3, 3)], r#"{"projector_hidden_act": "gulp"}"#, "'projector_hidden_act' is 'gulp'");
    refuse("ldpnet", &[view(3, 4)], "{}", "3×4, where a square is wanted");
    refuse("idefics3", &[view(4, 3)], "{}", "4×3 cells are no squares of 2");
    refuse(
        "qformer",
        &[view(4, 3)],
        r#"{"qformer_config": {"num_attention_heads": 5}}"#,
        "5 heads over a width of 768",
    );
    refuse(
        "idefics2",
        &[view(4, 3)],
        r#"{"perceiver_config": {"num_key_value_heads": 3}}"#,
        "16 heads of 96 numbers in 3",
    );
    refuse("qwen_vl", &[view(4, 3)], r#"{"visual": {"n_queries": 60}}"#, "60 queries, which are no square");
    refuse(
        "c-abs",
        &[view(4, 3)],
        r#"{"projector_config": {"num_query_tokens": 5}}"#,
        "5 queries, which are no square",
    );
    refuse("patch_info_mining", &[view(4, 3), view(8, 9)], "{}", "8×9 fine cells do not lie under 4×3");
}

/// What each was held against is what its card says.
#[test]
fn cards_name_the_oracle_that_was_asked() {
    for f in fixtures() {
        let told = projector(&f.kind).unwrap().oracle;
        assert!(told.to_lowercase().starts_with(&f.oracle), "{}: {told}", f.name);
    }
}
