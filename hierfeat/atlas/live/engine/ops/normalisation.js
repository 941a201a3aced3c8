/** @import { Operation } from "../types.js" */
import { volume } from "../weights.js";

/**
 * Each channel scaled and shifted.
 * @param {(args: any[]) => { weight: any, bias: any, mean: any, variance: any, eps: number }} named
 * @returns {Operation}
 */
const batchNorm = (named) => ({
  prepare(args, out) {
    const [x] = args;
    const { weight, bias, mean, variance, eps } = named(args);
    const channels = x.shape[1];
    const each = volume(x.shape.slice(2));
    const scales = Float64Array.from({ length: channels }, (_, c) => (weight?.data[c] ?? 1) / Math.sqrt(variance.data[c] + eps));
    const shifts = Float64Array.from({ length: channels }, (_, c) => (bias?.data[c] ?? 0) - mean.data[c] * scales[c]);
    const [from, to] = [x.data, out.data];
    return () => {
      for (let start = 0, n = 0; start < to.length; start += each, n++) {
        const [scale, shift] = [scales[n % channels], shifts[n % channels]];
        for (let i = start; i < start + each; i++) to[i] = from[i] * scale + shift;
      }
    };
  },
});

/**
 * Runs of `count` values to mean 0 and variance 1, then scaled and shifted: value i of run n by parameter `of(n, i)`.
 * @param {import("../types.js").Tensor} x @param {import("../types.js").Tensor} out @param {number} count
 * @param {any} weight @param {any} bias @param {number} eps @param {(n: number, i: number) => number} of
 */
function normalised(x, out, count, weight, bias, eps, of) {
  return () => {
    for (let start = 0, n = 0; start < x.data.length; start += count, n++) {
      let [mean, variance] = [0, 0];
      for (let i = start; i < start + count; i++) mean += x.data[i];
      mean /= count;
      for (let i = start; i < start + count; i++) variance += (x.data[i] - mean) ** 2;
      const scale = 1 / Math.sqrt(variance / count + eps);
      for (let i = 0; i < count; i++) {
        const at = of(n, i);
        out.data[start + i] = (x.data[start + i] - mean) * scale * (weight ? weight.data[at] : 1) + (bias ? bias.data[at] : 0);
      }
    }
  };
}

/** @type {Operation} */
const layerNorm = {
  prepare([x, shape, weight, bias, eps], out) {
    return normalised(x, out, volume(shape), weight, bias, eps, (_n, i) => i);
  },
};

/** @type {Operation} */
const groupNorm = {
  prepare([x, groups, weight, bias, eps], out) {
    const each = x.shape[1] / groups;
    const plane = volume(x.shape.slice(2));
    return normalised(x, out, each * plane, weight, bias, eps, (n, i) => (n % groups) * each + Math.floor(i / plane));
  },
};

/** @type {Operation} */
const instanceNorm = {
  prepare(args, out, context) {
    const [x, weight, bias, mean, variance, ownStatistics, , eps] = args;
    if (!ownStatistics)
      return /** @type {any} */ (batchNorm(() => ({ weight, bias, mean, variance, eps })).prepare)(args, out, context);
    return normalised(x, out, volume(x.shape.slice(2)), weight, bias, eps, (n) => n % x.shape[1]);
  },
};

/** @type {Operation} the mean square of the last axes is brought to 1 */
const rmsNorm = {
  prepare([x, shape, weight, eps], out) {
    const count = volume(shape);
    return () => {
      for (let start = 0; start < x.data.length; start += count) {
        let sum = 0;
        for (let i = start; i < start + count; i++) sum += x.data[i] ** 2;
        const scale = 1 / Math.sqrt(sum / count + (eps ?? 1.1920928955078125e-7));
        for (let i = 0; i < count; i++) out.data[start + i] = x.data[start + i] * scale * (weight ? weight.data[i] : 1);
      }
    };
  },
};

/** @type {Record<string, Operation>} */
export const NORMALISATION = {
  "_native_batch_norm_legit_no_training.default": batchNorm(([, weight, bias, mean, variance, , eps]) => ({ weight, bias, mean, variance, eps })),
  "layer_norm.default": layerNorm,
  "native_layer_norm.default": layerNorm,
  "group_norm.default": groupNorm,
  "instance_norm.default": instanceNorm,
  "rms_norm.default": rmsNorm,
};
