// Runs the contests and prints a table on stderr, and one JSON object on stdout and in target/bench.json.
import { execFileSync } from "node:child_process";
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { llm } from "./llm.mjs";
import { native } from "./native.mjs";
import { size } from "./size.mjs";
import { ROOT } from "./stand.mjs";
import { print } from "./table.mjs";
import { vit } from "./vit.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: "string", default: "5" } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs}: a whole number from 1 up`);

const contests = { llm, vit, native };
const chosen = positionals.length ? positionals : Object.keys(contests);
const note = (line) => console.error(line);
// Engines whose threads wait for each other suffer more from neighbours than others do: ratios would not hold.
const load = loadavg()[0];
if (load > 1) note(`something else is running here (load ${load.toFixed(1)}): these numbers are not to be quoted`);
const rows = [];
for (const name of chosen) rows.push(...(await contests[name]({ runs, note })));
if (chosen.some((name) => name !== "native")) rows.push(...size());

const version = (name) => JSON.parse(readFileSync(join(ROOT, "tests/bench/package.json"))).devDependencies[name];
const result = {
  when: new Date().toISOString(),
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim(),
  machine: `${cpus().length} × ${cpus()[0].model}`,
  load,
  peers: { wllama: version("@wllama/wllama"), "onnxruntime-web": version("onnxruntime-web") },
  rows,
};
print(rows);
mkdirSync(join(ROOT, "target"), { recursive: true });
writeFileSync(join(ROOT, "target/bench.json"), `${JSON.stringify(result, null, 1)}\n`);
console.log(JSON.stringify(result));
// A missed bar is a result; a row without numbers is a fault of the bench or of an engine.
if (rows.some((row) => row.failed)) process.exitCode = 1;
