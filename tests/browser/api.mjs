// The page of somebody who uses squint.js: nothing on it but the module, and ears on what its workers say. And the command
// line, which is asked the same.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";

const root = new URL("../../", import.meta.url).pathname;

export const BLANK = { "blank.html": "<!doctype html><link rel=\"icon\" href=\"data:,\"><title>A page that asks Squint</title>" };

/** Runs in the page before its scripts: every worker's messages with their times, by run. */
function ears() {
  window.heard = [];
  window.workers = [];
  const Real = window.Worker;
  window.Worker = class extends Real {
    constructor(...given) {
      super(...given);
      window.workers.push(this);
      this.addEventListener("message", ({ data }) => {
        const what = data.pong === undefined ? Object.keys(data.news)[0] : "pong";
        window.heard.push({ at: performance.now(), run: data.run, what });
      });
    }
  };
}

/** Runs in the page once squint.js is there: what the stories call. */
function tools() {
  const plain = (window.plain = (e) => ({ name: e.name, code: e.code, what: e.what, hint: e.hint, message: e.message }));
  /** A File of bytes the story made, fetched from the host. */
  window.file = async (url, name = "model.gguf") => new File([await (await fetch(url)).blob()], name);
  window.bring = async (options, on = window.squint) => {
    const progress = [];
    try {
      const loaded = await on.load({ ...options, onProgress: (p) => progress.push(p) });
      return { loaded, progress };
    } catch (e) {
      return { error: plain(e), progress };
    }
  };
  window.ask = async (wish, on = window.squint) => {
    const out = { tokens: [], stages: [], order: [] };
    try {
      for await (const { type, ...e } of on.generate(wish)) {
        out.order.push(type);
        if (type === "token") out.tokens.push(e);
        else if (type === "stage") out.stages.push(e);
        else out[type] = e;
      }
    } catch (e) {
      out.error = plain(e);
    }
    return out;
  };
  /**
   * Starts something with a signal, aborts it when `ready` says so, and listens for half a second: how late the run's
   * last message came, and how long the worker took to look at its messages.
   */
  window.cut = async (start, ready) => {
    const stop = new AbortController();
    const from = window.heard.length;
    const begun = performance.now();
    const said = () => window.heard.slice(from).filter((h) => h.what !== "pong");
    const end = start(stop.signal).then((value) => ({ value }), (error) => ({ error: plain(error) }));
    while (!ready(said(), performance.now() - begun)) await new Promise((go) => setTimeout(go, 2));
    const before = said().map((h) => h.what);
    const at = performance.now();
    stop.abort();
    const over = await end;
    const settled = performance.now() - at;
    window.workers.at(-1).postMessage({ ping: at });
    while (!window.heard.some((h) => h.what === "pong" && h.at > at)) await new Promise((go) => setTimeout(go, 2));
    await new Promise((go) => setTimeout(go, 500));
    const after = window.heard.filter((h) => h.at > at);
    const pong = after.find((h) => h.what === "pong").at - at;
    const late = Math.max(0, ...after.filter((h) => h.what !== "pong").map((h) => h.at - at));
    return { ...over, before, settled, pong, late, after: after.map((h) => h.what) };
  };
}

export class Api {
  errors = [];

  /** A page with a Squint in it, made with `options`. */
  static async open(browser, url, options = {}) {
    const api = new Api();
    api.context = await browser.newContext();
    api.page = await api.context.newPage();
    api.page.on("console", (m) => m.type() === "error" && api.errors.push(m.text()));
    api.page.on("pageerror", (e) => api.errors.push(String(e)));
    await api.page.addInitScript(ears);
    await api.visit(url, options);
    return api;
  }

  async visit(url, options = {}) {
    await this.page.goto(`${url}blank.html`);
    await this.page.evaluate(tools);
    await this.page.evaluate(async (options) => {
      window.lib = await import("./squint.js");
      window.faults = [];
      const onFault = (e) => window.faults.push({ ...window.plain(e), at: performance.now() });
      window.squint = await window.lib.Squint.create({ ...options, onFault });
    }, options);
  }

  load(options) {
    return this.page.evaluate((options) => window.bring(options), options);
  }
  ask(wish) {
    return this.page.evaluate((wish) => window.ask(wish), wish);
  }
  /** Anything else, in the page. */
  run(work, given) {
    return this.page.evaluate(work, given);
  }
  close() {
    return this.context.close();
  }
}

/** A story told of a page of its own; nothing but downloads may have failed in its console. */
export async function told(browser, url, options, tell) {
  const api = await Api.open(browser, url, options);
  try {
    await tell(api);
    assert.deepEqual(api.errors.filter((e) => !/Failed to load resource/.test(e)), []);
  } catch (e) {
    e.message += `\n  console: ${api.errors.join(" | ") || "no errors"}`;
    throw e;
  } finally {
    await api.close();
  }
}

/**
 * What the command line says: that of `CLI`, or the newest one there is, since an older one may be of other code. A story
 * that has none to compare with fails.
 */
export function native(verb, ...args) {
  return JSON.parse(execFileSync(cli(), [verb, "--json", ...args], { encoding: "utf8", maxBuffer: 1 << 26 }));
}

function cli() {
  if (process.env.CLI) return process.env.CLI;
  const made = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  const built = ["debug", "release"].map((profile) => join(root, "target", profile, "squint")).filter(made);
  assert.ok(built.length > 0, "no command line to compare with: cargo build --locked -p squint-cli makes it, or CLI names one");
  return built.reduce((newest, path) => (made(path) > made(newest) ? path : newest));
}
