// A static server for the built site, as different hosts would serve it.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/** Serves `dir` under `base`; `isolated` adds the headers that give shared memory. */
export async function serve(dir, { isolated = true, base = "/" } = {}) {
  const headers = isolated
    ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }
    : {};
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const inside = path.startsWith(base) ? normalize(path.slice(base.length) || "index.html") : "..";
    try {
      if (inside.split(sep).includes("..")) throw new Error("outside");
      const body = await readFile(join(dir, inside));
      response.writeHead(200, { ...headers, "Content-Type": TYPES[extname(inside)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404, headers).end("not found");
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}${base}`, close: () => new Promise((done) => server.close(done)) };
}
