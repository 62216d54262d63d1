//! Every projector on every backend against what scripts/golden/projectors.py and projectors_hf.py compute, and what each
//! of them costs at its published sizes.

#![allow(clippy::unwrap_used, reason = "a projector that cannot run is a failed test")]

use pollster::block_on;
use squint_cpu::{Cpu, Isa};
use squint_engine::{Error, Host, Projection};
use squint_models::projector::{Ends, PROJECTORS, View, projector};
use squint_ops::{Backend, Grid, Kind, Reference};
use squint_tests::{backends, tree};
use squint_weights::{Checkpoint, Safetensors, Source, source::Memory};
use std::{collections::BTreeMap, rc::Rc};

#[derive(serde::Deserialize)]
struct Sizes {
    r#type: String,
    width: usize,
    views: Vec<Rows>,
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
        let t = tensors.iter().find(|t| t.name == name).unwrap();
        t.kind.unpack_all(&golden[t.at as usize..][..t.bytes as usize])
    };
    let views = (0..ends.views.len()).map(|i| numbers(&format!("view.{i}"))).collect();
    let files = ["config.json", "model.safetensors"].map(|f| (f.to_owned(), read(f))).into();
    Fixture { name, kind: sizes.r#type, ends, files, views, want: numbers("rows") }
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
    block_on(Projection::load(on, Host::native(), from, (kind, &[]), f.ends.clone(), to, &mut |_, _| ()))
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
