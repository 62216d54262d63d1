// SmolLM2 in Chromium: Squint against wllama, turn by turn; then Squint on WebGPU, where the browser computes it in
// software and wllama has no way to run.
import { statSync } from "node:fs";
import { join } from "node:path";
import { TOKENS, prompt } from "./prompts.mjs";
import { ROOT, stand, there } from "./stand.mjs";
import { failed, limit, median, row, skipped } from "./table.mjs";

const FILE = "models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";
const ANSWER = 48;
/** Runs before the measured ones: V8 compiles what is hot a second time, well into the first. */
const WARM = 3;
const BARS = { prefill: 5, decode: 3 };

export async function llm({ runs, note }) {
  if (!there(`.${FILE}`)) return [skipped("SmolLM2", `no .${FILE}: run scripts/models smollm2-135m-instruct`)];
  const rows = [];
  let cpu;
  for (const threads of [2, 1]) {
    note(`SmolLM2, Chromium, ${threads} thread${threads > 1 ? "s" : ""}`);
    const { squint, wllama } = await stand({}, (enter) => contest(enter, threads, runs, note));
    const what = (name) => `SmolLM2 Q4_1 ${name}, ${threads} thread${threads > 1 ? "s" : ""}`;
    const pick = (all, name) => all.map((one) => one[name]);
    for (const name of ["prefill", "decode"]) {
      const measured = { ours: pick(squint, name), peer: pick(wllama, name), than: "wllama", unit: "tokens/s", bar: BARS[name] };
      rows.push({ ...row({ what: what(name), ...measured }), own: { ours: own(squint, name), peer: own(wllama, name) } });
    }
    cpu ??= squint;
    const most = (1.3 * statSync(join(ROOT, `.${FILE}`)).size) / 1e6 + 64;
    rows.push(limit({ what: what("heap with KV"), unit: "MB", value: squint[0].heapBytes / 1e6, most }));
  }
  note("SmolLM2, Chromium, WebGPU in software");
  try {
    const [, ...gpu] = await stand({ gpu: true }, (enter) => alone(enter, 1));
    for (const name of ["prefill", "decode"]) {
      const ours = gpu.map((one) => one[name]);
      const share = median(ours) / median(cpu.map((one) => one[name]));
      rows.push({ ...row({ what: `SmolLM2 Q4_1 ${name}, WebGPU (SwiftShader)`, unit: "tokens/s", ours }), share, note: `${(100 * share).toFixed(0)} % of our cpu, 2 threads; ${gpu[0].same}` });
    }
    rows.push(limit({ what: "SmolLM2 Q4_1 heap, WebGPU", unit: "MB", value: gpu[0].heapBytes / 1e6, most: 128 }));
  } catch (e) {
    rows.push(failed("SmolLM2 Q4_1, WebGPU (SwiftShader)", e));
  }
  return rows;
}

const own = (all, name) => median(all.map((one) => one.own[name]));

async function contest(enter, threads, runs, note) {
  const squint = await enter("squint", { file: `/${FILE}`, backend: "cpu", threads });
  const wllama = await enter("wllama", { file: `/${FILE}`, threads });
  const build = threads === 1 ? "relaxed" : "threads";
  if (squint.loaded.threads !== threads || squint.loaded.build !== build || wllama.loaded.threads !== threads)
    throw new Error(`asked for ${threads} threads: Squint has ${squint.loaded.threads} (${squint.loaded.build}), wllama ${wllama.loaded.threads}`);
  const all = { squint: [], wllama: [] };
  for (let i = 0; i < WARM + runs; i++) {
    const ask = { prompt: prompt(i), maxTokens: ANSWER };
    // Who goes first changes: a processor that slows down when it is warm slows both down.
    const order = i % 2 ? ["wllama", "squint"] : ["squint", "wllama"];
    for (const name of order) {
      const one = await { squint, wllama }[name].answer(ask);
      if (one.promptTokens !== TOKENS || one.tokens < 40) throw new Error(`${name} read ${one.promptTokens} tokens and answered ${one.tokens}`);
      if (i >= WARM) all[name].push(one);
      note(`  ${i < WARM ? "warm-up" : `run ${i - WARM + 1}`}  ${name}  ${one.prefill.toFixed(1)} and ${one.decode.toFixed(1)} tokens/s`);
    }
  }
  return all;
}

/** Squint on WebGPU, and beside it f32 activations on the cpu: the same answer as far as their arithmetic agrees. */
async function alone(enter, runs) {
  const gpu = await enter("squint", { file: `/${FILE}`, backend: "gpu" });
  const out = [];
  for (let i = 0; i <= runs; i++) out.push(await gpu.answer({ prompt: prompt(i), maxTokens: ANSWER }));
  await gpu.close();
  const cpu = await enter("squint", { file: `/${FILE}`, backend: "cpu", threads: 2, exact: true });
  for (let i = 0; i <= runs; i++) {
    const { text } = await cpu.answer({ prompt: prompt(i), maxTokens: ANSWER });
    let same = 0;
    while (same < text.length && text[same] === out[i].text[same]) same++;
    out[i].same = same === text.length ? "same answer as cpu" : `${same} of ${text.length} characters as cpu`;
  }
  return out;
}
