// For the back row and for the hand: a projector's large view (key P), and a phone's, one layer at a time.
import { downloads } from "./export.js";
import { all, element, find, need, setText } from "./dom.js";
import { layers } from "./data.js";
import { say } from "./said.js";
import { set, state, subscribe } from "./store.js";
import { indexOf } from "./units.js";

/** A screen on which one layer has room. */
export const narrow = matchMedia("(max-width: 40rem)");

/** The layer that is looked at: which column of the overview. */
let at = 0;
const columns = () => all(".overview .slides > .column");
const slides = () => need(".overview .slides");

/** What takes keys for itself. */
const BUSY = "input, select, textarea, .maps, .pad, .screen, [role=application], [contenteditable]";

export function startReach() {
  if (!columns().length) return;
  const step = (/** @type {string} */ name, /** @type {any} */ label, /** @type {string} */ sign, /** @type {number} */ by) => element("button", { type: "button", "data-do": name, "aria-label": label, onclick: () => go(at + by) }, sign);
  need(".overview .turn").replaceChildren(step("layer-before", say("Layer before"), "‹", -1), element("span", { role: "status" }), step("layer-after", say("Layer after"), "›", 1));
  need(".overview .save").replaceChildren(element("button", { type: "button", "data-do": "projector", "aria-pressed": String(state.projector), onclick: turnProjector }, say("Projector (P)")), downloads(need(".overview .columns"), "overview"));
  slides().addEventListener("scroll", () => narrow.matches && show(Math.round(slides().scrollLeft / slides().clientWidth)), { passive: true });
  document.addEventListener("keydown", press);
  document.addEventListener("pointerdown", (event) => (pressed = event.pointerType), true);
  subscribe((changed) => changed.has("projector") && follow());
  follow();
  show(0);
}

function follow() {
  document.documentElement.classList.toggle("projector", state.projector);
  need('[data-do="projector"]').setAttribute("aria-pressed", String(state.projector));
}

const turnProjector = () => set({ projector: !state.projector });

/** @param {KeyboardEvent} event */
function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof Element && event.target.closest(BUSY))) return;
  if (event.key === "p" || event.key === "P") turnProjector();
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || !state.projector) return;
  event.preventDefault();
  go(at + by);
}

/** Bring a layer into view. @param {number} place */
function go(place) {
  show(place);
  const column = columns()[at];
  if (narrow.matches) slides().scrollTo({ left: at * slides().clientWidth });
  else column.scrollIntoView({ inline: "center", block: "nearest" });
}

/** Say which layer is looked at. @param {number} place */
function show(place) {
  at = Math.max(0, Math.min(columns().length - 1, place));
  columns().forEach((column, i) => column.classList.toggle("current", i === at));
  const layer = layers[indexOf(columns()[at])];
  setText(need(".overview .turn span"), say("{layer}: {n} of {all}", { layer: layer.name, n: at + 1, all: columns().length }));
  /** @type {HTMLButtonElement} */ (need('[data-do="layer-before"]')).disabled = at === 0;
  /** @type {HTMLButtonElement} */ (need('[data-do="layer-after"]')).disabled = at === columns().length - 1;
}

/** With what the page was touched last. */
let pressed = "";

/** On a phone the first tap makes a map as wide as the screen; the next one is for its units. @param {Event} event @returns {boolean} whether it was the first */
export function magnified(event) {
  const map = /** @type {HTMLElement | null} */ (event.target instanceof Element ? event.target.closest(".maps .map") : null);
  if (!map || pressed !== "touch" || !narrow.matches || map.classList.contains("large")) return false;
  for (const other of all(".map.large")) small(other);
  map.classList.add("large");
  map.append(element("button", { type: "button", class: "smaller", onclick: (/** @type {Event} */ closing) => (closing.stopPropagation(), small(map)) }, say("Smaller")));
  map.scrollIntoView({ block: "nearest" });
  return true;
}

/** @param {HTMLElement} map */
function small(map) {
  map.classList.remove("large");
  find(".smaller", map)?.remove();
}
