// Rows of the result: what was measured, ours beside the peer's, the ratio and the bar it has to reach.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** `ours` and `peer` are lists of single measurements; `less` where the smaller number is the better one. */
export function row({ what, unit, ours, peer, than = "", bar, less = false }) {
  const [a, b] = [median(ours), peer && median(peer)];
  const ratio = peer ? (less ? b / a : a / b) : undefined;
  return { what, unit, ours: a, peer: b, than, ratio, bar, ok: bar === undefined ? undefined : ratio >= bar, runs: { ours, peer } };
}

/** A number that may not be larger than another. */
export function limit({ what, unit, value, most }) {
  return { what, unit, ours: value, most, ok: value <= most };
}

/** A row that says why there is nothing in it. */
export const skipped = (what, why) => ({ what, skipped: why });

/** A row that should have numbers and has a reason instead: an engine that stopped, or answers that are not the same. */
export const failed = (what, error) => ({ what, failed: String(error.message ?? error).split("\n")[0], ok: false });

const round = (n) => (n === undefined || Number.isNaN(n) ? "" : n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

export function print(rows) {
  const lines = rows.map((r) =>
    r.skipped || r.failed
      ? [r.what, "", "", "", "", r.skipped ? `skipped: ${r.skipped}` : `failed: ${r.failed}`]
      : [
          r.what,
          `${round(r.ours)} ${r.unit}`,
          r.peer === undefined ? "" : `${round(r.peer)} ${r.than}`,
          r.ratio === undefined ? "" : `${r.ratio.toFixed(2)}×`,
          r.bar !== undefined ? `≥ ${r.bar}×` : r.most !== undefined ? `≤ ${round(r.most)}` : "",
          r.ok === undefined ? (r.note ?? "") : `${r.ok ? "ok" : "missed"}${r.note ? `, ${r.note}` : ""}`,
        ],
  );
  lines.unshift(["what", "Squint", "peer", "ratio", "bar", ""]);
  const widths = [0, 1, 2, 3, 4].map((c) => Math.max(...lines.map((l) => l[c].length)));
  for (const line of lines) console.error(line.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : c < 5 ? cell.padStart(widths[c]) : cell)).join("  ").trimEnd());
}
