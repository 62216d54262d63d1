// Stories of what is known before a download: on what terms a model can be had, and what it would cost, through squint.js
// and on the page. Run by scripts/test browser.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Api, BLANK, native } from "./api.mjs";
import { directory, encoder, folder } from "./seen.mjs";
import { host, serve } from "./server.mjs";
import { launch, Squint, story } from "./squint.mjs";

const root = new URL("../../", import.meta.url).pathname;
const SITE = process.env.SITE ?? join(root, "target/site");
const CLIP = join(root, "tests/fixtures/encoders/clip-whole");
let browser, site, hosts;

before(async () => {
  browser = await launch();
  site = await serve(SITE, { pages: BLANK });
  hosts = { encoder: await host(directory(encoder)), clip: await host(directory(CLIP)), sees: await host(directory(folder("llava-clip-llama"))) };
});
after(async () => {
  await browser?.close();
  for (const server of [site, ...Object.values(hosts ?? {})]) await server?.close();
});

async function asking(tell) {
  const api = await Api.open(browser, site.url, { backend: "cpu", threads: 1 });
  try {
    await tell(api, (call, wish) => api.run(([call, wish]) => window.squint[call](wish).catch((e) => ({ error: window.plain(e) })), [call, wish]));
    assert.deepEqual(api.errors.filter((e) => !/Failed to load resource/.test(e)), []);
  } finally {
    await api.close();
  }
}

test("the terms of a model are known by its name and by its address", { timeout: 60_000 }, async () => {
  await asking(async (_, call) => {
    const llava = await call("about", "llava-1.5-7b");
    assert.deepEqual([llava.licence.permissive, llava.licence.gated], [false, false]);
    assert.match(llava.licence.link, /^https:\/\/huggingface\.co\//);
    assert.equal(llava.card.parts.length, 3);
    assert.deepEqual(await call("about", `${llava.licence.link}/resolve/main/`), llava);
    const gemma = await call("about", "gemma-2b-it");
    assert.deepEqual([gemma.card, gemma.licence.permissive, gemma.licence.gated], [null, false, true]);
    assert.deepEqual(await call("about", hosts.encoder.url), { card: null, licence: null });
    const all = await call("published");
    for (const kind of ["sees", "looks", "reads"]) assert.ok(all.some((m) => m.kind === kind && m.licence.text.startsWith("https://")), kind);
  });
});

test("an estimate is the command line's, and asks for no weights", { timeout: 60_000 }, async () => {
  await asking(async (_, call) => {
    const [dinov2, clip, llava] = [hosts.encoder.url, hosts.clip.url, hosts.sees.url];
    for (const [wish, args] of [
      [{ model: "smolvlm-256m", promptTokens: 20, maxTokens: 8, quant: { language: "q4_0" } }, ["--model", "smolvlm-256m", "--prompt-tokens", "20", "--gen", "8", "--quant", "language=q4_0"]],
      [{ model: "smolvlm-500m", width: 640, height: 480, resolution: 1024 }, ["--model", "smolvlm-500m", "--picture", "640x480", "--resolution", "1024"]],
      [{ model: "smolvlm-256m", whole: true }, ["--model", "smolvlm-256m", "--whole"]],
      [{ model: "gemma-2b-it", backend: "gpu" }, ["--model", "gemma-2b-it", "--backend", "gpu"]],
      [{ model: "dinov2-small", cut: "uhd", width: 640, height: 480, resolution: 224 }, ["--model", "dinov2-small", "--cut", "uhd", "--picture", "640x480", "--resolution", "224"]],
      [{ model: dinov2, cut: "4khd=7" }, ["--model", encoder, "--cut", "4khd=7"]],
      [{ model: clip, with: dinov2, withResolution: 28, patches: true }, ["--model", CLIP, "--with", encoder, "--with-resolution", "28", "--patches"]],
      [{ model: llava, views: 2 }, ["--model", folder("llava-clip-llama"), "--views", "2"]],
    ]) {
      const got = await call("estimate", wish);
      assert.equal(got.error, undefined, JSON.stringify(got.error));
      const want = native("estimate", ...args);
      const what = JSON.stringify(wish);
      assert.deepEqual([got.card, got.licence], [want.card, want.licence], what);
      assert.deepEqual([got.weightBytes, got.kvBytes, got.peakBytes, got.file], [want.weight_bytes, want.kv_bytes, want.peak_bytes, want.file], what);
      const stages = got.stages.map((s) => [s.name, { flops: s.flops, bytes: s.bytes, dispatches: s.dispatches, tokens_in: s.tokensIn, tokens_out: s.tokensOut }]);
      assert.deepEqual(Object.fromEntries(stages), want.stages, what);
      assert.equal(got.with !== null, wish.with !== undefined);
    }
    for (const server of Object.values(hosts)) assert.equal(server.sent("model.safetensors"), 0);
    for (const [wish, code] of [
      [{ model: "nobody" }, "model"],
      [{ model: "smollm2-135m", cut: "uhd" }, "alone"],
      [{ model: `${dinov2}model.gguf` }, "estimate"],
      [{ model: dinov2, with: "smollm2-135m" }, "with"],
      [{ model: "dinov2-small", prompt: 3 }, "option"],
    ]) {
      assert.equal((await call("estimate", wish)).error?.code, code, JSON.stringify(wish));
    }
  });
});

test("the page tells the terms of a model before anything of it is there", { timeout: 60_000 }, async () => {
  await story(await Squint.open(browser, site.url), "terms", async (squint) => {
    await squint.choose("llava-1.5-7b");
    assert.match(await squint.terms(), /Llama 2 Community License: some uses are excluded, without signing in/);
    assert.match(await squint.bill(), /Vicuna-7B.*vision.*GFLOP.*MB at most/s);
    await squint.choose("smollm2-135m");
    assert.match(await squint.terms(), /Apache-2\.0: any use, without signing in.*https:\/\/huggingface\.co\//s);
    // The probe goes on meanwhile.
    await squint.probed();
    assert.deepEqual(squint.errors, []);
    await squint.screenshot("terms");
  });
});
