// Stories of every recipe: each fixture of a language model, of one that sees and of an encoder, from the files it is
// published as, says in Chromium what it says on the command line. Run by scripts/test browser.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BLANK, native, told } from "./api.mjs";
import { complete, ELSEWHERE, fixtures, FOLDERS, QUESTION, RUNS } from "./recipes.mjs";
import { ENCODERS, folder, MODELS, OFF, off, path, standing } from "./seen.mjs";
import { host, serve } from "./server.mjs";
import { launch } from "./squint.mjs";

const root = new URL("../../", import.meta.url).pathname;
const SITE = process.env.SITE ?? join(root, "target/site");
const PICTURE = path("cat.png");
/** The likeliest answer, and one by chance: small random models like to repeat themselves, and draws need all their odds. */
const WISHES = [
  [{}, []],
  [{ temperature: 1, seed: 3 }, ["--temperature", "1", "--seed", "3"]],
];
const TOKENS = 6;

let browser, site, temp, shown, hosts;

before(async () => {
  browser = await launch();
  site = await serve(SITE, { pages: BLANK });
  temp = mkdtempSync(join(tmpdir(), "squint-"));
  shown = await host({ "cat.png": readFileSync(PICTURE) });
  hosts = new Map();
});
after(async () => {
  await browser?.close();
  for (const server of [site, shown, ...(hosts?.values() ?? [])]) await server?.close();
  if (temp) rmSync(temp, { recursive: true });
});

/** Runs in the page: a question about the host's picture, or the picture shown to an encoder. */
function asking(url) {
  const picture = () => (window.picture ??= window.file(url, "a picture"));
  window.talk = async ({ sees, ...wish }) => window.ask({ ...wish, ...(sees && { image: await picture() }) });
  window.look = async () => {
    const { shape, values } = await window.squint.encode({ image: await picture() });
    return { shape, values: Array.from(values) };
  };
}

async function talks(api, { at, backend, sees }) {
  const given = ["--backend", "cpu", "--model", at, "--prompt", QUESTION, "--max-tokens", String(TOKENS)];
  for (const [wish, how] of WISHES) {
    const want = native("run", ...given, ...how, ...(sees ? ["--image", PICTURE] : []));
    const got = await api.run((wish) => window.talk(wish), { prompt: QUESTION, maxTokens: TOKENS, sees, ...wish });
    assert.equal(got.error, undefined, JSON.stringify(got.error));
    assert.ok(got.done.ids.length > 1, `${got.done.ids}`);
    assert.deepEqual([got.done.ids, got.done.text], [want.ids, want.text]);
    assert.equal(got.meter.backend, backend);
  }
}

async function looks(api, { at, backend }) {
  const want = native("features", "--backend", "cpu", "--model", at, "--image", PICTURE);
  const got = await api.run(() => window.look());
  assert.deepEqual(got.shape, want.shape.length === 1 ? [1, want.shape[0]] : want.shape);
  const error = off(got.values, want.values);
  assert.ok(error < OFF[backend], `off by ${error}`);
}

/** What is loaded of a host, and asked then. */
const whole = (url) => ({ model: url });
const file = (url) => ({ model: `${url}model.gguf` });
const pair = (url) => ({ model: `${url}language.gguf`, mmproj: `${url}mmproj.gguf` });
const sees = (api, of) => talks(api, { ...of, sees: true });
const ASKED = {
  reads: { load: whole, ask: talks },
  file: { load: file, ask: talks },
  sees: { load: whole, ask: sees },
  pairs: { load: pair, ask: sees },
  looks: { load: whole, ask: looks },
};

/** What is asked, and a host that has it until the end: a port taken anew would be an address whose files were kept. */
async function made(run) {
  const key = `${run.asked} ${run.name}`;
  if (!hosts.has(key)) {
    const { at, files } = complete(run, join(temp, key));
    hosts.set(key, { at, ...(await host(files)) });
  }
  return hosts.get(key);
}

for (const backend of ["cpu", "gpu"]) {
  test(`every recipe says here what it says on the command line: ${backend}`, { timeout: 600_000 }, async (t) => {
    await told(browser, site.url, { backend }, async (api) => {
      await api.run(asking, `${shown.url}cat.png`);
      for (const run of RUNS.filter((run) => run.on.includes(backend))) {
        await t.test(`${run.name} ${run.asked}`, async () => {
          const { load, ask } = ASKED[run.asked];
          const { at, url } = await made(run);
          const { loaded, error } = await api.load(load(url));
          assert.equal(error, undefined, JSON.stringify(error));
          assert.deepEqual([loaded.family, loaded.backend], [run.recipes.split(" ").at(-1), backend]);
          await ask(api, { at, backend });
        });
      }
    });
  });
}

test("no fixture of a model is run by nobody", () => {
  for (const [name, { run, left = {} }] of Object.entries(FOLDERS)) {
    const below = name === "." ? Object.keys(FOLDERS).filter((other) => other !== ".") : [];
    const told = [...Object.keys(run), ...Object.keys(left), ...below].sort();
    const there = readdirSync(join(fixtures, name), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const what = `tests/fixtures/${name}: a directory and no row of recipes.mjs, or a row and no directory`;
    assert.deepEqual(told, there.map((entry) => entry.name).sort(), what);
    for (const [left_out, reason] of Object.entries(left)) assert.ok(reason, left_out);
  }
});

test("no recipe is without a run, on the cpu and on WebGPU", () => {
  const names = (folder) => {
    const files = readdirSync(join(root, "crates/models/src", folder)).filter((file) => file !== "published.rs");
    const text = files.map((file) => readFileSync(join(root, "crates/models/src", folder, file), "utf8")).join("\n");
    return [...text.matchAll(/^pub static \w+: (?:Text|Vision|Vlm) = \w+ \{\n\s*name: "([^"]+)"/gm)].map(([, name]) => name);
  };
  const recipes = ["text", "vision", "vlm"].flatMap(names);
  assert.ok(recipes.length > 10, `the sources name ${recipes}`);
  const elsewhere = RUNS.filter((run) => run.on.includes(ELSEWHERE));
  const asked = [...MODELS.map(folder), ...Object.keys(ENCODERS).map(standing)];
  assert.deepEqual(elsewhere.map((run) => join(fixtures, run.name)).sort(), asked.sort());
  for (const backend of ["cpu", "gpu"]) {
    const here = RUNS.filter((run) => run.on.includes(backend) || elsewhere.includes(run));
    const words = new Set(here.flatMap((run) => run.recipes.split(" ")));
    for (const name of recipes) assert.ok(words.has(name), `${name} is not run on ${backend}`);
    // Nor a pair of them: which eye, which projector and which language model.
    const pairs = new Set(here.map((run) => run.recipes));
    for (const { name, recipes } of RUNS) assert.ok(pairs.has(recipes), `nothing like ${name} is run on ${backend}`);
  }
});
