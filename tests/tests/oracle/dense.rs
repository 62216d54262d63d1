//! Ops on whole rows: products, norms, activations, positions, attention.

use crate::bench::Bench;
use candle_core::{D, Device, Tensor};
use squint_ops::op::{Rope, Sight};

const EPS: f32 = 1e-5;

#[test]
fn linear_algebra() {
    for (seed, [rows, outs, depth]) in [(1, [1, 1, 1]), (2, [7, 5, 33]), (3, [64, 48, 100])] {
        let mut b = Bench::new(seed);
        let ((x, tx), (w, tw)) = (b.numbers(&[rows, depth]), b.numbers(&[outs, depth]));
        let (bias, tbias) = b.numbers(&[outs]);
        let y = b.rec.matmul(x, w, depth);
        let y = b.rec.add(y, bias);
        let want = tx.matmul(&tw.t().unwrap()).unwrap().broadcast_add(&tbias).unwrap();
        b.same("matmul + add", y, want, 1e-5);
    }
    let mut b = Bench::new(4);
    let (w, tw) = b.numbers(&[11, 6]);
    let ids = b.ids(&[3, 0, 10, 3]);
    let y = b.rec.embed(ids, w, 6);
    let want = tw.index_select(&Tensor::new(&[3u32, 0, 10, 3], &Device::Cpu).unwrap(), 0).unwrap();
    b.same("embed", y, want, 0.0);
    let mut b = Bench::new(5);
    let (x, tx) = b.numbers(&[6, 90]);
    let y = b.rec.argmax(x, 90);
    b.same("argmax", y, tx.argmax(D::Minus1).unwrap(), 0.0);
}

#[test]
fn norms() {
    for (seed, [rows, cols]) in [(1, [1, 2]), (2, [5, 63]), (3, [9, 576])] {
        let mut b = Bench::new(seed);
        let ((x, tx), (w, tw), (bias, tbias)) = (b.numbers(&[rows, cols]), b.numbers(&[cols]), b.numbers(&[cols]));
        let y = b.rec.layer_norm(x, w, bias, EPS);
        let centred = tx.broadcast_sub(&tx.mean_keepdim(1).unwrap()).unwrap();
        let scale = (centred.sqr().unwrap().mean_keepdim(1).unwrap() + EPS as f64).unwrap().sqrt().unwrap();
        let want = centred.broadcast_div(&scale).unwrap().broadcast_mul(&tw).unwrap().broadcast_add(&tbias).unwrap();
        b.same("layer_norm", y, want, 1e-5);

        let mut b = Bench::new(seed + 10);
        let ((x, tx), (w, tw)) = (b.numbers(&[rows, cols]), b.numbers(&[cols]));
        let y = b.rec.rms_norm(x, w, EPS);
        let scale = (tx.sqr().unwrap().mean_keepdim(1).unwrap() + EPS as f64).unwrap().sqrt().unwrap();
        b.same("rms_norm", y, tx.broadcast_div(&scale).unwrap().broadcast_mul(&tw).unwrap(), 1e-5);
    }
}

#[test]
fn activations() {
    let sigmoid = |t: &Tensor| (t.neg().unwrap().exp().unwrap() + 1.0).unwrap().recip().unwrap();
    let hard = |t: &Tensor| ((t / 6.0).unwrap() + 0.5).unwrap().clamp(0f32, 1f32).unwrap();
    type Function<'a> = &'a dyn Fn(&Tensor) -> Tensor;
    let all: &[(&str, Function)] = &[
        ("gelu", &|t| t.gelu_erf().unwrap()),
        ("gelu_tanh", &|t| t.gelu().unwrap()),
        ("quick_gelu", &|t| (t * sigmoid(&(t * 1.702).unwrap())).unwrap()),
        ("silu", &|t| t.silu().unwrap()),
        ("relu", &|t| t.relu().unwrap()),
        ("hard_swish", &|t| (t * hard(t)).unwrap()),
        ("hard_sigmoid", &hard),
        ("sigmoid", &sigmoid),
        ("tanh", &|t| t.tanh().unwrap()),
        ("softplus", &|t| (t.exp().unwrap() + 1.0).unwrap().log().unwrap()),
    ];
    for (name, f) in all {
        let mut b = Bench::new(7);
        let (x, tx) = b.numbers(&[4, 50]);
        let y = b.rec.activate(x, 50, name, false).unwrap();
        b.same(name, y, f(&tx), 2e-6);
        let mut b = Bench::new(8);
        let (x, tx) = b.numbers(&[3, 2 * 21]);
        let y = b.rec.activate(x, 21, name, true).unwrap();
        let want = (f(&tx.narrow(1, 0, 21).unwrap()) * tx.narrow(1, 21, 21).unwrap()).unwrap();
        b.same(&format!("{name} gated"), y, want, 2e-6);
    }
}

#[test]
fn rotary_positions() {
    for (side_by_side, rotated, gain) in [(false, 16, 1.0), (true, 16, 1.19), (false, 8, 0.7), (true, 6, 1.0)] {
        let (rows, heads, head, base) = (5, 3, 16, 10_000.0f32);
        let places = [0u32, 1, 7, 300, 30_000];
        let mut b = Bench::new(9);
        let (x, tx) = b.numbers(&[rows, heads, head]);
        let pos = b.ids(&places);
        let how = Rope { rotated, side_by_side, gain };
        let frequencies = how.table(base);
        let table = b.stored(&frequencies);
        let y = b.rec.rope(x, pos, table, head, how);
        // Sines and cosines per row and pair; then y = x · cos + turned(x) · sin on the rotated part.
        let half = rotated / 2;
        for (i, f) in frequencies.iter().enumerate() {
            assert!((*f as f64 - (base as f64).powf(-2.0 * i as f64 / rotated as f64)).abs() < 1e-7);
        }
        let angle = |r: usize, i: usize| places[r] as f64 * frequencies[i] as f64;
        let pair = |c: usize| if side_by_side { c / 2 } else { c % half };
        let waves = |f: fn(f64) -> f64| {
            let values: Vec<f32> = (0..rows)
                .flat_map(|r| (0..rotated).map(move |c| (r, c)))
                .map(|(r, c)| f(angle(r, pair(c))) as f32 * gain)
                .collect();
            Tensor::from_vec(values, (rows, 1, rotated), &Device::Cpu).unwrap()
        };
        let part = tx.narrow(2, 0, rotated).unwrap();
        let turned = if side_by_side {
            let pairs = part.reshape((rows, heads, half, 2)).unwrap();
            let (a, b) = (pairs.narrow(3, 0, 1).unwrap(), pairs.narrow(3, 1, 1).unwrap());
            Tensor::cat(&[b.neg().unwrap(), a], 3).unwrap().reshape((rows, heads, rotated)).unwrap()
        } else {
            Tensor::cat(&[part.narrow(2, half, half).unwrap().neg().unwrap(), part.narrow(2, 0, half).unwrap()], 2)
                .unwrap()
        };
        let done =
            (part.broadcast_mul(&waves(f64::cos)).unwrap() + turned.broadcast_mul(&waves(f64::sin)).unwrap()).unwrap();
        let want = Tensor::cat(&[done, tx.narrow(2, rotated, head - rotated).unwrap()], 2).unwrap();
        b.same(&format!("rope {rotated} side by side {side_by_side}"), y, want, 1e-6);
    }
}

#[test]
fn attention_with_groups_masks_and_biases() {
    let (heads, groups, head, start, rows) = (6, 2, 20, 9, 4);
    let keys = start + rows;
    for (causal, prefix, biased) in [(false, 0, false), (true, 0, false), (true, 11, true), (false, 0, true)] {
        let mut b = Bench::new(10);
        let (q, tq) = b.numbers(&[rows, heads, head]);
        let ((k, tk), (v, tv)) = (b.numbers(&[groups, keys, head]), b.numbers(&[groups, keys, head]));
        let (bias, tbias) = b.numbers(&[keys]);
        let sight = Sight { keys: (keys as u32).into(), start: (start as u32).into(), causal, prefix };
        let y = b.rec.attention(q, [k, v], biased.then_some(bias), [heads, groups, head], sight);
        let spread = |t: &Tensor| {
            let wide = t.unsqueeze(1).unwrap().broadcast_as((groups, heads / groups, keys, head)).unwrap();
            wide.reshape((heads, keys, head)).unwrap()
        };
        let q = tq.transpose(0, 1).unwrap().contiguous().unwrap();
        let scores = q.matmul(&spread(&tk).transpose(1, 2).unwrap().contiguous().unwrap()).unwrap();
        let mut scores = (scores / (head as f64).sqrt()).unwrap();
        if biased {
            scores = scores.broadcast_add(&tbias).unwrap();
        }
        let seen = |r: usize, j: usize| !causal || j <= start + r || j < prefix as usize;
        let mask: Vec<f32> = (0..rows * keys).map(|i| if seen(i / keys, i % keys) { 0.0 } else { -1e9 }).collect();
        let scores = scores.broadcast_add(&Tensor::from_vec(mask, (rows, keys), &Device::Cpu).unwrap()).unwrap();
        let top = scores.max_keepdim(2).unwrap();
        let weights = scores.broadcast_sub(&top).unwrap().exp().unwrap();
        let weights = weights.broadcast_div(&weights.sum_keepdim(2).unwrap()).unwrap();
        let want = weights.matmul(&spread(&tv)).unwrap().transpose(0, 1).unwrap().contiguous().unwrap();
        b.same(&format!("attention causal {causal} prefix {prefix} biased {biased}"), y, want, 1e-5);
    }
}
