// Hubel and Wiesel's stimuli, drawn as hierfeat.stimuli draws them: each pixel by the share of it that is covered.

/**
 * @typedef {object} Stimulus
 * @property {"bar" | "edge" | "spot" | "grating"} kind
 * @property {number} row of its middle, in pixels of the image
 * @property {number} col
 * @property {number} orientation degrees of the bar, counter-clockwise from horizontal
 * @property {number} width pixels; a spot's diameter, a grating's half period
 * @property {number} length
 * @property {number} polarity 1 light, -1 dark
 * @property {number} [offset] across the bar, from the middle
 */

export const GROUND = 0.5;

/**
 * Share of a unit pixel on the positive side of a straight edge, its centre `distance` inside.
 * @param {number} distance @param {number} sine @param {number} cosine of the edge's angle
 */
function halfPlane(distance, sine, cosine) {
  const wide = Math.max(Math.abs(sine), Math.abs(cosine));
  const narrow = Math.max(1e-6, Math.min(Math.abs(sine), Math.abs(cosine)));
  const far = Math.abs(distance);
  const rest = Math.max(0, (wide + narrow) / 2 - far);
  const share = far < (wide - narrow) / 2 ? 0.5 + far / wide : 1 - (rest * rest) / (2 * wide * narrow);
  return distance < 0 ? 1 - share : share;
}

/** @param {number} distance @param {number} width @param {number} sine @param {number} cosine */
const band = (distance, width, sine, cosine) => halfPlane(distance + width / 2, sine, cosine) - halfPlane(distance - width / 2, sine, cosine);

/** @param {Stimulus} stimulus @returns {(row: number, col: number) => number} -1 to 1 at a pixel's centre, offsets from the middle */
function pattern({ kind, orientation, width, length, polarity, offset = 0 }) {
  const angle = (orientation * Math.PI) / 180;
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const across = (/** @type {number} */ row, /** @type {number} */ col) => row * cosine + col * sine - offset;
  if (kind === "edge") return (row, col) => polarity * (2 * halfPlane(across(row, col), sine, cosine) - 1);
  if (kind === "grating") return (row, col) => polarity * Math.cos((Math.PI * across(row, col)) / width);
  if (kind === "spot")
    return (row, col) => {
      const radius = Math.hypot(row, col);
      const [s, c] = radius ? [col / radius, row / radius] : [0, 1];
      return polarity * (halfPlane(width / 2 - radius, s, c) - halfPlane(-width / 2 - radius, s, c));
    };
  return (row, col) => polarity * band(across(row, col), width, sine, cosine) * band(col * cosine - row * sine, length, cosine, -sine);
}

/**
 * What the stimulus does to the ground, -1 to 1, at each pixel of a part of the plane: the image, or more than it.
 * @param {Stimulus} stimulus @param {{ row: number, col: number, rows: number, cols: number }} part
 * @returns {Float32Array} (rows, cols)
 */
export function drawnOn(stimulus, { row, col, rows, cols }) {
  const at = pattern(stimulus);
  const found = new Float32Array(rows * cols);
  for (let r = 0, i = 0; r < rows; r++)
    for (let c = 0; c < cols; c++, i++) found[i] = Math.max(-1, Math.min(1, at(row + r + 0.5 - stimulus.row, col + c + 0.5 - stimulus.col)));
  return found;
}

/**
 * The stimulus on grey, as the network gets it.
 * @param {number[]} shape (channels, height, width) @param {Stimulus} stimulus @returns {Float32Array}
 */
export function drawn([channels, height, width], stimulus) {
  const change = drawnOn(stimulus, { row: 0, col: 0, rows: height, cols: width });
  const image = new Float32Array(channels * height * width);
  for (let i = 0; i < change.length; i++) image[i] = GROUND + 0.5 * change[i];
  for (let c = 1; c < channels; c++) image.copyWithin(c * change.length, 0, change.length);
  return image;
}

/**
 * The sweep of hierfeat.bar_sweep: 8 orientations × 41 offsets across the middle of a field.
 * @param {[number, number, number, number]} box of the field
 */
export function sweep([top, left, bottom, right], steps = 41) {
  const size = Math.max(bottom - top, right - left);
  const offsets = Array.from({ length: steps }, (_, i) => -0.75 * size + (1.5 * size * i) / (steps - 1));
  const orientations = Array.from({ length: 8 }, (_, i) => i * 22.5);
  /** @param {number} orientation @param {number} offset @returns {Stimulus} */
  const stimulus = (orientation, offset) => ({
    kind: "bar",
    row: (top + bottom) / 2,
    col: (left + right) / 2,
    orientation,
    offset,
    width: Math.max(1, size / 5),
    length: 1.5 * size,
    polarity: 1,
  });
  return { orientations, offsets, stimulus };
}

/**
 * The gratings of hierfeat.orientation_tuning: 16 orientations × 8 frequencies × 8 phases over the whole image.
 * @param {number[]} shape (channels, height, width) @returns {Stimulus[]} phases run fastest
 */
export function gratings([, height, width]) {
  const low = Math.min(1.5 / Math.min(height, width), 0.25);
  const found = [];
  for (let o = 0; o < 16; o++)
    for (let f = 0; f < 8; f++)
      for (let p = 0; p < 8; p++) {
        const frequency = low * (0.5 / low) ** (f / 7);
        found.push(grating(height, width, o * 11.25, frequency, p / 8));
      }
  return found;
}

/**
 * @param {number} height @param {number} width @param {number} orientation @param {number} frequency cycles/pixel
 * @param {number} turn phase, as a share of the cycle
 * @returns {Stimulus}
 */
function grating(height, width, orientation, frequency, turn) {
  return { kind: "grating", row: height / 2, col: width / 2, orientation, offset: turn / frequency, width: 0.5 / frequency, length: width, polarity: 1 };
}

/** @type {("row" | "col" | "orientation" | "width" | "length" | "polarity")[]} */
const NUMBERS = ["row", "col", "orientation", "width", "length", "polarity"];
const KINDS = ["bar", "edge", "spot", "grating"];

/** A stimulus as a text for the address. @param {Stimulus} stimulus */
export const textOf = (stimulus) => [stimulus.kind, ...NUMBERS.map((name) => +stimulus[name].toFixed(2)), +(stimulus.offset ?? 0).toFixed(2)].join(",");

/** The stimulus that a text names; nothing where it names none. @param {string} text @returns {Partial<Stimulus>} */
export function stimulusOf(text) {
  const [kind, ...rest] = text.split(",");
  const numbers = rest.map(Number);
  if (!KINDS.includes(kind) || numbers.length !== NUMBERS.length + 1 || !numbers.every((one) => Number.isFinite(one) && Math.abs(one) < 1e5)) return {};
  const found = Object.fromEntries(NUMBERS.map((name, i) => [name, numbers[i]]));
  if (found.width <= 0 || found.length <= 0 || Math.abs(found.polarity) > 1) return {};
  return /** @type {any} */ ({ kind, ...found, offset: numbers[NUMBERS.length] });
}
