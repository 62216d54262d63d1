//! Slices, scales and partitions against what the papers' steps give (scripts/golden/slices.py).

#![allow(clippy::unwrap_used, reason = "a plan that cannot be made is a failed test")]

use serde_json::{Value, json};
use squint_engine::picture::slices::{Partition, Slices, parts, scales};
use squint_ops::Grid;
use squint_tests::tree;

fn pair(g: Grid) -> Value {
    json!([g.height, g.width])
}

#[test]
fn plans_follow_the_papers() {
    let golden: Value = serde_json::from_str(&tree::read("tests/fixtures/slices.json")).unwrap();
    for row in golden["pictures"].as_array().unwrap() {
        let side = |i: usize| row["size"][i].as_u64().unwrap() as usize;
        let of = Grid { height: side(0), width: side(1) };
        for (name, scale, most) in [("minicpm", 448, 9), ("llava", 336, 6)] {
            let got = Slices { scale, patch: 14, most }.plan(of);
            assert_eq!(json!([pair(got.whole), pair(got.slices), pair(got.refined)]), row[name], "{name} of {of:?}");
            // Slices tile what they are cut from.
            if got.slices.rows() > 0 {
                let (height, width) = (got.refined.height / got.slices.height, got.refined.width / got.slices.width);
                assert_eq!(parts(got.refined, Grid { height, width }).count(), got.slices.rows());
            }
        }
        for (want, most) in row["khd"].as_array().unwrap().iter().zip([1, 16, 55]) {
            let got = Partition { side: 336, most }.plan(of);
            assert_eq!(json!([pair(got.size), pair(got.frame)]), *want, "{most} squares of {of:?}");
            assert!(parts(got.frame, Grid::square(336)).count() <= most);
        }
    }
    let got = scales(384, &[1, 2, 3]);
    let corners = |(size, parts): &(Grid, Vec<squint_engine::picture::Part>)| {
        assert!(parts.iter().all(|p| p.size == Grid::square(384)));
        json!([size.width, parts.iter().map(|p| [p.top, p.left]).collect::<Vec<_>>()])
    };
    assert_eq!(json!(got.iter().map(corners).collect::<Vec<_>>()), golden["s2"]);
}
