// Downloads that survive: kept in the browser's own file system, resumed where they were cut, checked before they are
// used. Runs in the worker, where files can be written in place.

const TRIES = 5;
const PAUSE_MS = [300, 1000, 3000, 8000];
/** Longest stretch of writing without letting messages in. */
const STRETCH_MS = 20;
/** How long a file is waited for before it is asked for again. */
const OPEN_MS = [2000, 4000, 8000];

/** What went wrong and what to do, as the engine says it. */
export class Fault extends Error {
  constructor(code, what, hint) {
    super(`${what} (${hint})`);
    Object.assign(this, { code, what, hint });
  }
}

/**
 * The file behind an address, as a Blob.
 * `tell({step, done, total})` hears of bytes; step is `download`, `cache` or `memory` (no room to keep it).
 * `sha256`: hexadecimal, where the source names one; `hasher()` makes one that takes pieces.
 */
export async function get(url, { tell = () => {}, signal, sha256, hasher, optional = false } = {}) {
  const key = await keyOf(url);
  return exclusive(`squint:${key}`, signal, async () => {
    const folder = await open();
    const kept = folder && (await whole(folder, key, sha256, hasher, signal));
    if (kept) {
      tell({ step: "cache", done: kept.size, total: kept.size });
      return kept;
    }
    return download(url, key, folder, { tell, signal, sha256, hasher, optional });
  });
}

/** Refuses a file that was given, as one that came is refused. */
export async function check(file, { sha256, hasher, signal }) {
  if (sha256 && !same(await hashOf(file, hasher, signal), sha256)) throw damaged(file.name, sha256);
}

/** Removes what is kept of an address. */
export async function forget(url) {
  const [folder, key] = [await open(), await keyOf(url)];
  for (const name of folder ? [key, `${key}.json`] : []) await folder.removeEntry(name).catch(() => {});
}

async function download(url, key, folder, { tell, signal, sha256, hasher, optional }) {
  let sink = null;
  let last;
  try {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (attempt > 0) await sleep(PAUSE_MS[attempt - 1], signal);
      let body;
      try {
        const at = sink ? sink.size() : await started(folder, key, url);
        const headers = at > 0 ? { Range: `bytes=${at}-` } : {};
        const response = await fetch(url, { headers, signal, cache: "no-store" });
        body = response.body?.getReader();
        // Stores of objects say 403 of what is not there to those who may not list them.
        if (optional && (response.status === 404 || response.status === 403)) {
          // Remembered for days without a network, when nobody can say it again.
          if (folder) await writeNote(folder, key, { url, absent: true }).catch(() => {});
          return null;
        }
        if (response.status === 416) {
          // What is kept is not a beginning of this file.
          await sink?.drop();
          sink = null;
          await forget(url);
          continue;
        }
        if (!response.ok) throw refused(url, response.status);
        if (/^text\/html/i.test(response.headers.get("Content-Type") ?? "")) {
          if (optional) return null;
          throw webPage(url);
        }
        const kept = sink?.kept ?? (folder && (await note(folder, key))) ?? {};
        // A checksum would tell in the end; where there is none, a part has to show what it is a part of.
        const resumed = response.status === 206 && (sameFile(response, kept) ?? !!sha256);
        const from = resumed ? at : 0;
        const length = Number(response.headers.get("Content-Length")) || 0;
        const encoded = response.headers.get("Content-Encoding");
        // A compressed answer's length says nothing about the file's.
        const total = length && !encoded ? from + length : 0;
        if (response.status === 206 && !resumed) {
          await sink?.drop();
          sink = null;
          await forget(url);
          continue;
        }
        if (sink && !resumed) await sink.restart();
        const facts = { url, ...version(response), total };
        if (sink) await sink.remember(facts);
        else sink = await makeSink(folder, key, facts, from, tell);
        sink.kept = facts;
        // The first bytes are told at once: a line that stalls after them shall not look like one that never began.
        let told = -Infinity;
        for (let done = from; ; ) {
          const { done: end, value } = await body.read();
          if (end) break;
          sink.write(value);
          done += value.length;
          if (done !== total && performance.now() - told < STRETCH_MS) continue;
          tell({ step: sink.step, done, total: total || done });
          // While bytes are there reading never ends a task, and no message is heard.
          await pause();
          signal?.throwIfAborted();
          told = performance.now();
        }
        if (total && sink.size() !== total) throw new TypeError(`${sink.size()} of ${total} bytes came`);
        const file = await sink.finish(sha256, hasher, url, signal);
        sink = null;
        return file;
      } catch (e) {
        if (signal?.aborted || e instanceof Fault) throw e;
        if (optional && folder && (await note(folder, key))?.absent) return null;
        last = e;
        if (e.name === "QuotaExceededError") {
          // Others filled the disk meanwhile: memory, from the beginning.
          await sink?.drop();
          await forget(url);
          sink = memorySink();
          tell({ step: "memory", done: 0, total: 0 });
        }
      } finally {
        // One that is not read to its end would hold its line.
        body?.cancel().catch(() => {});
      }
    }
    throw new Fault("download", `'${url}' could not be downloaded: ${last?.message ?? last}`, "check the connection and ask again; what has come is kept");
  } finally {
    sink?.close();
  }
}

function refused(url, status) {
  if (status >= 500 || status === 429) return new TypeError(`the server answers ${status}`);
  return new Fault("download", `'${url}' cannot be had: the server answers ${status}`, status === 404 ? "check the address" : "open it in a browser tab to see why");
}

/** Hosts answer so where an address is mistyped or needs a login. */
function webPage(url) {
  return new Fault("download", `'${url}' is a web page, not a model's file`, "take the address of the file itself, as its download button has it");
}

/** What a host says of a file's version. Hosts of other origins have to allow the first to be read, and seldom do. */
function version(response) {
  return { etag: response.headers.get("ETag") ?? "", modified: response.headers.get("Last-Modified") ?? "" };
}

/** Whether a part of a file belongs to what was kept of it; undefined where nothing tells. */
function sameFile(response, kept) {
  const whole = Number(/\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1]);
  if (whole && kept.total && whole !== kept.total) return false;
  const now = version(response);
  const known = ["etag", "modified"].find((name) => now[name] && kept[name]);
  return known && now[known] === kept[known];
}

/** Where bytes go: a file that outlives the tab, or memory where there is no room for one. */
async function makeSink(folder, key, kept, from, tell) {
  const { total } = kept;
  const room = await navigator.storage?.estimate?.().catch(() => null);
  const fits = !total || !room?.quota || room.quota - room.usage > (total - from) * 1.05;
  if (folder && fits) {
    let sink;
    try {
      sink = await fileSink(folder, key, from);
      await sink.remember(kept);
      return sink;
    } catch {
      // Private windows have folders that cannot be written.
      await sink?.drop();
    }
  }
  // In memory there is nothing to go on from.
  if (from > 0) throw new DOMException("there is no room for the rest", "QuotaExceededError");
  tell({ step: "memory", done: 0, total });
  return memorySink();
}

async function fileSink(folder, key, from) {
  const access = await opened(folder, key);
  access.truncate(from);
  let size = from;
  let open = true;
  return {
    step: "download",
    size: () => size,
    write(bytes) {
      const written = access.write(bytes, { at: size });
      if (written !== bytes.length) throw new DOMException("the disk is full", "QuotaExceededError");
      size += written;
    },
    remember: (facts) => writeNote(folder, key, { ...facts, done: false }),
    async restart() {
      access.truncate(0);
      size = 0;
    },
    close() {
      if (!open) return;
      open = false;
      access.flush();
      access.close();
    },
    async drop() {
      this.close();
      await folder.removeEntry(key).catch(() => {});
    },
    async finish(sha256, hasher, url, signal) {
      // Closed first: what is read is what lies on the disk.
      this.close();
      const file = await (await folder.getFileHandle(key)).getFile();
      if (sha256 && !same(await hashOf(file, hasher, signal), sha256)) {
        await this.drop();
        throw damaged(url, sha256);
      }
      // One that cannot be noted is there all the same; the next visit brings it again.
      await writeNote(folder, key, { ...(await note(folder, key)), size, sha256, done: true }).catch(() => {});
      return file;
    },
  };
}

function memorySink() {
  let pieces = [];
  let size = 0;
  return {
    step: "memory",
    size: () => size,
    write(bytes) {
      // Blobs live outside the script's heap: pieces are handed over as they come.
      pieces.push(new Blob([bytes]));
      size += bytes.length;
    },
    remember: async () => {},
    async restart() {
      [pieces, size] = [[], 0];
    },
    close() {},
    async drop() {
      [pieces, size] = [[], 0];
    },
    async finish(sha256, hasher, url, signal) {
      const file = new Blob(pieces);
      if (sha256 && !same(await hashOf(file, hasher, signal), sha256)) throw damaged(url, sha256);
      return file;
    },
  };
}

/** Piece by piece, so that messages are heard between. */
async function hashOf(file, hasher, signal) {
  const hash = hasher();
  const piece = 4 << 20;
  for (let at = 0; at < file.size; at += piece) {
    hash.update(new Uint8Array(await file.slice(at, at + piece).arrayBuffer()));
    await pause();
    signal?.throwIfAborted();
  }
  return hash.hex();
}

const same = (a, b) => a.toLowerCase() === b.toLowerCase();
const damaged = (url, sha256) => new Fault("checksum", `'${url}' is not the file with the SHA-256 ${sha256}`, "download it again, or from elsewhere");

/** The folder of downloads, or null where the browser has none. */
async function open() {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle("models", { create: true });
  } catch {
    return null;
  }
}

/** Bytes kept of a download that was cut. */
async function started(folder, key, url) {
  if (!folder || (await note(folder, key))?.url !== url) return 0;
  const handle = await folder.getFileHandle(key).catch(() => null);
  return handle ? (await handle.getFile()).size : 0;
}

/** A download that came to its end, and is the file that is asked for. */
async function whole(folder, key, sha256, hasher, signal) {
  const facts = await note(folder, key);
  if (!facts?.done) return null;
  const handle = await folder.getFileHandle(key).catch(() => null);
  const file = await handle?.getFile();
  if (file?.size === facts.size) {
    const hash = sha256 && (facts.sha256 ?? (await hashOf(file, hasher, signal)));
    if (!sha256 || same(hash, sha256)) return file;
    // It is what somebody asked for with this checksum before: the one given now may as well be the wrong one.
    if (facts.sha256) throw damaged(facts.url, sha256);
  }
  // Another file is wanted, or this one was cut: it is brought anew.
  for (const name of [key, `${key}.json`]) await folder.removeEntry(name).catch(() => {});
  return null;
}

async function note(folder, key) {
  try {
    return JSON.parse(await (await (await folder.getFileHandle(`${key}.json`)).getFile()).text());
  } catch {
    return null;
  }
}

async function writeNote(folder, key, facts) {
  const access = await opened(folder, `${key}.json`);
  const bytes = new TextEncoder().encode(JSON.stringify(facts));
  access.truncate(0);
  access.write(bytes, { at: 0 });
  access.flush();
  access.close();
}

/**
 * A file, to be written. Chromium's answer never came twice in some fifteen thousand times, of several files that were asked
 * for at once beside an engine at work: then it is asked again, and whichever answer comes first counts.
 */
async function opened(folder, name) {
  const asked = [];
  for (const ms of OPEN_MS) {
    asked.push(folder.getFileHandle(name, { create: true }).then((handle) => handle.createSyncAccessHandle()));
    const access = await Promise.race([Promise.any(asked), sleep(ms)]).catch((e) => Promise.reject(e.errors[0]));
    if (!access) continue;
    // One that comes later would lock the file.
    for (const other of asked) other.then((late) => late !== access && late.close(), () => {});
    return access;
  }
  throw new DOMException(`'${name}' does not open`, "TimeoutError");
}

/** One tab at a time writes a file; the others wait and find it kept. */
async function exclusive(name, signal, work) {
  return navigator.locks ? navigator.locks.request(name, { signal }, work) : work();
}

async function keyOf(url) {
  const digest = await crypto.subtle?.digest("SHA-256", new TextEncoder().encode(url));
  // Without a secure context there is no digest, and nothing to keep files in either.
  if (!digest) return encodeURIComponent(url).slice(-200);
  return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/** Those who wait for the next task, in order. One channel for all, held here: a forgotten one may never deliver. */
const waiting = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => waiting.shift()?.();

/** Comes back in a later task, sooner than any timer. */
function pause() {
  return new Promise((go) => {
    waiting.push(go);
    channel.port2.postMessage(null);
  });
}

function sleep(ms, signal) {
  return new Promise((wake, fail) => {
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), fail(signal.reason)), { once: true });
  });
}
