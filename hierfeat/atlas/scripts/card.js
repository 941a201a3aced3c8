// The card of a channel: all that is known of it, in one place, with a link that opens it again.
import { weightOf } from "../live/engine/surgery.js";
import { polarChart, tuningChart } from "./charts.js";
import { channelOf, curveOf, layers, payload, weightsOf } from "./data.js";
import { element, need } from "./dom.js";
import { downloads, saveTable } from "./export.js";
import { middle } from "./hubel/cell.js";
import { graph, valuesOf } from "./live.js";
import { addCanvas, number, paintKernel } from "./maps.js";
import { say } from "./said.js";
import { patchStrip, pictureOf } from "./sections.js";
import { set, state, subscribe, unitAddress } from "./store.js";
import { select } from "./units.js";
import { visible, watch } from "./visible.js";

/** @typedef {import("./dom.js").Child} Child */

/** The unit in the middle of a channel's map becomes the chosen one. @param {number} index of a layer @param {number} channel */
export function openCard(index, channel) {
  const unit = middle(index, channel);
  select(index, unit);
  set({ pinned: unit });
}

/** What opens the page with that card in view. @param {number} index of a layer @param {number} channel */
export const cardAddress = (index, channel) => `#${unitAddress(middle(index, channel))}&at=card`;

/** What hierfeat calls the types, in a sentence. */
const TYPES = { simple: say("A simple cell"), complex: say("A complex cell"), untuned: say("Not tuned to orientation"), unresponsive: say("No grating excites it") };

export function startCard() {
  const panel = need("#card");
  watch(panel, write);
  subscribe((changed) => {
    if (!changed.has("pinned")) return;
    panel.dataset.old = "yes";
    if (visible(panel)) write();
  });
  panel.dataset.old = "yes";
  write();
}

/** Draw the card of the chosen unit's channel, unless it is there already. */
export function write() {
  const panel = need("#card");
  if (!panel.dataset.old) return;
  delete panel.dataset.old;
  const { pinned } = state;
  if (!pinned) return panel.replaceChildren(element("p", { class: "note" }, say("Choose a channel in the table, or a unit anywhere on the page: here is its card.")));
  const layer = layers[pinned.layer];
  const channel = channelOf(layer, pinned);
  panel.dataset.channel = `${layer.name} ${channel}`;
  panel.replaceChildren(
    element("header", {}, element("h3", {}, say("{layer}, channel {n}", { layer: layer.name, n: channel })), ...buttons(layer, channel)),
    element("dl", { class: "facts" }, ...facts(layer, channel).map(([key, name, value]) => element("div", { "data-fact": key }, element("dt", {}, name), element("dd", {}, value)))),
    element("div", { class: "figures" }, ...[kernel(layer, channel), synthesis(layer, channel), ...tuning(layer, channel), patches(layer, channel)].filter((one) => one !== null)),
  );
}

/** @param {any} layer @param {number} channel */
function buttons(layer, channel) {
  const go = (/** @type {number} */ to) => () => openCard(layer.index, to);
  const step = (/** @type {string} */ name, /** @type {Child} */ text, /** @type {number} */ to) => element("button", { type: "button", "data-do": name, disabled: to < 0 || to >= layer.maps.shape[0], onclick: go(to) }, text);
  return [
    element("span", { class: "buttons" }, step("card-before", say("Channel before"), channel - 1), step("card-after", say("Channel after"), channel + 1)),
    element("a", { class: "permanent", href: cardAddress(layer.index, channel) }, say("Link to this card")),
    downloads(need("#card"), `${layer.name}-${channel}`),
  ];
}

/** @param {number | null | undefined} value @param {(value: number) => Child} write @returns {Child} null where it is not known */
const known = (value, write) => (value === null || value === undefined ? null : write(value));

/** Each with a name that tests and styles know. @param {any} layer @param {number} channel @returns {[string, Child, Child][]} */
function facts({ tuning, channels, selectivity, field }, channel) {
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  const degrees = (/** @type {number} */ angle) => `${angle.toFixed(1)}°`;
  const three = (/** @type {number} */ value) => value.toFixed(3);
  const preferred = selectivity?.preferred[channel];
  /** @type {[string, Child, Child][]} */
  const all = [
    ["type", say("Cell type"), tuning && (TYPES[/** @type {keyof typeof TYPES} */ (tuning.type[channel])] ?? tuning.type[channel])],
    ["orientation", say("Preferred orientation"), known(tuning?.orientation[channel], degrees)],
    ["gosi", say("Selectivity for orientation (gOSI)"), known(tuning?.gosi[channel], three)],
    ["osi", say("OSI"), known(tuning?.osi[channel], three)],
    ["width", say("Half width of the tuning"), known(tuning?.width[channel], degrees)],
    ["frequency", say("Preferred frequency (cycles/px)"), known(tuning?.frequency[channel], three)],
    ["ratio", say("F1/F0: above 1 simple"), known(tuning?.ratio[channel], three)],
    ["best", say("Largest response to a grating; to grey"), tuning && `${number(tuning.best[channel])}; ${number(tuning.blank[channel])}`],
    ["active", say("Active (share above zero)"), known(channels?.active[channel], percent)],
    ["sparse", say("Lifetime sparseness"), known(channels?.sparse[channel], three)],
    ["class", say("Class selectivity"), known(selectivity?.index[channel], (value) => say("{value} for {name} (chance: up to {chance})", { value: three(value), name: className(preferred), chance: known(selectivity.chance[channel], three) }))],
    ["field", say("Receptive field (px)"), field && (field.status === "global" ? say("whole image") : say(field.status === "bound" ? "at most {size}" : "{size}", { size: field.size.join(" × ") }))],
  ];
  return all.filter(([, , value]) => value !== null && value !== undefined && value !== "");
}

/** @param {number} label */
export const className = (label) => payload.model.labels?.[label] ?? say("class {n}", { n: label });

/** @param {Child} caption @param {Child[]} children */
const figure = (caption, ...children) => element("figure", {}, element("figcaption", {}, caption), ...children);

/** The convolution that makes a channel: its own, or that before a rectifier, a norm or a pool. @param {any} layer @returns {any} */
function maker(layer) {
  if (layer.kernels) return layer;
  const through = ["activation", "norm", "pool"].includes(layer.kind) && layer.source !== null && layers[layer.source].out_shape[0] === layer.out_shape[0];
  return through ? maker(layers[layer.source]) : null;
}

/** @param {any} layer @param {number} channel */
function kernel(layer, channel) {
  const conv = maker(layer);
  if (!conv) return null;
  const { shape, total, colour, limit } = conv.kernels;
  const [, , height, width] = shape;
  const target = element("div", { class: "kernels" });
  const paint = (/** @type {Float32Array} */ own, /** @type {number} */ inputs) => {
    const inColour = inputs === 3 && colour;
    const slices = inColour ? 1 : inputs;
    const cell = Math.max(height * width === 1 ? 9 : 4, Math.round((slices > 1 ? 36 : 90) / height));
    paintKernel(addCanvas(target, say("kernel {n}", { n: channel }), cell * (slices * (width + 1) - 1), ""), own, [inputs, height, width], inColour, limit);
  };
  const each = shape[1] * height * width;
  if (channel < shape[0]) paint(weightsOf(conv.kernels).subarray(channel * each, (channel + 1) * each), shape[1]);
  else if (!fetched(conv.index, channel, total[1] * height * width, (own) => paint(own.subarray(0, each), shape[1]))) return null;
  const name = conv === layer ? say("Kernel") : say("Kernel of {layer}", { layer: conv.name });
  return figure(name, target, shape[1] < total[1] && element("p", { class: "note" }, say("{n} of {all} input channels", { n: shape[1], all: total[1] })));
}

/** Weights that only the running network has. @param {number} index @param {number} channel @param {number} each @param {(own: Float32Array) => void} paint */
function fetched(index, channel, each, paint) {
  const name = graph && weightOf(graph, index);
  if (name) valuesOf([name]).then((found) => paint(found[name].subarray(channel * each, (channel + 1) * each)));
  return Boolean(name);
}

/** @param {any} layer @param {number} channel */
function patches(layer, channel) {
  const owner = layer.kind === "activation" && !layer.patches && layer.source !== null ? layers[layer.source] : layer;
  const row = owner.patches ? owner.patches.channels.indexOf(channel) : -1;
  if (row < 0) return null;
  return figure(owner === layer ? say("Strongest patches") : say("Strongest patches of {layer}", { layer: owner.name }), element("div", { class: "patches" }, element("div", {}, patchStrip(owner.patches, row))));
}

/** @param {any} layer @param {number} channel */
function tuning(layer, channel) {
  if (!layer.tuning) return [];
  const { angles } = layer.tuning;
  const curve = curveOf(layer.tuning, channel);
  const save = () => saveTable(["orientation", "response"], angles.map((/** @type {number} */ angle, /** @type {number} */ i) => [angle, curve[i]]), `tuning-${layer.name}-${channel}`);
  if (Math.max(...curve) <= 0) return [figure(say("Tuning curve"), element("p", { class: "note" }, say("No grating raises its response above that to grey.")))];
  return [
    figure(say("Tuning curve, at its preferred frequency"), tuningChart(angles, curve), element("button", { type: "button", "data-do": "tuning-csv", onclick: save }, say("Save as CSV"))),
    figure(say("The same by the angle of the bars"), polarChart(angles, curve)),
  ];
}

/** @param {any} layer @param {number} channel */
function synthesis(layer, channel) {
  const made = layer.synthesis;
  if (!made || channel >= made.status.length) return null;
  const canvas = element("canvas", { role: "img", "aria-label": say("the image made to drive channel {n} most", { n: channel }) });
  pictureOf(made.image).then((sheet) => {
    const side = sheet.height;
    const large = side * Math.max(1, Math.round(128 / side));
    canvas.width = canvas.height = large;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, channel * side, 0, side, side, 0, 0, large, large);
  });
  const percent = (/** @type {number | null} */ share) => (share === null ? "–" : `${(100 * share).toFixed(0)} %`);
  const values = { value: number(made.activation[channel]), shift: percent(made.shift[channel]), views: percent(made.transform[channel]) };
  const status = { ok: "", fragile: say(" Fragile: less than half is left under small shifts."), dead: say(" It stays silent: the image means nothing."), constant: say(" No pixel has any influence: the image means nothing.") };
  return figure(say("Made to drive it most"), canvas, element("p", { class: "note synthesised" }, say("Activation {value}; {shift} of it is left under small shifts, {views} when turned and scaled.", values), status[/** @type {keyof typeof status} */ (made.status[channel])]));
}
