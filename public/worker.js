// The Web Worker's own code: picks the best build of the engine this browser can run, loads it, hands it messages.
// Answers pings itself, so that the page can tell a busy worker from a lost one.
// `?build=simd|relaxed|threads` forces a build, `?threads=n` the size of the pool.

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
    await Promise.race([engine.initThreadPool(threads), late]);
    clearTimeout(timer);
  } else {
    await engine.default();
  }
  engine.start(threads);
  return engine;
}

function fault(code, what, hint) {
  self.postMessage({ run: 0, news: { fault: { code, what, hint } } });
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

const engine = first();

self.onmessage = async ({ data }) => {
  if (data && data.ping !== undefined) {
    self.postMessage({ pong: data.ping });
    return;
  }
  (await engine)?.receive(data);
};
