// The activation that `params.function` names, in the order of the twin's table.
// Abramowitz and Stegun 7.1.26, as in the twin.
fn erf(v: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.3275911 * abs(v));
    let poly = t * (0.2548296 + t * (-0.28449672 + t * (1.4214138 + t * (-1.4531521 + t * 1.0614054))));
    return sign(v) * (1.0 - poly * exp(-v * v));
}

fn apply(v: f32) -> f32 {
    switch params.function {
        case 0u: { return 0.5 * v * (1.0 + erf(v * 0.70710678)); }
        // tanh of a large number overflows on some GPUs; beyond 10 it is 1 to the last digit.
        case 1u: { return 0.5 * v * (1.0 + tanh(clamp(0.7978846 * (v + 0.044715 * v * v * v), -10.0, 10.0))); }
        case 2u: { return v / (1.0 + exp(-1.702 * v)); }
        case 3u: { return v / (1.0 + exp(-v)); }
        case 4u: { return max(v, 0.0); }
        case 5u: { return v * clamp(v / 6.0 + 0.5, 0.0, 1.0); }
        case 6u: { return clamp(v / 6.0 + 0.5, 0.0, 1.0); }
        case 7u: { return max(v, 0.0) + log(1.0 + exp(-abs(v))); }
        case 8u: { return 1.0 / (1.0 + exp(-v)); }
        default: { return tanh(clamp(v, -10.0, 10.0)); }
    }
}
