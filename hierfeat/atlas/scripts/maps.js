// Painting: colours, feature maps, kernels. Activations from zero in magma; signed numbers in RdBu about zero.
import { layerLimit, values, view, weightsOf } from "./data.js";
import { element } from "./dom.js";
import { state } from "./store.js";
import { say } from "./said.js";

const MAGMA = ["#000004", "#1c1044", "#4f127b", "#812581", "#b5367a", "#e55063", "#fb8761", "#fec287", "#fcfdbf"];
const RDBU = ["#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7", "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"];
export const NOT_A_NUMBER = pixel(0, 255, 127);

/** A pixel as one number, as little-endian memory holds it. @param {number} r @param {number} g @param {number} b */
export function pixel(r, g, b) {
  return (0xff000000 | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
}

/** 256 pixels from the first colour to the last. @param {string[]} anchors */
function ramp(anchors) {
  const stops = anchors.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    const [r, g, b] = stops[low].map((value, k) => value + (stops[low + 1][k] - value) * (place - low));
    return pixel(r, g, b);
  });
}
const SEQUENTIAL = ramp(MAGMA);
const DIVERGING = ramp(RDBU);

/** @typedef {{ table: Uint32Array, scale: number, middle: number }} Chart the colour of v is table[floor(v * scale + middle)] */

/** @param {number} limit of the magnitude @param {boolean} signed @returns {Chart} */
export function colours(limit, signed) {
  if (signed) return { table: DIVERGING, scale: limit > 0 ? 127.5 / limit : 0, middle: 128 };
  return { table: SEQUENTIAL, scale: limit > 0 ? 255 / limit : 0, middle: 0.5 };
}

/** The colour of a signed number among numbers up to `most`, for CSS. @param {number} value @param {number} most */
export function colourOf(value, most) {
  const level = Math.max(0, Math.min(255, Math.floor((value / most) * 127.5 + 128)));
  const bytes = DIVERGING[level];
  return `rgb(${bytes & 255} ${(bytes >> 8) & 255} ${(bytes >> 16) & 255})`;
}

/** @type {WeakMap<HTMLCanvasElement, { image: ImageData, pixels: Uint32Array, context: CanvasRenderingContext2D }>} */
const sheets = new WeakMap();

/**
 * The pixels of a canvas of that size, and what puts them on it.
 * @param {HTMLCanvasElement} canvas @param {number} height @param {number} width
 */
export function sheet(canvas, height, width) {
  let found = sheets.get(canvas);
  if (!found || canvas.height !== height || canvas.width !== width) {
    canvas.width = width;
    canvas.height = height;
    const image = new ImageData(width, height);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    sheets.set(canvas, (found = { image, pixels: new Uint32Array(image.data.buffer), context }));
  }
  const { image, pixels, context } = found;
  return { pixels, show: () => context.putImageData(image, 0, 0) };
}

/**
 * Numbers as colours: height × width of them from `start` on; cells beyond the last of `count` stay clear.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} numbers @param {number} start @param {number} height
 * @param {number} width @param {number} limit @param {boolean} signed @param {number} [count]
 */
export function paintNumbers(canvas, numbers, start, height, width, limit, signed, count = height * width) {
  const { pixels, show } = sheet(canvas, height, width);
  const { table, scale, middle } = colours(limit, signed);
  for (let i = 0; i < pixels.length; i++) {
    const value = numbers[start + i];
    const level = Math.floor(value * scale + middle);
    pixels[i] = i >= count ? 0 : value !== value ? NOT_A_NUMBER : table[level < 0 ? 0 : level > 255 ? 255 : level];
  }
  show();
}

/** @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} image in [0, 1] @param {number[]} shape (channels, height, width) */
export function paintImage(canvas, image, [channels, height, width]) {
  const { pixels, show } = sheet(canvas, height, width);
  const each = height * width;
  const [green, blue] = channels === 3 ? [each, 2 * each] : [0, 0];
  for (let i = 0; i < each; i++) pixels[i] = pixel(255 * image[i], 255 * image[green + i], 255 * image[blue + i]);
  show();
}

/** Grey from 0 to 1, cut off beyond. @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} levels @param {number} height @param {number} width */
export function paintGrey(canvas, levels, height, width) {
  const { pixels, show } = sheet(canvas, height, width);
  for (let i = 0; i < pixels.length; i++) {
    const level = 255 * Math.min(1, Math.max(0, levels[i]));
    pixels[i] = pixel(level, level, level);
  }
  show();
}

/** @param {HTMLCanvasElement} canvas @param {any} layer @param {number} tile */
export function paintTile(canvas, layer, tile) {
  const { height, width, vector } = view(layer);
  const { signed, shape } = layer.maps;
  const found = values(layer);
  const each = height * width;
  const start = vector ? 0 : tile * each;
  let limit = layerLimit(layer);
  if (state.range === "map" && !vector) {
    limit = 0;
    for (let i = start; i < start + each; i++) limit = Math.max(limit, Math.abs(found[i]) || 0);
  }
  paintNumbers(canvas, found, start, height, width, limit, signed, vector ? shape[0] : each);
}

/** @param {number} limit @param {boolean} signed */
export function legend(limit, signed) {
  const stops = (signed ? RDBU : MAGMA).join(",");
  const bar = element("i", { style: { background: `linear-gradient(90deg,${stops})` } });
  return element("span", { class: "legend" }, element("span", {}, signed ? `−${number(limit)}` : "0"), bar, element("span", {}, number(limit)));
}

/** @param {number | null} value */
export function number(value) {
  if (value === null || Number.isNaN(value)) return String(say("not a number"));
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(1) : size >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return text.replace("-", "−");
}

/**
 * One canvas for each kernel, its slices side by side with a gap of one cell; 1 × 1 kernels make one matrix together.
 * @param {HTMLElement} target @param {any} kernels
 */
export function paintKernels(target, kernels) {
  const [outputs, inputs, height, width] = kernels.shape;
  const weights = weightsOf(kernels);
  if (height * width === 1) {
    const canvas = addCanvas(target, say("matrix of {size} weights", { size: `${outputs} × ${inputs}` }), 9 * inputs, "");
    paintNumbers(canvas, weights, 0, outputs, inputs, kernels.limit, true);
    return;
  }
  const inColour = inputs === 3 && kernels.colour;
  const slices = inColour ? 1 : inputs;
  const cell = slices > 1 ? Math.max(3, Math.round(24 / height)) : Math.max(4, Math.round(60 / height));
  const across = slices * (width + 1) - 1;
  for (let o = 0; o < outputs; o++) {
    const canvas = addCanvas(target, say("kernel {n}", { n: o }), cell * across, String(o));
    const own = weights.subarray(o * inputs * height * width, (o + 1) * inputs * height * width);
    paintKernel(canvas, own, [inputs, height, width], inColour, kernels.limit);
  }
}

/**
 * One kernel, its slices side by side.
 * @param {HTMLCanvasElement} canvas @param {Float32Array} own weights @param {number[]} shape (inputs, height, width)
 * @param {boolean} inColour @param {number} limit
 */
export function paintKernel(canvas, own, [inputs, height, width], inColour, limit) {
  if (inColour) paintColours(canvas, own, height, width, limit);
  else paintSlices(canvas, own, inputs, height, width, limit);
}

/** @param {HTMLCanvasElement} canvas @param {Float32Array} own @param {number} height @param {number} width @param {number} limit */
function paintColours(canvas, own, height, width, limit) {
  const { pixels, show } = sheet(canvas, height, width);
  const level = (/** @type {number} */ value) => Math.max(0, Math.min(255, 127.5 * (1 + value / (limit || 1))));
  const each = height * width;
  for (let i = 0; i < each; i++) pixels[i] = pixel(level(own[i]), level(own[each + i]), level(own[2 * each + i]));
  show();
}

/**
 * @param {HTMLCanvasElement} canvas @param {Float32Array} own @param {number} slices @param {number} height
 * @param {number} width @param {number} limit
 */
function paintSlices(canvas, own, slices, height, width, limit) {
  const across = slices * (width + 1) - 1;
  const { pixels, show } = sheet(canvas, height, across);
  const scale = limit > 0 ? 127.5 / limit : 0;
  for (let s = 0; s < slices; s++)
    for (let row = 0; row < height; row++)
      for (let col = 0; col < width; col++) {
        const value = own[(s * height + row) * width + col];
        const level = Math.max(0, Math.min(255, Math.floor(value * scale + 128)));
        pixels[row * across + s * (width + 1) + col] = value !== value ? NOT_A_NUMBER : DIVERGING[level];
      }
  show();
}

/** @param {HTMLElement} target @param {import("./said.js").Said} label @param {number} width @param {string} caption */
export function addCanvas(target, label, width, caption) {
  const canvas = element("canvas", { role: "img", "aria-label": label, style: { width: `${width}px` } });
  target.append(element("figure", {}, canvas, caption !== "" && element("figcaption", {}, caption)));
  return canvas;
}
