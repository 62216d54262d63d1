// Draws every thing of crates/scenes/things.tsv by every artist of crates/scenes/styles.tsv: one atlas per artist into
// public/scenes, and a sheet of all of them into docs. The drawings are those of the npm icon sets in package.json.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Resvg } from "@resvg/resvg-js";

const root = new URL("../../", import.meta.url);
/** Edge of a cell, and cells in a row; `crates/scenes/src/atlas.rs` has the same. */
const CELL = 96;
const ACROSS = 12;
/** Edge at which a drawing is looked for in its own frame. */
const LOOK = 256;

const table = (name) => {
  const [head, ...rows] = readFileSync(new URL(`crates/scenes/${name}.tsv`, root), "utf8").trimEnd().split("\n");
  const names = head.split("\t");
  return rows.map((row) => Object.fromEntries(row.split("\t").map((cell, i) => [names[i], cell])));
};

/** A drawing as a piece of SVG, and its frame. Names inside it are made its own: an atlas holds many. */
function drawing(set, icon, mark) {
  const { body, width, height } = set.icons[icon] ?? {};
  if (!body) throw new Error(`'${set.prefix}' has no '${icon}': correct crates/scenes/things.tsv`);
  const own = body.replace(/\bid="([^"]+)"/g, `id="${mark}$1"`).replace(/url\(#([^)]+)\)/g, `url(#${mark}$1)`).replace(/href="#([^"]+)"/g, `href="#${mark}$1"`);
  const frame = [0, 0, width ?? set.width ?? set.height ?? 16, height ?? set.height ?? 16];
  return { body: own, frame };
}

const inside = ({ body, frame }, [x, y, width, height]) =>
  `<svg x="${x}" y="${y}" width="${width}" height="${height}" viewBox="${frame.join(" ")}" preserveAspectRatio="xMidYMid meet">${body}</svg>`;
const page = (width, height, inner) => `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}">${inner}</svg>`;

/** The same drawing in the smallest frame that shows all of it: sizes of things are sizes of what is seen. */
function trimmed(drawing) {
  const { pixels } = new Resvg(page(LOOK, LOOK, inside(drawing, [0, 0, LOOK, LOOK]))).render();
  let [left, top, right, bottom] = [LOOK, LOOK, 0, 0];
  for (let y = 0; y < LOOK; y++) {
    for (let x = 0; x < LOOK; x++) {
      if (pixels[(y * LOOK + x) * 4 + 3] < 16) continue;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
    }
  }
  if (right <= left) throw new Error("a drawing shows nothing");
  const scale = Math.max(drawing.frame[2], drawing.frame[3]) / LOOK;
  return { ...drawing, frame: [left * scale, top * scale, (right - left) * scale, (bottom - top) * scale] };
}

const things = table("things");
const styles = table("styles");
const drawn = styles.map((style) => {
  const set = JSON.parse(readFileSync(new URL(`node_modules/${style.package}/icons.json`, import.meta.url)));
  return things.map((thing, i) => trimmed(drawing(set, style.name === "fxemoji" ? thing.fxemoji : thing.icon, `s${i}-`)));
});

mkdirSync(new URL("public/scenes/", root), { recursive: true });
for (const [s, { name }] of styles.entries()) {
  // A pixel of air around each: what is drawn larger borrows from no neighbour.
  const cells = drawn[s].map((one, i) => inside(one, [(i % ACROSS) * CELL + 1, Math.floor(i / ACROSS) * CELL + 1, CELL - 2, CELL - 2]));
  const svg = page(ACROSS * CELL, Math.ceil(things.length / ACROSS) * CELL, cells.join(""));
  writeFileSync(new URL(`public/scenes/${name}.png`, root), new Resvg(svg).render().asPng());
}

// The sheet: a row for each thing, a column for each artist.
const [WIDE, HIGH, ROWS] = [360, 44, 28];
const blocks = Math.ceil(things.length / ROWS);
const label = (x, y, text) => `<text x="${x}" y="${y}" font-size="13" font-family="sans-serif">${text}</text>`;
const rows = things.map((thing, i) => {
  const [x, y] = [Math.floor(i / ROWS) * WIDE, 24 + (i % ROWS) * HIGH];
  const copies = styles.map((_, s) => inside({ ...drawn[s][i], body: drawn[s][i].body.replaceAll(`s${i}-`, `t${s}-${i}-`) }, [x + 90 + s * 43, y, 40, 40]));
  return label(x + 4, y + 25, thing.name) + copies.join("");
});
const heads = Array.from({ length: blocks }, (_, b) => styles.map(({ name }, s) => label(b * WIDE + 90 + s * 43, 16, name.replace("fluent", "fl").replace("emoji", ""))).join("")).join("");
const sheet = page(blocks * WIDE, 24 + ROWS * HIGH, `<rect width="100%" height="100%" fill="#fff"/>${heads}${rows.join("")}`);
writeFileSync(new URL("docs/things.png", root), new Resvg(sheet).render().asPng());
