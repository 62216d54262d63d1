//! How a block of the K formats is packed: x ≈ d·scale·q − dmin·min with the least sum of squared differences, d and dmin
//! in half precision, scale and min whole numbers of each run.
//!
//! What suits each run alone does not suit the block: one run with an outlier makes d so coarse that all others lose more
//! than it wins. So several d are tried, then several dmin; for each, every run takes the scale and min it loses least
//! with, and what counts is the loss of the block as it will be read. Then d and dmin are refitted to all codes at once.

mod lanes;
mod run;

use super::{inverse, signed_max};
use lanes::{LANES, Lanes, ZEROS, each, loss, sums, whole};
use run::Fit;

/// What a K format can say, in whole numbers: codes of a number and scales of a run, from and to.
pub struct Form {
    pub codes: (f32, f32),
    pub scales: (f32, f32),
    /// The largest min of a run; 0 in a format without them.
    pub mins: f32,
}

/// A block as it will be read, but for the codes: those follow. `G` groups of eight runs.
#[derive(Clone, Copy)]
pub struct Block<const G: usize> {
    pub d: f32,
    pub dmin: f32,
    scales: [Lanes; G],
    mins: [Lanes; G],
    loss: f32,
}

impl<const G: usize> Block<G> {
    pub fn scale(&self, run: usize) -> i32 {
        self.scales[run / LANES][run % LANES] as i32
    }

    pub fn min(&self, run: usize) -> i32 {
        self.mins[run / LANES][run % LANES] as i32
    }

    /// Codes of the block's numbers, counted from the form's lowest.
    pub fn codes(&self, x: &[f32], form: &Form) -> [u8; 256] {
        let run = 256 / (G * LANES);
        std::array::from_fn(|i| {
            let (scale, min) = (self.d * self.scale(i / run) as f32, self.dmin * self.min(i / run) as f32);
            (whole((x[i] + min) * inverse(scale), form.codes) - form.codes.0) as u8
        })
    }

    /// Whichever loses less; this one of equals.
    fn or(self, other: Self) -> Self {
        if other.loss < self.loss { other } else { self }
    }
}

/// The best block found for 256 numbers in runs of `N`.
pub fn block<const N: usize, const G: usize>(numbers: &[f32], form: &Form) -> Block<G> {
    let mut runs = Runs { x: [[ZEROS; N]; G], sum: [ZEROS; G], form };
    for (i, v) in numbers.iter().enumerate() {
        let (group, lane) = (i / N / LANES, i / N % LANES);
        runs.x[group][i % N][lane] = *v;
        runs.sum[group][lane] += v;
    }
    runs.best()
}

/// A block's numbers: number i of eight runs side by side.
struct Runs<'a, const N: usize, const G: usize> {
    x: [[Lanes; N]; G],
    sum: [Lanes; G],
    form: &'a Form,
}

impl<const N: usize, const G: usize> Runs<'_, N, G> {
    fn best(&self) -> Block<G> {
        let want = self.fits();
        let largest = |of: fn(&Fit) -> Lanes| signed_max(want.each_ref().map(of).as_flattened());
        let (scale, min) = (largest(|fit| fit.scale), largest(|fit| fit.min));
        // Below zero there is one scale more, where a format goes there.
        let most = if self.form.scales.0 < 0.0 { self.form.scales.0 } else { self.form.scales.1 };

        let mut best = self.choose(&want, scale / most, min / self.form.mins.max(1.0), 0);
        for top in tops(most) {
            best = best.or(self.choose(&want, scale / top, best.dmin, 0));
        }
        for top in tops(self.form.mins).take_while(|_| min != 0.0) {
            best = best.or(self.choose(&want, best.d, min / top, 0));
        }
        for _ in 0..3 {
            let now = std::array::from_fn(|group| Fit {
                scale: best.scales[group].map(|s| s * best.d),
                min: best.mins[group].map(|m| m * best.dmin),
            });
            let (d, dmin) = self.refit(&best, &now);
            let next = self.choose(&now, d, dmin, 4);
            if next.loss >= best.loss {
                break;
            }
            best = best.or(next);
        }
        best
    }

    /// What each run would take if it were alone.
    fn fits(&self) -> [Fit; G] {
        // dmin may be negative as well as positive, but not both in a block.
        let above = self.x.as_flattened().as_flattened().iter().all(|x| *x >= 0.0);
        std::array::from_fn(|group| match self.form.mins > 0.0 {
            true => run::affine(&self.x[group], self.form, above),
            false => run::symmetric(&self.x[group], self.form),
        })
    }

    /// With this d and dmin, what every run loses least with: scales up to `reach` beside what it wants.
    fn choose(&self, want: &[Fit; G], d: f32, dmin: f32, reach: i32) -> Block<G> {
        let (d, dmin) = (half(d), half(dmin));
        let mut block = Block { d, dmin, scales: [ZEROS; G], mins: [ZEROS; G], loss: 0.0 };
        for (group, want) in want.iter().enumerate() {
            let nearest = each(|lane| whole(want.scale[lane] * inverse(d), self.form.scales));
            // Beside an outlier the others lie on one code or the next: a min of zero is as good a start as any.
            let starts = if self.form.mins > 0.0 { &[want.min, ZEROS][..] } else { &[ZEROS] };
            let mut best = [f32::MAX; LANES];
            for step in -reach..=reach {
                let code = nearest.map(|s| whole(s + step as f32, self.form.scales));
                let scale = code.map(|s| s * d);
                for from in starts {
                    let min = self.mins(group, &scale, from, dmin);
                    let loss = loss(&self.x[group], &scale, &min.map(|m| m * dmin), self.form);
                    for lane in 0..LANES {
                        let better = loss[lane] < best[lane];
                        best[lane] = if better { loss[lane] } else { best[lane] };
                        block.scales[group][lane] = if better { code[lane] } else { block.scales[group][lane] };
                        block.mins[group][lane] = if better { min[lane] } else { block.mins[group][lane] };
                    }
                }
            }
            block.loss += best.iter().sum::<f32>();
        }
        block
    }

    /// The mins that suit the codes which `scale` and the min `from` give.
    fn mins(&self, group: usize, scale: &Lanes, from: &Lanes, dmin: f32) -> Lanes {
        if self.form.mins == 0.0 {
            return ZEROS;
        }
        let s = sums(&self.x[group], &scale.map(inverse), from, self.form);
        let by = inverse(dmin) / N as f32;
        each(|lane| whole((scale[lane] * s.q[lane] - self.sum[group][lane]) * by, (0.0, self.form.mins)))
    }

    /// d and dmin with the least loss for a block's codes, scales and mins, in closed form.
    fn refit(&self, block: &Block<G>, now: &[Fit; G]) -> (f32, f32) {
        let (mut ss, mut sm, mut mm, mut xs, mut xm) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (group, now) in now.iter().enumerate() {
            let sums = sums(&self.x[group], &now.scale.map(inverse), &now.min, self.form);
            for lane in 0..LANES {
                let (s, m) = (block.scales[group][lane], block.mins[group][lane]);
                ss += s * s * sums.qq[lane];
                sm += s * m * sums.q[lane];
                mm += m * m * N as f32;
                xs += s * sums.xq[lane];
                xm += m * self.sum[group][lane];
            }
        }
        let det = ss * mm - sm * sm;
        if det > 1e-6 * ss * mm {
            ((xs * mm - xm * sm) / det, (xs * sm - xm * ss) / det)
        } else {
            (xs * inverse(ss), block.dmin)
        }
    }
}

/// What the largest scale of a block may be, which decides what all others are multiples of: a few below the most, so that
/// they round otherwise, and up to four times the most, where the largest is cut off for the others' sake.
fn tops(most: f32) -> impl Iterator<Item = f32> {
    let less = (1..=5).map(move |i| most - i as f32 * most.signum());
    less.chain([1.06, 1.12, 1.2, 1.3, 1.4, 1.6, 2.0, 2.5, 3.0, 4.0].map(|by: f32| (most * by).round()))
}

/// As half precision has it, never infinite, and never zero where something is left: scales are multiples of it.
fn half(v: f32) -> f32 {
    use half::f16;
    let size = if v == 0.0 { 0.0 } else { v.abs().clamp(f16::MIN_POSITIVE_SUBNORMAL.to_f32(), f16::MAX.to_f32()) };
    f16::from_f32(size.copysign(v)).to_f32()
}

#[cfg(test)]
mod tests {
    use crate::Kind;

    const ALL: [Kind; 5] = [Kind::Q2_K, Kind::Q3_K, Kind::Q4_K, Kind::Q5_K, Kind::Q6_K];

    fn packed(kind: Kind, x: &[f32]) -> Vec<f32> {
        kind.unpack_all(&kind.pack_all(x))
    }

    #[test]
    fn whatever_comes_what_is_read_is_finite() {
        for odd in [f32::NAN, f32::INFINITY, f32::MIN, f32::MAX, 1e30, 1e-40, -1e-40, 0.0] {
            for kind in ALL {
                let mut x: Vec<f32> = (0..512).map(|i| (i as f32).sin()).collect();
                x[300] = odd;
                let back = packed(kind, &x);
                assert!(back.iter().all(|v| v.is_finite()), "{kind:?} with {odd}");
                // What is odd in one block is no concern of another.
                assert_eq!(back[..256], packed(kind, &x[..256]), "{kind:?} with {odd}");
            }
        }
    }

    #[test]
    fn a_block_above_zero_keeps_all_its_codes() {
        // Half a step of what the codes can tell apart in a span of 2, and as much again for d and dmin.
        for (kind, codes) in [(Kind::Q2_K, 4.0), (Kind::Q4_K, 16.0), (Kind::Q5_K, 32.0)] {
            let x: Vec<f32> = (0..256).map(|i| 9.0 + (i as f32).sin()).collect();
            let off = x.iter().zip(packed(kind, &x)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off <= 2.0 / (codes - 1.0), "{kind:?}: {off}");
        }
    }

    #[test]
    fn tiny_numbers_do_not_vanish() {
        // A scale of 1e-6 / 31 / 127 is nothing in half precision, but its multiples are something.
        let x: Vec<f32> = (0..256).map(|i| 1e-6 * (i as f32).sin()).collect();
        for kind in ALL {
            let left: f32 = x.iter().zip(packed(kind, &x)).map(|(a, b)| (a - b) * (a - b)).sum();
            let all: f32 = x.iter().map(|a| a * a).sum();
            assert!(left < 0.2 * all, "{kind:?}: {left} of {all}");
        }
    }
}
