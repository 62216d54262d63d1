// Stories of pictures: models that see are asked about what a page has, on every build and on WebGPU, and say what they say
// on the command line. Run by scripts/test browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BLANK, native, told } from "./api.mjs";
import { bmp, directory, encoder, folder, FRAIL, MODELS, PAIRS, pair, path, tiled } from "./seen.mjs";
import { host, serve } from "./server.mjs";
import { launch } from "./squint.mjs";
import { SMALL, tiny } from "./tiny.mjs";

const root = new URL("../../", import.meta.url).pathname;
const SITE = process.env.SITE ?? join(root, "target/site");
const PICTURES = ["cat.png", "camera.png", "rocket.webp", "turn-6.jpg"];
const MOST_MS = 100;
const NAMES = ["preprocess", "vision", "project", "prefill", "decode"];

let browser, site, frail, hosts, shown;

before(async () => {
  browser = await launch();
  site = await serve(SITE, { pages: BLANK });
  frail = await serve(SITE, { pages: { ...BLANK, "worker.js": FRAIL + readFileSync(join(SITE, "worker.js"), "utf8") } });
  hosts = {};
  for (const name of MODELS) hosts[name] = await host(directory(folder(name)));
  hosts.tiled = await host(tiled());
  hosts.blind = await host({ "small.gguf": tiny(SMALL) });
  hosts.encoder = await host(directory(encoder));
  for (const name of PAIRS) hosts[`pair ${name}`] = await host(directory(pair(name)));
  const pictures = Object.fromEntries(PICTURES.map((name) => [name, readFileSync(path(name))]));
  shown = await host({ ...pictures, "large.bmp": bmp(2000, 1500), "not.png": Buffer.from("no picture") });
});
after(async () => {
  await browser?.close();
  for (const server of [site, frail, shown, ...Object.values(hosts ?? {})]) await server?.close();
});

function story(options, tell, at = site) {
  return told(browser, at.url, options, async (api) => {
    await api.run(showing);
    await tell(api);
  });
}

/** Runs in the page: pictures in each form a page may have them, from an address. */
function showing() {
  const blob = async (url) => (await fetch(url)).blob();
  const bitmap = async (url) => createImageBitmap(await blob(url), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const canvas = async (url) => {
    const from = await bitmap(url);
    const to = Object.assign(document.createElement("canvas"), { width: from.width, height: from.height });
    to.getContext("2d").drawImage(from, 0, 0);
    return to;
  };
  window.forms = {
    address: async (url) => url,
    URL: async (url) => new URL(url),
    Blob: blob,
    File: async (url) => new File([await blob(url)], "a picture.png"),
    data: async (url) => {
      const reader = new FileReader();
      reader.readAsDataURL(await blob(url));
      await new Promise((go) => (reader.onload = go));
      return reader.result;
    },
    ImageBitmap: bitmap,
    canvas,
    OffscreenCanvas: async (url) => {
      const from = await bitmap(url);
      const to = new OffscreenCanvas(from.width, from.height);
      to.getContext("2d").drawImage(from, 0, 0);
      return to;
    },
    ImageData: async (url) => {
      const from = await canvas(url);
      return from.getContext("2d").getImageData(0, 0, from.width, from.height);
    },
    img: async (url) => Object.assign(new Image(), { crossOrigin: "anonymous", src: url }),
  };
  window.show = async ({ image, form = "File", ...wish }) => window.ask({ ...wish, image: await window.forms[form](image) });
}

/** Asks about pictures of the host by name. */
const ask = (api, image, wish = {}) =>
  api.run((given) => window.show(given), { prompt: "What is left of it?", maxTokens: 12, ...wish, image: `${shown.url}${image}` });

/** What the command line says, of a model by its name or in a folder. */
function answer(model, images, { prompt = "What is left of it?", maxTokens = 12, how = [] } = {}) {
  const at = typeof model === "string" ? folder(model) : model.at;
  const given = images.flatMap((name) => ["--image", path(name)]);
  const asked = ["--prompt", prompt, "--max-tokens", String(maxTokens)];
  return native("run", "--backend", "cpu", "--model", at, ...asked, ...how, ...given);
}

function ok(answer) {
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  return answer;
}

function same(got, want, what) {
  ok(got);
  assert.equal(got.done.ids.length, 12, what);
  assert.deepEqual([got.done.ids, got.done.text], [want.ids, want.text], what);
}

for (const on of [{ build: "threads" }, { build: "relaxed" }, { build: "simd" }, { backend: "gpu" }]) {
  const name = on.build ?? on.backend;
  test(`pictures on the command line and here: ${name}`, { timeout: 180_000 }, async () => {
    await story({ backend: "cpu", ...on }, async (api) => {
      for (const model of MODELS) {
        const { loaded } = ok(await api.load({ model: hosts[model].url }));
        assert.deepEqual([loaded.sees, loaded.backend], [true, on.backend ?? "cpu"]);
        for (const image of PICTURES) {
          const got = await ask(api, image);
          same(got, answer(model, [image]), `${model} of ${image}`);
          assert.deepEqual(got.stages.map((s) => s.name), NAMES);
        }
        // A model that sees can be asked without a picture, too.
        const blind = await api.ask({ prompt: "No picture", maxTokens: 12 });
        same(blind, answer(model, [], { prompt: "No picture" }), `${model} without`);
        assert.deepEqual(blind.stages.map((s) => s.name), ["prefill", "decode"]);
        assert.equal(blind.meter.visionMs, 0);
      }
    });
  });
}

test("pictures at another resolution, and in one piece", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    for (const [model, wish, how] of [
      ["llava-clip-llama", { resolution: 35 }, ["--resolution", "35"]],
      ["smolvlm-sharded", { resolution: 96 }, ["--resolution", "96"]],
      ["smolvlm-sharded", { whole: true }, ["--whole"]],
    ]) {
      const counts = [];
      for (const [more, args] of [[{}, []], [wish, how]]) {
        ok(await api.load({ model: hosts[model].url, ...more }));
        const got = await ask(api, "cat.png");
        same(got, answer(model, ["cat.png"], { how: args }), `${model} ${JSON.stringify(more)}`);
        counts.push(got.stages.find((s) => s.name === "vision").tokensIn);
      }
      assert.notEqual(counts[0], counts[1], model);
    }
    for (const [model, code] of [["blind", "picture"], ["encoder", "resolution"]]) {
      assert.equal((await api.load({ model: hosts[model].url + (model === "blind" ? "small.gguf" : ""), whole: true })).error.code, code);
    }
  });
});

test("a picture is the same picture in every form", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    ok(await api.load({ model: hosts["smolvlm-sharded"].url }));
    const want = answer("smolvlm-sharded", ["cat.png"]);
    const first = await ask(api, "cat.png");
    same(first, want, "File");
    for (const form of await api.run(() => Object.keys(window.forms))) {
      // Another one between, so that each is looked at.
      assert.notDeepEqual(ok(await ask(api, "camera.png")).done.ids, first.done.ids);
      const got = await ask(api, "cat.png", { form });
      same(got, { ids: first.done.ids, text: first.done.text }, form);
    }
  });
});

test("conversations, several pictures, and raw prompts", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    ok(await api.load({ model: hosts["llava-clip-llama"].url }));
    const talk = (wish) =>
      api.run(async ({ url, messages, ...wish }) => {
        const read = async (name) => (name ? new File([await (await fetch(url + name)).blob()], name) : undefined);
        const list = (of) => Promise.all([of].flat().map(read));
        for (const turn of messages ?? []) if (turn.image) turn.image = await list(turn.image);
        if (wish.image) wish.image = await list(wish.image);
        return window.ask({ ...wish, ...(messages && { messages }), maxTokens: 12 });
      }, { url: shown.url, ...wish });
    const content = "Which two?";
    const both = ["turn-6.jpg", "camera.png"];
    const want = answer("llava-clip-llama", both, { prompt: content });
    same(await talk({ prompt: content, image: both }), want, "prompt");
    same(await talk({ messages: [{ role: "user", content, image: both }] }), want, "message");
    same(await talk({ messages: [{ role: "user", content }], image: both }), want, "beside");
    const swapped = ok(await talk({ prompt: content, image: [...both].reverse() }));
    assert.notDeepEqual(swapped.done.ids, (await talk({ prompt: content, image: both })).done.ids);

    const turns = [{ role: "user", content: "One?", image: "cat.png" }, { role: "assistant", content: "Yes." }, { role: "user", content }];
    const one = ok(await talk({ messages: structuredClone(turns) }));
    turns[2].image = "camera.png";
    const two = ok(await talk({ messages: structuredClone(turns) }));
    assert.ok(two.meter.promptTokens > one.meter.promptTokens);
    const rows = two.meter.promptTokens - one.meter.promptTokens;
    const raw = ok(await talk({ prompt: "<image>Hi", raw: true, image: "cat.png" }));
    const none = ok(await talk({ prompt: "Hi", raw: true }));
    assert.ok(raw.meter.promptTokens >= none.meter.promptTokens + rows - 2, "a raw prompt has the picture's rows");
  });
});

test("the same picture again is not looked at again", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    ok(await api.load({ model: hosts["smolvlm-sharded"].url }));
    const first = ok(await ask(api, "cat.png"));
    assert.deepEqual(first.stages.map((s) => s.reused), [false, false, false, false, false]);
    const seen = first.stages.slice(0, 3);
    for (const s of seen.slice(1)) assert.ok(s.ms > 0 && s.flops > 1e4 && s.bytes > 1e4 && s.tokensOut > 0, JSON.stringify(s));
    assert.ok(Math.abs(first.meter.visionMs - seen.reduce((sum, s) => sum + s.ms, 0)) < 1e-6);
    assert.ok(first.meter.ttftMs >= first.meter.visionMs + first.meter.promptMs, JSON.stringify(first.meter));
    const again = ok(await ask(api, "cat.png"));
    assert.deepEqual(again.done.ids, first.done.ids);
    assert.deepEqual(again.stages.map((s) => [s.reused, s.tokensOut]), first.stages.map((s, i) => [i < 4, s.tokensOut]));
    assert.deepEqual([again.meter.visionMs, again.meter.reusedTokens], [0, first.meter.promptTokens]);
    // Another question about it: its rows stand, and what is before and in the picture is in the caches.
    const other = ok(await ask(api, "cat.png", { prompt: "Why?" }));
    assert.deepEqual(other.stages.map((s) => s.reused).slice(0, 3), [true, true, true]);
    assert.ok(other.meter.reusedTokens > 40 && other.meter.reusedTokens < other.meter.promptTokens, JSON.stringify(other.meter));
    // Another picture, and back.
    assert.deepEqual(ok(await ask(api, "camera.png")).stages.map((s) => s.reused).slice(0, 3), [false, false, false]);
    const back = ok(await ask(api, "cat.png"));
    assert.deepEqual([back.done.ids, back.stages.map((s) => s.reused).slice(1, 3)], [first.done.ids, [true, true]]);
  });
});

test("a directory comes with progress, goes on where it was cut, and is kept", { timeout: 120_000 }, async () => {
  for (const name of ["smolvlm-sharded", "llava-clip-llama"]) {
    const files = directory(folder(name));
    const weights = Object.keys(files).filter((file) => file.endsWith(".safetensors"));
    const bytes = weights.reduce((sum, file) => sum + files[file].length, 0);
    const other = await host(files);
    await story({ backend: "cpu", threads: 1 }, async (api) => {
      const model = `${other.url}cut/`;
      const { progress } = ok(await api.load({ model }));
      for (const step of ["download", "upload"]) {
        const of = progress.filter((p) => p.step === step);
        assert.ok(of.length > 1, step);
        assert.deepEqual([of.at(-1).done, of.every((p, i) => i === 0 || p.done >= of[i - 1].done)], [of.at(-1).total, true], step);
        assert.ok(of.every((p) => p.done <= p.total), step);
      }
      assert.equal(progress.filter((p) => p.step === "download").at(-1).done, bytes);
      for (const file of weights) assert.equal(other.sent(`cut/${file}`), files[file].length, `${file} was sent twice`);
      const ids = ok(await ask(api, "cat.png")).done.ids;
      await other.close();
      await api.visit(site.url, { backend: "cpu", threads: 1 });
      await api.run(showing);
      const kept = ok(await api.load({ model })).progress.filter((p) => p.step !== "upload");
      assert.deepEqual([...new Set(kept.map((p) => p.step))], ["cache"]);
      assert.deepEqual(ok(await ask(api, "cat.png")).done.ids, ids);
      // The same from files the visitor has.
      const given = await api.run(async (files) => {
        const file = ([name, text]) => new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name);
        return window.bring({ model: Object.entries(files).map(file) });
      }, Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, bytes.toString("base64")])));
      assert.equal(ok(given).loaded.sees, true);
      assert.deepEqual(ok(await ask(api, "cat.png")).done.ids, ids);
    });
  }
});

test("what cannot be shown is a fault with a way on, and the next one works", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    const fault = (got, code, what) => {
      assert.ok(got.error, `no fault, but ${JSON.stringify(got).slice(0, 300)}`);
      assert.deepEqual([got.error.name, got.error.code], ["SquintError", code], got.error.message);
      assert.match(got.error.what, what);
      assert.ok(got.error.hint.length > 5);
    };
    const { loaded } = ok(await api.load({ model: `${hosts.blind.url}small.gguf` }));
    assert.equal(loaded.sees, false);
    fault(await ask(api, "cat.png"), "picture", /cannot see pictures/);
    ok(await api.ask({ prompt: "hi", maxTokens: 2 }));
    ok(await api.load({ model: hosts["llava-clip-llama"].url }));
    fault(await ask(api, "not.png"), "picture", /'a picture.png' is no picture/);
    for (const [form, image, what] of [["address", "not.png", /'not.png' is no picture/], ["address", "absent.png", /404/]]) {
      fault(await ask(api, image, { form }), "picture", what);
    }
    fault(await api.ask({ prompt: "x", image: "http://127.0.0.1:1/x.png" }), "picture", /could not be fetched/);
    fault(await api.ask({ prompt: "x", image: 7 }), "picture", /Number/);
    fault(await api.run(() => window.ask({ prompt: "x", image: new Image() })), "picture", /no pixels/);
    fault(await api.ask({ prompt: "<image> and <image>", raw: true }), "prompt", /2 places for pictures, and there are 0/);
    fault(await api.load({ model: hosts["llava-clip-llama"].url, quant: { sound: "q8_0" } }), "quant", /no part 'sound'/);
    ok(await api.load({ model: hosts["llava-clip-llama"].url, quant: { vision: "f16", projector: "f16" } }));
    assert.equal(ok(await ask(api, "cat.png")).done.ids.length, 12, "after all");
  });
});

for (const on of [{ build: "threads" }, { build: "relaxed" }, { build: "simd" }, { backend: "gpu" }]) {
  const name = on.build ?? on.backend;
  test(`stopped while it looks: ${name}`, { timeout: 120_000 }, async (t) => {
    await story({ backend: "cpu", ...on }, async (api) => {
      ok(await api.load({ model: hosts.tiled.url }));
      const large = await api.run(async (url) => void (window.large = await window.file(url, "large.bmp")), `${shown.url}large.bmp`);
      assert.equal(large, undefined);
      const phases = {
        preprocess: () => window.cut((signal) => window.ask({ prompt: "x", image: window.large, signal }), (_, ms) => ms > 60),
        vision: () => window.cut((signal) => window.ask({ prompt: "x", image: window.large, signal }), (heard) => heard.length > 0),
      };
      for (const [phase, work] of Object.entries(phases)) {
        const got = await api.run(work);
        const ms = (n) => `${n.toFixed(0)} ms`;
        t.diagnostic(`${phase}: last event after ${ms(got.late)}, the page knows after ${ms(got.settled)}, the worker listens after ${ms(got.pong)}`);
        assert.deepEqual(got.before, phase === "vision" ? ["stage"] : [], `${phase} was over before it was stopped`);
        assert.ok(got.late <= MOST_MS, `${phase}: an event came ${ms(got.late)} after the stop: ${got.after}`);
        assert.ok(!got.after.some((what) => ["stage", "done", "fault"].includes(what)), `${phase}: ${got.after}`);
        assert.equal(got.value.done.reason, "abort");
        ok(await api.ask({ prompt: "hi", maxTokens: 4 }));
      }
      assert.equal(await api.run(() => window.workers.length), 1);
    });
  });
}

test("an encoder alone gives rows of pictures of any size, the same on every backend", { timeout: 120_000 }, async () => {
  const rows = {};
  for (const [backend, threads] of [["cpu", 2], ["gpu", 1]]) {
    await story({ backend, threads }, async (api) => {
      ok(await api.load({ model: hosts.encoder.url }));
      rows[backend] = await api.run(async () => {
        const picture = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i));
        const show = async (n, more) => {
          try {
            const { shape, values, reused } = await window.squint.encode({ pixels: picture(n), ...more });
            return { shape, reused, values: Array.from(values) };
          } catch (e) {
            return window.plain(e);
          }
        };
        const own = 28 * 28 * 3;
        const wide = [42 * 21 * 3, { height: 21, width: 42 }];
        return [await show(own), await show(...wide), await show(own), await show(...wide), await show(own + 1), await show(27, { height: 3, width: 3 })];
      });
    });
    const [own, wide, again, same, short, small] = rows[backend];
    assert.deepEqual([own.shape, wide.shape, own.reused, wide.reused, again.reused, same.reused], [[17, 24], [19, 24], false, false, true, true]);
    assert.equal(own.values.length, 17 * 24);
    assert.deepEqual([again.values, same.values], [own.values, wide.values]);
    assert.deepEqual([short.code, small.code], ["pixels", "image"]);
  }
  for (const i of [0, 1]) rows.cpu[i].values.forEach((v, at) => assert.ok(Math.abs(v - rows.gpu[i].values[at]) < 1e-3));
});

/** Runs in the page: numbers of a picture shown to an encoder; other ones for every `phase`. */
const wave = ({ n, phase = 0, ...size }) =>
  window.squint.encode({ pixels: Float32Array.from({ length: n }, (_, i) => Math.sin(i + phase)), ...size }).then(({ shape, values }) => ({ shape, values: Array.from(values) }), window.plain);

test("an encoder alone outlives its device", { timeout: 120_000 }, async () => {
  await story({ backend: "gpu" }, async (api) => {
    ok(await api.load({ model: hosts.encoder.url }));
    const own = { n: 28 * 28 * 3 };
    const wide = { n: 42 * 21 * 3, height: 21, width: 42 };
    const lose = () => api.run(() => window.workers.at(-1).postMessage({ lose: true }));
    const want = [await api.run(wave, own), await api.run(wave, wide)];
    assert.deepEqual(want.map((w) => w.shape), [[17, 24], [19, 24]]);
    for (const phase of [7, 8]) {
      await lose();
      // Others than before, or nothing would have to run.
      const other = await api.run(wave, { ...own, phase });
      assert.equal(other.code, undefined, JSON.stringify(other));
      assert.notDeepEqual(other.values, want[0].values);
      assert.deepEqual([await api.run(wave, own), await api.run(wave, wide)], want);
    }
    assert.equal(await api.run(() => window.workers.length), 1);
  }, frail);
});

for (const on of [{ build: "threads" }, { build: "relaxed" }, { build: "simd" }, { backend: "gpu" }]) {
  const name = on.build ?? on.backend;
  test(`an encoder alone is stopped: ${name}`, { timeout: 120_000 }, async (t) => {
    await story({ backend: "cpu", ...on }, async (api) => {
      ok(await api.load({ model: hosts.encoder.url }));
      const large = { height: 1400, width: 1400 };
      const got = await api.run(({ height, width }) => {
        const pixels = new Float32Array(3 * height * width).fill(0.5);
        return window.cut((signal) => window.squint.encode({ pixels, height, width, signal }), (_, ms) => ms > 150);
      }, large);
      const ms = (n) => `${n.toFixed(0)} ms`;
      t.diagnostic(`last event after ${ms(got.late)}, the page knows after ${ms(got.settled)}, the worker listens after ${ms(got.pong)}`);
      assert.deepEqual([got.before, got.after.filter((what) => what !== "pong")], [[], []], "it was over before it was stopped, or told after");
      assert.equal(got.error.name, "AbortError");
      assert.ok(got.settled <= MOST_MS, `the page knew after ${ms(got.settled)}`);
      assert.deepEqual((await api.run(wave, { n: 28 * 28 * 3 })).shape, [17, 24]);
      assert.equal(await api.run(() => window.workers.length), 1);
    });
  });
}

for (const on of [{ threads: 1 }, { backend: "gpu" }]) {
  test(`a model and its eye in files of their own: ${on.backend ?? "cpu"}`, { timeout: 240_000 }, async () => {
    await story({ backend: "cpu", ...on }, async (api) => {
      for (const name of PAIRS) {
        const { url } = hosts[`pair ${name}`];
        const want = answer({ at: pair(name) }, ["cat.png"]);
        const addresses = { model: `${url}language.gguf`, mmproj: `${url}mmproj.gguf` };
        const { loaded, progress } = ok(await api.load(addresses));
        assert.equal(loaded.sees, true);
        const came = progress.filter((p) => p.step === "download" || p.step === "cache");
        assert.deepEqual([came.at(-1).done, came.every((p, i) => i === 0 || p.done >= came[i - 1].done)], [came.at(-1).total, true]);
        same(await ask(api, "cat.png"), want, `${name} from addresses`);
        // As files: beside it, whatever it is called; or with it, by its name.
        for (const [eye, apart] of [["eye.bin", true], ["a-mmproj-f16.gguf", false]]) {
          const given = await api.run(async ({ model, mmproj, eye, apart }) => {
            const [one, other] = [await window.file(model, "words.gguf"), await window.file(mmproj, eye)];
            return window.bring(apart ? { model: one, mmproj: other } : { model: [other, one] });
          }, { ...addresses, eye, apart });
          assert.equal(ok(given).loaded.sees, true);
          same(await ask(api, "cat.png"), want, `${name} from files`);
        }
        const alone = ok(await api.load({ model: `${url}language.gguf` }));
        assert.equal(alone.loaded.sees, false);
      }
      const { error } = await api.load({ model: hosts[MODELS[0]].url, mmproj: `${hosts[`pair ${PAIRS[0]}`].url}mmproj.gguf` });
      assert.equal(error.code, "mmproj");
    });
  });
}

test("a load that another follows ends, and what it held is free", { timeout: 120_000 }, async () => {
  await story({ backend: "gpu" }, async (api) => {
    const model = hosts["smolvlm-sharded"].url;
    ok(await api.load({ model }));
    const alone = ok(await ask(api, "cat.png"));
    const { first, second } = await api.run(async (model) => {
      let up;
      const begun = new Promise((go) => (up = go));
      const first = window.squint.load({ model, onProgress: (p) => p.step === "upload" && up() }).then(() => "came", (e) => e.code);
      await begun;
      const second = await window.bring({ model });
      return { first: await first, second };
    }, model);
    assert.equal(first, "replaced");
    ok(second);
    const again = ok(await ask(api, "cat.png"));
    assert.deepEqual([again.done.ids, again.meter.gpuBytes], [alone.done.ids, alone.meter.gpuBytes]);
  });
});

test("a lost device comes back with its eye, and no token is missed", { timeout: 180_000 }, async () => {
  await story({ backend: "gpu" }, async (api) => {
    ok(await api.load({ model: hosts["smolvlm-sharded"].url }));
    const wants = {};
    for (const image of ["cat.png", "camera.png", "rocket.webp"]) wants[image] = ok(await ask(api, image)).done.ids;
    assert.notDeepEqual(wants["cat.png"], wants["camera.png"]);
    /** Asks, and loses the device with the event of this number; 0 is before the question. */
    const lose = ({ url, at }) =>
      (async () => {
        const worker = window.workers.at(-1);
        const image = new File([await (await fetch(url)).blob()], "p");
        const events = [];
        if (at === 0) worker.postMessage({ lose: true });
        for await (const e of window.squint.generate({ prompt: "What is left of it?", maxTokens: 12, image })) {
          events.push(e.type === "stage" ? e.name : e.type);
          if (events.length === at) worker.postMessage({ lose: true });
          if (e.type === "done") return { events, ids: e.ids };
        }
      })();
    // Before all, after the picture was prepared, after it was seen, in the answer; each time another picture than before.
    for (const [i, at] of [0, 1, 3, 5, 0, 8].entries()) {
      const image = Object.keys(wants)[i % 3];
      const got = await api.run(lose, { url: `${shown.url}${image}`, at });
      assert.deepEqual(got.ids, wants[image], `lost with event ${at}: ${got.events}`);
      assert.deepEqual(got.events.filter((e) => NAMES.includes(e)), NAMES, "a stage was told twice or not at all");
    }
    assert.equal(await api.run(() => window.workers.length), 1);
  }, frail);
});
