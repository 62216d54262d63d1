//! Block types: how a run of numbers lies in memory. One row of `KINDS` per format.

use crate::Error;

mod bf16;
mod f16;
mod f32;
mod fit;
mod q2_k;
mod q3_k;
mod q4_0;
mod q4_1;
mod q4_k;
mod q5_0;
mod q5_1;
mod q5_k;
mod q6_k;
mod q8_0;
mod tq2_0;
mod u32;

/// One storage format.
pub struct KindSpec {
    pub name: &'static str,
    /// Its number in GGUF files.
    pub ggml: u32,
    /// Numbers in one block; a row of a matrix is a whole number of blocks.
    pub block: usize,
    /// Bytes of one block.
    pub bytes: usize,
    /// Blocks to f32, exactly as the format defines it.
    pub unpack: fn(&[u8], &mut [f32]),
    /// f32 to blocks, round to nearest.
    pub pack: fn(&[f32], &mut [u8]),
    /// The integers behind the numbers, where the format has them; `unpack` is made of them then.
    pub codes: Option<&'static Codes>,
}

/// How a format of integers reads: x = scale · (code − offset) + min, with a scale and a min for every run of numbers: those
/// of the block, times whole numbers of the run where the format has such.
/// Kernels that multiply integers take the codes; nobody else looks into a block.
pub struct Codes {
    /// Numbers that share a scale: 16 or 32. Where the format has longer runs, several have the same.
    pub run: usize,
    /// Bits of a code: below 8 it is from 0 up, with 8 it has a sign.
    pub bits: u32,
    pub offset: i32,
    /// Whether there is a min; without one it is zero.
    pub min: bool,
    /// Bits that hold any of the runs' whole numbers: 8, which have a sign, or 4, from 0 up. 0: all are one.
    pub steps: u32,
    pub read: ReadCodes,
}

/// One block's codes and scales.
pub type ReadCodes = fn(&[u8], &mut [u8], &mut Scales);

/// A block's scale and min, and what each run multiplies them by.
#[derive(Clone, Copy)]
pub struct Scales {
    pub scale: f32,
    pub min: f32,
    pub scales: [i8; MOST_BLOCK / 16],
    pub mins: [i8; MOST_BLOCK / 16],
}

impl Scales {
    pub const ONES: Scales = Scales { scale: 0.0, min: 0.0, scales: [1; MOST_BLOCK / 16], mins: [1; MOST_BLOCK / 16] };

    /// Scale and min of a run, rounded once each.
    pub fn of(&self, run: usize) -> (f32, f32) {
        (self.scale * self.scales[run] as f32, self.min * self.mins[run] as f32)
    }
}

impl Codes {
    /// Of a stored byte, scale and min. The product is exact (11 + 8 bits of scale, 6 of code), so there is one rounding.
    pub fn number(&self, code: u8, scale: f32, min: f32) -> f32 {
        let code = if self.bits == 8 { code as i8 as i32 } else { code as i32 };
        let product = scale * (code - self.offset) as f32;
        if self.min { product + min } else { product }
    }
}

/// Numbers in the largest block.
pub const MOST_BLOCK: usize = 256;

impl KindSpec {
    /// `unpack` of every format with codes.
    fn unpack_codes(&self, src: &[u8], dst: &mut [f32]) {
        let Some(codes) = self.codes else { return };
        let (mut q, mut scales) = ([0; MOST_BLOCK], Scales::ONES);
        for (b, x) in src.chunks_exact(self.bytes).zip(dst.chunks_exact_mut(self.block)) {
            (codes.read)(b, &mut q[..self.block], &mut scales);
            for (run, (x, q)) in x.chunks_exact_mut(codes.run).zip(q.chunks_exact(codes.run)).enumerate() {
                let (scale, min) = scales.of(run);
                for (x, code) in x.iter_mut().zip(q) {
                    *x = codes.number(*code, scale, min);
                }
            }
        }
    }
}

/// A row of `KINDS`; compares by name and prints as it.
#[derive(Clone, Copy)]
pub struct Kind(&'static KindSpec);

/// Every format there is.
pub static KINDS: &[&KindSpec] = &[
    &f32::SPEC,
    &f16::SPEC,
    &bf16::SPEC,
    &q8_0::SPEC,
    &q4_0::SPEC,
    &q4_1::SPEC,
    &q5_0::SPEC,
    &q5_1::SPEC,
    &q2_k::SPEC,
    &q3_k::SPEC,
    &q4_k::SPEC,
    &q5_k::SPEC,
    &q6_k::SPEC,
    &tq2_0::SPEC,
    &u32::SPEC,
];

impl Kind {
    pub const F32: Kind = Kind(&f32::SPEC);
    pub const F16: Kind = Kind(&f16::SPEC);
    pub const BF16: Kind = Kind(&bf16::SPEC);
    pub const Q8_0: Kind = Kind(&q8_0::SPEC);
    pub const Q4_0: Kind = Kind(&q4_0::SPEC);
    pub const Q4_1: Kind = Kind(&q4_1::SPEC);
    pub const Q5_0: Kind = Kind(&q5_0::SPEC);
    pub const Q5_1: Kind = Kind(&q5_1::SPEC);
    pub const Q2_K: Kind = Kind(&q2_k::SPEC);
    pub const Q3_K: Kind = Kind(&q3_k::SPEC);
    pub const Q4_K: Kind = Kind(&q4_k::SPEC);
    pub const Q5_K: Kind = Kind(&q5_k::SPEC);
    pub const Q6_K: Kind = Kind(&q6_k::SPEC);
    pub const TQ2_0: Kind = Kind(&tq2_0::SPEC);
    /// Indices and token ids; converted by value where a caller asks for numbers.
    pub const U32: Kind = Kind(&u32::SPEC);

    pub fn from_name(name: &str) -> Result<Kind, Error> {
        KINDS.iter().find(|k| k.name == name).map(|k| Kind(k)).ok_or_else(|| {
            Error::new("kind", format!("unknown block type '{name}'"), format!("known are {}", Kind::of_weights()))
        })
    }

    /// The names of those that weights can have, for messages.
    pub fn of_weights() -> String {
        let names: Vec<_> = KINDS.iter().map(|k| k.name).filter(|name| *name != Kind::U32.name).collect();
        names.join(", ")
    }

    pub fn from_ggml(id: u32) -> Option<Kind> {
        KINDS.iter().find(|k| k.ggml == id).map(|k| Kind(k))
    }

    /// Bytes that `len` numbers take, the last block counted whole.
    pub fn bytes_of(self, len: usize) -> usize {
        len.div_ceil(self.block) * self.bytes
    }

    /// Packs numbers; a last block that is not full is filled up with zeros.
    pub fn pack_all(self, values: &[f32]) -> Vec<u8> {
        let mut out = vec![0; self.bytes_of(values.len())];
        let mut padded = values.to_vec();
        padded.resize(values.len().div_ceil(self.block) * self.block, 0.0);
        (self.pack)(&padded, &mut out);
        out
    }

    pub fn unpack_all(self, bytes: &[u8]) -> Vec<f32> {
        let mut out = vec![0.0; bytes.len() / self.bytes * self.block];
        (self.unpack)(bytes, &mut out);
        out
    }
}

impl std::ops::Deref for Kind {
    type Target = KindSpec;
    fn deref(&self) -> &KindSpec {
        self.0
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.name == other.name
    }
}
impl Eq for Kind {}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

// ── what the formats share ─────────────────────────────────────────────────────────────────────────

fn half_at(b: &[u8], at: usize) -> f32 {
    half::f16::from_le_bytes([b[at], b[at + 1]]).to_f32()
}

fn put_half(b: &mut [u8], at: usize, v: f32) {
    b[at..at + 2].copy_from_slice(&half::f16::from_f32(v).to_le_bytes());
}

fn word_at(b: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]])
}

/// 16 bytes of nibbles: number j in the low half of byte j, number j + 16 in the high half.
fn nibbles(qs: &[u8], mut each: impl FnMut(usize, u8)) {
    for (j, q) in qs[..16].iter().enumerate() {
        each(j, q & 15);
        each(j + 16, q >> 4);
    }
}

/// 2-bit code i of 64 bytes: 32 bytes for each 128 numbers, pair n of byte m is number 32·n + m.
fn two_bits(qs: &[u8], i: usize) -> u8 {
    qs[i / 128 * 32 + i % 32] >> (2 * (i % 128 / 32)) & 3
}

fn put_two_bits(qs: &mut [u8], codes: &[u8; 256]) {
    qs.fill(0);
    for (i, code) in codes.iter().enumerate() {
        qs[i / 128 * 32 + i % 32] |= code << (2 * (i % 128 / 32));
    }
}

/// 1 / d, and 0 for a block of zeros.
fn inverse(d: f32) -> f32 {
    if d == 0.0 { 0.0 } else { 1.0 / d }
}

/// The number of largest size, with its sign; the first of equals.
fn signed_max(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |m: f32, v| if v.abs() > m.abs() { *v } else { m })
}

fn range(x: &[f32]) -> (f32, f32) {
    x.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for k in KINDS {
            assert_eq!(Kind::from_name(k.name).unwrap().name, k.name);
            assert_eq!(KINDS.iter().filter(|o| o.name == k.name || o.ggml == k.ggml).count(), 1);
        }
        assert_eq!(Kind::from_name("q9_9").unwrap_err().code, "kind");
    }

    #[test]
    fn packing_loses_no_more_than_the_format_must() {
        // Largest error of a number in [-1, 1), from half a step of the format's finest grid upwards.
        let limits = [("f32", 0.0), ("f16", 3e-4), ("bf16", 3e-3), ("q8_0", 5e-3), ("q4_0", 0.13), ("q4_1", 0.08)];
        let more = [("q5_0", 0.07), ("q5_1", 0.04), ("q2_k", 0.6), ("q3_k", 0.3), ("q4_k", 0.12), ("q5_k", 0.06)];
        let last = [("q6_k", 0.05), ("tq2_0", 0.51)];
        let mut seed = 1u32;
        let values: Vec<f32> = (0..1024)
            .map(|_| {
                seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
                (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect();
        for (name, limit) in limits.iter().chain(&more).chain(&last) {
            let kind = Kind::from_name(name).unwrap();
            let back = kind.unpack_all(&kind.pack_all(&values));
            let worst = values.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!("{name}: {worst}");
            assert!(worst <= *limit, "{name}: {worst} above {limit}");
        }
    }

    #[test]
    fn zeros_and_short_rows_are_fine() {
        for k in KINDS {
            let k = Kind(k);
            let bytes = k.pack_all(&[0.0; 5]);
            assert_eq!(bytes.len(), k.bytes_of(5));
            assert!(k.unpack_all(&bytes).iter().all(|v| *v == 0.0), "{}", k.name);
        }
    }
}
