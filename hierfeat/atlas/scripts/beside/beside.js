// The second network of the page, which answers to the same picture as the first: `hf.atlas(h, ..., beside=other)`.
import { currentInput, update } from "../bench.js";
import { resized } from "../compose.js";
import { layers, payload, samples } from "../data.js";
import { madeFor } from "../desk.js";
import { find, need } from "../dom.js";
import { follow, frameOf, sampleImage, startAnother } from "../live.js";
import { bestOf } from "../scores.js";
import { following } from "./following.js";
import { Pair } from "./pair.js";
import { Side } from "./side.js";

const other = payload.beside;

/** Whether what is made for the one is made for the other. */
const alike = other && String(other.model.input_shape) === String(payload.model.input_shape) && JSON.stringify(other.model.prepare) === JSON.stringify(payload.model.prepare);

/** What the other network sees where the first is given an image: the same drawing, or that image in its size. @param {Float32Array} image */
const pictureOf = (image) => (alike ? image : image === currentInput() ? madeFor(other.model) : resized(image, payload.model.input_shape, other.model.input_shape));

export async function startBeside() {
  if (!other || !find("#beside")) return;
  const network = await startAnother("#beside-graph", "#beside-weights", other.heavy);
  /** @type {[Side, Side]} */
  const sides = [new Side(payload.model.name, payload.model, layers), new Side(other.model.name, other.model, other.layers)];
  const pair = new Pair(need(".beside"), sides);
  await nameSamples(network, sides);
  let given = [currentInput(), currentInput()];
  follow(
    following(network, pictureOf, sides[0], sides[1], (image, picture) => {
      given = [image, picture];
      pair.paint(given);
      document.documentElement.dataset.beside = String(Number(document.documentElement.dataset.beside ?? 0) + 1);
    }),
  );
  Object.assign(/** @type {any} */ (globalThis).atlas, { beside: { given: () => given.map((one) => [...one]), sides, names: () => pair.names } });
  await update();
}

/** Each sample as each network sees it, named by each. @param {import("../live.js").Network} network @param {[Side, Side]} sides */
async function nameSamples(network, sides) {
  for (let i = 0; i < samples.length; i++) {
    const image = sampleImage(i);
    const frames = [await frameOf(image), await network.run(alike ? image : madeFor(other.model, image))];
    frames.forEach((frame, k) => {
      sides[k].take(frame);
      sides[k].named.push(bestOf(frame.output));
    });
  }
}
