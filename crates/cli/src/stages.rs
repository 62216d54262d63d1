//! What the stages of a run took, as every verb tells programs.

use serde_json::{Map, Value, json};
use squint_engine::answer::Measured;

pub fn json<'a>(stages: impl IntoIterator<Item = &'a Measured>) -> Value {
    let row = |s: &Measured| {
        let row = json!({"ms": s.ms, "tokens_in": s.stage.tokens_in, "tokens_out": s.stage.tokens_out,
            "flops": s.stage.flops, "bytes": s.stage.bytes, "reused": s.reused});
        (s.stage.name.to_owned(), row)
    };
    stages.into_iter().map(row).collect::<Map<String, Value>>().into()
}
