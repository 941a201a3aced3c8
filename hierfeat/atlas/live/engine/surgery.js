/** @import { Graph } from "./types.js" */

/**
 * One operation on a network: channels of a layer silenced, another activation function or pool in its place, or
 * another kernel from one of its inputs to one of its outputs.
 *
 * @typedef {{ kind: "silence", layer: number, channels: number[] }} Silence
 * @typedef {{ kind: "swap", layer: number, by: "relu" | "tanh" | "nothing" | "max" | "average" }} Swap
 * @typedef {{ kind: "kernel", layer: number, output: number, input: number, weights: number[] }} Transplant
 * @typedef {Silence | Swap | Transplant} Cut
 */

/** What a layer's node becomes. @type {Record<string, (node: Graph["nodes"][number]) => Graph["nodes"][number]>} */
const SWAPS = {
  relu: ([name, , args, shape]) => [name, "relu.default", [args[0]], shape],
  tanh: ([name, , args, shape]) => [name, "tanh.default", [args[0]], shape],
  nothing: ([name, , args, shape]) => [name, "view.default", [args[0], /** @type {any} */ (shape)], shape],
  max: ([name, , [x, kernel, stride, padding, ceil], shape]) => [name, "max_pool2d.default", [x, kernel, stride ?? kernel, padding ?? [0, 0], [1, 1], ceil ?? false], shape],
  average: ([name, , [x, kernel, stride, padding, , ceil], shape]) => [name, "avg_pool2d.default", [x, kernel, stride ?? kernel, padding ?? [0, 0], ceil ?? false, false, null], shape],
};

/** What can take the place of a layer's operation. @param {Graph} graph @param {number} layer @returns {Swap["by"][]} */
export function swapsFor(graph, layer) {
  const node = nodeOf(graph, layer);
  if (!node) return [];
  const [, op, args] = node;
  if (["relu.default", "tanh.default", "sigmoid.default", "leaky_relu.default", "elu.default", "silu.default", "gelu.default", "hardswish.default"].includes(op))
    return /** @type {Swap["by"][]} */ (["relu", "tanh", "nothing"]).filter((by) => op !== `${by}.default`);
  if (op === "max_pool2d.default" && String(args[4] ?? "1,1") === "1,1") return ["average"];
  return op === "avg_pool2d.default" ? ["max"] : [];
}

/** @param {Graph} graph @param {number} layer */
const nodeOf = (graph, layer) => graph.nodes.find(([name]) => name === graph.layers[layer][1]);

/**
 * The graph and the weights of the network after some operations; the given ones are left as they are.
 * @param {Graph} graph @param {Map<string, Float32Array>} weights @param {Cut[]} cuts
 * @returns {{ graph: Graph, weights: Map<string, Float32Array> }}
 */
export function operated(graph, weights, cuts) {
  let [changed, held] = [graph, new Map(weights)];
  for (const cut of cuts) {
    if (cut.kind === "swap") changed = { ...changed, nodes: changed.nodes.map((node) => (node === nodeOf(changed, cut.layer) ? SWAPS[cut.by](node) : node)) };
    else if (cut.kind === "kernel") transplant(changed, held, cut);
  }
  for (const cut of cuts) if (cut.kind === "silence") [changed, held] = silenced(changed, held, cut);
  return { graph: changed, weights: held };
}

/** @param {Graph} graph @param {Map<string, Float32Array>} weights @param {Transplant} cut */
function transplant(graph, weights, { layer, output, input, weights: kernel }) {
  const name = weightOf(graph, layer);
  const [, shape] = /** @type {Graph["tensors"][number]} */ (graph.tensors.find(([one]) => one === name));
  const own = /** @type {Float32Array} */ (weights.get(/** @type {string} */ (name))).slice();
  own.set(kernel, (output * shape[1] + input) * shape[2] * shape[3]);
  weights.set(/** @type {string} */ (name), own);
}

/** The tensor that holds a convolution's weights; null where a layer has none of its own. @param {Graph} graph @param {number} layer */
export function weightOf(graph, layer) {
  const node = nodeOf(graph, layer);
  const name = node?.[1] === "conv2d.default" ? /** @type {any} */ (node[2][1])?.v : null;
  return graph.tensors.some(([one]) => one === name) ? /** @type {string} */ (name) : null;
}

/**
 * A product with zeros and ones behind the layer: everything that read the layer reads the product.
 * @param {Graph} graph @param {Map<string, Float32Array>} weights @param {Silence} cut @returns {[Graph, Map<string, Float32Array>]}
 */
function silenced(graph, weights, { layer, channels }) {
  const value = graph.layers[layer][1];
  const at = graph.nodes.findIndex(([name]) => name === value);
  const [, , , shape] = graph.nodes[at];
  const [mask, without] = [`${value} mask ${weights.size}`, `${value} without ${weights.size}`];
  const kept = Float32Array.from({ length: shape[1] }, (_, channel) => (channels.includes(channel) ? 0 : 1));
  const size = shape.map((_, axis) => (axis === 1 ? shape[1] : 1));
  /** @type {(stored: any) => any} */
  const redirected = (stored) => (Array.isArray(stored) ? stored.map(redirected) : stored?.v === value ? { v: without } : stored);
  const later = graph.nodes.slice(at + 1).map(([name, op, args, out]) => /** @type {Graph["nodes"][number]} */ ([name, op, args.map(redirected), out]));
  /** @type {Graph["nodes"][number]} */
  const product = [without, "mul.Tensor", [{ v: value }, { v: mask }], shape];
  return [
    {
      ...graph,
      tensors: [...graph.tensors, [mask, size, 4]],
      nodes: [...graph.nodes.slice(0, at + 1), product, ...later],
      layers: graph.layers.map(([name, one]) => [name, one === value ? without : one]),
      output: graph.output === value ? without : graph.output,
    },
    new Map(weights).set(mask, kept),
  ];
}
