// What lies on the input bench: the paper, how it got there, and what is done to it. Nothing here knows how it looks.
import { compose, resized } from "./compose.js";
import { payload } from "./data.js";
import { decode, encode } from "./drawing.js";
import { sampleImage } from "./live.js";
import { asPaper, groundOf, paper, stroke } from "./paper.js";
import { asData } from "./prepare.js";
import { set, state } from "./store.js";

/** @typedef {import("./paper.js").Settings} Settings */

const shape = payload.model.input_shape;
const [channels, height, width] = shape;
const side = Math.min(height, width);
const half = Math.floor(side / 2);

/** Name, label, least, most, step, neutral value, unit. @type {[keyof Settings, string, number, number, number, number, string][]} */
export const SLIDERS = [
  ["shift_x", "Shift right", -half, half, 0.5, 0, "px"],
  ["shift_y", "Shift down", -half, half, 0.5, 0, "px"],
  ["rotation", "Rotation", -180, 180, 1, 0, "°"],
  ["scale", "Scale", 0.3, 3, 0.05, 1, "×"],
  ["contrast", "Contrast", 0, 2, 0.05, 1, "×"],
  ["noise", "Noise", 0, 0.6, 0.02, 0, ""],
  ["square", "Occluding square", 0, half, 1, 0, "px"],
];

/** What the address of the page may hold. */
export const SETTINGS = [...SLIDERS.map(([name]) => name), "square_row", "square_col"];

export const neutral = () => /** @type {Settings} */ (Object.fromEntries([...SLIDERS.map(([name, , , , , value]) => [name, value]), ["square_row", height / 2], ["square_col", width / 2]]));

/** Steps that can be taken back. */
const STEPS = 20;

export const desk = {
  settings: neutral(),
  page: paper(shape, 0),
  /** The grey of what lies outside the paper, and of clean paper. */
  ground: 0,
  /** Whether the paper is no longer the sample. */
  drawn: false,
  /** Whether a drawing is sized and centred as the network's own data were. */
  prepare: Boolean(payload.model.prepare),
  /** It grows whenever the paper changes. */
  changes: 0,
  tool: "draw",
  radius: side / 28,
};

/** @typedef {import("./drawing.js").Deed} Deed */

/** What the hand did to the sample; null once a picture lies on the paper. @type {Deed[] | null} */
let deeds = [];
/** @type {{ ink: Float32Array, ground: number, drawn: boolean, deeds: Deed[] | null }[]} */
let past = [];

export function takeSample() {
  const image = sampleImage(state.sample);
  const ground = groundOf(image, shape);
  Object.assign(desk, { page: paper(shape, image), ground: payload.model.prepare && ground === 0.5 ? 0 : ground, drawn: false });
  [past, deeds] = [[], []];
  touch();
}

/** Put the drawing into the address. */
export const rememberDrawing = () => set({ drawing: deeds ? encode(deeds, desk.prepare) : "" });

/** Do again what a text says; what is no drawing leaves the sample as it is. @param {string} text */
export function redraw(text) {
  const found = decode(text);
  if (!found) return;
  desk.prepare = found.prepare && Boolean(payload.model.prepare);
  for (const deed of found.deeds) {
    if (!("points" in deed)) ({ clear, invert })[deed.what]();
    else {
      keep();
      begin(deed.what === "erase", deed.radius);
      for (const [row, col] of deed.points) drawTo(row, col, deed.radius);
    }
  }
}

/** A stroke begins. @param {boolean} erase @param {number} radius in cells */
export function begin(erase, radius) {
  if (!deeds) loose.length = 0;
  strokes().push({ what: erase ? "erase" : "draw", radius: quarter(radius), points: [] });
}

/** @param {number} radius */
const quarter = (radius) => Math.max(0.25, Math.round(4 * radius) / 4);

/**
 * The stroke goes on to a cell of the paper. A pen that is pressed harder begins another stroke there.
 * @param {number} row @param {number} col @param {number} radius in cells
 */
export function drawTo(row, col, radius) {
  const before = last();
  let now = before;
  if (before && before.radius !== quarter(radius) && before.points.length) {
    begin(before.what === "erase", radius);
    now = /** @type {import("./drawing.js").Stroke} */ (last());
    now.points.push(before.points[before.points.length - 1]);
  }
  if (!now) return;
  const [H, W] = [height * desk.page.fine, width * desk.page.fine];
  /** @type {[number, number]} */
  const place = [Math.max(-W, Math.min(2 * H, Math.round(row))), Math.max(-W, Math.min(2 * W, Math.round(col)))];
  const from = now.points[now.points.length - 1] ?? place;
  now.points.push(place);
  const ink = now.what === "draw" ? (desk.ground < 0.5 ? 1 : 0) : desk.ground;
  stroke(desk.page, from, place, now.radius, ink);
  touch();
}

/** The stroke that is being drawn. @returns {import("./drawing.js").Stroke | null} */
function last() {
  const deed = strokes().at(-1);
  return deed && "points" in deed ? deed : null;
}

/** What the hand did; on a picture it is drawn all the same, and not kept. */
function strokes() {
  return deeds ?? loose;
}
/** @type {Deed[]} */
const loose = [];

/** Before the paper changes: it can be taken back. */
export function keep() {
  past.push({ ink: desk.page.ink.slice(), ground: desk.ground, drawn: desk.drawn, deeds: deeds && [...deeds] });
  if (past.length > STEPS) past.shift();
  desk.drawn = true;
  touch();
}

export function undo() {
  const before = past.pop();
  if (!before) return;
  touch();
  desk.page.ink.set(before.ink);
  Object.assign(desk, { ground: before.ground, drawn: before.drawn });
  deeds = before.deeds;
}

/** Clean paper: black or white where one is drawn on, white for colours. */
export function clear() {
  keep();
  deeds?.push({ what: "clear" });
  desk.ground = channels === 1 ? Math.round(desk.ground) : 1;
  desk.page.ink.fill(desk.ground);
}

export function invert() {
  keep();
  deeds?.push({ what: "invert" });
  const { ink } = desk.page;
  for (let i = 0; i < ink.length; i++) ink[i] = 1 - ink[i];
  desk.ground = 1 - desk.ground;
}

/** A picture from outside, of the paper's own cells. @param {Float32Array} ink @param {boolean} another whether it is to be one step back to what was before */
export function takePicture(ink, another) {
  if (another) keep();
  deeds = null;
  desk.drawn = true;
  touch();
  desk.page.ink.set(ink);
  desk.ground = groundOf(ink, [channels, height * desk.page.fine, width * desk.page.fine]);
}

/** The settings that differ from the neutral ones, by name. @returns {Record<string, number>} */
export function chosenSettings() {
  const [start, now] = [/** @type {any} */ (neutral()), /** @type {any} */ (desk.settings)];
  return Object.fromEntries(SETTINGS.filter((name) => now[name] !== start[name]).map((name) => [name, now[name]]));
}

/** Whether what the network is given is the sample as it is. */
export const plain = () => !desk.drawn && SLIDERS.every(([name, , , , , value]) => desk.settings[name] === value);

/**
 * The input that the network is given, (channels × height × width).
 * @param {Partial<Settings>} [other] settings to take in place of the desk's own
 */
export function made(other = {}) {
  const settings = { ...desk.settings, ...other };
  if (desk.drawn) return compose(drawing(), settings, desk.ground);
  const sample = sampleImage(state.sample);
  const same = SLIDERS.every(([name, , , , , value]) => settings[name] === value);
  return same ? sample : compose(asPaper(shape, sample), settings, desk.ground);
}

/**
 * What another network is given for the same picture: a drawing made like its own data, in its own size, and changed by
 * the same settings; a sample in its size.
 * @param {any} model as the payload describes it @param {Float32Array} [image] another sample, as it is
 */
export function madeFor(model, image) {
  const own = model.input_shape;
  const from = image || !desk.drawn ? asPaper(shape, image ?? sampleImage(state.sample)) : desk.page;
  const same = from.fine === 1 && String(own) === String(shape);
  const wanted = model.prepare && !same && (from.fine === 1 || desk.prepare);
  const prepared = wanted ? asData(from, desk.ground, model.prepare, own) : null;
  const seen = prepared ?? resized(from.ink, [channels, height * from.fine, width * from.fine], own);
  if (image) return seen;
  const scale = own[1] / height;
  const settings = { ...desk.settings };
  for (const name of /** @type {const} */ (["shift_x", "shift_y", "square", "square_row", "square_col"])) settings[name] *= scale;
  const neutral = SLIDERS.every(([name, , , , , value]) => desk.settings[name] === value);
  return neutral ? seen : compose(asPaper(own, seen), settings, desk.ground);
}

/** What the prepared drawing is, for as long as no stroke changes it. @type {import("./paper.js").Paper | null} */
let ready = null;

/** The paper has changed. */
export function touch() {
  ready = null;
  desk.changes++;
}

/** The drawing as the network's own data were made, where that is wanted. */
function drawing() {
  if (!desk.prepare) return desk.page;
  const image = ready ? null : asData(desk.page, desk.ground, payload.model.prepare);
  return (ready ??= image ? asPaper(shape, image) : desk.page);
}
