/** @import { Operation, Tensor } from "../types.js" */
import { volume } from "../weights.js";

/**
 * Where each element of x goes when axes are reduced: outputs are runs of `count` values, `inner` apart.
 * @param {Tensor} x @param {number[] | number | null | undefined} axes
 */
function plan(x, axes) {
  const rank = x.shape.length;
  const given = axes === null || axes === undefined ? [] : [axes].flat();
  const over = new Set((given.length ? given : [...Array(rank).keys()]).map((axis) => (axis < 0 ? axis + rank : axis)));
  const strides = x.shape.map((_, axis) => volume(x.shape.slice(axis + 1)));
  /** @param {boolean} reduced */
  const offsets = (reduced) => {
    let found = [0];
    x.shape.forEach((size, axis) => {
      if (over.has(axis) !== reduced) return;
      found = found.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * strides[axis]));
    });
    return Int32Array.from(found);
  };
  return { starts: offsets(false), members: offsets(true) };
}

/**
 * @param {number} start @param {(sum: number, value: number) => number} join
 * @param {(sum: number, count: number, args: any[]) => number} [end] @param {number} [place] of the axes among the arguments
 * @returns {Operation}
 */
const reduce = (start, join, end = (sum) => sum, place = 1) => ({
  prepare(args, out) {
    const [x] = args;
    const { starts, members } = plan(x, args[place]);
    return () => {
      for (let i = 0; i < starts.length; i++) {
        let sum = start;
        for (let k = 0; k < members.length; k++) sum = join(sum, x.data[starts[i] + members[k]]);
        out.data[i] = end(sum, members.length, args);
      }
    };
  },
});

/** @param {number} a @param {number} b */
const add = (a, b) => a + b;

/** @type {Operation} */
const norm = {
  prepare([x, order, axes], out) {
    const { starts, members } = plan(x, axes);
    /** @type {(sum: number, value: number) => number} */
    const join =
      order === 2 ? (sum, v) => sum + v * v
      : order === Infinity ? (sum, v) => Math.max(sum, Math.abs(v))
      : (sum, v) => sum + Math.abs(v) ** order;
    return () => {
      for (let i = 0; i < starts.length; i++) {
        let sum = 0;
        for (let k = 0; k < members.length; k++) sum = join(sum, x.data[starts[i] + members[k]]);
        out.data[i] = order === 2 ? Math.sqrt(sum) : order === Infinity ? sum : sum ** (1 / order);
      }
    };
  },
};

/** @param {boolean} root @returns {Operation} */
const spread = (root) => ({
  prepare([x, axes, correction], out) {
    const { starts, members } = plan(x, axes);
    const free = members.length - Number(correction ?? 1); // "unbiased" is a correction of 1
    return () => {
      for (let i = 0; i < starts.length; i++) {
        let [mean, sum] = [0, 0];
        for (let k = 0; k < members.length; k++) mean += x.data[starts[i] + members[k]];
        mean /= members.length;
        for (let k = 0; k < members.length; k++) sum += (x.data[starts[i] + members[k]] - mean) ** 2;
        out.data[i] = root ? Math.sqrt(sum / free) : sum / free;
      }
    };
  },
});

/** @param {boolean} logarithm @returns {Operation} */
const softmax = (logarithm) => ({
  prepare([x, axis], out) {
    const { starts, members } = plan(x, axis);
    return () => {
      for (let i = 0; i < starts.length; i++) {
        let [most, sum] = [-Infinity, 0];
        for (let k = 0; k < members.length; k++) most = Math.max(most, x.data[starts[i] + members[k]]);
        for (let k = 0; k < members.length; k++) sum += Math.exp(x.data[starts[i] + members[k]] - most);
        for (let k = 0; k < members.length; k++) {
          const at = starts[i] + members[k];
          out.data[at] = logarithm ? x.data[at] - most - Math.log(sum) : Math.exp(x.data[at] - most) / sum;
        }
      }
    };
  },
});

/** @type {Record<string, Operation>} */
export const REDUCTION = {
  "sum.default": reduce(0, add, undefined, 99),
  "sum.dim_IntList": reduce(0, add),
  "mean.default": reduce(0, add, (sum, count) => sum / count, 99),
  "mean.dim": reduce(0, add, (sum, count) => sum / count),
  "amax.default": reduce(-Infinity, (a, b) => (b > a || b !== b ? b : a)),
  "amin.default": reduce(Infinity, (a, b) => (b < a || b !== b ? b : a)),
  "max.default": reduce(-Infinity, (a, b) => (b > a || b !== b ? b : a), undefined, 99),
  "min.default": reduce(Infinity, (a, b) => (b < a || b !== b ? b : a), undefined, 99),
  "prod.dim_int": reduce(1, (a, b) => a * b),
  "linalg_vector_norm.default": norm,
  "var.correction": spread(false),
  "std.correction": spread(true),
  "var.dim": spread(false),
  "std.dim": spread(true),
  "softmax.int": softmax(false),
  "_softmax.default": softmax(false),
  "log_softmax.int": softmax(true),
  "_log_softmax.default": softmax(true),
};
