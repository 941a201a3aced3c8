// The chain of sizes through a network whose settings one changes: (w − f + 2p)/s + 1 from layer to layer, and where it
// breaks. Numbers only; node can run it.

/**
 * @typedef {{ kernel: number[], stride: number[], padding: number[], dilation: number[] }} Settings rows and columns
 * @typedef {object} Layer as the payload has it
 * @property {string} name
 * @property {string} kind
 * @property {string} op
 * @property {number[]} in_shape
 * @property {number[]} out_shape
 * @property {number[] | null} kernel
 * @property {number[] | null} stride
 * @property {number[] | null} padding
 * @property {number[] | null} dilation
 * @property {string | null} formula
 *
 * @typedef {{ layer: Layer, from: number[], to: number[] | null, lost: number, why: "" | "small" | "numbers" | "channels" }} Step
 */

/** Whether each layer reads what the one before it gives: then there is a chain. @param {Layer[]} layers @param {number[]} input */
export function isChain(layers, input) {
  return layers.length > 0 && layers.every((layer, i) => String(layer.in_shape) === String(i ? layers[i - 1].out_shape : input));
}

/** Whether a layer lays a window on its maps. @param {Layer} layer */
export const hasWindow = (layer) => layer.kernel?.length === 2 && layer.in_shape.length === 3 && layer.out_shape.length === 3 && !layer.op.includes("transpose") && !layer.op.includes("adaptive");

/** @param {Layer} layer @returns {Settings} */
export const settingsOf = ({ kernel, stride, padding, dilation }) => ({ kernel: [...(kernel ?? [1, 1])], stride: [...(stride ?? [1, 1])], padding: [...(padding ?? [0, 0])], dilation: [...(dilation ?? [1, 1])] });

/** Cells of output, and what is left over. @param {number} w @param {Settings} settings @param {number} axis @param {boolean} ceil whether a last window that hangs over counts */
function along(w, { kernel, stride, padding, dilation }, axis, ceil) {
  const room = w + 2 * padding[axis] - (dilation[axis] * (kernel[axis] - 1) + 1);
  if (room < 0) return { size: 0, lost: 0 };
  if (!ceil) return { size: Math.floor(room / stride[axis]) + 1, lost: room % stride[axis] };
  const size = Math.ceil(room / stride[axis]) + 1;
  const outside = (size - 1) * stride[axis] >= w + padding[axis]; // it would begin in the padding behind
  return { size: size - Number(outside), lost: 0 };
}

/** Whether a last window that hangs over its input counts (ceil_mode): the formula says so where it matters. @param {Layer} layer */
const ceils = (layer) => Boolean(layer.formula?.includes("⌈"));

/**
 * The sizes through the chain, up to where it breaks; what comes behind that has none.
 * @param {Layer[]} layers @param {number[]} input (channels, height, width) @param {Map<string, Settings>} changed by a layer's name
 * @returns {Step[]}
 */
export function chainOf(layers, input, changed) {
  /** @type {number[] | null} */
  let now = input;
  return layers.map((layer) => {
    const from = /** @type {number[]} */ (now ?? []);
    const step = now ? next(layer, from, changed.get(layer.name)) : { to: null, lost: 0, why: /** @type {const} */ ("") };
    now = step.to;
    return { layer, from, ...step };
  });
}

/** @param {Layer} layer @param {number[]} from @param {Settings | undefined} changed @returns {{ to: number[] | null, lost: number, why: Step["why"] }} */
function next(layer, from, changed) {
  if (hasWindow(layer)) {
    if (layer.kind === "conv" && from[0] !== layer.in_shape[0]) return { to: null, lost: 0, why: "channels" };
    const [rows, cols] = [0, 1].map((axis) => along(from[1 + axis], changed ?? settingsOf(layer), axis, ceils(layer)));
    const fits = rows.size > 0 && cols.size > 0;
    return { to: fits ? [layer.kind === "conv" ? layer.out_shape[0] : from[0], rows.size, cols.size] : null, lost: Math.max(rows.lost, cols.lost), why: fits ? "" : "small" };
  }
  if (layer.kind === "linear" || layer.in_shape.length === 1) return from.at(-1) === layer.in_shape.at(-1) ? { to: layer.out_shape, lost: 0, why: "" } : { to: null, lost: 0, why: "numbers" };
  if (layer.out_shape.length === 1) return { to: [from.reduce((all, one) => all * one, 1)], lost: 0, why: "" }; // it lays all numbers in a row
  const same = String(layer.in_shape) === String(layer.out_shape);
  return { to: same ? from : layer.out_shape, lost: 0, why: "" };
}

/** (w − f + 2p)/s + 1 with the numbers put in, for rows. @param {Step} step @param {Settings} settings */
export function written({ from, to }, { kernel, stride, padding, dilation }) {
  const span = dilation[0] === 1 ? `${kernel[0]}` : `(${dilation[0]}·(${kernel[0]} − 1) + 1)`;
  const result = to ? ` = ${to[1]}` : "";
  return `(${from[1]} − ${span} + 2·${padding[0]})/${stride[0]} + 1${result}`;
}
