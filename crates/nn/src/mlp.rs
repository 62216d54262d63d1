//! Feed-forward blocks.

use crate::Net;
use squint_ops::{Buf, Error};

/// x: [rows, width] → [rows, width]: down(f(gate x) · up x). Weights `<name>.{gate,up,down}`.
pub fn gated(net: &mut Net, x: Buf, name: &str, width: usize, inner: usize, function: &str) -> Result<Buf, Error> {
    gated_to(net, x, name, [width, inner, width], function)
}

/// x: [rows, width] → [rows, outs], the same to rows of another width.
pub fn gated_to(
    net: &mut Net,
    x: Buf,
    name: &str,
    [width, inner, outs]: [usize; 3],
    function: &str,
) -> Result<Buf, Error> {
    let parts = ["gate", "up"].map(|part| (format!("{name}.{part}"), inner));
    let y = match net.stacked(width, &parts)? {
        Some((both, None)) => net.rec.matmul_gated(x, both, width, function)?,
        Some((both, Some(bias))) => {
            let both = net.rec.matmul(x, both, width);
            let both = net.rec.add(both, bias);
            net.rec.activate(both, inner, function, true)?
        }
        // Formats that differ.
        None => {
            let [gate, up] = &parts;
            let gate = net.linear(x, &gate.0, width, inner)?;
            let gate = net.rec.activate(gate, inner, function, false)?;
            let up = net.linear(x, &up.0, width, inner)?;
            net.rec.mul(gate, up)
        }
    };
    net.linear(y, &format!("{name}.down"), inner, outs)
}

/// x: [rows, width] → [rows, width]: down(f(up x)). Weights `<name>.{up,down}`.
pub fn plain(net: &mut Net, x: Buf, name: &str, width: usize, inner: usize, function: &str) -> Result<Buf, Error> {
    let y = net.linear(x, &format!("{name}.up"), width, inner)?;
    let y = net.rec.activate(y, inner, function, false)?;
    net.linear(y, &format!("{name}.down"), inner, width)
}
