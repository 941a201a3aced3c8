/** @import { Operation, Tensor } from "../types.js" */

/** @typedef {(x: Float32Array, out: Float32Array, args: any[]) => void} Loop */

/** @param {(args: any[]) => (value: number) => number} made @returns {Operation} */
const each = (made) => ({
  prepare(args, out) {
    const f = made(args);
    const [x, to] = [args[0].data, out.data];
    return () => {
      for (let i = 0; i < to.length; i++) to[i] = f(x[i]);
    };
  },
});

/** A loop of its own: the compiler then sees the function that it runs. @param {Loop} loop @returns {Operation} */
const loop = (loop) => ({ prepare: (args, out) => () => loop(args[0].data, out.data, args) });

/** @param {number} v */
const sigmoid = (v) => 1 / (1 + Math.exp(-v));

/** NaN stays NaN. @param {number} v @param {number} low @param {number} high */
const clip = (v, low, high) => (v < low ? low : v > high ? high : v);

/** Abramowitz and Stegun 7.1.26: to 1.5e-7. @param {number} x */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const value = 1 - poly * Math.exp(-x * x);
  return x >= 0 ? value : -value;
}

/** @param {number} v */
const softplus = (v) => (v > 20 ? v : Math.log1p(Math.exp(v)));

/** @type {Record<string, Operation>} */
const ONE = {
  "relu.default": loop((x, out) => {
    for (let i = 0; i < out.length; i++) {
      const v = x[i];
      out[i] = v < 0 ? 0 : v;
    }
  }),
  "sigmoid.default": loop((x, out) => {
    for (let i = 0; i < out.length; i++) out[i] = 1 / (1 + Math.exp(-x[i]));
  }),
  "silu.default": loop((x, out) => {
    for (let i = 0; i < out.length; i++) out[i] = x[i] / (1 + Math.exp(-x[i]));
  }),
  "hardtanh.default": loop((x, out, [, low, high]) => {
    for (let i = 0; i < out.length; i++) {
      const v = x[i];
      out[i] = v < low ? low : v > high ? high : v;
    }
  }),
  "hardswish.default": loop((x, out) => {
    for (let i = 0; i < out.length; i++) {
      const v = x[i];
      out[i] = v <= -3 ? 0 : v >= 3 ? v : (v * (v + 3)) / 6;
    }
  }),
  "gelu.default": each(([, how]) =>
    how === "tanh"
      ? (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)))
      : (v) => 0.5 * v * (1 + erf(v / Math.SQRT2)),
  ),
  "relu6.default": each(() => (v) => clip(v, 0, 6)),
  "leaky_relu.default": each(([, slope]) => (v) => (v < 0 ? slope * v : v)),
  "elu.default": each(([, alpha, scale, inner]) => (v) => (v < 0 ? scale * alpha * Math.expm1(v * inner) : scale * v)),
  "celu.default": each(([, alpha]) => (v) => (v < 0 ? alpha * Math.expm1(v / alpha) : v)),
  "selu.default": each(() => (v) => 1.0507009873554805 * (v < 0 ? 1.6732632423543772 * Math.expm1(v) : v)),
  "mish.default": each(() => (v) => v * Math.tanh(softplus(v))),
  "softplus.default": each(([, beta, limit]) => (v) => (v * beta > limit ? v : Math.log1p(Math.exp(v * beta)) / beta)),
  "softsign.default": each(() => (v) => v / (1 + Math.abs(v))),
  "log_sigmoid.default": each(() => (v) => -softplus(-v)),
  "hardsigmoid.default": each(() => (v) => clip(v + 3, 0, 6) / 6),
  "hardshrink.default": each(([, limit]) => (v) => (v >= -limit && v <= limit ? 0 : v)),
  "softshrink.default": each(([, limit]) => (v) => (v > limit ? v - limit : v < -limit ? v + limit : v !== v ? v : 0)),
  "threshold.default": each(([, limit, value]) => (v) => (v <= limit ? value : v)),
  "tanh.default": each(() => Math.tanh),
  "exp.default": each(() => Math.exp),
  "expm1.default": each(() => Math.expm1),
  "log.default": each(() => Math.log),
  "log1p.default": each(() => Math.log1p),
  "log2.default": each(() => Math.log2),
  "sqrt.default": each(() => Math.sqrt),
  "rsqrt.default": each(() => (v) => 1 / Math.sqrt(v)),
  "square.default": each(() => (v) => v * v),
  "reciprocal.default": each(() => (v) => 1 / v),
  "abs.default": each(() => Math.abs),
  "neg.default": each(() => (v) => -v),
  "sign.default": each(() => (v) => (v > 0 ? 1 : v < 0 ? -1 : v)),
  "sin.default": each(() => Math.sin),
  "cos.default": each(() => Math.cos),
  "atan.default": each(() => Math.atan),
  "erf.default": each(() => erf),
  "floor.default": each(() => Math.floor),
  "ceil.default": each(() => Math.ceil),
  "logical_not.default": each(() => (v) => (v ? 0 : 1)),
  "clamp.default": each(([, low, high]) => (v) => clip(v, low ?? -Infinity, high ?? Infinity)),
  "clamp_min.default": each(([, low]) => (v) => clip(v, low, Infinity)),
  "clamp_max.default": each(([, high]) => (v) => clip(v, -Infinity, high)),
  "zeros_like.default": each(() => () => 0),
  "ones_like.default": each(() => () => 1),
  "full_like.default": each(([, value]) => () => value),
};

/**
 * Runs of elements that two tensors walk through alike: for each axis of the output its length and both strides, axes
 * that continue each other joined.
 * @param {readonly number[]} shape @param {any[]} tensors
 */
export function walk(shape, tensors) {
  const strides = tensors.map((tensor) => {
    const own = /** @type {number[]} */ (tensor.shape ?? []);
    const found = Array(shape.length).fill(0);
    let step = 1;
    for (let axis = own.length - 1; axis >= 0; axis--) {
      if (own[axis] !== 1) found[axis + shape.length - own.length] = step;
      step *= own[axis];
    }
    return found;
  });
  /** @type {{ size: number, steps: number[] }[]} */
  const axes = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const steps = strides.map((stride) => stride[axis]);
    const outer = axes.at(-1);
    if (outer && outer.steps.every((step, t) => step === steps[t] * shape[axis])) {
      outer.size *= shape[axis];
      outer.steps = steps;
    } else axes.push({ size: shape[axis], steps });
  }
  return axes.length ? axes : [{ size: 1, steps: strides.map(() => 0) }];
}

/**
 * Call `run(at, ...offsets)` for every innermost run of the walk.
 * @param {{ size: number, steps: number[] }[]} axes @param {(at: number, offsets: number[]) => void} run
 */
export function runs(axes, run) {
  const inner = /** @type {{ size: number, steps: number[] }} */ (axes.at(-1));
  const outer = axes.slice(0, -1);
  const at = outer.map(() => 0);
  const offsets = inner.steps.map(() => 0);
  const total = outer.reduce((product, axis) => product * axis.size, 1);
  for (let n = 0; n < total; n++) {
    run(n * inner.size, offsets);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const { size, steps } = outer[axis];
      at[axis]++;
      steps.forEach((step, t) => (offsets[t] += step));
      if (at[axis] < size) break;
      steps.forEach((step, t) => (offsets[t] -= step * size));
      at[axis] = 0;
    }
  }
}

/** @param {any} value a tensor, or a number as one @returns {Tensor} */
const tensor = (value) =>
  value !== null && typeof value === "object" ? value : { shape: [], data: new Float32Array([Number(value)]), fixed: true };

/** @typedef {(a: Float32Array, i: number, p: number, b: Float32Array, j: number, q: number, to: Float32Array, at: number, n: number) => void} Pairs */

/** @param {Pairs} pairs @param {(args: any[]) => [any, any]} [which] @returns {Operation} */
const two = (pairs, which = ([a, b]) => [a, b]) => ({
  prepare(args, out) {
    const [a, b] = which(args).map(tensor);
    const axes = walk(out.shape, [a, b]);
    const { size, steps } = axes[axes.length - 1];
    return () => runs(axes, (at, [i, j]) => pairs(a.data, i, steps[0], b.data, j, steps[1], out.data, at, size));
  },
});

/** @param {(p: number, q: number) => number} f @returns {Pairs} */
const of = (f) => (a, i, p, b, j, q, to, at, n) => {
  for (const end = at + n; at < end; at++, i += p, j += q) to[at] = f(a[i], b[j]);
};

/** @param {number} alpha @param {number} sign */
const scaled = (alpha, sign) => of((p, q) => p + sign * alpha * q);

/** @param {number} sign @param {boolean} [swapped] @returns {Operation} a + alpha b */
const sums = (sign, swapped = false) => ({
  prepare(args, out, context) {
    const [a, b, alpha] = [args[swapped ? 1 : 0], args[swapped ? 0 : 1], args[2] ?? 1];
    const pairs = alpha === 1 ? (sign > 0 ? ADD : SUBTRACT) : scaled(alpha, sign);
    return /** @type {any} */ (two(pairs).prepare)([a, b], out, context);
  },
});

/** @type {Pairs} */
const ADD = (a, i, p, b, j, q, to, at, n) => {
  for (const end = at + n; at < end; at++, i += p, j += q) to[at] = a[i] + b[j];
};

/** @type {Pairs} */
const SUBTRACT = (a, i, p, b, j, q, to, at, n) => {
  for (const end = at + n; at < end; at++, i += p, j += q) to[at] = a[i] - b[j];
};

/** @type {Pairs} */
const MULTIPLY = (a, i, p, b, j, q, to, at, n) => {
  for (const end = at + n; at < end; at++, i += p, j += q) to[at] = a[i] * b[j];
};

const DIVIDE = of((p, q) => p / q);
const POWER = of((p, q) => (q === 2 ? p * p : p ** q));
const LARGER = of((p, q) => (p > q || p !== p ? p : q));
const SMALLER = of((p, q) => (p < q || p !== p ? p : q));

/** @type {Record<string, Pairs>} */
const COMPARE = {
  gt: of((p, q) => +(p > q)),
  lt: of((p, q) => +(p < q)),
  ge: of((p, q) => +(p >= q)),
  le: of((p, q) => +(p <= q)),
  eq: of((p, q) => +(p === q)),
  ne: of((p, q) => +(p !== q)),
};

/** @type {Operation} */
const where = {
  prepare([condition, yes, no], out) {
    const parts = [condition, tensor(yes), tensor(no)];
    const axes = walk(out.shape, parts);
    const { size, steps } = axes[axes.length - 1];
    const [c, a, b] = parts.map((part) => part.data);
    return () =>
      runs(axes, (at, offsets) => {
        let [k, i, j] = offsets;
        for (const end = at + size; at < end; at++, k += steps[0], i += steps[1], j += steps[2]) out.data[at] = c[k] ? a[i] : b[j];
      });
  },
};

/** x + value a b, or x + value a / b. @param {(a: number, b: number) => number} f @returns {Operation} */
const three = (f) => ({
  prepare([x, a, b, value], out) {
    const axes = walk(out.shape, [x, a, b]);
    const { size, steps } = axes[axes.length - 1];
    return () =>
      runs(axes, (at, offsets) => {
        let [k, i, j] = offsets;
        for (const end = at + size; at < end; at++, k += steps[0], i += steps[1], j += steps[2])
          out.data[at] = x.data[k] + (value ?? 1) * f(a.data[i], b.data[j]);
      });
  },
});

/** @type {Operation} a slope for each channel, or one for all */
const prelu = {
  prepare([x, slope], out) {
    const each = x.shape.length > 1 ? x.data.length / x.shape[0] / x.shape[1] : 1;
    const many = slope.data.length;
    return () => {
      for (let i = 0; i < out.data.length; i++) {
        const v = x.data[i];
        out.data[i] = v < 0 ? v * slope.data[Math.floor(i / each) % many] : v;
      }
    };
  },
};

/** @type {Operation} the first half of an axis times the sigmoid of the second */
const gated = {
  prepare([x, axis], out) {
    const at = axis < 0 ? axis + x.shape.length : axis;
    const inner = x.shape.slice(at + 1).reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, out.shape[at]);
    return () => {
      for (let i = 0; i < out.data.length; i++) {
        const from = Math.floor(i / inner) * 2 * inner + (i % inner);
        out.data[i] = x.data[from] * sigmoid(x.data[from + inner]);
      }
    };
  },
};

/** @type {Record<string, Operation>} */
export const ELEMENTWISE = {
  ...ONE,
  "prelu.default": prelu,
  "glu.default": gated,
  "add.Tensor": sums(1),
  "add.Scalar": sums(1),
  "sub.Tensor": sums(-1),
  "sub.Scalar": sums(-1),
  "rsub.Scalar": sums(-1, true),
  "rsub.Tensor": sums(-1, true),
  "mul.Tensor": two(MULTIPLY),
  "mul.Scalar": two(MULTIPLY),
  "div.Tensor": two(DIVIDE),
  "div.Scalar": two(DIVIDE),
  "pow.Tensor_Scalar": two(POWER),
  "pow.Tensor_Tensor": two(POWER),
  "pow.Scalar": two(POWER),
  "maximum.default": two(LARGER),
  "minimum.default": two(SMALLER),
  "clamp_min.Tensor": two(LARGER),
  "clamp_max.Tensor": two(SMALLER),
  "addcmul.default": three((a, b) => a * b),
  "addcdiv.default": three((a, b) => a / b),
  "where.self": where,
  "where.ScalarOther": where,
  "where.ScalarSelf": where,
  "where.Scalar": where,
  ...Object.fromEntries(
    Object.entries(COMPARE).flatMap(([name, pairs]) => [
      [`${name}.Scalar`, two(pairs)],
      [`${name}.Tensor`, two(pairs)],
    ]),
  ),
};
