//! Colours by name: those that grounds have, and those of shapes.

pub type Rgb = [f32; 3];

#[derive(Debug)]
pub struct Colour {
    pub name: &'static str,
    /// Other words that are right.
    pub synonyms: &'static [&'static str],
    pub chinese: &'static str,
    /// 0 to 255.
    pub rgb: Rgb,
}

const fn colour(name: &'static str, synonyms: &'static [&'static str], chinese: &'static str, rgb: Rgb) -> Colour {
    Colour { name, synonyms, chinese, rgb }
}

/// Far enough from each other that shades of one are not shades of another; red and orange are things' own.
pub const COLOURS: &[Colour] = &[
    colour("white", &[], "白色", [244.0, 244.0, 242.0]),
    colour("black", &[], "黑色", [24.0, 24.0, 28.0]),
    colour("gray", &["grey"], "灰色", [134.0, 136.0, 138.0]),
    colour("yellow", &[], "黄色", [244.0, 226.0, 110.0]),
    colour("green", &[], "绿色", [100.0, 184.0, 96.0]),
    colour("blue", &[], "蓝色", [92.0, 140.0, 214.0]),
    colour("purple", &["violet"], "紫色", [146.0, 88.0, 190.0]),
    colour("pink", &[], "粉色", [246.0, 176.0, 200.0]),
];

/// How far two colours are from each other; black and white are 441.
pub fn apart(a: Rgb, b: Rgb) -> f32 {
    let squares: [f32; 3] = std::array::from_fn(|i| (a[i] - b[i]) * (a[i] - b[i]));
    (squares[0] + squares[1] + squares[2]).sqrt()
}

/// Both mixed: `share` of the second.
pub fn between(a: Rgb, b: Rgb, share: f32) -> Rgb {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_are_told_apart() {
        for (i, a) in COLOURS.iter().enumerate() {
            for b in &COLOURS[..i] {
                assert!(apart(a.rgb, b.rgb) > 70.0, "{} and {}: {}", a.name, b.name, apart(a.rgb, b.rgb));
            }
        }
    }
}
