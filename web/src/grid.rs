//! Probe rows as the table shows them: a line per op, a column per backend. No DOM, so it is tested natively.

use squint_protocol::{ProbeRow, Status};

/// Ops and backends in order of first appearance.
pub fn axes(rows: &[ProbeRow]) -> (Vec<String>, Vec<String>) {
    let (mut ops, mut backends) = (vec![], vec![]);
    for row in rows {
        if !ops.contains(&row.op) {
            ops.push(row.op.clone());
        }
        if !backends.contains(&row.backend) {
            backends.push(row.backend.clone());
        }
    }
    (ops, backends)
}

pub fn find<'a>(rows: &'a [ProbeRow], op: &str, backend: &str) -> Option<&'a ProbeRow> {
    rows.iter().find(|r| r.op == op && r.backend == backend)
}

/// What a cell says: the words carry the meaning, the class only the colour.
pub struct Cell {
    pub class: &'static str,
    pub text: String,
    pub title: String,
}

pub fn cell(row: Option<&ProbeRow>) -> Cell {
    let Some(row) = row else {
        return Cell { class: "pending", text: "…".into(), title: "not tried yet".into() };
    };
    let title = format!("largest error {:e} of {:e} allowed, at {}", row.error, row.limit, row.at);
    match &row.status {
        Status::Ok => Cell { class: "ok", text: format!("✓ ok {}", error(row.error)), title },
        Status::Wrong => Cell { class: "wrong", text: format!("✗ wrong {}", error(row.error)), title },
        Status::Absent(why) => Cell { class: "absent", text: "not available".into(), title: why.clone() },
    }
}

fn error(e: f32) -> String {
    match e {
        0.0 => "exact".into(),
        e if e.is_finite() => format!("± {e:.0e}"),
        _ => "failed".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(op: &str, backend: &str, status: Status, error: f32) -> ProbeRow {
        ProbeRow { op: op.into(), backend: backend.into(), status, error, limit: 1e-5, at: "2×3".into() }
    }

    #[test]
    fn rows_become_a_grid() {
        let rows = [
            row("add", "cpu", Status::Ok, 0.0),
            row("matmul", "cpu", Status::Wrong, 0.31),
            row("add", "gpu", Status::Absent("no adapter".into()), 0.0),
        ];
        assert_eq!(axes(&rows), (vec!["add".into(), "matmul".into()], vec!["cpu".into(), "gpu".into()]));
        let text = |op, backend| cell(find(&rows, op, backend)).text;
        assert_eq!(text("add", "cpu"), "✓ ok exact");
        assert_eq!(text("matmul", "cpu"), "✗ wrong ± 3e-1");
        assert_eq!(text("add", "gpu"), "not available");
        assert_eq!(text("matmul", "gpu"), "…");
        assert_eq!(cell(find(&rows, "add", "gpu")).title, "no adapter");
    }
}
