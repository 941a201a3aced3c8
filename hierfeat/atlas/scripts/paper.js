// What the reader draws on, and how the network's input is made of it. Numbers only; node can run it.

/**
 * @typedef {object} Paper ink of its own resolution: `fine` cells for each pixel of the input, along either side
 * @property {number} channels
 * @property {number} height of the input, in pixels
 * @property {number} width
 * @property {number} fine
 * @property {Float32Array} ink (channels, height × fine, width × fine) in [0, 1]
 *
 * @typedef {object} Settings
 * @property {number} shift_x pixels to the right
 * @property {number} shift_y pixels downwards
 * @property {number} rotation degrees, counter-clockwise
 * @property {number} scale
 * @property {number} contrast about the ground
 * @property {number} noise standard deviation
 * @property {number} square side of the occluding square, in pixels; 0 for none
 * @property {number} square_row its middle
 * @property {number} square_col
 *
 * @typedef {{ box: number, by: "mass" | "box", side: "longer" | "height", grid: number | null }} Preparation
 *   how the network's own data were made: the ink's size in pixels, what is centred, and the grid it was seen on
 */

/** Cells along a side of the paper, about. */
const CELLS = 280;

/** @param {number[]} shape (channels, height, width) @param {ArrayLike<number> | number} content an image, or one grey @returns {Paper} */
export function paper([channels, height, width], content) {
  const fine = Math.max(1, Math.round(CELLS / Math.max(height, width)));
  const made = { channels, height, width, fine, ink: new Float32Array(channels * height * width * fine * fine) };
  const [H, W] = [height * fine, width * fine];
  for (let c = 0, at = 0; c < channels; c++)
    for (let row = 0; row < H; row++)
      for (let col = 0; col < W; col++, at++) {
        const from = (c * height + Math.floor(row / fine)) * width + Math.floor(col / fine);
        made.ink[at] = typeof content === "number" ? content : content[from];
      }
  return made;
}

/**
 * A stroke from one point to another, in cells of the paper, with a round pen of that radius and soft rim.
 * @param {Paper} on @param {[number, number]} from (row, column) @param {[number, number]} to @param {number} radius
 * @param {number} value of the ink
 */
export function stroke(on, from, to, radius, value) {
  const [H, W] = [on.height * on.fine, on.width * on.fine];
  const [down, right] = [to[0] - from[0], to[1] - from[1]];
  const length = down * down + right * right;
  const bound = (/** @type {number} */ at, /** @type {number} */ most) => Math.max(0, Math.min(most, at));
  const rows = [bound(Math.floor(Math.min(from[0], to[0]) - radius - 1), H), bound(Math.ceil(Math.max(from[0], to[0]) + radius + 1), H)];
  const cols = [bound(Math.floor(Math.min(from[1], to[1]) - radius - 1), W), bound(Math.ceil(Math.max(from[1], to[1]) + radius + 1), W)];
  for (let row = rows[0]; row < rows[1]; row++)
    for (let col = cols[0]; col < cols[1]; col++) {
      const [y, x] = [row + 0.5 - from[0], col + 0.5 - from[1]];
      const along = length ? Math.max(0, Math.min(1, (y * down + x * right) / length)) : 0;
      const cover = radius + 0.5 - Math.hypot(y - along * down, x - along * right);
      if (cover <= 0) continue;
      const share = Math.min(1, cover);
      for (let c = 0; c < on.channels; c++) {
        const at = (c * H + row) * W + col;
        const next = on.ink[at] + (value - on.ink[at]) * share;
        // a soft rim drawn over twice must not fade what is there already
        on.ink[at] = value > 0.5 ? Math.max(on.ink[at], next) : Math.min(on.ink[at], next);
      }
    }
}

/** The grey that most of the border has, or the middle one. @param {ArrayLike<number>} image @param {number[]} shape */
export function groundOf(image, [, height, width]) {
  const border = [];
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) if (row % (height - 1) === 0 || col % (width - 1) === 0) border.push(image[row * width + col]);
  border.sort((a, b) => a - b);
  const middle = border[border.length >> 1] ?? 0.5;
  const alike = border.filter((value) => Math.abs(value - middle) < 0.05).length;
  return alike > border.length / 2 ? middle : 0.5;
}

/**
 * Where the drawing's ink lies, as a change of coordinates that brings it to where the network's own data have it.
 * @param {Paper} on @param {number} ground @param {Preparation} preparation
 * @returns {{ row: number, col: number, scale: number } | null} the point of the paper, in pixels, that goes to the middle
 */
export function prepared(on, ground, { box, by, side }) {
  const [H, W] = [on.height * on.fine, on.width * on.fine];
  let [top, left, bottom, right, mass, rows, cols] = [H, W, -1, -1, 0, 0, 0];
  for (let row = 0; row < H; row++)
    for (let col = 0; col < W; col++) {
      const ink = Math.abs(on.ink[row * W + col] - ground);
      if (ink < 0.2) continue;
      [top, left, bottom, right] = [Math.min(top, row), Math.min(left, col), Math.max(bottom, row), Math.max(right, col)];
      mass += ink;
      rows += ink * (row + 0.5);
      cols += ink * (col + 0.5);
    }
  if (!mass) return null;
  const tall = bottom + 1 - top;
  const wide = right + 1 - left;
  const scale = (box * on.fine) / (side === "height" ? Math.max(tall, wide / 2) : Math.max(tall, wide));
  const middle = by === "mass" ? [rows / mass, cols / mass] : [(top + bottom + 1) / 2, (left + right + 1) / 2];
  return { row: middle[0] / on.fine, col: middle[1] / on.fine, scale };
}

/** The paper's ink at a place given in cells, between the cells' centres in proportion. @param {Paper} on @param {number} c @param {number} y @param {number} x @param {number} ground */
function inkAt(on, c, y, x, ground) {
  const [H, W] = [on.height * on.fine, on.width * on.fine];
  const [row, col] = [Math.floor(y - 0.5), Math.floor(x - 0.5)];
  const [down, across] = [y - 0.5 - row, x - 0.5 - col];
  const start = c * H;
  const one = (/** @type {number} */ r, /** @type {number} */ k) => (r < 0 || k < 0 || r >= H || k >= W ? ground : on.ink[(start + r) * W + k]);
  const upper = one(row, col) * (1 - across) + (across ? one(row, col + 1) * across : 0);
  return down ? upper * (1 - down) + (one(row + 1, col) * (1 - across) + (across ? one(row + 1, col + 1) * across : 0)) * down : upper;
}

/**
 * The input that the network gets: the drawing brought to its place, moved, turned, enlarged, and what is laid over it.
 * @param {Paper} on @param {Settings} settings @param {number} ground @param {Preparation | null} preparation
 * @returns {Float32Array} (channels, height, width) in [0, 1]
 */
export function compose(on, settings, ground, preparation) {
  const { channels, height, width } = on;
  const own = preparation && prepared(on, ground, preparation);
  const grid = own && preparation?.grid ? preparation.grid : null;
  const [rows, cols] = grid ? [grid, grid] : [height, width];
  const seen = sampled(on, settings, ground, own, rows, cols);
  const image = grid ? enlarged(seen, channels, grid, height, width) : seen;
  return overlaid(image, [channels, height, width], settings, ground);
}

/**
 * @param {Paper} on @param {Settings} settings @param {number} ground
 * @param {{ row: number, col: number, scale: number } | null} own @param {number} rows @param {number} cols
 */
function sampled(on, { shift_x, shift_y, rotation, scale }, ground, own, rows, cols) {
  const { channels, height, width, fine } = on;
  const image = new Float32Array(channels * rows * cols);
  const turn = (rotation * Math.PI) / 180;
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  const all = scale * (own?.scale ?? 1);
  const [row0, col0] = [own?.row ?? height / 2, own?.col ?? width / 2];
  // so many samples of each pixel that no cell of the paper is stepped over
  const count = Math.max(1, Math.min(16, Math.ceil((fine * height) / rows / Math.max(all, 0.25))));
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++)
      for (let i = 0; i < count; i++)
        for (let j = 0; j < count; j++) {
          const v = ((row + (i + 0.5) / count) * height) / rows - height / 2 - shift_y;
          const u = ((col + (j + 0.5) / count) * width) / cols - width / 2 - shift_x;
          const x = ((u * cosine - v * sine) / all + col0) * fine;
          const y = ((u * sine + v * cosine) / all + row0) * fine;
          for (let c = 0; c < channels; c++) image[(c * rows + row) * cols + col] += inkAt(on, c, y, x, ground) / (count * count);
        }
  return image;
}

/** Bilinear, as torch's interpolate. @param {Float32Array} small @param {number} channels @param {number} grid @param {number} height @param {number} width */
function enlarged(small, channels, grid, height, width) {
  const image = new Float32Array(channels * height * width);
  const at = (/** @type {number} */ i, /** @type {number} */ count) => {
    const place = Math.max(0, ((i + 0.5) * grid) / count - 0.5);
    const low = Math.min(Math.floor(place), grid - 1);
    return [low, Math.min(low + 1, grid - 1), place - low];
  };
  let to = 0;
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < height; row++)
      for (let col = 0; col < width; col++) {
        const [[top, bottom, down], [left, right, across]] = [at(row, height), at(col, width)];
        const one = (/** @type {number} */ r, /** @type {number} */ k) => small[(c * grid + r) * grid + k];
        image[to++] = (one(top, left) * (1 - across) + one(top, right) * across) * (1 - down) + (one(bottom, left) * (1 - across) + one(bottom, right) * across) * down;
      }
  return image;
}

/** @param {Float32Array} image @param {number[]} shape @param {Settings} settings @param {number} ground */
function overlaid(image, [channels, height, width], { contrast, noise, square, square_row, square_col }, ground) {
  const random = noise ? normal(1) : () => 0;
  const inside = (/** @type {number} */ at, /** @type {number} */ middle) => Math.abs(at + 0.5 - middle) < square / 2;
  for (let c = 0, at = 0; c < channels; c++)
    for (let row = 0; row < height; row++)
      for (let col = 0; col < width; col++, at++) {
        const value = square && inside(row, square_row) && inside(col, square_col) ? 0.5 : ground + contrast * (image[at] - ground);
        image[at] = Math.max(0, Math.min(1, value + noise * random()));
      }
  return image;
}

/** Random numbers between 0 and 1 that are the same for the same seed (mulberry32). @param {number} seed */
export function uniform(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param {number} seed */
function normal(seed) {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
