// What the page makes of activation functions and pools: one case on standard input, its numbers on standard output.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const module = (name) => import(pathToFileURL(join(process.argv[2], name)).href);
const { ACTIVATIONS } = await module("activations.js");
const { alike, moved, POOLS } = await module("pools.js");

let text = "";
for await (const chunk of process.stdin) text += chunk;
const { z, map, pools, shifts } = JSON.parse(text);
const grid = { ...map, data: Float64Array.from(map.data) };
const plain = ({ data, height, width }) => ({ data: [...data], height, width });
console.log(
  JSON.stringify({
    functions: Object.fromEntries(Object.entries(ACTIVATIONS).map(([name, { value, slope }]) => [name, { value: z.map((one) => value(one, 0.3)), slope: z.map((one) => slope(one, 0.3)) }])),
    pools: pools.map(([kind, size, stride]) => plain(POOLS[kind].pool(grid, size, stride))),
    moved: shifts.map((shift) => plain(moved(grid, ...shift))),
    alike: shifts.map((shift) => alike(grid.data, moved(grid, ...shift).data)),
  }),
);
