//! What this machine can do at most, measured: how fast threads read and copy memory, and how many multiply-adds an
//! instruction set takes when all it needs lies in the nearest cache. A model's speed is held against these.
//!
//! The arithmetic peaks are those of the instructions our kernels use, without scales, loads that miss, or anything
//! else around them: no kernel over the same lanes can be faster.

use crate::lanes::{Body, Isa, LANES, Lanes};
use crate::pool::{Parts, Pool};
use std::hint::black_box;

/// Bytes of the memory that is read: several times any cache.
const FAR: usize = 256 << 20;
/// Sums that run side by side: enough to hide the latency of a multiply-add.
const SUMS: usize = 12;
/// Operands a turn takes: 12 kB of them, inside any nearest cache.
const STEPS: usize = 32;
/// Turns of one measured loop: some tens of milliseconds.
const TURNS: usize = 100_000;
/// Loops, of which the fastest counts: others were disturbed.
const TRIES: usize = 9;

pub struct Peaks {
    /// Gigabytes a second.
    pub read: f64,
    /// Bytes read and bytes written together.
    pub copy: f64,
    /// Giga operations a second, two for each multiply-add: codes of 4 and of 8 bits with bytes, and f32.
    pub int4: f64,
    pub int8: f64,
    pub f32: f64,
}

impl Peaks {
    /// Takes about a second. `now` is in milliseconds.
    pub fn measure(isa: Isa, threads: usize, now: &dyn Fn() -> f64) -> Peaks {
        let pool = Pool::new(threads);
        let threads = pool.threads();
        // Milliseconds to millions: giga a second.
        let best = |amount: f64, work: &dyn Fn()| {
            let times = (0..TRIES).map(|_| {
                let start = now();
                work();
                now() - start
            });
            amount / times.fold(f64::INFINITY, f64::min).max(1e-6) / 1e6
        };
        // Written once, or all of it would be the same page of zeros.
        let (far, mut near) = (vec![1.0f32; FAR / 4], vec![2.0f32; FAR / 4]);
        let read = best(FAR as f64, &|| {
            pool.split(far.len(), 1, |part| _ = black_box(isa.run(Read(&far[part]))));
        });
        let to = Parts::new(&mut near);
        let copy = best(2.0 * FAR as f64, &|| {
            // SAFETY: parts of a split do not overlap.
            pool.split(far.len(), 1, |part| unsafe { to.slice(part.clone()) }.copy_from_slice(&far[part]));
        });
        drop((far, near));
        let operations = |each: usize| 2.0 * (threads * TURNS * STEPS * SUMS * LANES * each) as f64;
        let each = |work: &(dyn Fn() + Sync)| pool.split(threads, 1, |part| part.for_each(|_| work()));
        Peaks {
            read,
            copy,
            int4: best(operations(4), &|| each(&|| isa.run(Nibbles))),
            int8: best(operations(2), &|| each(&|| isa.run(Pairs))),
            f32: best(operations(1), &|| each(&|| isa.run(Reals))),
        }
    }
}

/// The largest of all numbers: one operation a load, less than it takes to fetch them.
struct Read<'a>(&'a [f32]);

impl Body for Read<'_> {
    type Out = f32;
    #[inline(always)]
    fn run<L: Lanes>(self) -> f32 {
        let mut most = [L::splat(0.0); 4];
        for eights in self.0.chunks_exact(4 * LANES) {
            for (i, most) in most.iter_mut().enumerate() {
                *most = L::max(*most, L::load(&eights[i * LANES..]));
            }
        }
        L::most(L::max(L::max(most[0], most[1]), L::max(most[2], most[3])))
    }
}

/// Dot products as the integer tile has them for codes of 4 bits: activations are broadcast and meet a panel's codes.
struct Nibbles;

impl Body for Nibbles {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        // Zeros, so that no sum overflows however long it runs; processors multiply them no faster.
        let (codes, x) = ([0u8; STEPS * SUMS * 4 * LANES], [0u8; STEPS * 4]);
        let mut sums = [L::start(); SUMS];
        for _ in 0..TURNS {
            // Unknown to the compiler, or it would multiply once and add the same products every turn.
            let (codes, x) = (black_box(&codes), black_box(&x));
            for (codes, x) in codes.chunks_exact(SUMS * 4 * LANES).zip(x.chunks_exact(4)) {
                let a = L::quad(x);
                for (i, sum) in sums.iter_mut().enumerate() {
                    let w = L::bytes(&codes[i * 4 * LANES..]);
                    *sum = L::dot4(*sum, w, a);
                }
            }
        }
        for sum in sums {
            black_box(L::sum(L::close(sum, 0)));
        }
    }
}

/// The same for codes of 8 bits.
struct Pairs;

impl Body for Pairs {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (codes, x) = ([0u8; STEPS * SUMS * 2 * LANES], [0i16; STEPS * 2]);
        let mut sums = [L::nothing(); SUMS];
        for _ in 0..TURNS {
            let (codes, x) = (black_box(&codes), black_box(&x));
            for (codes, x) in codes.chunks_exact(SUMS * 2 * LANES).zip(x.chunks_exact(2)) {
                let a = L::pair(x);
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = L::dot(*sum, L::wide(&codes[i * 2 * LANES..]), a);
                }
            }
        }
        for sum in sums {
            black_box(L::sum(L::whole(sum)));
        }
    }
}

struct Reals;

impl Body for Reals {
    type Out = ();
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (weights, x) = ([0.0f32; STEPS * SUMS * LANES], [0.0f32; STEPS]);
        let mut sums = [L::splat(0.0); SUMS];
        for _ in 0..TURNS {
            let (weights, x) = (black_box(&weights), black_box(&x));
            for (weights, x) in weights.chunks_exact(SUMS * LANES).zip(x) {
                let x = L::splat(*x);
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = L::fused(x, L::load(&weights[i * LANES..]), *sum);
                }
            }
        }
        for sum in sums {
            black_box(L::sum(sum));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number is read: the largest is found wherever it stands.
    #[test]
    fn all_of_memory_is_read() {
        for isa in Isa::available() {
            for at in [0, 31, 32, 95] {
                let mut all = vec![1.0; 96];
                all[at] = 7.0;
                assert_eq!(isa.run(Read(&all)), 7.0, "{} at {at}", isa.name());
            }
        }
    }

    /// A loop that the compiler took away would be faster than any processor.
    #[test]
    fn peaks_are_what_a_processor_can_do() {
        let start = std::time::Instant::now();
        let p = Peaks::measure(Isa::best(), 1, &|| start.elapsed().as_secs_f64() * 1e3);
        // 512-bit registers, four of them a cycle at 6 GHz, would make 6144 of bytes and 768 of f32; memory of
        // laptops and servers gives one thread 1 to 200.
        for (name, value, most) in [
            ("read", p.read, 200.0),
            ("copy", p.copy, 400.0),
            ("int4", p.int4, 6144.0),
            ("int8", p.int8, 6144.0),
            ("f32", p.f32, 768.0),
        ] {
            assert!(value > 0.1 && value < most, "{name}: {value}");
        }
    }
}
