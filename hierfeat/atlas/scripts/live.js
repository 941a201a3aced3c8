// The network that runs in the page: it is asked for a frame of the latest input, and the page shows it when it comes.
import { apart, here } from "../live/engine/network.js";
import { fromBase64 } from "../live/engine/weights.js";
import { payload, samples, showFrame } from "./data.js";
import { need } from "./dom.js";
import { latestOnly } from "./latest.js";

/** @typedef {import("../live/engine/network.js").Frame} Frame @typedef {import("../live/engine/network.js").Network} Network */

/** @type {import("../live/engine/network.js").Network | null} */
let network = null;

const text = (/** @type {string} */ id) => need(id).textContent ?? "";

/** The graph that the engine runs. @type {import("../live/engine/types.js").Graph | null} */
export let graph = null;

export async function startNetwork() {
  graph = graphOf("#live-graph");
  network = await startAnother("#live-graph", "#live-weights", payload.live.heavy);
}

/** @param {string} id @returns {import("../live/engine/types.js").Graph} */
const graphOf = (id) => JSON.parse(text(id));

/** A network of its own, from what the page holds. @param {string} held the graph's id @param {string} weights their id @param {boolean} heavy whether the page must not wait for it */
export function startAnother(held, weights, heavy) {
  const parts = /** @type {const} */ ([graphOf(held), fromBase64(text(weights)), fromBase64(text("#live-kernel"))]);
  return heavy ? apart(...parts, text("#live-worker")) : here(...parts);
}

/** @param {Float32Array} image @returns {Promise<Frame>} */
export function frameOf(image) {
  if (!network) throw new Error("the network has not started");
  return network.run(image);
}

/** For each image what some units of a layer answer to it. @param {import("../live/engine/network.js").Probe} what */
export function probe(what) {
  if (!network) throw new Error("the network has not started");
  return network.probe(what);
}

/** What the network is from the next frame on. @param {import("../live/engine/surgery.js").Cut[]} cuts */
export function operate(cuts) {
  if (!network) throw new Error("the network has not started");
  return network.operate(cuts);
}

/** Values of the graph in the last frame. @param {string[]} names @returns {Promise<Record<string, Float32Array>>} */
export function valuesOf(names) {
  if (!network) throw new Error("the network has not started");
  return network.values(names);
}

/** Told of every frame that is shown: who else shows the picture, or the network's answer. @type {((image: Float32Array, frame: Frame) => void)[]} */
const followers = [];

/** @param {(image: Float32Array, frame: Frame) => void} shown */
export const follow = (shown) => followers.push(shown);

const answer = latestOnly(async (/** @type {{ image: Float32Array, shown: (frame: Frame) => void }} */ { image, shown }) => {
  const frame = await frameOf(image);
  showFrame(frame);
  shown(frame);
  for (const one of followers) one(image, frame);
});

/**
 * Show a frame of `image`; while one is being computed only the latest wish is kept, with whom to tell of it.
 * @param {Float32Array} image @param {(frame: Frame) => void} shown
 */
export const ask = (image, shown) => answer({ image, shown });

/** @type {Map<number, Float32Array>} */
const decoded = new Map();

/** A sample as the network gets it, (channels × height × width) in [0, 1]. @param {number} index */
export function sampleImage(index) {
  let found = decoded.get(index);
  if (!found) {
    const { bytes, data } = samples[index].pixels;
    const raw = fromBase64(data);
    found = bytes === 1 ? Float32Array.from(raw, (level) => level / 255) : Float32Array.from({ length: raw.length / 2 }, (_, i) => (raw[2 * i] + 256 * raw[2 * i + 1]) / 65535);
    decoded.set(index, found);
  }
  return found;
}
