// What the lesson's answers say of the network at hand, worked out from the layer table.
import { layers, payload } from "../data.js";

/** @param {number[]} sizes */
export const product = (sizes) => sizes.reduce((a, b) => a * b, 1);

/** @param {string} kind */
export const ofKind = (kind) => layers.filter((layer) => layer.kind === kind);

export const input = () => payload.model.input_shape;

/** The first convolution over a map; null in a network that has none. */
export const firstConvolution = () => ofKind("conv").find((layer) => layer.kernel?.length === 2) ?? null;

/** Weights that one unit of a layer has, its bias left out. @param {any} conv */
export const weightsOfUnit = (conv) => (conv.in_shape[0] / (conv.groups ?? 1)) * product(conv.kernel);

/** @param {any[]} some */
export const parameters = (some) => some.reduce((total, layer) => total + layer.parameters, 0);

/** @param {any[]} some */
export const macs = (some) => some.reduce((total, layer) => total + layer.macs, 0);

/** The first layer of which a unit sees the whole image; null if none does. */
export function wholeImage() {
  const [, height, width] = input();
  return layers.find((layer) => layer.field && (layer.field.status === "global" || (layer.field.size[0] >= height && layer.field.size[1] >= width))) ?? null;
}

/** Layers whose maps shrink, with the numbers of maps before and after. */
export function shrinking() {
  const maps = layers.filter((layer) => layer.out_shape.length === 3 && (layer.kind === "conv" || layer.kind === "pool"));
  return maps.map((layer) => `${layer.out_shape[0]} × ${layer.out_shape.slice(1).join(" × ")}`).filter((size, i, all) => size !== all[i - 1]);
}

/** @param {any[]} some at most five names */
export const names = (some) => some.slice(0, 5).map((layer) => layer.name).join(", ") + (some.length > 5 ? ", …" : "");

/** @param {number} number */
export const grouped = (number) => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
