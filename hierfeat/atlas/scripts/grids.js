// Grids of feature maps: a box on the page for each map, and one canvas under all of them.
import { layers, layerLimit, values, view } from "./data.js";
import { all, element } from "./dom.js";
import { colours, NOT_A_NUMBER } from "./maps.js";
import { state } from "./store.js";
import { indexOf } from "./units.js";
import { visible, watch } from "./visible.js";

/**
 * @typedef {object} Box where a map lies on the canvas
 * @property {number} tile
 * @property {number} top
 * @property {Uint16Array} rows the map's row for each line of the box
 * @property {number} left
 * @property {Uint16Array} cols
 *
 * @typedef {object} Wall
 * @property {CanvasRenderingContext2D} context
 * @property {ImageData} image
 * @property {Uint32Array} pixels of the image
 * @property {Box[]} boxes
 */

/** Every grid that has been filled. @type {Map<HTMLElement, { layer: any, wall: Wall | null }>} */
const grids = new Map();

/** The places of the boxes, read once for every size that the grid has. */
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const grid = /** @type {HTMLElement} */ (target);
    measure(grid);
    paintGrid(grid);
  }
});

/** Every tile of feature maps, in the overview and in the open sections. @param {HTMLElement} grid */
export function fillGrid(grid) {
  const layer = layers[indexOf(grid)];
  const { tiles, vector, height, width } = view(layer);
  const shown = Math.min(tiles, Number(grid.dataset.most || tiles));
  const captions = grid.dataset.captions && !vector;
  const maps = Array.from({ length: shown }, (_, tile) => {
    const area = element("span", { class: "area", style: { "aspect-ratio": `${width} / ${height}` } });
    return element("span", { class: "map", "data-tile": tile }, area, captions && element("b", {}, tile));
  });
  grid.classList.toggle("vector", vector);
  if (vector) grid.style.setProperty("--across", String(width));
  grid.replaceChildren(element("canvas", { "aria-hidden": "true" }), ...maps);
  grid.classList.add("filled");
  grids.set(grid, { layer, wall: null });
  measure(grid);
  resized.observe(grid);
  watch(grid, () => paintGrid(grid));
}

/** @param {HTMLElement} grid */
function measure(grid) {
  const known = grids.get(grid);
  if (!known) return;
  const canvas = /** @type {HTMLCanvasElement} */ (grid.firstElementChild);
  const { height, width } = view(known.layer);
  const whole = grid.getBoundingClientRect();
  const fine = Math.min(2, devicePixelRatio || 1);
  const at = (/** @type {number} */ place) => Math.round(place * fine);
  const [W, H] = [at(whole.width), at(whole.height)];
  known.wall = null;
  if (!W || !H) return;
  canvas.width = W;
  canvas.height = H;
  const boxes = all(".map", grid).map((map) => {
    const area = /** @type {Element} */ (map.firstElementChild).getBoundingClientRect();
    const [top, left] = [at(area.top - whole.top), at(area.left - whole.left)];
    const [bottom, right] = [Math.min(H, at(area.bottom - whole.top)), Math.min(W, at(area.right - whole.left))];
    return { tile: Number(map.dataset.tile), top, left, rows: spread(bottom - top, height), cols: spread(right - left, width) };
  });
  const image = new ImageData(W, H);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  known.wall = { context, image, pixels: new Uint32Array(image.data.buffer), boxes };
}

/** Which of `cells` each of so many pixels shows. @param {number} pixels @param {number} cells */
const spread = (pixels, cells) => Uint16Array.from({ length: Math.max(0, pixels) }, (_, i) => Math.floor(((i + 0.5) * cells) / pixels));

/** @param {HTMLElement} grid */
export function paintGrid(grid) {
  const known = grids.get(grid);
  if (!known?.wall || !visible(grid)) return;
  const { layer, wall } = known;
  const found = values(layer);
  const { height, width, vector } = view(layer);
  const each = height * width;
  const own = state.range === "map" && !vector;
  const common = colours(own ? 0 : layerLimit(layer), layer.maps.signed);
  const count = vector ? layer.maps.shape[0] : each;
  for (const box of wall.boxes) {
    const start = vector ? 0 : box.tile * each;
    const chart = own ? colours(largest(found, start, each), layer.maps.signed) : common;
    paintBox(wall.pixels, wall.image.width, box, found, start, width, count, chart);
  }
  wall.context.putImageData(wall.image, 0, 0);
}

/** All that the reader sees. */
export function paintGrids() {
  for (const grid of grids.keys())
    if (grid.isConnected) paintGrid(grid);
    else grids.delete(grid);
}

/** @param {ArrayLike<number>} numbers @param {number} start @param {number} count */
export function largest(numbers, start, count) {
  let most = 0;
  for (let i = start; i < start + count; i++) {
    const size = Math.abs(numbers[i]);
    if (size > most) most = size;
  }
  return most;
}

/**
 * @param {Uint32Array} pixels @param {number} across pixels in a line of the canvas @param {Box} box
 * @param {ArrayLike<number>} numbers @param {number} start @param {number} width of the map
 * @param {number} count of numbers: cells beyond the last stay clear
 * @param {import("./maps.js").Chart} chart
 */
function paintBox(pixels, across, { top, left, rows, cols }, numbers, start, width, count, { table, scale, middle }) {
  for (let y = 0; y < rows.length; y++) {
    const line = (top + y) * across + left;
    if (y && rows[y] === rows[y - 1]) {
      pixels.copyWithin(line, line - across, line - across + cols.length);
      continue;
    }
    let [before, colour] = [-1, 0];
    for (let x = 0; x < cols.length; x++) {
      if (cols[x] !== before) {
        before = cols[x];
        const cell = rows[y] * width + before;
        const value = numbers[start + cell];
        const level = Math.floor(value * scale + middle);
        colour = cell >= count ? 0 : value !== value ? NOT_A_NUMBER : table[level < 0 ? 0 : level > 255 ? 255 : level];
      }
      pixels[line + x] = colour;
    }
  }
}
