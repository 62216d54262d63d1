// Pictures on their way to the worker. Files go as they are, and what an address names as it comes: the engine's own
// decoders read them, so that a picture is the same picture everywhere. What the page has decoded already goes as pixels.

import { SquintError } from "./error.js";

/** What is drawn to get at its pixels, and its size. */
const DRAWN = {
  HTMLImageElement: (image) => [image.naturalWidth, image.naturalHeight],
  HTMLCanvasElement: (canvas) => [canvas.width, canvas.height],
  OffscreenCanvas: (canvas) => [canvas.width, canvas.height],
  ImageBitmap: (bitmap) => [bitmap.width, bitmap.height],
};

/** One picture for the worker: `{name, file}` or `{height, width, pixels}`. */
export async function picture(image, signal) {
  if (image instanceof Blob) return { name: image.name ?? "picture", file: image };
  if (typeof image === "string" || image instanceof URL) return fetched(address(image), signal);
  // By its name: a picture of another frame is an instance of that frame's class.
  const kind = Object.prototype.toString.call(image).slice(8, -1);
  // A copy: what is given to the worker is gone here.
  if (kind === "ImageData") return pixels(image, image.data.slice());
  if (DRAWN[kind]) return drawn(image, DRAWN[kind]);
  throw refused(`a picture cannot be made of ${kind}`, "give a File, an address, ImageData, an ImageBitmap, a canvas or an <img>");
}

async function drawn(image, size) {
  // One that is broken has no size.
  await image.decode?.().catch(() => {});
  const [width, height] = size(image);
  if (!width || !height) throw refused("a picture has no pixels", "wait until it has loaded, or give its file or address");
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  try {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0, width, height);
    const read = context.getImageData(0, 0, width, height);
    return pixels(read, read.data);
  } catch (e) {
    throw refused(`the page may not read a picture's pixels: ${e.message}`, "give its file or address, or load it with crossorigin=anonymous");
  }
}

/** What goes with it instead of being copied. */
export const given = (pictures) => pictures.filter((p) => p.pixels).map((p) => p.pixels);

const pixels = ({ width, height }, bytes) => ({ width, height, pixels: bytes.buffer });

async function fetched(url, signal) {
  const name = url.protocol === "data:" ? "data:" : decoded(url.pathname.split("/").pop()) || url.href;
  let response;
  try {
    response = await fetch(url, { signal });
    if (response.ok) return { name, file: await response.blob() };
  } catch (e) {
    signal?.throwIfAborted();
    throw refused(`'${url.href.slice(0, 200)}' could not be fetched: ${e.message}`, "check the address; a host of another origin has to allow it with Access-Control-Allow-Origin");
  }
  throw refused(`'${url.href}' cannot be had: the server answers ${response.status}`, "check the address");
}

function address(text) {
  try {
    return new URL(text, document.baseURI);
  } catch {
    throw refused(`'${text}' is no address of a picture`, "give a File, or an address as a link would have it");
  }
}

function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const refused = (what, hint) => new SquintError({ code: "picture", what, hint });
