//! ViT, DeiT, CLIP, SigLIP and DINOv2 against `transformers` on small random checkpoints as it saves them
//! (scripts/golden/encoders.py): the rows of every layer, the last ones, the pooled row and scores, at several sizes.

#![allow(clippy::unwrap_used, reason = "an encoder that cannot run is a failed test")]

use pollster::block_on;
use squint_engine::{Encoder, Host, Join, Look, Pair};
use squint_ops::{Backend, Grid, Kind, Reference, case::relative_error};
use squint_tests::{backends, files, tree::root};
use squint_weights::{Checkpoint, Error};
use std::{path::PathBuf, rc::Rc};

/// What `transformers` computes of one picture.
#[derive(serde::Deserialize)]
struct Golden {
    height: usize,
    width: usize,
    /// What goes into the first layer, then what each layer makes.
    layers: Vec<Vec<f32>>,
    last: Vec<f32>,
    pooled: Option<Vec<f32>>,
    scores: Option<Vec<f32>>,
}

impl Golden {
    fn all(name: &str) -> Vec<Golden> {
        serde_json::from_slice(&std::fs::read(folder(name).join("golden.json")).unwrap()).unwrap()
    }
    fn image(&self) -> Grid {
        Grid { height: self.height, width: self.width }
    }
}

/// The picture of the fixtures: numbers without a pattern.
fn pixels(len: usize) -> Vec<f32> {
    (0..len).map(|i| (((i * 7919 + 13) % 1009) as f64 / 504.0 - 1.0) as f32).collect()
}

fn folder(name: &str) -> PathBuf {
    root().join("tests/fixtures/encoders").join(name)
}

fn names() -> Vec<String> {
    let all = std::fs::read_dir(folder("")).unwrap();
    let folders = all.map(|f| f.unwrap()).filter(|f| f.path().is_dir());
    let mut names: Vec<String> = folders.map(|f| f.file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 21);
    names
}

/// A fixture, with other words in its configuration.
fn directory(name: &str, words: [&str; 2]) -> Checkpoint {
    files::directory(&folder(name), words).unwrap()
}

fn open(on: Rc<dyn Backend>, checkpoint: &Checkpoint, quant: Option<Kind>) -> Result<Encoder, Error> {
    block_on(Encoder::load(on, Host::native(), checkpoint, quant, &mut |_, _| ()))
}

fn load(on: Rc<dyn Backend>, name: &str) -> Encoder {
    open(on, &directory(name, ["", ""]), None).unwrap()
}

fn reference() -> Rc<dyn Backend> {
    Rc::new(Reference::default())
}

fn turn(encoder: &mut Encoder, change: impl Fn(Look) -> Look) -> Vec<f32> {
    block_on(encoder.turn(change(encoder.sizes.look()))).unwrap();
    block_on(encoder.hidden(&pixels(encoder.pixels()))).unwrap().values.to_vec()
}

/// The largest error of all there is to compare at one size.
fn off(encoder: &mut Encoder, golden: &Golden) -> f32 {
    let (image, mut worst) = (golden.image(), 0f32);
    let mut held = |want: &[f32], got: &[f32]| {
        assert_eq!(want.len(), got.len(), "{image:?}");
        worst = worst.max(relative_error(want, got, 0.0));
    };
    assert_eq!(golden.layers.len(), encoder.sizes.layers + 1);
    for (i, want) in golden.layers.iter().enumerate() {
        held(want, &turn(encoder, |look| Look { image, layer: Some(i), ..look }));
        // Without the tokens that are no patches.
        let before = encoder.sizes.before() * encoder.sizes.heads.width;
        held(&want[before..], &turn(encoder, |look| Look { image, layer: Some(i), patches: true, ..look }));
    }
    held(&golden.last, &turn(encoder, |look| Look { image, ..look }));
    let picture = pixels(encoder.pixels());
    assert_eq!((encoder.has_pooled(), encoder.has_scores()), (golden.pooled.is_some(), golden.scores.is_some()));
    if let Some(want) = &golden.pooled {
        held(want, &block_on(encoder.pooled(&picture)).unwrap().values);
    }
    if let Some(want) = &golden.scores {
        held(want, &block_on(encoder.logits(&picture)).unwrap().values);
    }
    worst
}

#[test]
fn every_family_is_transformers_at_every_layer_and_size() {
    for name in names() {
        for on in backends::everywhere() {
            let (device, limit) = (on.caps().device.clone(), if on.caps().name == "reference" { 1e-4 } else { 2e-3 });
            let mut encoder = load(on, &name);
            for golden in Golden::all(&name) {
                let error = off(&mut encoder, &golden);
                let what = format!("{name} of {}×{} on {device}: {error:.1e}", golden.height, golden.width);
                println!("{what}");
                assert!(error < limit, "{what}");
            }
        }
    }
}

/// Weights in 8 bits stay near what the plain ones say, and are not the plain ones.
#[test]
fn weights_can_be_packed_at_load() {
    for on in backends::everywhere() {
        let device = on.caps().device.clone();
        let rows = |quant| {
            let mut encoder = open(on.clone(), &directory("clip-vision", ["", ""]), quant).unwrap();
            turn(&mut encoder, |look| look)
        };
        let error = relative_error(&rows(None), &rows(Some(Kind::Q8_0)), 0.0);
        println!("{device}: {error:.1e}");
        assert!(error < 5e-2 && error > 1e-4, "{device}: {error}");
    }
}

#[test]
fn layers_count_from_both_ends() {
    let encoder = load(reference(), "dinov2");
    for (number, layer) in [(0, 0), (3, 3), (-1, 3), (-2, 2), (-4, 0)] {
        assert_eq!(encoder.sizes.layer(number).unwrap(), layer);
    }
    for number in [4, -5, i64::MIN] {
        let e = encoder.sizes.layer(number).unwrap_err();
        assert!(e.code == "layer" && e.hint.contains("0 to 3, or -4 to -1"), "{e}");
    }
}

/// The last layer is not computed where the one before it is wanted, nor are heads; a smaller picture costs less.
#[test]
fn a_look_costs_what_it_takes() {
    let null = Rc::new(squint_ops::Null::default());
    let mut encoder = load(null.clone(), "siglip-vision");
    let mut cost = |change: &dyn Fn(Look) -> Look| {
        let before = null.total().flops;
        turn(&mut encoder, change);
        null.total().flops - before
    };
    let all = cost(&|look| look);
    let bare = cost(&|look| Look { heads: false, ..look });
    let layers = [3, 2, 1, 0].map(|layer| cost(&|look| Look { layer: Some(layer), ..look }));
    let wide = cost(&|look| Look { image: Grid { height: 48, width: 32 }, ..look });
    assert!(
        all > bare && bare > layers[0] && layers[0] - layers[1] == layers[2] - layers[3],
        "{all} {bare} {layers:?}"
    );
    assert!(wide > 4 * all, "{wide} {all}");
}

#[derive(serde::Deserialize)]
struct Joined {
    encoders: [String; 2],
    layer: i64,
    channels: bool,
    shape: [usize; 2],
    rows: Vec<f32>,
}

fn pair(on: Rc<dyn Backend>, names: [&str; 2], layer: i64, join: Join) -> Result<Pair<Encoder>, Error> {
    let encoders = names.map(|name| {
        let mut encoder = load(on.clone(), name);
        let layer = Some(encoder.sizes.layer(layer).unwrap());
        turn(&mut encoder, |look| Look { layer, patches: true, ..look });
        encoder
    });
    block_on(Pair::new(encoders, join))
}

/// Against `torch.cat` of what `transformers` computes.
#[test]
fn two_encoders_see_one_picture() {
    let golden: Vec<Joined> = serde_json::from_slice(&std::fs::read(folder("pairs.json")).unwrap()).unwrap();
    for on in backends::everywhere() {
        for Joined { encoders, layer, channels, shape, rows } in &golden {
            let names = [&*encoders[0], &*encoders[1]];
            let pair = pair(on.clone(), names, *layer, if *channels { Join::Channels } else { Join::Rows }).unwrap();
            let pictures = [0, 1].map(|i| pixels(pair.encoders[i].pixels()));
            // A picture before it leaves nothing behind.
            block_on(pair.rows([&vec![0.5; pictures[0].len()], &vec![0.5; pictures[1].len()]])).unwrap();
            let got = block_on(pair.hidden([&pictures[0], &pictures[1]])).unwrap();
            assert_eq!((pair.shape, got.len()), (*shape, shape[0] * shape[1]));
            let error = relative_error(rows, &got, 0.0);
            println!("{names:?} on {}: {error:.1e}", on.caps().device);
            assert!(error < if on.caps().name == "reference" { 1e-4 } else { 2e-3 }, "{names:?}: {error}");
        }
    }
}

#[test]
fn encoders_that_do_not_fit_are_not_joined() {
    for (names, join, words) in [
        (["dinov2", "siglip-whole"], Join::Channels, "dinov2 makes 16 rows of 24, siglip 9 of 24: not as many rows"),
        (["dinov2", "clip-vision"], Join::Rows, "16 rows of 24, clip 16 of 32: not as many numbers in a row"),
    ] {
        let e = pair(reference(), names, -1, join).err().unwrap();
        assert!(e.code == "pair" && e.what.contains(words), "{e}");
    }
}

#[test]
fn what_cannot_be_is_said() {
    let refused =
        |name: &str, from: &str, to: &str| open(reference(), &directory(name, [from, to]), None).err().unwrap();
    for (name, from, to, code, word) in [
        (
            "clip-vision",
            "\"num_attention_heads\": 4",
            "\"num_attention_heads\": 5",
            "config",
            "5 heads over a width of 32",
        ),
        ("siglip-vision", "\"patch_size\": 8", "\"patch_size\": 23", "config", "patches of 23×23 in pictures of 22×22"),
        ("siglip-vision", "\"image_size\": 22", "\"image_size\": 30", "shape", "position_embedding"),
        ("siglip-headless", "\"vision_use_head\": false", "\"vision_use_head\": true", "missing", "head.probe"),
        ("siglip-vision", "\"vision_use_head\": true", "\"vision_use_head\": false", "tensor", "head.attention"),
        ("vit-oblong", "12,\n    20", "12,\n    20,\n    4", "config", "'image_size' is"),
        ("dinov2-gated", "\"mlp_ratio\": 3", "\"mlp_ratio\": 0", "config", "'mlp_ratio' is 0"),
        ("dinov2-gated", "\"use_swiglu_ffn\": true", "\"use_swiglu_ffn\": false", "missing", "mlp.fc1"),
        ("clip-whole", "\"projection_dim\": 14", "\"projection_dim\": 15", "shape", "visual_projection"),
    ] {
        let e = refused(name, from, to);
        assert!(e.code == code && e.what.contains(word), "{name}, {to}: {e}");
    }
    let mut encoder = load(reference(), "siglip-headless");
    let e = block_on(encoder.pooled(&pixels(encoder.pixels()))).unwrap_err();
    assert!(e.code == "head" && e.what.contains("pooled"), "{e}");
    let small = Look { image: Grid { height: 2, width: 9 }, ..encoder.sizes.look() };
    let e = block_on(encoder.turn(small)).unwrap_err();
    assert!(e.code == "size" && e.what.contains("2×9 has no patch of 3"), "{e}");
}

/// A layer without its bias gives rows, too.
#[test]
fn every_tensor_is_missed() {
    // Other towers' and those of training. Of a pooled row without its matrix nobody is promised anything.
    let spare = ["text_", "logit_", "mask_token", "pooler.dense.weight"];
    for name in names().iter().filter(|name| !name.contains("sharded") && !name.contains("bf16")) {
        for (tensor, checkpoint) in files::without_one(&folder(name)).unwrap() {
            let e = open(Rc::new(Reference::default()), &checkpoint, None).err().map(|e| e.code);
            let missed = !spare.iter().any(|part| tensor.contains(part));
            assert_eq!(e, missed.then_some("missing"), "{name} without {tensor}");
        }
    }
}
