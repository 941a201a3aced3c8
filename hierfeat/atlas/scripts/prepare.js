// A drawing made like the images that a network was trained on: sized, centred, made upright, of one thickness. Numbers
// only; node can run it.

/** @typedef {import("./paper.js").Paper} Paper */

/**
 * @typedef {object} Preparation as hierfeat.atlas.live.preparation describes it
 * @property {[number, number]} box the ink's height and width on the grid
 * @property {boolean} tall whether the box is always filled in height, and what is too wide for it squeezed; else proportions are kept
 * @property {"mass" | "box"} by what is brought to the middle
 * @property {boolean} upright whether a slant is taken out
 * @property {[number, number] | null} ink the shares of the grid between which the ink is thickened or thinned
 * @property {boolean} thin whether lines are made one cell wide
 * @property {number} cells a side of the grid
 * @property {number} pooled so many cells a side are averaged into one
 *
 * @typedef {{ share: Float32Array, rows: number, cols: number }} Ink how much of each cell of the paper is ink
 */

/** What counts as ink of the paper, and of the grid. */
const FAINT = 0.2;

/**
 * @param {Paper} on @param {number} ground @param {Preparation} how
 * @param {number[]} [shape] of the image, where that is not the paper's
 * @returns {Float32Array | null} (channels, height, width), in the paper's own colours; null where there is no ink
 */
export function asData(on, ground, how, [channels, height, width] = [on.channels, on.height, on.width]) {
  const ink = inkOf(on, ground);
  const place = placeOf(ink, how);
  if (!place) return null;
  const soft = onGrid(ink, place, how.cells);
  const shaped = how.thin ? thinned(binary(soft), how.cells) : how.ink ? weighed(binary(soft), how.cells, how.ink) : soft;
  const small = pooled(shaped, how.cells, how.pooled);
  const side = how.cells / how.pooled;
  const one = side === height && side === width ? small : how.pooled > 1 ? enlarged(small, side, height, width) : middle(small, side, height, width);
  const image = new Float32Array(channels * one.length);
  const sign = ground < 0.5 ? 1 : -1;
  for (let c = 0; c < channels; c++) for (let i = 0; i < one.length; i++) image[c * one.length + i] = (ground < 0.5 ? 0 : 1) + sign * one[i];
  return image;
}

/** @param {Paper} on @param {number} ground @returns {Ink} */
function inkOf(on, ground) {
  const [rows, cols] = [on.height * on.fine, on.width * on.fine];
  const most = Math.max(ground, 1 - ground);
  return { share: Float32Array.from({ length: rows * cols }, (_, i) => Math.min(1, Math.abs(on.ink[i] - ground) / most)), rows, cols };
}

/**
 * The change of coordinates that brings the ink to its place: cells of the paper a cell of the grid, along rows and columns.
 * @param {Ink} ink @param {Preparation} how
 * @returns {{ row: number, col: number, down: number, across: number, slant: number } | null} the point that goes to the middle
 */
function placeOf({ share, rows, cols }, { box, tall, by, upright }) {
  let [mass, y, x, yy, xy] = [0, 0, 0, 0, 0];
  const each = (/** @type {(row: number, col: number, ink: number) => void} */ visit) => {
    for (let row = 0, i = 0; row < rows; row++) for (let col = 0; col < cols; col++, i++) if (share[i] >= FAINT) visit(row + 0.5, col + 0.5, share[i]);
  };
  each((row, col, ink) => {
    mass += ink;
    y += ink * row;
    x += ink * col;
  });
  if (!mass) return null;
  [y, x] = [y / mass, x / mass];
  each((row, col, ink) => {
    yy += ink * (row - y) ** 2;
    xy += ink * (row - y) * (col - x);
  });
  const slant = upright ? Math.max(-0.6, Math.min(0.6, xy / yy)) : 0;
  let [top, left, bottom, right] = [Infinity, Infinity, -Infinity, -Infinity];
  each((row, col) => {
    const straight = col - slant * (row - y);
    [top, left, bottom, right] = [Math.min(top, row - 0.5), Math.min(left, straight - 0.5), Math.max(bottom, row + 0.5), Math.max(right, straight + 0.5)];
  });
  const high = (bottom - top) / box[0];
  const wide = (right - left) / box[1];
  const down = tall ? high : Math.max(high, wide);
  const across = Math.max(wide, down);
  const [row, col] = by === "mass" ? [y, x] : [(top + bottom) / 2, (left + right) / 2];
  return { row, col: col + slant * (row - y), down, across, slant };
}

/**
 * The mean of the ink below each cell of the grid.
 * @param {Ink} ink @param {NonNullable<ReturnType<typeof placeOf>>} place @param {number} cells
 */
function onGrid({ share, rows, cols }, { row, col, down, across, slant }, cells) {
  const found = new Float32Array(cells * cells);
  const [m, n] = [Math.max(1, Math.min(12, Math.round(down))), Math.max(1, Math.min(12, Math.round(across)))];
  for (let i = 0; i < cells * m; i++) {
    const v = ((i + 0.5) / m - cells / 2) * down;
    const y = Math.floor(row + v);
    if (y < 0 || y >= rows) continue;
    for (let j = 0; j < cells * n; j++) {
      const x = Math.floor(col + ((j + 0.5) / n - cells / 2) * across + slant * v);
      if (x >= 0 && x < cols) found[Math.floor(i / m) * cells + Math.floor(j / n)] += share[y * cols + x] / (m * n);
    }
  }
  return found;
}

/** @param {Float32Array} soft */
const binary = (soft) => soft.map((value) => (value >= 0.5 ? 1 : 0));

/** Thickened or thinned by a cell on every side, until it covers about as much as it is to. @param {Float32Array} grid @param {number} cells @param {[number, number]} shares */
function weighed(grid, cells, [least, most]) {
  const share = (/** @type {Float32Array} */ one) => one.reduce((sum, value) => sum + value, 0) / one.length;
  let found = grid;
  for (let step = 0; step < 3 && share(found) < least; step++) found = neighbours(found, cells, 1);
  for (let step = 0; step < 3 && share(found) > most; step++) {
    const next = neighbours(found, cells, 0);
    if (share(next) < least) break;
    found = next;
  }
  return found;
}

/** Each cell that has a neighbour (above, below, beside) of that value gets it. @param {Float32Array} grid @param {number} cells @param {number} value */
function neighbours(grid, cells, value) {
  const at = (/** @type {number} */ row, /** @type {number} */ col) => row >= 0 && col >= 0 && row < cells && col < cells && grid[row * cells + col] === value;
  return grid.map((own, i) => {
    const [row, col] = [Math.floor(i / cells), i % cells];
    return at(row - 1, col) || at(row + 1, col) || at(row, col - 1) || at(row, col + 1) ? value : own;
  });
}

/**
 * Lines of one cell (Zhang and Suen 1984, A fast parallel algorithm for thinning digital patterns, CACM 27).
 * @param {Float32Array} grid @param {number} cells
 */
function thinned(grid, cells) {
  const found = grid.slice();
  const at = (/** @type {number} */ row, /** @type {number} */ col) => (row >= 0 && col >= 0 && row < cells && col < cells ? found[row * cells + col] : 0);
  for (let changed = true; changed; ) {
    changed = false;
    for (const second of [false, true]) {
      const gone = [];
      for (let row = 0; row < cells; row++)
        for (let col = 0; col < cells; col++) {
          if (!at(row, col)) continue;
          const ring = [at(row - 1, col), at(row - 1, col + 1), at(row, col + 1), at(row + 1, col + 1), at(row + 1, col), at(row + 1, col - 1), at(row, col - 1), at(row - 1, col - 1)];
          const [n, , e, , s, , w] = ring;
          const count = ring.reduce((sum, one) => sum + one, 0);
          const starts = ring.filter((one, i) => !one && ring[(i + 1) % 8]).length;
          const side = second ? n * e * w + n * s * w : n * e * s + e * s * w;
          if (count >= 2 && count <= 6 && starts === 1 && side === 0) gone.push(row * cells + col);
        }
      for (const i of gone) found[i] = 0;
      changed ||= gone.length > 0;
    }
  }
  return found;
}

/** @param {Float32Array} grid @param {number} cells @param {number} by */
function pooled(grid, cells, by) {
  const side = cells / by;
  const found = new Float32Array(side * side);
  for (let row = 0; row < cells; row++)
    for (let col = 0; col < cells; col++) found[Math.floor(row / by) * side + Math.floor(col / by)] += grid[row * cells + col] / (by * by);
  return found;
}

/** A small grid in the middle of an empty image. @param {Float32Array} small @param {number} side @param {number} height @param {number} width */
function middle(small, side, height, width) {
  const image = new Float32Array(height * width);
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
  for (let row = 0; row < side; row++) image.set(small.subarray(row * side, (row + 1) * side), (top + row) * width + left);
  return image;
}

/** Bilinear, as torch's interpolate. @param {Float32Array} small @param {number} side @param {number} height @param {number} width */
function enlarged(small, side, height, width) {
  const image = new Float32Array(height * width);
  const at = (/** @type {number} */ i, /** @type {number} */ count) => {
    const place = Math.max(0, ((i + 0.5) * side) / count - 0.5);
    const low = Math.min(Math.floor(place), side - 1);
    return [low, Math.min(low + 1, side - 1), place - low];
  };
  for (let row = 0, to = 0; row < height; row++)
    for (let col = 0; col < width; col++, to++) {
      const [[top, bottom, down], [left, right, across]] = [at(row, height), at(col, width)];
      const one = (/** @type {number} */ r, /** @type {number} */ k) => small[r * side + k];
      image[to] = (one(top, left) * (1 - across) + one(top, right) * across) * (1 - down) + (one(bottom, left) * (1 - across) + one(bottom, right) * across) * down;
    }
  return image;
}
