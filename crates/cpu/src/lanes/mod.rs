//! SIMD as kernels see it: eight outputs side by side. Each instruction set is one small file; a kernel is written once.
//!
//! Eight lanes everywhere: one register of AVX2, two of WebAssembly, an array on plain machines. Weights lie in panels
//! of eight rows for that reason, and their layout does not depend on the instruction set.
//!
//! Natively the set is chosen when the program runs. In wasm it is chosen when the module is compiled, because a
//! module with an instruction the browser does not know fails to load as a whole; hence three builds of the worker.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

/// Numbers side by side, and rows in a panel.
pub const LANES: usize = 8;

/// Eight f32, eight i32, or four bytes of each of eight outputs.
///
/// Integer operations give the same answer in every implementation, and so do `add`, `sub`, `mul`, `div`, `max`; only
/// `fused` may round once where others round twice. That is what makes quantized language models bit-identical everywhere.
///
/// # Safety
/// Implementations may use instructions that only `Isa::run` has checked to exist; call their methods inside a `Body`.
pub unsafe trait Lanes: Copy + 'static {
    type V: Copy;
    /// 32 bytes: bytes 4·i to 4·i + 3 belong to lane i.
    type B: Copy;
    /// Running sums of products of bytes, in whatever form the set likes; `close…` turns them into numbers.
    type S: Copy;
    /// Two i16 of each of eight outputs.
    type W: Copy;
    /// Eight i32.
    type T: Copy;
    /// Whether there are registers for a tile of 6 rows × 2 panels, rather than 4 × 1.
    const WIDE: bool;

    fn splat(v: f32) -> Self::V;
    /// The first eight numbers of a slice at least that long.
    fn load(from: &[f32]) -> Self::V;
    fn store(v: Self::V, to: &mut [f32]);
    fn add(a: Self::V, b: Self::V) -> Self::V;
    fn sub(a: Self::V, b: Self::V) -> Self::V;
    fn mul(a: Self::V, b: Self::V) -> Self::V;
    fn div(a: Self::V, b: Self::V) -> Self::V;
    fn max(a: Self::V, b: Self::V) -> Self::V;
    fn min(a: Self::V, b: Self::V) -> Self::V;
    fn abs(v: Self::V) -> Self::V;
    /// a · b + c, rounded after each.
    #[inline(always)]
    fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        Self::add(Self::mul(a, b), c)
    }
    /// a · b + c, in one where the hardware has it: for f32 weights and for encoders, whose bits differ from set to set.
    fn fused(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// v · 2ⁿ, n in the lowest bits of `n`'s pattern; the result must be a normal number.
    fn ldexp(v: Self::V, n: Self::V) -> Self::V;
    /// The larger of two that are not negative; what is no number is larger than all.
    fn larger(a: Self::V, b: Self::V) -> Self::V;
    /// The largest of all lanes, likewise.
    fn largest(v: Self::V) -> f32;
    /// Sum of all lanes.
    fn sum(v: Self::V) -> f32;
    /// Largest of all lanes.
    fn most(v: Self::V) -> f32;
    /// Lane j of vector i becomes lane i of vector j.
    fn turn(rows: [Self::V; LANES]) -> [Self::V; LANES];

    /// Eight f32 from 32 bytes, wherever they lie.
    fn reals(from: &[u8]) -> Self::V;
    /// Eight f16 from 16 bytes.
    fn halves(from: &[u8]) -> Self::V;
    /// Eight bf16 from 16 bytes.
    fn uppers(from: &[u8]) -> Self::V;
    fn bytes(from: &[u8]) -> Self::B;
    /// Four bytes, the same for every lane.
    fn quad(from: &[u8]) -> Self::B;
    /// The inverse of `bytes`.
    fn keep(b: Self::B, to: &mut [u8]);
    /// Each byte shifted right by `by`, and of that what `mask` has, which leaves the upper `by` bits out.
    fn part(b: Self::B, by: u32, mask: u8) -> Self::B;
    /// The bits of both.
    fn join(a: Self::B, b: Self::B) -> Self::B;
    /// Low and high nibbles.
    fn nibbles(b: Self::B) -> (Self::B, Self::B);
    /// Byte J of every lane as a signed number.
    fn byte<const J: i32>(b: Self::B) -> Self::V;
    fn start() -> Self::S;
    /// Adds the four products of each lane: w from 0 to 15, a of size up to 127; at most eight times before `close4`.
    fn dot4(s: Self::S, w: Self::B, a: Self::B) -> Self::S;
    /// The same with w from 0 to 127, closed by `close`.
    fn dot7(s: Self::S, w: Self::B, a: Self::B) -> Self::S;
    /// Each lane's sum plus `bias`, as f32.
    fn close4(s: Self::S, bias: i32) -> Self::V;
    fn close(s: Self::S, bias: i32) -> Self::V;

    /// Signed bytes, made wide: bytes 2·i and 2·i + 1 belong to lane i.
    fn wide(from: &[u8]) -> Self::W;
    /// Two numbers, the same for every lane.
    fn pair(from: &[i16]) -> Self::W;
    fn nothing() -> Self::T;
    /// How much larger the pattern of `v`, as a whole number, is than that of `than`.
    fn beyond(v: Self::V, than: Self::V) -> Self::T;
    fn plus(a: Self::T, b: Self::T) -> Self::T;
    /// Sum of all lanes. Both wrap: what is no number has codes of any size.
    fn total(t: Self::T) -> i32;
    /// Eight numbers of size up to 127 as signed bytes: four, and four more `step` after them.
    fn small(t: Self::T, to: &mut [u8], step: usize);
    /// Eight numbers of size up to 32767 as i16.
    fn short(t: Self::T, to: &mut [i16]);
    /// The same of four rows: two of each, then the next two of each.
    fn shorts(t: [Self::T; 4], to: &mut [i16]);
    /// Adds the two products of each lane.
    fn dot(t: Self::T, w: Self::W, a: Self::W) -> Self::T;
    fn whole(t: Self::T) -> Self::V;
    /// Eight signed bytes.
    fn eight(from: &[u8]) -> Self::T;
    /// The low and the high nibbles of eight bytes.
    fn halved(from: &[u8]) -> (Self::T, Self::T);
}

/// Work written once over any lanes. Implementations are `#[inline(always)]` so that they are compiled with the
/// instruction set they are run with.
pub trait Body {
    type Out;
    fn run<L: Lanes>(self) -> Self::Out;
}

/// An instruction set that this machine has: made by `available` only, which has asked the processor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Isa(Set);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Set {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Wasm,
}

impl Isa {
    /// All that can run here, the fastest last.
    pub fn available() -> Vec<Isa> {
        #[allow(unused_mut, reason = "some targets add nothing")]
        let mut all = vec![Isa(Set::Scalar)];
        #[cfg(target_arch = "x86_64")]
        if avx2::there() {
            all.push(Isa(Set::Avx2));
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        all.push(Isa(Set::Wasm));
        all
    }

    pub fn best() -> Isa {
        Isa::available().last().copied().unwrap_or(Isa(Set::Scalar))
    }

    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Set::Wasm => wasm::NAME,
        }
    }

    /// Multiply-adds a millisecond on one thread that may be counted on, whatever they multiply.
    pub fn pace(self) -> usize {
        if self.0 == Set::Scalar { 200_000 } else { 5_000_000 }
    }

    /// Runs a body with this instruction set. Threads do not inherit it: call this inside each task.
    pub fn run<B: Body>(self, body: B) -> B::Out {
        match self.0 {
            Set::Scalar => body.run::<scalar::Scalar>(),
            // SAFETY: `Avx2` is only made by `available`, which has asked the processor.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2::run(body) },
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Set::Wasm => body.run::<wasm::Wasm>(),
        }
    }
}
