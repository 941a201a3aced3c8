// What is said and marked of the chosen unit: its cursor, its field on the image, a pool's window.
import { activation, box, channelOf, exists, flatIndex, inputWindow, layers, payload, poolWindow, strongestUnit, values, view } from "./data.js";
import { all, element, find, need, words } from "./dom.js";
import { number, paintTile } from "./maps.js";
import { set, state } from "./store.js";
import { visible } from "./visible.js";
import { say } from "./said.js";

/** @typedef {import("./data.js").Unit} Unit */

/** The unit last chosen in each layer. @type {Map<number, Unit>} */
const chosen = new Map();

/** @param {Element} one */
export const indexOf = (one) => Number(/** @type {HTMLElement} */ (one.closest("[data-layer]")).dataset.layer);

/** @param {number} index of a layer @returns {Unit} */
export function unitOf(index) {
  if (state.unit?.layer === index) return state.unit; // an address may have brought it
  let unit = chosen.get(index);
  if (!unit) chosen.set(index, (unit = strongestUnit(layers[index])));
  return unit;
}

/** Forget all but the unit that the reader pointed at: in another image others are the strongest. */
export function forgetUnits() {
  chosen.clear();
  if (state.unit) chosen.set(state.unit.layer, state.unit);
}

/**
 * @param {HTMLElement} mark @param {number} top @param {number} left @param {number} bottom @param {number} right
 * @param {number} height @param {number} width
 */
export function place(mark, top, left, bottom, right, height, width) {
  const percent = (/** @type {number} */ value, /** @type {number} */ whole) => `${(100 * value) / whole}%`;
  Object.assign(mark.style, { top: percent(top, height), left: percent(left, width), height: percent(bottom - top, height), width: percent(right - left, width) });
  mark.hidden = false;
}

/** A mark on a map, which has none before it is needed. @param {HTMLElement} map @param {"i" | "u"} tag */
function markOf(map, tag) {
  const area = need(".area", map);
  const there = find(tag, area);
  if (there) return there;
  const made = element(tag);
  area.append(made);
  return made;
}

/** @param {number} index */
function markUnit(index) {
  const unit = unitOf(index);
  const { height, width } = view(layers[index]);
  for (const grid of all(".maps.filled").filter((one) => indexOf(one) === index))
    for (const map of all(".map", grid)) {
      const here = Number(map.dataset.tile) === unit.tile && (!grid.closest(".overview") || state.unit?.layer === index);
      map.classList.toggle("chosen", here);
      if (here) place(markOf(map, "i"), unit.row, unit.col, unit.row + 1, unit.col + 1, height, width);
    }
}

/** In the overview, the cells that the chosen unit reads of the layer before it. @param {number} index */
function markInput(index) {
  for (const mark of all(".overview .map u")) mark.hidden = true;
  const input = inputWindow(layers[index], unitOf(index));
  const grid = input && find(`.overview [data-layer="${layers[index].source}"] .maps`);
  if (!grid) return;
  const { height, width } = view(layers[layers[index].source]);
  const [top, left, bottom, right] = input.area;
  for (const map of all(".map", grid)) if (input.tiles.includes(Number(map.dataset.tile))) place(markOf(map, "u"), top, left, bottom, right, height, width);
}

/** @param {HTMLElement} scene @param {number} index */
function markField(scene, index) {
  const mark = need(".box", scene);
  const field = box(layers[index], unitOf(index));
  const [, height, width] = payload.model.input_shape;
  if (field) place(mark, ...field, height, width);
  else mark.hidden = true;
}

/** @param {number} from @param {number} to */
const span = (from, to) => (to - from > 1 ? `${from}–${to - 1}` : `${from}`);

/** Where in its layer a unit is, in words. @param {any} layer @param {Unit} unit */
function whereOf(layer, unit) {
  const step = layer.maps.step;
  return view(layer).vector ? say("unit {n}", { n: channelOf(layer, unit) }) : say("channel {n}, row {row}, column {col}", { n: unit.tile, row: unit.row * step, col: unit.col * step });
}

/** Layer and place of a unit. @param {import("./store.js").Chosen} unit */
export const unitName = (unit) => say("{layer}, {where}", { layer: layers[unit.layer].name, where: whereOf(layers[unit.layer], unit) });

/** @param {number} index */
export function describe(index) {
  const layer = layers[index];
  const unit = unitOf(index);
  const where = whereOf(layer, unit);
  const value = element("b", {}, number(activation(layer, unit)));
  return element("span", {}, say("{layer} {where}: activation {value}", { layer: element("b", {}, layer.name), where, value }), sees(layer, box(layer, unit)), ".");
}

/** @param {any} layer @param {ReturnType<typeof box>} field */
function sees(layer, field) {
  if (!field) return "";
  const [top, left, bottom, right] = field;
  const [, height, width] = payload.model.input_shape;
  if (bottom - top >= height && right - left >= width) return say("; it sees the whole image");
  const seen = { rows: span(top, bottom), cols: span(left, right), size: `${bottom - top} × ${right - left}` };
  if (layer.field.status === "bound") return say("; it sees rows {rows}, columns {cols} ({size} px) at most", seen);
  if (layer.field.status === "global") return say("; it sees rows {rows}, columns {cols} ({size} px) directly, and the whole image through a global pool or gate", seen);
  return say("; it sees rows {rows}, columns {cols} ({size} px)", seen);
}

/** Mark the layer's unit where it lies, and say what it answers. @param {number} index */
export function showUnit(index) {
  markUnit(index);
  const section = openedSection(index);
  if (section) for (const scene of all(".scene", section)) markField(scene, index);
  if (state.unit?.layer === index) {
    markField(need(".overview .scene"), index);
    markInput(index);
  }
  showValue(index);
}

/** Say what the layer's unit answers: in another frame its place is the same. @param {number} index */
export function showValue(index) {
  const section = openedSection(index);
  if (section && visible(section)) {
    for (const readout of all(".readout", section)) readout.replaceChildren(describe(index));
    const loupe = find(".window", section);
    if (loupe) showWindow(loupe, index);
  }
  if (state.unit?.layer === index) need(".overview .readout").replaceChildren(describe(index), ...(layers[index].window ? [words(" ", contest(index).verdict)] : []));
}

/** @param {number} index */
const openedSection = (index) => find(`details[data-layer="${index}"][open]`);

/** @param {number} index @param {Unit} unit */
export function select(index, unit) {
  if (!exists(layers[index], unit)) return;
  const before = state.unit?.layer;
  chosen.set(index, unit);
  set({ unit: { layer: index, tile: unit.tile, row: unit.row, col: unit.col } });
  if (before !== undefined && before !== index) markUnit(before);
  showUnit(index);
}

/** The cells under a pooling unit, which of them wins, and that in words. @param {number} index */
function contest(index) {
  const [layer, unit] = [layers[index], unitOf(index)];
  const source = layers[layer.source];
  const cells = poolWindow(layer, unit);
  const all = values(source);
  const numbers = cells.map((cell) => all[flatIndex(source, cell)]);
  const most = Math.max(...numbers);
  const first = layer.op.includes("max") ? cells.filter((_, i) => numbers[i] === most) : [];
  const winner = first.length === 1 ? first[0] : null;
  const held = { count: cells.length, layer: element("b", {}, source.name), channel: unit.tile };
  const verdict = winner
    ? say("Of {count} cells of {layer}, channel {channel}, the one at row {row}, column {col} wins; the others are forgotten.", { ...held, row: winner.row, col: winner.col })
    : first.length
      ? say(source.maps.data ? "{some} of {count} cells of {layer}, channel {channel} tie at {most} (as far as 256 levels tell)." : "{some} of {count} cells of {layer}, channel {channel} tie at {most}.", { ...held, some: first.length, most: number(most) })
      : say("{count} cells of {layer}, channel {channel} are pooled into one.", held);
  return { source, unit, cells, numbers, winner, verdict };
}

/** The contest drawn in the source map and as numbers. @param {HTMLElement} loupe @param {number} index */
function showWindow(loupe, index) {
  const { source, unit, cells, numbers, winner, verdict } = contest(index);
  const { height, width } = view(source);
  paintTile(/** @type {HTMLCanvasElement} */ (need("canvas", loupe)), source, unit.tile);
  const [first, last] = [cells[0], cells[cells.length - 1]];
  place(need(".frame", loupe), first.row, first.col, last.row + 1, last.col + 1, height, width);
  const table = need(".cells", loupe);
  table.style.setProperty("--across", String(new Set(cells.map((cell) => cell.col)).size));
  table.replaceChildren(...numbers.map((value, i) => element("span", { class: cells[i] === winner ? "winner" : null }, number(value))));
  const dot = need(".dot", loupe);
  if (winner) place(dot, winner.row, winner.col, winner.row + 1, winner.col + 1, height, width);
  else dot.hidden = true;
  need(".verdict", loupe).replaceChildren(words(verdict));
}

/** Arrow keys move within a map, Page Up and Page Down to the next one. @param {string} key @param {number} index @returns {Unit | null} */
export function moved(key, index) {
  /** @type {Record<string, [number, number, number]>} */
  const keys = { ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], ArrowLeft: [0, 0, -1], ArrowRight: [0, 0, 1], PageUp: [-1, 0, 0], PageDown: [1, 0, 0] };
  const by = keys[key];
  if (!by) return null;
  const { tiles, height, width } = view(layers[index]);
  const unit = unitOf(index);
  const inside = (/** @type {number} */ value, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, value));
  return { tile: inside(unit.tile + by[0], tiles), row: inside(unit.row + by[1], height), col: inside(unit.col + by[2], width) };
}

/** The unit under the pointer. @param {Event} event @returns {{ index: number, unit: Unit } | null} */
export function pointed(event) {
  const map = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest(".maps .map")) : null;
  if (!map) return null;
  const { clientX, clientY } = /** @type {MouseEvent} */ (event);
  const index = indexOf(map);
  const { height, width } = view(layers[index]);
  const area = need(".area", map).getBoundingClientRect();
  const cell = (/** @type {number} */ value, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, Math.floor(value * count)));
  return { index, unit: { tile: Number(map.dataset.tile), row: cell((clientY - area.top) / area.height, height), col: cell((clientX - area.left) / area.width, width) } };
}
