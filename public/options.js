// What may be asked for, by name: an option that is not known, a mistyped one as much as one of another version, would
// otherwise be passed over without a word.

import { SquintError } from "./error.js";

const KNOWN = {
  create: ["backend", "threads", "build", "workerUrl", "onFault"],
  load: [
    "model", "mmproj", "sha256", "onProgress", "context", "resolution", "whole", "quant", "exact", "backend", "signal",
  ],
  generate: [
    "prompt", "messages", "image", "raw", "maxTokens", "temperature", "topK", "topP", "minP", "repeatPenalty", "seed",
    "stop", "signal",
  ],
  encode: [
    "image", "pixels", "height", "width", "resolution", "whole", "cut", "hidden", "pooled", "layer", "patches", "with",
    "withResolution", "join", "onProgress", "signal",
  ],
  estimate: [
    "model", "promptTokens", "maxTokens", "context", "file", "quant", "backend", "resolution", "whole", "layer",
    "hidden", "patches", "views", "before", "cut", "height", "width", "with", "withResolution", "join", "signal",
  ],
  message: ["role", "content", "image"],
};

const thing = (value) => typeof value === "object" && value !== null;
const whole = (least) => (value) => Number.isSafeInteger(value) && value >= least;
const called = (value) => typeof value === "function";
const perhaps = (fits) => (value) => value === null || fits(value);

/** What some of them have to be, for people and as a test; of all others the engine says it. */
const KINDS = {
  signal: ["an AbortSignal", perhaps((value) => value instanceof AbortSignal)],
  onProgress: ["a function", perhaps(called)],
  onFault: ["a function", perhaps(called)],
  messages: ["a list of {role, content, image}", perhaps((value) => Array.isArray(value) && value.every(thing))],
  pixels: ["a list of numbers", perhaps((value) => value instanceof Float32Array || Array.isArray(value))],
  quant: ["a text, or formats by parts", (value) => typeof value === "string" || thing(value)],
  join: ["channels or rows", (value) => typeof value === "string" && value !== ""],
  threads: ["a whole number, 0 for as many as there are", whole(0)],
  build: ["threads, relaxed or simd", (value) => ["threads", "relaxed", "simd"].includes(value)],
  height: ["a whole number from 1 up", whole(1)],
  width: ["a whole number from 1 up", whole(1)],
};

/** Calls that mean nothing without it. */
const NEEDS = { load: "model", estimate: "model" };

const refuse = (what, hint) => {
  throw new SquintError({ code: "option", what, hint });
};

export function known(call, options) {
  if (!thing(options)) refuse(`${call} was given ${options} for its options`, `give an object with ${KNOWN[call].join(", ")}`);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!KNOWN[call].includes(name)) refuse(`'${name}' is no option of ${call}`, `there are ${KNOWN[call].join(", ")}`);
    const [kind, fits] = KINDS[name] ?? [];
    if (fits && !fits(value)) refuse(`'${name}' of ${call} cannot be ${JSON.stringify(value)}`, `it is ${kind}`);
  }
  const need = NEEDS[call];
  if (need && (options[need] ?? undefined) === undefined) refuse(`${call} was asked without a ${need}`, "say which one");
  const { height, width } = options;
  if ((height === undefined) !== (width === undefined)) refuse("half the size of a picture", "give height and width, or neither");
}
