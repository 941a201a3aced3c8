/** @import { Operation } from "../types.js" */
import { volume } from "../weights.js";

/** @param {number[] | number} value @param {number[]} [otherwise] @returns {number[]} */
function pair(value, otherwise = [0, 0]) {
  const list = [value ?? []].flat();
  return list.length === 0 ? otherwise : list.length === 1 ? [list[0], list[0]] : list;
}

/** @param {readonly number[]} shape */
const planes = (shape) => volume(shape.slice(0, -2));

/**
 * The places along one axis at which tap `i` of a window lies inside the image: outputs [from, to).
 * @param {number} size @param {number} count of outputs @param {number} start of the tap for output 0 @param {number} stride
 */
function inside(size, count, start, stride) {
  const from = Math.max(0, Math.ceil(-start / stride));
  return [from, Math.max(from, Math.min(count, Math.floor((size - 1 - start) / stride) + 1))];
}

/**
 * Gather every tap of every window into the outputs, row by row.
 * @param {"max" | "sum"} how
 * @param {import("../types.js").Tensor} x @param {import("../types.js").Tensor} out
 * @param {number[]} kernel @param {number[]} stride @param {number[]} padding @param {number[]} dilation
 */
function gather(how, x, out, kernel, stride, padding, dilation) {
  const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
  const maps = planes(x.shape);
  const [from, to] = [x.data, out.data];
  const add = how === "max" ? largest : sum;
  for (let map = 0; map < maps; map++)
    for (let i = 0; i < kernel[0]; i++) {
      const top = i * dilation[0] - padding[0];
      const [firstRow, lastRow] = inside(H, OH, top, stride[0]);
      for (let j = 0; j < kernel[1]; j++) {
        const left = j * dilation[1] - padding[1];
        const [first, last] = inside(W, OW, left, stride[1]);
        for (let row = firstRow; row < lastRow; row++) {
          const start = (map * H + row * stride[0] + top) * W + left + first * stride[1];
          add(from, start, stride[1], to, (map * OH + row) * OW + first, last - first);
        }
      }
    }
}

/** @type {(from: Float32Array, start: number, step: number, to: Float32Array, at: number, count: number) => void} */
function largest(from, start, step, to, at, count) {
  for (let k = 0; k < count; k++, start += step) {
    const value = from[start];
    if (value > to[at + k] || value !== value) to[at + k] = value;
  }
}

/** @type {(from: Float32Array, start: number, step: number, to: Float32Array, at: number, count: number) => void} */
function sum(from, start, step, to, at, count) {
  for (let k = 0; k < count; k++, start += step) to[at + k] += from[start];
}

/** @type {Operation} */
const maxPool = {
  prepare([x, size, stride, padding, dilation], out) {
    const kernel = pair(size);
    return () => {
      out.data.fill(-Infinity);
      gather("max", x, out, kernel, pair(stride, kernel), pair(padding), pair(dilation, [1, 1]));
    };
  },
};

/** @type {Operation} */
const averagePool = {
  keeps: (_args, shape) => shape[shape.length - 2] * shape[shape.length - 1],
  prepare([x, size, stride, padding, , withPadding, divisor], out, { keep }) {
    const kernel = pair(size);
    const [step, pads] = [pair(stride, kernel), pair(padding)];
    const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
    const shares = keep(OH * OW);
    for (let row = 0; row < OH; row++)
      for (let col = 0; col < OW; col++) {
        const [top, left] = [row * step[0] - pads[0], col * step[1] - pads[1]];
        const bounds = withPadding ? [top, H + pads[0], left, W + pads[1]] : [Math.max(0, top), H, Math.max(0, left), W];
        const rows = Math.min(top + kernel[0], bounds[1]) - bounds[0];
        const columns = Math.min(left + kernel[1], bounds[3]) - bounds[2];
        shares[row * OW + col] = 1 / (divisor || rows * columns);
      }
    return () => {
      out.data.fill(0);
      gather("sum", x, out, kernel, step, pads, [1, 1]);
      for (let at = 0, n = OH * OW; at < out.data.length; at++) out.data[at] *= shares[at % n];
    };
  },
};

/** @type {Operation} as local response normalisation uses it, over channels */
const averagePool3d = {
  prepare([x, size, stride, padding, , withPadding, divisor], out) {
    /** @param {number | number[]} value @returns {number[]} */
    const three = (value) => (Array.isArray(value) ? (value.length === 1 ? Array(3).fill(value[0]) : value) : Array(3).fill(value));
    const kernel = three(size);
    const steps = Array.isArray(stride) && stride.length === 0 ? kernel : three(stride ?? kernel);
    const pads = three(padding ?? 0);
    const [sizes, counts] = [x.shape.slice(-3), out.shape.slice(-3)];
    const maps = volume(x.shape.slice(0, -3));
    /** @param {number} axis the windows along one axis, and what each counts with its padding */
    const windows = (axis) =>
      Array.from({ length: counts[axis] }, (_, i) => {
        const start = i * steps[axis] - pads[axis];
        const end = Math.min(start + kernel[axis], sizes[axis] + pads[axis]);
        const [from, to] = [Math.max(0, start), Math.min(end, sizes[axis])];
        return { from, to, count: withPadding ? end - start : to - from };
      });
    const [planes, rows, columns] = [0, 1, 2].map(windows);
    return () => {
      let at = 0;
      for (let map = 0; map < maps; map++)
        for (const d of planes)
          for (const r of rows)
            for (const c of columns) {
              let total = 0;
              for (let i = d.from; i < d.to; i++)
                for (let j = r.from; j < r.to; j++)
                  for (let k = c.from; k < c.to; k++) total += x.data[((map * sizes[0] + i) * sizes[1] + j) * sizes[2] + k];
              out.data[at++] = total / (divisor || d.count * r.count * c.count);
            }
    };
  },
};

/** @param {boolean} most the largest of each region, not the mean @returns {Operation} */
const adaptive = (most) => ({
  prepare([x], out) {
    const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
    const maps = planes(x.shape);
    return () => {
      let to = 0;
      for (let map = 0; map < maps; map++)
        for (let row = 0; row < OH; row++)
          for (let col = 0; col < OW; col++) {
            const [top, bottom] = [Math.floor((row * H) / OH), Math.ceil(((row + 1) * H) / OH)];
            const [left, right] = [Math.floor((col * W) / OW), Math.ceil(((col + 1) * W) / OW)];
            let value = most ? -Infinity : 0;
            for (let i = top; i < bottom; i++)
              for (let j = left; j < right; j++) {
                const one = x.data[(map * H + i) * W + j];
                value = most ? (one > value || one !== one ? one : value) : value + one;
              }
            out.data[to++] = most ? value : value / ((bottom - top) * (right - left));
          }
    };
  },
});

/** @type {Operation} torch's legacy rule: the nearest pixel's index is rounded down */
const nearest = {
  prepare([x, , scale, second], out) {
    const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
    const scales = Array.isArray(scale) ? scale : [scale, second];
    const [rows, cols] = [scales[0] ? 1 / scales[0] : H / OH, scales[1] ? 1 / scales[1] : W / OW];
    const maps = planes(x.shape);
    return () => {
      let to = 0;
      for (let map = 0; map < maps; map++)
        for (let row = 0; row < OH; row++) {
          const line = (map * H + Math.min(H - 1, Math.floor(row * rows))) * W;
          for (let col = 0; col < OW; col++) out.data[to++] = x.data[line + Math.min(W - 1, Math.floor(col * cols))];
        }
    };
  },
};

/** @type {Operation} */
const bilinear = {
  prepare([x, , corners, scale, second], out) {
    const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
    const scales = Array.isArray(scale) ? scale : [scale, second];
    const rows = places(H, OH, corners, scales[0]);
    const cols = places(W, OW, corners, scales[1]);
    const maps = planes(x.shape);
    return () => {
      let to = 0;
      for (let map = 0; map < maps; map++)
        for (const [top, bottom, down] of rows)
          for (const [left, right, across] of cols) {
            const at = map * H;
            const upper = x.data[(at + top) * W + left] * (1 - across) + x.data[(at + top) * W + right] * across;
            const lower = x.data[(at + bottom) * W + left] * (1 - across) + x.data[(at + bottom) * W + right] * across;
            out.data[to++] = upper * (1 - down) + lower * down;
          }
    };
  },
};

/** @param {number} size @param {number} count @param {boolean} corners @param {number | null} scale */
function places(size, count, corners, scale) {
  const step = corners ? (count > 1 ? (size - 1) / (count - 1) : 0) : scale ? 1 / scale : size / count;
  return Array.from({ length: count }, (_, i) => {
    const at = corners ? i * step : Math.max(0, (i + 0.5) * step - 0.5);
    const low = Math.min(Math.floor(at), size - 1);
    return [low, Math.min(low + 1, size - 1), at - low];
  });
}

/** @type {Record<string, Operation>} */
export const POOLING = {
  "max_pool2d.default": maxPool,
  "max_pool2d_with_indices.default": maxPool,
  "avg_pool2d.default": averagePool,
  "avg_pool3d.default": averagePool3d,
  "adaptive_avg_pool2d.default": adaptive(false),
  "adaptive_max_pool2d.default": adaptive(true),
  "upsample_nearest2d.vec": nearest,
  "upsample_nearest2d.default": nearest,
  "upsample_bilinear2d.vec": bilinear,
  "upsample_bilinear2d.default": bilinear,
};
