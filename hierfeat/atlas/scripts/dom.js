// The only place where anything becomes part of the page: as nodes and text, never as markup.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {Element} made @param {Record<string, any>} properties @param {Child[]} children
 */
function fill(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") made.setAttribute("class", value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) /** @type {HTMLElement} */ (made).style.setProperty(key, String(one));
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child))));
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
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child))));
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
