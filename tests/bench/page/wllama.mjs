// wllama, llama.cpp's build for browsers.
import { Wllama, LoggerWithoutDebug } from "/peers/@wllama/wllama/esm/index.js";
import { clock, fetched, rest } from "./clock.mjs";

let wllama;

export async function load({ file, threads }) {
  const wasm = { default: "/peers/@wllama/wllama/esm/wasm/wllama.wasm" };
  wllama = new Wllama(wasm, { logger: LoggerWithoutDebug, suppressNativeLog: true });
  await wllama.loadModel([await fetched(file)], { n_ctx: 1024, n_threads: threads, n_gpu_layers: 0, n_parallel: 1 });
  return { threads: wllama.getNumThreads() };
}

export async function answer({ prompt, maxTokens }) {
  await rest();
  const stamps = clock();
  let text = "";
  let timings;
  await wllama.createCompletion({
    prompt,
    max_tokens: maxTokens,
    temperature: 0,
    ignore_eos: true,
    cache_prompt: false,
    stream: true,
    onData(chunk) {
      timings = chunk.timings ?? timings;
      if (!chunk.choices?.[0]?.text) return;
      stamps.token();
      text += chunk.choices[0].text;
    },
  });
  if (timings.cache_n) throw new Error(`${timings.cache_n} tokens of the prompt were known already: nothing was measured`);
  const own = { prefill: timings.prompt_per_second, decode: timings.predicted_per_second };
  return { ...stamps.speeds(timings.prompt_n, timings.predicted_n), own, text };
}
