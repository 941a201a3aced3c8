// All that the reader has chosen, in one place; who shows it subscribes, and the address of the page holds it.

/**
 * @typedef {{ layer: number, tile: number, row: number, col: number }} Chosen
 * @typedef {object} State
 * @property {number} sample
 * @property {"layer" | "map"} range of the colours
 * @property {Chosen | null} unit that the reader points at
 * @property {Chosen | null} pinned the unit that a click chose: the address names it, and it is under the electrode
 * @property {Chosen | null} second the unit beside it
 * @property {string} drawing what the hand did to the sample, as `drawing.js` writes it; empty for nothing
 * @property {string} stimulus on the screen of Hubel and Wiesel's bench: kind and numbers
 * @property {Record<string, number>} bench what is done to the input: shift, rotation, ...
 * @property {boolean} projector whether the page is shown to a room
 * @property {string} language of the reader, en or es
 * @property {string[]} hide parts of the page that a teacher has hidden
 */

/** The language that the page was written in. */
const written = globalThis.document?.documentElement.lang || "en";
export const LANGUAGES = ["en", "es"];

/** @type {State} */
export const state = { sample: 0, range: "layer", unit: null, pinned: null, second: null, drawing: "", stimulus: "", bench: {}, projector: false, language: written, hide: [] };

/** @type {((changed: Set<string>) => void)[]} */
const listeners = [];

/** @param {(changed: Set<string>) => void} listener called with the names of what changed */
export function subscribe(listener) {
  listeners.push(listener);
}

/** @param {Partial<State>} next */
export function set(next) {
  Object.assign(state, next);
  const changed = new Set(Object.keys(next));
  for (const listener of listeners) listener(changed);
  remember();
}

let waiting = 0;

/** Write the state into the address, at most a few times a second: browsers ration that. */
function remember() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    // a page within a page (a notebook's cell) has no address of its own
    if (location.protocol !== "about:") history.replaceState(null, "", `#${address()}`);
  }, 300);
}

/** The state as it stands in the address. */
export function address() {
  const parts = [`sample=${state.sample}`];
  if (state.language !== written) parts.push(`language=${state.language}`);
  if (state.hide.length) parts.push(`hide=${state.hide.join(",")}`);
  if (state.projector) parts.push("projector=1");
  if (state.range !== "layer") parts.push(`range=${state.range}`);
  if (state.pinned) parts.push(unitAddress(state.pinned));
  if (state.second) parts.push(`second=${numbers(state.second)}`);
  if (state.stimulus) parts.push(`stimulus=${state.stimulus}`);
  if (state.drawing) parts.push(`drawing=${state.drawing}`);
  for (const [name, value] of Object.entries(state.bench)) if (value) parts.push(`${name}=${+value.toFixed(3)}`);
  return parts.join("&");
}

/**
 * The state that an address holds; what is not understood is left out.
 * @param {string} hash @param {readonly string[]} settings names that the bench knows
 * @returns {Partial<State> | null}
 */
export function read(hash, settings) {
  if (!hash.includes("=")) return null;
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  /** @type {Partial<State>} */
  const next = { bench: {} };
  const number = (/** @type {string} */ name) => Number(given.get(name));
  if (given.has("sample") && Number.isInteger(number("sample"))) next.sample = number("sample");
  if (given.get("range") === "map") next.range = "map";
  if (LANGUAGES.includes(given.get("language") ?? "")) next.language = given.get("language") ?? written;
  next.hide = (given.get("hide") ?? "").split(",").filter((name) => /^[\w-]+$/.test(name));
  next.projector = given.get("projector") === "1";
  next.drawing = given.get("drawing") ?? "";
  next.stimulus = given.get("stimulus") ?? "";
  next.pinned = chosen(given.get("unit"));
  next.second = next.pinned && chosen(given.get("second"));
  for (const name of settings) if (given.has(name) && Number.isFinite(number(name))) /** @type {any} */ (next.bench)[name] = number(name);
  return next;
}

/** The part of an address that names a unit. @param {Chosen} unit */
export const unitAddress = (unit) => `unit=${numbers(unit)}`;

/** @param {Chosen} unit */
const numbers = ({ layer, tile, row, col }) => [layer, tile, row, col].join(",");

/** @param {string | null} text @returns {Chosen | null} */
function chosen(text) {
  const found = (text ?? "").split(",").map(Number);
  if (found.length !== 4 || !found.every((one) => Number.isInteger(one) && one >= 0)) return null;
  return { layer: found[0], tile: found[1], row: found[2], col: found[3] };
}
