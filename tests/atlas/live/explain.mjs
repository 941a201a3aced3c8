// Prints the arithmetic of units, as the page tells it, for the cases of a folder.
// node explain.mjs SCRIPTS ENGINE FOLDER; FOLDER has graph.json, weights.bin, image.bin and units.json: [[value, place], ...]
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [scripts, home, folder] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(path).href);
const { Engine } = await load(join(home, "engine.js"));
const { unpack } = await load(join(home, "weights.js"));
const { Tracer } = await load(join(scripts, "arithmetic", "trace.js"));
const text = (name) => readFile(join(folder, name), "utf8").then(JSON.parse);
const graph = await text("graph.json");
const weights = await unpack(graph, await readFile(join(folder, "weights.bin")));
const engine = await Engine.make(graph, weights, await readFile(join(home, "kernel.wasm")));
const bytes = await readFile(join(folder, "image.bin"));
engine.image.set(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)));
engine.run();
const tracer = new Tracer(graph, weights);
for (const [value, at] of await text("units.json")) {
  const held = Object.fromEntries(tracer.needed(value).map((name) => [name, engine.value(name).data]));
  console.log(JSON.stringify(tracer.explain(value, at, held)));
}
