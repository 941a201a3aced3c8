// The network in a worker: an image comes in, every layer's output goes out.
import { Engine } from "./engine.js";
import { between, named, probed } from "./network.js";
import { operated } from "./surgery.js";
import { unpack } from "./weights.js";

/** @type {Engine | null} */
let engine = null;
/** What the network is without any operation. @type {{ graph: any, weights: any, kernel: any } | null} */
let whole = null;

addEventListener("message", async ({ data }) => {
  if (data.graph) {
    whole = { graph: data.graph, weights: await unpack(data.graph, data.weights), kernel: data.kernel };
    engine = await Engine.best(whole.graph, whole.weights, whole.kernel);
    postMessage({ ready: true, fast: engine.fast });
    return;
  }
  if (!engine || !whole) return;
  if (data.cuts) {
    const changed = operated(whole.graph, whole.weights, data.cuts);
    engine = await Engine.best(changed.graph, changed.weights, whole.kernel);
    return postMessage(null);
  }
  if (data.probe) return postMessage(probed(engine, data.probe));
  if (data.names) return postMessage(named(engine, data.names));
  engine.image.set(data.image);
  const start = performance.now();
  const output = Float32Array.from(engine.run().data);
  const ms = performance.now() - start;
  const layers = engine.graph.layers.map((_, index) => /** @type {Engine} */ (engine).layer(index).data.slice());
  const extra = Object.fromEntries(between(whole.graph).map((name) => [name, /** @type {Engine} */ (engine).value(name).data.slice()]));
  const buffers = [...layers, ...Object.values(extra), output].map(({ buffer }) => buffer);
  /** @type {any} */ (self).postMessage({ layers, output, extra, ms }, buffers);
});
