// Every fixture of a model: which recipes it is made by, where it is run, and why one is not; with what it lacks to be asked,
// since its goldens are of ids and of numbers: a tokenizer and a chat template, or how pictures are prepared.
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gguf } from "./converted.mjs";
import { directory } from "./seen.mjs";
import { byteTokens } from "./tiny.mjs";

export const fixtures = new URL("../fixtures/", import.meta.url).pathname;

const BOTH = ["cpu", "gpu"];
/** Where another of the same recipes is run on WebGPU: each compiles its shaders in software, for seconds. */
const CPU = ["cpu"];
/** Where seeing.test.mjs or looking.test.mjs asks it on WebGPU, as one of its models. */
export const ELSEWHERE = "other stories";
const SEEN = ["cpu", ELSEWHERE];

/**
 * Folders of fixtures: how theirs are asked; those that are run, each with its recipes, which end with the one it is
 * loaded as; and those that are left out, each with the reason.
 */
export const FOLDERS = {
  families: {
    asked: "reads",
    run: {
      "gemma-groups-bf16": ["gemma", CPU],
      "gemma-one-group": ["gemma", BOTH],
      "gemma-wide-bf16": ["gemma", CPU],
      "llama-3": ["llama", BOTH],
      "llama-biases-bf16": ["llama", CPU],
      "llama-own": ["llama", CPU],
      "llama-tied": ["llama", CPU],
      "phi-0.4": ["phi", BOTH],
      "phi-0.5-groups": ["phi", CPU],
      "phi-0.75-one-group": ["phi", CPU],
      phi3: ["phi3", CPU],
      "phi3-groups": ["phi3", CPU],
      "phi3-part-sharded": ["phi3", BOTH],
      "qwen1.5-bf16-sharded": ["qwen2", CPU],
      "qwen2-own": ["qwen2", BOTH],
      "qwen2-tied": ["qwen2", CPU],
    },
    // Llama's files are those of tiny.mjs, which other stories ask.
    gguf: { "gemma-one-group": BOTH, "phi-0.4": CPU, phi3: CPU, "qwen2-own": CPU },
  },
  llama: {
    asked: "reads",
    run: {
      "bf16-stretched": ["llama", CPU],
      biases: ["llama", CPU],
      "groups-sharded": ["llama", CPU],
      plain: ["llama", CPU],
    },
  },
  variants: {
    asked: "reads",
    run: {
      "dynamic-grows": ["gemma", CPU],
      "dynamic-long": ["llama", CPU],
      "dynamic-part": ["phi", CPU],
      linear: ["qwen2", CPU],
      "longrope-grows": ["phi3", CPU],
      "longrope-grows-llama": ["llama", CPU],
      "longrope-long": ["phi3", CPU],
      "longrope-older": ["phi3", CPU],
      "longrope-short": ["phi3", CPU],
      normed: ["phi", CPU],
      "normed-groups": ["phi", CPU],
      window: ["phi3", CPU],
      "window-later": ["qwen2", CPU],
      "window-listed": ["qwen2", CPU],
      "window-longrope": ["phi3", CPU],
      "window-of-two": ["phi3", CPU],
      yarn: ["qwen2", CPU],
      "yarn-part": ["phi", CPU],
      "yarn-ratio": ["llama", CPU],
    },
  },
  seeing: {
    asked: "sees",
    run: {
      idefics3: ["idefics3 idefics3 llama", BOTH],
      "idefics3-cells": ["idefics3 idefics3 llama", CPU],
      "llava-clip-layers": ["llava clip llama", CPU],
      "llava-clip-llama": ["llava clip llama", SEEN],
      "llava-clip-phi-whole": ["llava clip phi", BOTH],
      "llava-clip-phi3-bf16": ["llava clip phi3", BOTH],
      "llava-siglip-gemma": ["llava siglip gemma", BOTH],
      "llava-siglip-layers": ["llava siglip qwen2", CPU],
      "llava-siglip-qwen2": ["llava siglip qwen2", BOTH],
      mobilevlm: ["mobilevlm clip ldp llama", BOTH],
      "mobilevlm-v2": ["mobilevlm clip ldpv2 llama", SEEN],
      "smolvlm-sharded": ["idefics3 idefics3 llama", SEEN],
    },
  },
  mmproj: {
    asked: "pairs",
    run: {
      idefics3: ["idefics3 idefics3 llama", CPU],
      "llava-old": ["llava clip llama", CPU],
      "llava-siglip-layers": ["llava siglip qwen2", CPU],
      mobilevlm: ["mobilevlm clip ldp llama", CPU],
      "mobilevlm-v2": ["mobilevlm clip ldpv2 llama", CPU],
    },
  },
  encoders: {
    asked: "looks",
    run: {
      "clip-classes": ["clip", CPU],
      "clip-projects-bf16": ["clip", CPU],
      "clip-vision": ["clip", CPU],
      "clip-whole": ["clip", SEEN],
      "deit-bare": ["deit", CPU],
      "deit-teacher": ["deit", BOTH],
      dinov2: ["dinov2", SEEN],
      "dinov2-classes": ["dinov2", CPU],
      "dinov2-gated": ["dinov2", CPU],
      "dinov2-registers": ["dinov2-with-registers", BOTH],
      "dinov2-registers-classes": ["dinov2-with-registers", CPU],
      "dinov2-tall-patches": ["dinov2", CPU],
      "siglip-classes-sharded": ["siglip", CPU],
      "siglip-headless": ["siglip", CPU],
      "siglip-odd-heads": ["siglip", CPU],
      "siglip-vision": ["siglip", CPU],
      "siglip-whole": ["siglip", BOTH],
      "vit-bare": ["vit", CPU],
      "vit-broad-patches-odd-heads": ["vit", CPU],
      "vit-oblong": ["vit", CPU],
    },
    left: { "deit-plain": "it takes grey pictures, and pictures are prepared in three colours" },
  },
  ".": {
    asked: "looks",
    run: { vit: ["vit", SEEN] },
    left: {
      heads: "a part of a model",
      jpegs: "pictures",
      pictures: "pictures",
      projectors: "parts of models; those of recipes are run with them",
      templates: "texts",
      tokens: "tokenizers",
    },
  },
};

/** Everything that is run: where it lies, how it is asked, and made by which recipes. */
export const RUNS = Object.entries(FOLDERS).flatMap(([folder, { asked, run, gguf = {} }]) => [
  ...Object.entries(run).map(([name, [recipes, on]]) => ({ name: join(folder, name), asked, recipes, on })),
  ...Object.entries(gguf).map(([name, on]) => ({ name: join(folder, name), asked: "file", recipes: run[name][0], on })),
]);

/** Of characters that every vocabulary here has. */
export const QUESTION = "IS(2+2)=4,OR(3+3)=5?";
const TEMPLATE = "{% for m in messages %}{{ '<' + m.content + '>' }}{% endfor %}{% if add_generation_prompt %}:{% endif %}";
/** Printable ones first: vocabularies of fixtures end before the others. */
const tokens = ({ vocab_size }) => byteTokens().sort().slice(0, vocab_size);

const text = (config) => ({ "tokenizer.json": bytewise(tokens(config)), "tokenizer_config.json": { chat_template: TEMPLATE } });
/** Files that what is asked in this way needs and may not have, made from its configuration. */
const LACKS = {
  reads: text,
  file: text,
  looks: (config) => ({ "preprocessor_config.json": prepared((config.vision_config ?? config).image_size) }),
};

/** A byte-level tokenizer that merges nothing. */
const bytewise = (tokens) => ({
  version: "1.0",
  added_tokens: [],
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
  decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
  model: { type: "BPE", vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges: [] },
});

/** Drawn to the encoder's own size: one edge, or height and width. */
const prepared = (size) => ({
  image_processor_type: "ViTImageProcessor",
  do_resize: true,
  size: { height: [size].flat()[0], width: [size].flat().at(-1) },
  resample: 2,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.4, 0.5, 0.6],
});

/**
 * Makes what is asked: `at` is a folder for the command line, the fixture with what it lacks; `files` are those that the
 * page is given, the same ones or all of it in a GGUF file.
 */
export function complete({ name, asked }, at) {
  const from = join(fixtures, name);
  cpSync(from, at, { recursive: true });
  const there = readdirSync(from);
  const config = there.includes("config.json") && JSON.parse(readFileSync(join(from, "config.json")));
  for (const [file, text] of Object.entries(LACKS[asked]?.(config) ?? {})) {
    if (!there.includes(file)) writeFileSync(join(at, file), JSON.stringify(text));
  }
  const words = () => ({ tokens: tokens(config), template: TEMPLATE });
  return { at, files: asked === "file" ? { "model.gguf": gguf(from, words()) } : directory(at) };
}
