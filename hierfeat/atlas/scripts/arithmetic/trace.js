// How a unit's activation comes about, step by step: from the graph, its values and weights. Numbers only.
import { OPERATIONS } from "../../live/engine/ops/index.js";
import { volume } from "../../live/engine/weights.js";
import { broadcast, unravel } from "./places.js";
import { poolOf, reducedOf, weightsOf, windowOf } from "./windows.js";

/** @typedef {import("../../live/engine/types.js").Graph} Graph */
/** @typedef {import("./types.js").Step} Step */
/** @typedef {import("./types.js").Part} Part */
/** @typedef {{ name: string, shape: number[], data: Float32Array, fixed: boolean }} Tensor */

/** More steps than this are not followed. */
const MOST = 40;
/** Points of an activation's curve. */
const POINTS = 81;

const WINDOWS = /^(conv2d|conv_transpose2d)\./;
const POOLS = /^(max_pool2d|avg_pool2d|adaptive_avg_pool2d|adaptive_max_pool2d)/;
const DENSE = /^(linear|addmm|mm)\.default$/;
const NORMS = /^(_native_batch_norm_legit_no_training|layer_norm|native_layer_norm|group_norm|instance_norm)\./;
const REDUCTIONS = /^(sum|mean|amax|amin|max|min)\.(default|dim|dim_IntList)$/;
const BINARY = /^(add|sub|rsub|mul|div|pow|maximum|minimum|gt|ge|lt|le|eq|ne|clamp_max|clamp_min)\.(Tensor|Scalar|default|Tensor_Tensor|Tensor_Scalar)$/;
const CHOICE = /^where\./;
const MOVES = /^(view|reshape|_unsafe_view|flatten|unflatten|unsqueeze|squeeze|permute|transpose|t|expand|expand_as|repeat|slice|select|flip|roll|pixel_shuffle|channel_shuffle|index_select|cat|stack|pad|constant_pad_nd|reflection_pad2d|replication_pad2d)\./;

/** What kind of step an operation is. @param {string} op @param {number} rank of its output */
function kindOf(op, rank) {
  if (WINDOWS.test(op) && rank === 4) return "window";
  if (POOLS.test(op) && rank >= 3) return "pool";
  if (DENSE.test(op)) return "weights";
  if (NORMS.test(op)) return "norm";
  if (REDUCTIONS.test(op)) return "reduce";
  if (BINARY.test(op) || CHOICE.test(op)) return "combine";
  if (MOVES.test(op)) return "move";
  const operation = OPERATIONS[op];
  return operation && isCurve(op) ? "curve" : "opaque";
}

const CURVES = new Set("relu sigmoid silu hardtanh hardswish gelu relu6 leaky_relu elu celu selu mish softplus softsign log_sigmoid hardsigmoid hardshrink softshrink threshold tanh exp expm1 log log1p log2 sqrt rsqrt square reciprocal abs neg sign sin cos atan erf floor ceil logical_not clamp".split(" "));

/** @param {string} op */
const isCurve = (op) => CURVES.has(op.split(".")[0]);

/** Steps whose inputs are explained as well. */
const OPEN = new Set(["norm", "curve", "combine", "move"]);

/** The names of the graph, ready to be asked. */
export class Tracer {
  /** @param {Graph} graph @param {Map<string, Float32Array>} weights */
  constructor(graph, weights) {
    this.graph = graph;
    this.nodes = new Map(graph.nodes.map((node) => [node[0], node]));
    this.layers = new Map(graph.layers.map(([name, value]) => [value, name]));
    /** @type {Map<string, Tensor>} */
    this.fixed = new Map(graph.tensors.map(([name, shape]) => [name, { name, shape, data: /** @type {Float32Array} */ (weights.get(name)), fixed: true }]));
  }

  /** The values that explaining a unit of that node takes, by name. @param {string} target @returns {string[]} */
  needed(target) {
    /** @type {Set<string>} */
    const found = new Set();
    /** @type {Set<string>} */
    const opened = new Set();
    const visit = (/** @type {string} */ name, /** @type {boolean} */ inside) => {
      if (this.fixed.has(name)) return;
      found.add(name);
      const node = this.nodes.get(name);
      if (!node || !inside || opened.has(name)) return;
      opened.add(name);
      for (const input of inputsOf(node)) visit(input, this.follows(target, name, input));
    };
    visit(target, true);
    return [...found];
  }

  /** Whether what a node reads is explained too: all within a layer, and on the straight way to the layer before it. @param {string} target @param {string} name @param {string} input */
  follows(target, name, input) {
    const node = this.nodes.get(name);
    if (!node || !OPEN.has(kindOf(node[1], node[3].length))) return false;
    if (!this.layers.has(input)) return true;
    const free = inputsOf(node).filter((one) => !this.fixed.has(one));
    return free.length === 1 && kindOf(node[1], node[3].length) !== "move";
  }

  /**
   * The steps that lead to one number, in the order in which they are computed.
   * @param {string} target @param {number} at @param {Record<string, Float32Array>} values
   * @returns {Step[]}
   */
  explain(target, at, values) {
    /** @type {Step[]} */
    const steps = [];
    /** @type {Map<string, number>} */
    const known = new Map();
    const tensor = (/** @type {string} */ name) => this.fixed.get(name) ?? this.tensor(name, values);
    /** @param {string} name @param {number} place @param {string | null} reader @returns {number | null} */
    const visit = (name, place, reader) => {
      const key = `${name} ${place}`;
      const node = this.nodes.get(name);
      if (known.has(key)) return /** @type {number} */ (known.get(key));
      if (!node || this.fixed.has(name) || (reader !== null && !this.follows(target, reader, name))) return null;
      if (steps.length >= MOST) return null;
      const step = this.stepOf(node, place, tensor);
      for (const part of step.parts ?? []) part.step = visit(part.name, part.at, name);
      for (const part of step.parts ?? []) part.step ??= known.get(`${part.name} ${part.at}`) ?? null; // the second may have led to the first
      steps.push(step);
      known.set(key, steps.length - 1);
      return steps.length - 1;
    };
    visit(target, at, null);
    return steps;
  }

  /** @param {string} name @param {Record<string, Float32Array>} values @returns {Tensor} */
  tensor(name, values) {
    const shape = name === this.graph.image ? [1, ...this.graph.input_shape] : /** @type {number[]} */ (this.nodes.get(name)?.[3]);
    return { name, shape, data: values[name], fixed: false };
  }

  /** @param {Graph["nodes"][number]} node @param {number} at @param {(name: string) => Tensor} tensor @returns {Step} */
  stepOf([name, op, stored, shape], at, tensor) {
    const args = /** @type {any[]} */ (stored).map((one) => resolved(one, tensor));
    const value = tensor(name).data[at];
    const kind = kindOf(op, shape.length);
    /** @type {Step} */
    const step = { kind, op: op.split(".")[0], node: name, at, value, source: "" };
    const more = /** @type {Record<string, () => Partial<Step>>} */ ({
      window: () => windowOf(op, args, shape, at),
      pool: () => poolOf(op, args, shape, at),
      weights: () => dense(op, args, shape, at),
      norm: () => normOf(op, args, shape, at),
      reduce: () => ({ source: args[0].name, many: reducedOf(args[0], op.endsWith("default") && !op.startsWith("amax") && !op.startsWith("amin") ? null : [args[1]].flat(), shape, at) }),
      combine: () => combined(args, shape, at),
      curve: () => ({ parts: [part(args[0], at)], numbers: args.slice(1), curve: curveOf(op, args, args[0].data[at]) }),
      move: () => moved(op, args, shape, at),
      opaque: () => ({}),
    })[kind]();
    return Object.assign(step, more);
  }
}

/** @param {Graph["nodes"][number]} node @returns {string[]} */
export function inputsOf([, , args]) {
  return /** @type {any[]} */ (args).flat().filter((one) => one && typeof one === "object" && "v" in one).map((one) => one.v);
}

/** @param {any} stored @param {(name: string) => Tensor} tensor @returns {any} */
function resolved(stored, tensor) {
  if (Array.isArray(stored)) return stored.map((one) => resolved(one, tensor));
  if (stored && typeof stored === "object") return "v" in stored ? tensor(stored.v) : { inf: Infinity, "-inf": -Infinity }[/** @type {string} */ (stored.n)] ?? NaN;
  return stored;
}

/** @param {any} value @returns {value is Tensor} */
const isTensor = (value) => Boolean(value && typeof value === "object" && "data" in value);

/** @param {Tensor} tensor @param {number} at @returns {Part} */
const part = (tensor, at) => ({ name: tensor.name, at, value: tensor.data[at], step: null, fixed: tensor.fixed });

/** @param {string} op @param {any[]} args @param {number[]} shape @param {number} at */
function dense(op, args, shape, at) {
  if (op.startsWith("linear")) return weightsOf(args[0], args[1], false, args[2], shape, at);
  return op.startsWith("addmm") ? weightsOf(args[1], args[2], true, args[0], shape, at) : weightsOf(args[0], args[1], true, null, shape, at);
}

/** Two or three numbers make one. @param {any[]} args @param {number[]} shape @param {number} at @returns {Partial<Step>} */
function combined(args, shape, at) {
  const parts = args.filter(isTensor).map((one) => part(one, broadcast(at, shape, one.shape)));
  const numbers = args.map((one) => (isTensor(one) ? null : one));
  return { parts, numbers };
}

/** A place in another form: where the number comes from. @param {string} op @param {any[]} args @param {number[]} shape @param {number} at @returns {Partial<Step>} */
function moved(op, args, shape, at) {
  const inputs = args.flat().filter(isTensor).filter((one) => !(op.startsWith("index_select") && one === args[2]));
  const operation = OPERATIONS[op];
  let place = at;
  let owner = inputs[0];
  if (!operation.alias) {
    // the engine itself moves the places: numbered from 1 through all inputs, 0 in the padding
    let start = 1;
    const starts = new Map(inputs.map((one) => [one, (start += one.data.length) - one.data.length]));
    const marked = (/** @type {any} */ one) => (starts.has(one) ? { ...one, data: Float32Array.from(one.data, (_, i) => /** @type {number} */ (starts.get(one)) + i) } : one);
    const given = args.map((one) => (Array.isArray(one) ? one.map(marked) : marked(one)));
    if (op.startsWith("constant_pad")) given[2] = 0;
    if (op.startsWith("pad.")) given[3] = 0;
    const out = { shape, data: new Float32Array(volume(shape)), fixed: false };
    /** @type {any} */ (operation.prepare)(given, out, /** @type {any} */ ({}))();
    const found = out.data[at];
    if (!found) return { parts: [], numbers: [] };
    owner = /** @type {Tensor} */ (inputs.filter((one) => /** @type {number} */ (starts.get(one)) <= found).at(-1));
    place = found - /** @type {number} */ (starts.get(owner));
  }
  return { parts: [part(owner, place)], numbers: [] };
}

/** @param {string} op @param {any[]} args @param {number[]} shape @param {number} at @returns {Partial<Step>} */
function normOf(op, args, shape, at) {
  const x = args[0];
  const channel = unravel(at, shape)[1];
  const one = (/** @type {any} */ given, /** @type {number} */ i, /** @type {number} */ otherwise) => (given ? given.data[i] : otherwise);
  const parts = [part(x, at)];
  if (op.startsWith("_native_batch_norm")) {
    const [, weight, bias, mean, variance, , eps] = args;
    return { parts, norm: { mean: one(mean, channel, 0), variance: one(variance, channel, 1), eps, weight: one(weight, channel, 1), bias: one(bias, channel, 0) } };
  }
  if (op.includes("layer_norm")) {
    const size = volume(args[1]);
    const within = at % size;
    return { parts, norm: { ...momentsOf(x.data, at - within, size), eps: args[4] ?? 1e-5, weight: one(args[2], within, 1), bias: one(args[3], within, 0) } };
  }
  const each = volume(shape.slice(2));
  const groups = op.startsWith("group") ? args[1] : shape[1];
  const size = (shape[1] / groups) * each;
  const [weight, bias, eps] = op.startsWith("group") ? [args[2], args[3], args[4]] : [args[1], args[2], args[7]];
  return { parts, norm: { ...momentsOf(x.data, at - (at % size), size), eps, weight: one(weight, channel, 1), bias: one(bias, channel, 0) } };
}

/** @param {Float32Array} data @param {number} start @param {number} size */
function momentsOf(data, start, size) {
  let [sum, squares] = [0, 0];
  for (let i = start; i < start + size; i++) sum += data[i];
  for (let i = start; i < start + size; i++) squares += (data[i] - sum / size) ** 2;
  return { mean: sum / size, variance: squares / size };
}

/** The activation's curve about the unit's input, drawn by the engine itself. @param {string} op @param {any[]} args @param {number} x @returns {[number, number][]} */
function curveOf(op, args, x) {
  const reach = Math.max(1, Math.abs(x)) * 1.25;
  const xs = Float32Array.from({ length: POINTS }, (_, i) => -reach + (2 * reach * i) / (POINTS - 1));
  const out = { shape: [POINTS], data: new Float32Array(POINTS), fixed: false };
  /** @type {any} */ (OPERATIONS[op].prepare)([{ shape: [POINTS], data: xs, fixed: false }, ...args.slice(1)], out, /** @type {any} */ ({}))();
  return [...xs].map((one, i) => /** @type {[number, number]} */ ([one, out.data[i]])).filter(([, y]) => Number.isFinite(y));
}

