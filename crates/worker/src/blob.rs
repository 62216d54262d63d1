//! What comes beside a message. A file the visitor gave, or a download that `store.js` kept, is read by slices and never
//! held whole.

use squint_engine::Error;
use squint_weights::{Local, Source, source::inside};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

pub struct BlobSource {
    name: String,
    blob: web_sys::Blob,
}

impl BlobSource {
    pub fn new(name: String, blob: web_sys::Blob) -> BlobSource {
        BlobSource { name, blob }
    }
}

impl Source for BlobSource {
    fn name(&self) -> &str {
        &self.name
    }
    fn size(&self) -> u64 {
        self.blob.size() as u64
    }
    fn read<'a>(&'a self, at: u64, into: &'a mut [u8]) -> Local<'a, ()> {
        Box::pin(async move {
            inside(self, at, into.len() as u64)?;
            let gone = |e: JsValue| {
                let why = js_sys::Error::from(e).message();
                Error::new("file", format!("'{}' cannot be read: {why}", self.name), "give the file again")
            };
            let end = (at + into.len() as u64) as f64;
            let slice = self.blob.slice_with_f64_and_f64(at as f64, end).map_err(gone)?;
            let bytes = JsFuture::from(slice.array_buffer()).await.map_err(gone)?;
            js_sys::Uint8Array::new(&bytes).copy_to(into);
            Ok(())
        })
    }
}

/// Files beside a message: an object of blobs by name.
pub fn files(message: &JsValue, key: &str) -> Vec<(String, web_sys::Blob)> {
    let Ok(files) = js_sys::Reflect::get(message, &key.into()) else { return vec![] };
    let Ok(object) = files.dyn_into::<js_sys::Object>() else { return vec![] };
    let pair = |entry: JsValue| {
        let entry: js_sys::Array = entry.dyn_into().ok()?;
        Some((entry.get(0).as_string()?, entry.get(1).dyn_into().ok()?))
    };
    js_sys::Object::entries(&object).iter().filter_map(pair).collect()
}

/// The pixels beside a message.
pub fn pixels(message: &JsValue) -> Option<js_sys::Float32Array> {
    js_sys::Reflect::get(message, &"pixels".into()).ok()?.dyn_into().ok()
}
