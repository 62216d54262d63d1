//! Small random checkpoints with published names, made in memory.

use squint_ops::case::Rng;
use squint_weights::{Checkpoint, Error, Kind, source::Memory};
use std::rc::Rc;

/// A GGUF file under construction.
#[derive(Default)]
pub struct Gguf {
    pairs: u64,
    meta: Vec<u8>,
    tensors: u64,
    index: Vec<u8>,
    data: Vec<u8>,
}

impl Gguf {
    pub fn int(&mut self, key: &str, value: usize) {
        self.key(key, 4);
        self.meta.extend((value as u32).to_le_bytes());
    }
    pub fn float(&mut self, key: &str, value: f32) {
        self.key(key, 6);
        self.meta.extend(value.to_le_bytes());
    }
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key, 8);
        put_text(&mut self.meta, value);
    }
    pub fn floats(&mut self, key: &str, values: &[f32]) {
        self.key(key, 9);
        self.meta.extend(6u32.to_le_bytes());
        self.meta.extend((values.len() as u64).to_le_bytes());
        values.iter().for_each(|v| self.meta.extend(v.to_le_bytes()));
    }
    fn key(&mut self, key: &str, kind: u32) {
        self.pairs += 1;
        put_text(&mut self.meta, key);
        self.meta.extend(kind.to_le_bytes());
    }
    /// `shape` outermost first.
    pub fn tensor(&mut self, name: &str, kind: Kind, shape: &[usize], values: &[f32]) {
        self.tensors += 1;
        put_text(&mut self.index, name);
        self.index.extend((shape.len() as u32).to_le_bytes());
        shape.iter().rev().for_each(|d| self.index.extend((*d as u64).to_le_bytes()));
        self.index.extend(kind.ggml.to_le_bytes());
        self.index.extend((self.data.len() as u64).to_le_bytes());
        self.data.extend(kind.pack_all(values));
        self.data.resize(self.data.len().next_multiple_of(32), 0);
    }
    pub fn bytes(self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3u32.to_le_bytes());
        out.extend(self.tensors.to_le_bytes());
        out.extend(self.pairs.to_le_bytes());
        out.extend(self.meta);
        out.extend(self.index);
        out.resize(out.len().next_multiple_of(32), 0);
        out.extend(self.data);
        out
    }
}

fn put_text(into: &mut Vec<u8>, text: &str) {
    into.extend((text.len() as u64).to_le_bytes());
    into.extend(text.as_bytes());
}

/// Sizes of a small Llama.
#[derive(Clone, Copy, Debug)]
pub struct Llama {
    pub layers: usize,
    pub heads: usize,
    pub groups: usize,
    pub head: usize,
    pub inner: usize,
    pub vocab: usize,
    pub kind: Kind,
    /// Values and up projections are rounded to this format, and stored in it if `mixed`: some files give those more bits.
    pub odd: Kind,
    pub mixed: bool,
    /// A head of its own, not the embedding's.
    pub own_head: bool,
}

impl Llama {
    pub const SMALL: Llama = Llama {
        layers: 3,
        heads: 4,
        groups: 2,
        head: 16,
        inner: 96,
        vocab: 160,
        kind: Kind::F32,
        odd: Kind::F32,
        mixed: false,
        own_head: false,
    };

    pub fn gguf(self, seed: u64) -> Vec<u8> {
        let width = self.heads * self.head;
        let mut file = Gguf::default();
        file.text("general.architecture", "llama");
        file.int("llama.embedding_length", width);
        file.int("llama.block_count", self.layers);
        file.int("llama.feed_forward_length", self.inner);
        file.int("llama.attention.head_count", self.heads);
        file.int("llama.attention.head_count_kv", self.groups);
        file.int("llama.context_length", 512);
        file.int("llama.vocab_size", self.vocab);
        file.float("llama.attention.layer_norm_rms_epsilon", 1e-5);
        let mut rng = Rng::new(seed);
        let mut matrix = |file: &mut Gguf, name: &str, rows: usize, cols: usize| {
            let size = 1.7 / (cols as f32).sqrt();
            let mut values: Vec<f32> = (0..rows * cols).map(|_| size * rng.number()).collect();
            let odd = name.contains("attn_v") || name.contains("ffn_up");
            if odd {
                values = self.odd.unpack_all(&self.odd.pack_all(&values));
            }
            let kind = if odd && self.mixed { self.odd } else { self.kind };
            file.tensor(name, kind, &[rows, cols], &values);
        };
        matrix(&mut file, "token_embd.weight", self.vocab, width);
        for i in 0..self.layers {
            let name = |n: &str| format!("blk.{i}.{n}.weight");
            matrix(&mut file, &name("attn_q"), width, width);
            matrix(&mut file, &name("attn_k"), self.groups * self.head, width);
            matrix(&mut file, &name("attn_v"), self.groups * self.head, width);
            matrix(&mut file, &name("attn_output"), width, width);
            matrix(&mut file, &name("ffn_gate"), self.inner, width);
            matrix(&mut file, &name("ffn_up"), self.inner, width);
            matrix(&mut file, &name("ffn_down"), width, self.inner);
            for norm in ["attn_norm", "ffn_norm"] {
                file.tensor(&name(norm), Kind::F32, &[width], &vec![1.1; width]);
            }
        }
        if self.own_head {
            matrix(&mut file, "output.weight", self.vocab, width);
        }
        file.tensor("output_norm.weight", Kind::F32, &[width], &vec![0.9; width]);
        file.bytes()
    }

    pub fn checkpoint(self, seed: u64) -> Result<Checkpoint, Error> {
        let source = Memory::new("tiny.gguf", self.gguf(seed));
        pollster::block_on(Checkpoint::gguf(Rc::new(source)))
    }
}

/// A `tokenizer.json` with one token per id, so that every id is a text.
pub fn tokenizer(vocab: usize) -> String {
    let tokens: Vec<String> = (0..vocab).map(|i| format!(r#""<{i}>":{i}"#)).collect();
    let decoder = r#"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}"#;
    let model = format!(r#"{{"type":"BPE","vocab":{{{}}},"merges":[]}}"#, tokens.join(","));
    format!(r#"{{"version":"1.0","added_tokens":[],"decoder":{decoder},"model":{model}}}"#)
}
