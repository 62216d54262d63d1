//! Feed-forward blocks.

use crate::Net;
use squint_ops::{Buf, Error};

/// x: [rows, width] → [rows, width]: down(f(gate x) · up x). Weights `<name>.{gate,up,down}`.
pub fn gated(net: &mut Net, x: Buf, name: &str, width: usize, inner: usize, function: &str) -> Result<Buf, Error> {
    let part = |p: &str| (format!("{name}.{p}"), inner);
    let both = net.stacked(x, width, &[part("gate"), part("up")])?.ok_or_else(|| {
        Error::new("kind", format!("'{name}' has gate and up in different formats"), "convert the file to one format")
    })?;
    let y = net.rec.activate(both, inner, function, true)?;
    net.linear(y, &format!("{name}.down"), inner, width)
}

/// x: [rows, width] → [rows, width]: down(f(up x)). Weights `<name>.{up,down}`.
pub fn plain(net: &mut Net, x: Buf, name: &str, width: usize, inner: usize, function: &str) -> Result<Buf, Error> {
    let y = net.linear(x, &format!("{name}.up"), width, inner)?;
    let y = net.rec.activate(y, inner, function, false)?;
    net.linear(y, &format!("{name}.down"), inner, width)
}
