//! A saliency head on a small random encoder against PyTorch's own transposed convolutions, batch norms and interpolation
//! (scripts/golden/saliency.py). The real one is in `dinov2`.

#![allow(clippy::unwrap_used, reason = "a head that cannot run is a failed test")]

use pollster::block_on;
use squint_engine::{Encoder, Head, Host};
use squint_ops::{Backend, Grid, Reference, case::relative_error};
use squint_tests::{backends, files, tree::root};
use squint_weights::{Checkpoint, Error};
use std::{path::PathBuf, rc::Rc};

#[derive(serde::Deserialize)]
struct Golden {
    height: usize,
    width: usize,
    map: Vec<f32>,
}

fn folder() -> PathBuf {
    root().join("tests/fixtures/heads/saliency")
}

fn directory(words: [&str; 2]) -> Checkpoint {
    files::directory(&folder(), words).unwrap()
}

/// The picture of the fixtures: numbers without a pattern.
fn pixels(len: usize) -> Vec<f32> {
    (0..len).map(|i| (((i * 7919 + 13) % 1009) as f64 / 504.0 - 1.0) as f32).collect()
}

fn load(on: Rc<dyn Backend>, checkpoint: &Checkpoint, name: &str, image: Grid) -> Result<(Encoder, Head), Error> {
    let (found, quiet) = (Encoder::find(checkpoint)?, &mut |_, _| ());
    let what = (found, Head::look(image));
    let encoder = block_on(Encoder::load_for(on.clone(), Host::native(), checkpoint, what, None, quiet))?;
    let head = block_on(Head::load(on, Host::native(), checkpoint, (name, image), &encoder.sizes, quiet))?;
    Ok((encoder, head))
}

#[test]
fn maps_are_pytorchs_at_every_size() {
    let golden: Vec<Golden> = serde_json::from_slice(&std::fs::read(folder().join("golden.json")).unwrap()).unwrap();
    assert!(golden.len() > 2);
    for on in backends::everywhere() {
        let limit = if on.caps().name == "reference" { 1e-4 } else { 2e-3 };
        for want in &golden {
            let image = Grid { height: want.height, width: want.width };
            let (encoder, head) = load(on.clone(), &directory(["", ""]), "saliency", image).unwrap();
            let rows = block_on(encoder.hidden(&pixels(encoder.pixels()))).unwrap().values;
            let error = relative_error(&want.map, &block_on(head.map(&rows)).unwrap(), 0.0);
            let what = format!("{image:?} on {}: {error:.1e}", on.caps().device);
            println!("{what}");
            assert!(error < limit, "{what}");
        }
    }
}

#[test]
fn what_cannot_be_is_said() {
    let refused = |words: [&str; 2], name: &str| {
        let on = Rc::new(Reference::default());
        load(on, &directory(words), name, Grid::square(20)).err().unwrap_or_else(|| panic!("{words:?} was accepted"))
    };
    for (words, name, says) in [
        (["", ""], "depth", "no head 'depth'"),
        (["saliency_widths", "saliency_depths"], "saliency", "the model has no head 'saliency'"),
        (["    10,\n", "    0,\n"], "saliency", "'saliency_widths' is [0,7,3]; 1 to 6 numbers"),
        (["    10,\n", "    11,\n"], "saliency", "'saliency.up.0.weight' is [40, 12, 2, 2]"),
        (["    3\n", "    3, 3\n"], "saliency", "saliency.up.3.weight"),
    ] {
        let e = refused(words, name);
        assert!(e.what.contains(says), "{words:?}: {e}");
    }
    let (_, head) =
        load(Rc::new(Reference::default()), &directory(["", ""]), "saliency", Grid { height: 15, width: 30 }).unwrap();
    let e = block_on(head.map(&[0.0; 12])).unwrap_err();
    assert!(
        e.code == "rows" && e.what.contains("12 numbers for a head over pictures of 15×30, which takes 228"),
        "{e}"
    );
}
