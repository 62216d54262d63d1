//! Drawings are somebody's work: every one has a row that says whose and on what terms, and the texts are there.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// Terms on which drawings may be here.
const ALLOWED: &[&str] = &["Apache-2.0", "MIT", "CC-BY-4.0"];
/// Folders whose pictures are others' work, and single ones elsewhere.
const OTHERS: &[&str] = &["public/scenes/", "docs/things.png"];

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn every_drawing_has_its_terms() {
    let (table, notice, styles) = (text("LICENSES/assets.tsv"), text("NOTICE"), text("crates/scenes/styles.tsv"));
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let mut named = BTreeSet::new();
    for row in &rows {
        let [file, licence, credit, source] = row[..] else { panic!("{row:?} has not four cells") };
        assert!(root().join(file).is_file(), "{file} is not there: take its row away");
        assert!(named.insert(file), "{file} has two rows");
        for one in licence.split(" AND ") {
            assert!(ALLOWED.contains(&one), "{file}: drawings under {one} may not be here");
            assert!(text(&format!("LICENSES/{one}.txt")).len() > 500);
        }
        assert!(!credit.is_empty() && notice.contains(source), "NOTICE does not name {source}");
    }
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    let files = String::from_utf8(listed.stdout).unwrap();
    for file in files.lines().filter(|f| OTHERS.iter().any(|o| f.starts_with(o))) {
        assert!(named.contains(file), "{file} is in no row of LICENSES/assets.tsv: say whose it is");
    }
    // What the generator says of its artists is what the table says.
    for style in styles.lines().skip(1) {
        let cells: Vec<&str> = style.split('\t').collect();
        let file = format!("public/scenes/{}.png", cells[0]);
        let row = rows.iter().find(|row| row[0] == file).unwrap_or_else(|| panic!("{file} has no row"));
        assert!(row[1] == cells[3] && row[2].contains(cells[4]) && row[3] == cells[5], "{row:?} and {cells:?}");
    }
}

/// Sets whose terms would bind everything they are in.
#[test]
fn no_set_that_binds_others_is_here() {
    let own = ["tests/tests/assets.rs"];
    let listed = Command::new("git").args(["grep", "-il", "openmoji"]).current_dir(root()).output().unwrap();
    let files = String::from_utf8(listed.stdout).unwrap();
    let found: Vec<&str> = files.lines().filter(|f| !own.contains(f)).collect();
    assert!(found.is_empty(), "{found:?} name a set under CC-BY-SA");
}
