// The controls of the stimulus: what can be done with wheel and keys can be done with them.
import { payload } from "../data.js";
import { element, find, need } from "../dom.js";
import { turnSound } from "./scope.js";
import { say } from "../said.js";

/** @typedef {import("../stimuli.js").Stimulus} Stimulus */
/** @typedef {{ present: () => void, pair: () => void, beside: () => void, forget: () => void }} Actions */
/** @typedef {"orientation" | "width" | "length"} Size */

/** @type {[Size, import("../said.js").Said, string][]} */
const SLIDERS = [
  ["orientation", say("Orientation"), "°"],
  ["width", say("Width"), "px"],
  ["length", say("Length"), "px"],
];

/** @param {string} name @param {import("../dom.js").Child} label @param {[string, import("../dom.js").Child][]} values @param {string} chosen @param {(value: string) => void} act */
function choice(name, label, values, chosen, act) {
  const parts = values.map(([value, text]) => {
    const input = element("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => act(value));
    return element("label", {}, input, element("span", {}, text));
  });
  return element("fieldset", { class: "choice" }, element("legend", {}, label), ...parts);
}

/** @param {Stimulus} stimulus @param {Actions} actions */
export function buildControls(stimulus, actions) {
  const sliders = SLIDERS.map(([name, label]) => {
    const range = element("input", { type: "range", name: `stimulus-${name}`, min: 0, max: 180, step: "any", value: 0 });
    range.addEventListener("input", () => {
      stimulus[name] = name === "orientation" ? Number(range.value) % 180 : Number(range.value);
      showSize(name, stimulus);
      actions.present();
    });
    return element("label", {}, element("span", {}, label), range, element("output", { name }));
  });
  const sound = element("input", { type: "checkbox", name: "sound" });
  sound.addEventListener("change", () => turnSound(sound.checked));
  const button = (/** @type {string} */ name, /** @type {import("../dom.js").Child} */ label, /** @type {() => void} */ act) => element("button", { type: "button", "data-do": name, onclick: act }, label);
  return element(
    "div",
    { class: "controls" },
    choice("stimulus", say("Stimulus"), [["bar", say("bar")], ["edge", say("edge")], ["spot", say("spot")], ["grating", say("grating")]], stimulus.kind, (value) => {
      stimulus.kind = /** @type {Stimulus["kind"]} */ (value);
      actions.present();
    }),
    choice("polarity", say("Of"), [["1", say("light")], ["-1", say("dark")]], String(stimulus.polarity), (value) => {
      stimulus.polarity = Number(value);
      actions.present();
    }),
    ...sliders,
    element("label", { class: "check" }, sound, element("span", {}, say("Sound: a click for each spike"))),
    element(
      "p",
      { class: "buttons" },
      payload.pair && button("pair", say("A simple and a complex cell"), actions.pair),
      button("beside", say("Put a second unit beside it"), actions.beside),
      button("forget", say("Clear the maps"), actions.forget),
    ),
    element("p", { class: "note" }, say("On the screen: the wheel turns the stimulus, with Shift it lengthens it. Keys: arrows move it, {q} {e} turn, {w} {s} widen and narrow, {a} {d} shorten and lengthen, {x} light or dark.", Object.fromEntries([..."qewsadx"].map((key) => [key, element("kbd", {}, key)])))),
  );
}

/** @param {Size} name @param {Stimulus} stimulus */
function showSize(name, stimulus) {
  const unit = SLIDERS.find(([one]) => one === name)?.[2];
  need(`.bench-hubel output[name="${name}"]`).textContent = `${+stimulus[name].toFixed(1)}${unit === "°" ? "" : " "}${unit}`;
}

/** Bring the controls to what the stimulus is. @param {Stimulus} stimulus @param {number} size of the screen in pixels */
export function showStimulus(stimulus, size) {
  for (const [name] of SLIDERS) {
    const range = /** @type {HTMLInputElement} */ (need(`[name="stimulus-${name}"]`));
    if (name !== "orientation") [range.min, range.max] = ["0.5", String(Math.max(2 * size, stimulus[name]))];
    range.value = String(stimulus[name]);
    showSize(name, stimulus);
  }
  for (const [name, value] of [["stimulus", stimulus.kind], ["polarity", stimulus.polarity]]) {
    const input = /** @type {HTMLInputElement | null} */ (find(`.bench-hubel input[name="${name}"][value="${value}"]`));
    if (input) input.checked = true;
  }
}
