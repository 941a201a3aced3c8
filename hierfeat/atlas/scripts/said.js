// What the page says. English stands in the scripts and templates, the other language in one table of both.

/** A part of what is said: a name, a number, another sentence, or what is drawn in between. @typedef {unknown} Part */

/** @type {Record<string, string> | null} from English to the reader's language; null for English */
let table = null;

/** Sentences that the table lacks: there are none, which a test sees to. @type {Set<string>} */
export const untold = new Set();

/** @param {Record<string, string> | null} next */
export function speak(next) {
  table = next;
}

/** A sentence that knows how it goes in the language of the reader, whenever it is asked. */
export class Said {
  /** @param {string} text in English, with {names} of what stands in it @param {Record<string, Part>} values */
  constructor(text, values) {
    this.text = text;
    this.values = values;
  }

  /** Text, and what stands in it, in the order of the language. @returns {Part[]} */
  pieces() {
    if (table && !(this.text in table)) untold.add(this.text);
    const pattern = table?.[this.text] ?? this.text;
    return pattern.split(/\{(\w+)\}/).map((part, i) => (i % 2 ? this.values[part] : part));
  }

  toString() {
    return this.pieces().map((part) => (typeof part === "object" && part !== null && "nodeType" in part ? /** @type {Node} */ (part).textContent : String(part ?? ""))).join("");
  }

  toJSON() {
    return this.toString();
  }
}

/** @param {string} text in English, with {names} of what stands in it @param {Record<string, Part>} [values] */
export const say = (text, values = {}) => new Said(text, values);
