//! Files as Pillow opens them, and what the image processors of `transformers` make of them (scripts/golden/pictures.py).

#![allow(clippy::unwrap_used, reason = "a picture that cannot be read is a failed test")]

use pollster::block_on;
use serde_json::Value;
use squint_engine::Host;
use squint_engine::picture::{Expansion, Filter, Part, Picture, Preprocess, View, resize};
use squint_ops::{Error, Grid};
use squint_tests::tree;
use squint_weights::Facts;
use std::cell::Cell;
use std::future::{Future, ready};
use std::{collections::BTreeMap, path::PathBuf, pin::Pin, rc::Rc};

#[derive(serde::Deserialize)]
struct Pixels {
    file: Option<String>,
    filter: Option<u64>,
    size: [usize; 2],
    samples: Vec<u8>,
    mean: f64,
    hash: String,
}

#[derive(serde::Deserialize)]
struct Processor {
    name: String,
    config: Value,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    file: String,
    exact: bool,
    count: usize,
    tiles: Option<[usize; 2]>,
    expansion: Option<String>,
    views: Vec<Seen>,
}

#[derive(serde::Deserialize)]
struct Seen {
    at: usize,
    size: [usize; 2],
    samples: Vec<f32>,
    /// Mean, least and most.
    whole: [f32; 3],
}

fn folder() -> PathBuf {
    tree::root().join("tests/fixtures/pictures")
}

fn golden<T: serde::de::DeserializeOwned>(name: &str) -> T {
    golden_of(&format!("pictures/{name}"))
}

fn golden_of<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&tree::read(&format!("tests/fixtures/{name}.json"))).unwrap()
}

fn jpeg(name: &str) -> Vec<u8> {
    std::fs::read(tree::root().join("tests/fixtures/jpegs").join(name)).unwrap()
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn decode(name: &str, bytes: &[u8]) -> Result<Picture, Error> {
    block_on(squint_engine::picture::decode(name, bytes, &Host::native()))
}

fn open(name: &str) -> Picture {
    decode(name, &bytes(name)).unwrap()
}

/// Where the golden script took its samples.
fn places(count: usize) -> impl Iterator<Item = usize> {
    (0..count as u64).map(move |i| (i * 2654435761 % count as u64) as usize)
}

fn fnv(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xCBF2_9CE4_8422_2325, |h, b| (h ^ *b as u64).wrapping_mul(0x100_0000_01B3_u64));
    format!("{hash:016x}")
}

/// How far the samples are off at most, and the mean.
fn off(want: &Pixels, got: &Picture) -> (i32, f64) {
    assert_eq!([got.size.height, got.size.width], want.size);
    let samples = want.samples.iter().zip(places(got.bytes.len()));
    let most = samples.map(|(v, at)| (*v as i32 - got.bytes[at] as i32).abs()).max().unwrap();
    let mean = got.bytes.iter().map(|v| *v as f64).sum::<f64>() / got.bytes.len() as f64;
    (most, (mean - want.mean).abs())
}

#[test]
fn files_open_as_pillow_opens_them() {
    let files: BTreeMap<String, Pixels> = golden("files");
    for (name, want) in &files {
        let got = open(name);
        let (most, mean) = off(want, &got);
        println!("{name}: {most}, mean {mean:.3}");
        assert!(fnv(&got.bytes) == want.hash, "{name} differs by {most} and more");
    }
    for format in ["png", "jpg", "webp", "gif", "bmp"] {
        assert!(files.keys().any(|f| f.ends_with(format)), "no {format} was tried");
    }
}

/// Sampling of all kinds, odd and tiny sizes, progressive, restarts, print: scripts/golden/jpegs.py.
#[test]
fn jpegs_of_all_kinds_have_pillows_bits() {
    let files: BTreeMap<String, Pixels> = golden_of("jpegs/files");
    for (name, want) in &files {
        let got = decode(name, &jpeg(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (most, mean) = off(want, &got);
        assert!(fnv(&got.bytes) == want.hash, "{name} differs by {most} and more, its mean by {mean}");
    }
    println!("{} files", files.len());
    assert!(files.len() > 30);
}

/// Whoever wants to stop is heard between two rows of blocks, and of pixels; and what comes of it is the same.
#[test]
fn jpegs_are_decoded_with_stops() {
    // One that comes at once, and one bit by bit.
    for name in ["rocket.jpg", "cup.jpg"] {
        let (clock, pauses) = (Cell::new(0.0), Rc::new(Cell::new(0)));
        let count = pauses.clone();
        let pause = move || -> Pin<Box<dyn Future<Output = ()>>> {
            count.set(count.get() + 1);
            Box::pin(ready(()))
        };
        let host = Host { now: Rc::new(move || clock.replace(clock.get() + 40.0)), pause: Rc::new(pause) };
        let got = block_on(squint_engine::picture::decode(name, &bytes(name), &host)).unwrap();
        assert!(got == open(name), "{name}");
        assert!(pauses.get() > got.size.height, "{name}: {} pauses", pauses.get());
    }
}

#[test]
fn resizing_has_pillows_bits() {
    let all: Vec<Pixels> = golden("resizes");
    for want in &all {
        let picture = open(want.file.as_ref().unwrap());
        let (filter, size) = (want.filter.unwrap(), Grid { height: want.size[0], width: want.size[1] });
        let got = resize(&picture, size, Part::whole(size), Filter::numbered(filter).unwrap());
        let (most, _) = off(want, &got);
        let what = format!("{:?} to {size:?} with {filter}", want.file);
        assert!(fnv(&got.bytes) == want.hash, "{what} differs by {most} and more");
    }
    assert!((0..6).all(|f| all.iter().any(|w| w.filter == Some(f))));
}

/// A part is the same whether the rest is made or not.
#[test]
fn a_part_is_a_piece_of_the_whole() {
    for (file, size) in [("cat.png", Grid { height: 40, width: 71 }), ("cup.jpg", Grid { height: 300, width: 157 })] {
        let picture = open(file);
        for n in 0..6 {
            let filter = Filter::numbered(n).unwrap();
            let whole = resize(&picture, size, Part::whole(size), filter);
            for (top, left, height, width) in [(0, 0, 1, 1), (7, 11, 20, 30), (size.height - 1, 3, 1, size.width - 3)] {
                let part = Part { top, left, size: Grid { height, width } };
                let got = resize(&picture, size, part, filter);
                let want = resize(&whole, size, part, filter);
                assert!(got == want, "{part:?} of {file} with {n}");
            }
        }
    }
}

fn range(view: &View) -> [f32; 3] {
    let mean = view.pixels.iter().map(|v| *v as f64).sum::<f64>() / view.pixels.len() as f64;
    let (least, most) = view.pixels.iter().fold((f32::MAX, f32::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
    [mean as f32, least, most]
}

/// What a step of 1/255 is in normalised numbers, the largest of three channels.
fn step(config: &Value) -> f32 {
    let factor = if config["do_rescale"] == false { 1.0 } else { config["rescale_factor"].as_f64().unwrap() };
    let std = config["image_std"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).fold(1.0, f64::min);
    (if config["do_normalize"] == false { factor } else { factor / std }) as f32
}

#[test]
fn processors_make_what_transformers_makes() {
    let all: Vec<Processor> = golden("processors");
    for Processor { name, config, cases } in &all {
        let does = Preprocess::read(config).unwrap();
        let mut worst = [0f32; 2];
        for case in cases {
            let what = format!("{name} of {}", case.file);
            let got = does.views(&open(&case.file));
            assert_eq!(got.views.len(), case.count, "{what}");
            assert_eq!([got.tiles.height, got.tiles.width], case.tiles.unwrap_or_default(), "{what}");
            for want in &case.views {
                let view = &got.views[want.at];
                assert_eq!([view.size.height, view.size.width], want.size, "{what}");
                let differences =
                    want.samples.iter().zip(places(view.pixels.len())).map(|(v, at)| (v - view.pixels[at]).abs());
                let most = differences.fold(0.0, f32::max) / step(config);
                worst[case.exact as usize] = worst[case.exact as usize].max(most);
                // In steps of 1/255: numbers of the golden file have five digits.
                let bound = if case.exact { 0.01 } else { 1.01 };
                assert!(most < bound, "{what}, view {}: {most} steps", want.at);
                let range = range(view);
                let ends = (0..3).map(|i| (range[i] - want.whole[i]).abs() / step(config)).fold(0.0, f32::max);
                assert!(ends < bound, "{what}, view {}: {range:?}", want.at);
            }
            if let Some(want) = &case.expansion {
                assert_eq!(expansion(name).of_views(&got), *want, "{what}");
            }
        }
        println!("{name}: {:.3} steps, {:.2} where another resampling was asked", worst[1], worst[0]);
    }
}

/// As the golden script set the processors up.
fn expansion(name: &str) -> Expansion {
    let config = if name.starts_with("llava") {
        let strategy = if name == "llava" { "default" } else { "full" };
        serde_json::json!({"processor_class": "LlavaProcessor", "patch_size": 14, "num_additional_image_tokens": 1,
            "vision_feature_select_strategy": strategy})
    } else {
        serde_json::json!({"processor_class": "Idefics3Processor", "image_seq_len": 3})
    };
    Expansion::read(&config).unwrap().unwrap()
}

fn refused(name: &str, bytes: &[u8]) -> String {
    let e = decode(name, bytes).err().unwrap_or_else(|| panic!("{name} was read"));
    assert!(e.what.contains(name) && !e.hint.is_empty(), "{e}");
    format!("{}: {e}", e.code)
}

/// A file that is cut short is said to be, wherever it is cut.
#[test]
fn files_cut_short_are_refused() {
    for name in ["cat.png", "cup.jpg", "cat.jpg", "rocket.webp", "clear.webp", "cat.bmp", "palette.bmp", "holes.gif"] {
        let bytes = bytes(name);
        for part in [0.0, 0.02, 0.2, 0.5, 0.9] {
            refused(name, &bytes[..(bytes.len() as f64 * part) as usize]);
        }
        // All but the last bytes that are picture.
        let said = refused(name, &bytes[..bytes.len() * 9 / 10]);
        assert!(["truncated", "picture"].iter().any(|code| said.starts_with(code)), "{said}");
    }
}

/// Wherever a JPEG ends too early, that is what is said of it.
#[test]
fn jpegs_cut_anywhere_are_refused() {
    for name in ["420-baseline.jpg", "420-progressive.jpg", "restarts.jpg", "cmyk-adobe.jpg"] {
        let bytes = jpeg(name);
        for len in 3..bytes.len() {
            let said = refused(name, &bytes[..len]);
            assert!(said.starts_with("truncated: "), "{name} of {len} bytes: {said}");
        }
        // An end that comes before the picture is complete is no better.
        let early = [&bytes[..bytes.len() * 3 / 4], &[0xFF, 0xD9]].concat();
        refused(name, &early);
    }
}

/// Place of a marker.
fn place(bytes: &[u8], marker: u8) -> usize {
    bytes.windows(2).position(|w| w == [0xFF, marker]).unwrap()
}

#[test]
fn jpegs_of_rare_kinds_are_refused() {
    let plain = jpeg("420-baseline.jpg");
    let frame = place(&plain, 0xC0);
    let scan = place(&plain, 0xDA);
    for (at, value, says) in [
        (frame + 1, 0xC3, "without loss"),
        (frame + 1, 0xC9, "arithmetic"),
        (frame + 4, 12, "eight bits"),
        (frame + 14, 0x31, "whole part"),
        (frame + 11, 0x05, "components are wrong"),
        (frame + 12, 3, "steps is missing"),
        (scan + 5, 9, "header of a scan"),
        (scan + 6, 0x23, "code that its table lacks"),
    ] {
        let mut bytes = plain.clone();
        bytes[at] = value;
        let said = refused("rare.jpg", &bytes);
        assert!(said.starts_with("picture: ") && said.contains(says), "{said}");
    }
    // Many scans that say nothing new would take for ever.
    let progressive = jpeg("grey-progressive.jpg");
    let first = place(&progressive, 0xDA);
    let next = first + place(&progressive[first..], 0xC4);
    let scans = progressive[first..next].repeat(300);
    let said = refused("many.jpg", &[&progressive[..first], &scans, &progressive[next..]].concat());
    assert!(said.contains("more scans"), "{said}");
}

/// The sizes a file claims are looked at before memory is asked for.
#[test]
fn absurd_sizes_are_refused() {
    let mut png = bytes("cat.png");
    png[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    let mut bmp = bytes("cat.bmp");
    bmp[18..26].copy_from_slice(&[0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00]);
    let mut gif = bytes("cat.gif");
    gif[6..10].fill(0xFF);
    let mut jpeg = bytes("cat.jpg");
    let at = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[at + 5..at + 9].fill(0xFF);
    for (name, bytes) in [("a.png", &png), ("a.bmp", &bmp), ("a.gif", &gif), ("a.jpg", &jpeg)] {
        let said = refused(name, bytes);
        assert!(said.starts_with("picture: "), "{said}");
    }
    let mut none = bytes("cat.jpg");
    none[at + 5..at + 9].fill(0);
    refused("none.jpg", &none);
}

#[test]
fn what_is_no_picture_is_refused() {
    for (name, bytes) in
        [("a.txt", &b"a picture of a cat"[..]), ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ("empty", b"")]
    {
        let said = refused(name, bytes);
        assert!(said.contains("formats are PNG, JPEG, WebP, GIF, BMP"), "{said}");
    }
    // Bytes changed here and there: an error or a picture, never a panic.
    let mut dice = 1u32;
    let jpegs: BTreeMap<String, Pixels> = golden_of("jpegs/files");
    let jpegs = jpegs.keys().map(|name| (name.as_str(), jpeg(name)));
    let names = ["cat.png", "cup.jpg", "cat.jpg", "rocket.webp", "clear.webp", "cat.gif", "cat.bmp", "turn-6.jpg"];
    for (name, bytes) in names.map(|name| (name, bytes(name))).into_iter().chain(jpegs) {
        for _ in 0..60 {
            let mut bytes = bytes.clone();
            for _ in 0..3 {
                dice = dice.wrapping_mul(1664525).wrapping_add(1013904223);
                let at = dice as usize % bytes.len();
                bytes[at] ^= (dice >> 24) as u8 | 1;
            }
            if let Err(e) = decode(name, &bytes) {
                assert!(e.what.contains(name), "{e}");
            }
        }
    }
}

#[test]
fn configurations_that_cannot_be_are_refused() {
    let read = |config: Value| Preprocess::read(&config).map(|_| ()).unwrap_err();
    let with = |key: &str, value: Value| {
        let mut config = serde_json::json!({"image_processor_type": "CLIPImageProcessor"});
        config[key] = value;
        read(config)
    };
    assert!(read(serde_json::json!({})).what.contains("none"));
    assert!(read(serde_json::json!({"image_processor_type": "SamImageProcessor"})).hint.contains("CLIP, Bit, Llava"));
    for (key, value) in [
        ("size", serde_json::json!({"shortest_edge": 0})),
        ("size", serde_json::json!({"longest_edge": 10})),
        ("size", serde_json::json!(1e9)),
        ("size", serde_json::json!({"height": 10})),
        ("crop_size", serde_json::json!({"shortest_edge": 10})),
        ("resample", serde_json::json!(6)),
        ("image_mean", serde_json::json!([0.5, 0.5])),
        ("image_std", serde_json::json!([0.5, 0.5, 0.0])),
        ("do_resize", serde_json::json!("yes")),
        ("do_pad", serde_json::json!(true)),
        ("rescale_factor", serde_json::json!("1/255")),
    ] {
        let e = with(key, value);
        assert!(e.code == "preprocessor" && e.what.contains(key), "{e}");
    }
    let tiles =
        serde_json::json!({"image_processor_type": "SmolVLMImageProcessor", "max_image_size": {"longest_edge": 2}});
    assert!(read(tiles).what.contains("max_image_size"));
}

/// Files of the first years name no class: it is that of the kind of model, as transformers has it.
#[test]
fn without_a_class_the_model_tells() {
    let among = |config: Value, model: &str| {
        let facts = Facts::Hf(serde_json::json!({"model_type": model}));
        let file = |name: &str| (name == "preprocessor_config.json").then(|| config.to_string().into_bytes());
        Preprocess::among(&file, &facts).map(Option::unwrap)
    };
    let picture = open("cat.png");
    for (model, class) in [
        ("vit", "ViTImageProcessor"),
        ("deit", "DeiTImageProcessor"),
        ("clip", "CLIPImageProcessor"),
        ("siglip", "SiglipImageProcessor"),
        ("dinov2", "BitImageProcessor"),
        ("llava", "LlavaImageProcessor"),
        ("idefics3", "Idefics3ImageProcessor"),
        ("smolvlm", "SmolVLMImageProcessor"),
    ] {
        let got = among(serde_json::json!({"do_resize": true}), model).unwrap().views(&picture);
        let want = Preprocess::read(&serde_json::json!({"do_resize": true, "image_processor_type": class})).unwrap();
        assert_eq!(got.views, want.views(&picture).views, "{model}");
    }
    let e = among(serde_json::json!({"do_resize": true}), "sam").err().unwrap();
    assert!(e.what.contains("sam") && e.hint.contains("CLIP, Bit"), "{e}");
    // A class that is named counts.
    assert!(among(serde_json::json!({"image_processor_type": "SamImageProcessor"}), "vit").is_err());
}

/// Files of older versions say less, and in other words.
#[test]
fn old_configurations_mean_the_same() {
    let picture = open("cat.png");
    let views = |config: Value| Preprocess::read(&config).unwrap().views(&picture);
    let new =
        views(serde_json::json!({"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 45},
        "crop_size": {"height": 39, "width": 39}}));
    let old = views(serde_json::json!({"feature_extractor_type": "CLIPFeatureExtractor", "size": 45, "crop_size": 39}));
    assert!(new == old && new.views[0].size == Grid::square(39));
    let [new, old] = ["ViTImageProcessor", "ViTFeatureExtractor"]
        .map(|class| views(serde_json::json!({"image_processor_type": class, "size": 30, "image_mean": 0.5})));
    assert!(new == old && new.views[0].size == Grid::square(30));
}

#[test]
fn a_prompt_gets_its_pictures() {
    let does = Preprocess::read(&serde_json::json!({"image_processor_type": "Idefics3ImageProcessor",
        "size": {"longest_edge": 56}, "max_image_size": {"longest_edge": 28}}));
    let views = does.unwrap().views(&open("camera.png"));
    let expansion = expansion("idefics3");
    let one = expansion.of_views(&views);
    assert_eq!(one.matches("<image>").count(), 3 * views.views.len());
    let text = expansion.expand("Look: <image>, and <image>?", &[views.clone(), views.clone()]).unwrap();
    assert_eq!(text, format!("Look: {one}, and {one}?"));
    let e = expansion.expand("What is it?", &[views]).unwrap_err();
    assert!(e.what.contains("0 places") && e.hint.contains("<image>"), "{e}");
}
