// A fixture of a language model as the GGUF file that llama.cpp's converter makes of it: its names, its keys, and what it
// does to numbers. Llama is not here, whose rows it turns: tiny.mjs and the fixtures of mmproj have that one.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Gguf } from "./tiny.mjs";

/** Names in layers and outside, Hugging Face's and GGUF's. */
const PARTS = [
  ["model.embed_tokens", "token_embd"],
  ["model.norm", "output_norm"],
  ["model.final_layernorm", "output_norm"],
  ["lm_head", "output"],
  ["model.layers", "blk"],
  ["post_attention_layernorm", "ffn_norm"],
  ["input_layernorm", "attn_norm"],
  ["self_attn.qkv_proj", "attn_qkv"],
  ["self_attn.q_proj", "attn_q"],
  ["self_attn.k_proj", "attn_k"],
  ["self_attn.v_proj", "attn_v"],
  ["self_attn.o_proj", "attn_output"],
  ["self_attn.dense", "attn_output"],
  ["mlp.gate_up_proj", "ffn_up"],
  ["mlp.gate_proj", "ffn_gate"],
  ["mlp.up_proj", "ffn_up"],
  ["mlp.down_proj", "ffn_down"],
  ["mlp.fc1", "ffn_up"],
  ["mlp.fc2", "ffn_down"],
];
const INTS = [
  ["block_count", "num_hidden_layers"],
  ["context_length", "max_position_embeddings"],
  ["embedding_length", "hidden_size"],
  ["feed_forward_length", "intermediate_size"],
  ["vocab_size", "vocab_size"],
  ["attention.head_count", "num_attention_heads"],
  ["attention.head_count_kv", "num_key_value_heads"],
];
const RMS = ["attention.layer_norm_rms_epsilon", "rms_norm_eps"];
const turned = (c) => ["rope.dimension_count", (c.hidden_size / c.num_attention_heads) * c.rope_parameters.partial_rotary_factor];
/** By `model_type`: GGUF's architecture, its epsilon, more keys, and what is added to the weights of norms. */
const ARCHITECTURES = {
  qwen2: { name: "qwen2", epsilon: RMS, more: () => [], norms: 0 },
  phi: { name: "phi2", epsilon: ["attention.layer_norm_epsilon", "layer_norm_eps"], more: (c) => [turned(c)], norms: 0 },
  phi3: { name: "phi3", epsilon: RMS, more: (c) => [turned(c), ["attention.sliding_window", c.sliding_window ?? 0]], norms: 0 },
  gemma: {
    name: "gemma",
    epsilon: RMS,
    more: (c) => [["attention.key_length", c.head_dim], ["attention.value_length", c.head_dim]],
    norms: 1,
  },
};

/** The file of a directory's config.json and model.safetensors, all of it in f32, with a tokenizer of these tokens. */
export function gguf(folder, { tokens, template }) {
  const config = JSON.parse(readFileSync(join(folder, "config.json")));
  const { name, epsilon, more, norms } = ARCHITECTURES[config.model_type];
  const file = new Gguf();
  file.text("general.architecture", name);
  for (const [key, theirs] of INTS) file.int(`${name}.${key}`, config[theirs]);
  for (const [key, value] of more(config)) file.int(`${name}.${key}`, value);
  file.float(`${name}.${epsilon[0]}`, config[epsilon[1]]);
  file.float(`${name}.rope.freq_base`, config.rope_parameters.rope_theta);
  file.text("tokenizer.ggml.model", "gpt2");
  file.text("tokenizer.ggml.pre", "gpt-2");
  file.texts("tokenizer.ggml.tokens", tokens);
  file.texts("tokenizer.ggml.merges", []);
  file.text("tokenizer.chat_template", template);
  for (const { name, shape, values } of tensors(readFileSync(join(folder, "model.safetensors")))) {
    const add = name.endsWith("norm.weight") ? norms : 0;
    file.tensor(PARTS.reduce((name, [theirs, ours]) => name.replace(theirs, ours), name), shape, values.map((v) => v + add));
  }
  return file.bytes();
}

/** What a safetensors file holds, as f32. */
function tensors(bytes) {
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...index } = JSON.parse(bytes.subarray(8, begin));
  return Object.entries(index).map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
    // Copied, since numbers begin at any byte of the file.
    const raw = Uint8Array.from(bytes.subarray(begin + from, begin + to)).buffer;
    return { name, shape, values: FLOATS[dtype](raw) };
  });
}

/** Formats of the fixtures: bf16 is the upper half of f32. */
const FLOATS = {
  F32: (raw) => new Float32Array(raw),
  BF16: (raw) => new Float32Array(Uint32Array.from(new Uint16Array(raw), (half) => half << 16).buffer),
};
