//! Functions over lanes, within 2e-7 of the true value relative to it.

use crate::lanes::Lanes;

/// Constants in every lane, made once before a loop. The compiler is kept from knowing them, or it would write them where
/// they are used, and browsers build a constant vector with three instructions every time they come by.
#[inline(always)]
pub fn constants<L: Lanes, const N: usize>(values: &[f32; N]) -> [L::V; N] {
    let mut lanes = [L::splat(0.0); N];
    for (lanes, v) in lanes.iter_mut().zip(std::hint::black_box(values)) {
        *lanes = L::splat(*v);
    }
    lanes
}

/// a · b + c, rounded once where the hardware can, or after each.
#[inline(always)]
pub fn mul_add<L: Lanes, const FUSED: bool>(a: L::V, b: L::V, c: L::V) -> L::V {
    if FUSED { L::fused(a, b, c) } else { L::mul_add(a, b, c) }
}

/// eˣ for x from −86 to 88; beyond, the value at the end, which is as good as nothing or as infinity to its callers.
///
/// x = n · ln 2 + r with |r| ≤ ln 2 / 2, eʳ = 1 + r + r² · p(r); p of degree 4 is the one of least relative error there
/// (4e-9; rounding leaves 8e-8).
pub struct Exp<L: Lanes> {
    least: L::V,
    most: L::V,
    log2_e: L::V,
    magic: L::V,
    minus_ln_2: [L::V; 2],
    p: [L::V; 5],
    one: L::V,
}

impl<L: Lanes> Exp<L> {
    #[inline(always)]
    pub fn new() -> Exp<L> {
        // Adding 1.5 · 2²³ rounds to a whole number and leaves it in the lowest bits. −ln 2 comes in two parts, the first
        // short enough that its product with n is exact.
        let [least, most, log2_e, magic, high, low, one] = constants::<L, 7>(&[
            -86.0,
            88.0,
            std::f32::consts::LOG2_E,
            12_582_912.0,
            -0.693_359_4,
            2.121_944_4e-4,
            1.0,
        ]);
        let p = constants::<L, 5>(&[0.499_999_94, 0.166_665_21, 0.041_668_39, 0.008_368_717, 0.001_381_46]);
        Exp { least, most, log2_e, magic, minus_ln_2: [high, low], p, one }
    }

    #[inline(always)]
    pub fn of(&self, x: L::V) -> L::V {
        self.rounded::<false>(x)
    }

    /// With products fused where other bits on other instruction sets do no harm.
    #[inline(always)]
    pub fn rounded<const FUSED: bool>(&self, x: L::V) -> L::V {
        self.falling::<FUSED>(L::min(x, self.most))
    }

    /// The same for x that is not above 0.
    #[inline(always)]
    pub fn falling<const FUSED: bool>(&self, x: L::V) -> L::V {
        let x = L::max(x, self.least);
        let shifted = mul_add::<L, FUSED>(x, self.log2_e, self.magic);
        let n = L::sub(shifted, self.magic);
        let r = mul_add::<L, FUSED>(n, self.minus_ln_2[0], x);
        let r = mul_add::<L, FUSED>(n, self.minus_ln_2[1], r);
        let mut p = self.p[4];
        for k in [3, 2, 1, 0] {
            p = mul_add::<L, FUSED>(p, r, self.p[k]);
        }
        let y = L::add(mul_add::<L, FUSED>(L::mul(r, r), p, r), self.one);
        L::ldexp(y, shifted)
    }

    /// x / (1 + e⁻ʸ): silu where y is x.
    #[inline(always)]
    pub fn share(&self, x: L::V, y: L::V) -> L::V {
        L::div(x, L::add(self.one, self.of(L::sub(L::splat(0.0), y))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use crate::lanes::{Body, LANES};

    /// eˣ, fused and not.
    struct Power(f32);
    impl Body for Power {
        type Out = [f32; 2];
        #[inline(always)]
        fn run<L: Lanes>(self) -> [f32; 2] {
            let (exp, x, mut out) = (Exp::<L>::new(), L::splat(self.0), [[0.0; LANES]; 2]);
            L::store(exp.of(x), &mut out[0]);
            L::store(exp.rounded::<true>(x), &mut out[1]);
            out.map(|out| out[3])
        }
    }

    #[test]
    fn exp_is_right() {
        for isa in Isa::available() {
            for i in 0..200_000 {
                let x = -86.0 + 174.0 * i as f32 / 200_000.0;
                for y in isa.run(Power(x)) {
                    let error = y as f64 / (x as f64).exp() - 1.0;
                    assert!(error.abs() < 2e-7, "{}: exp({x}) is off by {error:e}", isa.name());
                }
            }
            assert!(isa.run(Power(-1e9)).iter().all(|y| *y < 1e-37) && isa.run(Power(1e9)).iter().all(|y| *y > 1e38));
        }
    }
}
