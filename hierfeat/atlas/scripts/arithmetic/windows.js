// What convolutions, pools and dense layers read: windows, kernels, cells and weights.
import { pair, ravel, unravel } from "./places.js";

/** @typedef {import("./types.js").Step} Step */
/** @typedef {import("./types.js").Term} Term */
/** @typedef {import("./trace.js").Tensor} Tensor */

/**
 * For each tap of a kernel, the row (or column) of the input that it meets; null between strides and in the padding.
 * @param {number} place of the unit @param {number} size of the kernel @param {number} stride @param {number} padding
 * @param {number} dilation @param {number} count of the input @param {boolean} transposed
 */
function taps(place, size, stride, padding, dilation, count, transposed) {
  return Array.from({ length: size }, (_, i) => {
    const at = transposed ? (place + padding - i * dilation) / stride : place * stride - padding + i * dilation;
    return Number.isInteger(at) && at >= 0 && at < count ? at : null;
  });
}

/** @param {(number | null)[]} rows @param {(number | null)[]} cols */
function areaOf(rows, cols) {
  const seen = (/** @type {(number | null)[]} */ places) => places.filter((one) => one !== null);
  const [r, c] = [seen(rows), seen(cols)];
  return { top: Math.min(...r), left: Math.min(...c), bottom: Math.max(...r) + 1, right: Math.max(...c) + 1 };
}

/** @param {any} given of the convolution @param {number[]} size of its kernel @returns {[number, number]} */
function paddingOf(given, [kh, kw], /** @type {[number, number]} */ [dh, dw]) {
  if (given === "valid") return [0, 0];
  if (given === "same") return [Math.floor((dh * (kh - 1)) / 2), Math.floor((dw * (kw - 1)) / 2)];
  return pair(given, 0);
}

/**
 * The terms of a unit of a convolution, one for each input channel.
 * @param {string} op @param {any[]} args @param {number[]} shape of the output @param {number} at
 * @returns {Partial<Step>}
 */
export function windowOf(op, args, shape, at) {
  const transposed = op.startsWith("conv_transpose");
  const [x, kernel, bias, stride, padding] = args;
  const [dilation, groups] = transposed ? [args[7], args[6]] : [args[5], args[6]];
  const [[sh, sw], [dh, dw]] = [pair(stride), pair(dilation)];
  const [, channels, height, width] = x.shape;
  const [kh, kw] = kernel.shape.slice(2);
  const [top, left] = paddingOf(padding, [kh, kw], [dh, dw]);
  const [, o, row, col] = unravel(at, shape);
  const rows = taps(row, kh, sh, top, dh, height, transposed);
  const cols = taps(col, kw, sw, left, dw, width, transposed);
  const [inEach, outEach] = [channels / groups, shape[1] / groups];
  const group = Math.floor(o / outEach);
  const terms = Array.from({ length: inEach }, (_, c) => {
    const channel = group * inEach + c;
    /** @type {Term} */
    const term = { channel, window: [], kernel: [], sum: 0 };
    rows.forEach((r, i) =>
      cols.forEach((k, j) => {
        const seen = r === null || k === null ? 0 : x.data[ravel([0, channel, r, k], x.shape)];
        const place = transposed ? [channel, o % outEach, i, j] : [o, c, i, j];
        const weight = kernel.data[ravel(place, kernel.shape)];
        term.window.push(seen);
        term.kernel.push(weight);
        term.sum += seen * weight;
      }),
    );
    return term;
  });
  return { kind: "window", source: x.name, terms, bias: bias ? bias.data[o] : 0, size: [kh, kw], area: areaOf(rows, cols) };
}

/** The weights of a dense unit. @param {Tensor} x @param {Tensor} matrix @param {boolean} across whether units are its columns @param {Tensor | null} bias @param {number[]} shape @param {number} at @returns {Partial<Step>} */
export function weightsOf(x, matrix, across, bias, shape, at) {
  const place = unravel(at, shape);
  const o = place[place.length - 1];
  const count = x.shape[x.shape.length - 1];
  const start = ravel(place.slice(0, -1), shape.slice(0, -1)) * count;
  const terms = Array.from({ length: count }, (_, k) => {
    const weight = matrix.data[across ? k * matrix.shape[1] + o : o * count + k];
    return { channel: k, window: [x.data[start + k]], kernel: [weight], sum: x.data[start + k] * weight };
  });
  return { kind: "weights", source: x.name, terms, bias: bias ? bias.data[bias.data.length === 1 ? 0 : o] : 0 };
}

/** The cells under a pooling unit. @param {string} op @param {any[]} args @param {number[]} shape @param {number} at @returns {Partial<Step>} */
export function poolOf(op, args, shape, at) {
  const x = args[0];
  const rank = x.shape.length;
  const place = unravel(at, shape);
  const [height, width] = x.shape.slice(-2);
  const [row, col] = place.slice(-2);
  const [rows, cols] = op.startsWith("adaptive")
    ? [band(row, shape[rank - 2], height), band(col, shape[rank - 1], width)]
    : strided(args, op, [row, col], [height, width]);
  const cells = rows.flatMap((r) => cols.map((c) => ({ row: r, col: c, value: x.data[ravel([...place.slice(0, -2), r, c], x.shape)] })));
  return { kind: "pool", source: x.name, cells, channel: place[rank - 3] ?? 0, size: [rows.length, cols.length], area: areaOf(rows, cols) };
}

/** @param {number} i @param {number} count @param {number} size */
function band(i, count, size) {
  const [from, to] = [Math.floor((i * size) / count), Math.ceil(((i + 1) * size) / count)];
  return Array.from({ length: to - from }, (_, k) => from + k);
}

/** @param {any[]} args @param {string} op @param {number[]} place @param {number[]} sizes */
function strided(args, op, place, sizes) {
  const kernel = pair(args[1]);
  const stride = args[2]?.length ? pair(args[2]) : kernel;
  const padding = pair(args[3], 0);
  const dilation = op.startsWith("max") ? pair(args[4]) : [1, 1];
  return [0, 1].map((axis) => taps(place[axis], kernel[axis], stride[axis], padding[axis], dilation[axis], sizes[axis], false).filter((one) => one !== null));
}

/** What a reduction along axes goes over. @param {Tensor} x @param {number[] | null} axes @param {number[]} shape of the output @param {number} at */
export function reducedOf(x, axes, shape, at) {
  const rank = x.shape.length;
  const gone = new Set((axes?.length ? axes : [...Array(rank).keys()]).map((axis) => (axis + rank) % rank));
  const kept = unravel(at, shape);
  const whole = shape.length === rank;
  let next = 0;
  const base = x.shape.map((_, axis) => (gone.has(axis) ? 0 : kept[whole ? axis : next++]));
  /** @type {{ at: number, value: number }[]} */
  const found = [];
  const walk = (/** @type {number} */ axis) => {
    if (axis === rank) {
      const place = ravel(base, x.shape);
      found.push({ at: place, value: x.data[place] });
      return;
    }
    if (!gone.has(axis)) return walk(axis + 1);
    for (base[axis] = 0; base[axis] < x.shape[axis]; base[axis]++) walk(axis + 1);
    base[axis] = 0;
  };
  walk(0);
  return found;
}
