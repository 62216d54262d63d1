// ViT-Ti/16 on a picture of 224×224 in Chromium: Squint against onnxruntime-web, turn by turn.
import { stand, there } from "./stand.mjs";
import { failed, row, skipped } from "./table.mjs";

const FOLDER = "models/vit-tiny-random";
const WARM = 30;
const RUNS = 20;
/** Of one number of the answer: both compute in f32, in another order. */
const OFF = 1e-2;
/** Weights in 8 bits are other weights, by about one part in a hundred. */
const OFF_Q8 = 0.1;
/** Ratios to reach, by format and threads. */
const BARS = { f32: { 1: 1.4, 2: 1.4 }, q8_0: { 1: 1.7, 2: 2 } };
const GPU_BAR = 5;

export async function vit({ note, gpuRuns = 2 }) {
  for (const name of ["config.json", "model.safetensors", "model.onnx"])
    if (!there(`.${FOLDER}/${name}`)) return [skipped("ViT-Ti/16 224²", `no .${FOLDER}/${name}: scripts/golden/vit_tiny.py makes it`)];
  const rows = [];
  const add = async (what, contest) => {
    note(what);
    try {
      rows.push(await contest(what));
    } catch (e) {
      rows.push(failed(what, e));
    }
  };
  for (const threads of [1, 2]) {
    for (const kind of ["f32", "q8_0"]) {
      const options = { backend: "cpu", threads, quant: kind === "f32" ? "" : { vision: kind } };
      await add(`ViT-Ti/16 224² ${kind}, ${threads} thread${threads > 1 ? "s" : ""}`, (what) =>
        contest({ what, options, warm: WARM, runs: RUNS, off: kind === "f32" ? OFF : OFF_Q8, bar: BARS[kind][threads], note }),
      );
    }
  }
  await add("ViT-Ti/16 224² f32, WebGPU (SwiftShader)", (what) =>
    contest({ what, options: { backend: "gpu", threads: 1 }, warm: 1, runs: gpuRuns, off: OFF, bar: GPU_BAR, note }),
  );
  return rows;
}

function contest({ what, options, warm, runs, off, bar, note }) {
  return stand({ gpu: options.backend === "gpu" }, async (enter) => {
    const squint = await enter("squint", { ...options, file: `/${FOLDER}/` });
    const ort = await enter("ort", { ...options, file: `/${FOLDER}/model.onnx` });
    const times = { squint: [], ort: [] };
    for (let i = 0; i < warm + runs; i++) {
      const one = {};
      for (const name of i % 2 ? ["ort", "squint"] : ["squint", "ort"]) {
        one[name] = await { squint, ort }[name].encode({ run: i });
        if (i >= warm) times[name].push(one[name].ms);
      }
      const apart = distance(one.squint.values, one.ort.values);
      if (!(apart <= off)) throw new Error(`answers are ${apart} apart, ${off} is allowed: not the same network`);
      if (i >= warm || options.backend === "gpu") note(`  run ${i + 1}  squint ${one.squint.ms.toFixed(1)} ms  ort ${one.ort.ms.toFixed(1)} ms`);
    }
    return row({ what, unit: "ms", ours: times.squint, peer: times.ort, than: "onnxruntime-web f32", less: true, bar });
  });
}

const distance = (a, b) => (a.length === b.length ? a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0) : Infinity);
