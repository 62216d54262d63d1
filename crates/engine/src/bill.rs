//! What a pass of a language model costs.

use squint_ops::{Bill, Error, Null, Recording};

/// A pass over the rows from `start` on, before `end`, of a text of `all` tokens. Its bytes are those it touches. Of
/// attention's operations all tokens with all are counted, as papers do, whatever is left out of later ones; the parts a
/// prompt is read in change nothing.
pub fn pass(rec: &Recording, [start, end]: [usize; 2], all: usize) -> Result<Bill, Error> {
    let bill = |keys: usize| Null::bill(rec, &[start as u32, keys as u32]);
    let touched = bill(end)?;
    let flops = if all > end { bill(all)?.flops } else { touched.flops };
    Ok(Bill { flops, ..touched })
}
