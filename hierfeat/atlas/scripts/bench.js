// The input bench: a sample or a drawing, changed by hand, and the network's frames of it.
import { payload } from "./data.js";
import { all, element, need } from "./dom.js";
import { prepareHubel, startHubel } from "./hubel.js";
import { ask, sampleImage, startNetwork } from "./live.js";
import { paintImage } from "./maps.js";
import { compose } from "./compose.js";
import { asPaper, groundOf, paper, stroke } from "./paper.js";
import { repaint, setPicture, showScores } from "./sections.js";
import { set, state, subscribe } from "./store.js";
import { forgetUnits } from "./units.js";
import { followArithmetic, newArithmetic, showArithmetic } from "./arithmetic.js";
import { keepLines } from "./lines.js";
import { watch } from "./visible.js";

/** @typedef {import("./paper.js").Settings} Settings */

const [channels, height, width] = payload.model.input_shape;
const side = Math.min(height, width);

/** Name, label, least, most, step, neutral value, unit. @type {[keyof Settings, string, number, number, number, number, string][]} */
const SLIDERS = [
  ["shift_x", "Shift right", -Math.floor(side / 2), Math.floor(side / 2), 0.5, 0, "px"],
  ["shift_y", "Shift down", -Math.floor(side / 2), Math.floor(side / 2), 0.5, 0, "px"],
  ["rotation", "Rotation", -180, 180, 1, 0, "°"],
  ["scale", "Scale", 0.3, 3, 0.05, 1, "×"],
  ["contrast", "Contrast", 0, 2, 0.05, 1, "×"],
  ["noise", "Noise", 0, 0.6, 0.02, 0, ""],
  ["square", "Occluding square", 0, Math.floor(side / 2), 1, 0, "px"],
];
export const SETTINGS = [...SLIDERS.map(([name]) => name), "square_row", "square_col"];

const neutral = () => /** @type {Settings} */ (Object.fromEntries([...SLIDERS.map(([name, , , , , value]) => [name, value]), ["square_row", height / 2], ["square_col", width / 2]]));

let settings = neutral();
/** @type {import("./paper.js").Paper} */
let page;
/** @type {Float32Array[]} */
let past = [];
let drawn = false; // the paper is no longer the sample
let ground = 0;
let tool = "draw";
let radius = 0;
/** @type {Float32Array} */
let input = new Float32Array(channels * height * width);

/** Called after every frame: what else shows the input, or the network's response to it. @type {(() => void)[]} */
export const followers = [];

/** What the network is given at the moment, (channels × height × width). */
export const currentInput = () => input;

const plain = () => SLIDERS.every(([name, , , , , value]) => settings[name] === value);

function takeSample() {
  const image = sampleImage(state.sample);
  ground = groundOf(image, payload.model.input_shape);
  page = paper(payload.model.input_shape, image);
  past = [];
  drawn = false;
}

/** Milliseconds that the parts of the last frame took. */
const spent = { input: 0, forward: 0, maps: 0, scores: 0, rest: 0 };

/** Make the input of the paper and the settings, and ask for a frame of it. */
export function update() {
  const start = performance.now();
  const preparation = drawn && prepares() ? payload.model.prepare : null;
  const sample = sampleImage(state.sample);
  if (drawn) input = compose(page, settings, ground, preparation);
  else input = plain() ? sample : compose(asPaper(payload.model.input_shape, sample), settings, ground, null);
  paintInput();
  spent.input = performance.now() - start;
  return ask(input, showFrame);
}

/** @param {import("./live.js").Frame} frame */
function showFrame(frame) {
  const start = performance.now();
  repaint();
  const painted = performance.now();
  setPicture(drawn || !plain() ? input : null);
  showScores();
  const scored = performance.now();
  followArithmetic();
  const time = `${frame.ms < 10 ? frame.ms.toFixed(1) : frame.ms.toFixed(0)} ms a frame`;
  const clock = need(".frame-time");
  if (clock.textContent !== time) clock.textContent = time;
  for (const follow of followers) follow();
  document.documentElement.dataset.frames = String(Number(document.documentElement.dataset.frames ?? 0) + 1);
  Object.assign(spent, { forward: frame.ms, maps: painted - start, scores: scored - painted, rest: performance.now() - scored });
}

let queued = 0;
/** One frame for each picture of the screen at most. */
function soon() {
  if (!queued) queued = requestAnimationFrame(() => {
    queued = 0;
    update();
  });
}

const paintPaper = () => paintImage(/** @type {HTMLCanvasElement} */ (need(".pad")), page.ink, [channels, height * page.fine, width * page.fine]);
const paintInput = () => paintImage(/** @type {HTMLCanvasElement} */ (need(".seen canvas")), input, payload.model.input_shape);

const prepares = () => Boolean(payload.model.prepare) && /** @type {HTMLInputElement} */ (need('[name="prepare"]')).checked;

/** Before the paper changes: it can be taken back. */
function keep() {
  past.push(page.ink.slice());
  if (past.length > 20) past.shift();
  drawn = true;
}

const ACTIONS = {
  clear() {
    keep();
    ground = channels === 1 ? Math.round(ground) : 1;
    page = paper(payload.model.input_shape, ground);
  },
  undo() {
    const before = past.pop();
    if (before) page.ink.set(before);
    if (!past.length) drawn = false;
  },
  invert() {
    keep();
    page.ink.forEach((value, i) => (page.ink[i] = 1 - value));
    ground = 1 - ground;
  },
  reset() {
    settings = neutral();
    takeSample();
    showSliders();
  },
};

function pad() {
  const canvas = element("canvas", { class: "pad", tabindex: 0, role: "img", "aria-label": "Paper: draw here with mouse, finger or pen" });
  /** @type {[number, number] | null} */
  let last = null;
  const at = (/** @type {PointerEvent} */ event) => {
    const area = canvas.getBoundingClientRect();
    return /** @type {[number, number]} */ ([((event.clientY - area.top) / area.height) * height * page.fine, ((event.clientX - area.left) / area.width) * width * page.fine]);
  };
  const draw = (/** @type {PointerEvent} */ event) => {
    const place = at(event);
    stroke(page, last ?? place, place, radius * page.fine, tool === "draw" ? (ground < 0.5 ? 1 : 0) : ground);
    last = place;
    paintPaper();
    soon();
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    keep();
    last = null;
    draw(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last) for (const one of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) draw(one);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));
  return canvas;
}

/** The input as the network sees it; the square is dragged on it, or moved by the arrow keys. */
function seen() {
  const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": "What the network sees. Arrow keys move the occluding square" });
  const move = (/** @type {number} */ row, /** @type {number} */ col) => {
    settings.square_row = Math.max(0, Math.min(height, row));
    settings.square_col = Math.max(0, Math.min(width, col));
    remember();
    soon();
  };
  const drag = (/** @type {PointerEvent} */ event) => {
    const area = canvas.getBoundingClientRect();
    if (settings.square) move(((event.clientY - area.top) / area.height) * height, ((event.clientX - area.left) / area.width) * width);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drag(event);
  });
  canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && drag(event));
  canvas.addEventListener("keydown", (event) => {
    const by = /** @type {Record<string, number[]>} */ ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] })[event.key];
    if (!by || !settings.square) return;
    event.preventDefault();
    move(settings.square_row + by[0], settings.square_col + by[1]);
  });
  return canvas;
}

function remember() {
  const start = neutral();
  set({ bench: Object.fromEntries(SETTINGS.filter((name) => settings[/** @type {keyof Settings} */ (name)] !== start[/** @type {keyof Settings} */ (name)]).map((name) => [name, settings[/** @type {keyof Settings} */ (name)]])) });
}

/** @param {number} value @param {string} unit */
const says = (value, unit) => `${String(+value.toFixed(2)).replace("-", "−")}${unit && ` ${unit}`}`;

function sliders() {
  return SLIDERS.map(([name, label, min, max, step, , unit]) => {
    const shown = element("output", {}, says(settings[name], unit));
    const range = element("input", { type: "range", name: `bench-${name}`, min, max, step, value: settings[name] });
    range.addEventListener("input", () => {
      settings[name] = Number(range.value);
      shown.textContent = says(settings[name], unit);
      remember();
      soon();
    });
    return element("label", {}, element("span", {}, label), range, shown);
  });
}

function showSliders() {
  for (const [name, , , , , , unit] of SLIDERS) {
    const range = /** @type {HTMLInputElement} */ (need(`[name="bench-${name}"]`));
    range.value = String(settings[name]);
    /** @type {HTMLElement} */ (range.nextElementSibling).textContent = says(settings[name], unit);
  }
  remember();
}

function tools() {
  const choice = (/** @type {string} */ value, /** @type {string} */ label) => {
    const input = element("input", { type: "radio", name: "tool", value, checked: value === tool });
    input.addEventListener("change", () => (tool = value));
    return element("label", {}, input, element("span", {}, label));
  };
  const brush = element("input", { type: "range", name: "brush", min: side / 56, max: side / 7, step: side / 112, value: radius });
  brush.addEventListener("input", () => (radius = Number(brush.value)));
  const button = (/** @type {keyof typeof ACTIONS} */ name, /** @type {string} */ label) => {
    const made = element("button", { type: "button", "data-do": name }, label);
    made.addEventListener("click", () => {
      ACTIONS[name]();
      paintPaper();
      update();
    });
    return made;
  };
  const parts = [
    element("fieldset", { class: "choice" }, element("legend", {}, "Pen"), choice("draw", "draw"), choice("erase", "erase")),
    element("label", {}, element("span", {}, "Brush"), brush),
    element("p", { class: "buttons" }, button("clear", "Clear"), button("undo", "Undo"), button("invert", "Invert"), button("reset", "Back to the sample")),
  ];
  if (payload.model.prepare) {
    const input = element("input", { type: "checkbox", name: "prepare", checked: true });
    input.addEventListener("change", update);
    parts.push(element("label", { class: "check" }, input, element("span", {}, "Size and centre a drawing as the network's own data were")));
  }
  return parts;
}

function build() {
  const drawing = element("figure", {}, element("figcaption", {}, "Paper: draw on it"), pad());
  const input = element("figure", { class: "seen" }, element("figcaption", {}, "What the network sees"), seen(), element("p", { class: "says" }), element("p", { class: "frame-time", "aria-live": "off" }));
  const controls = element("div", { class: "controls" }, ...tools(), ...sliders());
  need(".bench-input").replaceChildren(drawing, input, controls);
}

/** Start the network and show its first frame. */
export async function startBench() {
  radius = side / 28;
  settings = { ...neutral(), .../** @type {any} */ (state.bench) };
  await startNetwork();
  takeSample();
  build();
  paintPaper();
  subscribe((changed) => {
    if (!changed.has("sample")) return;
    takeSample();
    paintPaper();
    forgetUnits();
    update();
  });
  subscribe((changed) => changed.has("pinned") && newArithmetic());
  startHubel();
  keepLines();
  watch(need(".arithmetic"), showArithmetic);
  Object.assign(/** @type {any} */ (globalThis).atlas, { spent });
  await update();
  if (state.pinned) prepareHubel();
  for (const one of all(".needs-live")) one.hidden = false;
}
