// The network's chain of sizes with settings that the reader changes, and where it breaks.
import { layers, payload } from "../data.js";
import { element, find } from "../dom.js";
import { say } from "../said.js";
import { chainOf, hasWindow, isChain, settingsOf, written } from "./sizes.js";

/** @typedef {import("./sizes.js").Settings} Settings @typedef {import("./sizes.js").Step} Step */

/** @type {Map<string, Settings>} */
let changed = new Map();
let size = payload.model.input_shape.slice(1);
/** What can be taken back. @type {{ changed: Map<string, Settings>, size: number[] }[]} */
const past = [];

const NAMES = { kernel: say("kernel"), stride: say("stride"), padding: say("padding"), dilation: say("dilation") };
const LEAST = { kernel: 1, stride: 1, padding: 0, dilation: 1 };

export function startDimensions() {
  const target = find(".dimensions");
  if (!target) return;
  if (!isChain(layers, payload.model.input_shape)) {
    target.replaceChildren(element("p", { class: "note" }, say("The layers of this network are no chain: some read what several others give, so that a size follows from more than the layer before it. The table above has every size.")));
    return;
  }
  target.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    undo();
  });
  show();
}

function keep() {
  past.push({ changed: new Map([...changed].map(([name, one]) => [name, structuredClone(one)])), size: [...size] });
}

function undo() {
  const before = past.pop();
  if (before) ({ changed, size } = before);
  show();
}

/** @param {any} layer @param {keyof Settings} what @param {number} value for rows and columns */
function set(layer, what, value) {
  keep();
  const next = structuredClone(changed.get(layer.name) ?? settingsOf(layer));
  next[what] = [value, value];
  changed.set(layer.name, next);
  if (JSON.stringify(next) === JSON.stringify(settingsOf(layer))) changed.delete(layer.name);
  show();
}

function show() {
  const target = /** @type {HTMLElement} */ (find(".dimensions"));
  const focus = target.contains(document.activeElement) ? document.activeElement?.getAttribute("name") : null;
  const steps = chainOf(layers, [payload.model.input_shape[0], ...size], changed);
  const broken = steps.findIndex(({ why }) => why);
  const button = (/** @type {string} */ name, /** @type {import("../said.js").Said} */ text, /** @type {() => void} */ act, off = false) => element("button", { type: "button", "data-do": name, disabled: off, onclick: act }, text);
  const head = [say("layer"), say("input"), NAMES.kernel, NAMES.stride, NAMES.padding, NAMES.dilation, say("output"), say("output size, worked out")].map((text) => element("th", { scope: "col" }, text));
  target.replaceChildren(
    element("div", { class: "knobs" }, whole(0), whole(1), element("div", { class: "buttons" }, button("undo-size", say("Undo"), undo, !past.length), button("reset-sizes", say("Back to the network's own"), () => (keep(), (changed = new Map()), (size = payload.model.input_shape.slice(1)), show()), !changed.size && String(size) === String(payload.model.input_shape.slice(1))))),
    element("p", { class: "trouble", role: "status" }, broken < 0 ? "" : explained(steps[broken])),
    element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("The chain of sizes") }, element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...steps.map((step, i) => line(step, broken >= 0 && i >= broken))))),
  );
  if (focus) find(`[name="${focus}"]`, target)?.focus();
}

/** The image's height or width. @param {number} axis */
function whole(axis) {
  const input = element("input", { type: "number", name: `size-${axis}`, min: 1, max: 1024, value: size[axis] });
  input.addEventListener("change", () => {
    keep();
    size = size.map((/** @type {number} */ one, /** @type {number} */ i) => (i === axis ? Math.max(1, Math.round(input.valueAsNumber) || 1) : one));
    show();
  });
  return element("label", { class: "knob" }, element("span", {}, axis ? say("Image width") : say("Image height")), input);
}

/** @param {Step} step @param {boolean} behind the break, or it */
function line(step, behind) {
  const { layer, from, to, why } = step;
  const own = changed.get(layer.name) ?? settingsOf(layer);
  const windowed = hasWindow(layer);
  const cells = /** @type {(keyof Settings)[]} */ (["kernel", "stride", "padding", "dilation"]).map((what) => element("td", {}, windowed && number(layer, what, own)));
  const lost = step.lost > 0 && say("; {n} left over", { n: step.lost });
  return element("tr", { class: why ? "broken" : behind ? "behind" : null }, element("th", { scope: "row" }, layer.name), element("td", {}, from.join(" × ")), ...cells, element("td", {}, to ? to.join(" × ") : why ? "✗" : ""), element("td", { class: "formula" }, windowed && from.length ? written(step, own) : "", lost));
}

/** @param {any} layer @param {keyof Settings} what @param {Settings} own */
function number(layer, what, own) {
  const input = element("input", { type: "number", name: `${what}-${layer.index}`, min: LEAST[what], max: 64, value: own[what][0], "aria-label": say("{what} of {layer}", { what: NAMES[what], layer: layer.name }) });
  input.addEventListener("change", () => set(layer, what, Math.max(LEAST[what], Math.min(64, Math.round(input.valueAsNumber) || 0))));
  return input;
}

/** @param {Step} step */
function explained({ layer, from, why }) {
  const name = element("b", {}, layer.name);
  if (why === "small") return say("It breaks at {layer}: its window is larger than the {size} that reach it, padding included. Make the kernel, a stride before it or the dilation smaller, or pad more.", { layer: name, size: from.slice(1).join(" × ") });
  if (why === "channels") return say("It breaks at {layer}: its kernels have {wanted} channels, and {n} reach it.", { layer: name, wanted: layer.in_shape[0], n: from[0] });
  return say("It breaks at {layer}: its weights are for {wanted} numbers, and {n} reach it. A dense layer fixes the size of the image.", { layer: name, wanted: layer.in_shape.at(-1), n: from.at(-1) });
}
