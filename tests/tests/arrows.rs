//! Who may import whom. The table below is the house's plan; `cargo metadata` is the house.

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::BTreeSet;

/// Crate → what it imports, exactly: an arrow drawn here and not used is as wrong as one used and not drawn.
const ARROWS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("scenes", &[]),
    ("weights", &[]),
    ("ops", &["weights"]),
    ("cpu", &["ops"]),
    ("gpu", &["ops"]),
    ("nn", &["ops", "weights"]),
    ("models", &["nn", "ops", "weights"]),
    ("engine", &["cpu", "gpu", "models", "nn", "ops", "protocol", "weights"]),
    ("cli", &["engine", "models", "ops", "scenes", "weights"]),
    ("worker", &["cpu", "engine", "protocol", "weights"]),
    ("web", &["protocol"]),
    ("tests", &["cpu", "gpu", "ops", "weights"]),
];

/// Libraries that only some crates may name.
const ONLY: &[(&str, &[&str])] =
    &[("wgpu", &["gpu"]), ("web-sys", &["web", "worker"]), ("wasm-bindgen-rayon", &["cpu"]), ("leptos", &["web"])];

#[test]
fn imports_follow_the_arrows() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let mut seen = BTreeSet::new();
    for package in metadata.workspace_packages() {
        let name =
            package.name.strip_prefix("squint-").unwrap_or_else(|| panic!("'{}' is not named squint-…", package.name));
        seen.insert(name.to_owned());
        let (_, allowed) = ARROWS.iter().find(|(n, _)| *n == name).unwrap_or_else(|| {
            panic!("crate '{name}' has no row in ARROWS (tests/tests/arrows.rs): say what it may import")
        });
        let normal = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        let ours: BTreeSet<&str> = normal.filter_map(|d| d.name.strip_prefix("squint-")).collect();
        for import in &ours {
            assert!(
                allowed.contains(import),
                "{name} → {import} is not in ARROWS: remove the import or draw the arrow"
            );
        }
        for import in allowed.iter() {
            assert!(
                ours.contains(import),
                "ARROWS allows {name} → {import}, which nothing uses: remove the arrow or import it"
            );
        }
        for (library, users) in ONLY {
            let names = package.dependencies.iter().any(|d| d.name == *library);
            assert!(!names || users.contains(&name), "{name} names {library}, which only {users:?} may");
        }
    }
    for (name, _) in ARROWS {
        assert!(seen.contains(*name), "ARROWS has a row for '{name}', but there is no such crate");
    }
}
