// The lesson in the margin: a step's text, the part of the page that it is about, a question and its answer.
import { payload } from "../data.js";
import { element, find, need } from "../dom.js";
import { arrange } from "../workshop/workshop.js";
import { PANEL, STEPS } from "./steps.js";

/** @type {"en" | "es"} */
let language = payload.language === "es" ? "es" : "en";
let at = 0;

/** The steps whose part of the page is there: a page without a running network has no experiment. */
const steps = () => STEPS.filter((step) => find(`#${step.place}`));

export function startLesson() {
  const opener = element("button", { type: "button", class: "open-lesson", "aria-expanded": "false", "aria-controls": "lesson", onclick: toggle });
  document.body.append(opener, element("aside", { id: "lesson", class: "lesson", hidden: true, "aria-labelledby": "lesson-title" }));
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
  const said = PANEL[language];
  const panel = need("#lesson");
  need(".open-lesson").textContent = said.open;
  panel.replaceChildren();
  if (panel.hidden) return;
  panel.lang = language;
  const step = steps()[at].words[language];
  const button = (/** @type {string} */ name, /** @type {string} */ text, /** @type {() => void} */ act, off = false) => element("button", { type: "button", "data-do": name, disabled: off, onclick: act }, text);
  panel.replaceChildren(
    element("p", { class: "where" }, `${said.step} ${at + 1} ${said.of} ${steps().length}`, button("language", said.other, () => ((language = language === "en" ? "es" : "en"), write())), button("close", said.close, toggle)),
    element("h2", { id: "lesson-title", tabindex: -1 }, step.title),
    element("p", {}, step.text),
    element("p", { class: "question" }, element("b", {}, `${said.question}. `), step.question),
    element("details", {}, element("summary", {}, said.answer), element("p", {}, step.answer())),
    element("p", { class: "buttons" }, button("back", said.back, () => go(-1), at === 0), button("show", said.show, show), button("next", said.next, () => go(1), at === steps().length - 1)),
  );
}
