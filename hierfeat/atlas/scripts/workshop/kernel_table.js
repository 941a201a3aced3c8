// The kernel as a table of numbers that are typed, wheeled or dragged.
import { element, need } from "../dom.js";
import { colourOf } from "../maps.js";
import { say } from "../said.js";

/** @typedef {import("./correlate.js").Kernel} Kernel */

/** Called with a place in the kernel and its new weight. @type {(place: number, weight: number) => void} */
let changed = () => {};

/** @param {(place: number, weight: number) => void} listener */
export function kernelTable(listener) {
  changed = listener;
  return element("div", { class: "weights", role: "group", "aria-label": say("the kernel's weights") });
}

/** A twentieth of the largest weight, as one digit: what a notch of the wheel adds. @param {HTMLInputElement} cell */
function notch(cell) {
  const table = /** @type {HTMLElement} */ (cell.parentElement);
  const most = Math.max(...[...table.children].map((one) => Math.abs(Number(/** @type {HTMLInputElement} */ (one).value)) || 0)) || 1;
  return Number((most / 20).toPrecision(1));
}

/** @param {HTMLInputElement} cell @param {number} weight */
const give = (cell, weight) => changed(Number(cell.dataset.place), Number(weight.toPrecision(12)));

/** @param {number} place @param {number} cols */
function cell(place, cols) {
  const label = say("weight in row {row}, column {col}", { row: Math.floor(place / cols) + 1, col: (place % cols) + 1 });
  const input = element("input", { type: "number", step: "any", "data-place": place, "aria-label": label });
  input.addEventListener("change", () => give(input, Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : 0));
  input.addEventListener("wheel", (event) => {
    event.preventDefault();
    give(input, Number(input.value) - Math.sign(event.deltaY) * notch(input));
  }, { passive: false });
  input.addEventListener("pointerdown", (event) => drag(event, input));
  return input;
}

/** A drag up or down changes the weight; a click without one leaves the number to be typed over. @param {PointerEvent} start @param {HTMLInputElement} input */
function drag(start, input) {
  const [from, by, place] = [Number(input.value), notch(input), input.dataset.place];
  let moved = 0;
  const move = (/** @type {PointerEvent} */ event) => {
    const steps = Math.round((start.clientY - event.clientY) / 8);
    if (steps === moved) return;
    moved = steps;
    event.preventDefault();
    give(/** @type {HTMLInputElement} */ (need(`.weights [data-place="${place}"]`)), from + steps * by);
  };
  const stop = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", stop);
    removeEventListener("pointercancel", stop);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", stop);
  addEventListener("pointercancel", stop);
}

/** Show a kernel; the cell that is being edited keeps the focus. @param {Kernel} kernel */
export function writeKernel(kernel) {
  const table = need(".weights");
  const shape = `${kernel.rows} ${kernel.cols}`;
  if (table.dataset.shape !== shape) {
    table.dataset.shape = shape;
    table.style.setProperty("--across", String(kernel.cols));
    table.replaceChildren(...kernel.weights.map((_, place) => cell(place, kernel.cols)));
  }
  const most = Math.max(...kernel.weights.map(Math.abs)) || 1;
  kernel.weights.forEach((weight, place) => {
    const input = /** @type {HTMLInputElement} */ (table.children[place]);
    const text = String(Number(weight.toPrecision(4)));
    if (Number(input.value) !== Number(text) || input.value === "") input.value = text;
    input.style.background = colourOf(weight, most);
    input.style.color = Math.abs(weight) > 0.55 * most ? "#fff" : "#111";
  });
}
