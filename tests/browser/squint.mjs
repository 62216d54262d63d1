// The page object: everything the stories know about the page stands here, so a change of markup is one change.
import { mkdir } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

const SHOTS = new URL("./shots/", import.meta.url).pathname;

/** Chromium as a visitor has it; `gpu` gives it WebGPU in software. */
export function launch({ gpu = true } = {}) {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const executablePath = process.env.CHROME ?? names.map(which).find(Boolean);
  if (!executablePath) throw new Error("no Chromium here: run scripts/setup browser, or set CHROME");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...(gpu ? ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] : ["--disable-features=WebGPU,WebGPUService"]),
    ],
  });
}

function which(name) {
  try {
    return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

export class Squint {
  /** Errors the page or its worker printed. */
  errors = [];

  static async open(browser, url, options = {}) {
    const context = await browser.newContext(options);
    const squint = new Squint();
    squint.page = await context.newPage();
    squint.page.on("console", (m) => m.type() === "error" && squint.errors.push(m.text()));
    squint.page.on("pageerror", (e) => squint.errors.push(String(e)));
    await options.before?.(squint.page);
    await squint.page.goto(url);
    return squint;
  }

  /** Waits for the probe's end. */
  async probed(timeout = 60_000) {
    await this.page.locator(".device[aria-busy=false]").waitFor({ timeout });
  }

  /** What the table says: `cell("matmul", "gpu")`. */
  cell(op, backend) {
    return this.page.locator(`td[data-op="${op}"][data-backend="${backend}"]`).innerText();
  }
  async ops() {
    return this.page.locator("tbody th").allInnerTexts();
  }
  async build() {
    return this.page.locator("[data-build]").innerText();
  }
  async picked() {
    return this.page.locator(".picked").innerText();
  }

  /** Chooses a published model, and waits for what it would cost. */
  async choose(model) {
    await this.page.getByLabel("Model").selectOption(model);
    await this.page.locator(".models .bill").waitFor();
  }
  terms() {
    return this.page.locator(".models .terms").innerText();
  }
  bill() {
    return this.page.locator(".models .bill").innerText();
  }

  fault() {
    return this.page.locator(".fault");
  }
  async restart() {
    await this.fault().getByRole("button", { name: /restart/i }).click();
  }
  /** Ends the worker from inside, as a browser short of memory does. */
  async killWorker() {
    const worker = this.page.workers().find((w) => w.url().includes("worker.js"));
    await worker.evaluate(() => self.close());
  }

  async screenshot(name) {
    await mkdir(SHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
  }
  async close() {
    await this.page.context().close();
  }
}

/** Runs a story; on failure its last screen is kept as shots/failed-<name>.png. */
export async function story(squint, name, tell) {
  try {
    await tell(squint);
  } catch (e) {
    await squint.screenshot(`failed-${name}`).catch(() => {});
    e.message += `\n  console: ${squint.errors.join(" | ") || "no errors"}\n  screen: tests/browser/shots/failed-${name}.png`;
    throw e;
  } finally {
    await squint.close();
  }
}
