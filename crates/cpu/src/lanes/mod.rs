//! SIMD as kernels see it: a few f32 lanes. Each instruction set is one small file; a kernel is written once.
//!
//! Natively the set is chosen when the program runs. In wasm it is chosen when the module is compiled, because a
//! module with an instruction the browser does not know fails to load as a whole; hence three builds of the worker.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

/// A few f32 side by side.
///
/// # Safety
/// Implementations may use instructions that only `Isa::run` has checked to exist; call their methods inside a `Body`.
pub unsafe trait Lanes: Copy + 'static {
    type V: Copy;
    const WIDTH: usize;
    fn splat(v: f32) -> Self::V;
    /// The first `WIDTH` numbers of a slice at least that long.
    fn load(from: &[f32]) -> Self::V;
    fn store(v: Self::V, to: &mut [f32]);
    fn add(a: Self::V, b: Self::V) -> Self::V;
    fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// a · b + c, fused where the hardware does it in one.
    fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Sum of all lanes.
    fn sum(v: Self::V) -> f32;
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
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
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
