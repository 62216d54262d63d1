//! Pictures beside a message: files as the page was given them, which the engine decodes, or pixels where the page has
//! nothing else.

use crate::blob::BlobSource;
use squint_engine::{Error, Shot, shot::MOST};
use squint_weights::Source;
use wasm_bindgen::prelude::*;

/// One picture, not read yet.
pub enum Beside {
    File(BlobSource),
    /// Height and width, and red, green, blue and opacity of every pixel.
    Pixels([usize; 2], js_sys::Uint8Array),
    /// Neither: the message is not of squint.js.
    Other,
}

/// The pictures beside a message: a list of `{name, file}` or `{height, width, pixels}`.
pub fn pictures(message: &JsValue) -> Vec<Beside> {
    let Some(list) = get::<js_sys::Array>(message, "pictures") else { return vec![] };
    list.iter().map(|one| picture(&one).unwrap_or(Beside::Other)).collect()
}

fn picture(one: &JsValue) -> Option<Beside> {
    let number = |key: &str| js_sys::Reflect::get(one, &key.into()).ok()?.as_f64().map(|n| n as usize);
    if let Some(file) = get::<web_sys::Blob>(one, "file") {
        let name = js_sys::Reflect::get(one, &"name".into()).ok()?.as_string()?;
        return Some(Beside::File(BlobSource::new(name, file)));
    }
    let pixels = get::<js_sys::ArrayBuffer>(one, "pixels")?;
    Some(Beside::Pixels([number("height")?, number("width")?], js_sys::Uint8Array::new(&pixels)))
}

fn get<T: JsCast>(of: &JsValue, key: &str) -> Option<T> {
    js_sys::Reflect::get(of, &key.into()).ok()?.dyn_into().ok()
}

/// Reads them into the engine's memory.
pub async fn shots(pictures: Vec<Beside>) -> Result<Vec<Shot>, Error> {
    let mut all = vec![];
    for picture in pictures {
        all.push(read(picture).await?);
    }
    Ok(all)
}

async fn read(picture: Beside) -> Result<Shot, Error> {
    let fits = |name: &str, bytes: u64| {
        let what = || format!("'{name}' has {bytes} bytes; {MOST} are possible");
        if bytes > MOST { Err(Error::new("size", what(), "make the picture smaller")) } else { Ok(bytes as usize) }
    };
    match picture {
        Beside::File(file) => {
            let size = fits(file.name(), file.size())?;
            let mut bytes = vec![];
            let short = |_| Error::new("memory", format!("'{}' needs {size} bytes", file.name()), "close other pages");
            bytes.try_reserve_exact(size).map_err(short)?;
            bytes.resize(size, 0);
            file.read(0, &mut bytes).await?;
            Ok(Shot::File { name: file.name().into(), bytes })
        }
        Beside::Pixels([height, width], pixels) => {
            fits("the picture", pixels.length() as u64)?;
            Ok(Shot::pixels(height, width, pixels.to_vec()))
        }
        Beside::Other => {
            Err(Error::new("request", "a picture came as nothing the worker can read", "give what squint.d.ts names"))
        }
    }
}
