// The network as it was before an operation, beside what it is now.
import { currentInput } from "../bench.js";
import { layers, payload } from "../data.js";
import { follow, startAnother } from "../live.js";
import { say } from "../said.js";
import { following } from "./following.js";
import { Pair } from "./pair.js";
import { Side } from "./side.js";

/** What was begun when the comparison was first wanted. @type {{ pair: Pair, sides: [Side, Side] } | null} */
let comparison = null;

/**
 * Show both networks in a place; the classes that each names for the samples are given, the original's first.
 * @param {HTMLElement} target @param {number[][]} named
 */
export async function compareWithOriginal(target, named) {
  if (!comparison) {
    const network = await startAnother("#live-graph", "#live-weights", payload.live.heavy);
    /** @type {[Side, Side]} */
    const sides = [new Side(say("the original"), payload.model, layers), new Side(say("the network now"), payload.model, layers)];
    const pair = new Pair(target, sides);
    comparison = { pair, sides };
    const [original, now] = sides;
    follow(
      following(network, (image) => image, now, original, (image) => {
        if (!target.hidden) pair.paint([image, image]);
        target.dataset.shown = String(Number(target.dataset.shown ?? 0) + 1);
      }),
    );
    Object.assign(/** @type {any} */ (globalThis).atlas, { surgery: { sides } });
  }
  comparison.sides.forEach((side, k) => (side.named = named[k]));
  comparison.pair.paint([currentInput(), currentInput()]);
}
