// Pools without padding, as `hierfeat.pooling_invariance` swaps them; shifts, and how alike two maps are.
import { say } from "../said.js";

/** @typedef {{ data: Float64Array, height: number, width: number }} Grid */

/** @param {Grid} map @param {number} size of the window @param {number} stride @param {(window: number[]) => number} reduce @returns {Grid} */
function windowed(map, size, stride, reduce) {
  const height = Math.floor((map.height - size) / stride) + 1;
  const width = Math.floor((map.width - size) / stride) + 1;
  const data = new Float64Array(height * width);
  const window = new Array(size * size);
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++) {
      for (let m = 0; m < size; m++) for (let n = 0; n < size; n++) window[m * size + n] = map.data[(i * stride + m) * map.width + j * stride + n];
      data[i * width + j] = reduce(window);
    }
  return { data, height, width };
}

/** @param {number[]} window */
const mean = (window) => window.reduce((total, value) => total + value, 0) / window.length;

/** The row of Pascal's triangle with so many numbers, summing to 1. @param {number} taps */
function binomial(taps) {
  let row = [1];
  while (row.length < taps) row = [...row, 0].map((value, i) => (value + (row[i - 1] ?? 0)) / 2);
  return row;
}

/** Mirrored at the border where the map is large enough, and repeated where not. @param {number} at @param {number} length @param {number} reach */
function inside(at, length, reach) {
  if (at >= 0 && at < length) return at;
  if (length > reach) return at < 0 ? -at : 2 * (length - 1) - at;
  return at < 0 ? 0 : length - 1;
}

/** The maximum at every place, a binomial filter of 2·stride − 1 taps, then every stride-th value (Zhang 2019). @param {Grid} map @param {number} size @param {number} stride @returns {Grid} */
function blurred(map, size, stride) {
  const dense = windowed(map, size, 1, (window) => Math.max(...window));
  const taps = binomial(2 * stride - 1);
  const reach = stride - 1;
  const height = Math.floor((map.height - size) / stride) + 1;
  const width = Math.floor((map.width - size) / stride) + 1;
  const data = new Float64Array(height * width);
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++)
      for (let m = -reach; m <= reach; m++)
        for (let n = -reach; n <= reach; n++) {
          const row = inside(i * stride + m, dense.height, reach);
          const col = inside(j * stride + n, dense.width, reach);
          data[i * width + j] += taps[m + reach] * taps[n + reach] * dense.data[row * dense.width + col];
        }
  return { data, height, width };
}

/** @type {Record<string, { name: import("../said.js").Said, pool: (map: Grid, size: number, stride: number) => Grid }>} */
export const POOLS = {
  max: { name: say("maximum"), pool: (map, size, stride) => windowed(map, size, stride, (window) => Math.max(...window)) },
  average: { name: say("average"), pool: (map, size, stride) => windowed(map, size, stride, mean) },
  l2: { name: say("root mean square"), pool: (map, size, stride) => windowed(map, size, stride, (window) => Math.sqrt(mean(window.map((value) => value * value)))) },
  blurred: { name: say("maximum, blurred"), pool: blurred },
  strided: {
    name: say("every stride-th value"),
    pool: (map, size, stride) => windowed(map, size, stride, (window) => window[Math.floor((size - 1) / 2) * (size + 1)]),
  },
  none: { name: say("none"), pool: (map) => map },
};

/** Down and to the right by whole pixels; zeros come in. @param {{ data: ArrayLike<number>, height: number, width: number }} map @param {number} down @param {number} right @returns {Grid} */
export function moved({ data: from, height, width }, down, right) {
  const data = new Float64Array(height * width);
  for (let row = Math.max(0, down); row < Math.min(height, height + down); row++)
    for (let col = Math.max(0, right); col < Math.min(width, width + right); col++) data[row * width + col] = from[(row - down) * width + col - right];
  return { data, height, width };
}

/** The cosine between two maps: 1 if nothing changed; not a number if both are zero everywhere. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function alike(a, b) {
  let [dots, first, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dots += a[i] * b[i];
    first += a[i] * a[i];
    second += b[i] * b[i];
  }
  if (first > 0 && second > 0) return dots / Math.sqrt(first * second);
  return first > 0 || second > 0 ? 0 : NaN;
}
