// Stories of encoders that stand alone: shown pictures whole, in parts, and two encoders at once, on every build and on
// WebGPU, they say what `squint features` says. Run by scripts/test browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BLANK, native, told } from "./api.mjs";
import { bmp, directory, ENCODERS, FRAIL, OFF, off, path, standing } from "./seen.mjs";
import { host, serve } from "./server.mjs";
import { launch } from "./squint.mjs";
import { SMALL, tiny } from "./tiny.mjs";

const root = new URL("../../", import.meta.url).pathname;
const SITE = process.env.SITE ?? join(root, "target/site");
const MOST_MS = 100;
const MODELS = Object.keys(ENCODERS);

/** What is asked of an encoder here, and how on the command line. */
const WISHES = [
  ["dinov2", {}, []],
  ["vit-classes", {}, []],
  ["vit-classes", { hidden: true }, ["--hidden"]],
  ["clip-whole", { pooled: true }, ["--pooled"]],
  ["clip-whole", { layer: -2, patches: true, resolution: 35 }, ["--layer", "-2", "--patches", "--resolution", "35"]],
  ["clip-whole", { cut: "uhd" }, ["--cut", "uhd"]],
  ["dinov2", { cut: "uhd=9", patches: true }, ["--cut", "uhd=9", "--patches"]],
  ["dinov2", { cut: "s2=3" }, ["--cut", "s2=3"]],
  ["clip-whole", { cut: "4khd=7", resolution: 24 }, ["--cut", "4khd=7", "--resolution", "24"]],
];
/** The same of two at once: of the first, of the second. */
const PAIRS = [
  ["clip-whole", "dinov2", { patches: true, withResolution: 28 }, ["--patches", "--with-resolution", "28"]],
  ["clip-whole", "clip-whole", { join: "rows", withResolution: 32, layer: 1 }, ["--join", "rows", "--with-resolution", "32", "--layer", "1"]],
];

let browser, site, frail, hosts, shown;

before(async () => {
  browser = await launch();
  site = await serve(SITE, { pages: BLANK });
  frail = await serve(SITE, { pages: { ...BLANK, "worker.js": FRAIL + readFileSync(join(SITE, "worker.js"), "utf8") } });
  hosts = {};
  for (const name of MODELS) hosts[name] = await host(directory(standing(name)));
  hosts.blind = await host({ "small.gguf": tiny(SMALL) });
  shown = await host({ "turn-6.png": readFileSync(path("turn-6.png")), "large.bmp": bmp(1600, 1200) });
});
after(async () => {
  await browser?.close();
  for (const server of [site, frail, shown, ...Object.values(hosts ?? {})]) await server?.close();
});

function story(options, tell, at = site) {
  return told(browser, at.url, options, async (api) => {
    await api.run(looking);
    await tell(api);
  });
}

/** Runs in the page: an image of the host, shown to the encoder that was loaded. */
function looking() {
  window.look = async ({ url, ...wish }, signal) => {
    const progress = [];
    const image = (window.images ??= {})[url] ?? (window.images[url] = await window.file(url, "a picture"));
    const seen = await window.squint.encode({ image, ...wish, signal, onProgress: (p) => progress.push(p) });
    return { ...seen, values: Array.from(seen.values), progress, meter: window.squint.meter };
  };
  window.tried = (wish) => window.look(wish).catch((e) => ({ error: window.plain(e) }));
}

const look = (api, wish = {}, image = "turn-6.png") => api.run((wish) => window.tried(wish), { url: `${shown.url}${image}`, ...wish });

function ok(answer) {
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  return answer;
}

/** What the command line says. */
const features = (model, how) =>
  native("features", "--backend", "cpu", "--model", standing(model), "--image", path("turn-6.png"), ...how);

/** Shape, values, views and what they cost. */
function same(got, want, backend, what) {
  ok(got);
  assert.equal(got.values.length, got.shape[0] * got.shape[1], what);
  assert.deepEqual(got.shape, want.shape.length === 1 ? [1, want.shape[0]] : want.shape, what);
  assert.deepEqual(got.views, want.views, what);
  const error = off(got.values, want.values);
  assert.ok(error < OFF[backend], `${what}: off by ${error}`);
  assert.deepEqual(got.stages.map((s) => s.name), ["preprocess", "vision"], what);
  for (const { name, ...stage } of got.stages) {
    const { tokens_in, tokens_out, flops, bytes, reused } = want.stages[name];
    assert.deepEqual(
      [stage.tokensIn, stage.tokensOut, stage.flops, stage.bytes, stage.reused],
      [tokens_in, tokens_out, flops, bytes, reused],
      `${what}: ${name}`,
    );
  }
}

for (const on of [{ build: "threads" }, { build: "relaxed" }, { build: "simd" }, { backend: "gpu" }]) {
  const backend = on.backend ?? "cpu";
  test(`pictures whole, in parts, and two encoders, here and on the command line: ${on.build ?? on.backend}`, { timeout: 300_000 }, async () => {
    await story({ backend: "cpu", ...on }, async (api) => {
      for (const model of MODELS) {
        const { loaded } = ok(await api.load({ model: hosts[model].url }));
        assert.equal(loaded.backend, backend);
        for (const [, wish, how] of WISHES.filter(([of]) => of === model)) {
          const got = await look(api, wish);
          same(got, features(model, how), backend, `${model} ${JSON.stringify(wish)}`);
          const parts = got.progress.filter((p) => p.step === "look");
          assert.deepEqual(parts.map((p) => p.done), Array.from({ length: got.views.length + 1 }, (_, i) => i));
          assert.ok(got.peakBytes > 10_000 && got.meter.visionMs > 0 && got.meter.backend === backend, JSON.stringify(got.meter));
          assert.equal(got.meter.gpuBytes > 10_000, backend === "gpu");
        }
        for (const [, other, wish, how] of PAIRS.filter(([of]) => of === model)) {
          const got = await look(api, { with: hosts[other].url, ...wish });
          same(got, features(model, ["--with", standing(other), ...how]), backend, `${model} with ${other}`);
        }
      }
    });
  });
}

test("what was seen is not looked at again, and what costs is told", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    ok(await api.load({ model: hosts.dinov2.url }));
    const first = ok(await look(api, { cut: "uhd" }));
    const again = ok(await look(api, { cut: "uhd" }));
    assert.deepEqual([first.reused, again.reused, again.values], [false, true, first.values]);
    const [before, after] = [first, again].map((seen) => seen.stages.find((s) => s.name === "vision"));
    assert.ok(before.flops > 0 && after.flops === 0 && after.reused && after.tokensIn === before.tokensIn);
    // Numbers of a picture are shown as they were before anything else was asked.
    const plain = await api.run(() => {
      const pixels = Float32Array.from({ length: 28 * 28 * 3 }, (_, i) => Math.sin(i));
      return window.squint.encode({ pixels }).then(({ shape, views, stages }) => ({ shape, views, stages: stages.map((s) => s.name) }));
    });
    assert.deepEqual(plain, { shape: [17, 24], views: [[28, 28]], stages: ["vision"] });
  });
});

test("the second encoder comes once, from wherever it is", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    ok(await api.load({ model: hosts["clip-whole"].url }));
    const [, other, wish] = PAIRS[0];
    const ask = { with: hosts[other].url, ...wish };
    const steps = (seen) => [...new Set(ok(seen).progress.map((p) => p.step))];
    const first = await look(api, ask);
    assert.deepEqual(steps(first), ["download", "upload", "look"]);
    assert.deepEqual(steps(await look(api, ask)), ["look"]);
    // Alone between: the other one stays.
    assert.equal(ok(await look(api)).shape[1], 28);
    assert.deepEqual(steps(await look(api, ask)), ["look"]);
    ok(await api.load({ model: hosts["clip-whole"].url }));
    const back = await look(api, ask);
    assert.deepEqual([steps(back), back.values], [["cache", "upload", "look"], first.values]);
    // As files the visitor has.
    const files = Object.fromEntries(Object.entries(directory(standing(other))).map(([name, bytes]) => [name, bytes.toString("base64")]));
    const given = await api.run(async ({ files, ...wish }) => {
      const file = ([name, text]) => new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name);
      window.given ??= Object.entries(files).map(file);
      return window.tried({ ...wish, with: window.given });
    }, { url: `${shown.url}turn-6.png`, ...wish, files });
    assert.deepEqual([steps(given), given.values], [["upload", "look"], first.values]);
  });
});

test("what cannot be looked at is a fault with a way on, and the next one works", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    const fault = (got, code, what) => {
      assert.ok(got.error, `no fault, but ${JSON.stringify(got).slice(0, 300)}`);
      assert.deepEqual([got.error.name, got.error.code], ["SquintError", code], got.error.message);
      assert.match(got.error.what, what);
      assert.ok(got.error.hint.length > 5);
    };
    fault(await look(api), "model", /no model is ready/);
    ok(await api.load({ model: `${hosts.blind.url}small.gguf` }));
    fault(await look(api), "model", /reads questions/);
    fault(await look(api, { with: hosts.dinov2.url }), "model", /reads questions/);
    ok(await api.load({ model: hosts["clip-whole"].url }));
    fault(await look(api, { cut: "nine" }), "cut", /'nine' is no way/);
    fault(await look(api, { cut: "s2=4", resolution: 4096 }), "cut", /30 views of 4096×4096/);
    fault(await look(api, { cut: "uhd", whole: true }), "cut", /in parts, and whole/);
    fault(await look(api, { cut: "uhd", pooled: true }), "pooled", /other rows/);
    fault(await look(api, { layer: 9 }), "layer", /no layer 9/);
    fault(await look(api, { cut: "uhd", pixels: [1] }), "picture", /one picture at a time/);
    fault(await look(api, { cuts: "uhd" }), "option", /'cuts' is no option of encode/);
    fault(await look(api, { join: "rows" }), "with", /for two encoders/);
    fault(await look(api, { with: hosts.dinov2.url, cut: "uhd" }), "cut", /two encoders/);
    fault(await look(api, { with: hosts.dinov2.url, join: "heap" }), "join", /'heap'/);
    fault(await look(api, { with: hosts.dinov2.url, join: "rows" }), "pair", /not as many numbers/);
    fault(await look(api, { with: `${hosts.blind.url}small.gguf` }), "architecture", /no vision encoder/);
    const pixels = await api.run(() => window.squint.encode({ pixels: new Float32Array(3 * 16 * 16), cut: "uhd" }).then(() => ({}), (e) => ({ error: window.plain(e) })));
    fault(pixels, "pixels", /shown as they are/);
    ok(await look(api, { cut: "uhd" }));
  });
});

for (const on of [{ build: "threads" }, { build: "simd" }, { backend: "gpu" }]) {
  const name = on.build ?? on.backend;
  test(`stopped between two parts: ${name}`, { timeout: 120_000 }, async (t) => {
    await story({ backend: "cpu", ...on }, async (api) => {
      ok(await api.load({ model: hosts.dinov2.url }));
      const wish = { url: `${shown.url}large.bmp`, cut: "4khd=64", resolution: 224 };
      await api.run(async ({ url }) => void ((window.images ??= {})[url] = await window.file(url, "large.bmp")), wish);
      const got = await api.run((wish) => window.cut((signal) => window.look(wish, signal), (heard) => heard.length > 3), wish);
      const ms = (n) => `${n.toFixed(0)} ms`;
      t.diagnostic(`last event after ${ms(got.late)}, the page knows after ${ms(got.settled)}, the worker listens after ${ms(got.pong)}`);
      assert.ok(got.before.length < 40 && got.before.every((what) => what === "loading"), `it was over before it was stopped: ${got.before}`);
      assert.ok(got.late <= MOST_MS && !got.after.includes("encoded"), `${got.after}`);
      assert.equal(got.error.name, "AbortError");
      assert.ok(got.settled <= MOST_MS, `the page knew after ${ms(got.settled)}`);
      ok(await look(api, { cut: "s2" }));
      assert.equal(await api.run(() => window.workers.length), 1);
    });
  });
}

test("two encoders outlive their device", { timeout: 180_000 }, async () => {
  await story({ backend: "gpu" }, async (api) => {
    ok(await api.load({ model: hosts["clip-whole"].url }));
    const [, other, wish] = PAIRS[0];
    const ask = { with: hosts[other].url, ...wish };
    const want = ok(await look(api, ask));
    for (const again of [ask, { cut: "uhd=9" }, ask]) {
      await api.run(() => window.workers.at(-1).postMessage({ lose: true }));
      const got = ok(await look(api, again));
      if (again === ask) assert.deepEqual(got.values, want.values);
    }
    assert.equal(await api.run(() => window.workers.length), 1);
  }, frail);
});
