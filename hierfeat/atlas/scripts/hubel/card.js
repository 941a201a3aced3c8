// What is shown of one unit under an electrode: which it is, its map, its trace, the game, its plate.
import { channelOf, layers, view } from "../data.js";
import { element, need, setText } from "../dom.js";
import { number } from "../maps.js";
import { middle, SILENT } from "./cell.js";
import { say } from "../said.js";

/** @typedef {import("./cell.js").Cell} Cell */
/** @typedef {import("../store.js").Chosen} Chosen */
/** @typedef {(i: number) => void} Act */
/** @typedef {{ sweep: Act, search: Act, reveal: Act, activate: Act, remove: Act, replace: (i: number, unit: Chosen) => void }} Acts */

/** What hierfeat calls the type, in a sentence. @type {Record<string, import("../said.js").Said>} */
const TYPES = {
  simple: say("A simple cell"),
  complex: say("A complex cell"),
  untuned: say("Not tuned to orientation"),
  unresponsive: say("No grating excites it"),
};

/** @param {Cell} cell @param {number} i @param {number} count @param {boolean} active @param {Acts} acts */
export function cardOf(cell, i, count, active, acts) {
  const button = (/** @type {string} */ name, /** @type {import("../dom.js").Child} */ label, /** @type {Act} */ act) => element("button", { type: "button", "data-do": name, onclick: () => act(i) }, label);
  const title = count > 1 ? say("Unit {letter}", { letter: "AB"[i] }) : say("Unit");
  const several = count > 1 && [
    element("button", { type: "button", "data-do": "activate", "aria-pressed": active ? "true" : "false", onclick: () => acts.activate(i) }, active ? say("A click on a map changes this one") : say("Let clicks change this one")),
    button("remove", say("Remove"), acts.remove),
  ];
  return element(
    "section",
    { class: `cell ${"ab"[i]}${active && count > 1 ? " active" : ""}`, "data-cell": i, "aria-label": title },
    element("h3", {}, title, element("small", {}, cell.name)),
    chooser(cell, i, title, acts),
    element("p", { class: "type" }, typeOf(cell)),
    element("div", { class: "views" },
      element("figure", { class: "handmap" }, element("figcaption", {}, say("Mapped by hand")), element("canvas", { role: "img", "aria-label": say("The receptive field as mapped by hand") })),
      element("figure", { class: "scope" }, element("figcaption", {}, say("Response and spikes")), element("canvas", { class: "trace", width: 720, height: 260, role: "img", "aria-label": say("Trace of the response, and its spikes") }), element("p", { class: "hears" })),
    ),
    element("p", { class: "key" }, element("b", { class: "on" }, say("× ON")), say(": light raises the response. "), element("b", { class: "off" }, say("△ OFF")), say(": light lowers it, or dark raises it. "), element("b", { class: "both" }, say("Yellow")), say(": both.")),
    element("div", { class: "game" }, element("div", { class: "gauge", "aria-hidden": "true" }, element("i")), element("p", { class: "score-says", role: "status" })),
    element("p", { class: "buttons" }, button("sweep", say("Sweep a bar by itself"), acts.sweep), !cell.optimum && button("search", say("Measure its best grating"), acts.search), button("reveal", say("Show its best grating"), acts.reveal), several && several[0], several && several[1]),
    element("div", { class: "plate" }),
  );
}

/** @param {Cell} cell */
function typeOf(cell) {
  const { type, layer, channel } = cell;
  if (!type) return say("Its type was measured for the unit in the middle of the map only.");
  const orientation = layer.tuning.orientation[channel];
  const named = TYPES[type] ?? type;
  if (orientation === null || type === "untuned" || type === "unresponsive") return say("{type}.", { type: named });
  return say("{type}; gratings of {angle}° drive it most.", { type: named, angle: Math.round(orientation) });
}

/** Layer, channel, row and column by keyboard. @param {Cell} cell @param {number} i @param {import("../said.js").Said} title @param {Acts} acts */
function chooser(cell, i, title, acts) {
  const { unit } = cell;
  const layer = element("select", { "aria-label": say("{title}: layer", { title }) }, ...layers.filter((one) => one.maps).map((one) => element("option", { value: one.index, selected: one.index === unit.layer }, one.name)));
  layer.addEventListener("change", () => acts.replace(i, middle(Number(layer.value))));
  const { tiles, height, width, vector } = view(cell.layer);
  const number_ = (/** @type {import("../said.js").Said} */ label, /** @type {number} */ value, /** @type {number} */ most, /** @type {(value: number) => Chosen} */ next) => {
    const input = element("input", { type: "number", min: 0, max: most, value, "aria-label": say("{title}: {label}", { title, label }) });
    input.addEventListener("change", () => acts.replace(i, next(Math.max(0, Math.min(most, Math.round(Number(input.value) || 0))))));
    return element("label", {}, element("span", {}, label), input);
  };
  const numbers = vector
    ? [number_(say("unit"), channelOf(cell.layer, unit), cell.layer.maps.shape[0] - 1, (value) => ({ ...unit, row: Math.floor(value / width), col: value % width }))]
    : [
        number_(say("channel"), unit.tile, tiles - 1, (tile) => ({ ...unit, tile })),
        number_(say("row"), unit.row, height - 1, (row) => ({ ...unit, row })),
        number_(say("column"), unit.col, width - 1, (col) => ({ ...unit, col })),
      ];
  return element("div", { class: "chooser" }, element("label", {}, element("span", {}, say("layer")), layer), ...numbers);
}

/** Bring a card up to what its unit answers. @param {HTMLElement} card @param {Cell} cell */
export function refreshCard(card, cell) {
  const heard = { now: number(cell.response), blank: number(cell.blank), most: number(cell.largest) };
  const silent = cell.largest <= SILENT; // it has answered to nothing yet
  setText(need(".hears", card), silent ? say("{now}; to bare grey {blank} (dashed)", heard) : say("{now}; to bare grey {blank} (dashed); at most {most}", heard));
  const { score, optimum } = cell;
  const says = need(".score-says", card);
  need(".gauge i", card).style.setProperty("--share", String(Math.min(1, score ?? 0)));
  if (score !== null) setText(says, say("Find its best stimulus: yours drives it to {share}\u00a0% of what the best of 1024 gratings does.", { share: Math.round(100 * score) }));
  else setText(says, optimum ? say("No grating raises this unit above its response to grey.") : say("Find its best stimulus: first let the page measure its best grating."));
  /** @type {HTMLButtonElement} */ (need('[data-do="reveal"]', card)).disabled = !optimum;
}
