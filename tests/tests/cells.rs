//! Which trained position each cell of a picture has in Idefics3 and SmolVLM, for all edges up to 128 against what torch
//! makes of it (scripts/golden/cells.py).

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use serde_json::Value;
use squint_nn::cells::cells;
use squint_ops::Grid;
use squint_tests::tree::root;

#[test]
fn positions_are_rounded_as_torch_rounds_them() {
    let text = std::fs::read_to_string(root().join("tests/fixtures/cells.json")).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let most = golden["most"].as_u64().unwrap() as usize;
    let line = |width| Grid { height: 1, width };
    let mut other = 0;
    for trained in 1..=most {
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        for count in 1..=most {
            let got = cells(line(trained), line(count));
            other += (0..count).any(|i| got[i] as usize != i * trained / count) as usize;
            hash = got.iter().fold(hash, |hash, cell| (hash ^ *cell as u64).wrapping_mul(0x0000_0100_0000_01b3));
        }
        assert_eq!(format!("{hash:016x}"), golden["hashes"][trained - 1].as_str().unwrap(), "{trained} trained cells");
    }
    // Were they fractions, this suite would see nothing.
    assert_eq!(other, golden["not_fractions"].as_u64().unwrap() as usize);
    // Rows and columns, each by its own edge.
    let (trained, grid) = (Grid { height: 3, width: 2 }, Grid { height: 2, width: 5 });
    assert_eq!(cells(trained, grid), [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]);
}
