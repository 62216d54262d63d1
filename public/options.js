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

export function known(call, options = {}) {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || KNOWN[call].includes(name)) continue;
    const what = `'${name}' is no option of ${call}`;
    throw new SquintError({ code: "option", what, hint: `there are ${KNOWN[call].join(", ")}` });
  }
}
