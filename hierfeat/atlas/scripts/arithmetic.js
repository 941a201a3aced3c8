// The arithmetic of the chosen unit: what it reads, what it multiplies that with, and what comes of it, step by step.
import { fromBase64, unpack } from "../live/engine/weights.js";
import { momentsOf } from "./arithmetic/moments.js";
import { softmaxOf } from "./arithmetic/softmax.js";
import { Tracer } from "./arithmetic/trace.js";
import { flatIndex, layers } from "./data.js";
import { element, find, need, setText } from "./dom.js";
import { drawLines } from "./lines.js";
import { graph, valuesOf } from "./live.js";
import { state } from "./store.js";
import { unitName } from "./units.js";
import { visible } from "./visible.js";
import { say } from "./said.js";

/** Milliseconds that each step is shown while the steps play. */
const PACE = 1100;

/** @type {Promise<Tracer> | null} */
let tracer = null;
/** The steps of the unit that is shown. @type {import("./arithmetic/types.js").Step[]} */
let steps = [];
let reached = Infinity; // moments that are shown; all, unless they are stepped through
let count = 0;
let timer = 0;
/** Asked for last: answers to earlier questions come too late. */
let asked = 0;

async function trace() {
  const known = /** @type {import("../live/engine/types.js").Graph} */ (graph);
  tracer ??= unpack(known, fromBase64(need("#live-weights").textContent ?? "")).then((weights) => new Tracer(known, weights));
  return tracer;
}

/** The steps of a unit in the last frame. @param {import("./store.js").Chosen} unit */
async function explained(unit) {
  const found = await trace();
  const value = found.graph.layers[unit.layer][1];
  const values = await valuesOf(found.needed(value));
  return found.explain(value, flatIndex(layers[unit.layer], unit), values);
}

/** Show what the chosen unit computes. */
export async function showArithmetic() {
  const unit = state.pinned;
  const panel = find(".arithmetic");
  if (!panel || !graph || !unit) return;
  const question = ++asked;
  const found = await explained(unit);
  if (question !== asked) return;
  steps = found;
  if (!find(".moments", panel)) panel.replaceChildren(...frame());
  setText(need(".unit-name", panel), say("{unit}, {op}", { unit: unitName(unit), op: layers[unit.layer].op }));
  const moments = [...momentsOf(steps, await trace()), ...softmaxOf(unit, steps)];
  count = moments.length;
  need(".moments", panel).replaceChildren(...moments);
  mark();
}

/** In another frame the numbers are others: show them where the reader can see them, or the lines that they make. */
export function followArithmetic() {
  if (state.pinned && (visible(need(".arithmetic")) || visible(need(".overview .columns")))) showArithmetic();
}

/** What stays while the numbers change. */
function frame() {
  const button = (/** @type {string} */ name, /** @type {import("./dom.js").Child} */ label, /** @type {() => void} */ act) => element("button", { type: "button", "data-do": name, onclick: act }, label);
  return [
    element("p", {}, element("b", { class: "unit-name" })),
    element("p", { class: "buttons" }, button("back", say("Step back"), () => stepTo(Math.min(reached, count) - 1)), button("play", say("Play"), play), button("on", say("Step on"), () => stepTo(reached >= count ? 1 : reached + 1)), button("whole", say("Show all"), () => stepTo(Infinity))),
    element("ol", { class: "moments" }),
  ];
}

/** @param {number} next moments to be shown */
function stepTo(next) {
  pause();
  reached = Math.max(1, next);
  mark();
}

/** Let the steps follow each other, from the first on where all are shown; or pause. */
function play() {
  if (timer) return pause();
  if (reached >= count) reached = 0;
  const on = () => {
    reached++;
    mark();
    if (reached >= count) pause();
  };
  on();
  timer = setInterval(on, PACE);
  setText(need('[data-do="play"]'), say("Pause"));
}

function pause() {
  clearInterval(timer);
  timer = 0;
  const button = find('[data-do="play"]');
  if (button) setText(button, say("Play"));
}

/** Show as many moments as have been reached, the last of them marked; and the lines of what they read. */
function mark() {
  const moments = [...need(".moments").children];
  moments.forEach((one, i) => {
    /** @type {HTMLElement} */ (one).hidden = i >= reached;
    one.classList.toggle("now", i === reached - 1);
  });
  const now = reached <= count ? /** @type {HTMLElement | undefined} */ (moments[reached - 1]) : undefined;
  const channel = now?.dataset.channel;
  if (state.pinned) drawLines(state.pinned, steps, channel === undefined ? null : Number(channel));
}

/** Another unit: its steps are all shown at first. */
export function newArithmetic() {
  pause();
  reached = Infinity;
  if (state.pinned) return showArithmetic();
  need(".arithmetic").replaceChildren(element("p", { class: "note" }, say("Choose a unit.")));
  drawLines(null, [], null);
}

/** What tests read. */
export const arithmetic = { steps: () => steps, explain: explained };
