// Squint for other pages: `import { Squint } from "./squint.js"`. Types and explanations are in squint.d.ts.
// One worker, one model. Calls are told apart by run numbers; events of runs that were stopped are dropped.

const HERE = new URL("./", import.meta.url);
/** The last event of a run. */
const LAST = ["probe_done", "loaded", "done", "encoded", "fault"];

export class SquintError extends Error {
  constructor({ code, what, hint }) {
    super(`${what} (${hint})`);
    Object.assign(this, { name: "SquintError", code, what, hint });
  }
}

export class Squint {
  /** Numbers of the last answer; see MeterRow. */
  meter = null;
  /** Where the model that was loaded last runs. */
  loaded = null;
  #worker;
  #backend;
  /** Why this one answers no more. */
  #dead = null;
  #run = 0;
  /** Listeners by run. */
  #runs = new Map();

  static async create({ backend = "auto", threads, build } = {}) {
    const url = new URL("worker.js", HERE);
    if (threads) url.searchParams.set("threads", threads);
    // More than one thread needs shared memory; one is better off without.
    if (build || threads === 1) url.searchParams.set("build", build ?? one());
    const squint = new Squint();
    squint.#backend = backend;
    squint.#worker = new Worker(url, { type: "module" });
    squint.#worker.onmessage = ({ data }) => squint.#hear(data);
    squint.#worker.onerror = (e) => squint.#end({ code: "worker_error", what: `the worker stopped: ${e.message || "its script could not be loaded"}`, hint: "reload the page" });
    return squint;
  }

  /** Brings a model: a name, an address, a File or a list of Files. */
  async load({ model, sha256, onProgress, context = 1024, quant = "", exact = false, backend, signal }) {
    const load = { backend: backend ?? this.#backend, context, quant: join(quant), exact };
    for await (const { news } of this.#ask({ load }, { from: from(model, sha256) }, signal)) {
      if (news.loading) onProgress?.(news.loading);
      if (news.loaded) this.loaded = camel(news.loaded);
    }
    return this.loaded;
  }

  /** Asks; yields tokens, stages, the meter and the end as they come. */
  async *generate({ signal, ...wish } = {}) {
    const generate = { now: Date.now() / 1000 - new Date().getTimezoneOffset() * 60, ...snake(wish) };
    if (wish.stop !== undefined) generate.stop = [wish.stop].flat();
    const ids = [];
    let text = "";
    try {
      for await (const { news } of this.#ask({ generate }, {}, signal)) {
        if (news.token) {
          ids.push(news.token.id);
          text += news.token.text;
          yield { type: "token", ...news.token };
        }
        if (news.stage) yield { type: "stage", ...camel(news.stage) };
        if (news.done) {
          const { meter, ...done } = news.done;
          this.meter = camel(meter);
          yield { type: "meter", ...this.meter };
          yield { type: "done", ...done };
        }
      }
    } catch (e) {
      if (!signal?.aborted) throw e;
      yield { type: "done", ids, text, reason: "abort" };
    }
  }

  /** Shows a picture to the vision encoder that was loaded. */
  async encode({ pixels, signal }) {
    for await (const { news } of this.#ask("encode", { pixels: Float32Array.from(pixels) }, signal)) {
      if (news.encoded) return { ...news.encoded, values: Float32Array.from(news.encoded.values) };
    }
  }

  /** Every op on every backend of this device against its definition. */
  async probe(onRow) {
    for await (const { news } of this.#ask("probe", {})) {
      if (news.probed) onRow?.(camel(news.probed));
      if (news.probe_done) return camel(news.probe_done);
    }
  }

  async dispose() {
    this.#worker.terminate();
    this.#end({ code: "disposed", what: "this Squint was disposed of", hint: "create another" });
  }

  /** Events of one run, from the question to its last. Leaving the loop early stops the run. */
  async *#ask(ask, beside, signal) {
    signal?.throwIfAborted();
    if (this.#dead) throw new SquintError(this.#dead);
    const run = ++this.#run;
    const waiting = [];
    let wake = () => {};
    const put = (event) => (waiting.push(event), wake());
    this.#runs.set(run, put);
    const abort = () => wake();
    signal?.addEventListener("abort", abort, { once: true });
    let over = false;
    try {
      this.#worker.postMessage({ run, ask, ...beside });
      while (true) {
        while (!waiting.length && !signal?.aborted) await new Promise((go) => (wake = go));
        // What had come and was not asked for yet is not told either.
        signal?.throwIfAborted();
        const event = waiting.shift();
        over = LAST.some((name) => event.news[name] !== undefined);
        if (event.news.fault) throw new SquintError(event.news.fault);
        yield event;
        if (over) return;
      }
    } finally {
      this.#runs.delete(run);
      signal?.removeEventListener("abort", abort);
      if (!over) this.#worker.postMessage({ run: ++this.#run, ask: { stop: run } });
    }
  }

  #hear(event) {
    if (event.run === 0) {
      if (event.news?.fault) this.#end(event.news.fault);
      return;
    }
    this.#runs.get(event.run)?.(event);
  }

  /** Nothing comes any more: what waits hears why, and so does whoever asks later. */
  #end(fault) {
    this.#dead ??= fault;
    for (const put of this.#runs.values()) put({ news: { fault } });
  }
}

/** The build for one thread: relaxed SIMD where this browser has it. */
function one() {
  const relaxed = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
    253, 128, 2, 11,
  ]);
  return WebAssembly.validate(relaxed) ? "relaxed" : "simd";
}

/** Where the worker finds a model's files. */
function from(model, sha256) {
  const files = [model].flat();
  if (files.every((f) => f instanceof Blob)) return { files };
  const text = String(model);
  // A name is a model of this site.
  const url = /^[\w.-]+$/.test(text) && !text.endsWith(".gguf") ? new URL(`models/${text}.gguf`, HERE) : new URL(text, document.baseURI);
  return { url: url.href, sha256 };
}

const join = (quant) => (typeof quant === "string" ? quant : Object.entries(quant).map((p) => p.join("=")).join(","));
const rename = (how) => (object) =>
  object && typeof object === "object" && !Array.isArray(object)
    ? Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined).map(([k, v]) => [how(k), v]))
    : object;
const camel = rename((k) => k.replace(/_(\w)/g, (_, c) => c.toUpperCase()));
const snake = rename((k) => k.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));
