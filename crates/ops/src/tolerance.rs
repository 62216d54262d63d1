//! How far a fast version may be from its twin, and why. One table; tests and the probe read it.

/// Largest allowed |got − want| / max |want|.
pub struct Tolerance {
    pub stem: &'static str,
    pub limit: f32,
    pub because: &'static str,
}

pub static TOLERANCES: &[Tolerance] = &[
    Tolerance { stem: "add", limit: 0.0, because: "one rounding, the same everywhere" },
    Tolerance {
        stem: "matmul",
        limit: 2e-5,
        because: "sums of up to 200 products in another order, with fused multiply-add",
    },
    Tolerance { stem: "rms_norm", limit: 1e-5, because: "the sum's order and the GPU's inverse square root" },
];

/// The row of an op. An op without one is compared exactly, so that a forgotten row shows.
pub fn tolerance(stem: &str) -> &'static Tolerance {
    static EXACT: Tolerance = Tolerance { stem: "", limit: 0.0, because: "no row in the table" };
    TOLERANCES.iter().find(|t| t.stem == stem).unwrap_or(&EXACT)
}
