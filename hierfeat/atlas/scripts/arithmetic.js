// The arithmetic of the chosen unit: what it reads, what it multiplies that with, and what comes of it.
import { fromBase64, unpack } from "../live/engine/weights.js";
import { channelOf, flatIndex, frame, layers } from "./data.js";
import { element, find, need, svg } from "./dom.js";
import { graph } from "./live.js";
import { number, paintNumbers } from "./maps.js";
import { state } from "./store.js";

/** @typedef {{ label: string, window: number[], kernel: number[], sum: number }} Term */

/** Terms that are shown one by one. */
const SHOWN = 4;

/** @type {Promise<Map<string, Float32Array>> | null} */
let weights = null;

/** The numbers of a value that a layer reads. @param {string} name @returns {Float32Array | null} */
function valueOf(name) {
  if (!frame || !graph) return null;
  if (frame.extra[name]) return frame.extra[name];
  const index = graph.layers.findIndex(([, value]) => value === name);
  return index < 0 ? null : frame.layers[index];
}

/** @param {number[] | number} value */
const pair = (value) => (Array.isArray(value) ? [value[0], value[value.length - 1]] : [value, value]);

/**
 * The terms of a unit of a convolution, one for each input channel.
 * @param {any[]} args of the node @param {number[]} shape of its output @param {Map<string, Float32Array>} held
 * @param {{ tile: number, row: number, col: number }} unit @param {any} layer
 * @returns {{ terms: Term[], bias: number, size: number[] } | null}
 */
function convolutionTerms(args, shape, held, unit, layer) {
  const x = valueOf(args[0].v);
  const kernel = held.get(args[1]?.v);
  const tensor = graph?.tensors.find(([name]) => name === args[1]?.v);
  if (!x || !kernel || !tensor || typeof args[4] === "string") return null;
  const [O, CG, kh, kw] = tensor[1];
  const [, height, width] = layer.in_shape;
  const [[sh, sw], [top, left], [dh, dw]] = [pair(args[3]), pair(args[4]), pair(args[5])];
  const groups = args[6];
  const o = unit.tile;
  const first = Math.floor(o / (O / groups)) * CG;
  const terms = Array.from({ length: CG }, (_, c) => {
    /** @type {Term} */
    const term = { label: `input ${first + c}`, window: [], kernel: [], sum: 0 };
    for (let i = 0; i < kh; i++)
      for (let j = 0; j < kw; j++) {
        const [row, col] = [unit.row * sh - top + i * dh, unit.col * sw - left + j * dw];
        const seen = row >= 0 && col >= 0 && row < height && col < width ? x[((first + c) * height + row) * width + col] : 0;
        const weight = kernel[((o * CG + c) * kh + i) * kw + j];
        term.window.push(seen);
        term.kernel.push(weight);
        term.sum += seen * weight;
      }
    return term;
  });
  void shape;
  return { terms, bias: args[2] ? (held.get(args[2].v)?.[o] ?? 0) : 0, size: [kh, kw] };
}

/** @param {any[]} args @param {Map<string, Float32Array>} held @param {number} o @returns {{ terms: Term[], bias: number } | null} */
function linearTerms(args, held, o) {
  const x = valueOf(args[0].v);
  const matrix = held.get(args[1]?.v);
  if (!x || !matrix) return null;
  const K = x.length;
  const terms = Array.from({ length: K }, (_, k) => ({ label: `input ${k}`, window: [x[k]], kernel: [matrix[o * K + k]], sum: x[k] * matrix[o * K + k] }));
  return { terms, bias: args[2] ? (held.get(args[2].v)?.[o] ?? 0) : 0 };
}

/** @param {number[]} numbers @param {number[]} size @param {string} label */
function grid(numbers, size, label) {
  const canvas = element("canvas", { role: "img", "aria-label": label, title: numbers.map((value) => number(value)).join(", ").slice(0, 400) });
  paintNumbers(canvas, numbers, 0, size[0], size[1], Math.max(...numbers.map(Math.abs), 1e-12), true);
  return canvas;
}

/** @param {Term[]} terms @param {number} bias @param {number[] | null} size of the windows; null for single numbers */
function sumOf(terms, bias, size) {
  const sorted = [...terms].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  const rest = sorted.slice(SHOWN).reduce((sum, term) => sum + term.sum, 0);
  const rows = sorted.slice(0, SHOWN).map((term) => {
    const parts = size
      ? [grid(term.window, size, `window of ${term.label}`), "×", grid(term.kernel, size, `kernel for ${term.label}`), "=", grid(term.window.map((value, i) => value * term.kernel[i]), size, "their products")]
      : [`${number(term.window[0])} × ${number(term.kernel[0])}`];
    return element("div", { class: "term" }, element("span", { class: "from" }, term.label), ...parts, element("span", { class: "amount" }, size ? `Σ ${number(term.sum)}` : `= ${number(term.sum)}`));
  });
  const total = terms.reduce((sum, term) => sum + term.sum, bias);
  const more = terms.length > SHOWN ? element("div", { class: "term" }, element("span", { class: "from" }, `${terms.length - SHOWN} other inputs`), element("span", { class: "amount" }, number(rest))) : null;
  const last = element("div", { class: "term" }, element("span", { class: "from" }, "bias"), element("span", { class: "amount" }, number(bias)));
  return [...rows, more, last, element("div", { class: "term total" }, element("span", { class: "from" }, "together"), element("span", { class: "amount", "data-value": total }, number(total)))];
}

/** An activation's input and output, as a dot on its curve. @param {number} x @param {number} y @param {string} op @param {[number, number][]} curve */
function curveOf(x, y, op, curve) {
  const lows = [Math.min(...curve.map(([a]) => a)), Math.min(...curve.map(([, b]) => b))];
  const highs = [Math.max(...curve.map(([a]) => a)), Math.max(...curve.map(([, b]) => b))];
  const X = (/** @type {number} */ value) => 10 + (160 * (value - lows[0])) / (highs[0] - lows[0] || 1);
  const Y = (/** @type {number} */ value) => 90 - (80 * (value - lows[1])) / (highs[1] - lows[1] || 1);
  const d = curve.map(([a, b], i) => `${i ? "L" : "M"}${X(a).toFixed(1)} ${Y(b).toFixed(1)}`).join("");
  const picture = svg("svg", { viewBox: "0 0 180 100", role: "img", "aria-label": `${op} of ${number(x)} is ${number(y)}` }, svg("path", { class: "faint", d }), svg("circle", { class: "first", cx: X(x), cy: Y(y), r: 4 }));
  return [picture, element("p", {}, `${op}(${number(x)}) = ${number(y)}`)];
}

/** Input and output of many units of the same channel lie on the activation's curve. @param {Float32Array} x @param {Float32Array} y */
function pairs(x, y) {
  const step = Math.max(1, Math.floor(x.length / 400));
  /** @type {[number, number][]} */
  const found = [];
  for (let i = 0; i < x.length; i += step) found.push([x[i], y[i]]);
  return found.sort((a, b) => a[0] - b[0]);
}

/** @param {any} layer @param {Map<string, Float32Array>} held @returns {(Node | null)[] | null} */
function explain(layer, held) {
  if (!graph || !frame || !state.pinned) return null;
  const value = graph.layers[layer.index][1];
  const node = graph.nodes.find(([name]) => name === value);
  if (!node) return null;
  const [, op, stored, shape] = node;
  const args = /** @type {any[]} */ (stored);
  const at = flatIndex(layer, state.pinned);
  if (op.startsWith("conv2d.")) {
    const unit = layer.maps.shape[1] * layer.maps.shape[2] > 1 ? state.pinned : { tile: channelOf(layer, state.pinned), row: 0, col: 0 };
    const found = convolutionTerms(args, shape, held, unit, layer);
    return found && sumOf(found.terms, found.bias, found.size);
  }
  if (op === "linear.default") {
    const found = linearTerms(args, held, at);
    return found && sumOf(found.terms, found.bias, null);
  }
  const x = valueOf(args[0]?.v);
  if (!x) return null;
  if (op.startsWith("_native_batch_norm")) {
    const c = channelOf(layer, state.pinned);
    const [weight, bias, mean, variance] = [1, 2, 3, 4].map((i) => held.get(args[i]?.v)?.[c]);
    const text = `(${number(x[at])} − ${number(mean ?? 0)}) / √(${number(variance ?? 1)} + ${args[6]}) × ${number(weight ?? 1)} + ${number(bias ?? 0)} = ${number(frame.layers[layer.index][at])}`;
    return [element("p", {}, text.replaceAll("+ −", "− ").replaceAll("− −", "+ "))];
  }
  if (layer.kind === "activation" && x.length === frame.layers[layer.index].length)
    return curveOf(x[at], frame.layers[layer.index][at], layer.op, pairs(x, frame.layers[layer.index]));
  return null;
}

/** Show what the chosen unit computes. */
export async function showArithmetic() {
  const panel = find(".arithmetic");
  if (!panel || !graph || !state.pinned) return;
  weights ??= unpack(graph, fromBase64(need("#live-weights").textContent ?? ""));
  const held = await weights;
  const layer = layers[state.pinned.layer];
  const found = explain(layer, held);
  const says = found ? "" : layer.kind === "pool" ? "Its section shows which of the cells under it wins." : "This operation is not taken apart.";
  panel.replaceChildren(element("p", { class: "note" }, element("b", {}, layer.name), `, ${layer.op}. ${says}`), ...(found ?? []).filter((one) => one !== null));
}
