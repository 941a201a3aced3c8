// While the image is shifted: how alike each layer's response is to that before the shift, as hierfeat measures it.
import { line } from "./charts.js";
import { layers } from "./data.js";
import { desk, made } from "./desk.js";
import { element, find, svg } from "./dom.js";
import { frameOf } from "./live.js";
import { number } from "./maps.js";
import { state } from "./store.js";
import { visible } from "./visible.js";
import { say } from "./said.js";

/** @typedef {{ name: string, kind: string, similarity: number | null, invariance: number | null }} Row */

/** The layers that hierfeat.translation_invariance looks at. */
const shown = layers.filter((layer) => layer.maps);
/** Shifts whose curves stay on the plot, at most. */
const TRAIL = 16;

/** The responses to the image before the shift. @type {{ key: string, layers: Float32Array[] } | null} */
let before = null;
/** Curves of the shifts tried on this image. @type {Map<string, Row[]>} */
let trail = new Map();
/** @type {Row[]} */
let rows = [];

/** What must not change for the responses before the shift to hold. */
const key = () => JSON.stringify([state.sample, desk.changes, desk.prepare, { ...desk.settings, shift_x: 0, shift_y: 0 }]);

const shifted = () => desk.settings.shift_x !== 0 || desk.settings.shift_y !== 0;

/** Before a frame of a shifted image: see what the network answers to the image where it was. */
export async function compareWith() {
  const now = key();
  if (!shifted() || before?.key === now) return;
  const frame = await frameOf(made({ shift_x: 0, shift_y: 0 }));
  before = { key: now, layers: frame.layers.map((values) => values.slice()) };
  trail = new Map();
}

/** The cosine; 0 where one is zero everywhere, null where both are. @param {Float32Array} a @param {Float32Array} b */
export function cosine(a, b) {
  let [dot, one, other] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    one += a[i] * a[i];
    other += b[i] * b[i];
  }
  if (one > 0 && other > 0) return dot / Math.sqrt(one * other);
  return one > 0 || other > 0 ? 0 : null;
}

/** Measure the frame that is shown, and plot it. @param {import("./live.js").Frame} frame */
export function showInvariance(frame) {
  const figure = find(".shift-plot");
  if (!figure) return;
  const on = shifted() && before?.key === key();
  if (figure.hidden === on) figure.hidden = !on;
  if (!on || !before) return;
  const old = before.layers;
  rows = shown.map((layer) => {
    const similarity = cosine(old[layer.index], frame.layers[layer.index]);
    const base = layer.shift?.baseline ?? null;
    const known = similarity !== null && base !== null && 1 - base > 1e-9;
    return { name: layer.name, kind: layer.kind, similarity, invariance: known ? (similarity - base) / (1 - base) : null };
  });
  const { shift_x, shift_y } = desk.settings;
  trail.delete(`${shift_x} ${shift_y}`);
  trail.set(`${shift_x} ${shift_y}`, rows);
  if (trail.size > TRAIL) trail.delete(/** @type {string} */ (trail.keys().next().value));
  if (visible(figure)) plot(figure);
}

/** What is plotted: for each layer the cosine with the response before the shift, and what is left of the invariance. */
export const invariance = () => rows;

/** Draw what was measured while the plot was out of sight. */
export function plotAgain() {
  const figure = find(".shift-plot");
  if (figure && !figure.hidden && rows.length) plot(figure);
}

const signed = (/** @type {number} */ value) => String(value).replace("-", "−");

/** @param {HTMLElement} figure */
function plot(figure) {
  const [W, H, left, top, bottom] = [680, 210, 44, 10, 62];
  const of = (/** @type {Row} */ row) => row.invariance ?? row.similarity;
  const low = Math.min(0, ...rows.map((row) => of(row) ?? 0));
  const X = (/** @type {number} */ i) => left + ((i + 0.5) * (W - left - 8)) / rows.length;
  const Y = (/** @type {number} */ value) => H - bottom - ((value - low) / (1 - low)) * (H - top - bottom);
  const parts = [0, 0.5, 1].flatMap((t) => [svg("line", { class: "grid", x1: left, x2: W - 8, y1: Y(t), y2: Y(t) }), svg("text", { x: left - 6, y: Y(t) + 4, "text-anchor": "end" }, t)]);
  const points = (/** @type {Row[]} */ one) => one.map((row, i) => /** @type {[number, number | null]} */ ([i, of(row)]));
  for (const one of trail.values()) if (one !== rows) parts.push(.../** @type {any} */ (line(points(one), X, Y, "faint")));
  const drawn = points(rows).filter(([, value]) => value !== null);
  parts.push(svg("path", { class: "first", d: drawn.map(([i, value], k) => `${k ? "L" : "M"}${X(i).toFixed(1)} ${Y(/** @type {number} */ (value)).toFixed(1)}`).join("") }));
  for (const [i, value] of drawn) parts.push(svg("circle", { class: rows[i].kind === "pool" ? "pool" : "other", cx: X(i), cy: Y(/** @type {number} */ (value)), r: rows.length > 30 ? 2.5 : 4 }, svg("title", {}, `${rows[i].name}: ${number(value)}`)));
  if (rows.length <= 24) rows.forEach((_, i) => parts.push(svg("text", { class: "slanted", "text-anchor": "end", transform: `translate(${X(i) + 4} ${H - bottom + 14}) rotate(-38)` }, shown[i].short)));
  else parts.push(svg("text", { class: "name", x: (left + W) / 2, y: H - bottom + 20, "text-anchor": "middle" }, say("layers, from the first to the last")));
  parts.push(svg("text", { class: "name", "text-anchor": "middle", transform: `translate(11 ${(top + H - bottom) / 2}) rotate(-90)` }, say(rows.some((row) => row.invariance !== null) ? "invariance" : "cosine")));
  const { shift_x, shift_y } = desk.settings;
  const says = say("Invariance of every layer to a shift by {right} px to the right and {down} px down", { right: signed(shift_x), down: signed(shift_y) });
  figure.replaceChildren(element("figcaption", {}, says, say(": 1 if its response to this image is the same, 0 if no more alike than that to another image. Pools are orange; shifts tried before, grey.")), svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": says }, ...parts));
}
