// Surgery: channels silenced, activation functions and pools exchanged, kernels put in; and what the network then says.
import { swapsFor, weightOf } from "../live/engine/surgery.js";
import { channelOf, layers, payload, samples } from "./data.js";
import { element, need } from "./dom.js";
import { update } from "./bench.js";
import { frameOf, graph, operate, sampleImage, valuesOf } from "./live.js";
import { state, subscribe } from "./store.js";
import { kernelAtHand, layOut } from "./workshop/workshop.js";
import { say } from "./said.js";

/** @typedef {import("../live/engine/surgery.js").Cut} Cut */

/** What has been done, the last at the end. @type {Cut[]} */
let cuts = [];
/** For each sample the class that the network names: as it was, and now. @type {number[]} */
const before = samples.map((sample) => sample.prediction);
let now = before;
let input = 0; // of the kernel that is looked at

const BY = { relu: "ReLU", tanh: "tanh", nothing: say("nothing"), max: say("a maximum"), average: say("an average") };

/** @param {Cut} cut */
function said(cut) {
  const { name } = layers[cut.layer];
  if (cut.kind === "silence") return say("channel {n} of {layer} silenced", { n: cut.channels.join(", "), layer: name });
  if (cut.kind === "swap") return say("{layer} replaced by {by}", { layer: name, by: BY[cut.by] });
  return say("kernel {n} of {layer} exchanged, for input channel {input}", { n: cut.output, layer: name, input: cut.input });
}

/** @param {string} name @param {import("./dom.js").Child} text @param {() => void} act */
const button = (name, text, act) => element("button", { type: "button", "data-do": name, onclick: act }, text);

export function startSurgery() {
  subscribe((changed) => changed.has("pinned") && ((input = 0), write()));
  write();
}

/** The class of each sample; the frame on show has to be asked for anew afterwards. @returns {Promise<number[]>} */
async function named() {
  const found = [];
  for (let i = 0; i < samples.length; i++) {
    const { output } = await frameOf(sampleImage(i));
    found.push(output.reduce((best, value, place) => (value > output[best] ? place : best), 0));
  }
  return found;
}

let busy = Promise.resolve();

/** One after another: the next operation begins when the network has been made anew. @param {Cut[]} next */
function perform(next) {
  cuts = next;
  write();
  busy = busy.then(async () => {
    await operate(next);
    now = next.length ? await named() : before;
    await update();
    need(".surgery").dataset.done = String(Number(need(".surgery").dataset.done ?? 0) + 1);
    write();
  });
}

function write() {
  need(".surgery").replaceChildren(instruments(), done(), outcome());
}

/** What can be done at the chosen unit. */
function instruments() {
  const { pinned } = state;
  if (!pinned || !graph) return element("p", { class: "note" }, say("Choose a unit in a map above: its channel, its kernel and its layer can be operated on."));
  const layer = layers[pinned.layer];
  const channel = channelOf(layer, pinned);
  const at = pinned.layer;
  const swaps = swapsFor(graph, at);
  return element(
    "div",
    {},
    element("p", {}, say("Under the knife: {what}.", { what: element("b", {}, say("{layer}, channel {n}", { layer: layer.name, n: channel })) })),
    element("p", { class: "buttons" }, button("silence", say("Silence channel {n}", { n: channel }), () => perform([...cuts, { kind: "silence", layer: at, channels: [channel] }])), ...swaps.map((by) => button(`swap-${by}`, say("Replace {layer} by {by}", { layer: layer.name, by: BY[by] }), () => perform([...cuts.filter((cut) => cut.kind !== "swap" || cut.layer !== at), { kind: "swap", layer: at, by }])))),
    weightOf(graph, at) && kernels(at, channel),
  );
}

/** The kernel's way to the workshop and back. @param {number} layer @param {number} channel */
function kernels(layer, channel) {
  const name = /** @type {string} */ (weightOf(/** @type {any} */ (graph), layer));
  const [, shape] = /** @type {[string, number[], number]} */ (graph?.tensors.find(([one]) => one === name));
  const [, inputs, rows, cols] = shape;
  const select = element("select", { name: "surgery-input", onchange: () => (input = Number(select.value)) }, ...Array.from({ length: inputs }, (_, i) => element("option", { value: i, selected: i === input }, i)));
  const take = async () => {
    const weights = (await valuesOf([name]))[name];
    const start = (channel * inputs + input) * rows * cols;
    layOut({ weights: [...weights.slice(start, start + rows * cols)], rows, cols });
    need("#workshop").scrollIntoView();
  };
  const put = () => {
    const kernel = kernelAtHand(rows, cols);
    perform([...cuts, { kind: "kernel", layer, output: channel, input, weights: kernel.weights }]);
  };
  return element("div", { class: "knobs" }, element("label", { class: "knob" }, element("span", {}, say("Kernel on input channel")), select), element("div", { class: "buttons" }, button("take", say("Take it to the workshop"), take), button("put", say("Put the workshop's kernel here"), put)));
}

/** The operations, each of which can be taken back. */
function done() {
  if (!cuts.length) return element("p", { class: "note" }, say("The network is as it was."));
  const back = (/** @type {number} */ place) => () => perform(cuts.filter((_, i) => i !== place));
  return element("div", {}, element("ul", { class: "cuts" }, ...cuts.map((cut, i) => element("li", {}, said(cut), " ", button("back", say("take back"), back(i))))), button("original", say("Back to the original"), () => perform([])));
}

/** @param {number} i */
const className = (i) => (payload.model.classes ? payload.model.classes[i] : say("output {n}", { n: i }));

/** What the network says of the samples, before and after. */
function outcome() {
  if (!payload.model.scores) return "";
  const known = samples.map((_, i) => i).filter((i) => samples[i].label !== null && samples[i].label >= 0 && !payload.model.named);
  const right = (/** @type {number[]} */ classes) => known.filter((i) => classes[i] === samples[i].label).length;
  const rows = samples.map((sample, i) =>
    element("tr", {}, element("td", {}, element("img", { src: sample.image, alt: say("sample {n}", { n: i + 1 }), width: 32, height: 32 })), element("td", {}, className(before[i])), element("td", { class: now[i] === before[i] ? null : "changed" }, className(now[i]))),
  );
  return element(
    "div",
    {},
    known.length > 0 && element("p", { class: "accuracy" }, say("Of the {n} samples of a known class, the original names {before} rightly, and the network now {after}.", { n: known.length, before: right(before), after: right(now) })),
    element("table", { class: "outcome" }, element("thead", {}, element("tr", {}, element("th", {}, say("sample")), element("th", {}, say("original")), element("th", {}, say("now")))), element("tbody", {}, ...rows)),
  );
}
