//! Chance in whole numbers, the same on every machine: what `sample` is defined by. Nothing here rounds in more than one
//! way, so that equal logits give equal ids on every backend.

/// Philox 2×32 with ten rounds (Salmon and others, 2011): a random number for each counter, no state to keep.
pub fn philox(counter: [u32; 2], mut key: u32) -> [u32; 2] {
    let [mut a, mut b] = counter;
    for _ in 0..10 {
        let product = a as u64 * 0xd256_d193;
        (a, b) = ((product >> 32) as u32 ^ key ^ b, product as u32);
        key = key.wrapping_add(0x9e37_79b9);
    }
    [a, b]
}

/// 2³⁰ · 2^(−t / 2²⁰), by a polynomial with whole coefficients good to 3e-9; 0 from t = 30 · 2²⁰ on.
pub fn weight(t: u32) -> u32 {
    let fraction = (t << 12) as u64;
    let mut sum = 469_816u64;
    for c in [5_479_159, 41_146_038, 238_332_182, 1_031_755_750, 2_977_043_899, 4_294_967_290u64] {
        sum = c - ((sum * fraction) >> 32);
    }
    (sum >> 2).checked_shr(t >> 20).unwrap_or(0) as u32
}

/// The weight of the likeliest.
pub const TOP: u32 = 4_294_967_290 >> 2;

/// ⌊total · part / 2³²⌋ + 1: from 1 to total.
pub fn share(total: u64, part: u32) -> u64 {
    ((total as u128 * part as u128) >> 32) as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers its authors publish.
    #[test]
    fn philox_is_philox() {
        assert_eq!(philox([0, 0], 0), [0xff1d_ae59, 0x6cd1_0df2]);
        assert_eq!(philox([u32::MAX; 2], u32::MAX), [0x2c3f_628b, 0xab4f_d7ad]);
        assert_eq!(philox([0x243f_6a88, 0x85a3_08d3], 0x1319_8a2e), [0xdd7c_e038, 0xf62a_4c12]);
    }

    #[test]
    fn weights_are_powers_of_two() {
        for t in (0..12 << 20).step_by(977) {
            let want = 2f64.powf(30.0 - t as f64 / (1 << 20) as f64);
            let error = (weight(t) as f64 - want).abs();
            assert!(error < 4e-9 * want + 2.0, "{t}: {} for {want}", weight(t));
        }
        assert_eq!((weight(0), weight(40 << 20), weight(u32::MAX)), (TOP, 0, 0));
    }

    #[test]
    fn shares_stay_inside() {
        for total in [1, 7, 1 << 48] {
            let most = share(total, u32::MAX);
            assert!(share(total, 0) == 1 && most <= total && most + (total >> 32) >= total);
        }
    }
}
