// In the overview, lines from the chosen unit to what it is computed from: thicker where more comes from, by sign.
import { box, layers, payload, unitAt, view } from "./data.js";
import { find, need, svg } from "./dom.js";
import { graph } from "./live.js";
import { watch } from "./visible.js";

/** @typedef {import("./arithmetic/types.js").Step} Step */
/** @typedef {import("./store.js").Chosen} Chosen */
/** @typedef {{ index: number | null, tile: number, area: number[], amount: number, channel: number }} Read */

/** Lines that are drawn at most; the strongest. */
const MOST = 12;
const [, height, width] = payload.model.input_shape;

/** What is drawn, to be drawn again where the page has moved. @type {[Chosen | null, Step[], number | null]} */
let drawn = [null, [], null];

/** The layer with maps that gives a value, or gives it in another shape; -1 for none. @param {string} value of the graph @returns {number} */
function layerOf(value) {
  const index = graph ? graph.layers.findIndex(([, one]) => one === value) : -1;
  if (index >= 0 && layers[index].maps) return index;
  const node = graph?.nodes.find(([name]) => name === value);
  const before = node && /^(view|reshape|_unsafe_view|flatten|squeeze|unsqueeze)\./.test(node[1]) ? /** @type {any} */ (node[2][0])?.v : undefined;
  return before ? layerOf(before) : -1;
}

/** What the steps read of maps that the overview shows, and how much comes from each. @param {Step[]} steps @param {Chosen} unit @returns {Read[]} */
function readsOf(steps, unit) {
  return steps.flatMap((step) => {
    const index = layerOf(step.source);
    if (index < 0) return step.terms ? fromImage(step, unit) : [];
    const area = step.area && [step.area.top, step.area.left, step.area.bottom, step.area.right];
    if (step.kind === "pool" && area) return [{ index, tile: step.channel ?? 0, area, amount: step.value, channel: step.channel ?? 0 }];
    return (step.terms ?? []).map(({ channel, sum }) => {
      if (area && !view(layers[index]).vector) return { index, tile: channel, area, amount: sum, channel };
      const { tile, row, col } = unitAt(layers[index], channel); // one number of the layer
      return { index, tile, area: [row, col, row + 1, col + 1], amount: sum, channel };
    });
  });
}

/** @param {Step} step @param {Chosen} unit @returns {Read[]} */
function fromImage(step, unit) {
  const field = box(layers[unit.layer], unit);
  const total = (step.terms ?? []).reduce((sum, term) => sum + term.sum, 0);
  return field && layers[unit.layer].source === null ? [{ index: null, tile: 0, area: field, amount: total, channel: 0 }] : [];
}

/** @param {number | null} index of a layer; null for the image @param {number} tile */
function surface(index, tile) {
  if (index === null) return find(".overview .scene");
  return find(`.overview .column[data-layer="${index}"] .map[data-tile="${tile}"] .area`);
}

/** The part of a surface, in pixels of the columns' content. @param {Element} one @param {number[]} area @param {number} rows @param {number} cols @param {DOMRect} origin @param {Element} columns */
function rectangle(one, [top, left, bottom, right], rows, cols, origin, columns) {
  const all = one.getBoundingClientRect();
  const X = (/** @type {number} */ col) => all.left - origin.left + columns.scrollLeft + (col / cols) * all.width;
  const Y = (/** @type {number} */ row) => all.top - origin.top + columns.scrollTop + (row / rows) * all.height;
  return { left: X(left), right: X(right), top: Y(top), bottom: Y(bottom) };
}

/** @param {Chosen | null} unit @param {Step[]} steps @param {number | null} channel that stands out; null for all alike */
export function drawLines(unit, steps, channel) {
  drawn = [unit, steps, channel];
  const columns = need(".overview .columns");
  find(".lines", columns)?.remove();
  if (!unit) return;
  const own = surface(unit.layer, unit.tile);
  if (!own) return;
  const origin = columns.getBoundingClientRect();
  const shape = view(layers[unit.layer]);
  const from = rectangle(own, [unit.row, unit.col, unit.row + 1, unit.col + 1], shape.height, shape.width, origin, columns);
  const reads = readsOf(steps, unit).sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount)).slice(0, MOST);
  const most = Math.max(...reads.map((read) => Math.abs(read.amount)), 1e-12);
  const paths = reads.flatMap((read) => {
    const there = surface(read.index, read.tile);
    if (!there) return [];
    const size = read.index === null ? { height, width } : view(layers[read.index]);
    const to = rectangle(there, read.area, size.height, size.width, origin, columns);
    const faded = channel !== null && read.channel !== channel;
    return [link(from, to, read.amount / most, faded)];
  });
  if (!paths.length) return;
  const overlay = svg("svg", { class: "lines", "aria-hidden": "true", width: columns.scrollWidth, height: columns.scrollHeight }, ...paths);
  columns.append(overlay);
}

/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

/** @param {Box} from @param {Box} to @param {number} share @param {boolean} faded */
function link(from, to, share, faded) {
  const [x, y] = [from.left, (from.top + from.bottom) / 2];
  const [u, v] = [to.right, (to.top + to.bottom) / 2];
  const bend = (x - u) * 0.45;
  const kind = share < 0 ? "less" : "more";
  return svg("path", { class: `${kind}${faded ? " faded" : ""}`, "stroke-width": 0.8 + 2.6 * Math.abs(share), d: `M${x.toFixed(1)} ${y.toFixed(1)}C${(x - bend).toFixed(1)} ${y.toFixed(1)} ${(u + bend).toFixed(1)} ${v.toFixed(1)} ${u.toFixed(1)} ${v.toFixed(1)}` });
}

/** Lines follow when the page is laid out anew, or the columns scroll under the image. */
export function keepLines() {
  const again = () => drawLines(...drawn);
  const columns = need(".overview .columns");
  addEventListener("resize", again);
  watch(columns, again);
  columns.addEventListener("scroll", again, { passive: true });
}
