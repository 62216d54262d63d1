//! Ops on rows that lie on a grid. Candle has channels first; here they come last.

use crate::bench::Bench;
use candle_core::{Device, Tensor};
use squint_ops::op::{Pool, Resize, Shuffle};
use squint_ops::{Grid, Window};

/// [images, height, width, chans] → [images, chans, height, width]
fn first(t: &Tensor) -> Tensor {
    t.permute((0, 3, 1, 2)).unwrap().contiguous().unwrap()
}

fn last(t: &Tensor) -> Tensor {
    t.permute((0, 2, 3, 1)).unwrap().contiguous().unwrap()
}

#[test]
fn convolutions() {
    let dilated = Window { dilation: 2, ..Window::new(3, 1, 2) };
    let cases = [
        ("patches", [3, 10, 1], Window::patches(4)),
        ("depthwise 3×3", [6, 6, 6], Window::new(3, 1, 1)),
        ("depthwise 7×7, stride 2", [5, 5, 5], Window::new(7, 2, 3)),
        ("1×1", [7, 9, 1], Window::new(1, 1, 0)),
        ("3×3, stride 2", [4, 8, 1], Window::new(3, 2, 1)),
        ("groups of 2 and 3", [8, 12, 4], dilated),
    ];
    for (what, [chans, outs, groups], by) in cases {
        let mut b = Bench::new(1);
        let on = Grid { height: 13, width: 10 };
        let (x, tx) = b.numbers(&[2, on.height, on.width, chans]);
        let (w, tw) = b.numbers(&[outs, chans / groups, by.size, by.size]);
        let (bias, tbias) = b.numbers(&[outs]);
        let (y, to) = b.rec.conv2d(x, (w, Some(bias)), on, [chans, outs, groups], by);
        let want = first(&tx).conv2d(&tw, by.pad, by.stride, by.dilation, groups).unwrap();
        let want = last(&want).broadcast_add(&tbias).unwrap();
        assert_eq!(want.dims(), [2, to.height, to.width, outs]);
        b.same(what, y, want, 1e-5);
    }
}

#[test]
fn pools() {
    let on = Grid { height: 9, width: 11 };
    let chans = 3;
    let windows = [(2, 2, 0), (3, 1, 1), (3, 2, 1)].map(|(size, stride, pad)| Window::new(size, stride, pad));
    for window in windows {
        let padded = |t: &Tensor, with: f64| {
            let far = (first(t) - with).unwrap();
            let far = far.pad_with_zeros(2, window.pad, window.pad).unwrap();
            (far.pad_with_zeros(3, window.pad, window.pad).unwrap() + with).unwrap()
        };
        for edge in [true, false] {
            let mut b = Bench::new(2);
            let (x, tx) = b.numbers(&[1, on.height, on.width, chans]);
            let (y, _) = b.rec.pool(x, on, chans, Pool::Mean { window, edge });
            let mean = |t: &Tensor| padded(t, 0.0).avg_pool2d_with_stride(window.size, window.stride).unwrap();
            let cells = mean(&tx.ones_like().unwrap());
            let want = if edge { mean(&tx) } else { (mean(&tx) / cells).unwrap() };
            b.same(&format!("mean, edge {edge}, {window:?}"), y, last(&want), 1e-6);
        }
        let mut b = Bench::new(3);
        let (x, tx) = b.numbers(&[1, on.height, on.width, chans]);
        let (y, _) = b.rec.pool(x, on, chans, Pool::Max(window));
        let want = padded(&tx, -8.0).max_pool2d_with_stride(window.size, window.stride).unwrap();
        b.same(&format!("max {window:?}"), y, last(&want), 1e-6);
    }
    // Candle has no uneven bins: the mean of each, cut out one by one.
    for to in [Grid { height: 4, width: 7 }, Grid::square(1), on] {
        let mut b = Bench::new(4);
        let (x, tx) = b.numbers(&[on.height, on.width, chans]);
        let (y, found) = b.rec.pool(x, on, chans, Pool::Bins(to));
        assert_eq!(found, to);
        let bin = |i: usize, all: usize, new: usize| {
            let start = (i as f64 * all as f64 / new as f64).floor() as usize;
            (start, ((i + 1) as f64 * all as f64 / new as f64).ceil() as usize - start)
        };
        let mean = |i: usize| {
            let ((row, tall), (col, wide)) =
                (bin(i / to.width, on.height, to.height), bin(i % to.width, on.width, to.width));
            tx.narrow(0, row, tall).unwrap().narrow(1, col, wide).unwrap().mean((0, 1)).unwrap()
        };
        let bins: Vec<Tensor> = (0..to.rows()).map(mean).collect();
        b.same(&format!("bins {to:?}"), y, Tensor::stack(&bins, 0).unwrap(), 1e-6);
    }
}

#[test]
fn shuffles() {
    let (fine, chans, side) = (Grid { height: 6, width: 9 }, 5, 3);
    for down in [false, true] {
        let mut b = Bench::new(5);
        let (x, tx) = b.numbers(&[fine.height, fine.width, chans]);
        let there = b.rec.pixel_shuffle(x, fine, chans, Shuffle { side, back: false, down });
        let again = b.rec.pixel_shuffle(there, fine, chans, Shuffle { side, back: true, down });
        let cells = tx.reshape((fine.height / side, side, fine.width / side, side, chans)).unwrap();
        let order = if down { (0, 2, 3, 1, 4) } else { (0, 2, 1, 3, 4) };
        let flat = |t: &Tensor| t.contiguous().unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let want = [(there, flat(&cells.permute(order).unwrap())), (again, flat(&tx))];
        b.equals(&format!("shuffle, down {down}"), &want, 0.0);
    }
}

#[test]
fn resized_grids() {
    let on = Grid { height: 5, width: 7 };
    for (to, corners) in [(Grid { height: 9, width: 4 }, false), (Grid { height: 8, width: 13 }, true), (on, false)] {
        let mut b = Bench::new(6);
        let (x, tx) = b.numbers(&[2, on.height, on.width, 3]);
        let y = b.rec.resize(x, on, to, 3, Resize { cubic: false, corners, antialias: false, step: None });
        let want = first(&tx).upsample_bilinear2d(to.height, to.width, corners).unwrap();
        b.same(&format!("bilinear to {to:?}, corners {corners}"), y, last(&want), 1e-5);
    }
}

/// Candle has no bicubic; these are PyTorch's numbers (`interpolate(mode="bicubic")` of a grid of 3 × 4).
#[test]
fn bicubic_as_pytorch_has_it() {
    let x = [0.0, 3.0, -1.0, 2.0, 5.0, 1.0, 4.0, -2.0, -3.0, 2.0, 0.0, 6.0];
    let plain = [
        -0.57166, 2.662768, 0.878876, -0.838048, 2.508604, 4.226977, 2.185729, 2.275101, 1.613927, -1.685068, 2.759202,
        1.349452, 2.231018, 2.581394, 0.281488, -3.917214, 0.756612, 0.778397, 1.367134, 6.991044,
    ];
    let corners = [
        0.0, 2.742188, 1.0, -0.742188, 2.0, 4.314815, 2.009477, 2.354167, 1.993417, -1.629629, 3.037037, 1.300708,
        2.314236, 2.798683, 0.074073, -3.0, 1.078125, 0.90625, 1.148438, 6.0,
    ];
    // With scale_factor=(5.1 / 3, 6.1 / 4), as DINOv2 stretches its position table.
    let stretched = [
        -0.812629, 1.710102, 2.880058, -0.924489, -0.240339, 2.636791, 2.400782, 2.391221, 2.067504, 1.41388, 0.500821,
        -0.087634, 5.409179, 2.846211, 1.13523, 3.923397, 1.581516, -2.461102, 0.832949, 1.064358, 1.529912, 2.017018,
        2.24522, 2.206041, -4.148218, -0.668862, 2.153272, -0.419827, 2.53079, 7.086109,
    ];
    let (on, to) = (Grid { height: 3, width: 4 }, Grid { height: 4, width: 5 });
    let more = Grid { height: 5, width: 6 };
    let cases = [
        (plain.to_vec(), to, false, None),
        (corners.to_vec(), to, true, None),
        (stretched.to_vec(), more, false, Some([3.0 / 5.1, 4.0 / 6.1])),
    ];
    for (want, to, corners, step) in cases {
        let mut b = Bench::new(7);
        let grid = b.stored(&x);
        let y = b.rec.resize(grid, on, to, 1, Resize { cubic: true, corners, antialias: false, step });
        let want = Tensor::new(want, &Device::Cpu).unwrap();
        b.same(&format!("bicubic, corners {corners}, step {step:?}"), y, want, 1e-6);
    }
}

/// The same with `antialias=True`: to a coarser grid, to a finer one, and to one that is both.
#[test]
fn bicubic_over_all_that_a_cell_covers_as_pytorch_has_it() {
    let x = [0.0, 3.0, -1.0, 2.0, 5.0, 1.0, 4.0, -2.0, -3.0, 2.0, 0.0, 6.0];
    let coarse = [2.194663, 1.613945, 0.357967, 0.386221, 1.589649, 2.68604];
    let fine = [
        -0.406824, 2.470948, 0.915112, -0.598342, 2.359106, 3.78239, 2.19031, 2.136868, 1.489548, -1.218982, 2.413803,
        1.434824, 2.109156, 2.36948, 0.612196, -3.654599, 0.678114, 0.849347, 1.489813, 6.70465,
    ];
    let both = [
        2.058165, 2.239166, 2.115804, 1.1113, 0.496742, 0.237792, -0.103278, 0.736946, 1.647676, 1.531497, 2.364366,
        3.134853,
    ];
    let on = Grid { height: 3, width: 4 };
    for (want, height, width) in [(coarse.to_vec(), 2, 3), (fine.to_vec(), 4, 5), (both.to_vec(), 2, 6)] {
        let mut b = Bench::new(7);
        let grid = b.stored(&x);
        let how = Resize { cubic: true, corners: false, antialias: true, step: None };
        let y = b.rec.resize(grid, on, Grid { height, width }, 1, how);
        let want = Tensor::new(want, &Device::Cpu).unwrap();
        b.same(&format!("bicubic to {height}×{width} with antialias"), y, want, 1e-6);
    }
}
