// The steps of a unit's arithmetic as what a reader sees one after the other.
import { element, svg } from "../dom.js";
import { number, paintNumbers } from "../maps.js";
import { say } from "../said.js";

/** @typedef {import("./types.js").Step} Step */
/** @typedef {import("./types.js").Term} Term */
/** @typedef {import("./types.js").Part} Part */
/** @typedef {import("./trace.js").Tracer} Tracer */

/** Terms that are shown one by one. */
const SHOWN = { window: 4, weights: 6, reduce: 4 };

/** @param {number} i */
const letter = (i) => (i < 26 ? String.fromCharCode(97 + i) : `a${i - 25}`);

/** Where a value of the graph comes from, in words. @param {string} name @param {Tracer} tracer */
function origin(name, tracer) {
  if (name === tracer.graph.image) return "image";
  return tracer.layers.get(name) ?? (tracer.nodes.has(name) ? "" : name);
}

/** @param {Node[]} children @param {Record<string, any>} [more] */
const moment = (children, more = {}) => element("li", { class: "moment", ...more }, ...children);

/** @param {Step[]} steps @param {Tracer} tracer @returns {HTMLElement[]} */
export function momentsOf(steps, tracer) {
  const last = steps.length - 1;
  return steps.flatMap((step, i) => {
    const made = DRAWN[step.kind](step, tracer);
    const end = made[made.length - 1];
    end.prepend(element("span", { class: "letter" }, letter(i)));
    end.dataset.value = String(step.value);
    if (i === last) end.classList.add("result");
    return made;
  });
}

/** A number that a step reads, by the letter of its own step or the name of its layer. @param {Part} part @param {Tracer} tracer */
function partOf(part, tracer) {
  if (part.step !== null) return element("span", { class: "part" }, element("b", {}, letter(part.step)), ` ${number(part.value)}`);
  const from = part.fixed ? "" : origin(part.name, tracer);
  return element("span", { class: "part" }, number(part.value), from && element("small", {}, ` ${from}`));
}

/** @param {number[]} numbers @param {number[]} size @param {number} limit @param {import("../said.js").Said} label */
function grid(numbers, size, limit, label) {
  const says = numbers.length <= 25 ? say("{label}: {list}", { label, list: numbers.map((value) => number(value)).join(", ") }) : label;
  const canvas = element("canvas", { role: "img", "aria-label": says, title: says });
  paintNumbers(canvas, numbers, 0, size[0], size[1], limit || 1e-12, true);
  return canvas;
}

/** @param {number[][]} rows */
const largest = (rows) => rows.reduce((most, row) => row.reduce((a, b) => Math.max(a, Math.abs(b)), most), 0);

/** @param {Term[]} terms */
const byStrength = (terms) => [...terms].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));

/** What is left of a sum, and the sum. @param {Step} step @param {Term[]} rest @returns {HTMLElement[]} */
function closing(step, rest) {
  const found = [];
  const others = rest.reduce((sum, term) => sum + term.sum, 0);
  if (rest.length) found.push(moment([element("span", { class: "from" }, say("{n} other inputs", { n: rest.length })), element("span", { class: "amount" }, number(others))]));
  found.push(moment([element("span", { class: "from" }, say("bias")), element("span", { class: "amount" }, number(step.bias ?? 0))]));
  found.push(moment([element("span", { class: "from" }, say("sum")), element("span", { class: "amount" }, number(step.value))], { class: "moment total" }));
  return found;
}

/** @param {number} from @param {number} to */
const span = (from, to) => (to - from > 1 ? `${from}–${to - 1}` : `${from}`);

/** @type {Record<Step["kind"], (step: Step, tracer: Tracer) => HTMLElement[]>} */
const DRAWN = {
  window(step, tracer) {
    const terms = byStrength(step.terms ?? []);
    const shown = terms.slice(0, SHOWN.window);
    const size = /** @type {number[]} */ (step.size);
    const limits = [largest(terms.map((term) => term.window)), largest(terms.map((term) => term.kernel))];
    const products = terms.map((term) => term.window.map((value, i) => value * term.kernel[i]));
    const most = largest(products);
    const source = origin(step.source, tracer) || say("the input");
    const from = step.area && Number.isFinite(step.area.top) ? say("{source}, rows {rows}, columns {cols}", { source, rows: span(step.area.top, step.area.bottom), cols: span(step.area.left, step.area.right) }) : source;
    const title = moment([element("span", {}, say(terms.length > 1 ? "Window of {from} × kernel = products, and their sum; the strongest channels first" : "Window of {from} × kernel = products, and their sum", { from }))], { class: "moment title" });
    const rows = shown.map((term, i) =>
      moment([
        element("span", { class: "from" }, say("channel {n}", { n: term.channel })),
        grid(term.window, size, limits[0], say("window")),
        element("span", {}, "×"),
        grid(term.kernel, size, limits[1], say("kernel")),
        element("span", {}, "="),
        grid(products[i], size, most, say("products")),
        element("span", { class: "amount" }, `Σ ${number(term.sum)}`),
      ], { "data-channel": term.channel }),
    );
    return [title, ...rows, ...closing(step, terms.slice(SHOWN.window))];
  },
  weights(step, tracer) {
    const terms = byStrength(step.terms ?? []);
    const most = Math.abs(terms[0]?.sum ?? 0) || 1;
    const title = moment([element("span", {}, say("{n} inputs of {source} × weights; the largest terms first", { n: terms.length, source: origin(step.source, tracer) || say("the layer before") }))], { class: "moment title" });
    const rows = terms.slice(0, SHOWN.weights).map((term) =>
      moment([
        element("span", { class: "from" }, say("unit {n}", { n: term.channel })),
        element("span", { class: "product" }, `${number(term.window[0])} × ${number(term.kernel[0])}`),
        element("span", { class: `beam ${term.sum < 0 ? "less" : "more"}`, style: { "--share": Math.abs(term.sum) / most } }),
        element("span", { class: "amount" }, number(term.sum)),
      ], { "data-channel": term.channel }),
    );
    return [title, ...rows, ...closing(step, terms.slice(SHOWN.weights))];
  },
  norm(step, tracer) {
    const { mean, variance, eps, weight, bias } = /** @type {NonNullable<Step["norm"]>} */ (step.norm);
    const [part] = /** @type {Part[]} */ (step.parts);
    return [moment([element("span", { class: "from" }, step.op.includes("batch") ? say("batch norm") : step.op.replaceAll("_", " ")), element("span", {}, "(", partOf(part, tracer), say(" − mean {mean}) / √(variance {variance} + {eps}) × {weight} {sign} {bias}", { mean: number(mean), variance: number(variance), eps, weight: number(weight), sign: bias < 0 ? "−" : "+", bias: number(Math.abs(bias)) })), element("span", { class: "amount" }, `= ${number(step.value)}`)])];
  },
  curve(step, tracer) {
    const [part] = /** @type {Part[]} */ (step.parts);
    return [moment([element("span", { class: "from" }, step.op.replaceAll("_", " ")), curvePicture(step, part.value), element("span", {}, `${step.op}(`, partOf(part, tracer), `)`), element("span", { class: "amount" }, `= ${number(step.value)}`)])];
  },
  pool(step, tracer) {
    const cells = step.cells ?? [];
    const most = Math.max(...cells.map((cell) => cell.value));
    const winners = step.op.includes("max") ? cells.filter((cell) => cell.value === most) : [];
    const source = origin(step.source, tracer) || say("the input");
    const shown = cells.length <= 49 && element("span", { class: "cells", style: { "--across": step.size?.[1] ?? 1 } }, ...cells.map((cell) => element("span", { class: winners.length === 1 && cell === winners[0] ? "winner" : null }, number(cell.value))));
    const says = winners.length === 1 ? say("the one at row {row}, column {col} wins", { row: winners[0].row, col: winners[0].col }) : winners.length ? say("{n} of them tie", { n: winners.length }) : say("their mean");
    return [moment([element("span", { class: "from" }, step.op.replaceAll("_", " ")), shown, element("span", {}, say("{n} cells of {source}, channel {channel}: {says}", { n: cells.length, source, channel: step.channel, says })), element("span", { class: "amount" }, `= ${number(step.value)}`)].filter((one) => one !== false))];
  },
  combine(step, tracer) {
    return [moment([element("span", { class: "from" }), formula(step, tracer), element("span", { class: "amount" }, `= ${number(step.value)}`)])];
  },
  reduce(step, tracer) {
    const many = [...(step.many ?? [])].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    const from = origin(step.source, tracer);
    const listed = many.slice(0, SHOWN.reduce).map(({ value }) => number(value)).join(", ");
    const names = /** @type {Record<string, string>} */ ({ sum: "sum", mean: "mean", amax: "largest", max: "largest", amin: "smallest", min: "smallest" });
    return [moment([element("span", { class: "from" }, names[step.op] ? say(names[step.op]) : step.op), element("span", {}, say(from ? "of {n} numbers of {from}: {list}" : "of {n} numbers: {list}", { n: many.length, from, list: listed + (many.length > SHOWN.reduce ? ", …" : "") })), element("span", { class: "amount" }, `= ${number(step.value)}`)])];
  },
  move(step, tracer) {
    const [part] = step.parts ?? [];
    return [moment([element("span", { class: "from" }, step.op.replaceAll("_", " ")), element("span", {}, say("the same number, "), part ? partOf(part, tracer) : say("in the padding")), element("span", { class: "amount" }, `= ${number(step.value)}`)])];
  },
  opaque(step) {
    return [moment([element("span", { class: "from" }, step.op.replaceAll("_", " ")), element("span", {}, say("an operation that the page does not take apart")), element("span", { class: "amount" }, `= ${number(step.value)}`)])];
  },
};

const SIGNS = /** @type {Record<string, string>} */ ({ add: "+", sub: "−", mul: "×", div: "÷", pow: "to the power of", maximum: "or, if larger,", minimum: "or, if smaller,", gt: ">", ge: "≥", lt: "<", le: "≤", eq: "=", ne: "≠", clamp_max: "but at most", clamp_min: "but at least" });

/** @param {string} op */
const sign = (op) => (/^[a-z]/.test(SIGNS[op] ?? "") ? say(SIGNS[op]) : (SIGNS[op] ?? op));

/** Two numbers and the sign between them. @param {Step} step @param {Tracer} tracer */
function formula(step, tracer) {
  const parts = [...(step.parts ?? [])];
  const given = (step.numbers ?? []).map((one) => (one === null && parts.length ? partOf(/** @type {Part} */ (parts.shift()), tracer) : one === null ? "" : number(Number(one))));
  if (step.op === "where") return element("span", {}, say("if {a} then {b} else {c}", { a: given[0], b: given[1], c: given[2] }));
  let [first, second] = given;
  if (step.op === "rsub") [first, second] = [second, first];
  const alpha = step.numbers?.[2];
  const times = typeof alpha === "number" && alpha !== 1 ? `${number(alpha)} × ` : "";
  return element("span", {}, first, " ", sign(step.op === "rsub" ? "sub" : step.op), ` ${times}`, second);
}

/** @param {Step} step @param {number} x */
function curvePicture(step, x) {
  const curve = /** @type {[number, number][]} */ (step.curve);
  const ends = (/** @type {number[]} */ all) => [Math.min(0, ...all), Math.max(0, ...all)];
  const [lowX, highX] = ends([...curve.map(([a]) => a), x]);
  const [lowY, highY] = ends([...curve.map(([, b]) => b), step.value]);
  const X = (/** @type {number} */ value) => 8 + (144 * (value - lowX)) / (highX - lowX || 1);
  const Y = (/** @type {number} */ value) => 78 - (68 * (value - lowY)) / (highY - lowY || 1);
  const d = curve.map(([a, b], i) => `${i ? "L" : "M"}${X(a).toFixed(1)} ${Y(b).toFixed(1)}`).join("");
  return svg("svg", { class: "curve", viewBox: "0 0 160 86", role: "img", "aria-label": say("{op} of {x} is {value}", { op: step.op, x: number(x), value: number(step.value) }) },
    svg("line", { class: "grid", x1: 8, x2: 152, y1: Y(0), y2: Y(0) }),
    svg("line", { class: "grid", x1: X(0), x2: X(0), y1: 6, y2: 80 }),
    svg("path", { class: "first", d }),
    svg("circle", { class: "second", cx: X(x), cy: Y(step.value), r: 4.5 }),
  );
}
