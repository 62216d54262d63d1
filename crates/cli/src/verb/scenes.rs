//! `squint scenes`: pictures with known answers; to look at, or as a stream to train on.

use crate::say::say;
use serde_json::{Value, json};
use squint_ops::Error;
use squint_scenes::{Atlas, Example, Question, SPLITS, Split, example, kinds, labels, paint, styles};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The drawings, in the order of `styles()`: the command goes where the repository does not.
const SPRITES: &[&[u8]] = &[
    include_bytes!("../../../../public/scenes/noto.png"),
    include_bytes!("../../../../public/scenes/noto-v1.png"),
    include_bytes!("../../../../public/scenes/fluent-flat.png"),
    include_bytes!("../../../../public/scenes/fluent.png"),
    include_bytes!("../../../../public/scenes/twemoji.png"),
    include_bytes!("../../../../public/scenes/fxemoji.png"),
];

/// A picture larger than this is of no use to anybody here.
const LARGEST: usize = 2048;

#[derive(clap::Args)]
pub struct Args {
    /// Which scenes: train, dev, test, test-style, test-combo, test-small, test-crowded
    #[arg(long, default_value = "test")]
    set: String,
    /// Other scenes of the same kind
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The number of the first one
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many
    #[arg(long, default_value_t = 8)]
    n: u64,
    /// From one to the next: several processes take turns
    #[arg(long, default_value_t = 1)]
    every: u64,
    /// Edge of the pictures
    #[arg(long, default_value_t = 112)]
    resolution: usize,
    /// A folder for the pictures, as PNG
    #[arg(long, conflicts_with = "pipe")]
    out: Option<PathBuf>,
    /// Write everything to stdout for a program: of each scene the length of a JSON text (4 bytes, little-endian), the
    /// text, and the pixels (resolution · resolution · 3 bytes)
    #[arg(long)]
    pipe: bool,
    /// In the pipe, the thing on top in each of g · g cells, by its number from 1; 0 where there is none
    #[arg(long, default_value_t = 0)]
    grid: usize,
}

pub fn run(args: Args) -> Result<(), Error> {
    let split = Split::named(&args.set).ok_or_else(|| {
        let names: Vec<_> = SPLITS.iter().map(|s| s.name).collect();
        Error::new("set", format!("there is no set '{}'", args.set), format!("sets are {}", names.join(", ")))
    })?;
    if !(1..=LARGEST).contains(&args.resolution) || args.grid > args.resolution {
        let what = format!("pictures of {} pixels in {} cells cannot be made", args.resolution, args.grid);
        return Err(Error::new(
            "resolution",
            what,
            format!("give 1 to {LARGEST} pixels, and no more cells than pixels"),
        ));
    }
    let bad = |f: squint_scenes::Fault| Error::new("sprites", f.what, f.hint);
    let atlases = SPRITES.iter().map(|png| Atlas::read(png).map_err(bad)).collect::<Result<Vec<_>, _>>()?;
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder).map_err(|e| unwritten(folder, &e))?;
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for i in 0..args.n {
        let index = args.from + i * args.every;
        let one = example(split, args.seed, index, &atlases);
        let picture = paint(&one.scene, &atlases, args.resolution);
        let mut told = told(&one, index);
        if args.pipe {
            if args.grid > 0 {
                told["labels"] = json!(labels(&one.scene, &atlases, args.grid));
            }
            let text = told.to_string();
            let length = (text.len() as u32).to_le_bytes();
            // A reader that went away wants no more.
            if [&length[..], text.as_bytes(), &picture].iter().any(|bytes| out.write_all(bytes).is_err()) {
                return Ok(());
            }
            continue;
        }
        if let Some(folder) = &args.out {
            let path = folder.join(format!("{}-{index}.png", split.name));
            save(&path, &picture, args.resolution as u32).map_err(|e| unwritten(&path, &e))?;
            told["picture"] = json!(path.display().to_string());
        }
        say(&told.to_string());
    }
    drop(out.flush());
    Ok(())
}

fn told(one: &Example, index: u64) -> Value {
    let thing = |t: &squint_scenes::Thing| {
        json!({"name": kinds()[t.kind].name, "style": styles()[t.style].name, "x": t.x, "y": t.y, "size": t.size,
            "turn": t.turn})
    };
    let question = |q: &Question| json!({"family": q.family, "text": q.text, "answer": q.answer});
    json!({
        "index": index,
        "things": one.scene.things.iter().map(thing).collect::<Vec<_>>(),
        "number": one.scene.number.as_ref().map(|n| n.value),
        "questions": one.questions.iter().map(question).collect::<Vec<_>>(),
    })
}

fn save(path: &Path, pixels: &[u8], edge: u32) -> std::io::Result<()> {
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(path)?), edge, edge);
    encoder.set_color(png::ColorType::Rgb);
    Ok(encoder.write_header()?.write_image_data(pixels)?)
}

fn unwritten(path: &Path, e: &std::io::Error) -> Error {
    Error::new("file", format!("'{}' cannot be written: {e}", path.display()), "name a folder that can be")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many as there are artists, each of its size; which is whose is told by `tests/scenes.rs`.
    #[test]
    fn every_artist_has_its_drawings() {
        assert_eq!(SPRITES.len(), styles().len());
        for (style, png) in styles().iter().zip(SPRITES) {
            let path = format!("{}/../../public/scenes/{}.png", env!("CARGO_MANIFEST_DIR"), style.name);
            assert_eq!(std::fs::read(path).unwrap(), *png, "{}", style.name);
        }
    }
}
