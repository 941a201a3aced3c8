// The paper that one draws on, and the input as the network sees it.
import { payload } from "./data.js";
import { begin, desk, drawTo, keep, rememberDrawing } from "./desk.js";
import { element } from "./dom.js";
import { paintImage } from "./maps.js";
import { say } from "./said.js";

const [channels, height, width] = payload.model.input_shape;

const canvas = element("canvas", { class: "pad", tabindex: 0, role: "application", "aria-label": say("Paper: draw here with mouse, finger or pen. Arrow keys move a pen, space puts it down and lifts it") });
const mirror = element("canvas", { tabindex: 0, role: "application", "aria-label": say("What the network sees. Arrow keys move the occluding square") });

export function paintPaper() {
  paintImage(canvas, desk.page.ink, [channels, height * desk.page.fine, width * desk.page.fine]);
  if (keys.shown) paintPen();
}

/** @param {Float32Array} input */
export const paintInput = (input) => paintImage(mirror, input, payload.model.input_shape);

/** @param {PointerEvent} event @param {HTMLElement} on @returns {[number, number]} (row, column) of the input */
function placeOf(event, on) {
  const area = on.getBoundingClientRect();
  return [((event.clientY - area.top) / area.height) * height, ((event.clientX - area.left) / area.width) * width];
}

/**
 * The paper. A pen that knows how hard it is pressed draws a broader line.
 * @param {() => void} changed @param {() => void} begun before a stroke
 */
export function pad(changed, begun) {
  let drawing = false;
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      paintPaper();
    });
    changed();
  };
  const draw = (/** @type {PointerEvent} */ event) => {
    const { fine } = desk.page;
    const [row, col] = placeOf(event, canvas);
    const pressed = event.pointerType === "pen" && event.pressure > 0 ? 0.5 + event.pressure : 1;
    drawTo(row * fine, col * fine, desk.radius * fine * pressed);
  };
  const start = () => {
    begun();
    keep();
    begin(desk.tool !== "draw", desk.radius * desk.page.fine);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || drawing) return; // a second finger draws nothing
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    start();
    drawing = true;
    draw(event);
    soon();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing || !canvas.hasPointerCapture(event.pointerId)) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) draw(one);
    soon();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
    canvas.addEventListener(end, () => {
      if (drawing) rememberDrawing();
      drawing = false;
    });
  penOfKeys(start, soon);
  return canvas;
}

/** The pen of the keyboard: where it is, in cells of the paper, and whether it touches it. */
const keys = { row: (height * desk.page.fine) / 2, col: (width * desk.page.fine) / 2, down: false, shown: false };

/** Arrow keys move the pen, space puts it down and lifts it. @param {() => void} start of a stroke @param {() => void} soon */
function penOfKeys(start, soon) {
  canvas.addEventListener("keydown", (event) => {
    const by = /** @type {Record<string, number[]>} */ ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] })[event.key];
    if (!by && event.key !== " ") return;
    event.preventDefault();
    keys.shown = true;
    const { fine } = desk.page;
    if (by) Object.assign(keys, { row: within(keys.row + by[0] * fine, height * fine), col: within(keys.col + by[1] * fine, width * fine) });
    else if ((keys.down = !keys.down)) start();
    if (keys.down) drawTo(keys.row, keys.col, desk.radius * fine);
    else rememberDrawing();
    if (keys.down) soon();
    else paintPaper();
  });
  canvas.addEventListener("blur", () => {
    if (keys.down) rememberDrawing();
    keys.shown = keys.down = false;
    paintPaper();
  });
}

/** @param {number} at @param {number} most */
const within = (at, most) => Math.max(0, Math.min(most, at));

/** A ring where the pen of the keyboard is; full where it touches the paper. */
function paintPen() {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  for (const [colour, wide] of /** @type {const} */ ([["#000", 5], ["#ff9a1f", 2.5]])) {
    context.beginPath();
    context.arc(keys.col, keys.row, desk.radius * desk.page.fine + 2, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.setLineDash(keys.down ? [] : [4, 4]);
    context.lineWidth = wide;
    context.stroke();
  }
}

/** The square is dragged on it, or moved by the arrow keys. @param {() => void} changed */
export function seen(changed) {
  const move = (/** @type {number} */ row, /** @type {number} */ col) => {
    Object.assign(desk.settings, { square_row: Math.max(0, Math.min(height, row)), square_col: Math.max(0, Math.min(width, col)) });
    changed();
  };
  mirror.addEventListener("pointerdown", (event) => {
    if (!desk.settings.square) return;
    mirror.setPointerCapture(event.pointerId);
    move(...placeOf(event, mirror));
  });
  mirror.addEventListener("pointermove", (event) => mirror.hasPointerCapture(event.pointerId) && move(...placeOf(event, mirror)));
  mirror.addEventListener("keydown", (event) => {
    const by = /** @type {Record<string, number[]>} */ ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] })[event.key];
    if (!by || !desk.settings.square) return;
    event.preventDefault();
    move(desk.settings.square_row + by[0], desk.settings.square_col + by[1]);
  });
  return mirror;
}
