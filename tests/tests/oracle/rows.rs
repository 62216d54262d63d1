//! Ops that weigh, move and merge rows.

use crate::bench::Bench;
use candle_core::{DType, Device, Tensor};
use squint_ops::op::Span;

fn index(ids: &[u32]) -> Tensor {
    Tensor::new(ids, &Device::Cpu).unwrap()
}

#[test]
fn factors() {
    let mut b = Bench::new(1);
    let ((x, tx), (row, trow)) = (b.numbers(&[7, 31]), b.numbers(&[31]));
    let y = b.rec.mul(x, row);
    b.same("mul by a row", y, tx.broadcast_mul(&trow).unwrap(), 0.0);

    let mut b = Bench::new(2);
    let ((x, tx), (gate, tgate)) = (b.numbers(&[7, 31]), b.numbers(&[7, 31]));
    let y = b.rec.mul(x, gate);
    b.same("mul", y, (tx * tgate).unwrap(), 0.0);

    let mut b = Bench::new(3);
    let (x, tx) = b.numbers(&[5, 20]);
    let y = b.rec.scale(x, -1.75, 0.3);
    b.same("scale", y, tx.affine(-1.75, 0.3).unwrap(), 1e-6);

    let mut b = Bench::new(4);
    let ((x, tx), (each, teach)) = (b.numbers(&[5, 20]), b.numbers(&[5]));
    let y = b.rec.scale_rows(x, each);
    b.same("scale rows", y, tx.broadcast_mul(&teach.reshape((5, 1)).unwrap()).unwrap(), 0.0);
}

#[test]
fn copies() {
    // Columns 4..9 of one, and rows 2..5 of another, laid side by side into a third that keeps its edge.
    let mut b = Bench::new(5);
    let ((x, tx), (z, tz), (y, ty)) = (b.numbers(&[3, 12]), b.numbers(&[6, 2]), b.numbers(&[3, 8]));
    let cut = b.rec.columns(x, 12, 4, 5);
    let at = |at: u32, step: usize| Span { at: at.into(), step };
    b.rec.copy(cut, at(0, 5), y, at(0, 8), 3.into(), 5);
    b.rec.copy(z, at(4, 2), y, at(5, 8), 3.into(), 2);
    let parts = [tx.narrow(1, 4, 5).unwrap(), tz.narrow(0, 2, 3).unwrap(), ty.narrow(1, 7, 1).unwrap()];
    b.same("copy", y, Tensor::cat(&parts, 1).unwrap(), 0.0);

    let mut b = Bench::new(6);
    let (x, tx) = b.numbers(&[301]);
    let half = b.rec.cast(x);
    let y = b.rec.cast(half);
    b.same("cast to f16 and back", y, tx.to_dtype(DType::F16).unwrap(), 0.0);
}

#[test]
fn rows_by_number() {
    let ids = [4u32, 0, 4, 2, 8];
    let mut b = Bench::new(7);
    let (x, tx) = b.numbers(&[9, 13]);
    let places = b.ids(&ids);
    let y = b.rec.gather(x, places, 13);
    b.same("gather", y, tx.index_select(&index(&ids), 0).unwrap(), 0.0);

    let mut b = Bench::new(8);
    let (x, tx) = b.numbers(&[3, 2]);
    let places = b.ids(&[3, 1, u32::MAX]);
    let y = b.rec.gather(x, places, 2);
    let zeros = Tensor::zeros((1, 2), DType::F32, &Device::Cpu).unwrap();
    b.same("gather beyond", y, Tensor::cat(&[&zeros, &tx.narrow(0, 1, 1).unwrap(), &zeros], 0).unwrap(), 0.0);

    let mut b = Bench::new(9);
    let ((x, tx), (y, ty)) = (b.numbers(&[5, 13]), b.numbers(&[9, 13]));
    let places = b.ids(&ids);
    b.rec.scatter(x, places, y, true);
    b.same("scatter, adding", y, ty.index_add(&index(&ids), &tx, 0).unwrap(), 0.0);

    // Place 4 is named twice: the later row stays. Place 9 is not there.
    let mut b = Bench::new(10);
    let ((x, tx), (y, ty)) = (b.numbers(&[5, 13]), b.numbers(&[9, 13]));
    let places = b.ids(&[4, 0, 4, 2, 9]);
    b.rec.scatter(x, places, y, false);
    let row = |t: &Tensor, r: usize| t.narrow(0, r, 1).unwrap();
    let rows = [row(&tx, 1), row(&ty, 1), row(&tx, 3), row(&ty, 3), row(&tx, 2), ty.narrow(0, 5, 4).unwrap()];
    b.same("scatter, replacing", y, Tensor::cat(&rows, 0).unwrap(), 0.0);
}

#[test]
fn merged_rows() {
    let to = [2u32, 0, 2, 2, 5];
    for mean in [true, false] {
        let mut b = Bench::new(11);
        let (x, tx) = b.numbers(&[5, 7]);
        let sizes = [1.0f32, 3.0, 2.0, 0.5, 4.0];
        let size = b.stored(&sizes);
        let places = b.ids(&to);
        let [y, new_sizes] = b.rec.merge(x, size, places, 4, mean);
        // The last row goes nowhere; nobody goes to places 1 and 3.
        let weighed = tx.broadcast_mul(&Tensor::from_vec(sizes.to_vec(), (5, 1), &Device::Cpu).unwrap()).unwrap();
        let zeros = Tensor::zeros((4, 7), DType::F32, &Device::Cpu).unwrap();
        let want = zeros.index_add(&index(&to[..4]), &weighed.narrow(0, 0, 4).unwrap(), 0).unwrap();
        let by = Tensor::new(&[[3.0f32], [1.0], [3.5], [1.0]], &Device::Cpu).unwrap();
        let want = if mean { want.broadcast_div(&by).unwrap() } else { want };
        let want = want.flatten_all().unwrap().to_vec1().unwrap();
        b.equals("merge", &[(y, want), (new_sizes, vec![3.0, 0.0, 3.5, 0.0])], 1e-6);
    }
}
