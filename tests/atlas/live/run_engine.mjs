// Runs the page's engine on cases that a test wrote, and prints for each how far every layer is from torch.
// node run_engine.mjs ENGINE_FOLDER FOLDER...; a case is graph.json, weights.bin, image.bin, reference.bin.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [home, ...folders] = process.argv.slice(2);
const module = (name) => import(pathToFileURL(join(home, name)).href);
const { Engine } = await module("engine.js");
const { unpack } = await module("weights.js");
const kernel = await readFile(join(home, "kernel.wasm"));
const floats = async (path) => {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};

// The largest distance as a share of the layer's largest magnitude; what is not finite must be so on both sides.
function distance(found, expected) {
  if (found.length !== expected.length) return Infinity;
  let [most, far] = [0, 0];
  for (let i = 0; i < found.length; i++) {
    if (Number.isNaN(expected[i]) && Number.isNaN(found[i])) continue;
    if (expected[i] === found[i]) {
      if (Number.isFinite(expected[i])) most = Math.max(most, Math.abs(expected[i]));
      continue;
    }
    const step = Math.abs(expected[i] - found[i]);
    if (!Number.isFinite(step)) return Infinity;
    far = Math.max(far, step);
    most = Math.max(most, Math.abs(expected[i]));
  }
  return far === 0 ? 0 : far / most;
}

function frameTime(engine) {
  const times = [];
  const start = performance.now();
  while (times.length < 3 || (times.length < 30 && performance.now() - start < 500)) {
    const before = performance.now();
    engine.run();
    times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

for (const folder of folders) {
  const graph = JSON.parse(await readFile(join(folder, "graph.json"), "utf8"));
  const weights = await unpack(graph, await readFile(join(folder, "weights.bin")));
  const image = await floats(join(folder, "image.bin"));
  const reference = await floats(join(folder, "reference.bin"));
  const report = { name: graph.name, folder };
  for (const [path, wasm] of [["wasm", kernel], ["plain", null]]) {
    const engine = await Engine.make(graph, weights, wasm);
    engine.image.set(image);
    engine.run();
    engine.run(); // what a second frame gives must not depend on the first
    let at = 0;
    const layers = {};
    for (const [name, value] of [...graph.layers, ["", graph.output]]) {
      const { data } = engine.value(value);
      layers[name] = distance(data, reference.subarray(at, at + data.length));
      at += data.length;
    }
    report[path] = { layers, ms: process.env.TIMES ? frameTime(engine) : null };
    if (at !== reference.length) throw new Error(`${folder}: ${at} values, torch has ${reference.length}`);
  }
  console.log(JSON.stringify(report));
}
