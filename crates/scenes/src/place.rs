//! Places in a picture: nine cells, and the words for them.

#[derive(Debug)]
pub struct Place {
    pub name: &'static str,
    /// Other words that are right.
    pub synonyms: &'static [&'static str],
    pub chinese: &'static str,
    /// Column and row, 0 to 2.
    pub cell: (usize, usize),
}

const fn place(
    name: &'static str,
    synonyms: &'static [&'static str],
    chinese: &'static str,
    cell: (usize, usize),
) -> Place {
    Place { name, synonyms, chinese, cell }
}

pub const PLACES: &[Place] = &[
    place("top left", &["upper left", "left top"], "左上", (0, 0)),
    place("top", &["top center", "top middle", "upper middle"], "上方", (1, 0)),
    place("top right", &["upper right", "right top"], "右上", (2, 0)),
    place("left", &["center left", "middle left", "left middle"], "左边", (0, 1)),
    place("center", &["middle", "centre"], "中间", (1, 1)),
    place("right", &["center right", "middle right", "right middle"], "右边", (2, 1)),
    place("bottom left", &["lower left", "left bottom"], "左下", (0, 2)),
    place("bottom", &["bottom center", "bottom middle", "lower middle"], "下方", (1, 2)),
    place("bottom right", &["lower right", "right bottom"], "右下", (2, 2)),
];

/// How far a centre stays from the border of its cell to be clearly in it.
const CLEAR: f32 = 0.05;

/// The place that somebody would say a point is at, unless it is near the border of two.
pub fn at(x: f32, y: f32) -> Option<&'static Place> {
    let cell = |n: f32| (0..3).find(|i| n > *i as f32 / 3.0 + margin(*i) && n < (i + 1) as f32 / 3.0 - margin(2 - *i));
    let (x, y) = (cell(x)?, cell(y)?);
    PLACES.iter().find(|p| p.cell == (x, y))
}

/// Towards the picture's own border there is no other cell.
fn margin(cells_before: usize) -> f32 {
    if cells_before == 0 { 0.0 } else { CLEAR }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_a_name_and_borders_have_none() {
        for p in PLACES {
            let middle = |n: usize| (n as f32 + 0.5) / 3.0;
            assert_eq!(at(middle(p.cell.0), middle(p.cell.1)).map(|p| p.name), Some(p.name));
        }
        assert_eq!(at(0.01, 0.99).map(|p| p.name), Some("bottom left"));
        assert!(at(1.0 / 3.0, 0.5).is_none() && at(0.36, 0.5).is_none() && at(0.5, 0.64).is_none());
    }
}
