// Hubel and Wiesel's bench: a bar on a screen follows the hand, and the chosen unit is seen and heard to fire.
import { box, channelOf, flatIndex, layers, output, payload, values } from "./data.js";
import { element, need, svg } from "./dom.js";
import { currentInput, update } from "./bench.js";
import { ask, frameOf } from "./live.js";
import { number, paintImage, pixel, sheet } from "./maps.js";
import { uniform } from "./compose.js";
import { repaint, showScores } from "./sections.js";
import { state, subscribe } from "./store.js";
import { drawn, GROUND, sweep } from "./stimuli.js";

/** @typedef {import("./stimuli.js").Stimulus} Stimulus */

const shape = payload.model.input_shape;
const [, height, width] = shape;

/** Spikes a second at the unit's largest response. */
const RATE = 60;
/** Points of the moving trace. */
const POINTS = 240;

/** @type {Stimulus} */
const stimulus = { kind: "bar", row: height / 2, col: width / 2, orientation: 90, width: 2, length: 10, polarity: 1 };
let response = 0; // of the unit, to what is on the screen
let blank = 0; // to bare grey
let largest = 1e-9;
let best = 0; // of the reader's own stimuli
let optimum = 0; // of those that the page tried
/** @type {number[]} */
let trace = [];
/** @type {boolean[]} */
let spikes = [];
/** What each pixel under a stimulus was worth, and how often it was under one. */
let [sums, weights] = [new Float32Array(height * width), new Float32Array(height * width)];
/** @type {AudioContext | null} */
let audio = null;
let watching = 0; // until when the trace moves
const random = uniform(1959);

const chosen = () => (state.unit ? layers[state.unit.layer] : null);

/** The unit's response in the frame of some input. @param {Float32Array[]} frame */
function respond(frame) {
  const layer = chosen();
  return layer && state.unit ? frame[layer.index][flatIndex(layer, state.unit)] : 0;
}

/** The field of the chosen unit, or the whole image. @returns {[number, number, number, number]} */
function field() {
  const layer = chosen();
  const found = layer && state.unit ? box(layer, state.unit) : null;
  return found && found[2] > found[0] ? found : [0, 0, height, width];
}

/** The part of the image that the screen shows: the field with a margin, square where it can be. */
function screenBox() {
  const [top, left, bottom, right] = field();
  const margin = Math.max(2, Math.round(0.4 * Math.max(bottom - top, right - left)));
  const side = Math.max(bottom - top, right - left) + 2 * margin;
  const from = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ most) => {
    const size = Math.min(side, most);
    return [Math.max(0, Math.min(most - size, Math.round((low + high - size) / 2))), size];
  };
  const [row, rows] = from(top, bottom, height);
  const [col, cols] = from(left, right, width);
  return { row, rows, col, cols };
}

/** @param {Float32Array} image */
function paintScreen(image) {
  const { row, rows, col, cols } = screenBox();
  const cut = new Float32Array(shape[0] * rows * cols);
  for (let c = 0, to = 0; c < shape[0]; c++)
    for (let r = row; r < row + rows; r++) for (let k = col; k < col + cols; k++) cut[to++] = image[(c * height + r) * width + k];
  paintImage(/** @type {HTMLCanvasElement} */ (need(".screen canvas")), cut, [shape[0], rows, cols]);
  const [top, left, bottom, right] = field();
  const outline = need(".screen i");
  const percent = (/** @type {number} */ value, /** @type {number} */ whole) => `${(100 * value) / whole}%`;
  Object.assign(outline.style, { top: percent(top - row, rows), left: percent(left - col, cols), height: percent(bottom - top, rows), width: percent(right - left, cols) });
}

/** ON places green, OFF places red, by what a stimulus there is worth on average. */
function paintHandMap() {
  const { row, rows, col, cols } = screenBox();
  const { pixels, show } = sheet(/** @type {HTMLCanvasElement} */ (need(".handmap canvas")), rows, cols);
  let most = 1e-9;
  for (let i = 0; i < sums.length; i++) if (weights[i]) most = Math.max(most, Math.abs(sums[i] / weights[i]));
  for (let r = 0, to = 0; r < rows; r++)
    for (let k = 0; k < cols; k++, to++) {
      const i = (row + r) * width + col + k;
      const share = weights[i] ? sums[i] / weights[i] / most : 0;
      const dark = 255 * (1 - Math.abs(share));
      pixels[to] = !weights[i] ? pixel(128, 128, 128) : share >= 0 ? pixel(dark, 160 + 0.37 * dark, dark) : pixel(200 + 0.2 * dark, dark, dark);
    }
  show();
}

/** @param {Float32Array} image @param {number} gain over the response to grey */
function remember(image, gain) {
  for (let i = 0; i < sums.length; i++) {
    const cover = Math.abs(image[i] - GROUND) * 2;
    if (cover < 0.02) continue;
    sums[i] += cover * gain;
    weights[i] += cover;
  }
}

/** Show the stimulus to the network; the whole page follows. */
function present() {
  if (!chosen()) return;
  const image = drawn(shape, stimulus);
  paintScreen(image);
  ask(image, (frame) => {
    response = respond(frame.layers);
    largest = Math.max(largest, response);
    best = Math.max(best, response);
    remember(image, response - blank);
    paintHandMap();
    repaint();
    showScores();
    report();
  });
  watch();
}

function report() {
  const parts = [`response ${number(response)}, to bare grey ${number(blank)}.`];
  if (optimum > 0) parts.push(`Your best: ${Math.round((100 * Math.max(0, best)) / optimum)} % of the strongest response that the page's own search found (${number(optimum)}).`);
  need(".hubel-says").textContent = parts.join(" ");
}

/** Let the trace move for a while: it shows that the unit goes silent, too. */
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
  const rate = (RATE * Math.max(0, response)) / largest;
  const fired = random() < 1 - Math.exp(-rate * seconds);
  trace.push(response);
  spikes.push(fired);
  if (trace.length > POINTS) [trace, spikes] = [trace.slice(-POINTS), spikes.slice(-POINTS)];
  if (fired) click();
  paintTrace();
  if (now < watching) requestAnimationFrame(step);
  else watching = 0;
}

/** One spike, as a loudspeaker makes it of an amplifier's output. */
function click() {
  if (!audio) return;
  const buffer = audio.createBuffer(1, 64, audio.sampleRate);
  const data = buffer.getChannelData(0);
  for (let i = 0; i < data.length; i++) data[i] = (i < 20 ? 1 : -0.4) * Math.exp(-i / 16) * 0.4;
  const source = audio.createBufferSource();
  source.buffer = buffer;
  source.connect(audio.destination);
  source.start();
}

function paintTrace() {
  const canvas = /** @type {HTMLCanvasElement} */ (need(".trace"));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const style = getComputedStyle(canvas);
  const [W, H] = [canvas.width, canvas.height];
  const low = Math.min(0, ...trace);
  const Y = (/** @type {number} */ value) => H - 26 - ((value - low) / (largest - low || 1)) * (H - 34);
  context.clearRect(0, 0, W, H);
  context.strokeStyle = style.getPropertyValue("--first");
  context.lineWidth = 2;
  context.beginPath();
  trace.forEach((value, i) => context.lineTo((i * W) / POINTS, Y(value)));
  context.stroke();
  context.strokeStyle = style.getPropertyValue("--ink");
  context.beginPath();
  spikes.forEach((fired, i) => {
    if (!fired) return;
    context.moveTo((i * W) / POINTS, H - 20);
    context.lineTo((i * W) / POINTS, H - 4);
  });
  context.stroke();
}

/** Another unit: everything begins anew. */
async function prepare() {
  const layer = chosen();
  const screen = need(".bench-hubel");
  screen.classList.toggle("ready", layer !== null);
  if (!layer || !state.unit) return;
  need(".hubel-unit").replaceChildren("Unit: ", element("b", {}, layer.name), layer.maps.shape[1] * layer.maps.shape[2] > 1 ? `, channel ${state.unit.tile}, row ${state.unit.row}, column ${state.unit.col}` : `, unit ${channelOf(layer, state.unit)}`);
  const [top, left, bottom, right] = field();
  const size = Math.max(bottom - top, right - left);
  Object.assign(stimulus, { row: (top + bottom) / 2, col: (left + right) / 2, width: Math.max(1, size / 5), length: Math.max(2, size) });
  [sums, weights] = [new Float32Array(height * width), new Float32Array(height * width)];
  [trace, spikes, best, optimum, response] = [[], [], -Infinity, 0, 0];
  largest = Math.max(1e-9, respond([...layers.keys()].map((index) => (layers[index].maps ? values(layers[index]) : new Float32Array(0)))));
  need(".plate").replaceChildren();
  paintScreen(new Float32Array(shape[0] * height * width).fill(GROUND));
  paintHandMap();
  need(".hubel-says").textContent = "Move the pointer over the screen.";
}

/** The response of the chosen unit to each of many stimuli; the page shows none of them. @param {Stimulus[]} many */
async function responses(many) {
  const found = [];
  for (const one of many) found.push(respond((await frameOf(drawn(shape, one))).layers));
  return found;
}

/** Responses to bare grey. */
async function measureBlank() {
  blank = respond((await frameOf(new Float32Array(shape[0] * height * width).fill(GROUND))).layers);
}

/**
 * The sweep of hierfeat.bar_sweep: responses of the chosen unit, by orientation and offset.
 * @returns {Promise<{ orientations: number[], offsets: number[], responses: number[][], blank: number }>}
 */
export async function runSweep() {
  const { orientations, offsets, stimulus: bar } = sweep(field());
  await measureBlank();
  const rows = [];
  for (const orientation of orientations) rows.push(await responses(offsets.map((offset) => bar(orientation, offset))));
  await update();
  return { orientations, offsets, responses: rows, blank };
}

/** The plate: for each orientation the trace of the response as the bar crosses the field, and the polar curve. */
async function showSweep() {
  const { orientations, offsets, responses: rows } = await runSweep();
  const most = Math.max(...rows.flat(), 1e-9);
  const low = Math.min(0, ...rows.flat());
  largest = Math.max(largest, most);
  const lines = rows.map((row, i) => {
    const d = row.map((value, k) => `${k ? "L" : "M"}${((k * 150) / (offsets.length - 1)).toFixed(1)} ${(34 - ((value - low) / (most - low)) * 30).toFixed(1)}`).join("");
    const angle = (orientations[i] * Math.PI) / 180;
    const bar = svg("line", { class: "bar", x1: 18 - 12 * Math.cos(angle), y1: 20 + 12 * Math.sin(angle), x2: 18 + 12 * Math.cos(angle), y2: 20 - 12 * Math.sin(angle) });
    return svg("g", { transform: `translate(${(i % 2) * 220} ${Math.floor(i / 2) * 42})` }, bar, svg("g", { transform: "translate(44 0)" }, svg("path", { class: "first", d })));
  });
  const plate = svg("svg", { viewBox: "0 0 420 176", role: "img", "aria-label": "Response as a bar sweeps across the field, at eight orientations" }, ...lines);
  const silent = most <= 1e-9 && element("p", { class: "note" }, "No bar brings this unit above zero.");
  need(".plate").replaceChildren(
    .../** @type {Node[]} */ ([silent].filter(Boolean)),
    element("figure", {}, element("figcaption", {}, "A bar sweeps across the field"), plate),
    element("figure", {}, element("figcaption", {}, "Largest response by orientation"), polar(orientations, rows.map((row) => Math.max(0, ...row)))),
  );
}

/** @param {number[]} orientations @param {number[]} strengths */
function polar(orientations, strengths) {
  const most = Math.max(...strengths, 1e-9);
  const points = [...orientations, ...orientations.map((one) => one + 180)].map((degrees, i) => {
    const [angle, radius] = [(degrees * Math.PI) / 180, (70 * strengths[i % strengths.length]) / most];
    return `${(90 + radius * Math.cos(angle)).toFixed(1)} ${(84 - radius * Math.sin(angle)).toFixed(1)}`;
  });
  const rings = [35, 70].map((r) => svg("circle", { class: "ring", cx: 90, cy: 84, r }));
  const names = [[0, 168, 88], [90, 90, 10]].map(([degrees, x, y]) => svg("text", { x, y, "text-anchor": "middle" }, `${degrees}°`));
  return svg("svg", { viewBox: "0 0 180 170", role: "img", "aria-label": "Polar tuning curve" }, ...rings, svg("path", { class: "first", d: `M${points.join("L")}Z` }), ...names);
}

/** What the page can find: bars, edges and gratings of many orientations, widths and offsets. */
async function search() {
  const [top, left, bottom, right] = field();
  const size = Math.max(bottom - top, right - left);
  const many = [];
  for (const kind of /** @type {const} */ (["bar", "edge", "grating"]))
    for (let orientation = 0; orientation < 180; orientation += 22.5)
      for (const share of kind === "edge" ? [1] : [0.12, 0.25, 0.5])
        for (const offset of [-0.3, -0.15, 0, 0.15, 0.3])
          for (const polarity of [1, -1])
            many.push({ kind, row: (top + bottom) / 2, col: (left + right) / 2, orientation, offset: offset * size, width: Math.max(1, share * size), length: 1.5 * size, polarity });
  const found = await responses(many);
  optimum = Math.max(...found, 0);
  await update();
  report();
}

/** @param {KeyboardEvent} event */
function turnByKey(event) {
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowUp: () => (stimulus.row -= 1),
    ArrowDown: () => (stimulus.row += 1),
    ArrowLeft: () => (stimulus.col -= 1),
    ArrowRight: () => (stimulus.col += 1),
    q: () => (stimulus.orientation = (stimulus.orientation + 7.5) % 180),
    e: () => (stimulus.orientation = (stimulus.orientation + 172.5) % 180),
    w: () => (stimulus.width *= 1.15),
    s: () => (stimulus.width = Math.max(0.5, stimulus.width / 1.15)),
    d: () => (stimulus.length *= 1.15),
    a: () => (stimulus.length = Math.max(0.5, stimulus.length / 1.15)),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
  present();
}

function screen() {
  const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": "Screen: arrow keys move the bar, q and e turn it, w and s change its width, a and d its length" });
  canvas.addEventListener("pointermove", (event) => {
    const area = canvas.getBoundingClientRect();
    const { row, rows, col, cols } = screenBox();
    stimulus.row = row + ((event.clientY - area.top) / area.height) * rows;
    stimulus.col = col + ((event.clientX - area.left) / area.width) * cols;
    present();
  });
  canvas.addEventListener("pointerenter", () => measureBlank());
  canvas.addEventListener("focus", () => measureBlank());
  canvas.addEventListener("pointerleave", () => {
    response = blank;
    update();
  });
  canvas.addEventListener("blur", () => update());
  canvas.addEventListener("keydown", turnByKey);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    stimulus.orientation = (((stimulus.orientation - Math.sign(event.deltaY) * 7.5) % 180) + 180) % 180;
    present();
  }, { passive: false });
  return element("span", { class: "screen" }, canvas, element("i"));
}

function controls() {
  const kinds = /** @type {const} */ ([["bar", "bar"], ["edge", "edge"], ["spot", "spot"], ["grating", "grating"]]).map(([kind, label]) => {
    const input = element("input", { type: "radio", name: "stimulus", value: kind, checked: kind === stimulus.kind });
    input.addEventListener("change", () => (stimulus.kind = kind));
    return element("label", {}, input, element("span", {}, label));
  });
  const dark = element("input", { type: "checkbox", name: "dark" });
  dark.addEventListener("change", () => (stimulus.polarity = dark.checked ? -1 : 1));
  const sound = element("input", { type: "checkbox", name: "sound" });
  sound.addEventListener("change", () => {
    audio?.close();
    audio = sound.checked ? new AudioContext() : null;
  });
  const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ act) => element("button", { type: "button", "data-do": name, onclick: act }, label);
  return element(
    "div",
    { class: "controls" },
    element("fieldset", { class: "choice" }, element("legend", {}, "Stimulus"), ...kinds),
    element("label", { class: "check" }, dark, element("span", {}, "Dark on grey")),
    element("label", { class: "check" }, sound, element("span", {}, "Sound: a click for each spike")),
    element("p", { class: "buttons" }, button("sweep", "Sweep by itself", showSweep), button("search", "Find its best stimulus", search), button("forget", "Clear the map", prepare)),
    element("p", { class: "note" }, "The wheel, or the keys q and e, turn the stimulus; w and s change its width, a and d its length; arrow keys move it."),
  );
}

export function startHubel() {
  const figures = [
    element("figure", {}, element("figcaption", {}, "Screen: the field of the unit is outlined"), screen()),
    element("figure", { class: "handmap" }, element("figcaption", {}, "Mapped by hand: ON green, OFF red"), element("canvas", { role: "img", "aria-label": "The receptive field as mapped by hand" })),
    element("figure", { class: "scope" }, element("figcaption", {}, "Response and spikes"), element("canvas", { class: "trace", width: 480, height: 150, role: "img", "aria-label": "Trace of the response" })),
  ];
  need(".bench-hubel").replaceChildren(element("p", { class: "hubel-unit" }), ...figures, controls(), element("p", { class: "hubel-says readout", "aria-live": "polite" }), element("div", { class: "plate" }));
  subscribe((changed) => changed.has("unit") && !need(".bench-hubel").matches(":hover") && prepare());
  Object.assign(globalThis, { atlas: { runSweep, measured: () => ({ response, blank, best, optimum }), input: currentInput, output } });
}
export { prepare as prepareHubel };
