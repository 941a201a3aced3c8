// The language of the page, which the reader changes at any time, and the parts that a teacher hides by the address.
import { adopt, all, element, find, need, retell } from "./dom.js";
import { speak } from "./said.js";
import { read, set, state, subscribe } from "./store.js";

/** Both languages of everything that the page says. @type {Record<string, string>} */
const spanish = JSON.parse(find("#spanish")?.textContent ?? "{}");

/** A button names the language that it leads to, in that language. @param {HTMLElement} button */
function named(button) {
  [button.lang, button.textContent] = state.language === "es" ? ["en", "English"] : ["es", "Español"];
}

function follow() {
  speak(state.language === "es" ? spanish : null);
  document.documentElement.lang = state.language;
  all('[data-do="language"]').forEach(named);
}

/** The other language, everywhere at once. */
const change = () => set({ language: state.language === "es" ? "en" : "es" });

/** A button that changes the language. */
export function languageButton() {
  const button = element("button", { type: "button", "data-do": "language", onclick: change });
  named(button);
  return button;
}

const written = document.documentElement.lang;
state.language = read(location.hash, [])?.language ?? written; // before any other part of the page says something
speak(state.language === "es" ? spanish : null);

export function startLanguage() {
  adopt(document);
  follow();
  if (state.language !== written) retell();
  need('header [data-do="language"]').addEventListener("click", change);
  subscribe((changed) => {
    if (!changed.has("language")) return;
    follow();
    retell();
  });
}

/** Parts that `#hide=` names, by the id of their heading, are not shown. */
export function hideParts() {
  listParts();
  for (const name of state.hide) {
    const heading = document.getElementById(name);
    heading?.closest("section, aside, nav, .hideable")?.toggleAttribute("data-hidden", true);
    if (name === "lesson") need(".open-lesson").toggleAttribute("data-hidden", true);
  }
}

/** The names that `#hide=` knows on this page, as its help lists them. */
function listParts() {
  const known = all("main h2[id], .hideable h3[id], nav[id], #card, #lesson").map(({ id }) => id);
  need(".hideable-parts").replaceChildren(...known.flatMap((id) => [" ", element("code", {}, id)]).slice(1));
}
