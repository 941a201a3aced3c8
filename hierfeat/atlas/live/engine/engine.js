/** @import { Argument, Context, Graph, Kernel, Operation, Stored, Tensor } from "./types.js" */
import { plainKernel, wasmKernel } from "./loops.js";
import { Memory } from "./memory.js";
import { OPERATIONS } from "./ops/index.js";
import { volume } from "./weights.js";

/** A network that runs: every value has its place in memory, every operation its loop, before the first frame. */
export class Engine {
  /**
   * @param {Graph} graph
   * @param {Map<string, Float32Array>} weights
   * @param {BufferSource | null} wasm bytes of the kernel; null for plain JavaScript
   */
  static async make(graph, weights, wasm) {
    const engine = new Engine(graph, weights, wasm !== null);
    const { memory } = engine;
    engine.prepare(wasm === null ? plainKernel(memory) : await wasmKernel(memory, wasm), weights);
    return engine;
  }

  /**
   * As fast as can be had: with WebAssembly where the page may compile it, without it where not.
   * @param {Graph} graph
   * @param {Map<string, Float32Array>} weights
   * @param {BufferSource | null} wasm
   */
  static async best(graph, weights, wasm) {
    if (wasm === null || typeof WebAssembly === "undefined") return Engine.make(graph, weights, null);
    try {
      return await Engine.make(graph, weights, wasm);
    } catch {
      return Engine.make(graph, weights, null);
    }
  }

  /**
   * @param {Graph} graph
   * @param {Map<string, Float32Array>} weights
   * @param {boolean} shared
   */
  constructor(graph, weights, shared) {
    this.graph = graph;
    this.fast = shared;
    /** @type {Map<string, Tensor>} */
    this.values = new Map();
    /** @type {(() => void)[]} */
    this.steps = [];
    /** How many steps there are when a value is known. @type {Map<string, number>} */
    this.known = new Map();
    this.sizes = sizes(graph);
    this.memory = new Memory(this.sizes.bytes, shared);
    const { memory, values } = this;
    const shape = [1, ...graph.input_shape];
    values.set(graph.image, { shape, data: memory.floats(volume(shape)), fixed: false });
    for (const [name, size] of graph.tensors) {
      const data = memory.floats(volume(size));
      data.set(/** @type {Float32Array} */ (weights.get(name)));
      values.set(name, { shape: size, data, fixed: true });
    }
  }

  /**
   * @param {Kernel} kernel
   * @param {Map<string, Float32Array>} _weights
   */
  prepare(kernel, _weights) {
    const { memory, values } = this;
    const spare = memory.floats(this.sizes.scratch);
    /** @type {Context} */
    const context = { kernel, keep: (count) => memory.floats(count), scratch: (count) => spare.subarray(0, count) };
    for (const [name, op, stored, shape] of this.graph.nodes) {
      const operation = operationOf(op);
      const args = stored.map((one) => argument(one, values));
      const first = Array.isArray(args[0]) ? args[0][0] : args[0];
      const data = operation.alias ? /** @type {Tensor} */ (first).data : memory.floats(volume(shape));
      const out = { shape, data, fixed: false };
      values.set(name, out);
      if (operation.prepare) this.steps.push(operation.prepare(args, out, context));
      this.known.set(name, this.steps.length);
    }
  }

  /** The image that the next frame is of, (channels × height × width) in [0, 1]: write into it. */
  get image() {
    return this.value(this.graph.image).data;
  }

  /** @param {string} name */
  value(name) {
    const found = this.values.get(name);
    if (!found) throw new Error(`the graph has no value ${name}`);
    return found;
  }

  /** Run one frame and return the model's output, valid until the next one. */
  run() {
    for (const step of this.steps) step();
    return this.value(this.graph.output);
  }

  /**
   * What units of one layer answer to an image; nothing above the layer is computed.
   * @param {Float32Array} image
   * @param {number} index of the layer
   * @param {number[]} places of the units in the layer's output
   */
  probe(image, index, places) {
    this.image.set(image);
    const value = this.graph.layers[index][1];
    const steps = this.known.get(value) ?? 0;
    for (let i = 0; i < steps; i++) this.steps[i]();
    const { data } = this.value(value);
    return places.map((place) => data[place]);
  }

  /**
   * The output of the layer, valid until the next frame.
   * @param {number} index in the layer table
   */
  layer(index) {
    return this.value(this.graph.layers[index][1]);
  }
}

/** @param {string} op */
function operationOf(op) {
  const found = OPERATIONS[op];
  if (!found) throw new Error(`there is no operation ${op}`);
  return found;
}

/**
 * What all values together, and the largest scratch, take.
 * @param {Graph} graph
 */
function sizes(graph) {
  const floats = new Map([[graph.image, { shape: [1, ...graph.input_shape], fixed: false, data: NOTHING }]]);
  for (const [name, shape] of graph.tensors) floats.set(name, { shape, fixed: true, data: NOTHING });
  let bytes = Memory.START;
  for (const { shape } of floats.values()) bytes += Memory.padded(volume(shape));
  let scratch = 0;
  for (const [name, op, stored, shape] of graph.nodes) {
    const operation = operationOf(op);
    const args = stored.map((one) => argument(one, floats));
    if (!operation.alias) bytes += Memory.padded(volume(shape));
    if (operation.keeps) bytes += operation.keeps(args, shape) * 4 + 64;
    if (operation.scratches) scratch = Math.max(scratch, operation.scratches(args, shape));
    floats.set(name, { shape, fixed: false, data: NOTHING });
  }
  return { bytes: bytes + Memory.padded(scratch), scratch };
}

const NOTHING = new Float32Array(0);

/**
 * An argument with the values in the places of their names.
 * @param {Stored} stored
 * @param {Map<string, Tensor>} values
 * @returns {Argument}
 */
function argument(stored, values) {
  if (Array.isArray(stored)) return stored.map((one) => /** @type {any} */ (argument(one, values)));
  if (typeof stored !== "object" || stored === null) return stored;
  if ("v" in stored) {
    const found = values.get(stored.v);
    if (!found) throw new Error(`the graph has no value ${stored.v}`);
    return found;
  }
  return { inf: Infinity, "-inf": -Infinity }[stored.n] ?? NaN;
}
