//! Coefficients of a block become samples: the exact integers of libjpeg's "islow", which is what decoders use unless told
//! otherwise (Loeffler, Ligtenberg and Moschytz 1989, in thirteen bits).
//!
//! It is usually written with eleven products. Nothing is rounded between them, so that the sums of these tables are the
//! same numbers. Columns keep two bits more than samples have; a rounding ends each of both passes.

use super::frame::Block;

/// Bits behind the point of the tables.
const POINT: u32 = 13;
/// Bits that columns keep for rows.
const KEPT: u32 = 2;

/// What coefficients 2 and 6 add to outputs 0 and 1.
const EVEN: [[i32; 2]; 2] = [[10703, 4433], [4433, -10704]];
/// What coefficients 1, 3, 5 and 7 add to outputs 0 to 3. That nearly equal numbers are not equal is the rounding of the
/// eleven factors.
const ODD: [[i32; 4]; 4] =
    [[11363, 9633, 6437, 2260], [9633, -2259, -11362, -6436], [6437, -11362, 2261, 9633], [2260, -6436, 9633, -11363]];

/// Eight outputs times 2¹³, of eight inputs of sixteen bits.
fn line(x: [i32; 8]) -> [i32; 8] {
    let sums = [(x[0] + x[4]) << POINT, (x[0] - x[4]) << POINT];
    let even = EVEN.map(|[a, b]| a * x[2] + b * x[6]);
    let even = [sums[0] + even[0], sums[1] + even[1], sums[1] - even[1], sums[0] - even[0]];
    let odd = ODD.map(|[a, b, c, d]| a * x[1] + b * x[3] + c * x[5] + d * x[7]);
    std::array::from_fn(|i| if i < 4 { even[i] + odd[i] } else { even[7 - i] - odd[7 - i] })
}

/// Halves are rounded up. Sixteen bits are kept: then no sum can be too large, whatever a file says.
fn rounded(value: i32, bits: u32) -> i32 {
    sixteen((value + (1 << bits >> 1)) >> bits)
}

fn sixteen(value: i32) -> i32 {
    value.clamp(i16::MIN as i32, i16::MAX as i32)
}

/// Into the eight upper left samples of `out`, whose rows are `stride` apart.
pub fn idct(block: &Block, steps: &[u16; 64], out: &mut [u8], stride: usize) {
    let mut kept = [[0; 8]; 8];
    for x in 0..8 {
        let column = std::array::from_fn(|y| sixteen(block[y * 8 + x] as i32 * steps[y * 8 + x] as i32));
        for (row, value) in kept.iter_mut().zip(line(column)) {
            row[x] = rounded(value, POINT - KEPT);
        }
    }
    for (row, out) in kept.iter().zip(out.chunks_mut(stride)) {
        for (out, value) in out.iter_mut().zip(line(*row)) {
            // Three bits are the transform's own factor of eight.
            *out = (rounded(value, POINT + KEPT + 3) + 128).clamp(0, 255) as u8;
        }
    }
}
