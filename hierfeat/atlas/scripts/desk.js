// What lies on the input bench: the paper, how it got there, and what is done to it. Nothing here knows how it looks.
import { compose } from "./compose.js";
import { payload } from "./data.js";
import { sampleImage } from "./live.js";
import { asPaper, groundOf, paper } from "./paper.js";
import { asData } from "./prepare.js";
import { state } from "./store.js";

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

/** @type {{ ink: Float32Array, ground: number, drawn: boolean }[]} */
let past = [];

export function takeSample() {
  const image = sampleImage(state.sample);
  const ground = groundOf(image, shape);
  Object.assign(desk, { page: paper(shape, image), ground: payload.model.prepare && ground === 0.5 ? 0 : ground, drawn: false });
  past = [];
  touch();
}

/** Before the paper changes: it can be taken back. */
export function keep() {
  past.push({ ink: desk.page.ink.slice(), ground: desk.ground, drawn: desk.drawn });
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
}

/** Clean paper: black or white where one is drawn on, white for colours. */
export function clear() {
  keep();
  desk.ground = channels === 1 ? Math.round(desk.ground) : 1;
  desk.page.ink.fill(desk.ground);
}

export function invert() {
  keep();
  const { ink } = desk.page;
  for (let i = 0; i < ink.length; i++) ink[i] = 1 - ink[i];
  desk.ground = 1 - desk.ground;
}

/** A picture from outside, of the paper's own cells. @param {Float32Array} ink @param {boolean} another whether it is to be one step back to what was before */
export function takePicture(ink, another) {
  if (another) keep();
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
