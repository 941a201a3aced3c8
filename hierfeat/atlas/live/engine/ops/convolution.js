/** @import { Operation, Tensor } from "../types.js" */
import { volume } from "../weights.js";

/** Floats of laid-out windows at a time: they are to stay in the processor's cache. */
const COLUMNS = 65536;

/** @param {number | number[] | undefined} value @returns {[number, number]} */
const pair = (value) => (Array.isArray(value) ? [value[0], value[value.length - 1]] : [value ?? 0, value ?? 0]);

/**
 * The sizes of a 2-d convolution; a 1-d one has a single row.
 * @param {any[]} args (x, weight, bias, stride, padding, dilation, groups) @param {readonly number[]} shape
 */
function geometry([x, w, , stride, padding, dilation, groups], shape) {
  const flat = w.shape.length === 3;
  /** @param {number | number[]} value @param {number} row @returns {[number, number]} */
  const both = (value, row) => (flat ? [row, pair(value)[1]] : pair(value));
  const [O, CG] = w.shape;
  const [kh, kw] = flat ? [1, w.shape[2]] : [w.shape[2], w.shape[3]];
  const [H, W] = flat ? [1, x.shape.at(-1)] : [x.shape.at(-2), x.shape.at(-1)];
  const [OH, OW] = flat ? [1, /** @type {number} */ (shape.at(-1))] : [shape[shape.length - 2], shape[shape.length - 1]];
  const [sh, sw] = both(stride, 1);
  const [dh, dw] = both(dilation, 1);
  const same = padding === "same";
  const whole = [dh * (kh - 1), dw * (kw - 1)];
  const none = padding === "valid";
  const [top, left] = same ? whole.map((size) => Math.floor(size / 2)) : none ? [0, 0] : both(padding, 0);
  const [PH, PW] = same ? [H + whole[0], W + whole[1]] : [H + 2 * top, W + 2 * left];
  const batch = volume(x.shape) / (CG * groups * H * W);
  return { O, C: CG * groups, CG, groups, kh, kw, H, W, OH, OW, sh, sw, dh, dw, top, left, PH, PW, batch };
}

/** @typedef {ReturnType<typeof geometry>} Geometry */

/** @param {Geometry} g @returns {"point" | "depthwise" | "windows"} */
function way(g) {
  if (g.OH * g.OW === 1) return "point";
  return g.CG === 1 && g.groups > 1 ? "depthwise" : "windows";
}

/** @param {Geometry} g */
const padded = (g) => (g.PH === g.H && g.PW === g.W ? 0 : g.C * g.PH * g.PW);

/** @param {Geometry} g the number of 8 neighbouring outputs that are computed at a time */
const panels = (g) => Math.max(1, Math.min(Math.ceil((g.OH * g.OW) / 8), Math.floor(COLUMNS / (8 * g.CG * g.kh * g.kw))));

/** @type {Operation} */
const convolution = {
  scratches(args, shape) {
    const g = geometry(args, shape);
    const windows = g.CG * g.kh * g.kw;
    return Math.ceil(padded(g) / 4) * 4 + (way(g) === "windows" ? panels(g) * 8 * windows : way(g) === "point" ? windows : 0) + 8;
  },
  keeps(args, shape) {
    const g = geometry(args, shape);
    const rows = Math.ceil(g.O / g.groups / 4) * 4;
    return g.O + (way(g) === "windows" && args[1].fixed ? g.groups * rows * (g.CG * g.kh * g.kw + 1) : 0);
  },
  prepare(args, out, context) {
    const g = geometry(args, out.shape);
    const bias = args[2] ? args[2].data : context.keep(g.O);
    const ready = paddedInput(args[0], g, context);
    const run = RUNS[args[1].fixed ? way(g) : "plain"](args[1], bias, ready.data, ready.spare, out, g, context);
    return () => {
      for (let image = 0; image < g.batch; image++) {
        ready.pad(image);
        run(image);
      }
    };
  },
};

/**
 * Where the padded image lies, or the image itself, and the scratch behind it.
 * @param {Tensor} x @param {Geometry} g @param {import("../types.js").Context} context
 */
function paddedInput(x, g, context) {
  const size = padded(g);
  const start = Math.ceil(size / 4) * 4;
  const rest = (way(g) === "windows" ? panels(g) * 8 : 1) * g.CG * g.kh * g.kw + 8;
  const all = context.scratch(start + rest);
  const each = g.C * g.H * g.W * 4;
  const at = x.data.byteOffset;
  /** @param {number} image byte offset of the image that is read */
  const data = (image) => (size ? all.byteOffset : at + image * each);
  const pad = (/** @type {number} */ image) => {
    if (size) context.kernel.pad(at + image * each, g.C, g.H, g.W, g.top, g.left, g.PH, g.PW, all.byteOffset);
  };
  return { data, pad, spare: all.byteOffset + start * 4 };
}

/**
 * @type {Record<string, (w: Tensor, bias: Float32Array, x: (image: number) => number, spare: number, out: Tensor, g: Geometry,
 *   context: import("../types.js").Context) => (image: number) => void>}
 */
const RUNS = {
  windows(w, bias, x, spare, out, g, { kernel, keep }) {
    const [K, og, N, many] = [g.CG * g.kh * g.kw, g.O / g.groups, g.OH * g.OW, panels(g)];
    const rows = Math.ceil(og / 4) * 4;
    const [packed, biases] = [keep(g.groups * rows * K), keep(g.groups * rows)];
    for (let group = 0; group < g.groups; group++) {
      packRows(w.data.subarray(group * og * K, (group + 1) * og * K), og, K, packed.subarray(group * rows * K));
      biases.set(bias.subarray(group * og, (group + 1) * og), group * rows);
    }
    const tail = spare + many * 8 * K * 4;
    const last = Math.ceil(N / 8);
    return (image) => {
      for (let group = 0; group < g.groups; group++) {
        const from = x(image) + group * g.CG * g.PH * g.PW * 4;
        const to = out.data.byteOffset + (image * g.O + group * og) * N * 4;
        for (let p = 0; p < last; p += many) {
          const end = Math.min(p + many, last);
          kernel.im2col(from, g.CG, g.PH, g.PW, g.kh, g.kw, g.sh, g.sw, g.dh, g.dw, g.OW, N, p, end, spare);
          const weights = packed.byteOffset + group * rows * K * 4;
          kernel.gemm(weights, biases.byteOffset + group * rows * 4, spare, og, K, N, p, end, to, tail);
        }
      }
    };
  },
  depthwise(w, bias, x, _spare, out, g, { kernel }) {
    const size = g.O * g.OH * g.OW * 4;
    return (image) => {
      const to = out.data.byteOffset + image * size;
      const [at, from] = [w.data.byteOffset, bias.byteOffset];
      kernel.depthwise(x(image), g.C, g.PH, g.PW, at, from, g.O / g.C, g.kh, g.kw, g.sh, g.sw, g.dh, g.dw, g.OH, g.OW, to);
    };
  },
  /** One output position: a product of a matrix and a vector. */
  point(w, bias, x, spare, out, g, { kernel }) {
    const f = new Float32Array(w.data.buffer);
    const [K, og] = [g.CG * g.kh * g.kw, g.O / g.groups];
    return (image) => {
      for (let group = 0; group < g.groups; group++) {
        const base = (x(image) >> 2) + group * g.CG * g.PH * g.PW;
        let to = spare >> 2;
        for (let c = 0; c < g.CG; c++)
          for (let i = 0; i < g.kh; i++)
            for (let j = 0; j < g.kw; j++) f[to++] = f[base + (c * g.PH + i * g.dh) * g.PW + j * g.dw];
        const weights = w.data.byteOffset + group * og * K * 4;
        kernel.gemv(weights, bias.byteOffset + group * og * 4, spare, og, K, out.data.byteOffset + (image * g.O + group * og) * 4);
      }
    };
  },
  /** Kernels that the network computes itself are not packed. */
  plain(w, bias, x, _spare, out, g) {
    const f = new Float32Array(w.data.buffer);
    const [og, N] = [g.O / g.groups, g.OH * g.OW];
    return (image) => {
      for (let o = 0; o < g.O; o++) {
        const to = (image * g.O + o) * N;
        out.data.fill(bias[o], to, to + N);
        for (let c = 0; c < g.CG; c++)
          for (let i = 0; i < g.kh; i++)
            for (let j = 0; j < g.kw; j++) {
              const weight = w.data[((o * g.CG + c) * g.kh + i) * g.kw + j];
              const map = (x(image) >> 2) + (Math.floor(o / og) * g.CG + c) * g.PH * g.PW + i * g.dh * g.PW + j * g.dw;
              for (let row = 0; row < g.OH; row++)
                for (let col = 0; col < g.OW; col++)
                  out.data[to + row * g.OW + col] += weight * f[map + row * g.sh * g.PW + col * g.sw];
            }
      }
    };
  },
};

/**
 * Rows of a matrix four by four: packed[o / 4][k][4], rows that there are none of being zero.
 * @param {Float32Array} w @param {number} O @param {number} K @param {Float32Array} packed
 */
function packRows(w, O, K, packed) {
  for (let o = 0; o < O; o++) {
    const start = (o >> 2) * 4 * K + (o & 3);
    for (let k = 0; k < K; k++) packed[start + 4 * k] = w[o * K + k];
  }
}

/** @type {Operation} */
const transposed = {
  prepare([x, w, b, stride, padding, , groups, dilation], out) {
    const [C, [, OG, kh, kw]] = [w.shape[0], w.shape];
    const [H, W, OH, OW] = [x.shape.at(-2), x.shape.at(-1), out.shape[out.shape.length - 2], out.shape[out.shape.length - 1]];
    const [[sh, sw], [top, left], [dh, dw]] = [pair(stride), pair(padding), pair(dilation)];
    const O = OG * groups;
    return () => {
      for (let o = 0; o < O; o++) out.data.fill(b ? b.data[o] : 0, o * OH * OW, (o + 1) * OH * OW);
      for (let c = 0; c < C; c++)
        for (let o = 0; o < OG; o++) {
          const to = (Math.floor(c / (C / groups)) * OG + o) * OH * OW;
          for (let i = 0; i < kh; i++)
            for (let j = 0; j < kw; j++) {
              const weight = w.data[((c * OG + o) * kh + i) * kw + j];
              for (let row = 0; row < H; row++) {
                const y = row * sh - top + i * dh;
                if (y < 0 || y >= OH) continue;
                for (let col = 0; col < W; col++) {
                  const z = col * sw - left + j * dw;
                  if (z >= 0 && z < OW) out.data[to + y * OW + z] += weight * x.data[(c * H + row) * W + col];
                }
              }
            }
        }
    };
  },
};

/** @type {Operation} x of any leading axes times the weight's rows */
const linear = {
  prepare([x, w, b], out, { kernel }) {
    const [O, K] = w.shape;
    const rows = volume(x.shape) / K;
    const [from, weights, bias, to] = [x.data.byteOffset, w.data.byteOffset, b ? b.data.byteOffset : 0, out.data.byteOffset];
    return () => {
      for (let row = 0; row < rows; row++) kernel.gemv(weights, bias, from + row * K * 4, O, K, to + row * O * 4);
    };
  },
};

/** @param {number} first index of the first factor, behind an addend */
const product = (first) => /** @type {Operation} */ ({
  prepare(args, out) {
    const [a, b] = [args[first], args[first + 1]];
    const [R, K] = a.shape.slice(-2);
    const columns = b.shape.at(-1);
    const batch = volume(a.shape) / (R * K);
    const add = first ? args[0].data : null;
    const width = first ? args[0].data.length : 1;
    return () => {
      for (let n = 0; n < batch; n++)
        for (let r = 0; r < R; r++)
          for (let c = 0; c < columns; c++) {
            const to = (n * R + r) * columns + c;
            let sum = add ? add[to % width] : 0;
            for (let k = 0; k < K; k++) sum += a.data[(n * R + r) * K + k] * b.data[(n * K + k) * columns + c];
            out.data[to] = sum;
          }
    };
  },
});

/** @type {Record<string, Operation>} */
export const CONVOLUTION = {
  "conv1d.default": convolution,
  "conv2d.default": convolution,
  "conv2d.padding": convolution,
  "conv_transpose2d.input": transposed,
  "linear.default": linear,
  "mm.default": product(0),
  "bmm.default": product(0),
  "addmm.default": product(1),
};
