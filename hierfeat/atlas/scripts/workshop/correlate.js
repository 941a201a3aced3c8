// A kernel laid on a picture, as `hierfeat.apply_kernel` lays it. Numbers in, numbers out.
import { say } from "../said.js";

/**
 * @typedef {{ data: ArrayLike<number>, height: number, width: number }} Picture
 * @typedef {{ weights: number[], rows: number, cols: number }} Kernel row by row
 * @typedef {"zeros" | "reflect" | "replicate" | "circular"} Mode what the padding holds
 * @typedef {{ padding: number | "same", mode: Mode, stride: number, dilation: number }} Settings
 *
 * @typedef {object} Axis one of the two, worked out
 * @property {number} size of the output
 * @property {number} before cells of padding
 * @property {number} after
 * @property {number} unseen cells of the picture beyond the last window
 * @property {Int32Array} taps the picture's cell under each tap of each window, (size × kernel); −1 is a zero of the padding
 * @property {string} formula
 */

/** Cells from a kernel's first weight to its last. @param {number} f @param {number} d */
const extent = (f, d) => d * (f - 1) + 1;

/**
 * @param {number} w @param {number} f @param {Settings} settings
 * @returns {[number, number]} padding before and after; the odd cell of "same" goes after, as in torch
 */
function sides(w, f, { padding, dilation }) {
  if (padding !== "same") return [padding, padding];
  const total = extent(f, dilation) - 1;
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Why a setting cannot be, in words; "" if it can. @param {string} name @param {number} w @param {number} f @param {Settings} settings @returns {import("../said.js").Said | ""} */
function trouble(name, w, f, settings) {
  const [before, after] = sides(w, f, settings);
  const span = extent(f, settings.dilation);
  if (w + before + after < span) {
    const sizes = { f, name: say(name), w, span, padding: before + after };
    return settings.dilation > 1 ? say("The kernel does not fit: it has {f} {name}, {span} with its gaps, and the picture {w} with {padding} of padding. Make it smaller, or pad more.", sizes) : say("The kernel does not fit: it has {f} {name}, and the picture {w} with {padding} of padding. Make it smaller, or pad more.", sizes);
  }
  const most = { zeros: Infinity, replicate: Infinity, reflect: w - 1, circular: w }[settings.mode];
  if (Math.max(before, after) > most) return say("{mode} padding takes its {name} from the picture, which has only {most} to give: {many} are too many.", { mode: say(settings.mode), name: say(name), most, many: Math.max(before, after) });
  return "";
}

/** The picture's cell that a place in the padding shows; −1 for none. @param {number} at @param {number} w @param {Mode} mode */
function seen(at, w, mode) {
  if (at >= 0 && at < w) return at;
  if (mode === "zeros") return -1;
  if (mode === "replicate") return at < 0 ? 0 : w - 1;
  if (mode === "circular") return (at + w) % w;
  return at < 0 ? -at : 2 * (w - 1) - at;
}

/**
 * (w − f + 2p)/s + 1, with the numbers put in, as `hierfeat.output_size` works it out.
 * @param {number} w @param {number} f @param {number} before @param {number} after @param {Settings} settings @param {number} size
 */
function formula(w, f, before, after, { stride, dilation }, size) {
  const span = dilation === 1 ? String(f) : `(${dilation}·(${f} − 1) + 1)`;
  const padding = before === after ? (before ? ` + 2·${before}` : "") : [before, after].map((cells) => (cells ? ` + ${cells}` : "")).join("");
  const inside = `${w} − ${span}${padding}`;
  const even = (w - extent(f, dilation) + before + after) % stride === 0;
  return even ? `(${inside})/${stride} + 1 = ${size}` : `⌊(${inside})/${stride}⌋ + 1 = ${size}`;
}

/** @param {number} w @param {number} f @param {Settings} settings @returns {Axis} */
function axis(w, f, settings) {
  const { stride, dilation, mode } = settings;
  const [before, after] = sides(w, f, settings);
  const free = w + before + after - extent(f, dilation);
  const size = Math.floor(free / stride) + 1;
  const taps = new Int32Array(size * f);
  for (let i = 0; i < size; i++) for (let m = 0; m < f; m++) taps[i * f + m] = seen(i * stride + m * dilation - before, w, mode);
  const unseen = Math.max(0, (free % stride) - after);
  return { size, before, after, unseen, taps, formula: formula(w, f, before, after, settings, size) };
}

/**
 * The windows of a kernel on a picture, or why there are none.
 * @param {Picture} picture @param {Kernel} kernel @param {Settings} settings
 * @returns {{ rows: Axis, cols: Axis, trouble: "" } | { trouble: import("../said.js").Said }}
 */
export function windows(picture, kernel, settings) {
  const found = trouble("rows", picture.height, kernel.rows, settings) || trouble("columns", picture.width, kernel.cols, settings);
  if (found) return { trouble: found };
  return { rows: axis(picture.height, kernel.rows, settings), cols: axis(picture.width, kernel.cols, settings), trouble: "" };
}

/**
 * y[i, j] = Σ k[m, n] · x[i·s + m·d − p, j·s + n·d − p].
 * @param {Picture} picture @param {Kernel} kernel @param {{ rows: Axis, cols: Axis }} laid what `windows` found
 * @returns {{ data: Float64Array, height: number, width: number }}
 */
export function correlate(picture, kernel, { rows, cols }) {
  const data = new Float64Array(rows.size * cols.size);
  for (let m = 0; m < kernel.rows; m++)
    for (let n = 0; n < kernel.cols; n++) {
      const weight = kernel.weights[m * kernel.cols + n];
      if (weight === 0) continue;
      for (let i = 0; i < rows.size; i++) {
        const row = rows.taps[i * kernel.rows + m];
        if (row < 0) continue;
        for (let j = 0; j < cols.size; j++) {
          const col = cols.taps[j * kernel.cols + n];
          if (col >= 0) data[i * cols.size + j] += weight * picture.data[row * picture.width + col];
        }
      }
    }
  return { data, height: rows.size, width: cols.size };
}

/**
 * What one output pixel is made of: the picture's value under every weight, (rows × cols) of the kernel.
 * @param {Picture} picture @param {Kernel} kernel @param {{ rows: Axis, cols: Axis }} laid @param {number} i @param {number} j
 */
export function under(picture, kernel, { rows, cols }, i, j) {
  return kernel.weights.map((_, place) => {
    const row = rows.taps[i * kernel.rows + Math.floor(place / kernel.cols)];
    const col = cols.taps[j * kernel.cols + (place % kernel.cols)];
    return row < 0 || col < 0 ? 0 : picture.data[row * picture.width + col];
  });
}

/**
 * The row of the convolution's matrix that makes one output pixel: a number for each of the picture's pixels.
 * @param {Picture} picture @param {Kernel} kernel @param {{ rows: Axis, cols: Axis }} laid @param {number} i @param {number} j
 */
export function matrixRow(picture, kernel, { rows, cols }, i, j) {
  const found = new Float64Array(picture.height * picture.width);
  kernel.weights.forEach((weight, place) => {
    const row = rows.taps[i * kernel.rows + Math.floor(place / kernel.cols)];
    const col = cols.taps[j * kernel.cols + (place % kernel.cols)];
    if (row >= 0 && col >= 0) found[row * picture.width + col] += weight;
  });
  return found;
}

/** Turned by half: what a mathematician's convolution lays. @param {Kernel} kernel @returns {Kernel} */
export const flipped = (kernel) => ({ ...kernel, weights: [...kernel.weights].reverse() });

/** @param {Kernel} kernel @returns {Kernel} */
export function transposed({ weights, rows, cols }) {
  return { rows: cols, cols: rows, weights: weights.map((_, place) => weights[(place % rows) * cols + Math.floor(place / rows)]) };
}

/**
 * Scaled to a sum of 1, or, where the weights cancel, to magnitudes that sum to 1.
 * @param {Kernel} kernel @returns {Kernel}
 */
export function normalised(kernel) {
  const sum = kernel.weights.reduce((total, weight) => total + weight, 0);
  const size = kernel.weights.reduce((total, weight) => total + Math.abs(weight), 0);
  const by = Math.abs(sum) > 1e-9 * size ? sum : size;
  return by ? { ...kernel, weights: kernel.weights.map((weight) => weight / by) } : kernel;
}

/** Grown or cut about its middle; new weights are 0. @param {Kernel} kernel @param {number} rows @param {number} cols @returns {Kernel} */
export function resized(kernel, rows, cols) {
  const [down, right] = [Math.floor(rows / 2) - Math.floor(kernel.rows / 2), Math.floor(cols / 2) - Math.floor(kernel.cols / 2)];
  const weights = Array.from({ length: rows * cols }, (_, place) => {
    const [row, col] = [Math.floor(place / cols) - down, (place % cols) - right];
    return row >= 0 && col >= 0 && row < kernel.rows && col < kernel.cols ? kernel.weights[row * kernel.cols + col] : 0;
  });
  return { weights, rows, cols };
}
