// The Web Worker's own code: picks the best build of the engine this browser can run, loads it, hands it messages, and
// brings the files of a model beside them.
// Answers pings itself, so that the page can tell a busy worker from a lost one.
// `?build=simd|relaxed|threads` forces a build, `?threads=n` the size of the pool.

import { Fault, check, forget, get } from "./store.js";

const asked = new URL(self.location.href).searchParams;

// (module (func (result v128) … i8x16.relaxed_swizzle)): valid only where relaxed SIMD exists.
const RELAXED = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
]);

const BUILDS = ["threads", "relaxed", "simd"];
/** Longest wait for the thread pool: where a policy forbids its workers, they fail without a word. */
const POOL_MS = 10_000;

/** Builds this browser can run, the best first. */
function builds() {
  if (BUILDS.includes(asked.get("build"))) return [asked.get("build")];
  const relaxed = WebAssembly.validate(RELAXED);
  const shared =
    self.crossOriginIsolated && typeof SharedArrayBuffer === "function" && typeof Atomics.waitAsync === "function";
  return [...(relaxed && shared ? ["threads"] : []), ...(relaxed ? ["relaxed"] : []), "simd"];
}

/** Shared memory with the largest maximum the browser grants: 4, 2 or 1 GiB. */
function sharedMemory() {
  for (const maximum of [65536, 32768, 16384]) {
    try {
      return new WebAssembly.Memory({ initial: 256, maximum, shared: true });
    } catch {
      // Less address space on this device: ask for less.
    }
  }
  throw new RangeError("no shared memory of 1 GiB can be had");
}

async function load(build) {
  const engine = await import(`./worker/${build}/squint_worker.js`);
  let threads = 1;
  if (build === "threads") {
    await engine.default({ memory: sharedMemory() });
    const wished = Number(asked.get("threads")) || navigator.hardwareConcurrency || 1;
    threads = Math.max(1, Math.min(64, Math.trunc(wished)));
    let timer;
    const late = new Promise((_, no) => (timer = setTimeout(() => no(new Error("its threads did not start")), POOL_MS)));
    // This worker is one of them.
    if (threads > 1) await Promise.race([engine.initThreadPool(threads - 1), late]);
    clearTimeout(timer);
  } else {
    await engine.default();
  }
  engine.start(threads);
  return engine;
}

function fault(code, what, hint, run = 0) {
  self.postMessage({ run, news: { fault: { code, what, hint } } });
}

async function first() {
  const tried = [];
  for (const build of builds()) {
    try {
      return await load(build);
    } catch (e) {
      tried.push(`${build}: ${e}`);
    }
  }
  fault("worker_load", `the engine could not be loaded (${tried.join("; ")})`, "use a browser with WebAssembly SIMD, and reload the page");
  return null;
}

// The engine stops dead where it runs out of memory or stack; the run it was at would say nothing for ever.
self.addEventListener("unhandledrejection", ({ reason }) => fault("worker_error", `the worker stopped: ${reason}`, "restart the worker"));

const engine = first();

self.onmessage = async ({ data }) => {
  if (data && data.ping !== undefined) {
    self.postMessage({ pong: data.ping });
    return;
  }
  const made = await engine;
  if (!made) return;
  if (data?.ask?.stop !== undefined) downloads.get(data.ask.stop)?.abort();
  if (data?.from) {
    const stop = new AbortController();
    downloads.set(data.run, stop);
    try {
      const tell = (loading) => self.postMessage({ run: data.run, news: { loading } });
      if (data.ask.load) data.files = await files(data.from, made, stop.signal, tell);
      if (data.ask.estimate) [data.files, data.with_files] = await Promise.all(data.from.map((from) => sizes(from, stop.signal)));
    } catch (e) {
      if (!stop.signal.aborted) fault(e.code ?? "download", e.what ?? String(e), e.hint ?? "try again", data.run);
      return;
    } finally {
      downloads.delete(data.run);
    }
    if (stop.signal.aborted) return;
  }
  made.receive(data);
};

/** Downloads under way, by run. */
const downloads = new Map();

/** Files of a Hugging Face directory besides its weights; only the first must be there. */
const BESIDE = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "generation_config.json",
  "chat_template.jinja",
  "chat_template.json",
  "preprocessor_config.json",
  "processor_config.json",
];

/** Blobs by name, from what the visitor gave: files, one address, or the address of a directory; and an eye beside. */
async function files({ mmproj, ...model }, made, signal, tell) {
  const out = await parts(model, made, signal, tell);
  if (!mmproj) return out;
  const names = Object.keys(out);
  if (names.length > 1) throw new Fault("mmproj", "there is a mmproj beside a model of several files", "give the model as one .gguf file, or leave the mmproj out");
  const before = out[names[0]].size;
  const both = ({ step, done, total }) => tell({ step, done: before + done, total: before + total });
  for (const [name, blob] of Object.entries(await parts(mmproj, made, signal, both))) {
    // The engine knows it by its name, and files may be called anything.
    out[name.includes("mmproj") ? name : `mmproj ${name}`] = blob;
  }
  return out;
}

/** Those of a directory that say what is in it, and how pictures are shown; no weights. */
const SIZES = ["config.json", "preprocessor_config.json", "processor_config.json"];

async function sizes(from, signal) {
  if (!from) return {};
  if (from.files) {
    const all = Object.fromEntries(from.files.filter((f) => SIZES.includes(f.name)).map((f) => [f.name, f]));
    if (!all[SIZES[0]]) throw new Fault("missing", `there is no ${SIZES[0]}`, "give the files of a directory, or a published name");
    return all;
  }
  if (!from.url.endsWith("/")) {
    throw new Fault("estimate", "of one file nothing is known before it is there", "give the address of a directory, which ends with /, or a published name");
  }
  const all = SIZES.map(async (name, i) => [name, await get(new URL(name, from.url).href, { signal, optional: i > 0 })]);
  return Object.fromEntries((await Promise.all(all)).filter(([, blob]) => blob));
}

async function parts({ files, url, sha256 }, made, signal, tell) {
  const options = { signal, hasher: () => new made.Sha256() };
  if (sha256 && (files ? files.length > 1 : url.endsWith("/"))) {
    throw new Fault("checksum", "a SHA-256 is of one file, and the model has several", "load it without, or as one .gguf file");
  }
  if (files) {
    if (sha256) await check(files[0], { ...options, sha256 });
    return Object.fromEntries(files.map((f) => [f.name, f]));
  }
  const name = decodeURIComponent(new URL(url).pathname.split("/").pop());
  if (name) {
    const blob = await get(url, { ...options, tell, sha256 });
    if ((await blob.slice(0, 4).text()) !== "GGUF") {
      // The next try shall not find it kept.
      await forget(url);
      throw new Fault("magic", `'${name}' does not begin with GGUF`, "check the address: it names a .gguf file, or a folder and ends with /");
    }
    return { [name]: blob };
  }
  const out = {};
  const take = async (name, more) => {
    const blob = await get(new URL(name, url).href, { ...options, ...more });
    if (blob) out[name] = blob;
    return blob;
  };
  // Without the first there is nothing; the others need not wait for each other.
  await take(BESIDE[0], {});
  await Promise.all(BESIDE.slice(1).map((name) => take(name, { optional: true })));
  if (!(await take("model.safetensors", { tell, optional: true }))) {
    const index = await take("model.safetensors.index.json", { optional: true });
    if (!index) throw new Fault("download", `there is no model.safetensors at '${url}'`, "check the address: it ends with the folder's name and /");
    await shards(await index.text(), take, tell);
  }
  return out;
}

/** The files an index names, told as one. What it says of their size is all but their headers. */
async function shards(index, take, tell) {
  let said;
  try {
    said = JSON.parse(index);
  } catch {
    throw new Fault("json", "'model.safetensors.index.json' cannot be read", "the file is damaged: get it again");
  }
  const names = [...new Set(Object.values(said.weight_map ?? {}))];
  let before = 0;
  for (const [i, name] of names.entries()) {
    const last = i === names.length - 1;
    const told = ({ step, done, total }) => {
      const all = before + total;
      tell({ step, done: before + done, total: last ? all : Math.max(all, said.metadata?.total_size ?? 0) });
    };
    before += (await take(name, { tell: told })).size;
  }
}
