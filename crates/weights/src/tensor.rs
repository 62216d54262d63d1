//! Where a tensor lies in its file.

use crate::{Error, Kind};

/// Small: a header may name a hundred thousand.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub name: Box<str>,
    pub kind: Kind,
    /// Outermost first: [rows, columns] of a matrix; a row is contiguous.
    pub shape: Box<[usize]>,
    /// First byte, from the start of the file.
    pub at: u64,
    pub bytes: u64,
}

impl Tensor {
    /// Numbers it holds.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Numbers and bytes of a shape, or why there is no such tensor.
pub fn measure(name: &str, kind: Kind, shape: &[u64]) -> Result<u64, Error> {
    let row = shape.last().copied().unwrap_or(1);
    let numbers = numbers(name, shape)?;
    if !row.is_multiple_of(kind.block as u64) {
        return Err(bad(name, format!("rows of {row} numbers do not fill blocks of {} ({})", kind.block, kind.name)));
    }
    (numbers / kind.block as u64)
        .checked_mul(kind.bytes as u64)
        .ok_or_else(|| bad(name, format!("{shape:?} numbers are too many")))
}

/// Numbers of a shape.
pub fn numbers(name: &str, shape: &[u64]) -> Result<u64, Error> {
    let numbers = shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d));
    // Sizes are kept in usize, which has 32 bits in a browser.
    let numbers = numbers.filter(|n| usize::try_from(*n).is_ok() && shape.iter().all(|d| usize::try_from(*d).is_ok()));
    numbers.ok_or_else(|| bad(name, format!("{shape:?} numbers are too many")))
}

fn bad(name: &str, why: String) -> Error {
    Error::new("shape", format!("tensor '{name}': {why}"), "the file is damaged: get it again")
}

pub fn overlap(one: &str, other: &str) -> Error {
    Error::new("overlap", format!("tensors '{one}' and '{other}' overlap"), "the file is damaged: get it again")
}

/// No two tensors may share a byte: one of them would be wrong.
pub fn apart(mut tensors: Vec<Tensor>) -> Result<Vec<Tensor>, Error> {
    tensors.sort_unstable_by_key(|t| t.at);
    let mut last: Option<&Tensor> = None;
    for t in tensors.iter().filter(|t| t.bytes > 0) {
        if let Some(last) = last.filter(|last| last.at + last.bytes > t.at) {
            return Err(overlap(&last.name, &t.name));
        }
        last = Some(t);
    }
    Ok(tensors)
}

/// By name, each of which may come once; the one that does not is the error.
pub fn each_once(mut tensors: Vec<Tensor>) -> Result<Vec<Tensor>, String> {
    tensors.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    match tensors.windows(2).find(|p| p[0].name == p[1].name) {
        None => Ok(tensors),
        Some(pair) => Err(format!("the tensor '{}'", pair[0].name)),
    }
}
