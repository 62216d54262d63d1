//! Pictures are the same to the bit natively and inside a browser: scripts/test runs this in both. The hashes are in
//! `hashes.txt`; where scenes changed on purpose, `WRITE=1 cargo test -p squint-scenes --test same` writes them anew.

#![allow(clippy::unwrap_used, reason = "a picture that cannot be made is a failed test")]

use squint_scenes::{Atlas, Role, SPLITS, example, hash, paint, styles};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// In the order of `styles()`.
const SPRITES: &[(&str, &[u8])] = &[
    ("noto", include_bytes!("../../../public/scenes/noto.png")),
    ("noto-v1", include_bytes!("../../../public/scenes/noto-v1.png")),
    ("fluent-flat", include_bytes!("../../../public/scenes/fluent-flat.png")),
    ("fluent", include_bytes!("../../../public/scenes/fluent.png")),
    ("twemoji", include_bytes!("../../../public/scenes/twemoji.png")),
    ("fxemoji", include_bytes!("../../../public/scenes/fxemoji.png")),
];
const HASHES: &str = include_str!("hashes.txt");
const COUNT: u64 = 100;

/// Of pictures of all splits and of several sizes, and of what is asked about each.
fn hashes() -> String {
    assert!(styles().iter().map(|s| s.name).eq(SPRITES.iter().map(|s| s.0)));
    assert!(styles().iter().any(|s| s.role == Role::Held));
    let atlases: Vec<Atlas> = SPRITES.iter().map(|(_, png)| Atlas::read(png).unwrap()).collect();
    let line = |i: u64| {
        let (split, edge) = (&SPLITS[i as usize % SPLITS.len()], [112, 84, 168, 50][i as usize % 4]);
        let one = example(split, 11, i, &atlases);
        let picture = hash(&paint(&one.scene, &atlases, edge));
        format!("{} {i} {edge} {picture:016x} {:016x}\n", split.name, hash(format!("{:?}", one.questions).as_bytes()))
    };
    (0..COUNT).map(line).collect()
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn pictures_are_the_same_everywhere() {
    let now = hashes();
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("WRITE").is_some() {
        return std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hashes.txt"), now).unwrap();
    }
    assert_eq!(HASHES.lines().count(), COUNT as usize);
    for (now, then) in now.lines().zip(HASHES.lines()) {
        assert_eq!(now, then, "a picture or its questions changed");
    }
}
