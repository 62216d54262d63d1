//! Tables that are text: rows of tabs under a row of names.

/// The cells of every row under `names`, which the first row has to be.
pub fn rows<const N: usize>(text: &'static str, names: [&str; N]) -> Vec<[&'static str; N]> {
    let mut lines = text.lines();
    let cells = |line: &'static str| -> [&'static str; N] {
        let mut cells = line.split('\t');
        let row = std::array::from_fn(|_| cells.next().unwrap_or_default());
        debug_assert!(cells.next().is_none() && line.matches('\t').count() == N - 1, "'{line}' has not {N} cells");
        row
    };
    debug_assert_eq!(lines.next().map(cells), Some(names));
    text.lines().skip(1).map(cells).collect()
}
