// What is on the page only while it is looked at: the layers of a block, and what a layer's section holds.
import { layers } from "./data.js";
import { adopt, all, find, retell } from "./dom.js";

/** From so many layers on what is closed is taken out again, and little is open at a time. */
const LARGE = layers.length > 100;
/** Blocks, and sections, that are open at a time in a large network. */
const OPEN = 2;

/** What is open, the oldest first, by kind. @type {Record<string, HTMLElement[]>} */
const open = { rows: [], block: [], layer: [] };

/** Put in what a template holds, unless it is there. @param {HTMLElement} holder @returns {boolean} whether it was put in now */
export function unfold(holder) {
  const held = /** @type {HTMLTemplateElement | null} */ (find(":scope > template", holder));
  if (!held || held.nextElementSibling) return false;
  const copy = /** @type {DocumentFragment} */ (held.content.cloneNode(true));
  adopt(copy);
  retell(copy);
  holder.append(copy);
  return true;
}

/** @param {HTMLElement} holder */
export function fold(holder) {
  const held = find(":scope > template", holder);
  while (held?.nextElementSibling) held.nextElementSibling.remove();
  delete holder.dataset.drawn;
}

/** One more is open; in a large network the oldest closes. @param {"rows" | "block" | "layer"} kind @param {HTMLElement} one @param {(old: HTMLElement) => void} close */
export function opened(kind, one, close) {
  open[kind] = open[kind].filter((other) => other !== one && other.isConnected);
  open[kind].push(one);
  if (LARGE && open[kind].length > OPEN) close(/** @type {HTMLElement} */ (open[kind].shift()));
}

/** One is closed; in a large network nothing of it stays. @param {"rows" | "block" | "layer"} kind @param {HTMLElement} one */
export function closed(kind, one) {
  open[kind] = open[kind].filter((other) => other !== one);
  if (LARGE || kind !== "layer") fold(one);
}

/** The element with that id, taken out of its block if need be. @param {string} id @returns {HTMLElement | null} */
export function reveal(id) {
  const there = document.getElementById(id);
  if (there) return there;
  for (const block of /** @type {HTMLDetailsElement[]} */ (all("details.block")))
    if (/** @type {HTMLTemplateElement} */ (find(":scope > template", block)).content.getElementById(id)) {
      block.open = true;
      unfold(block);
      return document.getElementById(id);
    }
  return null;
}
