//! y[i, v, u, o] = bias[o] + Σ x[i, v · stride + dy · dilation − pad, …, c] · w[o, c, dy, dx]: a square window over rows on a
//! grid, channels in groups. One group embeds patches and mixes channels, as many groups as channels is depthwise. The
//! weight lies as checkpoints store it.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, int, numbers, read, weight, write};
use crate::{Buf, Error, Grid, Kind, OpSpec, Recording, View, Views, Window};

pub const SPEC: OpSpec = OpSpec {
    stem: "conv2d",
    slots: &[read("x"), weight("w", &[Kind::F32, Kind::F16]), read("bias"), write("y")],
    fields: &[
        int("images"),
        int("height"),
        int("width"),
        int("chans"),
        int("new_height"),
        int("new_width"),
        int("outs"),
        int("groups"),
        int("size"),
        int("stride"),
        int("pad"),
        int("dilation"),
        int("biased"),
    ],
    shape: |p| {
        let [images, height, width, chans, new_height, new_width, outs, groups, size, stride, pad, dilation, biased] =
            SPEC.words(p)?;
        let grid = |height: u32, width: u32| Grid { height: height as usize, width: width as usize };
        let [side, step, edge, apart] = [size, stride, pad, dilation].map(|n| n as usize);
        let to = Window { size: side, stride: step, pad: edge, dilation: apart }.over(grid(height, width));
        if to != grid(new_height, new_width)
            || to.rows() == 0
            || stride == 0
            || size == 0
            || groups == 0
            || chans % groups != 0
            || outs % groups != 0
        {
            return Err(Error::bug(format!(
                "conv2d: {height}×{width} of {chans} to {new_height}×{new_width} of {outs} in {groups} groups"
            )));
        }
        let [x, y] = [[images, height, width, chans], [images, new_height, new_width, outs]].map(|d| numbers(&d));
        Ok(vec![x?, numbers(&[outs, chans / groups, size, size])?, (biased * outs) as usize, y?])
    },
    flops: |p| 2 * [p[0], p[4], p[5], p[6], p[3] / p[7].max(1), p[8], p[8]].map(|n| n as u64).iter().product::<u64>(),
    twin,
    tolerance: Tolerance { limit: 2e-5, because: "sums of hundreds of products, fused or not" },
    gpu: Gpu::Shader { grid: |p| fold((p[0] * p[4] * p[5] * p[6]).div_ceil(64)) },
    case,
};

impl Recording {
    /// x: [images, height, width, chans], w: [outs, chans / groups, size, size], bias: [outs] if any
    /// → [images, …, outs] and its grid
    pub fn conv2d(
        &mut self,
        x: Buf,
        (w, bias): (Buf, Option<Buf>),
        on: Grid,
        [chans, outs, groups]: [usize; 3],
        by: Window,
    ) -> (Buf, Grid) {
        let images = self.def(x).len / (on.rows() * chans).max(1);
        let to = by.over(on);
        let y = self.temp(images * to.rows() * outs);
        let Window { size, stride, pad, dilation } = by;
        let sizes =
            [images, on.height, on.width, chans, to.height, to.width, outs, groups, size, stride, pad, dilation];
        let mut words = sizes.map(|n| (n as u32).into()).to_vec();
        words.push((bias.is_some() as u32).into());
        // Without a bias the slot still wants a buffer; it is not read.
        self.step(&SPEC, &words, &[x, w, bias.unwrap_or(x), y]);
        (y, to)
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [images, height, width, chans, new_height, new_width, outs, groups, size, stride, pad, dilation, biased] =
        SPEC.words(params)?.map(|v| v as usize);
    let [x, w, bias, y] = views.split()?;
    let (x, bias, y) = (x.f32()?, bias.f32()?, y.f32_mut()?);
    let depth = chans / groups;
    let w = w.row(0, outs * depth * size * size)?;
    for at in 0..images * new_height * new_width * outs {
        let (o, u, v) = (at % outs, at / outs % new_width, at / outs / new_width % new_height);
        let image = at / outs / new_width / new_height;
        let mut sum = if biased == 1 { bias[o] } else { 0.0 };
        for (dy, dx) in (0..size * size).map(|i| (i / size, i % size)) {
            // Cells beyond the edge are zeros; below zero wraps to far beyond.
            let row = (v * stride + dy * dilation).wrapping_sub(pad);
            let col = (u * stride + dx * dilation).wrapping_sub(pad);
            for c in 0..if row < height && col < width { depth } else { 0 } {
                let from = ((image * height + row) * width + col) * chans + o / (outs / groups) * depth + c;
                sum += x[from] * w[((o * depth + c) * size + dy) * size + dx];
            }
        }
        y[at] = sum;
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let by = match rng.below(4) {
        0 => Window::patches(rng.size(1, 8)),
        1 => Window::new(1, 1, 0),
        2 => Window { dilation: rng.size(1, 3), ..Window::new(3, rng.size(1, 2), 1) },
        _ => Window::new(rng.size(1, 7), rng.size(1, 3), rng.size(0, 3)),
    };
    let least = by.size * by.dilation;
    let on = Grid { height: rng.size(least, least + 9), width: rng.size(least, least + 9) };
    // Each channel by itself, all of them together, or in groups.
    let (groups, depth, per) = match rng.below(3) {
        0 => (rng.size(1, 40), 1, 1),
        1 => (1, rng.size(1, 9), rng.size(1, 24)),
        _ => (rng.size(1, 8), rng.size(1, 5), rng.size(1, 4)),
    };
    let images = rng.size(1, 2);
    let (kind, biased) = (*rng.pick(SPEC.slots[1].kinds), rng.coin());
    let mut case =
        Case::new(format!("{images}×{on:?}×{depth} to {per}, {groups} groups, {by:?} {kind:?}, biased {biased}"));
    let x = case.numbers(rng, images * on.rows() * groups * depth);
    let w = case.weights(rng, kind, groups * per * depth * by.size * by.size);
    let bias = biased.then(|| case.numbers(rng, groups * per));
    let (y, _) = case.rec.conv2d(x, (w, bias), on, [groups * depth, groups * per, groups], by);
    case.output(y)
}
