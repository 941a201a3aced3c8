// The language of the page, which the reader changes at any time, and the parts that a teacher hides by the address.
import { adopt, all, find, need, retell } from "./dom.js";
import { speak } from "./said.js";
import { set, state, subscribe } from "./store.js";

/** Both languages of everything that the page says. @type {Record<string, string>} */
const spanish = JSON.parse(find("#spanish")?.textContent ?? "{}");

function follow() {
  speak(state.language === "es" ? spanish : null);
  document.documentElement.lang = state.language;
  for (const button of all('[data-do="language"]')) {
    const [other, name] = state.language === "es" ? ["en", "English"] : ["es", "Español"];
    button.lang = other;
    button.textContent = name;
  }
}

/** The other language, everywhere at once. */
export const changeLanguage = () => set({ language: state.language === "es" ? "en" : "es" });

/** Before anything is said: the address may ask for another language than the page was written in. */
export function startLanguage() {
  adopt(document);
  const written = document.documentElement.lang;
  follow();
  if (state.language !== written) retell();
  need('header [data-do="language"]').addEventListener("click", changeLanguage);
  subscribe((changed) => {
    if (!changed.has("language")) return;
    follow();
    retell();
  });
}

/** Parts that `#hide=` names, by the id of their heading, are not shown. */
export function hideParts() {
  for (const name of state.hide) {
    const heading = document.getElementById(name);
    const part = heading?.closest("section, aside, nav, .hideable");
    if (part) part.toggleAttribute("data-hidden", true);
  }
}
