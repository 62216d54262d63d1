//! A checkpoint: tensors by their published names, whatever files they lie in, and what the files say of the model.

use crate::{Error, Gguf, Meta, Other, Safetensors, Source, Tensor, shards};
use serde_json::Value;
use std::{collections::BTreeMap, rc::Rc};

pub struct Checkpoint {
    sources: Vec<Rc<dyn Source>>,
    /// Which source, and where in it.
    tensors: BTreeMap<String, (usize, Tensor)>,
    /// Tensors of types that cannot be read.
    others: Vec<Other>,
    pub facts: Facts,
    /// Small files beside the weights, whole.
    files: BTreeMap<&'static str, Vec<u8>>,
}

/// Files of a Hugging Face directory that say how text becomes ids, and a picture numbers.
const BESIDE: &[&str] = &[
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
    "preprocessor_config.json",
    "processor_config.json",
];

/// What a file says of its model: GGUF metadata, or `config.json`.
#[derive(Clone, Debug)]
pub enum Facts {
    Gguf(Meta),
    Hf(Value),
}

/// One fact under both its names: a GGUF key after the architecture's prefix, a path in `config.json`.
#[derive(Clone, Copy)]
pub struct Fact {
    pub gguf: &'static str,
    /// Alternatives joined by `|`; levels by `.`.
    pub hf: &'static str,
}

/// Largest JSON file that is read whole.
const JSON: u64 = 64 << 20;

impl Checkpoint {
    pub async fn gguf(source: Rc<dyn Source>) -> Result<Checkpoint, Error> {
        let gguf = Gguf::read(source.as_ref()).await?;
        let tensors = gguf.tensors.into_iter().map(|t| (t.name.clone(), (0, t))).collect();
        let (facts, files) = (Facts::Gguf(gguf.meta), BTreeMap::new());
        Ok(Checkpoint { sources: vec![source], tensors, others: vec![], facts, files })
    }

    /// A Hugging Face directory: `files` finds one by name. Weights are `model.safetensors`, or the shards its index names.
    pub async fn hf(files: &dyn Fn(&str) -> Option<Rc<dyn Source>>) -> Result<Checkpoint, Error> {
        let missing = |name: &str| {
            Error::new("missing", format!("there is no '{name}'"), "give the whole directory, as it is published")
        };
        let config = json(files("config.json").ok_or_else(|| missing("config.json"))?.as_ref()).await?;
        let names = match (files("model.safetensors"), files("model.safetensors.index.json")) {
            (Some(_), _) => vec!["model.safetensors".to_owned()],
            (None, Some(index)) => shards(&String::from_utf8_lossy(&whole(index.as_ref()).await?))?,
            _ => return Err(missing("model.safetensors")),
        };
        let (mut sources, mut tensors, mut others) = (vec![], BTreeMap::new(), vec![]);
        for name in names {
            let source = files(&name).ok_or_else(|| missing(&name))?;
            let file = Safetensors::read(source.as_ref()).await?;
            others.extend(file.others);
            for t in file.tensors {
                if let Some((_, t)) = tensors.insert(t.name.clone(), (sources.len(), t)) {
                    return Err(Error::new(
                        "twice",
                        format!("the tensor '{}' is in two files", t.name),
                        "get the checkpoint again",
                    ));
                }
            }
            sources.push(source);
        }
        let mut beside = BTreeMap::new();
        for name in BESIDE {
            if let Some(source) = files(name) {
                beside.insert(*name, whole(source.as_ref()).await?);
            }
        }
        Ok(Checkpoint { sources, tensors, others, facts: Facts::Hf(config), files: beside })
    }

    /// A small file beside the weights.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name).map(|(_, t)| t)
    }
    pub fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.tensors.values().map(|(_, t)| t)
    }
    /// Tensors of types that cannot be read; one that a model needs is an error.
    pub fn others(&self) -> &[Other] {
        &self.others
    }
    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.sources.iter().map(|s| s.size()).sum()
    }

    /// Bytes of a tensor from byte `at` of it on.
    pub async fn read(&self, name: &str, at: u64, into: &mut [u8]) -> Result<(), Error> {
        let Some((source, tensor)) = self.tensors.get(name) else {
            return Err(Error::bug(format!("the tensor '{name}' is read but not there")));
        };
        self.sources[*source].read(tensor.at + at, into).await
    }
}

impl Facts {
    /// The family's name: GGUF's architecture, or the class that `config.json` names.
    pub fn architecture(&self) -> Result<&str, Error> {
        let (found, key) = match self {
            Facts::Gguf(meta) => (meta.text("general.architecture"), "general.architecture"),
            Facts::Hf(v) => (v.pointer("/architectures/0").and_then(Value::as_str), "architectures"),
        };
        found.ok_or_else(|| {
            Error::new("architecture", format!("the file does not say '{key}'"), "it is not a model Squint can read")
        })
    }

    /// What it says of one part of the model; all of it, where it speaks of that part only.
    pub fn part(&self, name: &str) -> Facts {
        match self {
            Facts::Hf(root) => Facts::Hf(root.get(name).filter(|v| v.is_object()).unwrap_or(root).clone()),
            Facts::Gguf(_) => self.clone(),
        }
    }

    pub fn number(&self, fact: Fact) -> Option<f64> {
        match self {
            Facts::Gguf(meta) => meta.number(&self.key(fact)),
            Facts::Hf(_) => self.json(fact)?.as_f64(),
        }
    }
    pub fn uint(&self, fact: Fact) -> Option<u64> {
        match self {
            Facts::Gguf(meta) => meta.uint(&self.key(fact)),
            Facts::Hf(_) => self.json(fact)?.as_u64(),
        }
    }
    pub fn text(&self, fact: Fact) -> Option<&str> {
        match self {
            Facts::Gguf(meta) => meta.text(&self.key(fact)),
            Facts::Hf(_) => self.json(fact)?.as_str(),
        }
    }

    /// Whether something is so.
    pub fn flag(&self, fact: Fact) -> Option<bool> {
        match self {
            Facts::Gguf(meta) => meta.number(&self.key(fact)).map(|n| n != 0.0),
            Facts::Hf(_) => self.json(fact)?.as_bool(),
        }
    }

    /// A size between 1 and `most`, `usual` where the file says nothing.
    pub fn size_or(&self, fact: Fact, usual: usize, most: u64) -> Result<usize, Error> {
        if self.uint(fact).is_none() { Ok(usual) } else { self.size(fact, most) }
    }

    /// A size that must be there and be between 1 and `most`.
    pub fn size(&self, fact: Fact, most: u64) -> Result<usize, Error> {
        let key = self.key(fact);
        match self.uint(fact) {
            Some(n) if (1..=most).contains(&n) => Ok(n as usize),
            Some(n) => Err(Error::new(
                "config",
                format!("'{key}' is {n}; 1 to {most} are possible"),
                "the file is damaged or not a model of this family",
            )),
            None => Err(Error::new("config", format!("'{key}' is missing"), "the file is damaged: get it again")),
        }
    }

    fn key(&self, fact: Fact) -> String {
        match self {
            // Keys with a dot before them are not under the architecture's prefix.
            Facts::Gguf(_) if fact.gguf.starts_with('.') => fact.gguf[1..].to_owned(),
            Facts::Gguf(_) => format!("{}.{}", self.architecture().unwrap_or("?"), fact.gguf),
            Facts::Hf(_) => fact.hf.to_owned(),
        }
    }
    fn json(&self, fact: Fact) -> Option<&Value> {
        let Facts::Hf(root) = self else { return None };
        let path = |p: &str| p.split('.').try_fold(root, |v, level| v.get(level));
        fact.hf.split('|').filter_map(path).find(|v| !v.is_null())
    }
}

/// A JSON file, read whole.
pub async fn json(source: &dyn Source) -> Result<Value, Error> {
    let text = whole(source).await?;
    serde_json::from_slice(&text).map_err(|e| {
        Error::new("json", format!("'{}' cannot be read: {e}", source.name()), "the file is damaged: get it again")
    })
}

/// A small file, read whole.
pub async fn whole(source: &dyn Source) -> Result<Vec<u8>, Error> {
    if source.size() > JSON {
        let what = format!("'{}' has {} bytes; {JSON} are possible", source.name(), source.size());
        return Err(Error::new("size", what, "this file should be small: get it again"));
    }
    let mut text = vec![0; source.size() as usize];
    source.read(0, &mut text).await?;
    Ok(text)
}
