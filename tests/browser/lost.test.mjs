// Stories of a worker that goes silent or dies: another one takes its place, brings the model again from where it is kept,
// and answers the next question. Run by scripts/test browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Api, BLANK } from "./api.mjs";
import { host, serve } from "./server.mjs";
import { launch } from "./squint.mjs";
import { SMALL, tiny } from "./tiny.mjs";

const SITE = process.env.SITE ?? join(new URL("../../", import.meta.url).pathname, "target/site");
const small = tiny(SMALL);
const wish = { prompt: "hello there", maxTokens: 24 };

/** Put before the worker's own code: what it hears makes it sick. */
const SICK = `
const block = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
const slow = async () => {
  block(1500);
  for (let i = 0; i < 3; i++) await new Promise((go) => setTimeout(go, 0)).then(() => block(1500));
};
self.addEventListener("message", (event) => {
  const asked = event.data?.ask?.generate?.prompt;
  if (asked === "hang") block(Infinity);
  if (asked === "slow") slow();
  if (asked === "once") block(4000);
  if (asked !== "trap" && asked !== "reject") return;
  // Neither is heard by the engine: a run that died says nothing.
  event.stopImmediatePropagation();
  if (asked === "trap") throw new Error("out of memory, say");
  Promise.reject(new Error("out of memory, say"));
});
`;
let browser, site, files;

before(async () => {
  browser = await launch();
  const worker = SICK + readFileSync(join(SITE, "worker.js"), "utf8");
  site = await serve(SITE, { pages: { ...BLANK, "worker.js": worker } });
  files = await host({ "small.gguf": small });
});
after(async () => {
  await browser?.close();
  await site?.close();
  await files?.close();
});

async function story(tell) {
  const api = await Api.open(browser, site.url, { backend: "cpu", threads: 1 });
  try {
    await api.run(async (model) => {
      window.told = [];
      await window.squint.load({ model, onProgress: (p) => window.told.push(p) });
    }, `${files.url}small.gguf`);
    await tell(api, await api.ask(wish).then((first) => first.done));
  } finally {
    await api.close();
  }
}

const workers = (api) => api.run(() => window.workers.length);
const faults = (api) => api.run(() => window.faults);

/** Asks and aborts after a while; says when each came. */
const abort = ({ prompt, maxTokens = 4 }) => {
  const stop = new AbortController();
  let at;
  setTimeout(() => ((at = performance.now()), stop.abort()), 300);
  return window.ask({ prompt, maxTokens, signal: stop.signal }).then((got) => ({ ...got, at, settled: performance.now() - at }));
};

function answered(got, ids) {
  assert.equal(got.error, undefined, JSON.stringify(got.error));
  assert.deepEqual(got.done.ids, ids);
}

test("silent after an abort: another one within seconds, with the model from the cache", { timeout: 60_000 }, async (t) => {
  await story(async (api, { ids }) => {
    const asked = files.ranges("small.gguf").length;
    for (const lost of [1, 2]) {
      const got = await api.run(abort, { prompt: "hang" });
      assert.equal(got.done.reason, "abort");
      assert.ok(got.settled < 100, `the page knew after ${got.settled} ms`);
      assert.deepEqual([await workers(api), (await faults(api)).length], [lost, lost - 1]);
      // Asked before anybody knows that the worker is lost.
      answered(await api.ask(wish), ids);
      assert.equal(await workers(api), lost + 1);
      const [code, what, after] = await api.run((at) => {
        const { code, what, at: when } = window.faults.at(-1);
        return [code, what, when - at];
      }, got.at);
      t.diagnostic(`replaced after ${after.toFixed(0)} ms`);
      assert.equal(code, "worker_lost");
      assert.match(what, /2 seconds after it was told to stop/);
      assert.ok(after > 1500 && after < 5000, `replaced after ${after} ms`);
    }
    assert.equal(files.ranges("small.gguf").length, asked, "the model was downloaded again");
    assert.equal(await api.run(() => window.told.filter((p) => p.step === "cache").length), 2);
  });
});

test("silent at work: the question fails and says why, the next is answered", { timeout: 60_000 }, async () => {
  await story(async (api, { ids }) => {
    const { error } = await api.ask({ prompt: "hang" });
    assert.deepEqual([error.name, error.code], ["SquintError", "worker_lost"]);
    assert.match(error.what, /10 seconds/);
    assert.deepEqual([await workers(api), (await faults(api)).length], [2, 1]);
    answered(await api.ask(wish), ids);
    assert.equal(await workers(api), 2);
  });
});

test("dead at work: the question fails at once, the next is answered", { timeout: 60_000 }, async () => {
  await story(async (api, { ids }) => {
    for (const way of ["trap", "reject"]) {
      const { error } = await api.ask({ prompt: way });
      assert.equal(error.code, "worker_error", JSON.stringify(error));
      assert.match(error.what, /out of memory, say/);
      answered(await api.ask(wish), ids);
    }
    assert.deepEqual([await workers(api), (await faults(api)).length], [3, 2]);
    // Another model may be asked for meanwhile; it is the one that stays.
    const both = await api.run(async (model) => {
      await window.ask({ prompt: "trap" });
      const load = window.bring({ model, context: 64 });
      return [await load, await window.ask({ prompt: "x", maxTokens: 500 })];
    }, `${files.url}small.gguf`);
    assert.equal(both[0].loaded.context, 64);
    assert.equal(both[1].meter.promptTokens + both[1].done.ids.length, 65);
  });
});

test("slow is not silent", { timeout: 60_000 }, async () => {
  await story(async (api, { ids }) => {
    // Stretches of a second and a half, an abort in the first; then four seconds without a word, and no abort.
    assert.equal((await api.run(abort, { prompt: "slow", maxTokens: 900 })).done.reason, "abort");
    answered(await api.ask(wish), ids);
    assert.equal((await api.ask({ prompt: "once", maxTokens: 2 })).done.ids.length, 2);
    assert.deepEqual([await workers(api), await faults(api)], [1, []]);
  });
});
