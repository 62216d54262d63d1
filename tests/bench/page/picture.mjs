/** Numbers as a normalised picture of 224 × 224 has them, channels last, another picture for each run: made in the page, because
 * sending them there would keep a processor busy while the clock runs. */
export function picture(run) {
  let state = run + 1;
  return Float32Array.from({ length: 224 * 224 * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
