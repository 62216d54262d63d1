// Where the contest is held: one isolated server with every engine on it, one Chromium, a page for each engine in a
// context of its own, so that engines share the browser and nothing else.
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serve } from "../browser/server.mjs";
import { launch } from "../browser/squint.mjs";

export const ROOT = new URL("../../", import.meta.url).pathname;
export const SITE = join(ROOT, "target/bench/site");

/** The folder served: links to what is measured. */
async function assemble() {
  await rm(SITE, { recursive: true, force: true });
  await mkdir(SITE, { recursive: true });
  const links = { worker: "web/pkg/worker", models: ".models", peers: "tests/bench/node_modules", page: "tests/bench/page" };
  for (const name of await readdir(join(ROOT, "public"))) if (name.endsWith(".js")) links[name] = `public/${name}`;
  for (const [name, to] of Object.entries(links)) await symlink(join(ROOT, to), join(SITE, name));
  await writeFile(join(SITE, "index.html"), "<!doctype html><title>bench</title>");
}

/** Runs `work` with `enter`, which opens a page with one engine in it. */
export async function stand({ gpu = false }, work) {
  await assemble();
  const server = await serve(SITE);
  const browser = await launch({ gpu });
  const enter = async (engine, options) => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(0);
    await page.goto(server.url);
    const call = (name, options) =>
      page.evaluate(async ([engine, name, options]) => (await import(`/page/${engine}.mjs`))[name](options), [engine, name, options]);
    const loaded = await call("load", options);
    return { loaded, answer: (o) => call("answer", o), encode: (o) => call("encode", o), close: () => page.context().close() };
  };
  try {
    return await work(enter);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Whether a file of the tree is there. */
export const there = (path) => existsSync(join(ROOT, path));
