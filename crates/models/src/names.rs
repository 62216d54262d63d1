//! The same weight has other names in every file format. A recipe asks by ours; a table leads to the published one.

use squint_nn::{Catalog, lists, packed};
use squint_weights::{Checkpoint, Error, Facts, Kind, Other, Tensor};

/// Ours, GGUF's, Hugging Face's. `{}` stands for the layer's number. Several rows may have the same name of ours: the first
/// that the file has is taken. `#i/n` after a name stands for the i-th of n equal parts of that tensor.
pub type Naming = &'static [[&'static str; 3]];

/// A checkpoint read with a recipe's names.
pub struct Named<'a> {
    pub checkpoint: &'a Checkpoint,
    /// Rows that come before those of the table: some files call a few tensors otherwise.
    pub first: Naming,
    pub naming: Naming,
    /// What published names may begin with; "" where they may be as the table has them.
    pub outer: &'static [&'static str],
    /// Ends of names of weights that are not there, so that every other bias has to be; none where only the file tells.
    pub absent: Option<&'a [&'static str]>,
    /// Format that matrices are to be packed into at load, where not the file's own.
    pub to: Option<Kind>,
}

/// What a weight is read from: a tensor, or one of the equal parts of it.
pub struct Part<'a> {
    pub tensor: &'a Tensor,
    pub shape: Vec<usize>,
    /// Its first number there.
    pub at: usize,
}

impl Part<'_> {
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Named<'_> {
    /// What is behind one of our names.
    pub fn part(&self, ours: &str) -> Option<Part<'_>> {
        self.spellings(ours).find_map(|name| {
            let (name, which) = name.split_once('#').map_or((&name[..], None), |(name, which)| (name, Some(which)));
            let tensor = self.checkpoint.tensor(name)?;
            Some(which.and_then(|which| cut(tensor, which)).unwrap_or_else(|| whole(tensor)))
        })
    }

    /// The tensor is there, but of a type that cannot be read.
    fn readable(&self, ours: &str) -> Result<(), Error> {
        let other = |name: String| {
            let name = name.split('#').next().unwrap_or_default();
            self.checkpoint.others().iter().find(|o| *o.name == *name)
        };
        self.spellings(ours).find_map(other).map_or(Ok(()), Other::refuse)
    }

    /// Whether a bias of a layer that is there has to be, or must not: answers without it would be a little wrong, and so
    /// would those with one that the model was not trained with. None where nothing but the file says so.
    fn said(&self, ours: &str) -> Option<bool> {
        let layer = ours.strip_suffix("bias")?;
        let listed = lists(self.absent?, ours);
        match self.checkpoint.facts {
            // Metadata have no word for biases.
            Facts::Gguf(_) if listed => None,
            _ if listed => Some(false),
            _ => self.part(&format!("{layer}weight")).map(|_| true),
        }
    }

    fn lost(&self, name: &str) -> Error {
        let what = format!("the weight {} is not in the checkpoint", self.published(name));
        Error::new("missing", what, "the file is cut, or not of the configuration beside it")
    }

    /// Published forms of one of our names. Members of a family may call one weight differently.
    fn names(&self, ours: &str) -> impl Iterator<Item = String> {
        let column = match self.checkpoint.facts {
            Facts::Gguf(_) => 1,
            Facts::Hf(_) => 2,
        };
        self.first.iter().chain(self.naming).filter_map(move |row| Some(row[column].replace("{}", fit(row[0], ours)?)))
    }

    /// The same with all that names may begin with: a model alone and the same model inside another differ in that.
    fn spellings(&self, ours: &str) -> impl Iterator<Item = String> {
        self.names(ours).flat_map(|name| self.spelled(name))
    }

    fn spelled(&self, name: String) -> impl Iterator<Item = String> {
        let short = name.strip_prefix("model.").map(str::to_owned);
        let all = [Some(name), short].into_iter().flatten();
        all.flat_map(|name| self.outer.iter().map(move |outer| format!("{outer}{name}")))
    }
}

fn whole(tensor: &Tensor) -> Part<'_> {
    Part { tensor, shape: tensor.shape.to_vec(), at: 0 }
}

/// The part that `i/n` stands for; none where the tensor does not come apart like this.
fn cut<'a>(tensor: &'a Tensor, which: &str) -> Option<Part<'a>> {
    let (i, n) = which.split_once('/')?;
    let (i, n): (usize, usize) = (i.parse().ok()?, n.parse().ok()?);
    let (first, rest) = tensor.shape.split_first()?;
    if i >= n || !first.is_multiple_of(n) {
        return None;
    }
    // A stack of n matrices comes apart into matrices, a tall matrix into shorter ones.
    let shape = if *first == n && !rest.is_empty() { rest.to_vec() } else { [&[first / n], rest].concat() };
    Some(Part { tensor, at: i * shape.iter().product::<usize>(), shape })
}

/// Shapes differ. Files keep some tables as a batch of one, and convolutions with or without what they do not reach
/// across: a dimension of one says nothing.
fn differ(file: &[usize], asked: &[usize]) -> bool {
    let longer = |shape: &'_ [usize]| shape.iter().copied().filter(|n| *n != 1).collect::<Vec<_>>();
    longer(file) != longer(asked)
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
        let mut all: Vec<String> = vec![];
        for name in self.names(name).filter(|name| !name.is_empty()).flat_map(|name| self.spelled(name)) {
            // A part of a tensor is looked for under the tensor's name.
            let quoted = format!("'{}'", name.split('#').next().unwrap_or_default());
            if !all.contains(&quoted) {
                all.push(quoted);
            }
        }
        if all.is_empty() { format!("'{name}'") } else { all.join(" or ") }
    }

    fn kind(&self, name: &str, shape: &[usize]) -> Result<Option<Kind>, Error> {
        let said = self.said(name);
        if said == Some(false) {
            return Ok(None);
        }
        let Some(part) = self.part(name) else {
            self.readable(name)?;
            return if said == Some(true) { Err(self.lost(name)) } else { Ok(None) };
        };
        let tensor = part.tensor;
        if differ(&part.shape, shape) {
            return Err(Error::new(
                "shape",
                format!("tensor '{}' is {:?}, {shape:?} was expected", tensor.name, part.shape),
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
        Ok(Some(packed(tensor.kind, self.to, cols)))
    }
}

#[cfg(test)]
mod tests {
    use super::{differ, fit};

    #[test]
    fn dimensions_of_one_say_nothing() {
        for (file, asked) in [(&[32, 3, 3][..], &[32, 1, 3, 3][..]), (&[1, 5, 8], &[5, 8]), (&[8, 4], &[8, 4, 1, 1])] {
            assert!(!differ(file, asked) && !differ(asked, file), "{file:?} {asked:?}");
        }
        for (file, asked) in [(&[32, 3, 3][..], &[3, 32, 3][..]), (&[8], &[8, 2]), (&[6, 4], &[4, 6])] {
            assert!(differ(file, asked), "{file:?} {asked:?}");
        }
    }

    #[test]
    fn patterns_fit_whole_names_only() {
        assert_eq!(fit("layers.{}.attn.q.weight", "layers.12.attn.q.weight"), Some("12"));
        assert_eq!(fit("embed.weight", "embed.weight"), Some(""));
        for wrong in ["layers..attn.q.weight", "layers.x.attn.q.weight", "layers.1.attn.k.weight"] {
            assert_eq!(fit("layers.{}.attn.q.weight", wrong), None, "{wrong}");
        }
    }
}
