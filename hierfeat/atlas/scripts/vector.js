// A part of the page as it is seen, drawn again as one SVG that needs nothing else: boxes, pictures, charts and text.
import { svg } from "./dom.js";

/** What is no part of a figure. */
const TOOLS = "a.permanent, button, select, input, textarea, .tools, script, template";
/** What marks a unit or a field: its frame is drawn in the colour of fields. */
const MARKS = ".box, .map.chosen .area > i, .map u, .frame, .dot";
/** What is taken over from the page's style into a chart. */
const DRAWN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font-size", "font-family", "font-weight", "text-anchor"];

/** @typedef {{ left: number, top: number }} Origin */

/** @param {Element} root @returns {SVGSVGElement} */
export function vectorOf(root) {
  const place = root.getBoundingClientRect();
  const [width, height] = [Math.ceil(place.width), Math.ceil(place.height)];
  const paper = svg("rect", { width, height, fill: getComputedStyle(document.documentElement).backgroundColor });
  const made = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` }, paper, ...drawn(root, place));
  return /** @type {SVGSVGElement} */ (made);
}

/** Within an SVG names are used once. */
let names = 0;

/** An element and all in it, in the order in which they lie on each other. @param {Element} one @param {Origin} origin @returns {Node[]} */
function drawn(one, origin) {
  const style = getComputedStyle(one);
  const rect = one.getBoundingClientRect();
  if (one.matches(TOOLS) || style.display === "none" || style.visibility === "hidden" || style.opacity === "0") return [];
  if (one instanceof SVGSVGElement) return [chart(one, rect, origin)];
  const at = { x: rect.left - origin.left, y: rect.top - origin.top, width: rect.width, height: rect.height };
  if (one instanceof HTMLCanvasElement) return one.width && one.height && rect.width ? [picture(one.toDataURL(), at, style)] : [];
  if (one instanceof HTMLImageElement) return [picture(one.src, at, style)];
  const inner = [...one.childNodes].flatMap((child) => (child instanceof Text ? lines(child, style, origin) : []));
  const children = [...one.children].sort((a, b) => depth(a) - depth(b)).flatMap((child) => drawn(child, origin));
  const content = [...ground(at, style, one.matches(MARKS)), ...inner, ...children];
  if (style.overflow === "visible" || !content.length) return content;
  const name = `clip-${++names}`;
  return [svg("clipPath", { id: name }, svg("rect", at)), svg("g", { "clip-path": `url(#${name})` }, ...content)];
}

/** @param {Element} one */
const depth = (one) => Number(getComputedStyle(one).zIndex) || 0;

/** @param {string} href @param {any} at @param {CSSStyleDeclaration} style */
const picture = (href, at, style) => svg("image", { ...at, href, preserveAspectRatio: "none", style: { "image-rendering": style.imageRendering } });

/** What lies behind an element's content. @param {any} at @param {CSSStyleDeclaration} style @param {boolean} mark @returns {Node[]} */
function ground(at, style, mark) {
  /** @type {Node[]} */
  const found = [];
  if (!at.width || !at.height) return found;
  const rx = Math.min(parseFloat(style.borderTopLeftRadius) || 0, at.height / 2);
  if (mark) return [svg("rect", { ...at, rx, fill: "none", stroke: "#000", "stroke-width": 4 }), svg("rect", { ...at, rx, fill: "none", stroke: style.getPropertyValue("--field"), "stroke-width": 2 })];
  if (!/^rgba\(.*, 0\)$|transparent/.test(style.backgroundColor)) found.push(svg("rect", { ...at, rx, fill: style.backgroundColor }));
  if (style.backgroundImage.startsWith("linear-gradient")) found.push(...gradient(at, rx, style.backgroundImage));
  const sides = ["Top", "Right", "Bottom", "Left"].map((side) => (/** @type {any} */ (style)[`border${side}Style`] === "none" ? 0 : parseFloat(/** @type {any} */ (style)[`border${side}Width`])));
  if (sides.every((width) => width > 0)) found.push(svg("rect", { ...at, rx, fill: "none", stroke: style.borderTopColor, "stroke-width": sides[0] }));
  else if (sides[2]) found.push(svg("line", { x1: at.x, x2: at.x + at.width, y1: at.y + at.height, y2: at.y + at.height, stroke: style.borderBottomColor, "stroke-width": sides[2] }));
  return found;
}

/** From left to right. @param {any} at @param {number} rx @param {string} text as the browser writes it */
function gradient(at, rx, text) {
  const stops = [...text.matchAll(/(rgba?\([^)]*\))\s*([\d.]+%)?/g)];
  let last = "0%";
  const made = stops.map(([, colour, place], i) => {
    last = place ?? (/\b0px/.test(text) ? last : `${(100 * i) / (stops.length - 1)}%`);
    return svg("stop", { offset: last, "stop-color": colour });
  });
  const name = `shade-${++names}`;
  return [svg("linearGradient", { id: name }, ...made), svg("rect", { ...at, rx, fill: `url(#${name})` })];
}

/** A chart with its looks written into it. @param {SVGSVGElement} one @param {DOMRect} rect @param {Origin} origin */
function chart(one, rect, origin) {
  const copy = /** @type {SVGSVGElement} */ (one.cloneNode(true));
  const [from, to] = [one, copy].map((root) => [...root.querySelectorAll("*")]);
  from.forEach((part, i) => {
    const style = getComputedStyle(part);
    for (const name of DRAWN) /** @type {SVGElement} */ (to[i]).style.setProperty(name, style.getPropertyValue(name));
  });
  copy.removeAttribute("class");
  for (const [name, value] of Object.entries({ x: rect.left - origin.left, y: rect.top - origin.top, width: rect.width, height: rect.height })) copy.setAttribute(name, String(value));
  return copy;
}

/** Text as it is broken into lines. @param {Text} text @param {CSSStyleDeclaration} style @param {Origin} origin @returns {Node[]} */
function lines(text, style, origin) {
  const range = document.createRange();
  /** @type {{ said: string, left: number, top: number, right: number }[]} */
  const found = [];
  for (const { index, 0: word } of text.data.matchAll(/\S+\s*/g)) {
    range.setStart(text, index);
    range.setEnd(text, index + word.trimEnd().length);
    const rect = range.getClientRects()[0];
    if (!rect?.width) continue;
    const line = found[found.length - 1];
    if (line && Math.abs(line.top - rect.top) < 2) Object.assign(line, { said: line.said + word, right: rect.right });
    else found.push({ said: word, left: rect.left, top: rect.top, right: rect.right });
  }
  const shown = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  shown.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const rise = shown.measureText("x").fontBoundingBoxAscent;
  const looks = { fill: style.color, "font-size": style.fontSize, "font-family": style.fontFamily, "font-weight": style.fontWeight };
  return found.map(({ said, left, top, right }) => {
    const words = style.textTransform === "uppercase" ? said.toUpperCase() : said;
    return svg("text", { x: left - origin.left, y: top - origin.top + rise, textLength: right - left, lengthAdjust: "spacingAndGlyphs", ...looks }, words.trimEnd());
  });
}
