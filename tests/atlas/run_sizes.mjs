// The chain of sizes as the page works it out: cases of layers, input and changed settings on standard input.
import { pathToFileURL } from "node:url";

const { chainOf, isChain, settingsOf, written } = await import(pathToFileURL(process.argv[2]).href);

function done({ layers, input, size, changed }) {
  if (!isChain(layers, input)) return { chain: false };
  const settings = new Map(Object.entries(changed));
  const steps = chainOf(layers, size ?? input, settings);
  return {
    chain: true,
    sizes: steps.map(({ to }) => to),
    broken: steps.find(({ why }) => why)?.layer.name ?? null,
    why: steps.map(({ why }) => why).find(Boolean) ?? "",
    lost: steps.map(({ lost }) => lost),
    formulas: steps.map((step) => (step.layer.kernel && step.from.length === 3 ? written(step, settings.get(step.layer.name) ?? settingsOf(step.layer)) : "")),
  };
}

let text = "";
for await (const chunk of process.stdin) text += chunk;
console.log(JSON.stringify(JSON.parse(text).map(done)));
