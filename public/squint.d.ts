/** Squint: language models, those that see, and vision encoders on the visitor's own device. Nothing they ask or show
 * leaves it. */

export type Backend = "auto" | "cpu" | "gpu" | "reference";

export interface CreateOptions {
  /** Which backend models run on; `auto` is the faster of those that compute right on this device. */
  backend?: Backend;
  /** Threads of the cpu backend. More than one needs a page that is cross-origin isolated. */
  threads?: number;
  /** Forces a build of the engine. */
  build?: "simd" | "relaxed" | "threads";
  /** For pages of another origin than Squint's: browsers start workers of the page's own origin only, so the page has a
   * file of its own with the one line `import "https://…/worker.js";`, and this is its address. Squint's host has to
   * allow it (`Access-Control-Allow-Origin`), and the page's policy, if any, names that host in `script-src`,
   * `worker-src` and `connect-src`. Such a worker has one thread. */
  workerUrl?: string | URL;
  /** Hears that the worker was lost and another one stands in its place: it stopped, or said nothing for 2 seconds after
   * an abort or for 10 seconds of work. What was under way fails with the same error. The model comes again by itself,
   * from where it is kept, and tells the `onProgress` of its `load`; the next call waits for it. */
  onFault?: (fault: SquintError) => void;
}

export interface Progress {
  /** `download` from the network, `cache` from an earlier download, `memory` where there is no room to keep it,
   * `upload` into the backend; `look` at parts of a picture. */
  step: "download" | "cache" | "memory" | "upload" | "look";
  done: number;
  /** Bytes, or parts; equal to `done` where the server does not say. Of weights in several files, all of them together. */
  total: number;
}

export interface LoadOptions {
  /** A model of this site by name, the address of a .gguf file or of a Hugging Face directory (ending in /), or files. */
  model: string | URL | Blob | File[];
  /** For a model in a .gguf file: the file with its encoder and projector, as llama.cpp publishes them. Of several files in
   * `model` it is the one with mmproj in its name. */
  mmproj?: string | URL | Blob;
  /** Hexadecimal; the download is refused if it is another file. */
  sha256?: string;
  onProgress?: (progress: Progress) => void;
  /** Tokens of prompt and answer together; 1024, 2048 where the model sees, or its most where that is less. More than its most is refused. */
  context?: number;
  /** Edge of what the encoder of a model that sees is shown, or of the longer side before it cuts a picture into tiles. */
  resolution?: number;
  /** Show all of a picture at once, where the model would cut it into tiles: far fewer tokens, and less detail. */
  whole?: boolean;
  /**
   * Formats to convert to, as `{ language: "q4_0", kv: "f32" }`, of a model that sees also `vision` and `projector`, of a
   * vision encoder `{ vision: "q8_0" }`. With `activations` "f16" or "q8_0" a GPU rounds those, too, where it gains speed by it; by itself it rounds nothing.
   */
  quant?: string | Record<string, string>;
  /** Keep activations and caches in f32. */
  exact?: boolean;
  backend?: Backend;
  signal?: AbortSignal;
}

export interface Loaded {
  family: string;
  /** Whether it can be asked about pictures. */
  sees: boolean;
  /** Tokens of prompt and answer together; 0 where the model reads no text. */
  context: number;
  backend: string;
  /** Why it is that backend. */
  because: string;
  device: string;
  threads: number;
  build: string;
  /** What was asked for and could not be had, in words: formats that a matrix cannot be packed into. */
  notes: string[];
  ms: number;
}

/**
 * A picture. Files and what addresses name (PNG, JPEG, WebP, GIF, BMP) are decoded by Squint itself, the same everywhere;
 * what the page has decoded already is taken pixel by pixel, as the browser made it.
 */
export type Picture = Blob | string | URL | ImageData | ImageBitmap | HTMLCanvasElement | OffscreenCanvas | HTMLImageElement;

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
  /** Shown before the text. */
  image?: Picture | Picture[];
}

export interface GenerateOptions {
  /** One question; or `messages`. */
  prompt?: string;
  messages?: Message[];
  /** What the question is about, for models that see: before the prompt, or before the last question of `messages`. The same
   * pictures asked about again are not looked at again. */
  image?: Picture | Picture[];
  /** Give the prompt as it is, without the model's chat template. It has `<image>` where each picture stands. */
  raw?: boolean;
  /** 128 */
  maxTokens?: number;
  /** 0, which always takes the likeliest token. */
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  repeatPenalty?: number;
  seed?: number;
  /** Texts that end the answer. */
  stop?: string | string[];
  signal?: AbortSignal;
}

/** A picture, which is shown as the processor beside the encoder says, or its numbers. */
export interface EncodeOptions {
  image?: Picture;
  /** Of the model's own size: rows from the top, red, green and blue of a pixel side by side, normalised as it was
   * trained. */
  pixels?: ArrayLike<number>;
  /** Of `pixels`, where they are not of the model's own size: its positions are stretched. */
  height?: number;
  width?: number;
  /** Edge of what the encoder is shown of an image, where it is not as its processor says. */
  resolution?: number;
  /** Show all of an image at once, where its processor would cut it into tiles. */
  whole?: boolean;
  /**
   * Cut the image, and look at every part: `uhd` (LLaVA-UHD's slices), `s2` (S2's scales, row beside row) or
   * `4khd` (InternLM-XComposer2-4KHD's squares); `uhd=9` says how many at most, `s2=3` how many scales. Parts are as large
   * as the image would be, so `resolution` counts for each.
   */
  cut?: string;
  /** The rows before its head, where a model is a classifier. */
  hidden?: boolean;
  /** The one row that stands for the picture. */
  pooled?: boolean;
  /** The rows after so many layers: 0 is what goes into the first, -1 what the last one makes. */
  layer?: number;
  /** Rows of patches only. */
  patches?: boolean;
  /** A second encoder that looks at the same image, as `load` takes a model: brought when it is asked for first, onto the
   * device of the first and in the formats that its `load` asked for, and kept until another one, or another model, is. */
  with?: LoadOptions["model"];
  /** Edge of what the second encoder is shown. */
  withResolution?: number;
  /** Rows of both beside each other, as rows of more channels (the default), or under each other. */
  join?: "channels" | "rows";
  /** Bytes of the second encoder, and how many parts of an image have been looked at. */
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export interface Encoded {
  /** Rows and numbers of a row: a classifier's logits are one row; an encoder without classes gives its rows. */
  shape: [number, number];
  values: Float32Array;
  /** From the picture to the values, in milliseconds. */
  ms: number;
  /** The same picture was shown before, and nothing ran. */
  reused: boolean;
  /** Height and width of everything that was looked at. */
  views: [number, number][];
  /** `preprocess`, where there was an image, and `vision`: all views of all encoders together. */
  stages: Stage[];
  /** The most that the backend has held since the model came. */
  peakBytes: number;
}

/** What a part of an answer took. */
export interface Stage {
  name: string;
  ms: number;
  tokensIn: number;
  tokensOut: number;
  flops: number;
  bytes: number;
  /** Nothing ran: what it makes was there already. */
  reused: boolean;
}

/** On what terms published weights can be had. Squint hosts none of them. */
export interface Terms {
  name: string;
  /** Any use is allowed; if not, some are excluded. */
  permissive: boolean;
  /** They are given to people who sign in and agree only. */
  gated: boolean;
  /** The page of the weights. */
  link: string;
  /** The licence itself. */
  text: string;
  /** What is to be known besides; empty where that is all. */
  note: string;
}

/** Facts about a model that sees, with where they are from. */
export interface Card {
  /** Encoder, projector, language model. */
  parts: [string, string, string];
  /** How a picture becomes views, and how a question is written. */
  preprocess: string;
  template: string;
  /** Edge of a view in pixels. */
  resolution: number;
  /** Views of a square picture; rows of one before the projector and after it. */
  views: number;
  tokens: [number, number];
  /** What its authors measured, and where they say so. */
  claims: string;
  source: string;
  /** What Squint's recipe was held against. */
  oracle: string;
  licence: Terms;
}

/** Null is what Squint does not know: of models that it has no name for, look where they are from. */
export interface About {
  card: Card | null;
  licence: Terms | null;
}

export interface Published {
  name: string;
  /** It sees pictures and reads; only looks, as an encoder; or only reads. */
  kind: "sees" | "looks" | "reads";
  licence: Terms;
}

export interface EstimateOptions {
  /** A published name, or the address of a directory or its files, of which the small ones with its sizes are read. */
  model: string | URL | File[];
  /** Of text: 64. */
  promptTokens?: number;
  /** Of the answer: 32. */
  maxTokens?: number;
  context?: number;
  /** Format of the file's matrices, where its configuration does not say it. */
  file?: string;
  quant?: LoadOptions["quant"];
  backend?: Backend;
  /** Edge of what an encoder is shown; where the model cuts pictures into tiles, their longer edge before that. */
  resolution?: number;
  /** All of a picture at once, without tiles. */
  whole?: boolean;
  /** Views that pictures become, for a model that sees: without it, those of one of `height` and `width`, or a
   * square one. */
  views?: number;
  /** Tokens of the prompt that stand before the picture. */
  before?: number;
  /** Of an encoder that stands alone, as `encode` takes them; the picture that is cut has a height and a width, or becomes as
   * many parts as it may. */
  layer?: number;
  hidden?: boolean;
  patches?: boolean;
  cut?: string;
  height?: number;
  width?: number;
  with?: EstimateOptions["model"];
  withResolution?: number;
  join?: "channels" | "rows";
  signal?: AbortSignal;
}

export interface Estimate extends About {
  /** What is known of the second encoder, where one was asked for. */
  with: About | null;
  stages: { name: string; tokensIn: number; tokensOut: number; flops: number; bytes: number; dispatches: number }[];
  weightBytes: number;
  kvBytes: number;
  /** What the backend would hold at most. */
  peakBytes: number;
  /** What the file's matrices are taken to be in. */
  file: string;
  /** Formats that cannot be had, in words. */
  notes: string[];
}

/** One meaning per number. Times are of this answer alone, wall clock, in milliseconds. */
export interface Meter {
  promptTokens: number;
  /** Of these, tokens that an earlier question had brought into the caches. */
  reusedTokens: number;
  /** To prepare, encode and project the pictures; reading and decoding their files is in `ttftMs` only. */
  visionMs: number;
  promptMs: number;
  /** From the question to the first token. */
  ttftMs: number;
  generatedTokens: number;
  /** From the first token to the last. */
  decodeMs: number;
  gpuBytes: number;
  /** Memory of the engine's module, which never shrinks. */
  heapBytes: number;
  backend: string;
  threads: number;
  build: string;
}

export type Event =
  | { type: "token"; id: number; text: string }
  /** `preprocess`, `vision` and `project` where a picture was shown, then `prefill` and `decode`. */
  | ({ type: "stage" } & Stage)
  | ({ type: "meter" } & Meter)
  | { type: "done"; ids: number[]; text: string; reason: "eos" | "length" | "stop" | "abort" };

export class SquintError extends Error {
  /** Stable and short. */
  code: string;
  what: string;
  hint: string;
}

export class Squint {
  static create(options?: CreateOptions): Promise<Squint>;
  /** A load that another one follows before it is done fails with the code `replaced`. */
  load(options: LoadOptions): Promise<Loaded>;
  /** One answer at a time: whoever asks meanwhile hears the code `busy`. */
  generate(options: GenerateOptions): AsyncGenerator<Event, void, void>;
  /** Shows a picture to a vision encoder. A signal that is aborted ends the work between two parts at the latest. */
  encode(options: EncodeOptions): Promise<Encoded>;
  /** What is known of a model before it is downloaded: by its published name, or by the address of its files. */
  about(model: string | URL): Promise<About>;
  /** The models that are known by name. */
  published(): Promise<Published[]>;
  /** What a run would cost, and on what terms the model can be had; none of its weights is downloaded. */
  estimate(options: EstimateOptions): Promise<Estimate>;
  /** Every op on every backend of this device against its definition. */
  probe(onRow?: (row: Record<string, unknown>) => void): Promise<Record<string, unknown>>;
  readonly meter: Meter | null;
  readonly loaded: Loaded | null;
  dispose(): Promise<void>;
}
