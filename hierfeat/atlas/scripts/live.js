// The network that runs in the page: it is asked for a frame of the latest input, and the page shows it when it comes.
import { apart, here } from "../live/engine/network.js";
import { fromBase64 } from "../live/engine/weights.js";
import { payload, samples, showFrame } from "./data.js";
import { need } from "./dom.js";

/** @typedef {import("../live/engine/network.js").Frame} Frame */

/** @type {import("../live/engine/network.js").Network | null} */
let network = null;

const text = (/** @type {string} */ id) => need(id).textContent ?? "";

/** The graph that the engine runs. @type {import("../live/engine/types.js").Graph | null} */
export let graph = null;

/** @returns {Promise<import("../live/engine/network.js").Network>} */
export async function startNetwork() {
  graph = /** @type {import("../live/engine/types.js").Graph} */ (JSON.parse(text("#live-graph")));
  const weights = fromBase64(text("#live-weights"));
  const kernel = fromBase64(text("#live-kernel"));
  network = payload.live.heavy ? await apart(graph, weights, kernel, text("#live-worker")) : await here(graph, weights, kernel);
  return network;
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

/** Whatever the input, in which frames are asked for one after another. @type {Float32Array | null} */
let wanted = null;
let busy = false;

/**
 * Show a frame of `image`; while one is being computed only the latest wish is kept.
 * @param {Float32Array} image @param {(frame: Frame) => void} shown
 */
export async function ask(image, shown) {
  wanted = image;
  if (busy) return;
  busy = true;
  try {
    while (wanted) {
      const next = wanted;
      wanted = null;
      const frame = await frameOf(next);
      showFrame(frame);
      shown(frame);
    }
  } finally {
    busy = false;
  }
}

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
