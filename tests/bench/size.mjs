// What a visitor downloads before any model: the worker, gzipped as hosts send it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT, there } from "./stand.mjs";
import { limit, skipped } from "./table.mjs";

const PEERS = {
  wllama: "@wllama/wllama/esm/wasm/wllama.wasm",
  "onnxruntime-web": "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
  "onnxruntime-web with WebGPU": "onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm",
};

const gzipped = (path) => gzipSync(readFileSync(join(ROOT, path)), { level: 9 }).length / 1e6;

export function size() {
  const peers = Object.entries(PEERS).map(([name, path]) => [name, `tests/bench/node_modules/${path}`]).filter(([, path]) => there(path));
  const note = peers.map(([name, path]) => `${name} ${gzipped(path).toFixed(1)}`).join(", ");
  return ["relaxed", "threads"].map((build) => {
    const path = `web/pkg/worker/${build}/squint_worker_bg.wasm`;
    if (!there(path)) return skipped(`worker, ${build}`, `no ${path}`);
    return { ...limit({ what: `worker, ${build}, gzipped`, unit: "MB", value: gzipped(path), most: 1.8 }), note };
  });
}
