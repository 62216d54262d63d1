//! Least-squares fits of a few codes to a sub-block, as the K formats are packed. Written from the format's card; each
//! tries a handful of starting scales and keeps the best.

/// Round to nearest, ties to even.
pub fn nearest(v: f32) -> i32 {
    v.round_ties_even() as i32
}

/// x ≈ scale·q − min with q in 0..=most and min ≥ 0. Tries `steps` + 1 starting scales from (most + from) / range on,
/// refits scale and min in closed form for each, and keeps the one with the least Σ weight·difference².
pub fn affine(x: &[f32], weight: &[f32], most: i32, from: f32, steps: usize) -> (f32, f32) {
    let (low, high) = super::range(x);
    let low = low.min(0.0);
    if high == low {
        return (0.0, -low);
    }
    let code = |inverse: f32, v: f32| nearest(inverse * (v - low)).clamp(0, most) as f32;
    let loss = |inverse: f32, scale: f32, min: f32| -> f32 {
        x.iter().zip(weight).map(|(&v, w)| w * (scale * code(inverse, v) + min - v).powi(2)).sum()
    };
    let span = high - low;
    let start = most as f32 / span;
    let (mut scale, mut min) = (1.0 / start, low);
    let mut best = loss(start, scale, min);
    let sum_w: f32 = weight.iter().sum();
    let sum_x: f32 = x.iter().zip(weight).map(|(v, w)| w * v).sum();
    for step in 0..=steps {
        let inverse = (from + 0.1 * step as f32 + most as f32) / span;
        let (mut sum_l, mut sum_l2, mut sum_xl) = (0.0, 0.0, 0.0);
        for (&v, w) in x.iter().zip(weight) {
            let l = code(inverse, v);
            sum_l += w * l;
            sum_l2 += w * l * l;
            sum_xl += w * l * v;
        }
        let det = sum_w * sum_l2 - sum_l * sum_l;
        if det <= 0.0 {
            continue;
        }
        let mut one = ((sum_w * sum_xl - sum_x * sum_l) / det, (sum_l2 * sum_x - sum_l * sum_xl) / det);
        if one.1 > 0.0 {
            one = (sum_xl / sum_l2, 0.0);
        }
        let now = loss(inverse, one.0, one.1);
        if now < best {
            (best, scale, min) = (now, one.0, one.1);
        }
    }
    (scale, -min)
}

/// x ≈ scale·q with q in −most..most, weighted by x². Tries 19 starting scales.
pub fn symmetric(x: &[f32], most: i32) -> f32 {
    let max = super::signed_max(x);
    if max.abs() < 1e-15 {
        return 0.0;
    }
    let (mut scale, mut best) = (0.0, 0.0);
    // The plain scale first: a later one must be better than it.
    for step in std::iter::once(0).chain((-9..=9).filter(|s| *s != 0)) {
        let inverse = -(most as f32 + 0.1 * step as f32) / max;
        let (mut sum_xl, mut sum_l2) = (0.0, 0.0);
        for &v in x {
            let l = nearest(inverse * v).clamp(-most, most - 1) as f32;
            sum_xl += v * v * v * l;
            sum_l2 += v * v * l * l;
        }
        if sum_l2 > 0.0 && sum_xl * sum_xl > best * sum_l2 {
            scale = sum_xl / sum_l2;
            best = scale * sum_xl;
        }
    }
    scale
}

/// x ≈ scale·q with q in −4..4, weighted by x²: from the plain codes, moves single codes while that helps.
pub fn symmetric3(x: &[f32]) -> f32 {
    let max = super::signed_max(x);
    if max.abs() < 1e-15 {
        return 0.0;
    }
    let inverse = -4.0 / max;
    let mut codes: Vec<f32> = x.iter().map(|v| nearest(inverse * v).clamp(-4, 3) as f32).collect();
    let mut sum_xl: f32 = x.iter().zip(&codes).map(|(v, l)| v * v * v * l).sum();
    let mut sum_l2: f32 = x.iter().zip(&codes).map(|(v, l)| v * v * l * l).sum();
    for _ in 0..5 {
        let mut changed = false;
        for (v, code) in x.iter().zip(&mut codes) {
            let w = v * v;
            let without = (sum_xl - w * v * *code, sum_l2 - w * *code * *code);
            if without.0 <= 0.0 {
                continue;
            }
            let l = nearest(v * without.1 / without.0).clamp(-4, 3) as f32;
            let with = (without.0 + w * v * l, without.1 + w * l * l);
            if l != *code && with.1 > 0.0 && with.0 * with.0 * sum_l2 > sum_xl * sum_xl * with.1 {
                (*code, sum_xl, sum_l2, changed) = (l, with.0, with.1, true);
            }
        }
        if !changed {
            break;
        }
    }
    if sum_l2 > 0.0 { sum_xl / sum_l2 } else { 0.0 }
}
