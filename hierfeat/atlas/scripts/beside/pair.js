// Two networks side by side: a row for each two layers that correspond, and above them what each sees and says.
import { samples } from "../data.js";
import { all, element, need, setText } from "../dom.js";
import { colours, NOT_A_NUMBER, number, paintImage, sheet } from "../maps.js";
import { say } from "../said.js";
import { cosine } from "../shifts.js";
import { visible, watch } from "../visible.js";
import { aligned } from "./align.js";
import { className } from "./side.js";

/** @typedef {import("./side.js").Side} Side */

/** Maps of a layer that are shown, how many stand in a line, and units of a vector. */
const [TILES, ACROSS, UNITS] = [12, 6, 240];
/** Classes whose scores are shown. */
const BEST = 3;

export class Pair {
  /** @param {HTMLElement} target @param {[Side, Side]} sides */
  constructor(target, sides) {
    this.target = target;
    this.sides = sides;
    const rows = aligned(sides[0].layers, sides[1].layers);
    this.rows = rows.map(([left, right]) => [left === null ? null : sides[0].layers[left], right === null ? null : sides[1].layers[right]]);
    target.classList.add("pair");
    target.replaceChildren(element("div", { class: "pair-row pair-head" }, ...sides.map(headOf)), ...this.rows.map((row, i) => this.rowOf(row, i)));
  }

  /** @param {any[]} row two layers, one of which may be none @param {number} i */
  rowOf(row, i) {
    const point = (/** @type {number} */ side) => (/** @type {PointerEvent} */ event) => this.point(event, i, side);
    const cells = row.map((layer, side) => element("div", { class: "pair-cell" }, ...(layer ? [element("h4", {}, layer.name, " ", element("small", {}, `${layer.op} · ${layer.out_shape.join(" × ")}`)), element("canvas", { role: "img", "aria-label": say("{layer} of the network on the {side}", { layer: layer.name, side: say(side ? "right" : "left") }), onpointermove: point(side), onpointerdown: point(side) })] : [])));
    const made = element("div", { class: "pair-row", "data-row": i }, ...cells, element("p", { class: "likeness" }));
    watch(made, () => this.paintRow(made, i));
    return made;
  }

  /** Show what both answer at the moment. @param {(Float32Array | null)[]} pictures that each was given */
  paint(pictures) {
    this.sides.forEach((side, k) => this.paintHead(all(".pair-head .pair-cell", this.target)[k], side, pictures[k]));
    for (const row of all("[data-row]", this.target)) if (visible(row)) this.paintRow(row, Number(row.dataset.row));
  }

  /** @param {HTMLElement} cell @param {Side} side @param {Float32Array | null} picture */
  paintHead(cell, side, picture) {
    if (picture) paintImage(/** @type {HTMLCanvasElement} */ (need("canvas", cell)), picture, side.model.input_shape);
    const ranked = side.ranked()?.slice(0, BEST) ?? [];
    all(".scores li", cell).forEach((line, i) => {
      line.hidden = !ranked[i];
      if (!ranked[i]) return;
      const [name, bar, amount] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ (/** @type {unknown} */ (line.children));
      [name.textContent, amount.textContent] = [ranked[i].name, ranked[i].text];
      bar.style.setProperty("--share", String(ranked[i].length));
    });
    const known = knownBy(side);
    if (side.named.length && known.length) setText(need(".accuracy", cell), say("Of {n} samples of a known class it names {right} rightly.", { n: known.length, right: known.filter((i) => side.named[i] === samples[i].label).length }));
  }

  /** @param {HTMLElement} row @param {number} i */
  paintRow(row, i) {
    const layers = this.rows[i];
    all(".pair-cell", row).forEach((cell, k) => layers[k] && this.sides[k].frame && paintLayer(/** @type {HTMLCanvasElement} */ (need("canvas", cell)), layers[k], this.sides[k]));
    const [left, right] = layers;
    const [a, b] = this.sides.map(({ frame }, k) => layers[k] && frame?.layers[layers[k].index]);
    const alike = left && right && a && b && String(left.out_shape) === String(right.out_shape) ? cosine(a, b) : null;
    setText(need(".likeness", row), alike === null ? "" : say("cosine {value}", { value: alike.toFixed(3).replace("-", "−") }));
  }

  /** Say what the unit under the pointer answers, in both. @param {PointerEvent} event @param {number} i @param {number} side */
  point(event, i, side) {
    const layer = this.rows[i][side];
    const place = placeAt(event, layer);
    if (!place) return;
    const [, height, width] = layer.maps.shape;
    const texts = this.rows[i].map((one, k) => {
      const inside = one && place.channel < one.maps.shape[0] && place.row < one.maps.shape[1] && place.col < one.maps.shape[2];
      const value = inside && this.sides[k].frame?.layers[one.index][(place.channel * one.maps.shape[1] + place.row) * one.maps.shape[2] + place.col];
      return typeof value === "number" ? number(value) : "–";
    });
    const where = height * width > 1 ? say("channel {n}, row {row}, column {col}", { n: place.channel, row: place.row, col: place.col }) : say("unit {n}", { n: place.channel });
    setText(need(`[data-row="${i}"] .likeness`, this.target), say("{where}: {left} | {right}", { where, left: texts[0], right: texts[1] }));
  }

  /** What tests read. */
  get names() {
    return this.rows.map((row) => row.map((layer) => layer?.name ?? null));
  }
}

/** @param {Side} side */
function headOf(side) {
  const line = () => element("li", {}, element("span"), element("i"), element("span"));
  return element("div", { class: "pair-cell" }, element("h3", {}, side.title), element("canvas", { role: "img", "aria-label": say("the picture that it sees") }), element("ol", { class: "scores" }, ...Array.from({ length: BEST }, line)), element("p", { class: "accuracy note" }));
}

/** The samples whose class this network has, by that class's name. @param {Side} side */
function knownBy({ model }) {
  return samples.map((_, i) => i).filter((i) => samples[i].label !== null && samples[i].label >= 0 && !model.named && (!model.classes || className(model, samples[i].label) === samples[i].name));
}

/** How the maps of a layer lie on its canvas. @param {any} layer */
function layout(layer) {
  const [channels, height, width] = layer.maps.shape;
  if (height * width === 1) {
    const units = Math.min(channels, UNITS);
    const across = units <= 16 ? units : Math.ceil(Math.sqrt(4 * units));
    return { count: units, across, height: 1, width: 1, gap: 0 };
  }
  const count = Math.min(channels, TILES);
  return { count, across: Math.min(count, ACROSS), height, width, gap: Math.max(1, Math.round(width / 14)) };
}

/** @param {HTMLCanvasElement} canvas @param {any} layer @param {Side} side */
function paintLayer(canvas, layer, side) {
  const values = /** @type {Float32Array} */ (side.frame?.layers[layer.index]);
  const { count, across, height, width, gap } = layout(layer);
  const [W, H] = [across * (width + gap) - gap, Math.ceil(count / across) * (height + gap) - gap];
  const { pixels, show } = sheet(canvas, H, W);
  const { most, below } = side.range(layer.index);
  const { table, scale, middle } = colours(most, below);
  pixels.fill(0);
  for (let tile = 0; tile < count; tile++) {
    const [top, left] = [Math.floor(tile / across) * (height + gap), (tile % across) * (width + gap)];
    for (let row = 0; row < height; row++)
      for (let col = 0; col < width; col++) {
        const value = values[(tile * height + row) * width + col];
        const level = Math.max(0, Math.min(255, Math.floor(value * scale + middle)));
        pixels[(top + row) * W + left + col] = value !== value ? NOT_A_NUMBER : table[level];
      }
  }
  canvas.classList.toggle("units", height * width === 1);
  canvas.style.setProperty("--across", String(across));
  show();
}

/** @param {PointerEvent} event @param {any} layer */
function placeAt(event, layer) {
  const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget);
  const area = canvas.getBoundingClientRect();
  const { count, across, height, width, gap } = layout(layer);
  const [y, x] = [Math.floor(((event.clientY - area.top) / area.height) * canvas.height), Math.floor(((event.clientX - area.left) / area.width) * canvas.width)];
  const channel = Math.floor(y / (height + gap)) * across + Math.floor(x / (width + gap));
  const [row, col] = [y % (height + gap), x % (width + gap)];
  return channel >= 0 && channel < count && row >= 0 && col >= 0 && row < height && col < width ? { channel, row, col } : null;
}
