// An encoder's turn: pictures one after the other, after a rest, timed one by one.
import { rest } from "./clock.mjs";
import { packed, picture } from "./picture.mjs";

/** `prepare` makes of a picture what the engine is asked with, and says where the numbers of its answer are. */
export async function turn(run, count, prepare) {
  const prepared = Array.from({ length: count }, (_, i) => prepare(picture(run + i)));
  await rest();
  const timed = [];
  for (const { ask, values } of prepared) {
    const start = performance.now();
    const out = await ask();
    timed.push({ ms: performance.now() - start, values: values(out) });
  }
  return timed.map(({ ms, values }) => ({ ms, values: packed(values) }));
}
