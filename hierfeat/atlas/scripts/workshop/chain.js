// What follows the convolution in a network: an activation function, then a pool, on a picture that is moved by hand.
import { drawing, frame } from "../charts.js";
import { element, need, setText, svg, words } from "../dom.js";
import { legend, number, paintNumbers } from "../maps.js";
import { ACTIVATIONS } from "./activations.js";
import { correlate } from "./correlate.js";
import { alike, moved, POOLS } from "./pools.js";
import { say } from "../said.js";

/** @typedef {import("./correlate.js").Kernel} Kernel @typedef {import("./correlate.js").Picture} Picture @typedef {import("./pools.js").Grid} Grid */

const asked = { activation: "relu", parameter: 0, pool: "max", size: 2, stride: 2, down: 1, right: 0 };
/** What is shown at the moment. @type {{ from: Picture, kernel: Kernel, laid: any, result: Grid } | null} */
let shown = null;

/** @param {import("../said.js").Said} label @param {Record<string, import("../dom.js").Child>} options @param {"activation" | "pool" | "size" | "stride"} name */
function choice(label, options, name) {
  const set = () => {
    const value = select.value;
    if (name === "size" || name === "stride") asked[name] = Number(value);
    else asked[name] = value;
    if (name === "activation") asked.parameter = ACTIVATIONS[value].parameter?.start ?? 0;
    show();
  };
  const select = element("select", { name, onchange: set }, ...Object.entries(options).map(([value, text]) => element("option", { value, selected: value === String(asked[name]) }, text)));
  return element("label", { class: "knob" }, element("span", {}, label), select);
}

/** @param {import("../said.js").Said} label @param {"down" | "right"} name */
function slider(label, name) {
  const said = element("output", {}, String(asked[name]));
  const input = element("input", {
    type: "range", name: `chain-${name}`, min: -8, max: 8, step: 1, value: asked[name],
    oninput: () => {
      asked[name] = input.valueAsNumber;
      said.textContent = `${asked[name]}`.replace("-", "−");
      show();
    },
  });
  return element("label", { class: "knob" }, element("span", {}, label, " ", said, " px"), input);
}

const sizes = Object.fromEntries([1, 2, 3, 4, 5].map((size) => [String(size), String(size)]));
const named = (/** @type {Record<string, { name: import("../dom.js").Child }>} */ all) => Object.fromEntries(Object.entries(all).map(([key, { name }]) => [key, name]));

/** A figure with a canvas and a line below it. @param {string} name @param {import("../said.js").Said} caption */
const view = (name, caption) => element("figure", { class: name }, element("figcaption", {}, caption), element("canvas", { role: "img", "aria-label": caption }), element("p", { class: "scale" }));

/** @param {HTMLElement} target */
export function startChain(target) {
  const parameter = element("input", { type: "range", name: "parameter", oninput: () => ((asked.parameter = parameter.valueAsNumber), show()) });
  target.append(
    element("h3", { id: "chain" }, say("Then an activation function, then a pool")),
    element("div", { class: "knobs" }, choice(say("Activation function"), named(ACTIVATIONS), "activation"), element("label", { class: "knob parameter" }, element("span", {}), parameter)),
    element("div", { class: "desk" }, element("figure", { class: "curve" }), view("rectified", say("The result, through the function")), view("pooled", say("And pooled"))),
    element("div", { class: "knobs" }, choice(say("Pool"), named(POOLS), "pool"), choice(say("Window"), sizes, "size"), choice(say("Step"), sizes, "stride"), slider(say("Picture moved down"), "down"), slider(say("Picture moved right"), "right")),
    element("div", { class: "likeness" }),
  );
}

/** Set the controls, without a drawing. @param {Partial<typeof asked>} wanted */
export function arrangeChain(wanted) {
  Object.assign(asked, wanted);
  if (wanted.activation) asked.parameter = ACTIVATIONS[wanted.activation].parameter?.start ?? 0;
  for (const name of /** @type {const} */ (["activation", "pool", "size", "stride"])) /** @type {HTMLSelectElement} */ (need(`.chain [name="${name}"]`)).value = String(asked[name]);
  for (const name of /** @type {const} */ (["down", "right"])) {
    const input = /** @type {HTMLInputElement} */ (need(`.chain [name="chain-${name}"]`));
    input.value = String(asked[name]);
    need("output", /** @type {HTMLElement} */ (input.parentElement)).textContent = `${asked[name]}`.replace("-", "−");
  }
}

/** @param {Grid} map @returns {Grid} */
function through(map) {
  const { value } = ACTIVATIONS[asked.activation];
  return { ...map, data: map.data.map((z) => value(z, asked.parameter)) };
}

/** @param {Picture} from @param {Kernel} kernel @param {any} laid @param {Grid} result */
export function showChain(from, kernel, laid, result) {
  shown = { from, kernel, laid, result };
  show();
}

function show() {
  if (!shown) return;
  const { from, kernel, laid, result } = shown;
  showParameter();
  need(".chain .curve").replaceChildren(curve());
  const rectified = through(result);
  paint(".chain .rectified", rectified, (map) => say("{zero} % of the values are 0, {below} % below.", { zero: share(map, (value) => value === 0), below: share(map, (value) => value < 0) }));
  const fits = asked.size <= Math.min(rectified.height, rectified.width);
  const { pool } = POOLS[fits ? asked.pool : "none"];
  const pooled = pool(rectified, asked.size, asked.stride);
  paint(".chain .pooled", pooled, (map) => (fits ? `${rectified.height} × ${rectified.width} → ${map.height} × ${map.width}` : say("A window of {n} does not fit on {size}.", { n: asked.size, size: `${rectified.height} × ${rectified.width}` })));
  const shift = moved(from, asked.down, asked.right);
  const laidOnShifted = correlate(shift, kernel, laid);
  const rectifiedShifted = through(laidOnShifted);
  showLikeness([
    [say("picture"), alike(from.data, shift.data)],
    [say("convolution"), alike(result.data, laidOnShifted.data)],
    [say("activation"), alike(rectified.data, rectifiedShifted.data)],
    [say("pool"), alike(pooled.data, pool(rectifiedShifted, asked.size, asked.stride).data)],
  ]);
}

/** @param {Grid} map @param {(value: number) => boolean} which */
const share = ({ data }, which) => ((100 * data.reduce((count, value) => count + (which(value) ? 1 : 0), 0)) / data.length).toFixed(0);

/** @param {string} place @param {Grid} map @param {(map: Grid) => import("../dom.js").Child} says */
function paint(place, map, says) {
  let [most, below] = [0, false];
  for (const value of map.data) {
    most = Math.max(most, Math.abs(value));
    below ||= value < 0;
  }
  paintNumbers(/** @type {HTMLCanvasElement} */ (need(`${place} canvas`)), map.data, 0, map.height, map.width, most, below);
  need(`${place} .scale`).replaceChildren(words(legend(most, below), " ", says(map)));
}

function showParameter() {
  const { parameter } = ACTIVATIONS[asked.activation];
  const knob = need(".chain .parameter");
  knob.hidden = !parameter;
  if (!parameter) return;
  const input = /** @type {HTMLInputElement} */ (need("input", knob));
  [input.min, input.max, input.step] = [parameter.least, parameter.most, parameter.step].map(String);
  input.value = String(asked.parameter);
  setText(need("span", knob), say("{name} = {value}", { name: parameter.label, value: number(asked.parameter) }));
}

/** The function, and its slope dashed. */
function curve() {
  const { name, formula, value, slope } = ACTIVATIONS[asked.activation];
  const { X, Y, parts } = frame({ x: [-4, 4], y: [-2, 4], xName: say("input z"), yName: say("output") });
  const line = (/** @type {(z: number, a: number) => number} */ of) =>
    Array.from({ length: 321 }, (_, i) => -4 + i / 40).map((z, i) => `${i ? "L" : "M"}${X(z).toFixed(1)} ${Y(Math.min(4, Math.max(-2, of(z, asked.parameter)))).toFixed(1)}`).join("");
  parts.push(svg("path", { class: "second", d: line(slope) }), svg("path", { class: "first", d: line(value) }));
  return element("div", {}, element("figcaption", {}, say("{name}: {formula}; dashed, its slope", { name, formula })), drawing(parts, say("{name} and its slope", { name })));
}

/** @param {[import("../said.js").Said, number][]} rows */
function showLikeness(rows) {
  const text = (/** @type {number} */ value) => (Number.isNaN(value) ? say("all zero") : value.toFixed(3).replace("-", "−"));
  need(".chain .likeness").replaceChildren(
    element("p", {}, say("How alike each stage is before and after the move: the cosine, 1 if nothing changed.")),
    element("ol", { class: "stages" }, ...rows.map(([name, value]) => element("li", {}, element("span", {}, name), element("i", { style: { "--share": Math.max(0, value) || 0 } }), element("span", { "data-stage": name.text }, text(value))))),
  );
}
