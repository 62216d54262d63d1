#import wide
// Cosine and sine of pos · frequency radians for 0 ≤ frequency < 2²⁴. In f32 an angle of thousands of radians has lost
// its fourth digit, and sines of GPUs are good near zero only; so the angle is brought into one turn by whole numbers,
// where nothing is rounded and no compiler can rearrange anything, and the last eighth of a turn by polynomials.
fn turn(pos: u32, frequency: f32) -> vec2<f32> {
    // frequency = m / 2^s; 1 / 2π = 0x28be60db9391054a / 2⁶⁴. Then m / 2π in units of 2⁻³² turns, 54 bits of it.
    let bits = bitcast<u32>(frequency);
    let m = (bits & 0x7fffffu) | 0x800000u;
    let s = 150u - (bits >> 23u);
    let fine = wide(m, 0x9391054au).y;
    var per = wide(m, 0x28be60dbu);
    per = vec2(per.x + fine, per.y + select(0u, 1u, per.x + fine < fine));
    // Shifted by s: what is left in units of 2⁻³² turns, and 32 bits below the point, which large positions need.
    var left = 0u;
    var below = 0u;
    if s == 0u {
        left = per.x;
    } else if s < 32u {
        left = (per.x >> s) | (per.y << (32u - s));
        below = per.x << (32u - s);
    } else if s == 32u {
        left = per.y;
        below = per.x;
    } else if s < 64u {
        left = per.y >> (s - 32u);
        below = (per.x >> (s - 32u)) | (per.y << (64u - s));
    } else if s < 96u {
        below = per.y >> (s - 64u);
    }
    let angle = pos * left + wide(pos, below).y;
    // The nearest quarter turn, and the rest: between −1/8 and 1/8 of a turn.
    let quarter = (angle + 0x20000000u) >> 30u;
    let v = f32(bitcast<i32>(angle - (quarter << 30u))) * 1.4629180793e-9;
    let q = v * v;
    let sine = v * (1.0 + q * (-0.16666667 + q * (0.008333332 + q * (-0.00019840874 + q * 2.7525562e-6))));
    let cosine = 1.0 + q * (-0.5 + q * (0.041666668 + q * (-0.0013888889 + q * (2.4801587e-5 - q * 2.7557319e-7))));
    let turned = select(vec2(cosine, sine), vec2(-sine, cosine), (quarter & 1u) == 1u);
    return select(turned, -turned, (quarter & 2u) == 2u);
}
