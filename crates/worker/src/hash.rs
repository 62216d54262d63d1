//! SHA-256 of what comes in pieces; the browser's own takes only whole buffers.

use sha2::Digest;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
#[derive(Default)]
pub struct Sha256(sha2::Sha256);

#[wasm_bindgen]
impl Sha256 {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Sha256 {
        Sha256::default()
    }
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    /// Hexadecimal, of everything so far; starts anew.
    pub fn hex(&mut self) -> String {
        self.0.finalize_reset().iter().map(|b| format!("{b:02x}")).collect()
    }
}
