// The payload, decoded: numbers in, numbers out. Nothing here knows how a page looks.
import { fromBase64 } from "../live/engine/weights.js";
import { need } from "./dom.js";
import { state } from "./store.js";

/**
 * @typedef {{ tile: number, row: number, col: number }} Unit
 * @typedef {{ height: number, width: number, tiles: number, vector: boolean }} View
 */

/** What hierfeat.atlas.payload describes. @type {any} */
export const payload = JSON.parse(need("#payload").textContent ?? "");
/** @type {any[]} */
export const layers = payload.layers;
/** @type {any[]} */
export const samples = payload.samples;

/** @typedef {import("../live/engine/network.js").Frame} Frame */

/** The frame that the network in the page has computed last; null while stored maps are shown. @type {Frame | null} */
export let frame = null;

/** @param {Frame | null} next */
export function showFrame(next) {
  frame = next;
}

/** The network's output for what is shown: live, or that of the sample. @returns {ArrayLike<number> | null} */
export const output = () => (frame ? frame.output : samples[state.sample].output);

/** @type {Map<string, Float32Array>} */
const decoded = new Map();

/**
 * A layer's responses to what is shown, (channels, height, width) flat.
 * @param {any} layer
 */
export function values(layer) {
  if (frame) return frame.layers[layer.index];
  const key = `${layer.index} ${state.sample}`;
  let found = decoded.get(key);
  if (!found) decoded.set(key, (found = unquantised(layer.maps, state.sample)));
  return found;
}

/**
 * A signed byte is 128 + 127 v / limit and 0 marks what is not a number; an unsigned one is 255 v / limit.
 * @param {any} maps @param {number} sample
 */
function unquantised(maps, sample) {
  const levels = fromBase64(maps.data[sample]);
  const found = new Float32Array(levels.length);
  const each = maps.shape[1] * maps.shape[2];
  const single = each === 1;
  for (let i = 0; i < levels.length; i++) {
    const limit = maps.limits[sample][single ? 0 : Math.floor(i / each)];
    found[i] = maps.signed ? (levels[i] ? ((levels[i] - 128) / 127) * limit : NaN) : (levels[i] / 255) * limit;
  }
  return found;
}

/** @param {any} kernels (out, in, height, width) flat */
export function weightsOf(kernels) {
  const levels = fromBase64(kernels.data);
  return Float32Array.from(levels, (level) => (level ? ((level - 128) / 127) * kernels.limit : NaN));
}

/** The tuning curve of a channel. @param {any} tuning @param {number} channel @returns {number[]} */
export function curveOf({ angles, curves }, channel) {
  const bytes = fromBase64(curves.data);
  const start = channel * angles.length;
  const level = (/** @type {number} */ at) => {
    const [a, b, c] = bytes.subarray(3 * (at >> 1));
    return at & 1 ? ((b & 15) << 8) | c : (a << 4) | (b >> 4); // two levels in three bytes
  };
  return angles.map((/** @type {number} */ _, /** @type {number} */ i) => (level(start + i) / 4095) * curves.limits[channel]);
}

/**
 * How a layer's units lie on the page: as many tiles as channels, or a single strip for a vector of units.
 * @param {any} layer @returns {View}
 */
export function view(layer) {
  const [channels, height, width] = layer.maps.shape;
  if (height * width > 1) return { vector: false, tiles: channels, height, width };
  const about = channels <= 16 ? 1 : Math.ceil(Math.sqrt(channels / 3));
  const across = [0, 1, 2, 3].map((more) => about + more).find((wide) => channels % wide === 0) || about;
  return { vector: true, tiles: 1, height: Math.ceil(channels / across), width: across };
}

/** @param {any} layer @param {Unit} unit */
export function flatIndex(layer, unit) {
  const { vector, height, width } = view(layer);
  return vector ? unit.row * width + unit.col : (unit.tile * height + unit.row) * width + unit.col;
}

/** @param {any} layer @param {number} index @returns {Unit} */
export function unitAt(layer, index) {
  const { vector, height, width } = view(layer);
  const each = vector ? Infinity : height * width;
  const inside = vector ? index : index % each;
  return { tile: vector ? 0 : Math.floor(index / each), row: Math.floor(inside / width), col: inside % width };
}

/** @param {any} layer @param {Unit} unit */
export function exists(layer, unit) {
  const { height, width, tiles } = view(layer);
  const [channels, rows, columns] = layer.maps.shape;
  const inside = unit.row < height && unit.col < width && unit.tile < tiles;
  return inside && flatIndex(layer, unit) < channels * rows * columns;
}

/** The largest magnitude of a layer over the samples: one scale while the input changes. @param {any} layer */
export function layerLimit(layer) {
  return (layer.maps.limit ??= Math.max(...layer.maps.limits.flat()));
}

/** @param {any} layer @param {Unit} unit */
export const activation = (layer, unit) => values(layer)[flatIndex(layer, unit)];

/** @param {any} layer @param {Unit} unit */
export const channelOf = (layer, unit) => (view(layer).vector ? flatIndex(layer, unit) : unit.tile);

/**
 * Half-open [top, left, bottom, right] in pixels, or null where the field is not known.
 * @param {any} layer @param {Unit} unit @returns {[number, number, number, number] | null}
 */
export function box(layer, unit) {
  if (!layer.field) return null;
  const { rows, cols } = layer.field;
  const [row, col] = view(layer).vector ? [0, 0] : [unit.row, unit.col];
  return [rows[row][0], cols[col][0], rows[row][1], cols[col][1]];
}

/** @param {any} layer @returns {Unit} */
export function strongestUnit(layer) {
  const found = values(layer);
  let best = 0;
  for (let i = 1; i < found.length; i++) if (found[i] > found[best] || found[best] !== found[best]) best = i;
  return unitAt(layer, best);
}

/**
 * What a unit reads of its source layer: [top, left, bottom, right] of the map, and in which tiles; null if not known.
 * @param {any} layer @param {Unit} unit
 */
export function inputWindow(layer, unit) {
  const source = layer.source === null ? null : layers[layer.source];
  if (!source || !source.maps || source.maps.step > 1 || layer.maps.step > 1 || view(layer).vector || view(source).vector) return null;
  const same = String(source.out_shape) === String(layer.out_shape);
  if (layer.kind === "activation" && same) return { tiles: [unit.tile], area: [unit.row, unit.col, unit.row + 1, unit.col + 1] };
  if (!layer.kernel || String(source.out_shape) !== String(layer.in_shape) || layer.op.includes("transpose")) return null;
  const tiles =
    layer.kind === "pool" || layer.groups === layer.in_shape[0] ? [unit.tile] : layer.groups === 1 ? [...Array(view(source).tiles).keys()] : null;
  const [rows, cols] = [unit.row, unit.col].map((at, axis) => {
    const start = at * layer.stride[axis] - layer.padding[axis];
    const stop = start + layer.dilation[axis] * (layer.kernel[axis] - 1) + 1;
    return [Math.max(0, start), Math.min(source.out_shape[1 + axis], stop)];
  });
  return tiles && { tiles, area: [rows[0], cols[0], rows[1], cols[1]] };
}

/**
 * The cells of the source map that a pooling unit looks at; those in the padding are left out.
 * @param {any} layer @param {Unit} unit @returns {Unit[]}
 */
export function poolWindow(layer, unit) {
  const [, height, width] = layers[layer.source].maps.shape;
  const [kernel, stride, padding, dilation] = [layer.kernel, layer.stride, layer.padding || [0, 0], layer.dilation || [1, 1]];
  const cells = [];
  for (let i = 0; i < kernel[0]; i++)
    for (let j = 0; j < kernel[1]; j++) {
      const row = unit.row * stride[0] - padding[0] + i * dilation[0];
      const col = unit.col * stride[1] - padding[1] + j * dilation[1];
      if (row >= 0 && col >= 0 && row < height && col < width) cells.push({ tile: unit.tile, row, col });
    }
  return cells;
}
