// Stories of stopping: in every phase, on every build, nothing more of a run is heard within 100 ms, and the next
// question is answered. Run by scripts/test browser.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Api, BLANK } from "./api.mjs";
import { host, serve } from "./server.mjs";
import { launch } from "./squint.mjs";
import { LARGE, tiny } from "./tiny.mjs";

const SITE = process.env.SITE ?? join(new URL("../../", import.meta.url).pathname, "target/site");
const MOST_MS = 100;
let browser, site, files;

before(async () => {
  browser = await launch();
  site = await serve(SITE, { pages: BLANK });
  files = await host({ "large.gguf": tiny(LARGE) });
});
after(async () => {
  await browser?.close();
  await site?.close();
  await files?.close();
});

/** In the page: what is stopped, and when. */
const PHASES = {
  download: (url) => window.cut((signal) => window.squint.load({ model: `${url}slow/large.gguf`, signal }), (h) => h.length > 1),
  upload: (url) => {
    let up = false;
    const onProgress = (p) => (up ||= p.step === "upload" && p.done > 0 && p.done < p.total);
    return window.cut((signal) => window.squint.load({ model: `${url}large.gguf`, context: 4096, signal, onProgress }), () => up);
  },
  prefill: () => window.cut((signal) => window.ask({ prompt: "x".repeat(3000), signal }), (_, ms) => ms > 300),
  decode: () => window.cut((signal) => window.ask({ prompt: "hi", maxTokens: 3000, signal }), (h) => h.filter((m) => m.what === "token").length > 4),
};

for (const on of [{ build: "threads" }, { build: "relaxed" }, { build: "simd" }, { backend: "gpu" }]) {
  const name = on.build ?? on.backend;
  test(`stopped in every phase: ${name}`, { timeout: 120_000 }, async (t) => {
    const api = await Api.open(browser, site.url, { backend: "cpu", ...on });
    try {
      for (const [phase, work] of Object.entries(PHASES)) {
        if (phase === "prefill") {
          const { error } = await api.load({ model: `${files.url}large.gguf`, context: 4096 });
          assert.equal(error, undefined, JSON.stringify(error));
        }
        const got = await api.run(work, files.url);
        const ms = (n) => `${n.toFixed(0)} ms`;
        t.diagnostic(`${phase}: last event after ${ms(got.late)}, the page knows after ${ms(got.settled)}, the worker listens after ${ms(got.pong)}`);
        if (phase === "prefill") assert.deepEqual(got.before, [], "the prompt was over before it was stopped");
        if (phase === "decode") assert.ok(!got.before.includes("done"), "the answer was over before it was stopped");
        assert.ok(got.late <= MOST_MS, `${phase}: an event came ${ms(got.late)} after the stop: ${got.after}`);
        assert.ok(!got.after.some((what) => ["done", "loaded", "fault"].includes(what)), `${phase}: ${got.after}`);
        if (got.value) assert.equal(got.value.done.reason, "abort");
        else assert.equal(got.error.name, "AbortError");
        if (phase === "prefill" || phase === "decode") {
          const next = await api.ask({ prompt: "hi", maxTokens: 4 });
          assert.equal(next.error, undefined, JSON.stringify(next.error));
          assert.equal(next.done.ids.length, 4);
        }
      }
      assert.deepEqual(api.errors, []);
    } finally {
      await api.close();
    }
  });
}
