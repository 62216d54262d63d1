// Vision encoders on a picture of 224×224 in Chromium: Squint with weights of several kinds against onnxruntime-web, all in
// the same turns.
import { stand, there } from "./stand.mjs";
import { failed, median, row, skipped } from "./table.mjs";

/** In .models, made by a script; `bars` are ratios to reach, by threads and kind of weights. */
const MODELS = [
  {
    name: "ViT-Ti/16 224²",
    folder: "vit-tiny-random",
    made: "vit_tiny.py",
    bars: { 1: { f32: 1.4, q8_0: 1.7 }, 2: { f32: 1.4, q8_0: 2 } },
    gpuBar: 5,
  },
  { name: "DINOv2-S/14 224²", folder: "dinov2-small", made: "dinov2.py", bars: { 2: { f32: 1.4, q8_0: 2 } } },
];
const WARM = 30;
const RUNS = 20;
/** Pictures of a turn. The first one only warms again what grew cold in the others' turns, and is told by itself. */
const TURN = 5;
/** Of the largest number of the answer: both compute in f32, in another order. Weights in 8 bits are other weights. */
const OFF = { f32: 1e-2, q8_0: 0.15 };
const PEER = "onnxruntime-web f32";

/** `only` names models by their folders, `pool` numbers of threads, where not all are wanted. */
export async function vit({ note, gpuRuns = 2, only, pool }) {
  const rows = [];
  const add = async (what, options) => {
    note(what);
    try {
      rows.push(...(await contest({ what, note, ...options })));
    } catch (e) {
      rows.push(failed(what, e));
    }
  };
  for (const { name, folder, made, bars, gpuBar } of MODELS) {
    if (only && !only.includes(folder)) continue;
    const missing = ["config.json", "model.safetensors", "model.onnx"].find((file) => !there(`.models/${folder}/${file}`));
    if (missing) {
      rows.push(skipped(name, `no .models/${folder}/${missing}: scripts/golden/${made} makes it`));
      continue;
    }
    for (const threads of Object.keys(bars).map(Number)) {
      if (pool && !pool.includes(threads)) continue;
      const what = `${name}, ${threads} thread${threads > 1 ? "s" : ""}`;
      await add(what, { folder, how: { backend: "cpu", threads }, bars: bars[threads], warm: WARM, runs: RUNS, turn: TURN });
    }
    if (gpuBar && gpuRuns)
      await add(`${name}, WebGPU (SwiftShader)`, {
        folder, how: { backend: "gpu", threads: 1 }, bars: { f32: gpuBar }, warm: 1, runs: gpuRuns, turn: 1,
      });
  }
  return rows;
}

/** A row for each kind of weights that has a bar. */
function contest({ what, folder, how, bars, warm, runs, turn, note }) {
  return stand({ gpu: how.backend === "gpu" }, async (enter) => {
    const kinds = Object.keys(bars);
    const engines = { ort: await enter("ort", { ...how, file: `/models/${folder}/model.onnx` }) };
    for (const kind of kinds)
      engines[kind] = await enter("squint", { ...how, file: `/models/${folder}/`, quant: kind === "f32" ? "" : { vision: kind } });
    const names = Object.keys(engines);
    const [times, rested] = [0, 1].map(() => Object.fromEntries(names.map((name) => [name, []])));
    const cold = turn > 1 ? 1 : 0;
    for (let run = 0, n = 0; times.ort.length < runs; run += turn, n++) {
      const one = {};
      for (const name of n % 2 ? names.toReversed() : names) {
        one[name] = await engines[name].encode({ run, count: turn });
        if (run < warm) continue;
        const ms = one[name].map((o) => o.ms);
        rested[name].push(...ms.slice(0, cold));
        times[name].push(...ms.slice(cold));
      }
      for (const kind of kinds)
        for (const [i, o] of one[kind].entries()) {
          const apart = distance(numbers(o.values), numbers(one.ort[i].values));
          if (!(apart <= OFF[kind]))
            throw new Error(`answers in ${kind} are ${apart} apart, ${OFF[kind]} of the largest number is allowed: not the same network`);
        }
      const said = (name) => `${name} ${one[name].map((o) => o.ms.toFixed(1)).join(" ")} ms`;
      if (run >= warm || how.backend === "gpu") note(`  turn ${n + 1}  ${names.map(said).join("  ")}`);
    }
    return kinds.map((kind) => {
      const other = cold && `after a rest ${(median(rested.ort) / median(rested[kind])).toFixed(2)}×`;
      const ratio = { ours: times[kind], peer: times.ort, than: PEER, less: true, bar: bars[kind] };
      return { ...row({ what: what.replace(",", ` ${kind},`), unit: "ms", ...ratio }), note: other || undefined };
    });
  });
}

/** What `packed` made of them in the page. */
const numbers = (text) => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
const most = (values) => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
/** The largest difference, as a share of the largest number. */
const distance = (a, b) => (a.length === b.length ? most(a.map((v, i) => v - b[i])) / most(b) : Infinity);
