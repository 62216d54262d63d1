//! `squint inspect`: what a checkpoint holds, from its head alone.

use crate::open::Which;
use serde_json::json;
use squint_models::text::family;
use squint_ops::Error;
use std::collections::BTreeMap;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Print exactly one JSON object
    #[arg(long)]
    json: bool,
}

pub async fn run(args: Args) -> Result<(), Error> {
    let checkpoint = args.which.checkpoint().await?;
    // A family that is not known is worth an answer: the tensors can still be listed.
    let known = family(&checkpoint.facts).and_then(|f| Ok((f, (f.sizes)(&checkpoint.facts)?)));
    let mut kinds: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for t in checkpoint.tensors() {
        let entry = kinds.entry(t.kind.name).or_default();
        *entry = (entry.0 + 1, entry.1 + t.bytes);
    }
    let numbers: usize = checkpoint.tensors().map(|t| t.len()).sum();
    if args.json {
        let tensors: Vec<_> = checkpoint
            .tensors()
            .map(|t| json!({"name": t.name, "kind": t.kind.name, "shape": t.shape, "bytes": t.bytes}))
            .collect();
        let sizes = known.as_ref().ok().map(|(_, d)| {
            json!({"layers": d.layers, "width": d.heads.width, "heads": d.heads.heads, "groups": d.heads.groups,
                "head": d.heads.head, "inner": d.inner, "vocab": d.vocab, "context": d.context})
        });
        crate::say(&json!({"architecture": checkpoint.facts.architecture()?, "family": known.as_ref().ok().map(|(f, _)| f.name),
                "bytes": checkpoint.bytes(), "numbers": numbers, "sizes": sizes, "tensors": tensors}).to_string());
        return Ok(());
    }
    crate::say(&format!("architecture  {}", checkpoint.facts.architecture()?));
    match known {
        Ok((family, d)) => {
            crate::say(&format!("family        {}", family.name));
            crate::say(&format!("layers        {} of width {}, {} inside", d.layers, d.heads.width, d.inner));
            crate::say(&format!(
                "heads         {} of {}, keys and values {}",
                d.heads.heads, d.heads.head, d.heads.groups
            ));
            crate::say(&format!("vocabulary    {}", d.vocab));
            crate::say(&format!("context       {}", d.context));
        }
        Err(e) => crate::say(&format!("family        none: {e}")),
    }
    crate::say(&format!("numbers       {numbers}"));
    crate::say(&format!("bytes         {}", checkpoint.bytes()));
    for (kind, (count, bytes)) in kinds {
        crate::say(&format!("  {kind:6} {count:5} tensors {bytes:12} bytes"));
    }
    for t in checkpoint.tensors() {
        crate::say(&format!("  {:6} {:?} {}", t.kind.name, t.shape, t.name));
    }
    Ok(())
}
