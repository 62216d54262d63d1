// A static server for the built site, as different hosts would serve it; and a host of model files, with the habits of
// real ones.
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

/**
 * Serves `dir` under `base`; `isolated` adds the headers that give shared memory; `open` lets pages of other origins use
 * it; `policy` is its content security policy; `pages` are texts by name.
 */
export async function serve(dir, { isolated = true, open = false, policy, base = "/", pages = {} } = {}) {
  const headers = {
    ...(isolated && { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }),
    ...(open && { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" }),
    ...(policy && { "Content-Security-Policy": policy }),
  };
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const inside = path.startsWith(base) ? normalize(path.slice(base.length) || "index.html") : "..";
    try {
      if (inside.split(sep).includes("..")) throw new Error("outside");
      const body = pages[inside] ?? (await readFile(join(dir, inside)));
      response.writeHead(200, { ...headers, "Content-Type": TYPES[extname(inside)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404, headers).end("not found");
    }
  });
  return opened(server, base);
}

/** An open port on this machine, and how to close it. */
async function opened(server, base) {
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}${base}`, close: () => close(server) };
}

function close(server) {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
}

/**
 * Another origin that holds files by name and lets pages of others read them.
 * `/name` knows ranges; `/cut/name` breaks off half-way the first time; `/short/name` says it is longer than it is;
 * `/slow/name` sends the first half and then nothing; `/half/name` does so the first time;
 * `/whole/name` knows no ranges and breaks off the first time; `/page/name` is a web page; `/busy/name` says 503 the first
 * time; `/new/name` breaks off half-way the first time and is `next.name` from then on; `/shut/` forbids everything;
 * anything else is 404.
 * `sent(path)`: bytes of the file given out so far. `ranges(path)`: what was asked for.
 */
export async function host(files) {
  const counts = new Map();
  const of = (path) => counts.get(path) ?? counts.set(path, { sent: 0, ranges: [] }).get(path);
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname).slice(1);
    const [name, way = ""] = path.split("/").reverse();
    const headers = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
    if (way === "page") return response.writeHead(200, { ...headers, "Content-Type": "text/html" }).end("<!doctype html>Log in");
    if (way === "shut") return response.writeHead(403, headers).end();
    if (!files[name] || !["", "cut", "short", "slow", "whole", "busy", "new", "half"].includes(way)) return response.writeHead(404, headers).end();
    const count = of(path);
    const first = count.ranges.push(request.headers.range ?? "") === 1;
    const next = way === "new" && !first;
    const file = files[next ? `next.${name}` : name];
    headers["Last-Modified"] = next ? "Tue, 02 Jan 2024 00:00:00 GMT" : "Mon, 01 Jan 2024 00:00:00 GMT";
    if (way === "busy" && first) return response.writeHead(503, headers).end();
    const from = way === "whole" ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const end = way === "short" ? file.length + 1000 : file.length;
    if (from >= end) return response.writeHead(416, headers).end();
    const partial = request.headers.range && way !== "whole";
    const range = partial ? { "Content-Range": `bytes ${from}-${end - 1}/${end}` } : {};
    response.writeHead(partial ? 206 : 200, { ...headers, ...range, "Accept-Ranges": "bytes", "Content-Length": end - from });
    const half = ["cut", "whole", "new"].includes(way) && first;
    const stalls = way === "slow" || (way === "half" && first);
    const body = half || stalls ? file.subarray(from, file.length / 2) : file.subarray(from);
    count.sent += body.length;
    if (stalls) return response.write(body);
    // Written out before the line breaks: bytes that were sent are bytes that arrive.
    if (half || way === "short") return response.write(body, () => setTimeout(() => response.destroy(), 200));
    response.end(body);
  });
  const { url, close } = await opened(server, "/");
  return { url, close, sent: (path) => of(path).sent, ranges: (path) => of(path).ranges };
}
