// Vision encoders on a picture of 224×224 in Chromium: Squint against onnxruntime-web, turn by turn.
import { stand, there } from "./stand.mjs";
import { failed, median, row, skipped } from "./table.mjs";

/** In .models, made by a script; `bars` are ratios to reach, by format and threads. */
const MODELS = [
  { name: "ViT-Ti/16 224²", folder: "vit-tiny-random", made: "vit_tiny.py", bars: { f32: { 1: 1.4, 2: 1.4 }, q8_0: { 1: 1.7, 2: 2 } }, gpuBar: 5 },
  { name: "DINOv2-S/14 224²", folder: "dinov2-small", made: "dinov2.py", bars: { f32: { 2: 1.4 }, q8_0: { 2: 2 } } },
];
const WARM = 30;
const RUNS = 20;
/** Pictures of a turn. The first one only warms again what grew cold in the other engine's turn, and is told by itself. */
const TURN = 5;
/** Of the largest number of the answer: both compute in f32, in another order. Weights in 8 bits are other weights. */
const OFF = { f32: 1e-2, q8_0: 0.15 };

/** `only` names kinds of weights, `pool` numbers of threads, where not all are wanted. */
export async function vit({ note, gpuRuns = 2, only, pool }) {
  const rows = [];
  const add = async (what, contest) => {
    note(what);
    try {
      rows.push(await contest(what));
    } catch (e) {
      rows.push(failed(what, e));
    }
  };
  for (const { name, folder, made, bars, gpuBar } of MODELS) {
    const missing = ["config.json", "model.safetensors", "model.onnx"].find((file) => !there(`.models/${folder}/${file}`));
    if (missing) {
      rows.push(skipped(name, `no .models/${folder}/${missing}: scripts/golden/${made} makes it`));
      continue;
    }
    for (const [kind, byThreads] of Object.entries(bars)) {
      for (const threads of Object.keys(byThreads).map(Number)) {
        if ((only && !only.includes(kind)) || (pool && !pool.includes(threads))) continue;
        const options = { backend: "cpu", threads, quant: kind === "f32" ? "" : { vision: kind } };
        await add(`${name} ${kind}, ${threads} thread${threads > 1 ? "s" : ""}`, (what) =>
          contest({ what, folder, options, warm: WARM, runs: RUNS, turn: TURN, off: OFF[kind], bar: byThreads[threads], note }),
        );
      }
    }
    if (gpuBar && gpuRuns)
      await add(`${name} f32, WebGPU (SwiftShader)`, (what) =>
        contest({ what, folder, options: { backend: "gpu", threads: 1 }, warm: 1, runs: gpuRuns, turn: 1, off: OFF.f32, bar: gpuBar, note }),
      );
  }
  return rows;
}

function contest({ what, folder, options, warm, runs, turn, off, bar, note }) {
  return stand({ gpu: options.backend === "gpu" }, async (enter) => {
    const squint = await enter("squint", { ...options, file: `/models/${folder}/` });
    const ort = await enter("ort", { ...options, file: `/models/${folder}/model.onnx` });
    const [times, rested] = [0, 1].map(() => ({ squint: [], ort: [] }));
    const cold = turn > 1 ? 1 : 0;
    for (let run = 0, n = 0; times.ort.length < runs; run += turn, n++) {
      const one = {};
      for (const name of n % 2 ? ["ort", "squint"] : ["squint", "ort"]) {
        one[name] = await { squint, ort }[name].encode({ run, count: turn });
        if (run < warm) continue;
        const ms = one[name].map((o) => o.ms);
        rested[name].push(...ms.slice(0, cold));
        times[name].push(...ms.slice(cold));
      }
      for (const [i, o] of one.squint.entries()) {
        const apart = distance(numbers(o.values), numbers(one.ort[i].values));
        if (!(apart <= off)) throw new Error(`answers are ${apart} apart, ${off} is of the largest number is allowed: not the same network`);
      }
      const said = (name) => `${name} ${one[name].map((o) => o.ms.toFixed(1)).join(" ")} ms`;
      if (run >= warm || options.backend === "gpu") note(`  turn ${n + 1}  ${said("squint")}  ${said("ort")}`);
    }
    const other = cold && `after a rest ${(median(rested.ort) / median(rested.squint)).toFixed(2)}×`;
    return { ...row({ what, unit: "ms", ours: times.squint, peer: times.ort, than: "onnxruntime-web f32", less: true, bar }), note: other || undefined };
  });
}

/** What `packed` made of them in the page. */
const numbers = (text) => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
const most = (values) => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
/** The largest difference, as a share of the largest number. */
const distance = (a, b) => (a.length === b.length ? most(a.map((v, i) => v - b[i])) / most(b) : Infinity);
