// The plate of 1959: for each orientation the response as a bar sweeps across the field; and the polar tuning curve.
import { polarChart } from "../charts.js";
import { payload } from "../data.js";
import { element, svg } from "../dom.js";
import { saveTable } from "../export.js";
import { probe } from "../live.js";
import { number } from "../maps.js";
import { drawn, sweep } from "../stimuli.js";
import { say } from "../said.js";

/** @typedef {import("./cell.js").Cell} Cell */
/** @typedef {import("../stimuli.js").Stimulus} Stimulus */
/** @typedef {{ orientations: number[], offsets: number[], responses: number[][], blank: number }} Sweep */

const shape = payload.model.input_shape;

/** @param {Cell} cell @param {Stimulus[]} stimuli */
export async function responsesOf(cell, stimuli) {
  const images = stimuli.map((one) => drawn(shape, one));
  return (await probe({ images, layer: cell.unit.layer, places: [cell.place] })).map(([response]) => response);
}

/** What the cell answers to bare grey. @param {Cell} cell */
export async function blankOf(cell) {
  const [blank] = await responsesOf(cell, [{ kind: "spot", row: 0, col: 0, orientation: 0, width: 1, length: 1, polarity: 0 }]);
  return blank;
}

/**
 * The sweep of hierfeat.bar_sweep, an orientation after the other.
 * @param {Cell} cell @param {(row: number[], stimuli: Stimulus[], sweep: Sweep) => Promise<boolean | void>} [shown] false ends it
 * @returns {Promise<Sweep>}
 */
export async function runSweep(cell, shown) {
  const { orientations, offsets, stimulus } = sweep(cell.field);
  /** @type {Sweep} */
  const found = { orientations, offsets, responses: [], blank: await blankOf(cell) };
  for (const orientation of orientations) {
    const stimuli = offsets.map((offset) => stimulus(orientation, offset));
    const row = await responsesOf(cell, stimuli);
    found.responses.push(row);
    if (shown && (await shown(row, stimuli, found)) === false) break;
  }
  return found;
}

/** @param {number} value @param {number} most */
const rate = (value, most) => Math.max(0, value) / most;

/** @param {Sweep} found @param {number} [until] points of the last row that are known */
export function plateOf(found, until = Infinity) {
  const { orientations, offsets, responses, blank } = found;
  const known = Math.max(...responses.flat(), blank, 0);
  const most = known || 1;
  const X = (/** @type {number} */ k) => 78 + (k * 210) / (offsets.length - 1);
  const rows = responses.map((row, i) => {
    const known = i === responses.length - 1 ? row.slice(0, until) : row;
    const line = known.map((value, k) => `L${X(k).toFixed(1)} ${(30 - 26 * rate(value, most)).toFixed(1)}`).join("");
    const angle = (orientations[i] * Math.PI) / 180;
    const [x, y] = [13 * Math.cos(angle), 13 * Math.sin(angle)];
    return svg(
      "g",
      { transform: `translate(0 ${i * 34})` },
      svg("text", { x: 42, y: 22, "text-anchor": "end" }, `${orientations[i]}°`),
      svg("line", { class: "bar", x1: 60 - x, y1: 17 + y, x2: 60 + x, y2: 17 - y }),
      known.length > 1 && svg("path", { class: "filled", d: `M78 30${line}L${X(known.length - 1).toFixed(1)} 30Z` }),
      svg("line", { class: "grey", x1: 78, x2: 288, y1: 30 - 26 * rate(blank, most), y2: 30 - 26 * rate(blank, most) }),
    );
  });
  const axis = [-1, 0, 1].map((side) => svg("text", { x: 183 + 105 * side, y: orientations.length * 34 + 14, "text-anchor": side < 0 ? "start" : side ? "end" : "middle" }, side ? number(offsets[side < 0 ? 0 : offsets.length - 1]) : say("bar's place (px)")));
  return svg("svg", { class: "traces", viewBox: `0 0 292 ${orientations.length * 34 + 20}`, role: "img", "aria-label": say("Response as a bar sweeps across the field at {n} orientations; full height {most}", { n: orientations.length, most: number(known) }) }, ...rows, ...axis);
}

/** The largest rate of each orientation. @param {Sweep} found */
export const strengths = (found) => found.responses.map((row) => Math.max(0, ...row));

/** @param {Sweep} found */
export const polarOf = (found) => polarChart(found.orientations, strengths(found));

/** The numbers of the plate, as hierfeat.bar_sweep tables them. @param {Sweep} found @param {string} name */
function savePlate({ orientations, offsets, responses }, name) {
  saveTable(["orientation", "offset", "response", "rate"], responses.flatMap((row, i) => row.map((value, k) => [orientations[i], offsets[k], value, Math.max(0, value)])), `plate-${name}`);
}

/** @param {Sweep} found @param {number} [until] points of the last row that are known @param {string} [name] of the unit */
export function figuresOf(found, until, name = "") {
  const silent = Math.max(...found.responses.flat()) <= 1e-9 && found.responses.length === found.orientations.length;
  const whole = found.responses.length === found.orientations.length && until === undefined;
  return [
    silent ? element("p", { class: "note" }, say("No bar brings this unit above zero.")) : null,
    element("figure", {}, element("figcaption", {}, say("A light bar sweeps across the field; dashed: to grey")), plateOf(found, until)),
    whole ? element("figure", {}, element("figcaption", {}, say("Largest response by orientation")), polarOf(found)) : null,
    whole ? element("p", { class: "buttons" }, element("button", { type: "button", "data-do": "plate-csv", onclick: () => savePlate(found, name) }, say("Save as CSV"))) : null,
  ].filter((one) => one !== null);
}
