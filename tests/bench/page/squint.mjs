// Squint as a page uses it. Loaded into a blank page; the bench calls what is exported.
import { Squint } from "/squint.js";
import { clock, fetched, rest } from "./clock.mjs";
import { turn } from "./turn.mjs";

let squint;

/** `file` is the address of one file, or of a directory, ending in /. */
export async function load({ file, backend, threads, quant, exact }) {
  squint = await Squint.create({ backend, threads });
  const model = file.endsWith("/") ? file : await fetched(file);
  return squint.load({ model, quant, exact });
}

export async function answer({ prompt, maxTokens }) {
  await rest();
  const stamps = clock();
  let text = "";
  for await (const e of squint.generate({ prompt, raw: true, maxTokens })) {
    if (e.type !== "token") continue;
    stamps.token();
    text += e.text;
  }
  const m = squint.meter;
  if (m.reusedTokens) throw new Error(`${m.reusedTokens} tokens of the prompt were known already: nothing was measured`);
  const own = { prefill: (m.promptTokens / m.promptMs) * 1e3, decode: ((m.generatedTokens - 1) / m.decodeMs) * 1e3 };
  return { ...stamps.speeds(m.promptTokens, m.generatedTokens), own, text, heapBytes: m.heapBytes, build: m.build };
}

export const encode = ({ run, count }) =>
  turn(run, count, (pixels) => {
    const side = Math.sqrt(pixels.length / 3);
    return { ask: () => squint.encode({ pixels, height: side, width: side }), values: (out) => out.values };
  });
