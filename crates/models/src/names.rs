//! The same weight has other names in every file format. A recipe asks by ours; a table leads to the published one.

use squint_nn::Catalog;
use squint_weights::{Checkpoint, Error, Facts, Kind, Other, Tensor};

/// Ours, GGUF's, Hugging Face's. `{}` stands for the layer's number.
pub type Naming = &'static [[&'static str; 3]];

/// A checkpoint read with a recipe's names.
pub struct Named<'a> {
    pub checkpoint: &'a Checkpoint,
    pub naming: Naming,
    /// Format that matrices are to be packed into at load, where not the file's own.
    pub to: Option<Kind>,
}

impl Named<'_> {
    /// The tensor behind one of our names.
    pub fn tensor(&self, ours: &str) -> Option<&Tensor> {
        let name = self.name(ours)?;
        spellings(&name).find_map(|name| self.checkpoint.tensor(name))
    }

    /// The tensor is there, but of a type that cannot be read.
    fn readable(&self, ours: &str) -> Result<(), Error> {
        let Some(name) = self.name(ours) else { return Ok(()) };
        let other = spellings(&name).find_map(|name| self.checkpoint.others().iter().find(|o| o.name == name));
        other.map_or(Ok(()), Other::refuse)
    }

    /// The published form of one of our names.
    fn name(&self, ours: &str) -> Option<String> {
        let column = match self.checkpoint.facts {
            Facts::Gguf(_) => 1,
            Facts::Hf(_) => 2,
        };
        self.naming.iter().find_map(|row| Some(row[column].replace("{}", fit(row[0], ours)?)))
    }
}

/// Some files leave out the common first name.
fn spellings(name: &str) -> impl Iterator<Item = &str> {
    [Some(name), name.strip_prefix("model.")].into_iter().flatten()
}

/// What `{}` stands for if `name` is made after `pattern`.
fn fit<'a>(pattern: &str, name: &'a str) -> Option<&'a str> {
    match pattern.split_once("{}") {
        None => (pattern == name).then_some(""),
        Some((before, after)) => {
            let middle = name.strip_prefix(before)?.strip_suffix(after)?;
            (!middle.is_empty() && middle.bytes().all(|b| b.is_ascii_digit())).then_some(middle)
        }
    }
}

impl Catalog for Named<'_> {
    fn published(&self, name: &str) -> String {
        self.name(name).unwrap_or_else(|| name.to_owned())
    }

    fn kind(&self, name: &str, shape: &[usize]) -> Result<Option<Kind>, Error> {
        let Some(tensor) = self.tensor(name) else { return self.readable(name).map(|()| None) };
        if tensor.shape != shape {
            return Err(Error::new(
                "shape",
                format!("tensor '{}' is {:?}, {shape:?} was expected", tensor.name, tensor.shape),
                "the file's sizes and its tensors disagree: get it again",
            ));
        }
        if tensor.kind == Kind::U32 {
            return Err(Error::new(
                "kind",
                format!("tensor '{}' holds whole numbers and cannot be a weight", tensor.name),
                format!("use a file in one of {}", Kind::of_weights()),
            ));
        }
        if shape.len() < 2 {
            return Ok(Some(Kind::F32));
        }
        let cols: usize = shape[1..].iter().product();
        // A row that does not fill the wished blocks keeps its format.
        Ok(Some(self.to.filter(|k| cols.is_multiple_of(k.block)).unwrap_or(tensor.kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn patterns_fit_whole_names_only() {
        assert_eq!(fit("layers.{}.attn.q.weight", "layers.12.attn.q.weight"), Some("12"));
        assert_eq!(fit("embed.weight", "embed.weight"), Some(""));
        for wrong in ["layers..attn.q.weight", "layers.x.attn.q.weight", "layers.1.attn.k.weight"] {
            assert_eq!(fit("layers.{}.attn.q.weight", wrong), None, "{wrong}");
        }
    }
}
