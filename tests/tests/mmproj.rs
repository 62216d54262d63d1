//! A language model and its encoder and projector as the two files of llama.cpp (scripts/golden/mmproj.py): what
//! `transformers` makes of the same weights; and files that do not belong together.

#![allow(clippy::unwrap_used, reason = "an oracle that cannot compute is a failed test")]

mod sees;

use pollster::block_on;
use sees::{Golden, Whole, exact, off};
use squint_engine::picture::{Fit, Preprocess, Showing};
use squint_engine::text::{Message, Part, Template};
use squint_engine::{Encoder, Host, Marks, room};
use squint_models::vlm::Parts;
use squint_ops::{Grid, Kind, Reference};
use squint_tests::{files, tiny, tree::root};
use squint_weights::{Checkpoint, Error, source::Memory};
use std::{path::PathBuf, rc::Rc};

const NAMES: [&str; 5] = ["idefics3", "llava-old", "llava-siglip-layers", "mobilevlm", "mobilevlm-v2"];

fn folder(name: &str) -> PathBuf {
    root().join("tests/fixtures/mmproj").join(name)
}

/// A file with some of its bytes, as often as they are there, replaced by as many others.
fn file(name: &str, words: [&str; 2]) -> Result<Checkpoint, Error> {
    let mut bytes = std::fs::read(folder(name)).unwrap();
    let [from, to] = words.map(str::as_bytes);
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = match from.len() {
        0 => vec![],
        n => bytes.windows(n).enumerate().filter(|(_, w)| *w == from).map(|(at, _)| at).collect(),
    };
    assert!(from.is_empty() || !places.is_empty(), "{name} has no '{}'", words[0]);
    places.into_iter().for_each(|at| bytes[at..][..to.len()].copy_from_slice(to));
    block_on(Checkpoint::gguf(Rc::new(Memory::new(name, bytes))))
}

fn pair(name: &str, words: [&str; 2]) -> Checkpoint {
    let [language, eye] = ["language.gguf", "mmproj.gguf"].map(|f| format!("{name}/{f}"));
    file(&language, ["", ""]).unwrap().with_mmproj(file(&eye, words).unwrap())
}

#[test]
fn pairs_of_files_say_what_transformers_makes_of_their_weights() {
    for (on, most) in exact() {
        for name in NAMES {
            let whole = Whole::load(on.clone(), pair(name, ["", ""])).unwrap_or_else(|e| panic!("{name}: {e}"));
            for golden in Golden::all(&folder(name)) {
                whole.held(&golden, most, name);
            }
        }
    }
}

/// What the files say of a model, each of them in its own way.
#[test]
fn parts_are_told_from_names_and_metadata() {
    let parts = |name: &str| Parts::inside(&pair(name, ["", ""])).unwrap().unwrap();
    let llava = parts("llava-old");
    assert_eq!((llava.kind.name, llava.vision.family.name, llava.projector.name), ("llava", "clip", "mlp"));
    // Of three layers the file has two, all of which are run; its feed-forward blocks have each other's names.
    assert_eq!((llava.vision.sizes.layers, llava.layer, llava.vision.first.len()), (2, None, 4));
    assert_eq!((llava.vision.sizes.function, llava.dropped, llava.mark, llava.apart), ("quick_gelu", 1, 3, false));
    let several = parts("llava-siglip-layers");
    assert_eq!((several.vision.family.name, several.layer, several.dropped), ("siglip", Some(2), 0));
    assert_eq!((&several.vision.sizes.joined[..], several.vision.sizes.function), (&[2, 1][..], "gelu_tanh"));
    assert!(several.vision.first.is_empty());
    assert_eq!(several.ends(several.vision.sizes.image).views[0].chans, 64);
    let (first, second) = (parts("mobilevlm"), parts("mobilevlm-v2"));
    assert_eq!((first.kind.name, first.projector.name, second.projector.name), ("mobilevlm", "ldp", "ldpv2"));
    // Its vocabulary has no token for a picture: the first number beyond it is one.
    assert!(first.apart && first.mark as usize == first.text.sizes.vocab);
    let tiles = parts("idefics3");
    assert_eq!((tiles.vision.family.name, tiles.layer, tiles.projector.name), ("idefics3", None, "pixel shuffle"));
}

/// The tower alone, out of the pair and out of its own file: the layers that the projector reads side by side.
#[test]
fn towers_are_loaded_alone() {
    let rows = |checkpoint: &Checkpoint, layer| {
        let (on, host) = (Rc::new(Reference::default()), Host::native());
        let mut encoder = block_on(Encoder::load(on, host, checkpoint, None, &mut |_, _| ())).unwrap();
        let look = encoder.sizes.look();
        block_on(encoder.turn(squint_engine::Look { layer, heads: false, ..look })).unwrap();
        let pixels: Vec<f32> = (0..encoder.pixels()).map(|i| (i as f32 * 0.37).sin()).collect();
        let [rows, width] = encoder.shape();
        let made = block_on(encoder.hidden(&pixels)).unwrap().values.to_vec();
        assert_eq!(made.len(), rows * width);
        (made, width)
    };
    let name = "llava-siglip-layers";
    let (pair, alone) = (pair(name, ["", ""]), file(&format!("{name}/mmproj.gguf"), ["", ""]).unwrap());
    // The same weights before they were rounded to Q8_0.
    let whole = files::directory(&root().join("tests/fixtures/seeing").join(name), ["", ""]).unwrap();
    for layer in [0, 1, 2] {
        let (want, width) = rows(&whole, Some(layer));
        assert_eq!(width, 32);
        for file in [&pair, &alone] {
            let (got, width) = rows(file, Some(layer));
            let error = off([(&want[..], &got[..])].into_iter());
            assert!(width == 32 && error < 2e-2, "layer {layer}: {error:e}");
        }
    }
    // Without a last norm in the file, rows are those of its last layer.
    assert_eq!(rows(&alone, None), rows(&alone, Some(2)));
}

#[test]
fn pictures_are_prepared_as_the_file_says() {
    let of = |name: &str, words| Preprocess::of(&pair(name, words)).unwrap();
    let clip = of("llava-old", ["", ""]);
    assert_eq!((clip.pad, clip.fit), (Some([122, 116, 104]), Some(Fit::Stretch(Grid::square(20)))));
    assert!((clip.mean[0] - 0.48145466).abs() < 1e-7 && (clip.std[2] - 0.27577711).abs() < 1e-7);
    assert_eq!((clip.filter.name, of("llava-siglip-layers", ["", ""]).pad), ("bicubic", Some([127; 3])));
    let tiles = of("idefics3", ["", ""]);
    assert_eq!((tiles.filter.name, tiles.pad), ("lanczos", None));
    assert_eq!(tiles.tiles.map(|t| (t.longest, t.side, t.split)), Some((Some(72), 24, true)));
    // A file that does not say how long the longer edge is was made for pictures in one piece.
    let whole = of("idefics3", ["vision.preproc_image_size", "vision.preproc_image_sizx"]);
    assert_eq!(whole.tiles.map(|t| (t.longest, t.split)), Some((None, false)));
    // Models that were trained without a border say so; those with a class token see the middle then.
    let mut square = tower("mlp");
    square.text("clip.vision.image_aspect_ratio", "square");
    square.tensor("v.class_embd", Kind::F32, &[24], &[0.0; 24]);
    let square = Preprocess::of(&lone(square)).unwrap();
    assert_eq!((square.pad, square.fit, square.crop), (None, Some(Fit::Shortest(20)), Some(Grid::square(20))));
    let e = Preprocess::of(&pair("llava-old", ["vision.image_std", "vision.image_stx"])).err().unwrap();
    assert!(e.what.contains("'clip.vision.image_std' is missing"), "{e}");
}

/// Templates that know no parts get a text with pictures in it.
#[test]
fn templates_that_read_texts_only_are_given_texts() {
    let template = |text: &str| Template::from_text(text).unwrap();
    for (text, takes) in [
        ("{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}", false),
        ("{% for m in messages %}{{ m['content'] + eos_token }}{% endfor %}", false),
        (
            "{% for m in messages %}{% for p in m.content %}{{ p.text if p.type == 'text' else '<image>' }}{% endfor %}{% endfor %}",
            true,
        ),
    ] {
        assert_eq!(template(text).takes_parts(), takes, "{text}");
    }
    let parts = vec![Part::Image, Part::Image, Part::Text { text: "Which?".into() }];
    assert_eq!(Message::parts("user", parts).flat(), Message::text("user", "<image>\n<image>\nWhich?"));
}

/// The beginning of such a file, without tensors.
fn tower(projector: &str) -> tiny::Gguf {
    let mut file = tiny::Gguf::default();
    file.text("general.architecture", "clip");
    file.text("clip.projector_type", projector);
    for (key, n) in [("image_size", 20), ("patch_size", 5), ("embedding_length", 24), ("feed_forward_length", 40)] {
        file.int(&format!("clip.vision.{key}"), n);
    }
    file.int("clip.vision.attention.head_count", 2);
    file.int("clip.vision.block_count", 2);
    ["mean", "std"].iter().for_each(|key| file.floats(&format!("clip.vision.image_{key}"), &[0.5; 3]));
    file
}

fn lone(file: tiny::Gguf) -> Checkpoint {
    block_on(Checkpoint::gguf(Rc::new(Memory::new("mmproj.gguf", file.bytes())))).unwrap()
}

fn refused(checkpoint: Checkpoint) -> Error {
    let marks = Marks::of(&checkpoint, Showing::default()).err();
    marks.or_else(|| Whole::load(Rc::new(Reference::default()), checkpoint).err()).unwrap()
}

#[test]
fn what_does_not_belong_together_is_said() {
    let open = |name: &str| file(name, ["", ""]).unwrap();
    for (language, eye, says) in [
        (
            "mobilevlm/language.gguf",
            "llava-old/mmproj.gguf",
            "makes rows of 32 numbers, the language model reads rows of 24",
        ),
        (
            "llava-old/language.gguf",
            "mobilevlm/mmproj.gguf",
            "makes rows of 24 numbers, the language model reads rows of 32",
        ),
        ("mobilevlm-v2/language.gguf", "mobilevlm/mmproj.gguf", "makes rows of 24 numbers"),
        ("llava-old/language.gguf", "idefics3/mmproj.gguf", "no token '<fake_token_around_image>'"),
        ("llava-old/language.gguf", "llava-old/language.gguf", "the mmproj file is a model of architecture 'llama'"),
        ("llava-old/mmproj.gguf", "llava-old/language.gguf", "the mmproj file is a model of architecture 'llama'"),
        ("llava-old/mmproj.gguf", "llava-old/mmproj.gguf", "the file is an mmproj"),
    ] {
        let e = refused(open(language).with_mmproj(open(eye)));
        assert!(e.what.contains(says), "{language} and {eye}: {e}");
    }
    let e = room::of(&open("llava-old/mmproj.gguf"), None).err().unwrap();
    assert!(e.what.contains("without a language model") && e.hint.contains("as its mmproj"), "{e}");
    let directory = files::directory(&root().join("tests/fixtures/seeing/llava-clip-llama"), ["", ""]).unwrap();
    let e = refused(directory.with_mmproj(open("llava-old/mmproj.gguf")));
    assert!(e.what.contains("beside a Hugging Face directory"), "{e}");
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    for (name, from, to, says) in [
        ("idefics3", "idefics3", "idefics9", "of type 'idefics9', which is not known"),
        ("llava-old", "v.blk.1.ln1.weight", "v.blk.1.lnx.weight", "'v.blk.1.ln1.weight'"),
        ("llava-old", "v.class_embd", "v.class_embx", "'v.position_embd.weight' is [17, 24], [16, 24] was expected"),
        ("llava-old", "mm.2.weight", "mm.3.weight", "'mm.2.weight'"),
        ("llava-old", "mm.2.bias", "mm.9.bias", "'mm.9.bias' has no place"),
        ("idefics3", "v.post_ln.weight", "v.post_lx.weight", "'v.post_ln.weight'"),
        ("mobilevlm", "mm.model.mb_block.2.block.2.1.bias", "mm.model.mb_block.2.block.2.1.biax", "block.2.1.bia"),
        ("mobilevlm-v2", "mm.model.peg.0.weight", "mm.model.peg.7.weight", "'mm.model.peg.0.weight'"),
        ("llava-old", "vision.block_count", "vision.block_counx", "'clip.vision.block_count' is missing"),
        ("llava-old", "vision.image_size", "vision.image_sizx", "'clip.vision.image_size' is missing"),
    ] {
        let e = refused(pair(name, [from, to]));
        assert!(e.what.contains(says), "{name}, {to}: {e}");
    }
    // What a file of today says of the width of rows counts, too.
    let said = |width: u32| {
        let key = "clip.vision.projection_dim";
        let mut bytes = std::fs::read(folder("idefics3/mmproj.gguf")).unwrap();
        let at = bytes.windows(key.len()).position(|w| w == key.as_bytes()).unwrap() + key.len() + 4;
        bytes[at..][..4].copy_from_slice(&width.to_le_bytes());
        let eye = block_on(Checkpoint::gguf(Rc::new(Memory::new("mmproj.gguf", bytes)))).unwrap();
        Marks::of(&file("idefics3/language.gguf", ["", ""]).unwrap().with_mmproj(eye), Showing::default()).map(|_| ())
    };
    assert!(said(32).is_ok() && said(48).unwrap_err().what.contains("rows of 48 numbers"));
    let mut next = tower("mlp");
    next.int("clip.vision.image_grid_pinpoints", 1);
    let language = || file("llava-old/language.gguf", ["", ""]).unwrap();
    assert!(refused(language().with_mmproj(lone(next))).what.contains("LLaVA-NeXT"));
    let e = refused(language().with_mmproj(lone(tower("mlp"))));
    assert!(e.what.contains("'v.patch_embd.weight'"), "{e}");
}
