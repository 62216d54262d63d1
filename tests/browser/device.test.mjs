// Stories of the page "What my device can do". Run by scripts/test browser, which builds the site first.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, Squint, story } from "./squint.mjs";
import { serve } from "./server.mjs";

const SITE = process.env.SITE ?? new URL("../../target/site", import.meta.url).pathname;
let browser, isolated, plain;

before(async () => {
  browser = await launch();
  isolated = await serve(SITE);
  plain = await serve(SITE, { isolated: false, base: "/squint/" });
});
after(async () => {
  await browser?.close();
  await isolated?.close();
  await plain?.close();
});

async function allOk(squint, backends) {
  const ops = await squint.ops();
  assert.ok(ops.length >= 3, `ops: ${ops}`);
  for (const op of ops) {
    for (const backend of backends) assert.match(await squint.cell(op, backend), /ok/, `${op} on ${backend}`);
  }
}

for (const build of ["threads", "relaxed", "simd"]) {
  test(`the probe passes on cpu and gpu: ${build}`, async () => {
    // Isolated, the page takes `threads` by itself.
    const url = build === "threads" ? isolated.url : `${isolated.url}?build=${build}`;
    await story(await Squint.open(browser, url), `probe-${build}`, async (squint) => {
      await squint.probed();
      assert.equal(await squint.build(), build);
      await allOk(squint, ["reference", "cpu", "gpu"]);
      assert.match(await squint.picked(), /takes the (cpu|gpu) backend/);
      assert.deepEqual(squint.errors, []);
    });
  });
}

test("without isolation headers, under a sub-path: one thread", async () => {
  await story(await Squint.open(browser, plain.url), "plain", async (squint) => {
    await squint.probed();
    assert.equal(await squint.build(), "relaxed");
    await allOk(squint, ["cpu", "gpu"]);
    assert.deepEqual(squint.errors, []);
  });
});

test("without isolation and without relaxed SIMD: the build that runs everywhere", async () => {
  const before = (page) =>
    page.context().route("**/worker.js*", async (route) => {
      const script = await (await route.fetch()).text();
      const body = script.replace("WebAssembly.validate(RELAXED)", "false");
      assert.notEqual(body, script);
      await route.fulfill({ body, contentType: "text/javascript" });
    });
  await story(await Squint.open(browser, plain.url, { before }), "simd", async (squint) => {
    await squint.probed();
    assert.equal(await squint.build(), "simd");
    await allOk(squint, ["cpu"]);
  });
});

test("without WebGPU the page works and says so", async () => {
  const without = await launch({ gpu: false });
  try {
    await story(await Squint.open(without, isolated.url), "no-webgpu", async (squint) => {
      await squint.probed();
      await allOk(squint, ["cpu"]);
      assert.match(await squint.cell("matmul", "gpu"), /not available/);
      assert.match(await squint.picked(), /cpu backend here: no WebGPU adapter/);
    });
  } finally {
    await without.close();
  }
});

test("a killed worker is noticed, and the restart button brings another", async () => {
  await story(await Squint.open(browser, isolated.url), "killed", async (squint) => {
    await squint.probed();
    await squint.killWorker();
    await squint.fault().waitFor({ timeout: 15_000 });
    assert.match(await squint.fault().innerText(), /has not answered/);
    await squint.restart();
    await squint.probed();
    await allOk(squint, ["cpu"]);
    assert.equal(await squint.fault().count(), 0);
  });
});

test("an engine that cannot be loaded is a fault with a way on", async () => {
  const before = (page) => page.context().route("**/worker/**", (route) => route.abort());
  await story(await Squint.open(browser, isolated.url, { before }), "no-engine", async (squint) => {
    await squint.fault().waitFor();
    assert.match(await squint.fault().innerText(), /could not be loaded/);
    await squint.page.context().unroute("**/worker/**");
    await squint.restart();
    await squint.probed();
  });
});

const LOOKS = {
  light: {},
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 320, height: 640 } },
};
for (const [name, options] of Object.entries(LOOKS)) {
  test(`readable by everybody: ${name}`, async () => {
    // The policy forbids foreign scripts, axe's among them.
    await story(await Squint.open(browser, isolated.url, { ...options, bypassCSP: true }), name, async (squint) => {
      await squint.probed();
      const wide = await squint.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `the page is ${wide} px wider than the screen`);
      const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
      await squint.page.addScriptTag({ content: await readFile(axe, "utf8") });
      const { violations } = await squint.page.evaluate(() => window.axe.run());
      const bad = violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => `${v.id}: ${v.help}`);
      assert.deepEqual(bad, []);
      await squint.screenshot(`device-${name}`);
    });
  });
}
