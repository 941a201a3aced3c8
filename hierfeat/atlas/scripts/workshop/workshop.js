// The kernel workshop: a kernel under one's hand, laid on a picture, with the arithmetic of any pixel of the result.
import { fromBase64 } from "../../live/engine/weights.js";
import { layers, payload, values, view } from "../data.js";
import { element, need, setText } from "../dom.js";
import { legend, number, paintGrey, paintNumbers } from "../maps.js";
import { state, subscribe } from "../store.js";
import { visible, watch } from "../visible.js";
import { arrangeChain, showChain, startChain } from "./chain.js";
import { correlate, flipped, normalised, resized, transposed, windows } from "./correlate.js";
import { kernelTable, writeKernel } from "./kernel_table.js";
import { ownPicture, ownPictures, stopOwnCamera } from "./own.js";
import { showPixel } from "./pixel.js";
import { say } from "../said.js";

/** @typedef {import("./correlate.js").Kernel} Kernel @typedef {import("./correlate.js").Settings} Settings @typedef {import("./correlate.js").Picture} Picture */

const LARGEST = 11;
const MODES = { zeros: say("zeros"), reflect: say("its mirror image"), replicate: say("its border"), circular: say("its other side") };

/** @type {{ kernel: Kernel, settings: Settings }} */
let now = { kernel: named("sobel_90"), settings: { padding: 0, mode: "zeros", stride: 1, dilation: 1 } };
/** What can be taken back. @type {(typeof now)[]} */
const past = [];
let source = "photograph";
let signed = true;
/** The pixel of the result that is looked at: the one in the middle, to begin with. @type {{ row: number, col: number } | null} */
let at = null;
/** Gives the network's input, where one runs in the page. @type {(() => ArrayLike<number>) | null} */
let input = null;

/** @param {string} name @returns {Kernel} */
function named(name) {
  const { weights } = payload.workshop.kernels.find((/** @type {any} */ one) => one.name === name);
  return { weights: weights.flat(), rows: weights.length, cols: weights[0].length };
}

/** @type {Picture | null} */
let photograph = null;

function thePhotograph() {
  const { data, height, width } = payload.workshop.photograph;
  return (photograph ??= { data: Float32Array.from(fromBase64(data), (level) => level / 255), height, width });
}

/** Luminance of the network's input (ITU-R BT.601); one channel as it is. @returns {Picture} */
function theInput() {
  const [channels, height, width] = payload.model.input_shape;
  const found = /** @type {() => ArrayLike<number>} */ (input)();
  const each = height * width;
  if (channels !== 3) return { data: Array.from({ length: each }, (_, i) => found[i]), height, width };
  return { data: Float64Array.from({ length: each }, (_, i) => 0.299 * found[i] + 0.587 * found[each + i] + 0.114 * found[2 * each + i]), height, width };
}

/** The map of the unit that was chosen last; null where there is none. @returns {Picture | null} */
function theMap() {
  const chosen = state.unit;
  const layer = chosen && layers[chosen.layer];
  if (!chosen || !layer?.maps || view(layer).vector) return null;
  const { height, width } = view(layer);
  return { data: Array.from(values(layer)).slice(chosen.tile * height * width, (chosen.tile + 1) * height * width), height, width };
}

const picture = () => (source === "map" ? theMap() : source === "own" ? ownPicture() : source === "input" && input ? theInput() : null) ?? thePhotograph();

/** @param {Partial<Kernel>} kernel @param {Partial<Settings>} [settings] */
function change(kernel, settings = {}) {
  past.push(now);
  if (past.length > 200) past.shift();
  now = { kernel: { ...now.kernel, ...kernel }, settings: { ...now.settings, ...settings } };
  show();
}

/**
 * Set the workshop, as a lesson does: a named kernel, settings, and what follows the convolution.
 * @param {{ kernel?: string, settings?: Partial<Settings>, chain?: Parameters<typeof arrangeChain>[0] }} wanted
 */
export function arrange({ kernel, settings = {}, chain }) {
  if (chain) arrangeChain(chain);
  change(kernel ? named(kernel) : {}, settings);
}

/** Lay a kernel of one's own. @param {Kernel} kernel */
export const layOut = (kernel) => change(kernel);

/** The kernel at hand, grown or cut to a size. @param {number} rows @param {number} cols */
export const kernelAtHand = (rows, cols) => resized(now.kernel, rows, cols);

function undo() {
  const before = past.pop();
  if (before) now = before;
  show();
}

/** @param {import("../said.js").Said} label @param {Record<string, import("../dom.js").Child>} options @param {(value: string) => void} chosen @param {string} name */
function choice(label, options, chosen, name) {
  const select = element("select", { name, onchange: () => chosen(select.value) }, ...Object.entries(options).map(([value, text]) => element("option", { value }, text)));
  return element("label", { class: "knob" }, element("span", {}, label), select);
}

/** @param {number} from @param {number} to */
const counts = (from, to) => Object.fromEntries(Array.from({ length: to - from + 1 }, (_, i) => [String(from + i), String(from + i)]));

/** @param {import("../said.js").Said} text @param {string} name @param {() => void} act */
const button = (text, name, act) => element("button", { type: "button", "data-do": name, onclick: act }, text);

function controls() {
  const kernels = Object.fromEntries([["", say("your own")], ...payload.workshop.kernels.map((/** @type {any} */ one) => [one.name, say(one.name.replaceAll("_", " "))])]);
  return element(
    "div",
    { class: "knobs" },
    choice(say("Kernel"), kernels, (name) => name && change(named(name)), "kernel"),
    choice(say("Rows"), counts(1, LARGEST), (rows) => change(resized(now.kernel, Number(rows), now.kernel.cols)), "rows"),
    choice(say("Columns"), counts(1, LARGEST), (cols) => change(resized(now.kernel, now.kernel.rows, Number(cols))), "cols"),
    choice(say("Padding"), { ...counts(0, 8), same: say("same") }, (padding) => change({}, { padding: padding === "same" ? "same" : Number(padding) }), "padding"),
    choice(say("Filled with"), MODES, (mode) => change({}, { mode: /** @type {Settings["mode"]} */ (mode) }), "mode"),
    choice(say("Stride"), counts(1, 5), (stride) => change({}, { stride: Number(stride) }), "stride"),
    choice(say("Dilation"), counts(1, 5), (dilation) => change({}, { dilation: Number(dilation) }), "dilation"),
    element("div", { class: "buttons" }, button(say("Flip"), "flip", () => change(flipped(now.kernel))), button(say("Transpose"), "transpose", () => change(transposed(now.kernel))), button(say("Normalise"), "normalise", () => change(normalised(now.kernel))), button(say("Undo"), "unlay", undo)),
  );
}

function sources() {
  const option = (/** @type {string} */ value, /** @type {import("../dom.js").Child} */ text) =>
    element("label", {}, element("input", { type: "radio", name: "shop-source", value, checked: value === source, onchange: () => look(value) }), element("span", {}, text));
  return element("fieldset", { class: "pills" }, element("legend", {}, say("Picture")), option("photograph", say("photograph")), option("own", say("your own picture")), input && option("input", say("the network's input")), option("map", say("the chosen unit's map")));
}

/** Lay the kernel on another picture. @param {string} next */
function look(next) {
  source = next;
  /** @type {HTMLInputElement} */ (need(`[name="shop-source"][value="${next}"]`)).checked = true;
  need(".workshop .own").hidden = next !== "own";
  if (next !== "own") stopOwnCamera();
  show();
}

/** A picture of the reader's own has come. */
const ownTaken = () => (source === "own" ? layAnew() : look("own"));

function colours() {
  const option = (/** @type {import("../dom.js").Child} */ text, /** @type {boolean} */ value) =>
    element("label", {}, element("input", { type: "radio", name: "shop-colours", checked: value === signed, onchange: () => ((signed = value), show()) }), element("span", {}, text));
  return element("fieldset", { class: "pills" }, element("legend", {}, say("Result")), option(say("signed colours"), true), option(say("as a photograph"), false));
}

/** Put the workshop into the page. @param {(() => ArrayLike<number>) | null} ofNetwork what gives the network's input */
export function startWorkshop(ofNetwork) {
  input = ofNetwork;
  if (input) source = "input";
  const result = element("canvas", { class: "result", tabindex: 0, role: "application", "aria-label": say("result: arrow keys choose a pixel"), onkeydown: step });
  result.addEventListener("pointermove", (event) => point(event, result));
  result.addEventListener("pointerdown", (event) => point(event, result));
  const scene = element("div", { class: "board" }, element("canvas", { class: "source", role: "img", "aria-label": say("the picture under the kernel") }), element("i", { class: "box", hidden: true }));
  need(".workshop").append(
    element("div", { class: "desk" }, element("figure", {}, sources(), scene, element("div", { class: "own", hidden: true }, ...ownPictures(ownTaken))), element("figure", { class: "kernel" }, element("p", { class: "says-kernel note" }), kernelTable((place, weight) => change({ weights: now.kernel.weights.map((old, i) => (i === place ? weight : old)) }))), element("figure", {}, colours(), element("div", { class: "board" }, result), element("p", { class: "scale" }))),
    controls(),
    element("p", { class: "trouble", role: "status" }),
    element("p", { class: "worked-out" }),
    element("div", { class: "pixel" }),
  );
  startChain(need(".chain"));
  need(".workshop").addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    undo();
  });
  watch(need(".workshop"), refreshWorkshop);
  subscribe((changed) => changed.has("unit") && source === "map" && show());
  show();
}

/** The network has been given something else. */
export function refreshWorkshop() {
  if (source !== "photograph" && source !== "own" && visible(need(".workshop"))) layAnew();
}

/** @param {PointerEvent} event @param {HTMLCanvasElement} canvas */
function point(event, canvas) {
  const area = canvas.getBoundingClientRect();
  at = { row: Math.floor(((event.clientY - area.top) / area.height) * canvas.height), col: Math.floor(((event.clientX - area.left) / area.width) * canvas.width) };
  showChosen();
}

/** @param {KeyboardEvent} event */
function step(event) {
  const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (!by) return;
  event.preventDefault();
  if (at) at = { row: at.row + by[0], col: at.col + by[1] };
  showChosen();
}

/** The last result that could be had. @type {{ from: Picture, kernel: Kernel, laid: any, result: any } | null} */
let last = null;

function show() {
  writeKernel(now.kernel);
  writeControls();
  layAnew();
}

/** The kernel as it is on the picture as it is: a weight that is being typed is left alone. */
function layAnew() {
  const from = picture();
  const laid = windows(from, now.kernel, now.settings);
  setText(need(".workshop .trouble"), laid.trouble);
  need(".workshop").classList.toggle("impossible", laid.trouble !== "");
  if (!("rows" in laid)) return;
  const result = correlate(from, now.kernel, laid);
  last = { from, kernel: now.kernel, laid, result };
  paintPicture(from);
  paintResult(result);
  need(".workshop .worked-out").replaceChildren(...workedOut(laid));
  showChain(from, now.kernel, laid, result);
  showChosen();
}

/** A photograph in grey, a map in its colours. @param {Picture} from */
function paintPicture({ data, height, width }) {
  const canvas = /** @type {HTMLCanvasElement} */ (need(".workshop .source"));
  if (source !== "map") return paintGrey(canvas, data, height, width);
  paintNumbers(canvas, data, 0, height, width, largest(data), Array.from(data).some((value) => value < 0));
}

/** @param {ArrayLike<number>} numbers */
function largest(numbers) {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) most = Math.max(most, Math.abs(numbers[i]));
  return most;
}

/** @param {{ data: Float64Array, height: number, width: number }} result */
function paintResult({ data, height, width }) {
  const canvas = /** @type {HTMLCanvasElement} */ (need(".workshop .result"));
  const most = largest(data);
  if (signed) paintNumbers(canvas, data, 0, height, width, most, true);
  else paintGrey(canvas, data, height, width);
  const note = element("span", {}, say("below 0 black, above 1 white"));
  need(".workshop .scale").replaceChildren(signed ? legend(most, true) : note);
}

/** @param {{ rows: import("./correlate.js").Axis, cols: import("./correlate.js").Axis }} laid */
function workedOut({ rows, cols }) {
  const same = rows.formula === cols.formula;
  const left = (/** @type {import("./correlate.js").Axis} */ { unseen }, /** @type {string} */ one, /** @type {string} */ more) => unseen > 0 && say(unseen === 1 ? one : more, { n: unseen });
  const line = same ? `(w − f + 2p)/s + 1: ${rows.formula}.` : say("(w − f + 2p)/s + 1: rows {rows}; columns {cols}.", { rows: rows.formula, cols: cols.formula });
  return [
    element("span", { class: "formula" }, line),
    element("span", {}, " ", left(rows, "The last row of the picture is under no window.", "The last {n} rows of the picture are under no window."), " ", left(cols, "The last column of the picture is under no window.", "The last {n} columns of the picture are under no window.")),
  ];
}

function writeControls() {
  const { kernel, settings } = now;
  const known = payload.workshop.kernels.find((/** @type {any} */ one) => String(one.weights.flat()) === String(kernel.weights) && one.weights.length === kernel.rows);
  const held = { kernel: known?.name ?? "", rows: kernel.rows, cols: kernel.cols, padding: settings.padding, mode: settings.mode, stride: settings.stride, dilation: settings.dilation };
  for (const [name, value] of Object.entries(held)) /** @type {HTMLSelectElement} */ (need(`.workshop [name="${name}"]`)).value = String(value);
  /** @type {HTMLButtonElement} */ (need('.workshop [data-do="unlay"]')).disabled = past.length === 0;
  setText(need(".says-kernel"), known ? say(known.description) : say("Your own kernel, with a sum of {sum}.", { sum: number(kernel.weights.reduce((a, b) => a + b, 0)) }));
}

/** The window on the picture, and the sum that makes the pixel pointed at. */
function showChosen() {
  if (!last) return;
  const { from, kernel, laid, result } = last;
  at ??= { row: Math.floor(result.height / 2), col: Math.floor(result.width / 2) };
  at = { row: Math.max(0, Math.min(at.row, result.height - 1)), col: Math.max(0, Math.min(at.col, result.width - 1)) };
  const box = need(".workshop .box");
  const { stride, dilation } = now.settings;
  const percent = (/** @type {number} */ part, /** @type {number} */ whole) => `${(100 * part) / whole}%`;
  box.hidden = false;
  box.style.top = percent(at.row * stride - laid.rows.before, from.height);
  box.style.left = percent(at.col * stride - laid.cols.before, from.width);
  box.style.height = percent(dilation * (kernel.rows - 1) + 1, from.height);
  box.style.width = percent(dilation * (kernel.cols - 1) + 1, from.width);
  showPixel(need(".workshop .pixel"), from, kernel, laid, result, at);
}
