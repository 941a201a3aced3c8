// A drawing as the list of what the hand did, and that list as a short text: an address holds it, and gives it back exactly.

/**
 * @typedef {object} Stroke
 * @property {"draw" | "erase"} what
 * @property {number} radius in cells of the paper, in quarters
 * @property {[number, number][]} points (row, column) in whole cells
 *
 * @typedef {Stroke | { what: "clear" | "invert" }} Deed
 */

/** Text longer than this is no part of an address. */
const LONGEST = 6000;
/** @type {Deed["what"][]} what a byte stands for */
const WHAT = ["clear", "invert", "draw", "erase"];

/** A whole number as bytes of 7 bits, the lowest first. @param {number[]} to @param {number} value */
function write(to, value) {
  for (; value > 127; value = Math.floor(value / 128)) to.push((value & 127) | 128);
  to.push(value);
}

/** Signed numbers take turns: 0, -1, 1, -2, 2. @param {number} value */
const zigzag = (value) => (value < 0 ? -2 * value - 1 : 2 * value);
/** @param {number} value */
const unzigzag = (value) => (value & 1 ? -(value + 1) / 2 : value / 2);

/**
 * @param {Deed[]} deeds @param {boolean} prepare whether the drawing is sized and centred
 * @returns {string} empty where there is nothing, or too much
 */
export function encode(deeds, prepare) {
  if (!deeds.length) return "";
  const bytes = [prepare ? 1 : 0];
  for (const deed of deeds) {
    bytes.push(WHAT.indexOf(deed.what));
    if (!("points" in deed)) continue;
    write(bytes, Math.round(4 * deed.radius));
    write(bytes, deed.points.length);
    let [row, col] = [0, 0];
    for (const [r, c] of deed.points) {
      write(bytes, zigzag(r - row));
      write(bytes, zigzag(c - col));
      [row, col] = [r, c];
    }
  }
  const text = btoa(String.fromCharCode(...bytes.slice(0, LONGEST)));
  return bytes.length * 1.34 > LONGEST ? "" : text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text @returns {{ deeds: Deed[], prepare: boolean } | null} null for what is no drawing */
export function decode(text) {
  if (!/^[\w-]{2,}$/.test(text) || text.length > LONGEST) return null;
  try {
    const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return read(Array.from(letters, (letter) => letter.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** @param {number[]} bytes */
function read(bytes) {
  let at = 0;
  const byte = () => {
    if (at >= bytes.length) throw new RangeError("the text ends too early");
    return bytes[at++];
  };
  const number = () => {
    let [value, scale] = [0, 1];
    for (let one = byte(); ; one = byte(), scale *= 128) {
      value += (one & 127) * scale;
      if (one < 128 || scale > 2 ** 28) return value;
    }
  };
  const prepare = byte() === 1;
  /** @type {Deed[]} */
  const deeds = [];
  while (at < bytes.length) {
    const what = WHAT[byte()];
    if (!what) throw new RangeError("no such deed");
    if (what === "clear" || what === "invert") {
      deeds.push({ what });
      continue;
    }
    const radius = number() / 4;
    let [row, col] = [0, 0];
    const points = Array.from({ length: Math.min(number(), bytes.length) }, () => /** @type {[number, number]} */ ([(row += unzigzag(number())), (col += unzigzag(number()))]));
    deeds.push({ what, radius, points });
  }
  return { deeds, prepare };
}
