// Hubel and Wiesel's bench: a bar on a screen follows the hand, and one unit, or two, are seen and heard to fire.
import { exists, layers, output, payload } from "./data.js";
import { element, need, setText } from "./dom.js";
import { arithmetic, followArithmetic } from "./arithmetic.js";
import { currentInput, update } from "./bench.js";
import { cardOf, refreshCard } from "./hubel/card.js";
import { Cell, middle } from "./hubel/cell.js";
import { buildControls, showStimulus } from "./hubel/controls.js";
import { all as allGratings, measureOptimum } from "./hubel/gratings.js";
import { screenUnderHand } from "./hubel/hand.js";
import { blankOf, figuresOf, runSweep } from "./hubel/plate.js";
import { click, clicks, paintTrace } from "./hubel/scope.js";
import { outlineFields, paintHandMap, paintScreen, partOf } from "./hubel/screen.js";
import { ask } from "./live.js";
import { paintInput } from "./pad.js";
import { repaint, setPicture, showScores } from "./sections.js";
import { address, set, state, subscribe } from "./store.js";
import { drawn, stimulusOf, textOf } from "./stimuli.js";
import { say } from "./said.js";

/** @typedef {import("./store.js").Chosen} Chosen */
/** @typedef {import("./stimuli.js").Stimulus} Stimulus */

const shape = payload.model.input_shape;
const [, height, width] = shape;

/** @type {Stimulus} */
const stimulus = { kind: "bar", row: height / 2, col: width / 2, orientation: 90, width: 2, length: 10, polarity: 1 };
/** The units under the electrodes: none, one or two. @type {Cell[]} */
let cells = [];
/** Which of them a click on a map replaces. */
let active = 0;
/** What runs by itself at the moment, and whether it is to end. */
let running = "";
let opening = true; // the address may name a stimulus
let shown = false; // whether the screen shows the stimulus, and the network gets it
let answered = 0; // stimuli of the hand that the network has answered to
let watching = 0; // until when the traces move

const canvas = () => /** @type {HTMLCanvasElement} */ (need(".screen canvas"));
/** @param {number} i */
const card = (i) => need(`.cell[data-cell="${i}"]`);

/** @param {Chosen | null} first @param {Chosen | null} second */
const same = (first, second) => JSON.stringify(first) === JSON.stringify(second);

/** Put the units that the state names under the electrodes; those that stay keep what they have. */
function place() {
  const wanted = [state.pinned, state.second].filter((one) => one !== null);
  const before = [...cells];
  cells = wanted.map((unit, i) => {
    const at = before.findIndex((cell) => same(cell.unit, unit));
    return at < 0 ? new Cell(unit, 1959 + i) : before.splice(at, 1)[0];
  });
  active = Math.min(active, Math.max(0, cells.length - 1));
  running = "";
  need(".bench-hubel").classList.toggle("ready", cells.length > 0);
  if (!cells.length) return;
  fitStimulus();
  if (opening) Object.assign(stimulus, stimulusOf(state.stimulus));
  else state.stimulus = "";
  opening = false;
  showStimulus(stimulus, partOf(cells).rows);
  showCells();
  measureBlank();
}

/** A bar that suits the smallest field, in the middle of it. */
function fitStimulus() {
  const sizes = cells.map(({ field: [top, left, bottom, right] }) => Math.max(bottom - top, right - left));
  const size = Math.min(...sizes);
  const [top, left, bottom, right] = cells[sizes.indexOf(size)].field;
  Object.assign(stimulus, { row: (top + bottom) / 2, col: (left + right) / 2, width: Math.max(1, size / 5), length: Math.max(2, size) });
  showStimulus(stimulus, partOf(cells).rows);
}

/** Draw the cards anew, and everything on them. */
function showCells() {
  need(".cells-at-hand").replaceChildren(...cells.map((cell, i) => cardOf(cell, i, cells.length, i === active, { sweep, search, reveal, activate, remove, replace })));
  paint();
  cells.forEach((cell, i) => paintTrace(trace(i), cell));
}

/** @param {number} i */
const trace = (i) => /** @type {HTMLCanvasElement} */ (need("canvas.trace", card(i)));

/** The screen, the maps and what is said. */
function paint() {
  const part = partOf(cells);
  paintScreen(canvas(), part, shown ? stimulus : null);
  outlineFields(need(".screen"), part, cells);
  cells.forEach((cell, i) => {
    paintHandMap(/** @type {HTMLCanvasElement} */ (need(".handmap canvas", card(i))), part, cell);
    refreshCard(card(i), cell);
  });
}

/** Show the stimulus to the network; the whole page follows. @param {boolean} [own] whether it is the reader's, not the page's */
function present(own = true) {
  if (!cells.length || running) return;
  shown = true;
  const now = { ...stimulus };
  set({ stimulus: textOf(now) });
  const image = drawn(shape, now);
  ask(image, ({ layers: all }) => {
    for (const cell of cells) {
      cell.hear(all[cell.unit.layer][cell.place]);
      cell.remember(now, cell.response);
      if (own) cell.best = Math.max(cell.best, cell.response);
    }
    answered++;
    paint();
    repaint();
    setPicture(image);
    paintInput(image);
    showScores();
    followArithmetic();
  });
  watch();
}

/** The light goes off: the screen is grey, and the network gets the bench's input again. */
function goDark() {
  if (!shown || running) return;
  shown = false;
  for (const cell of cells) cell.hear(cell.blank);
  paint();
  update();
}

/** Let the traces move for a while: they show that a unit goes silent, too. */
function watch() {
  const idle = watching === 0;
  watching = performance.now() + 4000;
  if (idle) requestAnimationFrame(step);
}

let before = 0;
/** @param {number} now */
function step(now) {
  const seconds = Math.min(0.1, Math.max(0.001, (now - before) / 1000));
  before = now;
  cells.forEach((cell, i) => {
    const fired = cell.wait(seconds);
    for (let k = 0; k < fired; k++) click(i, cells.length, seconds * cell.random());
    paintTrace(trace(i), cell);
  });
  if (now < watching) requestAnimationFrame(step);
  else watching = 0;
}

/** Responses to bare grey. */
async function measureBlank() {
  await Promise.all(cells.map(async (cell) => {
    cell.blank = await blankOf(cell);
    if (!shown) cell.hear(cell.blank);
  }));
  if (cells.length) paint();
}

/** Do something by itself, which the same button ends. @param {string} name @param {() => Promise<void>} act */
async function alone(name, act) {
  if (running) {
    running = "";
    return;
  }
  running = name;
  document.documentElement.dataset.running = name;
  try {
    await act();
  } finally {
    running = "";
    delete document.documentElement.dataset.running;
    shown = false;
    if (cells.length) paint();
    await update();
  }
}

/** Whether the reader wants nothing to move by itself. */
const still = matchMedia("(prefers-reduced-motion: reduce)");
const picture = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** Sweep a bar over the field of one unit, at eight orientations; it is seen and heard. @param {number} i */
const sweep = (i) =>
  alone("sweep", async () => {
    const cell = cells[i];
    const plate = need(".plate", card(i));
    shown = true;
    const found = await runSweep(cell, async (row, stimuli, so) => {
      cell.largest = Math.max(cell.largest, ...row);
      for (let k = 0; k < row.length && running && !still.matches; k++) {
        cell.hear(row[k]);
        paintScreen(canvas(), partOf(cells), stimuli[k]);
        if (k % 4 === 0) plate.replaceChildren(...figuresOf(so, k + 1));
        watch();
        await picture();
      }
      return Boolean(running);
    });
    plate.replaceChildren(...figuresOf(found, undefined, `${cell.layer.name}-${cell.channel}`));
  });

/** Show all gratings, unless the page has their numbers. @param {number} i */
const search = (i) =>
  alone("search", async () => {
    const cell = cells[i];
    const says = need(".score-says", card(i));
    const best = await measureOptimum(cell, (share) => {
      setText(says, say("Showing it 1024 gratings: {share} %", { share: Math.round(100 * share) }));
      return Boolean(running);
    });
    if (best) cell.optimum = best;
    cell.largest = Math.max(cell.largest, cell.optimum?.response ?? 0);
  });

/** Lay the best grating on the screen. @param {number} i */
function reveal(i) {
  const { optimum } = cells[i];
  if (!optimum) return;
  Object.assign(stimulus, allGratings()[optimum.at]);
  showStimulus(stimulus, partOf(cells).rows);
  present(false);
}

/** @param {number} i */
function activate(i) {
  active = i;
  showCells();
}

/** @param {number} i */
function remove(i) {
  const left = cells.filter((_, k) => k !== i).map(({ unit }) => unit);
  active = 0;
  set({ pinned: left[0] ?? null, second: left[1] ?? null });
}

/** Another unit on one of the cards. @param {number} i @param {Chosen} unit */
function replace(i, unit) {
  if (!layers[unit.layer]?.maps || !exists(layers[unit.layer], unit)) return;
  set(i ? { second: unit } : { pinned: unit });
}

/** A unit was clicked somewhere on the page. @param {Chosen} unit */
export function pin(unit) {
  set(active && cells.length > 1 ? { second: unit } : { pinned: unit });
}

const actions = {
  present: () => present(),
  /** A simple cell of the first layer and a complex one behind a pool. */
  pair() {
    if (payload.pair) set({ pinned: middle(payload.pair.simple[0], payload.pair.simple[1]), second: middle(payload.pair.complex[0], payload.pair.complex[1]) });
  },
  /** A second unit, which the next click chooses. */
  beside() {
    if (cells.length !== 1) return;
    active = 1;
    set({ second: cells[0].unit });
  },
  forget() {
    for (const cell of cells) cell.forget();
    for (const plate of document.querySelectorAll(".plate")) plate.replaceChildren();
    paint();
  },
};

export function startHubel() {
  const figure = element("figure", { class: "stage" }, element("figcaption", {}, say("Screen: move the bar over it")), screenUnderHand(stimulus, { part: () => (cells.length ? partOf(cells) : null), present: () => present(), goDark }));
  need(".bench-hubel").replaceChildren(
    element("div", { class: "stand" }, figure, buildControls(stimulus, actions)),
    element("div", { class: "cells-at-hand" }),
  );
  subscribe((changed) => (changed.has("pinned") || changed.has("second")) && place());
  Object.assign(/** @type {any} */ (globalThis).atlas, { ...tools, input: currentInput, output });
}

/** What tests, and curious readers, call from the console. */
const tools = {
  runSweep: (i = 0) => runSweep(cells[i]),
  measureOptimum: (i = 0) => measureOptimum(cells[i]),
  measured: (i = 0) => {
    const { response, blank, best, optimum, largest, type, score, spikes } = cells[i];
    return { response, blank, best: Number.isFinite(best) ? best : null, optimum, largest, type, score, spikes, clicks: clicks(), shown: answered };
  },
  drawn: (/** @type {Stimulus} */ one) => [...drawn(shape, one)],
  ...arithmetic,
  units: () => cells.map(({ unit }) => unit),
  address,
  map: (i = 0) => ({ on: [...cells[i].map.on], off: [...cells[i].map.off] }),
  stimulus: () => ({ ...stimulus }),
  show: (/** @type {Partial<Stimulus>} */ next) => {
    Object.assign(stimulus, next);
    present();
  },
};

export { place as prepareHubel };
