// Stories of squint.js: models come, answers go, whatever the network does. Run by scripts/test browser.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BLANK, native, told } from "./api.mjs";
import { host, serve } from "./server.mjs";
import { launch } from "./squint.mjs";
import { SMALL, tiny } from "./tiny.mjs";

const root = new URL("../../", import.meta.url).pathname;
const SITE = process.env.SITE ?? join(root, "target/site");
const small = tiny(SMALL);
const sha256 = createHash("sha256").update(small).digest("hex");
const wish = { prompt: "hello there", maxTokens: 24 };
let browser, site, files;

before(async () => {
  browser = await launch();
  site = await serve(SITE, { pages: BLANK });
  files = await host({ "small.gguf": small, "next.small.gguf": tiny({ ...SMALL, seed: 99 }), "text.gguf": Buffer.from("not a model, whatever its name says") });
});
after(async () => {
  await browser?.close();
  await site?.close();
  await files?.close();
});

/** Put before the worker's own code: the second file it opens does not open in time, or none does. */
const mute = (way) => `
const open = FileSystemFileHandle.prototype.createSyncAccessHandle;
let count = 0;
FileSystemFileHandle.prototype.createSyncAccessHandle = async function () {
  count += 1;
  if (${way === "never"} || (${way === "once"} && count === 2)) return new Promise(() => {});
  if (${way === "late"} && count === 2) await new Promise((go) => setTimeout(go, 3000));
  return open.call(this);
};
`;

const story = (options, tell) => told(browser, site.url, options, tell);

/** What the command line says. */
const answer = (model, prompt, tokens) =>
  native("run", "--backend", "cpu", "--model", model, "--prompt", prompt, "--max-tokens", String(tokens));

function ok(answer) {
  assert.equal(answer.error, undefined, JSON.stringify(answer.error));
  return answer;
}

for (const build of ["threads", "relaxed", "simd"]) {
  test(`the ids of the command line: ${build}`, { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "squint-"));
    try {
      writeFileSync(join(folder, "small.gguf"), small);
      const want = answer(join(folder, "small.gguf"), wish.prompt, 24);
      await story({ build, backend: "cpu" }, async (api) => {
        const { loaded } = ok(await api.load({ model: `${files.url}small.gguf` }));
        assert.equal(loaded.build, build);
        const got = ok(await api.ask(wish));
        assert.equal(got.done.ids.length, 24);
        assert.deepEqual([got.done.ids, got.done.text], [want.ids, want.text]);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test("a token's text as it comes, a meter, stages, and the same again", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu" }, async (api) => {
    const { loaded, progress } = ok(await api.load({ model: `${files.url}small.gguf`, sha256, context: 256 }));
    assert.equal(loaded.context, 256);
    assert.equal(loaded.family, "llama");
    for (const step of ["download", "upload"]) {
      const of = progress.filter((p) => p.step === step);
      assert.ok(of.length > 0, step);
      assert.deepEqual([of.at(-1).done, of.every((p, i) => i === 0 || p.done >= of[i - 1].done)], [of.at(-1).total, true]);
    }
    const got = ok(await api.ask(wish));
    assert.equal(got.tokens.map((t) => t.text).join(""), got.done.text);
    assert.deepEqual(got.tokens.map((t) => t.id).slice(0, 24), got.done.ids);
    assert.equal(got.done.reason, "length");
    assert.deepEqual(got.order.slice(-3), ["stage", "meter", "done"]);
    assert.deepEqual(got.stages.map((s) => s.name), ["prefill", "decode"]);
    for (const s of got.stages) assert.ok(s.ms >= 0 && s.flops > 1e5 && s.bytes > 1e5 && s.tokensIn > 0, JSON.stringify(s));
    const m = got.meter;
    assert.deepEqual([m.generatedTokens, m.reusedTokens, m.backend, m.gpuBytes], [24, 0, "cpu", 0]);
    assert.ok(m.promptTokens > 20 && m.promptMs > 0 && m.ttftMs >= m.promptMs && m.decodeMs > 0, JSON.stringify(m));
    assert.ok(m.heapBytes > 1 << 20 && m.heapBytes < 1 << 28 && m.threads >= 1, JSON.stringify(m));
    assert.deepEqual(await api.run(() => window.squint.meter), m);
    // Asked again, the whole prompt is there already.
    const again = ok(await api.ask(wish));
    assert.deepEqual([again.done.ids, again.meter.reusedTokens], [got.done.ids, m.promptTokens]);
    const longer = ok(await api.ask({ ...wish, maxTokens: 30 }));
    assert.deepEqual(longer.done.ids.slice(0, 24), got.done.ids);
  });
});

test("a File, raw prompts, system messages, stop texts and chance", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    const loaded = await api.run(async (url) => window.bring({ model: await window.file(url) }), `${files.url}small.gguf`);
    assert.equal(ok(loaded).progress.some((p) => p.step === "download"), false);
    const chat = ok(await api.ask(wish));
    const same = ok(await api.ask({ messages: [{ role: "user", content: wish.prompt }], maxTokens: 24 }));
    assert.deepEqual(same.done.ids, chat.done.ids);
    const raw = ok(await api.ask({ ...wish, raw: true }));
    assert.equal(raw.meter.promptTokens, "hello there".length - 4, "'hell' and 'he' are tokens, as is every letter");
    const system = { role: "system", content: "Be brief." };
    const told = ok(await api.ask({ messages: [system, { role: "user", content: wish.prompt }], maxTokens: 24 }));
    // A turn is two special tokens, its role and its text in letters, and two line ends.
    assert.equal(told.meter.promptTokens, chat.meter.promptTokens + 2 + "system".length + "Be brief.".length + 2);
    assert.notDeepEqual(told.done.ids, chat.done.ids);

    const stop = [...chat.done.text].slice(5, 7).join("");
    const stopped = ok(await api.ask({ ...wish, stop }));
    assert.deepEqual([stopped.done.reason, stopped.done.text], ["stop", chat.done.text.slice(0, chat.done.text.indexOf(stop))]);
    assert.equal(stopped.tokens.map((t) => t.text).join(""), stopped.done.text);

    const drawn = async (seed) => ok(await api.ask({ ...wish, temperature: 1, seed })).done.ids;
    const one = await drawn(1);
    assert.deepEqual(await drawn(1), one);
    assert.notDeepEqual(await drawn(2), one);
    assert.equal(ok(await api.ask({ ...wish, maxTokens: 1 })).done.ids.length, 1);
  });
});

test("a download that is cut goes on where it was, and nothing is sent twice", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    const { progress } = ok(await api.load({ model: `${files.url}cut/small.gguf`, sha256 }));
    assert.equal(progress.filter((p) => p.step === "download").at(-1).done, small.length);
    assert.equal(files.sent("cut/small.gguf"), small.length);
    const [first, second, ...rest] = files.ranges("cut/small.gguf");
    assert.deepEqual([first, rest], ["", []]);
    assert.equal(second, `bytes=${Math.floor(small.length / 2)}-`);
    ok(await api.ask(wish));
    // A host without ranges has to send all of it again; one that is busy is asked again.
    ok(await api.load({ model: `${files.url}whole/small.gguf`, sha256 }));
    ok(await api.load({ model: `${files.url}busy/small.gguf`, sha256 }));
    // What an earlier visit left is not asked for again either.
    const half = `${files.url}slow/small.gguf`;
    await api.run(async (model) => {
      const stop = new AbortController();
      const onProgress = (p) => p.done > 0 && setTimeout(() => stop.abort(), 300);
      await window.squint.load({ model, onProgress, signal: stop.signal }).catch(() => {});
      await window.squint.dispose();
    }, half);
    await api.visit(site.url, { backend: "cpu", threads: 1 });
    await api.run((model) => window.cut((signal) => window.squint.load({ model, signal }), (_, ms) => ms > 1000), half);
    assert.deepEqual(files.ranges("slow/small.gguf"), ["", `bytes=${Math.floor(small.length / 2)}-`]);
  });
});

test("a file that changes while it comes is brought from its beginning", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 2 }, async (api) => {
    const ids = async (path) => {
      ok(await api.load({ model: `${files.url}${path}` }));
      return ok(await api.ask(wish)).done.ids;
    };
    const [old, next] = [await ids("small.gguf"), await ids("next.small.gguf")];
    assert.notDeepEqual(old, next);
    assert.deepEqual(await ids("new/small.gguf"), next);
    assert.deepEqual(files.ranges("new/small.gguf").map((range) => range !== ""), [false, true, false]);
  });
});

test("the second time it comes from the cache, with the network gone", { timeout: 120_000 }, async () => {
  const other = await host({ "small.gguf": small });
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    const model = `${other.url}small.gguf`;
    const first = ok(await api.load({ model }));
    assert.ok(first.progress.some((p) => p.step === "download"));
    const ids = ok(await api.ask(wish)).done.ids;
    await other.close();
    await api.visit(site.url, { backend: "cpu", threads: 1 });
    for (const more of [{}, { sha256 }]) {
      const { progress } = ok(await api.load({ model, ...more }));
      assert.deepEqual(progress.filter((p) => p.step !== "upload"), [{ step: "cache", done: small.length, total: small.length }]);
      assert.deepEqual(ok(await api.ask(wish)).done.ids, ids);
    }
    // What is kept is not taken for another file.
    const { error } = await api.load({ model, sha256: "0".repeat(64) });
    assert.equal(error.code, "download");
  });
});

test("without room on the disk a model stays in memory, and that is said", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    const devtools = await api.context.newCDPSession(api.page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(site.url).origin, quotaSize: 50_000 });
    const { progress } = ok(await api.load({ model: `${files.url}small.gguf`, sha256 }));
    assert.ok(progress.some((p) => p.step === "memory" && p.done === small.length), JSON.stringify(progress));
    ok(await api.ask(wish));
  });
});

test("a beginning that was kept is no beginning of what goes to memory", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    ok(await api.load({ model: `${files.url}small.gguf` }));
    const { ids } = ok(await api.ask(wish)).done;
    const model = `${files.url}half/small.gguf`;
    await api.run(async (model) => {
      const stop = new AbortController();
      const onProgress = (p) => p.done > 0 && stop.abort();
      await window.squint.load({ model, onProgress, signal: stop.signal }).catch(() => {});
    }, model);
    const devtools = await api.context.newCDPSession(api.page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(site.url).origin, quotaSize: 50_000 });
    const { progress } = ok(await api.load({ model }));
    assert.ok(progress.some((p) => p.step === "memory" && p.done === small.length), JSON.stringify(progress));
    assert.match(files.ranges("half/small.gguf")[1], /^bytes=[1-9]/);
    assert.deepEqual(ok(await api.ask(wish)).done.ids, ids);
  });
});

test("files that a browser never opens, or opens late, keep nobody waiting", { timeout: 120_000 }, async () => {
  for (const [way, kept] of [["once", true], ["late", true], ["never", false]]) {
    const frail = await serve(SITE, { pages: { ...BLANK, "worker.js": mute(way) + readFileSync(join(SITE, "worker.js"), "utf8") } });
    await told(browser, frail.url, { backend: "cpu", threads: 1 }, async (api) => {
      const { progress } = ok(await api.load({ model: `${files.url}small.gguf` }));
      assert.equal(progress.some((p) => p.step === "memory"), !kept, way);
      ok(await api.ask(wish));
      // Nothing stays locked.
      await api.visit(frail.url, { backend: "cpu", threads: 1 });
      const again = ok(await api.load({ model: `${files.url}small.gguf` }));
      assert.equal(again.progress[0].step, kept ? "cache" : "memory", way);
    });
    await frail.close();
  }
});

test("what cannot be loaded or asked is a fault with a way on, and the next one works", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    const fault = (got, code, what) => {
      assert.ok(got.error, `no fault, but ${JSON.stringify(got).slice(0, 300)}`);
      assert.deepEqual([got.error.name, got.error.code], ["SquintError", code], got.error.message);
      assert.match(got.error.what, what);
      assert.ok(got.error.hint.length > 5);
    };
    fault(await api.ask(wish), "model", /no model is ready/);
    const at = (path) => ({ model: `${files.url}${path}` });
    fault(await api.load({ ...at("small.gguf"), sha256: "0".repeat(64) }), "checksum", /small\.gguf/);
    fault(await api.load(at("absent.gguf")), "download", /404/);
    fault(await api.load(at("page/small.gguf")), "download", /web page/);
    fault(await api.load(at("short/small.gguf")), "download", /could not be downloaded/);
    for (let i = 0; i < 2; i++) {
      const got = await api.load(at("text.gguf"));
      fault(got, "magic", /text\.gguf/);
      assert.ok(got.progress.some((p) => p.step === "download"), "a file that is no model was kept");
    }
    fault(await api.load({ ...at("small.gguf"), backend: "abacus" }), "backend", /abacus/);
    fault(await api.load({ ...at("small.gguf"), contxt: 64 }), "option", /'contxt' is no option of load/);
    const other = (call, wish) =>
      api.run(
        async ([call, wish]) => {
          try {
            const asked = (call === "create" ? window.lib.Squint : window.squint)[call](wish);
            await (call === "generate" ? asked.next() : asked);
            return {};
          } catch (e) {
            return { error: window.plain(e) };
          }
        },
        [call, wish],
      );
    const model = "small.gguf";
    for (const [call, wish, what, code = "option"] of [
      ["create", { thread: 1 }, /'thread' is no option of create/],
      ["create", { threads: -1 }, /'threads' of create cannot be -1/],
      ["create", { build: "fast" }, /'build' of create cannot be "fast"/],
      ["create", { workerUrl: "http://[bad" }, /'http:\/\/\[bad' is no address/, "address"],
      ["create", null, /create was given null/],
      ["load", undefined, /load was asked without a model/],
      ["load", null, /load was given null/],
      ["load", { model: "http://[bad" }, /is no address/, "address"],
      ["load", { model, quant: null }, /'quant' of load cannot be null/],
      ["load", { model, quant: 5 }, /'quant' of load cannot be 5/],
      ["load", { model, signal: {} }, /'signal' of load/],
      ["load", { model, onProgress: 5 }, /'onProgress' of load/],
      ["generate", null, /generate was given null/],
      ["generate", { messages: "hello" }, /'messages' of generate cannot be "hello"/],
      ["generate", { messages: [null] }, /'messages' of generate/],
      ["encode", { pixel: [] }, /'pixel' is no option of encode/],
      ["encode", { pixels: 5 }, /'pixels' of encode cannot be 5/],
      ["encode", { pixels: [], height: 2 }, /half the size of a picture/],
      ["encode", { pixels: [], with: model, join: "" }, /'join' of encode/],
      ["estimate", undefined, /estimate was asked without a model/],
      ["estimate", { model, cut: "uhd", height: 0, width: 0 }, /'height' of estimate cannot be 0/],
      ["estimate", { model: "dinov2-small", resolution: 0, cut: "s2" }, /a resolution of 0/, "resolution"],
      ["about", "http://[bad", /is no address/, "address"],
    ]) {
      fault(await other(call, wish), code, what);
    }
    fault(await api.load({ ...at("shut/"), sha256 }), "checksum", /several/);
    fault(await api.load(at("shut/")), "download", /403/);
    const file = (more) => window.bring({ model: new File(["GGUF"], "mine.gguf"), ...more });
    fault(await api.run(file, { sha256 }), "checksum", /mine\.gguf/);
    fault(await api.load({ ...at("small.gguf"), context: "long" }), "request", /cannot read/);
    fault(await api.load({ ...at("small.gguf"), context: 513 }), "context", /1 to 512/);
    ok(await api.load({ ...at("small.gguf"), sha256, context: 64 }));
    fault(await api.ask({ prompt: "x".repeat(100) }), "prompt", /context room for 64|64/);
    fault(await api.ask({ ...wish, maxTokens: "many" }), "request", /cannot read/);
    fault(await api.ask({ ...wish, maxtokens: 2 }), "option", /'maxtokens' is no option of generate/);
    fault(await api.ask({ messages: [{ role: "user", content: "x", picture: "y" }] }), "option", /'picture'.*message/);
    fault(await api.ask({ ...wish, temperature: 1e-40 }), "sampling", /temperature/);
    const full = ok(await api.ask({ prompt: "x", maxTokens: 500 }));
    assert.equal(full.done.reason, "length");
    assert.equal(full.done.ids.length, 64 - full.meter.promptTokens + 1);
    ok(await api.ask({ prompt: "x" }));
  });
});

test("two at once, and one that is disposed of", { timeout: 120_000 }, async () => {
  await story({ backend: "cpu", threads: 1 }, async (api) => {
    const { one, two, gone, busy, again } = await api.run(async ({ model, wish }) => {
      const other = await window.lib.Squint.create({ backend: "cpu", threads: 1 });
      await Promise.all([window.bring({ model }), window.bring({ model }, other)]);
      const [one, two] = await Promise.all([window.ask(wish), window.ask(wish, other)]);
      const cut = window.ask({ ...wish, maxTokens: 400 }, other);
      await new Promise((go) => setTimeout(go, 20));
      const busy = await window.ask(wish, other);
      await other.dispose();
      return { one, two, busy, gone: await cut, again: await window.ask(wish, other) };
    }, { model: `${files.url}small.gguf`, wish });
    assert.deepEqual(ok(one).done.ids, ok(two).done.ids);
    assert.equal(busy.error.code, "busy");
    assert.equal(gone.error.code, "disposed");
    assert.equal(again.error.code, "disposed");
    ok(await api.ask(wish));
  });
});

test("WebGPU says what the cpu says", { timeout: 120_000 }, async () => {
  const ids = {};
  for (const backend of ["cpu", "gpu"]) {
    await story({ backend }, async (api) => {
      const { loaded } = ok(await api.load({ model: `${files.url}small.gguf` }));
      assert.equal(loaded.backend, backend);
      const got = ok(await api.ask(wish));
      ids[backend] = got.done.ids;
      assert.equal(got.meter.gpuBytes > 100_000, backend === "gpu");
    });
  }
  assert.deepEqual(ids.gpu, ids.cpu);
});

test("SmolLM2 says what it says on the command line", { timeout: 120_000 }, async (t) => {
  const path = join(root, ".models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
  if (!existsSync(path)) return t.skip(`${path} is not here: scripts/models brings it`);
  // The first token about France is a near tie: ids are equal because bits are.
  const prompts = { "What is the capital of France?": /./, "Name the capital of Italy.": /Rome/, "Count from one to five.": /2\. 2/ };
  const want = Object.keys(prompts).map((prompt) => answer(path, prompt, 16));
  const big = await host({ "smollm2.gguf": readFileSync(path) });
  try {
    for (const build of ["threads", "relaxed", "simd"]) {
      await story({ build, backend: "cpu" }, async (api) => {
        ok(await api.load({ model: `${big.url}smollm2.gguf` }));
        for (const [i, [prompt, says]] of Object.entries(prompts).entries()) {
          const got = ok(await api.ask({ prompt, maxTokens: 16 }));
          assert.match(got.done.text, says);
          assert.deepEqual(got.done.ids, want[i].ids, build);
        }
      });
    }
  } finally {
    await big.close();
  }
});
