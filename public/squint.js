// Squint for other pages: `import { Squint } from "./squint.js"`. Types and explanations are in squint.d.ts.
// One worker, one model. Calls are told apart by run numbers; events of runs that were stopped are dropped. A worker that
// is lost is replaced, and brings the model again.

import { SquintError } from "./error.js";
import { Link } from "./link.js";
import { known } from "./options.js";
import { given, picture } from "./picture.js";

export { SquintError };

const HERE = new URL("./", import.meta.url);
/** Whether nothing more of a run comes. */
const ENDS = ["probe_done", "loaded", "done", "encoded", "about", "published", "estimated", "fault"];
const last = (news) => ENDS.some((name) => news[name] !== undefined);

export class Squint {
  /** Numbers of the last answer; see MeterRow. */
  meter = null;
  /** Where the model that was loaded last runs; null where none is ready. */
  loaded = null;
  #link;
  #url;
  #backend;
  #onFault;
  /** What `load` was asked last and did. */
  #wish = null;
  /** Ends the load under way. */
  #loading = null;
  /** The model on its way back to another worker, as {done, stop}. */
  #return = null;
  /** Why this one answers no more. */
  #dead = null;
  /** Where the second encoder is from that the worker has. */
  #second = null;
  /** Memory for the pixels of the next picture. */
  #spare = null;
  #run = 0;
  /** Listeners by run. */
  #runs = new Map();

  static async create(options = {}) {
    known("create", options);
    const { backend = "auto", threads, build, workerUrl, onFault } = options;
    const url = workerUrl ? address(workerUrl) : new URL("worker.js", HERE);
    if (url.origin !== location.origin) throw new SquintError(foreign(url));
    if (threads) url.searchParams.set("threads", threads);
    // More than one thread needs shared memory; one is better off without.
    if (build || threads === 1) url.searchParams.set("build", build ?? one());
    const squint = new Squint();
    squint.#backend = backend;
    squint.#onFault = onFault;
    squint.#url = url;
    squint.#start();
    return squint;
  }

  /** Brings a model: a name, an address, a File or a list of Files. */
  async load(options = {}) {
    known("load", options);
    const { model, mmproj, sha256, onProgress, backend, signal } = options;
    const { context, resolution, whole = false, quant = "", exact = false } = options;
    this.#return?.stop.abort();
    this.#return = null;
    // One half-way holds as much as a whole one: it goes before another comes.
    this.#loading?.abort(new SquintError(REPLACED));
    const load = { backend: backend ?? this.#backend, context, resolution, whole, quant: join(quant), exact };
    const wish = { load, from: { ...from(model), mmproj: mmproj && from(mmproj), sha256 }, onProgress };
    // The old model goes before the new one comes.
    this.loaded = this.#second = null;
    const stop = (this.#loading = new AbortController());
    const abort = () => stop.abort(signal.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await this.#bring(wish, stop.signal);
    } finally {
      signal?.removeEventListener("abort", abort);
      if (this.#loading === stop) this.#loading = null;
    }
    this.#wish = wish;
    return this.loaded;
  }

  async #bring({ load, from, onProgress }, signal) {
    for await (const { news } of this.#ask({ load }, { from }, signal)) {
      if (news.loading) onProgress?.(news.loading);
      if (news.loaded) this.loaded = camel(news.loaded);
    }
  }

  /** Asks; yields tokens, stages, the meter and the end as they come. */
  async *generate(options = {}) {
    known("generate", options);
    const { signal, image, messages, ...wish } = options;
    messages?.forEach((message) => known("message", message));
    const generate = { now: Date.now() / 1000 - new Date().getTimezoneOffset() * 60, ...snake(wish) };
    if (wish.stop !== undefined) generate.stop = [wish.stop].flat();
    const ids = [];
    let text = "";
    try {
      signal?.throwIfAborted();
      const shown = shows(image, messages);
      if (shown.messages) generate.messages = shown.messages;
      const pictures = await until(Promise.all(shown.images.map((one) => picture(one, signal))), signal);
      for await (const { news } of this.#ask({ generate }, { pictures }, signal, given(pictures))) {
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

  /** Shows a picture, or its numbers, to the vision encoder that was loaded, and perhaps to another one beside it. */
  async encode(options = {}) {
    known("encode", options);
    const { image, pixels, height, width, with: other, join = "channels", onProgress, signal, ...how } = options;
    if (other === undefined && (options.join ?? options.withResolution) !== undefined) throw new SquintError(ALONE);
    signal?.throwIfAborted();
    if (other !== undefined) await this.#accompany(other, onProgress, signal);
    const encode = { size: height && width ? [height, width] : null, ...snake(how), join: other === undefined ? "" : join };
    const [beside, gone] = image === undefined ? this.#numbers(pixels ?? []) : await single(image, pixels, signal);
    for await (const { news, pixels: back } of this.#ask({ encode }, beside, signal, gone)) {
      if (back) this.#spare = back;
      if (news.loading) onProgress?.(news.loading);
      if (!news.encoded) continue;
      const { values, stages, meter, ...encoded } = news.encoded;
      this.meter = camel(meter);
      return { ...camel(encoded), stages: stages.map(camel), values: new Float32Array(values.slice().buffer) };
    }
  }

  /** A copy that goes to the worker and comes back: half a megabyte is not copied again on its way. */
  #numbers(pixels) {
    const own = this.#spare?.length === pixels.length ? this.#spare : new Float32Array(pixels.length);
    this.#spare = null;
    own.set(pixels);
    return [{ pixels: own }, [own.buffer]];
  }

  /** Brings a second encoder, unless it is there: in the formats, and on the device, of the first. */
  async #accompany(other, onProgress, signal) {
    const asked = from(other);
    if (this.#second && alike(this.#second, asked)) return;
    this.#second = null;
    const load = { ...this.#wish?.load, beside: true };
    for await (const { news } of this.#ask({ load }, { from: asked }, signal)) {
      if (news.loading) onProgress?.(news.loading);
    }
    this.#second = asked;
  }

  /** What is known of a model, by its published name or the address of its files, before anything is downloaded. */
  async about(model) {
    for await (const { news } of this.#ask({ about: called(model) }, {})) if (news.about) return told(news.about);
  }

  /** The models that are known by name, and their terms. */
  async published() {
    for await (const { news } of this.#ask("published", {})) if (news.published) return news.published;
  }

  /** What a run of a model would cost, without its weights. */
  async estimate(options = {}) {
    known("estimate", options);
    const { model, with: other, height, width, quant, signal, ...how } = options;
    const estimate = { ...snake(how), quant: join(quant ?? ""), model: called(model), with: called(other) };
    if (height && width) estimate.size = [height, width];
    const places = [model, other].map((one) => (one === undefined || named(one) ? null : from(one)));
    const beside = places.some((place) => place) ? { from: places } : {};
    for await (const { news } of this.#ask({ estimate }, beside, signal)) {
      if (!news.estimated) continue;
      const { about, with: second, stages, ...bill } = news.estimated;
      return { ...told(about), with: other === undefined ? null : told(second), ...camel(bill), stages: stages.map(camel) };
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
    this.#link.close();
    this.loaded = null;
    this.#end({ code: "disposed", what: "this Squint was disposed of", hint: "create another" });
  }

  /** Events of one run, from the question to its last. Leaving the loop early stops the run. */
  async *#ask(ask, beside, signal, given) {
    await until(this.#ready(ask), signal);
    const run = ++this.#run;
    const waiting = [];
    let wake = () => {};
    const put = (event) => (waiting.push(event), wake());
    this.#runs.set(run, put);
    const abort = () => wake();
    signal?.addEventListener("abort", abort, { once: true });
    let over = false;
    try {
      this.#link.post({ run, ask, ...beside }, given);
      while (true) {
        while (!waiting.length && !signal?.aborted) await new Promise((go) => (wake = go));
        // What had come and was not asked for yet is not told either.
        signal?.throwIfAborted();
        const event = waiting.shift();
        over = last(event.news);
        if (event.news.fault) throw new SquintError(event.news.fault);
        yield event;
        if (over) return;
      }
    } finally {
      this.#runs.delete(run);
      signal?.removeEventListener("abort", abort);
      if (!over && !this.#dead) this.#link.post({ run: ++this.#run, ask: { stop: run } });
    }
  }

  #start() {
    this.#link = new Link(this.#url, {
      hear: (event) => this.#hear(event),
      lost: (fault, early) => (early ? this.#end(fault) : this.#replace(fault)),
      busy: () => this.#runs.size > 0,
    });
  }

  #hear({ run, ...event }) {
    const { news } = event;
    if (run === 0) {
      if (!news.fault) return;
      this.#link.close();
      // An engine that could not be loaded would not be the second time.
      return news.fault.code === "worker_load" ? this.#end(news.fault) : this.#replace(news.fault);
    }
    const put = this.#runs.get(run);
    if (last(news)) this.#runs.delete(run);
    put?.(event);
  }

  /** Another worker; what waits hears why, and the model comes again, from where it is kept. */
  #replace(fault) {
    this.#fail(fault);
    this.#second = null;
    this.#start();
    // One that was lost on its way back stays away: it may be what the worker died of.
    if (this.#wish && !this.#return) {
      const stop = new AbortController();
      const done = this.#bring(this.#wish, stop.signal).then(() => void (this.#return = null));
      done.catch(() => {});
      this.#return = { stop, done };
    }
    this.#onFault?.(new SquintError(fault));
  }

  /** When the worker listens, and the model is there again for those who need it; or why it is not. */
  async #ready(ask) {
    await this.#link.heard;
    if (ask.encode || ask.generate || ask.load?.beside) await this.#return?.done;
    if (this.#dead) throw new SquintError(this.#dead);
  }

  /** Nothing comes any more: what waits hears why, and so does whoever asks later. */
  #end(fault) {
    this.#dead ??= fault;
    this.#fail(fault);
  }

  #fail(fault) {
    const puts = [...this.#runs.values()];
    this.#runs.clear();
    for (const put of puts) put({ news: { fault } });
  }
}

/** Browsers start workers of the page's own origin only. */
function foreign({ origin }) {
  const line = `import "${new URL("worker.js", HERE)}";`;
  return {
    code: "origin",
    what: `a page of ${location.origin} may not start a worker from ${origin}`,
    hint: `put a file with the one line ${line} on ${location.origin}, and give its address to Squint.create as workerUrl`,
  };
}

/** The build for one thread: relaxed SIMD where this browser has it. */
function one() {
  const relaxed = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
    253, 128, 2, 11,
  ]);
  return WebAssembly.validate(relaxed) ? "relaxed" : "simd";
}

const REPLACED = { code: "replaced", what: "another model was asked for before this one was there", hint: "load this one again" };

/** Pictures in the order in which they are shown, and messages that say how many each shows. */
function shows(image, messages) {
  const list = (given) => (given === undefined || given === null ? [] : [given].flat());
  if (!messages?.length) return { images: list(image) };
  const turns = messages.map(({ role, content, image }) => ({ role, content, images: list(image) }));
  // Beside a conversation: what its last question is about.
  (turns.findLast(({ role }) => role === "user") ?? turns.at(-1)).images.push(...list(image));
  return {
    images: turns.flatMap((turn) => turn.images),
    messages: turns.map((turn) => ({ ...turn, images: turn.images.length })),
  };
}

/** One picture for an encoder, and what goes with it. */
async function single(image, pixels, signal) {
  if (pixels !== undefined || Array.isArray(image)) throw new SquintError(ONE);
  const pictures = [await until(picture(image, signal), signal)];
  return [{ pictures }, given(pictures)];
}

const ALONE = { code: "with", what: "join and withResolution are for two encoders", hint: "say with which other one, or leave them out" };
const ONE = { code: "picture", what: "an encoder is shown one picture at a time", hint: "give one image, or the pixels of one" };

/** Whether two models are from one place. */
const alike = (a, b) =>
  a.url === b.url && a.files?.length === b.files?.length && !a.files?.some((file, i) => file !== b.files[i]);

/** What a promise comes to, unless the signal is first. */
async function until(promise, signal) {
  signal?.throwIfAborted();
  let abort;
  const aborted = new Promise((_, no) => (abort = () => no(signal.reason)));
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Whether a model is given by its name, and not by where its files are. */
const named = (model) => typeof model === "string" && /^[\w.-]+$/.test(model) && !model.endsWith(".gguf");

/** What the engine may know a model by: its name, or its address; nothing where there are files. */
const called = (model) => (named(model) ? model : (model === undefined ? "" : from(model).url) ?? "");

const told = ({ card, licence }) => ({ card: card ?? null, licence: licence ?? null });

/** What a text means beside this page. */
function address(text) {
  if (URL.canParse(text, document.baseURI)) return new URL(text, document.baseURI);
  throw new SquintError({ code: "address", what: `'${text}' is no address`, hint: "give a name, or a path or address of files" });
}

/** Where the worker finds a model's files. */
function from(model) {
  const files = [model].flat();
  if (files.every((f) => f instanceof Blob)) return { files };
  const text = String(model);
  // A name is a model of this site.
  const url = named(text) ? new URL(`models/${text}.gguf`, HERE) : address(text);
  return { url: url.href };
}

const join = (quant) => (typeof quant === "string" ? quant : Object.entries(quant).map((p) => p.join("=")).join(","));
const rename = (how) => (object) =>
  object && typeof object === "object" && !Array.isArray(object)
    ? Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined).map(([k, v]) => [how(k), v]))
    : object;
const camel = rename((k) => k.replace(/_(\w)/g, (_, c) => c.toUpperCase()));
const snake = rename((k) => k.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));
