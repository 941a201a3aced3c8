// The only place where anything becomes part of the page: as nodes and text, never as markup.
import { Said } from "./said.js";

/** @typedef {Node | Said | string | number | null | undefined | false} Child */

/** What a text, or an element, says; and an element's attributes. @type {WeakMap<Node, Said>} */
const told = new WeakMap();
/** @type {WeakMap<Element, Map<string, Said>>} */
const labels = new WeakMap();

/** @param {Exclude<Child, null | undefined | false>} child @returns {Node} */
function nodeOf(child) {
  if (child instanceof Node) return child;
  if (!(child instanceof Said)) return document.createTextNode(String(child));
  const mixed = Object.values(child.values).some((value) => value instanceof Node);
  return tell(mixed ? document.createElement("span") : document.createTextNode(""), child);
}

/** Say it in that text or element, which says it anew when the language changes. @template {Node} T @param {T} node @param {Said} said @returns {T} */
function tell(node, said) {
  told.set(node, said);
  if (node instanceof Element) node.replaceChildren(...said.pieces().map((part) => nodeOf(/** @type {any} */ (part ?? ""))));
  else /** @type {Text} */ (/** @type {unknown} */ (node)).data = String(said);
  return node;
}

/** @param {Element} target @param {string} name @param {Said} said */
function label(target, name, said) {
  labels.set(target, (labels.get(target) ?? new Map()).set(name, said));
  target.setAttribute(name, String(said));
}

/** What an element says from now on. Where that is what it says already, nothing is touched. @param {Element} target @param {Child} child */
export function setText(target, child) {
  if (target.textContent === String(child)) return;
  target.replaceChildren(...kept([child]));
}

/** What the template wrote says itself in other languages too. @param {ParentNode} root */
export function adopt(root) {
  for (const one of all("[data-t]", root)) told.set(one, new Said(/** @type {string} */ (one.dataset.t), JSON.parse(one.dataset.v ?? "{}")));
  const title = /** @type {HTMLElement} */ (find("title")); // a plain one: whoever searches for <title> finds no chart's first
  for (const one of all("[data-title]", root)) told.set(title, new Said(/** @type {string} */ (one.dataset.title), { name: one.textContent }));
  for (const one of all("[data-a]", root))
    labels.set(one, new Map(Object.entries(JSON.parse(/** @type {string} */ (one.dataset.a))).map(([name, [text, values]]) => [name, new Said(text, values)])));
}

/** Say everything in it anew: the language has changed. */
export function retell(root = /** @type {Node} */ (document.documentElement)) {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  /** @type {Node[]} */
  const found = [];
  while (walk.nextNode()) found.push(walk.currentNode);
  for (const node of found) {
    const said = told.get(node);
    if (said) tell(node, said);
    for (const [name, one] of labels.get(/** @type {Element} */ (node)) ?? []) label(/** @type {Element} */ (node), name, one);
  }
}

/** @param {Child[]} children @returns {Node[]} */
const kept = (children) => children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => nodeOf(/** @type {any} */ (child)));

/**
 * @param {Element} made @param {Record<string, any>} properties @param {Child[]} children
 */
function fill(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") made.setAttribute("class", value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) /** @type {HTMLElement} */ (made).style.setProperty(key, String(one));
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value instanceof Said) label(made, name, value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...kept(children));
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [properties] attributes; `style` takes an object, `on...` a function
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  fill(made, properties, children);
  return made;
}

/** @param {string} tag @param {Record<string, any>} [properties] @param {Child[]} children */
export function svg(tag, properties = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(made, properties, children);
  return made;
}

/** @param {Child[]} children */
export function words(...children) {
  const made = document.createDocumentFragment();
  made.append(...kept(children));
  return made;
}

/** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement | null} */
export const find = (selector, root = document) => root.querySelector(selector);

/** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement[]} */
export const all = (selector, root = document) => [...root.querySelectorAll(selector)].map((one) => /** @type {HTMLElement} */ (one));

/** The element that must be there. @param {string} selector @param {ParentNode} [root] */
export function need(selector, root = document) {
  const found = find(selector, root);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}
