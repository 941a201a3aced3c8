// The paper that one draws on, and the input as the network sees it.
import { payload } from "./data.js";
import { desk, keep } from "./desk.js";
import { element } from "./dom.js";
import { paintImage } from "./maps.js";
import { stroke } from "./paper.js";

const [channels, height, width] = payload.model.input_shape;

const canvas = element("canvas", { class: "pad", tabindex: 0, role: "img", "aria-label": "Paper: draw here with mouse, finger or pen" });
const mirror = element("canvas", { tabindex: 0, role: "application", "aria-label": "What the network sees. Arrow keys move the occluding square" });

export function paintPaper() {
  paintImage(canvas, desk.page.ink, [channels, height * desk.page.fine, width * desk.page.fine]);
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
  /** @type {[number, number] | null} */
  let last = null;
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
    /** @type {[number, number]} */
    const place = [row * fine, col * fine];
    const pressed = event.pointerType === "pen" && event.pressure > 0 ? 0.5 + event.pressure : 1;
    const ink = desk.tool === "draw" ? (desk.ground < 0.5 ? 1 : 0) : desk.ground;
    stroke(desk.page, last ?? place, place, desk.radius * fine * pressed, ink);
    last = place;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || last) return; // a second finger draws nothing
    event.preventDefault();
    begun();
    canvas.setPointerCapture(event.pointerId);
    keep();
    draw(event);
    soon();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || !canvas.hasPointerCapture(event.pointerId)) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) draw(one);
    soon();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(end, () => (last = null));
  return canvas;
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
