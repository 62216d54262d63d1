// onnxruntime-web. Its smallest build for the CPU, the one with its GPU provider for WebGPU.
import { fetched } from "./clock.mjs";
import { turn } from "./turn.mjs";

let ort, session;

export async function load({ file, backend, threads }) {
  const name = backend === "gpu" ? "ort.webgpu.min.mjs" : "ort.wasm.min.mjs";
  ort = await import(`/peers/onnxruntime-web/dist/${name}`);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const bytes = new Uint8Array(await (await fetched(file)).arrayBuffer());
  session = await ort.InferenceSession.create(bytes, { executionProviders: [backend === "gpu" ? "webgpu" : "wasm"] });
  return { threads };
}

/** The model wants channels first. */
export const encode = ({ run, count }) =>
  turn(run, count, (pixels) => {
    const side = Math.sqrt(pixels.length / 3);
    const planes = new Float32Array(pixels.length);
    for (let i = 0; i < side * side; i++) for (let c = 0; c < 3; c++) planes[c * side * side + i] = pixels[3 * i + c];
    const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", planes, [1, 3, side, side]) };
    const ask = async () => (await session.run(feeds))[session.outputNames[0]].getData();
    return { ask, values: (out) => out };
  });
