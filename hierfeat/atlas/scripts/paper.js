// What the reader draws on. Numbers only; node can run it.

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

/** An image as paper with a cell for each pixel. @param {number[]} shape @param {Float32Array} ink @returns {Paper} */
export const asPaper = ([channels, height, width], ink) => ({ channels, height, width, fine: 1, ink });

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
