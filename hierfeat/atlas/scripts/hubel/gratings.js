// The best grating of a unit, from those of hierfeat.orientation_tuning: what the reader's own stimulus is held against.
import { payload } from "../data.js";
import { gratings } from "../stimuli.js";
import { responsesOf } from "./plate.js";

/** @typedef {import("./cell.js").Cell} Cell */

const shape = payload.model.input_shape;
/** Stimuli between two looks at whether the reader has had enough. */
const AT_ONCE = 16;

/** All of them, in the order of the table. */
export const all = () => gratings(shape);

/**
 * Show the unit every grating.
 * @param {Cell} cell @param {(share: number) => boolean | void} [progress] false ends it
 * @returns {Promise<{ response: number, at: number } | null>} the best, null where it was ended
 */
export async function measureOptimum(cell, progress) {
  const stimuli = all();
  const best = { response: -Infinity, at: 0 };
  for (let start = 0; start < stimuli.length; start += AT_ONCE) {
    const found = await responsesOf(cell, stimuli.slice(start, start + AT_ONCE));
    found.forEach((response, i) => {
      if (response > best.response) Object.assign(best, { response, at: start + i });
    });
    if (progress?.((start + found.length) / stimuli.length) === false) return null;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return best;
}
