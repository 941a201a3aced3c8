// A second network that is shown every picture that the first is shown, as fast as it can answer.
import { latestOnly } from "../latest.js";

/** @typedef {import("./side.js").Side} Side @typedef {import("../live.js").Frame} Frame */

/**
 * What to do with a frame of the first network: the other one answers to the same picture; while it does, only the
 * latest picture waits.
 * @param {import("../live.js").Network} network @param {(image: Float32Array) => Float32Array} pictureOf what it sees of the first one's image
 * @param {Side} first @param {Side} other @param {(image: Float32Array, picture: Float32Array) => void} shown
 */
export function following(network, pictureOf, first, other, shown) {
  const show = latestOnly(async (/** @type {Float32Array} */ image, overtaken) => {
    const picture = pictureOf(image);
    other.take(await network.run(picture));
    if (!overtaken()) shown(image, picture);
  });
  return (/** @type {Float32Array} */ image, /** @type {Frame} */ frame) => {
    first.take(frame);
    return show(image);
  };
}
