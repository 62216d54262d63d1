/** Numbers as a normalised picture of 224 × 224 has them, channels last, another picture for each run: made in the page, because
 * sending them there would keep a processor busy while the clock runs. */
export function picture(run) {
  let state = run + 1;
  return Float32Array.from({ length: 224 * 224 * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Numbers as a string: one by one they take the browser's protocol a second for a hundred thousand. */
export function packed(values) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
