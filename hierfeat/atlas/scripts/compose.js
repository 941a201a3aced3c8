// How the network's input is made of a paper or an image: turned, enlarged, moved, and laid over. Numbers only; node can
// run it.

/** @typedef {import("./paper.js").Paper} Paper */
/** @typedef {import("./paper.js").Settings} Settings */

/**
 * The input that the network gets.
 * @param {Paper} on @param {Settings} settings @param {number} ground
 * @returns {Float32Array} (channels, height, width), in [0, 1] but for what a shift by half a pixel overshoots
 */
export function compose(on, settings, ground) {
  const shape = [on.channels, on.height, on.width];
  const image = (settings.rotation % 360 ? turned : upright)(on, settings, ground);
  return overlaid(moved(contrasted(image, settings.contrast, ground), shape, settings.shift_y, settings.shift_x), shape, settings);
}

/**
 * Each pixel is the mean of the paper below it; where a cell of the paper is larger than a pixel, linear between cells.
 * @param {Paper} on @param {Settings} settings @param {number} ground
 */
function upright({ channels, height, width, fine, ink }, { scale }, ground) {
  const [H, W] = [height * fine, width * fine];
  const [down, across] = [parts(height, H, fine / scale), parts(width, W, fine / scale)];
  const image = new Float32Array(channels * height * width);
  const line = new Float32Array(W);
  for (let c = 0, to = 0; c < channels; c++)
    for (let row = 0; row < height; row++) {
      line.fill(ground * down.outside[row]);
      for (let i = down.from[row], k = 0; i < down.to[row]; i++, k++) {
        const [start, share] = [(c * H + i) * W, down.shares[row][k]];
        for (let x = 0; x < W; x++) line[x] += share * ink[start + x];
      }
      for (let col = 0; col < width; col++, to++) {
        const shares = across.shares[col];
        let sum = ground * across.outside[col];
        for (let i = across.from[col], k = 0; i < across.to[col]; i++, k++) sum += shares[k] * line[i];
        image[to] = sum;
      }
    }
  return image;
}

/**
 * Which cells each of `count` pixels along a side is the mean of, with what shares; the rest lies outside the paper.
 * @param {number} count @param {number} cells @param {number} size cells a pixel
 */
function parts(count, cells, size) {
  const reach = Math.max(size, 1); // a mean over one cell is linear between two
  /** @type {Float64Array[]} */
  const shares = [];
  const found = { from: new Int32Array(count), to: new Int32Array(count), shares, outside: new Float64Array(count) };
  for (let pixel = 0; pixel < count; pixel++) {
    const centre = cells / 2 + (pixel + 0.5 - count / 2) * size;
    const [low, high] = [centre - reach / 2, centre + reach / 2];
    const from = Math.max(0, Math.min(cells, Math.floor(low)));
    const to = Math.max(from, Math.min(cells, Math.ceil(high)));
    const own = Float64Array.from({ length: to - from }, (_, i) => (Math.min(high, from + i + 1) - Math.max(low, from + i)) / reach);
    [found.from[pixel], found.to[pixel]] = [from, to];
    shares.push(own);
    found.outside[pixel] = 1 - own.reduce((sum, one) => sum + one, 0);
  }
  return found;
}

/**
 * The same for a turned paper, of a few points of each pixel.
 * @param {Paper} on @param {Settings} settings @param {number} ground
 */
function turned({ channels, height, width, fine, ink }, { rotation, scale }, ground) {
  const image = new Float32Array(channels * height * width);
  const turn = (rotation * Math.PI) / 180;
  const [sine, cosine] = [(Math.sin(turn) * fine) / scale, (Math.cos(turn) * fine) / scale];
  const [H, W] = [height * fine, width * fine];
  const each = H * W;
  const count = Math.max(1, Math.min(6, Math.ceil(fine / scale / 2)));
  const share = 1 / (count * count);
  for (let row = 0, to = 0; row < height; row++)
    for (let col = 0; col < width; col++, to++)
      for (let i = 0; i < count; i++)
        for (let j = 0; j < count; j++) {
          const [v, u] = [row + (i + 0.5) / count - height / 2, col + (j + 0.5) / count - width / 2];
          const [y, x] = [u * sine + v * cosine + H / 2 - 0.5, u * cosine - v * sine + W / 2 - 0.5];
          const [top, left] = [Math.floor(y), Math.floor(x)];
          const [down, across] = [y - top, x - left];
          for (let k = 0; k < 4; k++) {
            const [r, s] = [top + (k >> 1), left + (k & 1)];
            const weight = share * (k >> 1 ? down : 1 - down) * (k & 1 ? across : 1 - across);
            const inside = r >= 0 && s >= 0 && r < H && s < W;
            for (let c = 0; c < channels; c++) image[c * height * width + to] += weight * (inside ? ink[c * each + r * W + s] : ground);
          }
        }
  return image;
}

/**
 * An image in another network's size and colours: it covers that, its middle is kept; grey is luminance (ITU-R BT.601).
 * @param {Float32Array} image @param {number[]} from (channels, height, width) @param {number[]} to
 */
export function resized(image, from, to) {
  const [channels, height, width] = from;
  const [C, H, W] = to;
  const coloured = channels === C ? image : recoloured(image, channels, C, height * width);
  if (height === H && width === W) return coloured;
  const size = Math.min(height / H, width / W);
  const [down, across] = [parts(H, height, size), parts(W, width, size)];
  const found = new Float32Array(C * H * W);
  for (let c = 0, at = 0; c < C; c++)
    for (let row = 0; row < H; row++)
      for (let col = 0; col < W; col++, at++)
        for (let i = down.from[row]; i < down.to[row]; i++)
          for (let j = across.from[col]; j < across.to[col]; j++) found[at] += down.shares[row][i - down.from[row]] * across.shares[col][j - across.from[col]] * coloured[(c * height + i) * width + j];
  return found;
}

/** @param {Float32Array} image @param {number} from channels @param {number} to @param {number} each pixels of a channel */
function recoloured(image, from, to, each) {
  const weights = from === 3 ? [0.299, 0.587, 0.114] : Array.from({ length: from }, () => 1 / from);
  return Float32Array.from({ length: to * each }, (_, at) => weights.reduce((sum, weight, c) => sum + weight * image[c * each + (at % each)], 0));
}

/** @param {Float32Array} image changed in place @param {number} contrast @param {number} ground */
function contrasted(image, contrast, ground) {
  if (contrast !== 1) for (let i = 0; i < image.length; i++) image[i] = Math.max(0, Math.min(1, ground + contrast * (image[i] - ground)));
  return image;
}

/**
 * What is on the image moved down and right, black coming in, as hierfeat's own shift does it: Keys' cubic convolution
 * between pixels, not clipped.
 * @param {Float32Array} image @param {number[]} shape @param {number} down @param {number} right
 */
export function moved(image, [channels, height, width], down, right) {
  if (!down && !right) return image;
  let found = image;
  if (down) found = along(found, channels, height, width, taps(down));
  if (right) found = along(found, channels * height, width, 1, taps(right));
  return found;
}

/** Along one axis of (outer, length, inner). @param {Float32Array} image @param {number} outer @param {number} length @param {number} inner @param {[number, number][]} weighted */
function along(image, outer, length, inner, weighted) {
  const found = new Float32Array(image.length);
  for (const [step, weight] of weighted)
    for (let o = 0; o < outer; o++)
      for (let at = Math.max(0, step); at < Math.min(length, length + step); at++) {
        const [to, from] = [(o * length + at) * inner, (o * length + at - step) * inner];
        for (let i = 0; i < inner; i++) found[to + i] += weight * image[from + i];
      }
  return found;
}

/** Whole shifts and their weights that together make a shift by `amount` pixels. @param {number} amount @returns {[number, number][]} */
function taps(amount) {
  const whole = Math.floor(amount);
  const fraction = amount - whole;
  if (!fraction) return [[whole, 1]];
  const keys = (/** @type {number} */ d) => (d <= 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2);
  return [-1, 0, 1, 2].map((step) => [whole + step, keys(Math.abs(step - fraction))]);
}

/** @param {Float32Array} image @param {number[]} shape @param {Settings} settings */
function overlaid(image, [channels, height, width], { noise, square, square_row, square_col }) {
  if (!noise && !square) return image;
  const random = noise ? normal(1) : () => 0;
  const inside = (/** @type {number} */ at, /** @type {number} */ middle) => Math.abs(at + 0.5 - middle) < square / 2;
  const found = new Float32Array(image.length);
  for (let c = 0, at = 0; c < channels; c++)
    for (let row = 0; row < height; row++)
      for (let col = 0; col < width; col++, at++) {
        const value = square && inside(row, square_row) && inside(col, square_col) ? 0.5 : image[at];
        found[at] = Math.max(0, Math.min(1, value + noise * random()));
      }
  return found;
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
