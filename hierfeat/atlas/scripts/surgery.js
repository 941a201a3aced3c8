// Surgery: channels silenced, activation functions and pools exchanged, kernels put in; and what the network then says.
import { swapsFor, weightOf } from "../live/engine/surgery.js";
import { channelOf, layers, payload, samples } from "./data.js";
import { element, find, need } from "./dom.js";
import { update } from "./bench.js";
import { compareWithOriginal } from "./beside/original.js";
import { frameOf, graph, operate, sampleImage, valuesOf } from "./live.js";
import { state, subscribe } from "./store.js";
import { kernelAtHand, layOut } from "./workshop/workshop.js";
import { className } from "./beside/side.js";
import { say } from "./said.js";
import { bestOf } from "./scores.js";

/** @typedef {import("../live/engine/surgery.js").Cut} Cut */

/** What has been done, the last at the end. @type {Cut[]} */
let cuts = [];
/** What had been done before each operation, and each that was taken back. @type {Cut[][]} */
const past = [];
/** For each sample the class that the network names: as it was, and now. @type {number[]} */
const before = samples.map((sample) => sample.prediction);
let now = before;
let input = 0; // of the kernel that is looked at
let comparing = false;
/** Where both networks stand side by side. */
const beforeAndAfter = element("div", { class: "before-and-after", hidden: true });

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
    found.push(bestOf((await frameOf(sampleImage(i))).output));
  }
  return found;
}

let busy = Promise.resolve();

/** One after another: the next operation begins when the network has been made anew. @param {Cut[]} next */
function perform(next) {
  past.push(cuts);
  change(next);
}

/** What was there before the last operation. */
function undo() {
  const before = past.pop();
  if (before) change(before);
}

/** @param {Cut[]} next */
function change(next) {
  cuts = next;
  write();
  busy = busy.then(async () => {
    await operate(next);
    now = next.length ? await named() : before;
    await update();
    if (comparing) await compareWithOriginal(beforeAndAfter, [before, now]);
    need(".surgery").dataset.done = String(Number(need(".surgery").dataset.done ?? 0) + 1);
    write();
  });
}

function write() {
  const held = find(".surgery")?.contains(document.activeElement) ? document.activeElement?.getAttribute("data-do") : null;
  need(".surgery").replaceChildren(instruments(), done(), outcome(), beforeAndAfter);
  if (held) find(`.surgery [data-do="${held}"]`)?.focus();
}

/** Both networks side by side, or this one alone. */
async function compare() {
  comparing = !comparing;
  beforeAndAfter.hidden = !comparing;
  write();
  if (!comparing) return;
  await compareWithOriginal(beforeAndAfter, [before, now]);
  await update();
}

/** The channels that a text names: "0, 2-4". @param {string} text @param {number} count @returns {number[]} */
function channelsIn(text, count) {
  const named = text.split(/[,;\s]+/).flatMap((part) => {
    const [, from, to] = part.match(/^(\d+)(?:[-–](\d+))?$/) ?? [];
    return from === undefined ? [] : Array.from({ length: Math.min(count, Number(to ?? from) + 1) - Number(from) }, (_, i) => Number(from) + i);
  });
  return [...new Set(named)].filter((channel) => channel < count);
}

/** Several channels at once. @param {number} at @param {number} count */
function several(at, count) {
  const text = element("input", { type: "text", name: "surgery-channels", placeholder: "0, 2-4", size: 10 });
  const act = () => {
    const channels = channelsIn(text.value, count);
    if (channels.length) perform([...cuts, { kind: "silence", layer: at, channels }]);
  };
  text.addEventListener("keydown", (event) => event.key === "Enter" && act());
  return element("div", { class: "knobs" }, element("label", { class: "knob" }, element("span", {}, say("Channels of {layer}", { layer: layers[at].name })), text), button("silence-several", say("Silence these"), act));
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
    several(at, layer.maps.shape[0]),
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
  const again = element("p", { class: "buttons" }, past.length > 0 && button("undo-cut", say("Undo"), undo), cuts.length > 0 && button("original", say("Back to the original"), () => perform([])), element("button", { type: "button", "data-do": "compare", "aria-pressed": String(comparing), onclick: compare }, say("Compare with the original")));
  if (!cuts.length) return element("div", {}, element("p", { class: "note" }, say("The network is as it was.")), again);
  const back = (/** @type {number} */ place) => () => perform(cuts.filter((_, i) => i !== place));
  return element("div", {}, element("ul", { class: "cuts" }, ...cuts.map((cut, i) => element("li", {}, said(cut), " ", button("back", say("take back"), back(i))))), again);
}

/** What the network says of the samples, before and after. */
function outcome() {
  if (!payload.model.scores) return "";
  const known = samples.map((_, i) => i).filter((i) => samples[i].label !== null && samples[i].label >= 0 && !payload.model.named);
  const right = (/** @type {number[]} */ classes) => known.filter((i) => classes[i] === samples[i].label).length;
  const rows = samples.map((sample, i) =>
    element("tr", {}, element("td", {}, element("img", { src: sample.image, alt: say("sample {n}", { n: i + 1 }), width: 32, height: 32 })), element("td", {}, className(payload.model, before[i])), element("td", { class: now[i] === before[i] ? null : "changed" }, className(payload.model, now[i]))),
  );
  return element(
    "div",
    {},
    known.length > 0 && element("p", { class: "accuracy" }, say("Of the {n} samples of a known class, the original names {before} rightly, and the network now {after}.", { n: known.length, before: right(before), after: right(now) })),
    element("table", { class: "outcome" }, element("thead", {}, element("tr", {}, element("th", {}, say("sample")), element("th", {}, say("original")), element("th", {}, say("now")))), element("tbody", {}, ...rows)),
  );
}
