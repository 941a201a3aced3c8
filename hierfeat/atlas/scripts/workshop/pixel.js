// One pixel of the result: window × kernel = products and their sum, and the row of the matrix that makes it.
import { element } from "../dom.js";
import { colourOf, number, paintNumbers } from "../maps.js";
import { matrixRow, under } from "./correlate.js";
import { say } from "../said.js";

/** @typedef {import("./correlate.js").Kernel} Kernel @typedef {import("./correlate.js").Picture} Picture @typedef {{ rows: import("./correlate.js").Axis, cols: import("./correlate.js").Axis }} Laid */

const WRITTEN = 7; // kernels up to this side are written out
const SIDE = 300; // pixels of the drawn matrix, at most

/**
 * @param {HTMLElement} target @param {Picture} from @param {Kernel} kernel @param {Laid} laid
 * @param {{ data: Float64Array, height: number, width: number }} result @param {{ row: number, col: number }} at
 */
export function showPixel(target, from, kernel, laid, result, { row, col }) {
  const window = under(from, kernel, laid, row, col);
  const products = window.map((value, place) => value * kernel.weights[place]);
  const sum = result.data[row * result.width + col];
  const said = [
    element("p", { class: "sum" }, say("Row {row}, column {col} of the result: the {n} products sum to {sum}.", { row, col, n: products.length, sum: element("b", {}, number(sum)) })),
    Math.max(kernel.rows, kernel.cols) > WRITTEN ? "" : element("div", { class: "written" }, numbers(say("window"), window, kernel), element("span", {}, "×"), numbers(say("kernel"), kernel.weights, kernel), element("span", {}, "="), numbers(say("products"), products, kernel)),
  ];
  const key = [kernel.weights, kernel.cols, from.height, from.width, laid.rows.taps, laid.cols.taps, row, col].join();
  if (drawn?.key !== key) drawn = { key, figure: matrix(from, kernel, laid, row, col) }; // it does not change with the picture
  target.replaceChildren(...said, drawn.figure);
}

/** The matrix that is on show, and what it is of. @type {{ key: string, figure: HTMLElement } | null} */
let drawn = null;

/** @param {import("../said.js").Said} title @param {number[]} cells @param {Kernel} kernel */
function numbers(title, cells, kernel) {
  const most = Math.max(...cells.map(Math.abs)) || 1;
  const grid = element("div", { class: "numbers", style: { "--across": kernel.cols } }, ...cells.map((value) => element("span", { style: { background: colourOf(value, most), color: Math.abs(value) > 0.55 * most ? "#fff" : "#111" } }, short(value))));
  return element("figure", {}, element("figcaption", {}, title), grid);
}

/** @param {number} value */
const short = (value) => (value === 0 ? "0" : Number(value.toPrecision(2)).toString().replace("-", "−"));

/** @param {Picture} from @param {Kernel} kernel @param {Laid} laid @param {number} row @param {number} col */
function matrix(from, kernel, laid, row, col) {
  const [outputs, inputs] = [laid.rows.size * laid.cols.size, from.height * from.width];
  const whole = element("canvas", { role: "img", "aria-label": say("matrix of {rows} rows and {cols} columns", { rows: outputs, cols: inputs }) });
  const own = element("canvas", { role: "img", "aria-label": say("the matrix's row, folded into the picture's shape") });
  paintWhole(whole, from, kernel, laid, row * laid.cols.size + col);
  const made = matrixRow(from, kernel, laid, row, col);
  paintNumbers(own, made, 0, from.height, from.width, Math.max(...made.map(Math.abs)), true);
  const caption = say("As a matrix product: {size} weights, of which {n} in each row, the same ones; the rest is 0. Orange: the row of this pixel.", { size: `${outputs} × ${inputs}`, n: kernel.rows * kernel.cols });
  return element("div", { class: "as-matrix" }, element("figure", {}, element("figcaption", {}, caption), whole), element("figure", {}, element("figcaption", {}, say("That row, folded into the picture's shape.")), own));
}

/** Every weight of the matrix as a dot, and the chosen row. @param {HTMLCanvasElement} canvas @param {Picture} from @param {Kernel} kernel @param {Laid} laid @param {number} chosen */
function paintWhole(canvas, from, kernel, laid, chosen) {
  const [outputs, inputs] = [laid.rows.size * laid.cols.size, from.height * from.width];
  const scale = Math.min(1, SIDE / Math.max(outputs, inputs));
  canvas.width = Math.max(1, Math.round(inputs * scale));
  canvas.height = Math.max(1, Math.round(outputs * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const most = Math.max(...kernel.weights.map(Math.abs)) || 1;
  const [dot, step] = [Math.max(1, scale), Math.max(1, Math.floor(1 / scale))];
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  kernel.weights.forEach((weight, place) => {
    if (weight === 0) return;
    context.fillStyle = colourOf(weight, most);
    const [m, n] = [Math.floor(place / kernel.cols), place % kernel.cols];
    for (let output = 0; output < outputs; output += step) {
      const [row, col] = [laid.rows.taps[Math.floor(output / laid.cols.size) * kernel.rows + m], laid.cols.taps[(output % laid.cols.size) * kernel.cols + n]];
      if (row >= 0 && col >= 0) context.fillRect((row * from.width + col) * scale, output * scale, dot, dot);
    }
  });
  context.fillStyle = "#ff9a1faa";
  context.fillRect(0, Math.round(chosen * scale), canvas.width, Math.max(1.5, dot));
}
