// What is shown of one unit under an electrode: which it is, its map, its trace, the game, its plate.
import { channelOf, layers, view } from "../data.js";
import { element, need } from "../dom.js";
import { number } from "../maps.js";
import { middle } from "./cell.js";

/** @typedef {import("./cell.js").Cell} Cell */
/** @typedef {import("../store.js").Chosen} Chosen */
/** @typedef {(i: number) => void} Act */
/** @typedef {{ sweep: Act, search: Act, reveal: Act, activate: Act, remove: Act, replace: (i: number, unit: Chosen) => void }} Acts */

/** What hierfeat calls the type, in a sentence. @type {Record<string, string>} */
const TYPES = {
  simple: "A simple cell",
  complex: "A complex cell",
  untuned: "Not tuned to orientation",
  unresponsive: "No grating excites it",
};

/** @param {Cell} cell @param {number} i @param {number} count @param {boolean} active @param {Acts} acts */
export function cardOf(cell, i, count, active, acts) {
  const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {Act} */ act) => element("button", { type: "button", "data-do": name, onclick: () => act(i) }, label);
  const title = count > 1 ? `Unit ${"AB"[i]}` : "Unit";
  const several = count > 1 && [
    element("button", { type: "button", "data-do": "activate", "aria-pressed": active ? "true" : "false", onclick: () => acts.activate(i) }, active ? "A click on a map changes this one" : "Let clicks change this one"),
    button("remove", "Remove", acts.remove),
  ];
  return element(
    "section",
    { class: `cell ${"ab"[i]}${active && count > 1 ? " active" : ""}`, "data-cell": i, "aria-label": title },
    element("h3", {}, title, element("small", {}, cell.name)),
    chooser(cell, i, title, acts),
    element("p", { class: "type" }, typeOf(cell)),
    element("div", { class: "views" },
      element("figure", { class: "handmap" }, element("figcaption", {}, "Mapped by hand"), element("canvas", { role: "img", "aria-label": "The receptive field as mapped by hand" })),
      element("figure", { class: "scope" }, element("figcaption", {}, "Response and spikes"), element("canvas", { class: "trace", width: 720, height: 260, role: "img", "aria-label": "Trace of the response, and its spikes" }), element("p", { class: "hears" })),
    ),
    element("p", { class: "key" }, element("b", { class: "on" }, "× ON"), ": light raises the response. ", element("b", { class: "off" }, "△ OFF"), ": light lowers it, or dark raises it. ", element("b", { class: "both" }, "Yellow"), ": both."),
    element("div", { class: "game" }, element("div", { class: "gauge", "aria-hidden": "true" }, element("i")), element("p", { class: "score-says", role: "status" })),
    element("p", { class: "buttons" }, button("sweep", "Sweep a bar by itself", acts.sweep), !cell.optimum && button("search", "Measure its best grating", acts.search), button("reveal", "Show its best grating", acts.reveal), several && several[0], several && several[1]),
    element("div", { class: "plate" }),
  );
}

/** @param {Cell} cell */
function typeOf(cell) {
  const { type, layer, channel } = cell;
  if (!type) return "Its type was measured for the unit in the middle of the map only.";
  const orientation = layer.tuning.orientation[channel];
  const prefers = orientation === null || type === "untuned" || type === "unresponsive" ? "" : `; gratings of ${Math.round(orientation)}° drive it most`;
  return `${TYPES[type] ?? type}${prefers}.`;
}

/** Layer, channel, row and column by keyboard. @param {Cell} cell @param {number} i @param {string} title @param {Acts} acts */
function chooser(cell, i, title, acts) {
  const { unit } = cell;
  const layer = element("select", { "aria-label": `${title}: layer` }, ...layers.filter((one) => one.maps).map((one) => element("option", { value: one.index, selected: one.index === unit.layer }, one.name)));
  layer.addEventListener("change", () => acts.replace(i, middle(Number(layer.value))));
  const { tiles, height, width, vector } = view(cell.layer);
  const number_ = (/** @type {string} */ label, /** @type {number} */ value, /** @type {number} */ most, /** @type {(value: number) => Chosen} */ next) => {
    const input = element("input", { type: "number", min: 0, max: most, value, "aria-label": `${title}: ${label}` });
    input.addEventListener("change", () => acts.replace(i, next(Math.max(0, Math.min(most, Math.round(Number(input.value) || 0))))));
    return element("label", {}, element("span", {}, label), input);
  };
  const numbers = vector
    ? [number_("unit", channelOf(cell.layer, unit), cell.layer.maps.shape[0] - 1, (value) => ({ ...unit, row: Math.floor(value / width), col: value % width }))]
    : [
        number_("channel", unit.tile, tiles - 1, (tile) => ({ ...unit, tile })),
        number_("row", unit.row, height - 1, (row) => ({ ...unit, row })),
        number_("column", unit.col, width - 1, (col) => ({ ...unit, col })),
      ];
  return element("div", { class: "chooser" }, element("label", {}, element("span", {}, "layer"), layer), ...numbers);
}

/** Bring a card up to what its unit answers. @param {HTMLElement} card @param {Cell} cell */
export function refreshCard(card, cell) {
  need(".hears", card).textContent = `${number(cell.response)}; to bare grey ${number(cell.blank)} (dashed); at most ${number(cell.largest)}`;
  const { score, optimum } = cell;
  const says = need(".score-says", card);
  need(".gauge i", card).style.setProperty("--share", String(Math.min(1, score ?? 0)));
  if (score !== null) says.textContent = `Find its best stimulus: yours drives it to ${Math.round(100 * score)} % of what the best of 1024 gratings does.`;
  else says.textContent = optimum ? "No grating raises this unit above its response to grey." : "Find its best stimulus: first let the page measure its best grating.";
  /** @type {HTMLButtonElement} */ (need('[data-do="reveal"]', card)).disabled = !optimum;
}
