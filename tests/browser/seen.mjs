// What stories of seeing show and ask: directories of small random models, pictures, and a large one made here.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const fixtures = new URL("../fixtures/", import.meta.url).pathname;

export const MODELS = ["llava-clip-llama", "smolvlm-sharded", "mobilevlm-v2"];
export const folder = (name) => join(fixtures, "seeing", name);
/** Models in two files, the second an mmproj as llama.cpp writes it. */
export const PAIRS = ["llava-siglip-layers", "idefics3", "mobilevlm-v2"];
export const pair = (name) => join(fixtures, "mmproj", name);
/** Encoders that stand alone, and where they lie in the fixtures. */
export const ENCODERS = { "clip-whole": "encoders/clip-whole", dinov2: "encoders/dinov2", "vit-classes": "vit" };
export const standing = (name) => join(fixtures, ENCODERS[name]);
/** An encoder without classes. */
export const encoder = join(fixtures, "encoders/dinov2");
export const path = (name) => join(fixtures, "pictures", name);

/** How far a value may be off: sums in another order. */
export const OFF = { cpu: 1e-4, gpu: 1e-3 };

/** By how much numbers differ, as a share of what they should be. */
export function off(got, want) {
  const length = (of) => Math.sqrt(of.reduce((sum, v) => sum + v * v, 0));
  return length(got.map((v, i) => v - want[i])) / length(want);
}

/** Files of a folder by name, some of them changed. */
export function directory(at, change = {}) {
  const names = readdirSync(at).filter((name) => !["golden.json", "shown.json"].includes(name));
  return Object.fromEntries(names.map((name) => [name, change[name]?.(readFileSync(join(at, name))) ?? readFileSync(join(at, name))]));
}

/** SmolVLM's files with pictures in thousands of tiles: long enough in every stage to be stopped there. */
export const tiled = () =>
  directory(folder("smolvlm-sharded"), {
    "processor_config.json": (bytes) => {
      const config = JSON.parse(bytes);
      config.image_processor.size.longest_edge = 4096;
      return Buffer.from(JSON.stringify(config));
    },
  });

/** A BMP of waves. */
export function bmp(width, height) {
  const row = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + row * height);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  for (const [at, n] of [[10, 54], [14, 40], [18, width], [22, height]]) file.writeUInt32LE(n, at);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 54 + y * row + x * 3;
      for (let c = 0; c < 3; c++) file[at + c] = 128 + 127 * Math.sin((x * (c + 1) + y * (3 - c)) / 40);
    }
  }
  return file;
}

/** Put before the worker's own code: told to, it loses the device it asked for last. */
export const FRAIL = `
const ask = self.GPUAdapter?.prototype.requestDevice;
self.devices = [];
if (ask) GPUAdapter.prototype.requestDevice = async function (...how) {
  const device = await ask.apply(this, how);
  self.devices.push(device);
  return device;
};
self.addEventListener("message", (event) => {
  if (event.data?.lose === undefined) return;
  event.stopImmediatePropagation();
  self.devices.at(-1)?.destroy();
});
`;
