//! `preprocessor_config.json`, or the part of `processor_config.json` that says the same: what differs from the class.

use super::known::{KNOWN, Known, known, usual};
use super::{Filter, Fit, Preprocess, RGB, Tiles};
use serde_json::Value;
use squint_models::vlm::eye;
use squint_ops::{Error, Grid};
use squint_weights::{Checkpoint, Fact, Facts};

/// Longest edge a configuration can ask for.
const MOST: u64 = 1 << 13;
/// Shortest edge of a tile: smaller ones would make views by the thousand.
const LEAST: usize = 8;

impl Preprocess {
    /// As the files beside a checkpoint say, or its mmproj file.
    pub fn of(checkpoint: &Checkpoint) -> Result<Preprocess, Error> {
        if let Some(eye) = eye(checkpoint)? {
            return Preprocess::of_mmproj(&checkpoint.eye().facts, &eye);
        }
        let file = |name: &str| checkpoint.file(name).map(<[u8]>::to_vec);
        Preprocess::among(&file, &checkpoint.facts)?.ok_or_else(|| {
            let what = "there is no 'preprocessor_config.json'";
            Error::new("missing", what, "give the whole directory, as it is published")
        })
    }

    /// As one of a directory's files says; none where none does. `facts` are of its model.
    pub fn among(file: &dyn Fn(&str) -> Option<Vec<u8>>, facts: &Facts) -> Result<Option<Preprocess>, Error> {
        let model = facts.text(Fact { gguf: "", hf: "model_type" })?.unwrap_or("none");
        for (name, part) in [("preprocessor_config.json", ""), ("processor_config.json", "/image_processor")] {
            let Some(bytes) = file(name) else { continue };
            if let Some(config) = json(name, &bytes)?.pointer(part) {
                return Preprocess::of_model(config, model).map(Some);
            }
        }
        Ok(None)
    }

    pub fn read(config: &Value) -> Result<Preprocess, Error> {
        Preprocess::of_model(config, "none")
    }

    fn of_model(config: &Value, model: &str) -> Result<Preprocess, Error> {
        let named = ["image_processor_type", "feature_extractor_type"];
        let class = named.iter().find_map(|key| config[*key].as_str());
        let known = class.map_or_else(|| usual(model), known).ok_or_else(|| {
            let all: Vec<_> = KNOWN.iter().flat_map(|k| k.names).copied().collect();
            let what = format!("'image_processor_type' is {}, of a model of type {model}", class.unwrap_or("none"));
            Error::new("preprocessor", what, format!("known are {} with ImageProcessor behind them", all.join(", ")))
        })?;
        let does = |key: &str, usual| flag(config, key, usual);
        if does("do_flip_channel_order", false)? {
            return Err(bad(
                "do_flip_channel_order",
                &config["do_flip_channel_order"],
                "red comes first in all known models",
            ));
        }
        let factor = number(config, "rescale_factor", 1.0 / 255.0)?;
        let (mean, std) = (channels(config, "image_mean", known.mean)?, channels(config, "image_std", known.std)?);
        if std.contains(&0.0) {
            return Err(bad("image_std", &config["image_std"], "nothing can be divided by zero"));
        }
        let crop = match does("do_center_crop", known.crop.is_some())? {
            true => Some(crop(config, known)?),
            false => None,
        };
        let resizes = does("do_resize", true)?;
        let pads = does("do_pad", known.tiles.is_some())?;
        if pads && !known.squares && known.tiles.is_none() {
            return Err(bad(
                "do_pad",
                &config["do_pad"],
                "this processor pads batches; Squint shows one picture at a time",
            ));
        }
        let normal = does("do_normalize", true)?;
        Ok(Preprocess {
            // Towards zero, as the reference does.
            pad: (pads && known.squares).then(|| mean.map(|m| (m * 255.0) as u8)),
            fit: if resizes && known.tiles.is_none() { Some(fit(config, known)?) } else { None },
            crop: if known.tiles.is_none() { crop } else { None },
            tiles: tiles(config, known, resizes)?,
            filter: Filter::numbered(resample(config, known)?)?,
            factor: if does("do_rescale", true)? { factor } else { 1.0 },
            mean: if normal { mean } else { [0.0; RGB] },
            std: if normal { std } else { [1.0; RGB] },
        })
    }
}

fn resample(config: &Value, known: &Known) -> Result<u64, Error> {
    match &config["resample"] {
        Value::Null => Ok(known.resample),
        v => v.as_u64().ok_or_else(|| bad("resample", v, "it is a number, as PIL counts its filters")),
    }
}

/// `size` in one of the shapes it has had: a number, two numbers, or edges by name.
fn fit(config: &Value, known: &Known) -> Result<Fit, Error> {
    let size = &config["size"];
    if size.is_null() {
        return Ok(known.fit);
    }
    if size.is_number() {
        let n = edge("size", size)?;
        return Ok(if known.square { Fit::Stretch(Grid::square(n)) } else { Fit::Shortest(n) });
    }
    let has = |key: &str| !size[key].is_null();
    let at = |key: &str| edge("size", &size[key]);
    if has("shortest_edge") && has("longest_edge") {
        Ok(Fit::Between(at("shortest_edge")?, at("longest_edge")?))
    } else if has("shortest_edge") {
        Ok(Fit::Shortest(at("shortest_edge")?))
    } else if has("max_height") && has("max_width") {
        Ok(Fit::Within(Grid { height: at("max_height")?, width: at("max_width")? }))
    } else {
        Ok(Fit::Stretch(grid("size", size)?))
    }
}

fn crop(config: &Value, known: &Known) -> Result<Grid, Error> {
    match (&config["crop_size"], known.crop) {
        (Value::Null, Some(side)) => Ok(Grid::square(side)),
        (size, _) if size.is_number() => Ok(Grid::square(edge("crop_size", size)?)),
        (size, _) => grid("crop_size", size),
    }
}

fn tiles(config: &Value, known: &Known, resizes: bool) -> Result<Option<Tiles>, Error> {
    let Some(usual) = known.tiles else { return Ok(None) };
    let longest = |key: &str| match &config[key] {
        Value::Null => Ok(None),
        size => edge(key, &size["longest_edge"]).map(Some),
    };
    let side = longest("max_image_size")?.unwrap_or(usual.side);
    if side < LEAST {
        return Err(bad("max_image_size", &config["max_image_size"], &format!("a tile has {LEAST} pixels or more")));
    }
    Ok(Some(Tiles {
        longest: if resizes { longest("size")?.or(usual.longest) } else { None },
        side,
        split: flag(config, "do_image_splitting", usual.split)?,
    }))
}

/// Height and width by name or one after the other.
fn grid(key: &str, size: &Value) -> Result<Grid, Error> {
    let (height, width) = if size.is_array() { (&size[0], &size[1]) } else { (&size["height"], &size["width"]) };
    if height.is_null() || width.is_null() {
        return Err(bad(key, size, "it has height and width, shortest_edge, or shortest_edge and longest_edge"));
    }
    Ok(Grid { height: edge(key, height)?, width: edge(key, width)? })
}

fn edge(key: &str, n: &Value) -> Result<usize, Error> {
    match n.as_u64() {
        Some(n) if (1..=MOST).contains(&n) => Ok(n as usize),
        _ => Err(bad(key, n, &format!("an edge has 1 to {MOST} pixels"))),
    }
}

fn flag(config: &Value, key: &str, usual: bool) -> Result<bool, Error> {
    match &config[key] {
        Value::Null => Ok(usual),
        v => v.as_bool().ok_or_else(|| bad(key, v, "it is true or false")),
    }
}

fn number(config: &Value, key: &str, usual: f64) -> Result<f64, Error> {
    match &config[key] {
        Value::Null => Ok(usual),
        v => v.as_f64().ok_or_else(|| bad(key, v, "it is a number")),
    }
}

/// One number for all channels, or one for each.
fn channels(config: &Value, key: &str, usual: [f64; RGB]) -> Result<[f64; RGB], Error> {
    let v = &config[key];
    let each: Option<Vec<f64>> = v.as_array().map_or(Some(vec![]), |all| all.iter().map(Value::as_f64).collect());
    match (v, v.as_f64(), each.as_deref()) {
        (Value::Null, ..) => Ok(usual),
        (_, Some(n), _) => Ok([n; RGB]),
        (_, _, Some(&[r, g, b])) => Ok([r, g, b]),
        _ => Err(bad(key, v, "it is a number, or one for each of three channels")),
    }
}

fn bad(key: &str, v: &Value, hint: &str) -> Error {
    Error::new("preprocessor", format!("'{key}' of the preprocessor's configuration is {v}"), hint)
}

pub fn json(name: &str, bytes: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(bytes)
        .map_err(|e| Error::new("json", format!("'{name}' cannot be read: {e}"), "the file is damaged: get it again"))
}
