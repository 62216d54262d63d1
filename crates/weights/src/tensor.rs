//! Where a tensor lies in its file.

use crate::{Error, Kind};

#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub name: String,
    pub kind: Kind,
    /// Outermost first: [rows, columns] of a matrix; a row is contiguous.
    pub shape: Vec<usize>,
    /// First byte, from the start of the file.
    pub at: u64,
    pub bytes: u64,
}

impl Tensor {
    /// Numbers it holds.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }
    pub fn place(&self) -> Place<'_> {
        (&self.name, self.at, self.bytes)
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Numbers and bytes of a shape, or why there is no such tensor.
pub fn measure(name: &str, kind: Kind, shape: &[u64]) -> Result<u64, Error> {
    let bad = |why: String| Error::new("shape", format!("tensor '{name}': {why}"), "the file is damaged: get it again");
    let numbers = shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d));
    // Sizes are kept in usize, which has 32 bits in a browser.
    let numbers = numbers.filter(|n| usize::try_from(*n).is_ok());
    let numbers = numbers.ok_or_else(|| bad(format!("{shape:?} numbers are too many")))?;
    let row = shape.last().copied().unwrap_or(1);
    if !row.is_multiple_of(kind.block as u64) {
        return Err(bad(format!("rows of {row} numbers do not fill blocks of {} ({})", kind.block, kind.name)));
    }
    (numbers / kind.block as u64).checked_mul(kind.bytes as u64).ok_or_else(|| bad("it is too large".into()))
}

/// A tensor's name, first byte and bytes.
pub type Place<'a> = (&'a str, u64, u64);

/// No two tensors may share a byte: one of them would be wrong.
pub fn apart<'a>(places: impl Iterator<Item = Place<'a>>) -> Result<(), Error> {
    let mut order: Vec<Place> = places.filter(|(_, _, bytes)| *bytes > 0).collect();
    order.sort_by_key(|(_, at, _)| *at);
    for pair in order.windows(2) {
        let [(one, at, bytes), (other, next, _)] = [pair[0], pair[1]];
        if at + bytes > next {
            return Err(Error::new(
                "overlap",
                format!("tensors '{one}' and '{other}' overlap"),
                "the file is damaged: get it again",
            ));
        }
    }
    Ok(())
}
