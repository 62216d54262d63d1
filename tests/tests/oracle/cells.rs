//! Ops of rows that look at a few cells only.

use crate::bench::Bench;
use candle_core::{D, Tensor};
use squint_ops::Grid;
use squint_ops::op::Places;

fn flat(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

fn softmax(t: &Tensor) -> Tensor {
    let exp = t.broadcast_sub(&t.max_keepdim(D::Minus1).unwrap()).unwrap().exp().unwrap();
    exp.broadcast_div(&exp.sum_keepdim(D::Minus1).unwrap()).unwrap()
}

#[test]
fn attention_to_cells_of_ones_own() {
    for (seed, rows, keys, cols) in [(1, 6, 4, 18), (2, 1, 9, 300), (3, 5, 1, 3)] {
        let mut b = Bench::new(seed);
        let (q, tq) = b.numbers(&[rows, 1, cols]);
        let ((k, tk), (v, tv)) = (b.numbers(&[rows, keys, cols]), b.numbers(&[rows, keys, cols]));
        let y = b.rec.cell_attention(q, [k, v], cols);
        let scores = (tq.matmul(&tk.t().unwrap().contiguous().unwrap()).unwrap() / (cols as f64).sqrt()).unwrap();
        b.same("cell_attention", y, softmax(&scores).matmul(&tv).unwrap(), 2e-6);
    }
}

/// A score that is no number counts as 0, not as everything.
#[test]
fn what_is_no_number_weighs_as_nothing_known() {
    let mut b = Bench::new(4);
    let (q, k, v) = (b.stored(&[1.0, 0.0]), b.stored(&[f32::NAN, 0.0, 0.0, 5.0]), b.stored(&[2.0, 4.0, 6.0, 10.0]));
    let y = b.rec.cell_attention(q, [k, v], 2);
    b.equals("cell_attention of no number", &[(y, vec![4.0, 7.0])], 1e-6);
}

/// Every cell weighs as much as a tent over the place is high there: zero from one cell away on.
#[test]
fn places_between_cells() {
    let (on, rows, heads, head, points) = (Grid { height: 4, width: 7 }, 9, 3, 5, 4);
    let mut b = Bench::new(5);
    let (v, tv) = b.numbers(&[on.rows() * heads * head]);
    let trefs: Vec<f32> = (0..rows * 2).map(|_| 0.5 + 0.5 * b.rng.number()).collect();
    let refs = b.stored(&trefs);
    let ((offsets, toffsets), (scores, tscores)) =
        (b.numbers(&[rows * heads * points * 2]), b.numbers(&[rows * heads, points]));
    let y = b.rec.deform(v, Places { refs, offsets, scores }, on, [heads, head]);
    let (tv, toffsets, weights) = (flat(&tv), flat(&toffsets), flat(&softmax(&tscores)));
    let mut want = vec![0.0; rows * heads * head];
    for look in 0..rows * heads * points {
        let (h, r) = (look / points % heads, look / points / heads);
        let col = trefs[2 * r] * on.width as f32 + toffsets[2 * look] - 0.5;
        let row = trefs[2 * r + 1] * on.height as f32 + toffsets[2 * look + 1] - 0.5;
        for cell in 0..on.rows() {
            let (i, j) = ((cell / on.width) as f32, (cell % on.width) as f32);
            let tent = (1.0 - (row - i).abs()).max(0.0) * (1.0 - (col - j).abs()).max(0.0);
            for c in 0..head {
                want[(r * heads + h) * head + c] += weights[look] * tent * tv[(cell * heads + h) * head + c];
            }
        }
    }
    assert!(want.iter().filter(|w| **w != 0.0).count() > want.len() / 3);
    b.equals("deform", &[(y, want)], 1e-5);
}
