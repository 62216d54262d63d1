//! Functions over lanes, within 2e-7 of the true value relative to it.

use crate::lanes::Lanes;

/// eˣ for x from −86 to 88; beyond, the value at the end, which is as good as nothing or as infinity to its callers.
///
/// x = n · ln 2 + r with |r| ≤ ln 2 / 2, eʳ = 1 + r + r² · p(r); p of degree 4 is the one of least relative error there
/// (4e-9; rounding leaves 8e-8).
#[inline(always)]
pub fn exp<L: Lanes>(x: L::V) -> L::V {
    const P: [f32; 5] = [0.499_999_94, 0.166_665_21, 0.041_668_39, 0.008_368_717, 0.001_381_46];
    // Adding 1.5 · 2²³ rounds to a whole number and leaves it in the lowest bits.
    let magic = L::splat(12_582_912.0);
    let x = L::min(L::max(x, L::splat(-86.0)), L::splat(88.0));
    let shifted = L::add(L::mul(x, L::splat(std::f32::consts::LOG2_E)), magic);
    let n = L::sub(shifted, magic);
    // ln 2 in two parts, the first short enough that its product with n is exact.
    let r = L::sub(x, L::mul(n, L::splat(0.693_359_4)));
    let r = L::add(r, L::mul(n, L::splat(2.121_944_4e-4)));
    let mut p = L::splat(P[4]);
    for k in [3, 2, 1, 0] {
        p = L::mul_add(p, r, L::splat(P[k]));
    }
    let y = L::add(L::mul_add(L::mul(r, r), p, r), L::splat(1.0));
    L::ldexp(y, shifted)
}

/// x / (1 + e⁻ᵏˣ): silu for k = 1.
#[inline(always)]
pub fn silu<L: Lanes>(x: L::V, k: L::V) -> L::V {
    let one = L::splat(1.0);
    L::div(x, L::add(one, exp::<L>(L::sub(L::splat(0.0), L::mul(k, x)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use crate::lanes::{Body, LANES};

    struct Exp(f32);
    impl Body for Exp {
        type Out = f32;
        #[inline(always)]
        fn run<L: Lanes>(self) -> f32 {
            let mut out = [0.0; LANES];
            L::store(exp::<L>(L::splat(self.0)), &mut out);
            out[3]
        }
    }

    #[test]
    fn exp_is_right() {
        for isa in Isa::available() {
            for i in 0..200_000 {
                let x = -86.0 + 174.0 * i as f32 / 200_000.0;
                let error = isa.run(Exp(x)) as f64 / (x as f64).exp() - 1.0;
                assert!(error.abs() < 2e-7, "{}: exp({x}) is off by {error:e}", isa.name());
            }
            assert!(isa.run(Exp(-1e9)) < 1e-37 && isa.run(Exp(1e9)) > 1e38);
        }
    }
}
