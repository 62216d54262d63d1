//! The artists: `styles.tsv`, read once.

use crate::table::rows;
use std::sync::OnceLock;

/// What an artist's drawings are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Train,
    /// Shown in no training: how well a model knows things, and not drawings.
    Held,
}

#[derive(Debug)]
pub struct Style {
    pub name: &'static str,
    pub role: Role,
    pub licence: &'static str,
    pub artist: &'static str,
    /// Where the drawings and their licence are.
    pub source: &'static str,
}

pub fn styles() -> &'static [Style] {
    static STYLES: OnceLock<Vec<Style>> = OnceLock::new();
    STYLES.get_or_init(|| {
        let row = |[name, _, role, licence, artist, source]: [&'static str; 6]| {
            let role = if role == "held" { Role::Held } else { Role::Train };
            Style { name, role, licence, artist, source }
        };
        let names = ["name", "package", "role", "licence", "artist", "source"];
        rows(include_str!("../styles.tsv"), names).into_iter().map(row).collect()
    })
}

/// The numbers of artists with a role.
pub fn of(role: Role) -> Vec<usize> {
    (0..styles().len()).filter(|&i| styles()[i].role == role).collect()
}
