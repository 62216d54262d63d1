//! Pillow's filters: what a pixel at a distance counts.

use squint_ops::Error;
use std::f64::consts::PI;

/// A filter by Pillow's number for it, which is what configurations hold.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    pub name: &'static str,
    /// Pixels it reaches to each side; none takes the nearest pixel and weighs nothing.
    pub reach: f64,
    pub weight: fn(f64) -> f64,
}

/// In the order of Pillow's numbers.
pub static FILTERS: [Filter; 6] = [
    Filter { name: "nearest", reach: 0.0, weight: |_| 1.0 },
    Filter { name: "lanczos", reach: 3.0, weight: lanczos },
    Filter { name: "bilinear", reach: 1.0, weight: |x| (1.0 - x.abs()).max(0.0) },
    Filter { name: "bicubic", reach: 2.0, weight: bicubic },
    // Half open, so that a pixel on the edge of two boxes is in one of them.
    Filter { name: "box", reach: 0.5, weight: |x| (x > -0.5 && x <= 0.5) as u8 as f64 },
    Filter { name: "hamming", reach: 1.0, weight: hamming },
];

impl Filter {
    pub fn numbered(n: u64) -> Result<Filter, Error> {
        let found = usize::try_from(n).ok().and_then(|n| FILTERS.get(n));
        found.copied().ok_or_else(|| {
            let hint = format!("0 to {} are possible", FILTERS.len() - 1);
            Error::new("preprocessor", format!("'resample' is {n}"), hint)
        })
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

fn lanczos(x: f64) -> f64 {
    if (-3.0..3.0).contains(&x) { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

/// Keys' cubic with a slope of -0.5 at distance 1.
fn bicubic(x: f64) -> f64 {
    let (a, x) = (-0.5, x.abs());
    if x < 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * a
    } else {
        0.0
    }
}

fn hamming(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { sinc(x.abs()) * (0.54 + 0.46 * (x * PI).cos()) }
}
