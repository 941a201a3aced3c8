// The table of layers: blocks that open, and beside it the edges that skip layers.
import { closed, opened, unfold } from "./blocks.js";
import { layers } from "./data.js";
import { all, find, need, svg } from "./dom.js";
import { visible, watch } from "./visible.js";

/** Pixels that the edges have to the left of the names. */
const GUTTER = 46;

/** From which layer to which something goes past the layers between. @type {[number, number][]} */
const skips = layers.flatMap((layer) => layer.inputs.filter((/** @type {number} */ from) => layer.index - from > 1).map((/** @type {number} */ from) => [from, layer.index]));

const board = () => need("#layer-table");

export function startTable() {
  for (const button of all(".fold-rows", board())) button.addEventListener("click", () => turn(/** @type {HTMLElement} */ (button.closest("tbody"))));
  if (!skips.length) return;
  board().classList.add("skips");
  new ResizeObserver(drawSkips).observe(need("table", board()));
  watch(board(), drawSkips);
  board().addEventListener("pointerover", (event) => markSkips(/** @type {Element} */ (event.target).closest("tr")));
  board().addEventListener("focusin", (event) => markSkips(/** @type {Element} */ (event.target).closest("tr")));
}

/** Open a block, or close it. @param {HTMLElement} block */
function turn(block) {
  const button = need(".fold-rows", block);
  const on = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(on));
  if (on) {
    unfold(block);
    opened("rows", block, turn);
  } else closed("rows", block);
  drawSkips();
}

/** The row of each layer, or of the block that it is folded into. */
function rowsOf() {
  /** @type {Map<number, HTMLElement>} */
  const found = new Map();
  for (const block of all("tbody[data-from]", board()))
    for (let index = Number(block.dataset.from); index < Number(block.dataset.to); index++) found.set(index, need("tr", block));
  for (const row of all("tr[data-row]", board())) found.set(Number(row.dataset.row), row);
  return found;
}

/** A bow for every edge between rows that do not follow each other. */
function drawSkips() {
  const area = board();
  if (!visible(area)) return;
  find("svg.skip-edges", area)?.remove();
  const [of, shown] = [rowsOf(), all("tbody tr", area)];
  const origin = area.getBoundingClientRect().top;
  const middles = new Map(shown.map((row) => [row, row.getBoundingClientRect()]));
  /** @type {Map<string, Element>} */
  const drawn = new Map();
  for (const [from, to] of skips) {
    const [a, b] = [of.get(from), of.get(to)];
    const [start, end] = [shown.indexOf(/** @type {HTMLElement} */ (a)), shown.indexOf(/** @type {HTMLElement} */ (b))];
    if (!a || !b || end - start < 2 || drawn.has(`${start} ${end}`)) continue;
    const [y, v] = [a, b].map((row) => { const { top, height } = /** @type {DOMRect} */ (middles.get(row)); return top - origin + height / 2; });
    const x = GUTTER - Math.min(GUTTER * 1.3, 8 + 9 * Math.log2(end - start));
    drawn.set(`${start} ${end}`, svg("path", { "data-from": start, "data-to": end, "data-edge": `${from} ${to}`, d: `M${GUTTER} ${y.toFixed(1)}C${x.toFixed(1)} ${y.toFixed(1)} ${x.toFixed(1)} ${v.toFixed(1)} ${GUTTER} ${v.toFixed(1)}` }));
  }
  area.append(svg("svg", { class: "skip-edges", "aria-hidden": "true", width: GUTTER, height: need("table", area).getBoundingClientRect().height }, ...drawn.values()));
}

/** The edges of a row stand out. @param {Element | null} row */
function markSkips(row) {
  const at = String(all("tbody tr", board()).indexOf(/** @type {HTMLElement} */ (row)));
  for (const path of all(".skip-edges path", board())) path.classList.toggle("near", path.dataset.from === at || path.dataset.to === at);
}
