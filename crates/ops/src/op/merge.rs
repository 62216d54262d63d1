//! y[d] = Σ size[r] · x[r] over the rows r with to[r] = d, divided by the new size Σ size[r] where a mean is wanted. A
//! place that nobody goes to, or only rows of size 0, gets zeros and the size 0: there is no mean of nothing. Places beyond
//! the last are dropped. Token merging keeps the new sizes, so that a mean of means is still the mean of all.

use crate::case::{Case, Rng};
use crate::spec::{Gpu, Tolerance, fold, ids, int, numbers, read, write};
use crate::{Buf, Error, Kind, OpSpec, Recording, View, Views};

pub const SPEC: OpSpec = OpSpec {
    stem: "merge",
    slots: &[read("x"), read("sizes"), ids("to"), write("y"), write("new_sizes")],
    fields: &[int("rows"), int("cols"), int("places"), int("mean")],
    shape: |p| {
        let [rows, cols, places, _] = SPEC.words(p)?;
        let row = numbers(&[rows])?;
        Ok(vec![numbers(&[rows, cols])?, row, row, numbers(&[places, cols])?, numbers(&[places])?])
    },
    flops: |p| 2 * p[0] as u64 * p[1] as u64,
    twin,
    tolerance: Tolerance { limit: 2e-6, because: "products and sums fused or not, and the GPU's division" },
    // One workgroup a place, which looks for its rows.
    gpu: Gpu::Shader { grid: |p| fold(p[2]) },
    case,
};

impl Recording {
    /// x: [rows, cols], sizes: [rows], to: [rows] → [places, cols] and its sizes: [places]
    pub fn merge(&mut self, x: Buf, sizes: Buf, to: Buf, places: usize, mean: bool) -> [Buf; 2] {
        let rows = self.def(to).len;
        let cols = self.def(x).len / rows.max(1);
        let (y, new_sizes) = (self.temp(places * cols), self.temp(places));
        let words = [rows, cols, places, mean as usize].map(|n| (n as u32).into());
        self.step(&SPEC, &words, &[x, sizes, to, y, new_sizes]);
        [y, new_sizes]
    }
}

fn twin(params: &[u32], views: &mut [View]) -> Result<(), Error> {
    let [rows, cols, places, mean] = SPEC.words(params)?.map(|v| v as usize);
    let [x, sizes, to, y, new_sizes] = views.split()?;
    let (x, sizes, to) = (x.f32()?, sizes.f32()?, to.u32()?);
    let (y, new_sizes) = (y.f32_mut()?, new_sizes.f32_mut()?);
    y[..places * cols].fill(0.0);
    new_sizes[..places].fill(0.0);
    for r in (0..rows).filter(|r| (to[*r] as usize) < places) {
        let place = to[r] as usize;
        new_sizes[place] += sizes[r];
        for c in 0..cols {
            y[place * cols + c] += sizes[r] * x[r * cols + c];
        }
    }
    for i in 0..if mean == 1 { places * cols } else { 0 } {
        let size = new_sizes[i / cols];
        y[i] = if size == 0.0 { 0.0 } else { y[i] / size };
    }
    Ok(())
}

fn case(rng: &mut Rng) -> Case {
    let (rows, cols, places, mean) = (rng.size(1, 150), rng.size(1, 90), rng.size(1, 40), rng.coin());
    let mut case = Case::new(format!("{rows}×{cols} into {places}, mean {mean}"));
    let x = case.numbers(rng, rows * cols);
    // Sizes are counts or weights, never negative; sometimes half of them are nothing.
    let some = rng.coin();
    let sizes: Vec<f32> = (0..rows).map(|_| if some && rng.coin() { 0.0 } else { 1.5 + rng.number() }).collect();
    let sizes = case.stored(Kind::F32, &sizes);
    let to = case.ids(rng, rows, places + 1);
    let [y, new_sizes] = case.rec.merge(x, sizes, to, places, mean);
    case.output(y).output(new_sizes)
}
