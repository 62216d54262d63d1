//! What the steps of a stage took, as a table and as JSON. Numbers that their clock cannot tell from nothing are shown as
//! what they are below. Bytes are those of whole buffers: a step that touches a part of one moves less than is said.

use serde_json::{Value, json};
use squint_engine::{Profile, Row};

/// A stage that was run twice: once to be measured as a whole, once step by step.
pub struct Stage {
    pub name: &'static str,
    pub tokens: usize,
    /// Milliseconds of the run that was not profiled.
    pub total: f64,
    pub profile: Profile,
}

/// Giga of `amount` a second.
fn rate(amount: u64, ms: f64) -> f64 {
    amount as f64 / ms / 1e6
}

impl Stage {
    /// Ops by what they took, the most first.
    fn rows(&self) -> Vec<(&'static str, Row)> {
        let mut rows: Vec<_> = self.profile.rows.iter().map(|(op, row)| (*op, *row)).collect();
        rows.sort_by(|a, b| b.1.ms.total_cmp(&a.1.ms));
        rows
    }

    fn seen(&self, row: &Row) -> bool {
        row.ms >= self.profile.resolution
    }

    pub fn json(&self) -> Value {
        let all = self.profile.ms();
        let one = |(op, row): (&'static str, Row)| {
            let number = |n: f64| if self.seen(&row) { json!(n) } else { Value::Null };
            let row = json!({"steps": row.steps, "ms": number(row.ms), "share": number(row.ms / all),
                "gflop_s": number(rate(row.flops, row.ms)), "gb_s_at_most": number(rate(row.bytes, row.ms))});
            (op.to_owned(), row)
        };
        let ops: serde_json::Map<String, Value> = self.rows().into_iter().map(one).collect();
        json!({"clock": self.profile.clock, "resolution_ms": self.profile.resolution, "tokens": self.tokens,
            "profiled_ms": all, "unprofiled_ms": self.total, "ops": ops})
    }

    pub fn lines(&self) -> Vec<String> {
        let all = self.profile.ms();
        let mut lines = vec![
            format!(
                "{} of {} tokens: {:.2} ms; {all:.2} ms step by step, by {} ({:.6} ms)",
                self.name, self.tokens, self.total, self.profile.clock, self.profile.resolution
            ),
            format!("  {:14} {:>6} {:>12} {:>7} {:>9} {:>8}", "op", "steps", "ms", "share", "GFLOP/s", "≤ GB/s"),
        ];
        for (op, row) in self.rows() {
            lines.push(if self.seen(&row) {
                let (flops, bytes) = (rate(row.flops, row.ms), rate(row.bytes, row.ms));
                let share = 100.0 * row.ms / all;
                format!("  {op:14} {:>6} {:>12.4} {share:>5.1} % {flops:>9.2} {bytes:>8.2}", row.steps, row.ms)
            } else {
                let below = format!("< {:.4}", self.profile.resolution);
                format!("  {op:14} {:>6} {below:>12}", row.steps)
            });
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_clock_cannot_tell_is_not_told() {
        let row = |ms| Row { steps: 3, ms, flops: 4_000_000, bytes: 2_000_000 };
        let rows = [("add", row(0.05)), ("matmul", row(4.0))].into();
        let profile = Profile { rows, clock: "a test's clock", resolution: 0.1 };
        let stage = Stage { name: "prefill", tokens: 9, total: 3.5, profile };
        let json = stage.json();
        assert_eq!(json["ops"]["matmul"]["gflop_s"], 1.0);
        assert_eq!(json["ops"]["matmul"]["gb_s_at_most"], 0.5);
        assert!(json["ops"]["add"]["ms"].is_null() && json["ops"]["add"]["steps"] == 3);
        let lines = stage.lines();
        assert!(lines[0].contains("3.50 ms") && lines[0].contains("4.05 ms"), "{}", lines[0]);
        assert!(lines[2].contains("matmul") && lines[2].contains("98.8 %"), "{}", lines[2]);
        assert!(lines[3].contains("add") && lines[3].ends_with("< 0.1000"), "{}", lines[3]);
    }
}
