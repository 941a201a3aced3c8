// Operates on a network and runs it: ENGINE_FOLDER CASE_FOLDER, lists of cuts on standard input; prints each output.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [home, folder] = process.argv.slice(2);
const module = (name) => import(pathToFileURL(join(home, name)).href);
const { Engine } = await module("engine.js");
const { unpack } = await module("weights.js");
const { operated, swapsFor } = await module("surgery.js");
const graph = JSON.parse(await readFile(join(folder, "graph.json"), "utf8"));
const weights = await unpack(graph, await readFile(join(folder, "weights.bin")));
const bytes = await readFile(join(folder, "image.bin"));
const image = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));

let text = "";
for await (const chunk of process.stdin) text += chunk;
const found = [];
for (const cuts of JSON.parse(text)) {
  const changed = operated(graph, weights, cuts);
  const engine = await Engine.make(changed.graph, changed.weights, null);
  engine.image.set(image);
  found.push({ output: [...engine.run().data], layers: graph.layers.map((_, index) => [...engine.layer(index).data]) });
}
console.log(JSON.stringify({ found, swaps: graph.layers.map((_, index) => swapsFor(graph, index)) }));
