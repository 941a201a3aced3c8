// The screen before the unit: its field with a margin, and the stimulus on it; and the map that the hand makes.
import { payload } from "../data.js";
import { all, element, find, need } from "../dom.js";
import { pixel, sheet } from "../maps.js";
import { drawnOn } from "../stimuli.js";
import { place } from "../units.js";

/** @typedef {import("./cell.js").Cell} Cell */
/** @typedef {import("../stimuli.js").Stimulus} Stimulus */
/** @typedef {{ row: number, col: number, rows: number, cols: number }} Part */

const [, height, width] = payload.model.input_shape;

/** The part of the plane that the screen shows: all fields with a margin, square; it may reach beyond the image. @param {Cell[]} cells @returns {Part} */
export function partOf(cells) {
  const boxes = cells.map((cell) => cell.field);
  const [top, left] = [0, 1].map((i) => Math.min(...boxes.map((one) => one[i])));
  const [bottom, right] = [2, 3].map((i) => Math.max(...boxes.map((one) => one[i])));
  const size = Math.max(bottom - top, right - left);
  const side = size + 2 * Math.max(2, Math.round(0.3 * size));
  return { row: Math.round((top + bottom - side) / 2), col: Math.round((left + right - side) / 2), rows: side, cols: side };
}

/** What lies beyond the image is seen faintly: the network does not see it. @param {number} value */
const beyond = (value) => ((pixel(value, value, value) & 0xffffff) | 0x38000000) >>> 0;

/** @param {HTMLCanvasElement} canvas @param {Part} part @param {Stimulus | null} stimulus */
export function paintScreen(canvas, part, stimulus) {
  const change = stimulus && drawnOn(stimulus, part);
  const { pixels, show } = sheet(canvas, part.rows, part.cols);
  for (let r = 0, i = 0; r < part.rows; r++)
    for (let c = 0; c < part.cols; c++, i++) {
      const value = 127.5 * (1 + (change ? change[i] : 0));
      const inside = part.row + r >= 0 && part.col + c >= 0 && part.row + r < height && part.col + c < width;
      pixels[i] = inside ? pixel(value, value, value) : beyond(value);
    }
  show();
}

/** @param {HTMLElement} frame around the canvas @param {Part} part @param {Cell[]} cells */
export function outlineFields(frame, part, cells) {
  for (const old of all("i", frame)) old.remove();
  cells.forEach((cell, i) => {
    const mark = element("i", { class: "ab"[i] });
    const [top, left, bottom, right] = cell.field;
    place(mark, top - part.row, left - part.col, bottom - part.row, right - part.col, part.rows, part.cols);
    frame.append(mark);
  });
}

/** Colours of the map: of nothing, of ON, of OFF, and of both at one place. */
const PALE = [240, 240, 236];
const [ON, OFF, BOTH] = [[20, 150, 70], [205, 45, 50], [240, 190, 20]];

/** @param {number} on @param {number} off shares of the largest @returns {number[]} */
function mixed(on, off) {
  const most = Math.max(on, off);
  if (most <= 0) return PALE;
  const both = Math.min(on, off) / most;
  const pure = on >= off ? ON : OFF;
  return PALE.map((pale, i) => pale + Math.min(1, most) * (pure[i] + both * (BOTH[i] - pure[i]) - pale));
}

/** Marks of 1959 on the map: a cross where it is ON, a triangle where it is OFF. */
const MARKS = 13;

/** @param {HTMLCanvasElement} canvas @param {Part} part @param {Cell} cell */
export function paintHandMap(canvas, part, cell) {
  const { on, off } = cell.map;
  const scale = Math.max(1, Math.floor(320 / part.rows));
  const size = part.rows * scale;
  const { pixels, show } = sheet(canvas, size, size);
  const at = (/** @type {number} */ r, /** @type {number} */ c) => {
    const [row, col] = [part.row + r, part.col + c];
    return row < 0 || col < 0 || row >= height || col >= width ? -1 : row * width + col;
  };
  for (let r = 0; r < part.rows; r++)
    for (let c = 0; c < part.cols; c++) {
      const i = at(r, c);
      const [red, green, blue] = i < 0 || Number.isNaN(on[i]) ? [150, 150, 150] : mixed(on[i], off[i]);
      const value = i < 0 ? 0 : pixel(red, green, blue);
      for (let y = 0; y < scale; y++) pixels.fill(value, (r * scale + y) * size + c * scale, (r * scale + y) * size + (c + 1) * scale);
    }
  show();
  paintMarks(canvas, part, scale, (r, c) => {
    const i = at(r, c);
    return i < 0 || Number.isNaN(on[i]) ? 0 : on[i] >= off[i] ? on[i] : -off[i];
  });
}

/** @param {HTMLCanvasElement} canvas @param {Part} part @param {number} scale @param {(r: number, c: number) => number} signed */
function paintMarks(canvas, part, scale, signed) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const step = Math.max(1, Math.round(part.rows / MARKS));
  const size = Math.min(7, (step * scale) / 4);
  context.strokeStyle = "#fff";
  context.lineWidth = Math.max(1, size / 3);
  for (let r = step >> 1; r < part.rows; r += step)
    for (let c = step >> 1; c < part.cols; c += step) {
      const value = signed(r, c);
      if (Math.abs(value) < 0.3) continue;
      const [x, y] = [(c + 0.5) * scale, (r + 0.5) * scale];
      context.beginPath();
      if (value > 0) {
        context.moveTo(x - size, y - size);
        context.lineTo(x + size, y + size);
        context.moveTo(x + size, y - size);
        context.lineTo(x - size, y + size);
      } else {
        context.moveTo(x, y - size);
        context.lineTo(x + size, y + 0.8 * size);
        context.lineTo(x - size, y + 0.8 * size);
        context.closePath();
      }
      context.stroke();
    }
}

/** The outlines' frame of the page's screen, and the canvas in it. */
export const screenParts = () => ({ frame: need(".screen"), canvas: /** @type {HTMLCanvasElement} */ (need(".screen canvas")) });

/** @param {Element} card @returns {HTMLCanvasElement | null} */
export const handMapOf = (card) => /** @type {HTMLCanvasElement | null} */ (find(".handmap canvas", card));
