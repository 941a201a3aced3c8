// The input bench: a sample, a drawing or a picture, changed by hand, and the network's frames of it.
import { payload } from "./data.js";
import { followArithmetic, newArithmetic, showArithmetic } from "./arithmetic.js";
import { remember, sliders, tools } from "./controls.js";
import { desk, made, neutral, plain, redraw, rememberDrawing, takeSample } from "./desk.js";
import { all, element, need, setText } from "./dom.js";
import { saveImage } from "./export.js";
import { prepareHubel, startHubel } from "./hubel.js";
import { keepLines } from "./lines.js";
import { ask, startNetwork } from "./live.js";
import { pad, paintInput, paintPaper, seen } from "./pad.js";
import { repaint, setPicture, showScores } from "./sections.js";
import { compareWith, invariance, plotAgain, showInvariance } from "./shifts.js";
import { sources, stopCamera } from "./sources.js";
import { state, subscribe } from "./store.js";
import { forgetUnits } from "./units.js";
import { watch } from "./visible.js";
import { say } from "./said.js";

const [channels, height, width] = payload.model.input_shape;

/** @type {Float32Array} */
let input = new Float32Array(channels * height * width);

/** Called after every frame: what else shows the input, or the network's response to it. @type {(() => void)[]} */
export const followers = [];

/** What the network is given at the moment, (channels × height × width). */
export const currentInput = () => input;

/** Milliseconds that the parts of the last frame took. */
const spent = { input: 0, forward: 0, maps: 0, scores: 0, rest: 0 };

/** Make the input of the paper and the settings, and ask for a frame of it. */
export async function update() {
  await compareWith();
  const start = performance.now();
  input = made();
  paintInput(input);
  spent.input = performance.now() - start;
  return ask(input, showFrame);
}

/** @param {import("./live.js").Frame} frame */
function showFrame(frame) {
  const start = performance.now();
  repaint();
  const painted = performance.now();
  setPicture(plain() ? null : input);
  showScores();
  const scored = performance.now();
  followArithmetic();
  showInvariance(frame);
  setText(need(".frame-time"), say("{ms} ms a frame", { ms: frame.ms.toFixed(frame.ms < 10 ? 1 : 0) }));
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

function redrawn() {
  paintPaper();
  update();
}

function build() {
  const drawing = element("figure", {}, element("figcaption", {}, say("Paper: draw on it")), pad(soon, stopCamera));
  const moved = () => {
    remember();
    soon();
  };
  const looking = element("figure", { class: "seen" }, element("figcaption", {}, say("What the network sees")), seen(moved), element("p", { class: "says" }), element("p", { class: "buttons" }, element("button", { type: "button", "data-do": "save-input", onclick: () => saveImage(input, `${payload.model.name}-input`) }, say("Save as PNG"))), element("p", { class: "frame-time", "aria-live": "off" }));
  const controls = element("div", { class: "controls" }, ...tools(soon, () => {
    stopCamera();
    redrawn();
  }), ...sources(redrawn), ...sliders(soon));
  need(".bench-input").replaceChildren(drawing, looking, controls, element("figure", { class: "shift-plot", hidden: true }));
  watch(need(".shift-plot"), plotAgain);
}

/** Start the network and show its first frame. */
export async function startBench() {
  desk.settings = { ...neutral(), .../** @type {any} */ (state.bench) };
  await startNetwork();
  takeSample();
  if (state.drawing) redraw(state.drawing);
  build();
  paintPaper();
  subscribe((changed) => {
    if (!changed.has("sample")) return;
    stopCamera();
    takeSample();
    rememberDrawing();
    paintPaper();
    forgetUnits();
    update();
  });
  subscribe((changed) => changed.has("pinned") && newArithmetic());
  startHubel();
  keepLines();
  watch(need(".arithmetic"), showArithmetic);
  Object.assign(/** @type {any} */ (globalThis).atlas, { spent, invariance });
  await update();
  if (state.pinned) prepareHubel();
  for (const one of all(".needs-live")) one.hidden = false;
}
