//! Layers of language models: in which order norms, attention and feed-forward block stand.

use crate::attention::{At, causal};
use crate::decoder::Decoder;
use crate::{Net, mlp};
use squint_ops::{Buf, Error};

/// Attention, then a gated block, each after a norm of its own. Weights `<name>.{attn_norm,attn,mlp_norm,mlp}`.
pub fn sequential(net: &mut Net, d: &Decoder, name: &str, x: Buf, at: At) -> Result<Buf, Error> {
    let width = d.heads.width;
    let y = net.norm(x, &format!("{name}.attn_norm"), d.norm, width, d.eps)?;
    let y = causal(net, y, &format!("{name}.attn"), d, at)?;
    let x = net.rec.add(x, y);
    let y = net.norm(x, &format!("{name}.mlp_norm"), d.norm, width, d.eps)?;
    let y = mlp::gated(net, y, &format!("{name}.mlp"), width, d.inner, d.function)?;
    Ok(net.rec.add(x, y))
}

/// Attention and a plain block side by side, after one norm. Weights `<name>.{attn_norm,attn,mlp}`.
pub fn parallel(net: &mut Net, d: &Decoder, name: &str, x: Buf, at: At) -> Result<Buf, Error> {
    let width = d.heads.width;
    let y = net.norm(x, &format!("{name}.attn_norm"), d.norm, width, d.eps)?;
    let seen = causal(net, y, &format!("{name}.attn"), d, at)?;
    let thought = mlp::plain(net, y, &format!("{name}.mlp"), width, d.inner, d.function)?;
    let both = net.rec.add(seen, thought);
    Ok(net.rec.add(both, x))
}
