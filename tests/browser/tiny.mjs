// Small random Llamas as GGUF files, with a byte-level tokenizer and a chat template: what the stories load, so that
// they need no download. The same seed gives the same file.

const TEMPLATE =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const SPECIAL = ["<|im_start|>", "<|im_end|>"];
/** Merged, so that the tokenizer has something to do. */
const PAIRS = ["h e", "l l", "he ll"];

/** A fifth of a megabyte; answers at once. */
export const SMALL = { layers: 2, heads: 4, groups: 2, head: 8, inner: 64, context: 512, seed: 5 };
/** Fifty megabytes: long enough in every phase to be stopped there. */
export const LARGE = { layers: 12, heads: 8, groups: 4, head: 32, inner: 1024, context: 4096, seed: 6 };

/** The file's bytes. */
export function tiny({ layers, heads, groups, head, inner, context, seed }) {
  const tokens = [...byteTokens(), ...PAIRS.map((p) => p.replace(" ", "")), ...SPECIAL];
  const width = heads * head;
  const file = new Gguf();
  file.text("general.architecture", "llama");
  file.int("llama.embedding_length", width);
  file.int("llama.block_count", layers);
  file.int("llama.feed_forward_length", inner);
  file.int("llama.attention.head_count", heads);
  file.int("llama.attention.head_count_kv", groups);
  file.int("llama.context_length", context);
  file.int("llama.vocab_size", tokens.length);
  file.float("llama.attention.layer_norm_rms_epsilon", 1e-5);
  file.text("tokenizer.ggml.model", "gpt2");
  file.text("tokenizer.ggml.pre", "gpt-2");
  file.texts("tokenizer.ggml.tokens", tokens);
  file.texts("tokenizer.ggml.merges", PAIRS);
  file.ints("tokenizer.ggml.token_type", tokens.map((t) => (SPECIAL.includes(t) ? 3 : 1)));
  file.int("tokenizer.ggml.eos_token_id", tokens.length - 1);
  file.text("tokenizer.chat_template", TEMPLATE);

  const next = dice(seed);
  const matrix = (name, rows, cols) => {
    const values = new Float32Array(rows * cols);
    const size = 1.7 / Math.sqrt(cols);
    for (let i = 0; i < values.length; i++) values[i] = size * next();
    file.tensor(name, [rows, cols], values);
  };
  matrix("token_embd.weight", tokens.length, width);
  for (let i = 0; i < layers; i++) {
    const name = (n) => `blk.${i}.${n}.weight`;
    matrix(name("attn_q"), width, width);
    matrix(name("attn_k"), groups * head, width);
    matrix(name("attn_v"), groups * head, width);
    matrix(name("attn_output"), width, width);
    matrix(name("ffn_gate"), inner, width);
    matrix(name("ffn_up"), inner, width);
    matrix(name("ffn_down"), width, inner);
    for (const norm of ["attn_norm", "ffn_norm"]) file.tensor(name(norm), [width], new Float32Array(width).fill(1.1));
  }
  file.tensor("output_norm.weight", [width], new Float32Array(width).fill(0.9));
  return file.bytes();
}

/** The 256 bytes as byte-level tokenizers write them: printable ones as themselves, the others from U+0100 on. */
export function byteTokens() {
  const plain = (b) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let other = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(plain(b) ? b : other++));
}

/** Numbers from -1 to 1: xorshift. */
function dice(seed) {
  let x = seed * 2654435769 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x / 2 ** 31;
  };
}

/** A file in the making. */
export class Gguf {
  #meta = [];
  #pairs = 0;
  #index = [];
  #tensors = 0;
  #data = [];
  #size = 0;

  int(key, value) {
    this.#pair(key, 4, u32(value));
  }
  float(key, value) {
    this.#pair(key, 6, Buffer.from(Float32Array.of(value).buffer));
  }
  text(key, value) {
    this.#pair(key, 8, text(value));
  }
  texts(key, values) {
    this.#pair(key, 9, u32(8), u64(values.length), ...values.map(text));
  }
  ints(key, values) {
    this.#pair(key, 9, u32(5), u64(values.length), ...values.map(u32));
  }
  #pair(key, kind, ...value) {
    this.#pairs += 1;
    this.#meta.push(text(key), u32(kind), ...value);
  }
  /** `shape` outermost first; f32. */
  tensor(name, shape, values) {
    this.#tensors += 1;
    this.#index.push(text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(0), u64(this.#size));
    this.#data.push(Buffer.from(values.buffer), padding(values.byteLength));
    this.#size += values.byteLength + padding(values.byteLength).length;
  }
  bytes() {
    const head = Buffer.concat([Buffer.from("GGUF"), u32(3), u64(this.#tensors), u64(this.#pairs), ...this.#meta, ...this.#index]);
    return Buffer.concat([head, padding(head.length), ...this.#data]);
  }
}

const padding = (size) => Buffer.alloc((32 - (size % 32)) % 32);
function u32(n) {
  const b = Buffer.alloc(4);
  b.writeUInt32LE(n);
  return b;
}
function u64(n) {
  const b = Buffer.alloc(8);
  b.writeBigUInt64LE(BigInt(n));
  return b;
}
function text(value) {
  const b = Buffer.from(value);
  return Buffer.concat([u64(b.length), b]);
}
