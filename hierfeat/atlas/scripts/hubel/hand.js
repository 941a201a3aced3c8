// The hand at the screen: pointer, wheel and keys move, turn and change the stimulus.
import { element } from "../dom.js";
import { showStimulus } from "./controls.js";
import { say } from "../said.js";

/** @typedef {import("../stimuli.js").Stimulus} Stimulus */
/** @typedef {{ part: () => import("./screen.js").Part | null, present: () => void, goDark: () => void }} Bench */

const SAYS = say("Screen. Arrow keys move the stimulus, q and e turn it, w and s change its width, a and d its length, x light and dark");

/** The screen, which the stimulus follows the hand on. @param {Stimulus} stimulus @param {Bench} bench */
export function screenUnderHand(stimulus, bench) {
  const surface = element("canvas", { tabindex: 0, role: "application", "aria-label": SAYS });
  const follow = (/** @type {PointerEvent} */ event) => {
    const part = bench.part();
    if (!part) return;
    const area = surface.getBoundingClientRect();
    stimulus.row = part.row + ((event.clientY - area.top) / area.height) * part.rows;
    stimulus.col = part.col + ((event.clientX - area.left) / area.width) * part.cols;
    stimulus.offset = 0;
    bench.present();
  };
  const changed = (/** @type {number} */ size) => {
    showStimulus(stimulus, size);
    bench.present();
  };
  surface.addEventListener("pointermove", follow);
  surface.addEventListener("pointerdown", follow);
  surface.addEventListener("pointerleave", bench.goDark);
  surface.addEventListener("blur", bench.goDark);
  surface.addEventListener("keydown", (event) => {
    const part = bench.part();
    const act = part && actOf(event, stimulus, part.rows);
    if (!act) return;
    event.preventDefault();
    act();
    changed(part.rows);
  });
  surface.addEventListener("wheel", (event) => {
    const part = bench.part();
    if (!part) return;
    event.preventDefault();
    const by = Math.sign(event.deltaY || event.deltaX); // with Shift, browsers scroll sideways
    if (event.shiftKey) stimulus.length = Math.max(0.5, stimulus.length * 1.1 ** -by);
    else turn(stimulus, -7.5 * by);
    changed(part.rows);
  }, { passive: false });
  return element("span", { class: "screen" }, surface);
}

/** @param {Stimulus} stimulus @param {number} degrees */
function turn(stimulus, degrees) {
  stimulus.orientation = (stimulus.orientation + degrees + 180) % 180;
}

/** @param {KeyboardEvent} event @param {Stimulus} stimulus @param {number} size of the screen in pixels */
function actOf(event, stimulus, size) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const pace = Math.max(0.5, size / 40);
  /** @param {"width" | "length"} name @param {number} factor */
  const grow = (name, factor) => () => (stimulus[name] = Math.max(0.5, stimulus[name] * factor));
  /** @type {Record<string, () => void>} */
  const acts = {
    ArrowUp: () => (stimulus.row -= pace),
    ArrowDown: () => (stimulus.row += pace),
    ArrowLeft: () => (stimulus.col -= pace),
    ArrowRight: () => (stimulus.col += pace),
    q: () => turn(stimulus, 7.5),
    e: () => turn(stimulus, -7.5),
    w: grow("width", 1.1),
    s: grow("width", 1 / 1.1),
    d: grow("length", 1.1),
    a: grow("length", 1 / 1.1),
    x: () => (stimulus.polarity *= -1),
  };
  return acts[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
}
