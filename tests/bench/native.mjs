// The same model outside a browser: against what this machine can do at most, and against llama.cpp where Python has it.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { prompt } from "./prompts.mjs";
import { ROOT, there } from "./stand.mjs";
import { row, skipped } from "./table.mjs";

const FILE = ".models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";
const NAMES = { prefill: "prefill_tokens_per_s", decode: "decode_tokens_per_s" };

export function native({ runs, note }) {
  if (!there("target/release/squint")) return [skipped("native", "no target/release/squint: cargo build --release -p squint-cli")];
  if (!there(FILE)) return [skipped("native", `no ${FILE}: run scripts/models smollm2-135m-instruct`)];
  const rows = [];
  for (const threads of [2, 1]) {
    note(`SmolLM2, native, ${threads} thread${threads > 1 ? "s" : ""}`);
    const ours = squint(threads, runs);
    const peer = llama(threads, runs, note);
    for (const name of ["prefill", "decode"]) {
      const what = `SmolLM2 Q4_1 ${name}, native, ${threads} thread${threads > 1 ? "s" : ""}`;
      const share =
        name === "prefill"
          ? `${(100 * ours.share_of_peak).toFixed(0)} % of ${ours.peak_gop_s.toFixed(0)} GOP/s (${ours.peak_of}, nearest cache)`
          : `${(100 * ours.share_of_bandwidth).toFixed(0)} % of ${ours.bandwidth_gb_s.toFixed(1)} GB/s read (copy: ${ours.copy_gb_s.toFixed(1)})`;
      const measured = row({ what, unit: "tokens/s", ours: [ours[NAMES[name]]], peer: peer && peer[name], than: "llama.cpp" });
      rows.push({ ...measured, note: share, roofline: ours });
    }
  }
  return rows;
}

function squint(threads, runs) {
  const args = ["bench", "--model", FILE, "--backend", "cpu", "--threads", `${threads}`, "--runs", `${runs}`, "--json"];
  return JSON.parse(execFileSync(join(ROOT, "target/release/squint"), args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
}

/** Speeds of llama.cpp through xllamacpp, or nothing where it is not installed. */
function llama(threads, runs, note) {
  const prompts = Array.from({ length: runs + 1 }, (_, i) => prompt(i));
  const input = JSON.stringify({ model: join(ROOT, FILE), threads, prompts, answer: 48 });
  try {
    const out = execFileSync(process.env.PYTHON ?? "python3", [join(ROOT, "tests/bench/llama.py")], { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
    return JSON.parse(out.trim().split("\n").at(-1));
  } catch (e) {
    note(`  no llama.cpp beside it: ${String(e.stderr).trim().split("\n").at(-1)} (pip install xllamacpp; PYTHON names the interpreter)`);
  }
}
