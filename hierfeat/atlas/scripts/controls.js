// The bench's buttons and sliders.
import { payload } from "./data.js";
import { chosenSettings, clear, desk, invert, neutral, rememberDrawing, SLIDERS, takeSample, undo } from "./desk.js";
import { element, need } from "./dom.js";
import { set } from "./store.js";
import { say } from "./said.js";

const [, height, width] = payload.model.input_shape;
const side = Math.min(height, width);

const ACTIONS = {
  clear,
  undo,
  invert,
  reset() {
    desk.settings = neutral();
    takeSample();
    showSliders();
  },
};

/** Put the settings into the address. */
export const remember = () => set({ bench: chosenSettings() });

/** @param {number} value @param {string} unit */
const says = (value, unit) => `${String(+value.toFixed(2)).replace("-", "−")}${unit && ` ${unit}`}`;

/** @param {() => void} changed */
export function sliders(changed) {
  return SLIDERS.map(([name, label, min, max, step, , unit]) => {
    const shown = element("output", {}, says(desk.settings[name], unit));
    const range = element("input", { type: "range", name: `bench-${name}`, min, max, step, value: desk.settings[name] });
    range.addEventListener("input", () => {
      desk.settings[name] = Number(range.value);
      shown.textContent = says(desk.settings[name], unit);
      remember();
      changed();
    });
    return element("label", {}, element("span", {}, say(label)), range, shown);
  });
}

function showSliders() {
  for (const [name, , , , , , unit] of SLIDERS) {
    const range = /** @type {HTMLInputElement} */ (need(`[name="bench-${name}"]`));
    range.value = String(desk.settings[name]);
    /** @type {HTMLElement} */ (range.nextElementSibling).textContent = says(desk.settings[name], unit);
  }
  remember();
}

/** @param {() => void} changed the settings @param {() => void} redrawn the paper */
export function tools(changed, redrawn) {
  const choice = (/** @type {string} */ value, /** @type {import("./dom.js").Child} */ label) => {
    const input = element("input", { type: "radio", name: "tool", value, checked: value === desk.tool });
    input.addEventListener("change", () => (desk.tool = value));
    return element("label", {}, input, element("span", {}, label));
  };
  const brush = element("input", { type: "range", name: "brush", min: side / 56, max: side / 7, step: side / 112, value: desk.radius });
  brush.addEventListener("input", () => (desk.radius = Number(brush.value)));
  const button = (/** @type {keyof typeof ACTIONS} */ name, /** @type {import("./dom.js").Child} */ label) => {
    const act = () => {
      ACTIONS[name]();
      rememberDrawing();
      redrawn();
    };
    return element("button", { type: "button", "data-do": name, onclick: act }, label);
  };
  const parts = [
    element("fieldset", { class: "choice" }, element("legend", {}, say("Pen")), choice("draw", say("draw")), choice("erase", say("erase"))),
    element("label", {}, element("span", {}, say("Brush")), brush),
    element("p", { class: "buttons" }, button("clear", say("Clear")), button("undo", say("Undo")), button("invert", say("Invert")), button("reset", say("Back to the sample"))),
  ];
  if (payload.model.prepare) {
    const input = element("input", { type: "checkbox", name: "prepare", checked: desk.prepare });
    input.addEventListener("change", () => {
      desk.prepare = input.checked;
      rememberDrawing();
      changed();
    });
    parts.push(element("label", { class: "check" }, input, element("span", {}, say("Size and centre a drawing as the network's own data were"))));
  }
  return parts;
}
