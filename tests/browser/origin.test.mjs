// Stories of a page whose origin is not Squint's: a blog with a strict policy that imports squint.js from elsewhere.
// Run by scripts/test browser.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BLANK } from "./api.mjs";
import { host, serve } from "./server.mjs";
import { launch } from "./squint.mjs";
import { SMALL, tiny } from "./tiny.mjs";

const SITE = process.env.SITE ?? join(new URL("../../", import.meta.url).pathname, "target/site");
let browser, site, files;

before(async () => {
  browser = await launch();
  site = await serve(SITE, { open: true, isolated: false, base: "/squint/", pages: BLANK });
  files = await host({ "small.gguf": tiny(SMALL) });
});
after(async () => {
  await browser?.close();
  await site?.close();
  await files?.close();
});

/** What `work` comes to in a page of `at`, and what the browser complained of. */
async function visit(at, work, given) {
  const context = await browser.newContext();
  const errors = [];
  try {
    const page = await context.newPage();
    page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
    await page.goto(`${at}blank.html`);
    return { got: await page.evaluate(work, given), errors };
  } catch (e) {
    e.message += `\n  console: ${errors.join(" | ") || "no errors"}`;
    throw e;
  } finally {
    await context.close();
  }
}

/** In the page: asks with a Squint from `lib`. */
async function ask({ lib, model, ...options }) {
  const { Squint } = await import(lib);
  try {
    const squint = await Squint.create({ backend: "cpu", ...options });
    const loaded = await squint.load({ model });
    let done;
    for await (const e of squint.generate({ prompt: "hello there", maxTokens: 24 })) if (e.type === "done") done = e;
    return { loaded, ids: done.ids };
  } catch ({ name, code, what, hint }) {
    return { error: { name, code, what, hint } };
  }
}

/** A blog of its own origin; isolated or not. */
async function blog(isolated, tell) {
  const allowed = [new URL(site.url).origin, new URL(files.url).origin];
  const policy = `default-src 'none'; img-src data:; script-src 'self' 'wasm-unsafe-eval' ${allowed[0]}; worker-src 'self' ${allowed[0]}; connect-src ${allowed.join(" ")}`;
  const pages = { ...BLANK, "squint-worker.js": `import "${site.url}worker.js";\n` };
  const it = await serve("/nowhere", { isolated, policy, pages });
  try {
    return await tell(it.url);
  } finally {
    await it.close();
  }
}

test("from another origin, without a file of the page's own: what to do is said", { timeout: 60_000 }, async () => {
  const given = { lib: `${site.url}squint.js`, model: `${files.url}small.gguf` };
  const { got } = await blog(false, (url) => visit(url, ask, given));
  const { name, code, what, hint } = got.error;
  assert.deepEqual([name, code], ["SquintError", "origin"]);
  assert.match(what, /may not start a worker from http:/);
  assert.ok(hint.includes(`import "${site.url}worker.js";`) && hint.includes("workerUrl"), hint);
});

for (const isolated of [false, true]) {
  const how = isolated ? "with isolation" : "without isolation";
  test(`from another origin, with one line of the page's own, under a strict policy, ${how}`, { timeout: 60_000 }, async () => {
    const given = { lib: `${site.url}squint.js`, model: `${files.url}small.gguf` };
    const home = await visit(site.url, ask, given);
    const { got, errors } = await blog(isolated, (url) => visit(url, ask, { ...given, workerUrl: "squint-worker.js", threads: 2 }));
    assert.equal(got.error, undefined, JSON.stringify(got.error));
    assert.deepEqual([got.ids.length, got.loaded.build, got.loaded.threads], [24, "relaxed", 1]);
    assert.deepEqual(got.ids, home.got.ids);
    assert.deepEqual(errors, []);
  });
}
