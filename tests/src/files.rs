//! Checkpoints with something changed: words of a configuration, tensors of a safetensors file.

use pollster::block_on;
use squint_weights::{Checkpoint, Error, Kind, Safetensors, Source, source::File, source::Memory};
use std::{path::Path, rc::Rc};

/// A Hugging Face directory with other words in its configuration, which has to have the first ones.
pub fn directory(folder: &Path, words: [&str; 2]) -> Result<Checkpoint, Error> {
    let file = |file: &str| -> Option<Rc<dyn Source>> {
        let path = folder.join(file);
        if file != "config.json" {
            return Some(Rc::new(File::open(&path).ok()?));
        }
        let text = std::fs::read_to_string(&path).ok()?;
        assert!(text.contains(words[0]), "{}: {words:?}", path.display());
        Some(Rc::new(Memory::new(file, text.replace(words[0], words[1]).into_bytes())))
    };
    block_on(Checkpoint::hf(&file))
}

/// The checkpoints that are a directory's without one tensor, whose name comes with it: all tensors in turn that are of
/// the first layer or of none. The directory's weights are one file of f32.
pub fn without_one(folder: &Path) -> Result<Vec<(String, Checkpoint)>, Error> {
    let weights = std::fs::read(folder.join("model.safetensors")).map_err(|e| {
        Error::new("file", format!("{}: {e}", folder.display()), "choose one with its weights in one file")
    })?;
    let tensors = block_on(Safetensors::read(&Memory::new("model.safetensors", weights.clone())))?.tensors;
    let later = |name: &str| name.split('.').any(|part| part.parse::<usize>().is_ok_and(|layer| layer > 0));
    let mut all = vec![];
    for name in tensors.iter().map(|t| t.name.to_string()).filter(|name| !later(name)) {
        let rest = changed(&weights, &|one, numbers| (one != name).then_some((Kind::F32, numbers)))?;
        all.push((name, with_weights(folder, rest)?));
    }
    Ok(all)
}

/// What becomes of a tensor of f32: its format and numbers, or none to leave it out.
pub type Change<'a> = &'a dyn Fn(&str, Vec<f32>) -> Option<(Kind, Vec<f32>)>;

/// `file`, which is all f32, with every tensor sent through `change`.
pub fn changed(file: &[u8], change: Change) -> Result<Vec<u8>, Error> {
    let tensors = block_on(Safetensors::read(&Memory::new("changed.safetensors", file)))?.tensors;
    let (mut entries, mut data) = (vec![], vec![]);
    for t in tensors {
        let numbers = t.kind.unpack_all(&file[t.at as usize..][..t.bytes as usize]);
        let Some((kind, numbers)) = change(&t.name, numbers) else { continue };
        let from = data.len();
        data.extend(kind.pack_all(&numbers));
        let (name, dtype, shape, to) = (t.name, kind.name.to_uppercase(), t.shape, data.len());
        entries.push(format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{from},{to}]}}"#));
    }
    let header = format!("{{{}}}", entries.join(","));
    Ok([&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat())
}

/// `file` with one more tensor of f32, of one dimension.
pub fn beside(file: &[u8], name: &str, numbers: &[f32]) -> Result<Vec<u8>, Error> {
    let broken = || Error::bug("a fixture that is no safetensors file");
    let (length, rest) = file.split_first_chunk().ok_or_else(broken)?;
    let (header, data) = rest.split_at_checked(u64::from_le_bytes(*length) as usize).ok_or_else(broken)?;
    let header = std::str::from_utf8(header).ok().and_then(|text| text.trim_end().strip_suffix('}'));
    let (from, to, count) = (data.len(), data.len() + 4 * numbers.len(), numbers.len());
    let entry = format!(r#","{name}":{{"dtype":"F32","shape":[{count}],"data_offsets":[{from},{to}]}}}}"#);
    let header = format!("{}{entry}", header.ok_or_else(broken)?);
    Ok([&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data, &Kind::F32.pack_all(numbers)].concat())
}

/// A directory whose weights, one file, are others.
pub fn with_weights(folder: &Path, weights: Vec<u8>) -> Result<Checkpoint, Error> {
    let weights = Rc::new(weights);
    block_on(Checkpoint::hf(&|file: &str| -> Option<Rc<dyn Source>> {
        match file {
            "model.safetensors" => Some(Rc::new(Memory::new(file, weights.to_vec()))),
            _ => Some(Rc::new(File::open(&folder.join(file)).ok()?)),
        }
    }))
}

/// Tensors whose names have `part` in them rounded to `kind`, and stored in it or not.
pub fn rounded(file: &[u8], part: &str, kind: Kind, stored: bool) -> Result<Vec<u8>, Error> {
    changed(file, &|name, numbers| {
        if !name.contains(part) {
            return Some((Kind::F32, numbers));
        }
        let numbers = kind.unpack_all(&kind.pack_all(&numbers));
        Some((if stored { kind } else { Kind::F32 }, numbers))
    })
}
