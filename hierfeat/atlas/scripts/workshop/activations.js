// The activation functions of the lecture, with their slopes, as `hierfeat.activation_functions` has them.
import { say } from "../said.js";

/**
 * @typedef {object} Activation
 * @property {string | import("../said.js").Said} name
 * @property {string | import("../said.js").Said} formula with `a` for the parameter
 * @property {(z: number, a: number) => number} value
 * @property {(z: number, a: number) => number} slope at a kink, the one from below
 * @property {{ label: string | import("../said.js").Said, least: number, most: number, step: number, start: number }} [parameter]
 */

const sigmoid = (/** @type {number} */ z) => 1 / (1 + Math.exp(-z));

/** Slope and offset of the pieces of maxout. */
const PIECES = [[-0.25, -0.5], [0.25, 0], [1, -0.75]];

/** The piece that is on top at z; of two that meet there, the one that leads from below. @param {number} z */
const top = (z) => PIECES.reduce((best, piece) => (piece[0] * z + piece[1] > best[0] * z + best[1] ? piece : best));

/** @type {Record<string, Activation>} */
export const ACTIVATIONS = {
  none: { name: say("none"), formula: "z", value: (z) => z, slope: () => 1 },
  relu: { name: "ReLU", formula: "max(0, z)", value: (z) => Math.max(0, z), slope: (z) => (z > 0 ? 1 : 0) },
  leaky_relu: {
    name: "leaky ReLU",
    formula: "max(a·z, z)",
    value: (z, a) => (z > 0 ? z : a * z),
    slope: (z, a) => (z > 0 ? 1 : a),
    parameter: { label: say("slope a"), least: 0, most: 0.5, step: 0.01, start: 0.1 },
  },
  elu: {
    name: "ELU",
    formula: say("z above 0, a·(eᶻ − 1) below"),
    value: (z, a) => (z > 0 ? z : a * Math.expm1(z)),
    slope: (z, a) => (z > 0 ? 1 : a * Math.exp(z)),
    parameter: { label: "α", least: 0.1, most: 2, step: 0.1, start: 1 },
  },
  sigmoid: { name: say("sigmoid"), formula: "1/(1 + e⁻ᶻ)", value: sigmoid, slope: (z) => sigmoid(z) * sigmoid(-z) },
  tanh: { name: "tanh", formula: "(eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ)", value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2 },
  maxout: {
    name: "maxout",
    formula: say("the largest of −z/4 − 0.5, z/4 and z − 0.75"),
    value: (z) => Math.max(...PIECES.map(([slope, offset]) => slope * z + offset)),
    slope: (z) => top(z)[0],
  },
};
