// The lesson in the margin: a step's text, the part of the page that it is about, a question and its answer.
import { element, find, need } from "../dom.js";
import { languageButton } from "../language.js";
import { say } from "../said.js";
import { state, subscribe } from "../store.js";
import { arrange } from "../workshop/workshop.js";
import { STEPS } from "./steps.js";

let at = 0;

/** The steps whose part of the page is there: a page without a running network has no experiment. */
const steps = () => STEPS.filter((step) => find(`#${step.place}`));

export function startLesson() {
  const opener = element("button", { type: "button", class: "open-lesson", "aria-expanded": "false", "aria-controls": "lesson", onclick: toggle }, say("Lesson"));
  document.body.append(opener, element("aside", { id: "lesson", class: "lesson", hidden: true, "aria-labelledby": "lesson-title" }));
  subscribe((changed) => changed.has("language") && (need("#lesson").lang = state.language));
  write();
}

function toggle() {
  const panel = need("#lesson");
  panel.hidden = !panel.hidden;
  document.body.classList.toggle("in-lesson", !panel.hidden);
  const opener = need(".open-lesson");
  opener.hidden = !panel.hidden;
  opener.setAttribute("aria-expanded", String(!panel.hidden));
  write();
  if (!panel.hidden) {
    show();
    need("#lesson-title").focus();
  } else opener.focus();
}

/** @param {number} by */
function go(by) {
  at = Math.max(0, Math.min(steps().length - 1, at + by));
  write();
  need("#lesson").scrollTop = 0;
  show();
  need("#lesson-title").focus({ preventScroll: true });
}

/** Bring the part of the page that the step is about into view, set as the step needs it. */
function show() {
  const step = steps()[at];
  if (step.arrange) arrange(step.arrange);
  need(`#${step.place}`).scrollIntoView();
}

function write() {
  const panel = need("#lesson");
  panel.replaceChildren();
  if (panel.hidden) return;
  panel.lang = state.language;
  const step = steps()[at];
  const button = (/** @type {string} */ name, /** @type {import("../said.js").Said} */ text, /** @type {() => void} */ act, off = false) => element("button", { type: "button", "data-do": name, disabled: off, onclick: act }, text);
  panel.replaceChildren(
    element("p", { class: "where" }, say("Step {n} of {all}", { n: at + 1, all: steps().length }), languageButton(), button("close", say("Close"), toggle)),
    element("h2", { id: "lesson-title", tabindex: -1 }, step.title),
    element("p", {}, step.text),
    element("p", { class: "question" }, element("b", {}, say("Try it.")), " ", step.question),
    element("details", {}, element("summary", {}, say("Answer")), element("p", {}, step.answer())),
    element("p", { class: "buttons" }, button("back", say("Back"), () => go(-1), at === 0), button("show", say("Show me"), show), button("next", say("Next"), () => go(1), at === steps().length - 1)),
  );
}
