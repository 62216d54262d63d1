//! `squint inspect`: what a checkpoint holds, from its head alone.

use crate::open::Which;
use serde_json::{Value, json};
use squint_models::vlm::{Parts, eye};
use squint_models::{text, vision};
use squint_ops::{Error, Grid};
use squint_weights::{Checkpoint, Fact};
use std::collections::BTreeMap;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Print exactly one JSON object
    #[arg(long)]
    pub json: bool,
}

/// A family and a model's sizes in it, for programs and for people.
struct Known {
    family: &'static str,
    sizes: Value,
    lines: Vec<String>,
}

fn known(checkpoint: &Checkpoint) -> Result<Known, Error> {
    let facts = &checkpoint.facts;
    if let Some(parts) = Parts::inside(checkpoint)? {
        let image = parts.vision.sizes.image;
        let tokens = (parts.projector.read)(&checkpoint.eye().facts, &parts.ends(image))?.tokens();
        let (eye, tongue) = (encoder(&parts.vision), decoder(&parts.text));
        let heading = |what: &str, name: &str| format!("{what:14}{name}");
        let lines = [
            vec![heading("encoder", eye.family)],
            eye.lines,
            vec![heading("projector", parts.projector.name), format!("tokens        {tokens} for each view")],
            vec![heading("language", tongue.family)],
            tongue.lines,
        ];
        return Ok(Known {
            family: parts.kind.name,
            sizes: json!({"vision": eye.sizes, "language": tongue.sizes, "projector": parts.projector.name,
                "layer": parts.layer, "joined": parts.vision.sizes.joined, "tokens": tokens, "mark": parts.mark}),
            lines: lines.concat(),
        });
    }
    if let Some(eye) = eye(checkpoint)? {
        let mut known = encoder(&eye.vision);
        known.lines.push(format!("projector     {}", eye.projector.name));
        return Ok(known);
    }
    if let Some(member) = vision::alone(facts)? {
        return Ok(encoder(&member));
    }
    Ok(decoder(&text::alone(facts)?))
}

fn encoder(member: &vision::Found) -> Known {
    let e = &member.sizes;
    let (rows, image, Grid { height, width }) = (e.rows(e.look()), e.image, e.patch);
    let (patch, of) = match height == width {
        true => (json!(height), height.to_string()),
        false => (json!([height, width]), format!("{height}×{width}")),
    };
    Known {
        family: member.family.name,
        sizes: json!({"layers": e.layers, "width": e.heads.width, "heads": e.heads.heads, "head": e.heads.head,
            "inner": e.inner, "image": [image.height, image.width], "patch": patch, "rows": rows,
            "classes": e.classes}),
        lines: vec![
            format!("layers        {} of width {}, {} inside", e.layers, e.heads.width, e.inner),
            format!("heads         {} of {}", e.heads.heads, e.heads.head),
            format!("pictures      {}×{} in patches of {of}: {rows} rows", image.height, image.width),
        ],
    }
}

fn decoder(member: &text::Found) -> Known {
    let d = &member.sizes;
    let (beyond, anew) = (d.turns.beyond(), d.turns.border().is_some());
    let slower = beyond.map_or(String::new(), |n| format!(", slower in texts of more than {n} tokens"));
    let again = if anew { ", which are read anew there" } else { "" };
    let mut lines = vec![
        format!("layers        {} of width {}, {} inside", d.layers, d.heads.width, d.inner),
        format!("heads         {} of {}, keys and values {}", d.heads.heads, d.heads.head, d.heads.groups),
        format!("vocabulary    {}", d.vocab),
        format!("context       {}", d.context),
        format!("positions     {} of {} numbers of a head are turned{slower}{again}", d.rope.rotated, d.heads.head),
    ];
    let narrow: Vec<usize> = d.windows.iter().copied().filter(|keys| *keys > 0).collect();
    if let Some(keys) = narrow.first() {
        lines.push(format!("window        {keys} keys in {} of {} layers", narrow.len(), d.layers));
    }
    Known {
        family: member.family.name,
        sizes: json!({"layers": d.layers, "width": d.heads.width, "heads": d.heads.heads, "groups": d.heads.groups,
            "head": d.heads.head, "inner": d.inner, "vocab": d.vocab, "context": d.context,
            "rotated": d.rope.rotated, "slower_beyond": beyond, "read_anew": anew,
            "windows": if narrow.is_empty() { &[] } else { d.windows.as_slice() }}),
        lines,
    }
}

pub async fn run(args: Args) -> Result<(), Error> {
    let checkpoint = args.which.checkpoint().await?;
    // A family that is not known is worth an answer: the tensors can still be listed.
    let mut known = known(&checkpoint);
    if checkpoint.mmproj().is_some() {
        // Two files that do not belong together are not what was asked about.
        known = Ok(known?);
    }
    let mut kinds: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    let tensors = || checkpoint.tensors().chain(checkpoint.mmproj().into_iter().flat_map(Checkpoint::tensors));
    for t in tensors() {
        let entry = kinds.entry(t.kind.name).or_default();
        *entry = (entry.0 + 1, entry.1 + t.bytes);
    }
    let numbers: usize = tensors().map(|t| t.len()).sum();
    // Only GGUF files have room for it.
    let licence = checkpoint.facts.text(Fact { gguf: ".general.license", hf: "?" })?;
    if args.json {
        let tensors: Vec<_> = tensors()
            .map(|t| json!({"name": t.name, "kind": t.kind.name, "shape": t.shape, "bytes": t.bytes}))
            .collect();
        let (family, sizes) = known.map_or((None, None), |k| (Some(k.family), Some(k.sizes)));
        crate::say(
            &json!({"architecture": checkpoint.facts.architecture()?, "family": family, "licence": licence,
                "bytes": checkpoint.bytes(), "numbers": numbers, "sizes": sizes, "tensors": tensors})
            .to_string(),
        );
        return Ok(());
    }
    crate::say(&format!("architecture  {}", checkpoint.facts.architecture()?));
    match known {
        Ok(known) => {
            crate::say(&format!("family        {}", known.family));
            known.lines.iter().for_each(|line| crate::say(line));
        }
        Err(e) => crate::say(&format!("family        none: {e}")),
    }
    crate::say(&format!("licence       {}", licence.unwrap_or("the file names none: see where it is from")));
    crate::say(&format!("numbers       {numbers}"));
    crate::say(&format!("bytes         {}", checkpoint.bytes()));
    for (kind, (count, bytes)) in kinds {
        crate::say(&format!("  {kind:6} {count:5} tensors {bytes:12} bytes"));
    }
    for t in tensors() {
        crate::say(&format!("  {:6} {:?} {}", t.kind.name, t.shape, t.name));
    }
    Ok(())
}
