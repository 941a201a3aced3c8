// The page: what it does when it opens, and what it listens to.
import { hideParts, startLanguage } from "./language.js"; // first: it reads which language is spoken
import { closed, opened, reveal, unfold } from "./blocks.js";
import { startCard } from "./card.js";
import { startChannels } from "./channels.js";
import { depthChart } from "./charts.js";
import { startLesson } from "./lesson/lesson.js";
import { startBeside } from "./beside/beside.js";
import { startDimensions } from "./dimensions/dimensions.js";
import { exists, layers, payload, samples } from "./data.js";
import { all, need } from "./dom.js";
import { currentInput, followers, startBench } from "./bench.js";
import { SETTINGS } from "./desk.js";
import { fillGrid, paintGrid } from "./grids.js";
import { magnified, startReach } from "./reach.js";
import { openSection, paintScenes, repaint, showInput, showScores } from "./sections.js";
import { pin } from "./hubel.js";
import { untold } from "./said.js";
import { read, set, state, subscribe } from "./store.js";
import { startSurgery } from "./surgery.js";
import { startTable } from "./table.js";
import { indexOf, moved, pointed, select, showUnit, unitOf } from "./units.js";
import { refreshWorkshop, startWorkshop } from "./workshop/workshop.js";

/** Open the section that an address names, or bring back the state that it holds. @param {string} hash */
function goTo(hash) {
  const section = hash.length > 1 && reveal(decodeURIComponent(hash.slice(1)));
  if (!section) return;
  if (section instanceof HTMLDetailsElement) section.open = true;
  section.scrollIntoView();
}

/** The part of the page that the address names beside the view. */
let place = "";

function restore() {
  const next = read(location.hash, SETTINGS);
  if (!next) return;
  place = new URLSearchParams(location.hash.slice(1)).get("at") ?? "";
  if (next.sample !== undefined && next.sample >= 0 && next.sample < samples.length) {
    state.sample = next.sample;
    /** @type {HTMLInputElement} */ (all('[name="sample"]')[next.sample]).checked = true;
  }
  if (next.range) {
    state.range = next.range;
    /** @type {HTMLInputElement} */ (need('[name="range"][value="map"]')).checked = true;
  }
  const there = (/** @type {import("./store.js").Chosen | null | undefined} */ unit) => (unit && layers[unit.layer]?.maps && exists(layers[unit.layer], unit) ? unit : null);
  state.unit = state.pinned = there(next.pinned);
  state.second = state.pinned && there(next.second);
  state.projector = next.projector ?? false;
  state.bench = next.bench ?? {};
  state.drawing = next.drawing ?? "";
  state.stimulus = next.stimulus ?? "";
  state.hide = next.hide ?? [];
}

/** Take a unit for the bench and the arithmetic, and into the address. @param {number} layer @param {import("./data.js").Unit} unit */
function choose(layer, unit) {
  if (!exists(layers[layer], unit)) return;
  pin({ layer, tile: unit.tile, row: unit.row, col: unit.col });
}

function listen() {
  const point = (/** @type {Event} */ event) => {
    const found = pointed(event);
    if (found) select(found.index, found.unit);
  };
  document.addEventListener("pointermove", (event) => event.pointerType === "mouse" && !event.buttons && point(event));
  document.addEventListener("click", (event) => {
    if (magnified(event)) return;
    point(event);
    const found = pointed(event);
    if (found) choose(found.index, found.unit);
  });
  document.addEventListener("keydown", (event) => {
    const grid = /** @type {HTMLElement} */ (event.target);
    if (!grid.classList.contains("maps")) return;
    const index = indexOf(grid);
    const next = moved(event.key, index);
    if (!next) return;
    event.preventDefault();
    select(index, next);
    choose(index, next);
  });
  document.addEventListener("focusin", (event) => {
    const grid = /** @type {HTMLElement} */ (event.target);
    if (grid.classList.contains("maps") && grid.matches(":focus-visible")) select(indexOf(grid), unitOf(indexOf(grid)));
  });
  document.addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (input.name === "sample") set({ sample: Number(input.value) });
    if (input.name === "range") set({ range: input.value === "map" ? "map" : "layer" });
  });
  document.addEventListener("toggle", (event) => {
    const section = /** @type {HTMLDetailsElement} */ (event.target);
    const kind = section.matches("details[data-layer]") ? "layer" : section.matches("details.block") ? "block" : null;
    if (!kind || !document.documentElement.dataset.ready) return;
    if (!section.open) return closed(kind, section);
    opened(kind, section, (old) => (/** @type {HTMLDetailsElement} */ (old).open = false));
    if (kind === "layer") openSection(section);
    else unfold(section);
  }, true);
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null} */ (event.target instanceof Element ? event.target.closest('a[href^="#"]') : null);
    if (!link || event.defaultPrevented) return;
    if (location.protocol === "about:") event.preventDefault(); // it would lead out of a notebook's cell
    goTo(link.hash);
  });
  addEventListener("hashchange", () => {
    if (location.hash.includes("=")) location.reload(); // another view, pasted into the address
    else goTo(location.hash);
  });
}

/** Everything that shows responses, once there are some. */
function start() {
  for (const grid of all(".overview .maps")) {
    fillGrid(grid);
    paintGrid(grid);
  }
  paintScenes();
  showScores();
  document.documentElement.dataset.ready = "yes";
  all("details[data-layer][open]").forEach(openSection);
  if (state.unit) showUnit(state.unit.layer);
  if (place) document.getElementById(place)?.scrollIntoView();
}

/** @type {any} */ (globalThis).atlas = { untold: () => [...untold] }; // what tests read
restore();
startLanguage();
startChannels();
startCard();
startTable();
startReach();
for (const target of all("[data-depth]")) target.replaceChildren(depthChart(/** @type {string} */ (target.dataset.depth)));
startDimensions();
listen();
goTo(location.hash);
subscribe((changed) => changed.has("range") && repaint());
if (payload.live.on) {
  followers.push(refreshWorkshop);
  startBench().then(start).then(() => startWorkshop(currentInput)).then(startLesson).then(startSurgery).then(startBeside).then(hideParts);
} else {
  subscribe((changed) => changed.has("sample") && showInput(true));
  start();
  startWorkshop(null);
  startLesson();
  hideParts();
}
