//! A checkpoint: tensors by their published names, whatever files they lie in, and what the files say of the model.

use crate::{Error, Facts, Gguf, Other, Safetensors, Source, Tensor, shards};
use serde_json::Value;
use std::{collections::BTreeMap, rc::Rc};

pub struct Checkpoint {
    parts: Vec<Part>,
    /// Tensors of types that cannot be read.
    others: Vec<Other>,
    pub facts: Facts,
    /// Small files beside the weights, whole.
    files: BTreeMap<&'static str, Vec<u8>>,
    /// An encoder and a projector that lie in a file of their own, as llama.cpp has them.
    mmproj: Option<Box<Checkpoint>>,
}

/// One file of weights, and its tensors by name.
struct Part {
    source: Rc<dyn Source>,
    tensors: Vec<Tensor>,
}

impl Part {
    fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.binary_search_by(|t| (*t.name).cmp(name)).ok().map(|at| &self.tensors[at])
    }
}

/// Files of a Hugging Face directory that say how text becomes ids, and a picture numbers.
const BESIDE: &[&str] = &[
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "preprocessor_config.json",
    "processor_config.json",
];

/// Largest JSON file that is read whole.
const JSON: u64 = 64 << 20;

impl Checkpoint {
    pub async fn gguf(source: Rc<dyn Source>) -> Result<Checkpoint, Error> {
        let gguf = Gguf::read(source.as_ref()).await?;
        let (facts, files) = (Facts::Gguf(gguf.meta), BTreeMap::new());
        let parts = vec![Part { source, tensors: gguf.tensors }];
        Ok(Checkpoint { parts, others: vec![], facts, files, mmproj: None })
    }

    /// The same with an encoder and a projector in a file of their own.
    pub fn with_mmproj(self, mmproj: Checkpoint) -> Checkpoint {
        Checkpoint { mmproj: Some(Box::new(mmproj)), ..self }
    }
    /// The file that has nothing but the encoder and the projector.
    pub fn mmproj(&self) -> Option<&Checkpoint> {
        self.mmproj.as_deref()
    }
    /// Where the encoder and the projector are: in a file of their own, or here.
    pub fn eye(&self) -> &Checkpoint {
        self.mmproj().unwrap_or(self)
    }

    /// A Hugging Face directory: `files` finds one by name. Weights are `model.safetensors`, or the shards its index names.
    pub async fn hf(files: &dyn Fn(&str) -> Option<Rc<dyn Source>>) -> Result<Checkpoint, Error> {
        let missing = |name: &str| {
            Error::new("missing", format!("there is no '{name}'"), "give the whole directory, as it is published")
        };
        let config = json(files("config.json").ok_or_else(|| missing("config.json"))?.as_ref()).await?;
        let names = match (files("model.safetensors"), files("model.safetensors.index.json")) {
            (Some(_), _) => vec!["model.safetensors".to_owned()],
            (None, Some(index)) => shards(&whole(index.as_ref()).await?)?,
            _ => return Err(missing("model.safetensors")),
        };
        let (mut parts, mut others): (Vec<Part>, _) = (vec![], vec![]);
        for name in names {
            let source = files(&name).ok_or_else(|| missing(&name))?;
            let file = Safetensors::read(source.as_ref()).await?;
            if let Some(t) = file.tensors.iter().find(|t| parts.iter().any(|part| part.tensor(&t.name).is_some())) {
                let what = format!("the tensor '{}' is in two files", t.name);
                return Err(Error::new("twice", what, "get the checkpoint again"));
            }
            others.extend(file.others);
            parts.push(Part { source, tensors: file.tensors });
        }
        let mut beside = BTreeMap::new();
        for name in BESIDE {
            if let Some(source) = files(name) {
                beside.insert(*name, whole(source.as_ref()).await?);
            }
        }
        Ok(Checkpoint { parts, others, facts: Facts::Hf(config), files: beside, mmproj: None })
    }

    /// A small file beside the weights.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.parts.iter().find_map(|part| part.tensor(name))
    }
    /// File after file, by name.
    pub fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.parts.iter().flat_map(|part| &part.tensors)
    }
    /// Tensors of types that cannot be read; one that a model needs is an error.
    pub fn others(&self) -> &[Other] {
        &self.others
    }
    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        let own: u64 = self.parts.iter().map(|part| part.source.size()).sum();
        own + self.mmproj().map_or(0, Checkpoint::bytes)
    }

    /// Bytes of a tensor from byte `at` of it on.
    pub async fn read(&self, name: &str, at: u64, into: &mut [u8]) -> Result<(), Error> {
        let Some((part, tensor)) = self.parts.iter().find_map(|part| Some((part, part.tensor(name)?))) else {
            return Err(Error::bug(format!("the tensor '{name}' is read but not there")));
        };
        part.source.read(tensor.at + at, into).await
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
