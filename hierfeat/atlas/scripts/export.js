// What readers take home: a part of the page as a picture, numbers as a table, the drawn image as a file.
import { payload } from "./data.js";
import { element } from "./dom.js";
import { paintImage } from "./maps.js";
import { say } from "./said.js";
import { vectorOf } from "./vector.js";

/** Pixels of a saved picture for each of the page. */
const FINE = 2;

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const href = URL.createObjectURL(blob);
  element("a", { href, download: name.replace(/[^\w.-]+/g, "-") }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/** Comma-separated values, as pandas reads them. @param {string[]} columns @param {(number | string | null)[][]} rows @param {string} name */
export function saveTable(columns, rows, name) {
  const cell = (/** @type {number | string | null} */ value) => (value === null ? "" : /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  save(new Blob([[columns, ...rows].map((row) => row.map(cell).join(",")).join("\n"), "\n"], { type: "text/csv" }), `${payload.model.name}-${name}.csv`);
}

/** A picture in [0, 1] of a pixel for each of its own: PNG keeps them as whole 255ths. @param {Float32Array} image @param {string} name */
export function saveImage(image, name) {
  const canvas = document.createElement("canvas");
  paintImage(canvas, image.map((value) => Math.max(0, Math.min(1, value))), payload.model.input_shape);
  canvas.toBlob((blob) => blob && save(blob, `${name}.png`));
}

/** @param {Element} part @param {string} name */
function saveVector(part, name) {
  save(new Blob([new XMLSerializer().serializeToString(vectorOf(part))], { type: "image/svg+xml" }), `${payload.model.name}-${name}.svg`);
}

/** @param {Element} part @param {string} name */
async function savePicture(part, name) {
  const drawn = vectorOf(part);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(drawn))}`;
  await image.decode();
  const canvas = element("canvas", { width: FINE * image.width, height: FINE * image.height });
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && save(blob, `${payload.model.name}-${name}.png`));
}

/** Buttons that save a part of the page as it stands. @param {Element} part @param {string} name */
export const downloads = (part, name) =>
  element("span", { class: "buttons tools" }, element("button", { type: "button", "data-do": "save-png", "aria-label": say("Save this as PNG"), onclick: () => savePicture(part, name) }, "PNG"), element("button", { type: "button", "data-do": "save-svg", "aria-label": say("Save this as SVG"), onclick: () => saveVector(part, name) }, "SVG"));
