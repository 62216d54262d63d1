//! A Hugging Face checkpoint written as the GGUF file that llama.cpp's converter makes of it: its names, its keys, and
//! what it does to numbers. Kept apart from the recipes, which have these names in tables of their own.

use crate::tiny::Gguf;
use serde_json::Value;
use squint_weights::{Checkpoint, Error, Facts, Kind};

/// Names in layers and outside, Hugging Face's and GGUF's.
const PARTS: &[(&str, &str)] = &[
    ("model.embed_tokens", "token_embd"),
    ("model.norm", "output_norm"),
    ("model.final_layernorm", "output_norm"),
    ("lm_head", "output"),
    ("model.layers", "blk"),
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("self_attn.qkv_proj", "attn_qkv"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.dense", "attn_output"),
    ("mlp.gate_up_proj", "ffn_up"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
    ("mlp.fc1", "ffn_up"),
    ("mlp.fc2", "ffn_down"),
];

/// `model_type` of a configuration, and GGUF's architecture.
const ARCHITECTURES: &[(&str, &str)] =
    &[("llama", "llama"), ("qwen2", "qwen2"), ("phi", "phi2"), ("gemma", "gemma"), ("phi3", "phi3")];

/// One tensor: its name, shape and numbers.
type Tensor = (String, Vec<usize>, Vec<f32>);

/// As GGUF, all of it in f32. With `fused`, queries, keys and values of a layer are one tensor, as in Phi-2's first files.
pub fn gguf(checkpoint: &Checkpoint, fused: bool) -> Result<Vec<u8>, Error> {
    let Facts::Hf(config) = &checkpoint.facts else { return Err(Error::bug("only a directory is converted")) };
    let number = |key: &str| config[key].as_u64().map(|n| n as usize);
    let family = config["model_type"].as_str().unwrap_or("?");
    let name = ARCHITECTURES.iter().find(|(theirs, _)| *theirs == family).map_or("?", |(_, name)| name);
    let heads = number("num_attention_heads").unwrap_or(1);
    let groups = number("num_key_value_heads").unwrap_or(heads);
    let width = number("hidden_size").unwrap_or(0);
    let head = number("head_dim").unwrap_or(width / heads);
    let rope = &config["rope_parameters"];

    let mut file = Gguf::default();
    file.text("general.architecture", name);
    let key = |key: &str| format!("{name}.{key}");
    for (ours, theirs) in [
        ("block_count", "num_hidden_layers"),
        ("context_length", "max_position_embeddings"),
        ("embedding_length", "hidden_size"),
        ("feed_forward_length", "intermediate_size"),
        ("vocab_size", "vocab_size"),
    ] {
        file.int(&key(ours), number(theirs).unwrap_or(0));
    }
    file.int(&key("attention.head_count"), heads);
    file.int(&key("attention.head_count_kv"), groups);
    let (norm, eps) = match family {
        "phi" => ("attention.layer_norm_epsilon", "layer_norm_eps"),
        _ => ("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
    };
    file.float(&key(norm), config[eps].as_f64().unwrap_or(0.0) as f32);
    file.float(&key("rope.freq_base"), rope["rope_theta"].as_f64().unwrap_or(0.0) as f32);
    if let Some(head) = number("head_dim") {
        file.int(&key("attention.key_length"), head);
        file.int(&key("attention.value_length"), head);
    }
    if !["gemma", "qwen2"].contains(&family) {
        let share = rope["partial_rotary_factor"].as_f64().unwrap_or(1.0);
        file.int(&key("rope.dimension_count"), (head as f64 * share) as usize);
    }
    let trained =
        config["original_max_position_embeddings"].as_u64().or(rope["original_max_position_embeddings"].as_u64());
    if let Some(kind @ ("linear" | "yarn")) = rope["rope_type"].as_str() {
        file.text(&key("rope.scaling.type"), kind);
        file.float(&key("rope.scaling.factor"), rope["factor"].as_f64().unwrap_or(1.0) as f32);
    }
    if let Some(trained) = trained {
        file.int(&key("rope.scaling.original_context_length"), trained as usize);
    }
    if rope["rope_type"] == "longrope" {
        // By its square root, as the converter has it, and no word of the kind.
        let (trained, context) = (trained.unwrap_or(1) as f64, number("max_position_embeddings").unwrap_or(1) as f64);
        let gain = (1.0 + (context / trained).ln() / trained.ln()).sqrt();
        file.float(&key("rope.scaling.attn_factor"), gain as f32);
    }
    if family == "phi3" {
        // Zero where there is none.
        file.int(&key("attention.sliding_window"), number("sliding_window").unwrap_or(0));
    }

    let mut tensors = vec![];
    for t in checkpoint.tensors() {
        let mut bytes = vec![0; t.bytes as usize];
        pollster::block_on(checkpoint.read(&t.name, 0, &mut bytes))?;
        let mut numbers = t.kind.unpack_all(&bytes);
        if family == "gemma" && t.name.ends_with("norm.weight") {
            numbers.iter_mut().for_each(|n| *n += 1.0);
        }
        let turned = if t.name.contains("q_proj") { heads } else { groups };
        if family == "llama" && (t.name.contains("q_proj") || t.name.contains("k_proj")) {
            numbers = permuted(&numbers, turned, head);
        }
        tensors.push((renamed(&t.name), t.shape.to_vec(), numbers));
    }
    if rope["rope_type"] == "llama3" {
        let factors = factors(rope, head);
        tensors.push(("rope_freqs.weight".into(), vec![factors.len()], factors));
    }
    for (theirs, name) in [("short_factor", "rope_factors_short.weight"), ("long_factor", "rope_factors_long.weight")] {
        if let Some(factors) = rope[theirs].as_array() {
            let factors: Vec<f32> = factors.iter().filter_map(|f| f.as_f64()).map(|f| f as f32).collect();
            tensors.push((name.into(), vec![factors.len()], factors));
        }
    }
    for (name, shape, numbers) in if fused { together(tensors) } else { tensors } {
        file.tensor(&name, Kind::F32, &shape, &numbers);
    }
    Ok(file.bytes())
}

fn renamed(name: &str) -> String {
    PARTS.iter().fold(name.to_owned(), |name, (theirs, ours)| name.replace(theirs, ours))
}

/// Of each head, the row of the first number of a pair and that of the second come one after the other.
fn permuted(rows: &[f32], heads: usize, head: usize) -> Vec<f32> {
    let cols = rows.len() / (heads * head);
    let row = |h: usize, i: usize| rows[(h * head + i) * cols..][..cols].iter().copied();
    let pair = move |h: usize, i: usize| row(h, i).chain(row(h, head / 2 + i));
    (0..heads).flat_map(|h| (0..head / 2).flat_map(move |i| pair(h, i))).collect()
}

/// By how much each pair of a Llama 3 turns slower.
fn factors(rope: &Value, head: usize) -> Vec<f32> {
    let of = |key: &str| rope[key].as_f64().unwrap_or(0.0);
    let (base, factor, low, high) = (of("rope_theta"), of("factor"), of("low_freq_factor"), of("high_freq_factor"));
    let trained = of("original_max_position_embeddings");
    let one = |i: usize| {
        let wave = 2.0 * std::f64::consts::PI * base.powf(2.0 * i as f64 / head as f64);
        if wave < trained / high {
            1.0
        } else if wave > trained / low {
            factor
        } else {
            let smooth = (trained / wave - low) / (high - low);
            1.0 / ((1.0 - smooth) / factor + smooth)
        }
    };
    (0..head / 2).map(|i| one(i) as f32).collect()
}

/// Queries, keys and values as one.
fn together(tensors: Vec<Tensor>) -> Vec<Tensor> {
    let (parts, mut out): (Vec<Tensor>, Vec<Tensor>) =
        tensors.into_iter().partition(|t| ["attn_q.", "attn_k.", "attn_v."].iter().any(|p| t.0.contains(p)));
    for (name, shape, mut numbers) in parts.iter().filter(|t| t.0.contains("attn_q.")).cloned() {
        let mut rows = shape[0];
        for other in ["attn_k.", "attn_v."] {
            for (_, shape, more) in parts.iter().filter(|t| t.0 == name.replace("attn_q.", other)) {
                rows += shape[0];
                numbers.extend(more);
            }
        }
        out.push((name.replace("attn_q.", "attn_qkv."), [&[rows], &shape[1..]].concat(), numbers));
    }
    out
}
