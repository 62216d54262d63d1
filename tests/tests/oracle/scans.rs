//! Ops that carry a state from row to row.

use crate::bench::Bench;
use candle_core::Tensor;
use squint_ops::op::{Scan, Span};
use squint_ops::{Buf, Recording};

fn flat(t: &Tensor) -> Vec<f32> {
    t.contiguous().unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Rows `from..from + rows` of x, and their number.
fn cut(rec: &mut Recording, x: Buf, from: usize, rows: usize, cols: usize) -> Buf {
    let y = rec.temp(rows * cols);
    let at = Span { at: ((from * cols) as u32).into(), step: cols };
    rec.copy(x, at, y, Span { at: 0.into(), step: cols }, (rows as u32).into(), cols);
    y
}

/// Candle's convolution over past and present in one; and the same in two runs with the state between them.
#[test]
fn convolution_with_a_past() {
    let (rows, chans, width) = (9, 5, 4);
    for split in [0, 1, 2, 5] {
        let mut b = Bench::new(1);
        let ((x, tx), (w, tw)) = (b.numbers(&[rows, chans]), b.numbers(&[chans, 1, width]));
        let ((bias, tbias), (state, tstate)) = (b.numbers(&[chans]), b.numbers(&[width - 1, chans]));
        let all = Tensor::cat(&[&tstate, &tx], 0).unwrap();
        let line = all.t().unwrap().contiguous().unwrap().unsqueeze(0).unwrap();
        let want = line.conv1d(&tw, 0, 1, 1, chans).unwrap().squeeze(0).unwrap().t().unwrap();
        let want = want.broadcast_add(&tbias).unwrap();
        let (first, second) = (cut(&mut b.rec, x, 0, split, chans), cut(&mut b.rec, x, split, rows - split, chans));
        let first = b.rec.ssm_conv(first, w, bias, state);
        let second = b.rec.ssm_conv(second, w, bias, state);
        let wanted = [
            (first, flat(&want.narrow(0, 0, split).unwrap())),
            (second, flat(&want.narrow(0, split, rows - split).unwrap())),
            (state, flat(&all.narrow(0, rows, width - 1).unwrap())),
        ];
        let there = if split == 0 { &wanted[1..] } else { &wanted[..] };
        b.equals(&format!("ssm_conv, split at {split}"), there, 1e-6);
    }
}

/// The recurrence step by step with candle's tensors; and the same in two runs with the state between them.
#[test]
fn selective_scan() {
    let (rows, chans, states) = (7, 6, 4);
    for split in [0, 3] {
        let mut b = Bench::new(2);
        let ((x, tx), (raw_dt, traw_dt)) = (b.numbers(&[rows, chans]), b.numbers(&[rows, chans]));
        let ((_, tlog_a), (bs, tb), (cs, tc)) =
            (b.numbers(&[chans, states]), b.numbers(&[rows, states]), b.numbers(&[rows, states]));
        let ((d, td), (state, tstate)) = (b.numbers(&[chans]), b.numbers(&[chans, states]));
        let dt = b.rec.activate(raw_dt, chans, "softplus", false).unwrap();
        let tdt = (traw_dt.exp().unwrap() + 1.0).unwrap().log().unwrap();
        let ta = tlog_a.exp().unwrap().neg().unwrap();
        let a = b.stored(&flat(&ta));

        let mut h = tstate;
        let mut want = vec![];
        for r in 0..rows {
            let column = |t: &Tensor| t.get(r).unwrap().unsqueeze(1).unwrap();
            let (step, u) = (column(&tdt), column(&tx));
            let fade = ta.broadcast_mul(&step).unwrap().exp().unwrap();
            let input = (step * u).unwrap().matmul(&tb.get(r).unwrap().unsqueeze(0).unwrap()).unwrap();
            h = ((fade * h).unwrap() + input).unwrap();
            let y = h.matmul(&column(&tc)).unwrap().squeeze(1).unwrap();
            want.push((y + (&td * tx.get(r).unwrap()).unwrap()).unwrap());
        }
        let want = Tensor::stack(&want, 0).unwrap();
        let mut wanted = vec![];
        for (from, len) in [(0, split), (split, rows - split)].into_iter().filter(|(_, len)| *len > 0) {
            let [x, dt] = [x, dt].map(|t| cut(&mut b.rec, t, from, len, chans));
            let [b_rows, c_rows] = [bs, cs].map(|t| cut(&mut b.rec, t, from, len, states));
            let y = b.rec.ssm_scan(x, Scan { dt, a, b: b_rows, c: c_rows, d }, state);
            wanted.push((y, flat(&want.narrow(0, from, len).unwrap())));
        }
        wanted.push((state, flat(&h)));
        b.equals(&format!("ssm_scan, split at {split}"), &wanted, 2e-6);
    }
}
