//! Two small models as recordings of plain steps: what the shaders are measured and tried on.

use squint_ops::{
    Buf, Error, Kind, Recording, Role,
    op::{Rope, Sight},
};

pub fn everything(keys: u32) -> Sight {
    Sight { keys: keys.into(), start: 0.into(), causal: false, prefix: 0 }
}

fn norm(rec: &mut Recording, x: Buf, cols: usize) -> Buf {
    let (w, b) = (rec.weight("w", Kind::F32, cols), rec.weight("b", Kind::F32, cols));
    rec.layer_norm(x, w, b, 1e-6)
}

fn linear(rec: &mut Recording, x: Buf, kind: Kind, outs: usize, depth: usize) -> Buf {
    let w = rec.matrix("w", kind, outs, depth);
    rec.matmul(x, w, depth)
}

/// The encoder's layers; three products stand for the fused one of q, k and v, whose cut needs no arithmetic.
pub fn vit_ti(layers: usize) -> Result<(Recording, Buf), Error> {
    let mut rec = Recording::default();
    let (rows, cols) = (197, 192);
    let mut x = rec.input("x", Kind::F32, rows * cols);
    for _ in 0..layers {
        let n = norm(&mut rec, x, cols);
        let [q, k, v] = [0; 3].map(|_| linear(&mut rec, n, Kind::F32, cols, cols));
        let a = rec.attention(q, [k, v], None, [3, 3, 64], everything(rows as u32));
        let a = linear(&mut rec, a, Kind::F32, cols, cols);
        x = rec.add(x, a);
        let n = norm(&mut rec, x, cols);
        let h = linear(&mut rec, n, Kind::F32, 4 * cols, cols);
        let h = rec.activate(h, 4 * cols, "gelu", false)?;
        let h = linear(&mut rec, h, Kind::F32, cols, 4 * cols);
        x = rec.add(x, h);
    }
    Ok((rec, x))
}

/// All of a decode step, `keys` with its own.
pub fn smollm2_step(keys: u32) -> Result<(Recording, Buf), Error> {
    let mut rec = Recording::default();
    let kind = Kind::Q4_1;
    let mut x = rec.input("x", Kind::F32, 576);
    let (pos, turns) = (rec.input("pos", Kind::U32, 1), rec.weight("turns", Kind::F32, 32));
    let rms = |rec: &mut Recording, x| {
        let w = rec.weight("w", Kind::F32, 576);
        rec.rms_norm(x, w, 1e-5)
    };
    for _ in 0..30 {
        let n = rms(&mut rec, x);
        let all = linear(&mut rec, n, kind, 960, 576);
        let cache = [0; 2].map(|_| rec.buffer("cache", Role::State, Kind::F16, 192 * keys as usize));
        let how = Rope { rotated: 64, side_by_side: true, gain: 1.0 };
        let q = rec.rope_write(all, (pos, turns), cache, [9, 3, 64], how, (keys - 1).into());
        let sight = Sight { keys: keys.into(), start: (keys - 1).into(), causal: true, prefix: 0 };
        let a = rec.attention(q, cache, None, [9, 3, 64], sight);
        let a = linear(&mut rec, a, kind, 576, 576);
        x = rec.add(x, a);
        let n = rms(&mut rec, x);
        let w = rec.matrix("w", kind, 3072, 576);
        let h = rec.matmul_gated(n, w, 576, "silu")?;
        let h = linear(&mut rec, h, kind, 576, 1536);
        x = rec.add(x, h);
    }
    let n = rms(&mut rec, x);
    let logits = linear(&mut rec, n, kind, 49152, 576);
    let id = rec.argmax(logits, 49152);
    Ok((rec, id))
}
