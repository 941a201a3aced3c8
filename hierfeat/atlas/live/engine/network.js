/** @import { Graph } from "./types.js" */
/** @import { Cut } from "./surgery.js" */
import { Engine } from "./engine.js";
import { operated } from "./surgery.js";
import { unpack } from "./weights.js";

/**
 * @typedef {object} Frame
 * @property {Float32Array[]} layers every layer's output
 * @property {Float32Array} output the model's
 * @property {Record<string, Float32Array>} extra what layers read that is no layer's output, by the value's name
 * @property {number} ms
 *
 * @typedef {{ images: Float32Array[], layer: number, places: number[] }} Probe
 *
 * @typedef {object} Network
 * @property {(image: Float32Array) => Promise<Frame>} run
 * @property {(what: Probe) => Promise<number[][]>} probe for each image what units of one layer answer to it
 * @property {(names: string[]) => Promise<Record<string, Float32Array>>} values of the graph in the last frame
 * @property {(cuts: Cut[]) => Promise<void>} operate what the network is from the next frame on; without cuts, what it was
 * @property {boolean} fast whether WebAssembly does the work
 * @property {boolean} apart whether it runs in a worker
 */

/**
 * The values that layers read and that are neither weights nor outputs of layers: the normalised image, as a rule.
 * @param {Graph} graph @returns {string[]}
 */
export function between(graph) {
  const known = new Set([...graph.tensors.map(([name]) => name), ...graph.layers.map(([, value]) => value)]);
  const giving = new Set(graph.layers.map(([, value]) => value));
  const read = graph.nodes.filter(([name]) => giving.has(name)).map(([, , args]) => /** @type {any} */ (args[0])?.v);
  return [...new Set(read.filter((name) => typeof name === "string" && !known.has(name)))];
}

/**
 * The network in this thread: a frame's arrays are the engine's own, and the next frame overwrites them.
 * @param {Graph} graph @param {Uint8Array} weights @param {Uint8Array} kernel @returns {Promise<Network>}
 */
export async function here(graph, weights, kernel) {
  const whole = await unpack(graph, weights);
  let engine = await Engine.best(graph, whole, /** @type {any} */ (kernel));
  const views = () => ({
    layers: graph.layers.map((_, index) => engine.layer(index).data),
    extra: Object.fromEntries(between(graph).map((name) => [name, engine.value(name).data])),
  });
  let shown = views();
  const run = async (/** @type {Float32Array} */ image) => {
    engine.image.set(image);
    const start = performance.now();
    const output = engine.run().data;
    return { ...shown, output, ms: performance.now() - start };
  };
  const operate = async (/** @type {Cut[]} */ cuts) => {
    const changed = operated(graph, whole, cuts);
    engine = await Engine.best(changed.graph, changed.weights, /** @type {any} */ (kernel));
    shown = views();
  };
  const probe = async (/** @type {Probe} */ what) => probed(engine, what);
  const values = async (/** @type {string[]} */ names) => named(engine, names);
  return { run, probe, values, operate, fast: engine.fast, apart: false };
}

/** Probes leave no trace: afterwards the last frame's values are back. @param {Engine} engine @param {Probe} probe */
export function probed(engine, { images, layer, places }) {
  const shown = engine.image.slice();
  const found = images.map((image) => engine.probe(image, layer, places));
  engine.image.set(shown);
  engine.run();
  return found;
}

/** @param {Engine} engine @param {string[]} names */
export function named(engine, names) {
  return Object.fromEntries(names.map((name) => [name, engine.value(name).data.slice()]));
}

/**
 * The network in a worker, which leaves the page free to answer while it computes.
 * @param {Graph} graph @param {Uint8Array} weights @param {Uint8Array} kernel @param {string} script of the worker
 * @returns {Promise<Network>}
 */
export async function apart(graph, weights, kernel, script) {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(address);
  const next = () =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  const ready = next();
  worker.postMessage({ graph, weights, kernel });
  const { fast } = /** @type {any} */ (await ready);
  URL.revokeObjectURL(address);
  let last = Promise.resolve();
  /** One after another, as the worker answers. @param {object} message @returns {Promise<any>} */
  const ask = (message) => {
    const done = last.then(() => {
      const answer = next();
      worker.postMessage(message);
      return answer;
    });
    last = done.then(() => undefined, () => undefined);
    return done;
  };
  return { run: (image) => ask({ image }), probe: (probe) => ask({ probe }), values: (names) => ask({ names }), operate: (cuts) => ask({ cuts }), fast, apart: true };
}
