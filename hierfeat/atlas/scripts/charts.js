// Small charts as SVG: every axis has a name and a unit, every series a label beside it.
import { layers } from "./data.js";
import { svg } from "./dom.js";
import { number } from "./maps.js";
import { say } from "./said.js";

const SIZE = { width: 340, height: 196, left: 46, right: 12, top: 10, bottom: 38 };

/** @typedef {(value: number) => number} Scale */
/** @typedef {import("./dom.js").Child} Child */

/** @param {number} low @param {number} high @param {number} [count] */
function ticks(low, high, count = 4) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (/** @type {number} */ ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999)));
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) found.push(Math.abs(at) < step * 1e-6 ? 0 : at);
  return found;
}

/** @param {number} value */
function short(value) {
  if (value === 0) return "0";
  return (Math.abs(value) >= 1e4 ? value.toExponential(0) : String(+value.toPrecision(6))).replace("-", "−");
}

/** @param {number} x @param {number} y @param {Child} text @param {Record<string, any>} [more] */
const label = (x, y, text, more = {}) => svg("text", { x, y, "text-anchor": "middle", ...more }, text);

/**
 * @param {{ x: number[], y: number[], xName: Child, yName: Child, xTicks?: number[], yTicks?: number[],
 *   xText?: (value: number) => string }} axes
 */
export function frame({ x, y, xName, yName, xTicks = ticks(x[0], x[1]), yTicks = ticks(y[0], y[1]), xText = short }) {
  const { width, height, left, right, top, bottom } = SIZE;
  /** @type {Scale} */
  const X = (value) => left + ((value - x[0]) / (x[1] - x[0] || 1)) * (width - left - right);
  /** @type {Scale} */
  const Y = (value) => height - bottom - ((value - y[0]) / (y[1] - y[0] || 1)) * (height - top - bottom);
  const parts = yTicks.flatMap((t) => [
    svg("line", { class: "grid", x1: left, x2: width - right, y1: Y(t), y2: Y(t) }),
    label(left - 6, Y(t) + 4, short(t), { "text-anchor": "end" }),
  ]);
  parts.push(...xTicks.map((t) => label(X(t), height - bottom + 15, xText(t))));
  parts.push(label((left + width - right) / 2, height - 5, xName, { class: "name" }));
  parts.push(label(0, 0, yName, { class: "name", transform: `translate(11 ${(top + height - bottom) / 2}) rotate(-90)` }));
  return { X, Y, parts };
}

/** @param {Node[]} parts @param {Child} says @param {number} [height] */
export function drawing(parts, says, height = SIZE.height) {
  return svg("svg", { viewBox: `0 0 ${SIZE.width} ${height}`, role: "img", "aria-label": says }, ...parts);
}

/** @param {{ edges: number[], shares: number[] }} distribution */
export function histogramChart({ edges, shares }) {
  const most = Math.max(...shares) * 100 || 1;
  const { X, Y, parts } = frame({ x: [edges[0], edges[edges.length - 1]], y: [0, most * 1.05], xName: say("activation"), yName: say("values (%)") });
  shares.forEach((share, i) => {
    const [left, right] = [X(edges[i]), X(edges[i + 1])];
    parts.push(svg("rect", { class: "fill", x: left, width: Math.max(right - left - 0.6, 0.4), y: Y(share * 100), height: Y(0) - Y(share * 100) }));
  });
  return drawing(parts, say("Histogram of the activations"));
}

/** Bars that are drawn at most. */
const BARS = 64;

/** @param {{ active: number[] }} channels */
export function activeChart({ active: all }) {
  const active = all.slice(0, BARS);
  const count = active.length;
  const step = Math.max(1, Math.ceil(count / 16));
  const xTicks = [...active.keys()].filter((i) => i % step === 0);
  const axes = { x: [-0.5, count - 0.5], y: [0, 100], xName: say("channel"), yName: say("active (%)"), xTicks, yTicks: [0, 25, 50, 75, 100] };
  const { X, Y, parts } = frame(axes);
  const bar = Math.min(22, (X(1) - X(0)) * 0.72);
  active.forEach((share, i) => {
    const says = svg("title", {}, say("channel {n}: {share} %", { n: i, share: (share * 100).toFixed(1) }));
    parts.push(svg("rect", { class: "fill", x: X(i) - bar / 2, width: bar, y: Y(share * 100), height: Y(0) - Y(share * 100) }, says));
  });
  return drawing(parts, say("Share of positive activations in each channel"));
}

/** @param {[number, number | null][]} points @param {Scale} X @param {Scale} Y @param {string} kind @returns {Node[]} */
export function line(points, X, Y, kind) {
  const drawn = /** @type {[number, number][]} */ (points.filter(([, y]) => y !== null));
  const d = drawn.map(([x, y], i) => `${i ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`).join("");
  const path = svg("path", { class: kind, d });
  if (kind === "faint") return [path];
  return [path, ...drawn.map(([x, y]) => svg("circle", { class: kind, cx: X(x), cy: Y(y), r: 3 }, svg("title", {}, `${short(x)} px: ${number(y)}`)))];
}

/** The tuning curve of a unit, which ends where it begins. @param {number[]} angles @param {number[]} curve */
export function tuningChart(angles, curve) {
  const most = Math.max(...curve) || 1;
  const { X, Y, parts } = frame({ x: [0, 180], y: [0, most * 1.05], xName: say("orientation of the grating (°)"), yName: say("response"), xTicks: [0, 45, 90, 135, 180] });
  const points = /** @type {[number, number][]} */ ([...angles.map((angle, i) => [angle, curve[i]]), [180 + angles[0], curve[0]]]);
  parts.push(svg("path", { class: "first", d: points.map(([x, y], i) => `${i ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`).join("") }));
  parts.push(...points.map(([x, y]) => svg("circle", { class: "first", cx: X(x), cy: Y(y), r: 3 }, svg("title", {}, `${short(x)}°: ${number(y)}`))));
  return drawing(parts, say("Tuning curve: response by orientation"));
}

/** Responses as lengths in the directions of the bars, both ways. @param {number[]} orientations degrees @param {number[]} strong */
export function polarChart(orientations, strong) {
  const most = Math.max(...strong, 1e-9);
  const points = [...orientations, ...orientations.map((one) => one + 180)].map((degrees, i) => {
    const [angle, radius] = [(degrees * Math.PI) / 180, (74 * strong[i % strong.length]) / most];
    return `${(110 + radius * Math.cos(angle)).toFixed(1)} ${(92 - radius * Math.sin(angle)).toFixed(1)}`;
  });
  const rings = [37, 74].map((r) => svg("circle", { class: "ring", cx: 110, cy: 92, r }));
  const spokes = [0, 45, 90, 135].map((degrees) => {
    const [x, y] = [74 * Math.cos((degrees * Math.PI) / 180), 74 * Math.sin((degrees * Math.PI) / 180)];
    return svg("line", { class: "ring", x1: 110 - x, y1: 92 + y, x2: 110 + x, y2: 92 - y });
  });
  const names = [[0, 204, 96], [45, 178, 34], [90, 110, 12], [135, 42, 34]].map(([degrees, x, y]) => svg("text", { x, y, "text-anchor": "middle" }, `${degrees}°`));
  const best = orientations[strong.indexOf(Math.max(...strong))];
  return svg("svg", { class: "polar", viewBox: "0 0 220 180", role: "img", "aria-label": say("Polar tuning curve, the largest response at {n} degrees", { n: best }) }, ...rings, ...spokes, svg("path", { class: "first", d: `M${points.join("L")}Z` }), ...names);
}

/** @param {any} layer */
export function shiftChart(layer) {
  const { shifts, invariance, equivariance } = layer.shift;
  /** @param {any} shift @param {number[]} series @returns {[number, number][]} */
  const zip = (shift, series) => shift.map((/** @type {number} */ one, /** @type {number} */ i) => [one, series[i]]);
  const every = [...invariance, ...(equivariance || [])].filter((value) => value !== null);
  const low = Math.min(0, ...every);
  const x = [Math.min(...shifts), Math.max(...shifts)];
  const { X, Y, parts } = frame({ x, y: [low, Math.max(1, ...every)], xName: say("shift of the image (px)"), yName: say("likeness"), xTicks: shifts.filter(Number.isInteger) });
  const others = layers.filter((other) => other !== layer && other.shift).flatMap((other) => line(zip(other.shift.shifts, other.shift.invariance), X, Y, "faint"));
  parts.push(svg("path", { class: "faint", d: others.map((path) => /** @type {Element} */ (path).getAttribute("d")).join("") })); // one for all of them
  if (equivariance) parts.push(.../** @type {any} */ (line(zip(shifts, equivariance), X, Y, "second")));
  parts.push(.../** @type {any} */ (line(zip(shifts, invariance), X, Y, "first")));
  return drawing(parts, say("Shift tolerance of {layer}", { layer: layer.name }));
}

/**
 * A line from before to after for each way of pooling; the one the network has is marked.
 * @param {any[]} rows
 */
export function poolingChart(rows) {
  const [rowHeight, left, top] = [26, 92, 8];
  const height = top + rows.length * rowHeight + 36;
  const known = rows.flatMap((row) => [row.before, row.after]).filter((value) => value !== null);
  const low = Math.min(...known);
  const span = [low < 0 ? low : Math.floor(low * 10) / 10, Math.max(1, ...known)];
  /** @type {Scale} */
  const X = (value) => left + ((value - span[0]) / (span[1] - span[0] || 1)) * (SIZE.width - left - 18);
  const parts = ticks(span[0], span[1]).flatMap((t) => [svg("line", { class: "grid", x1: X(t), x2: X(t), y1: top, y2: height - 34 }), label(X(t), height - 20, short(t))]);
  rows.forEach((row, i) => {
    const y = top + (i + 0.5) * rowHeight;
    const kind = row.current ? "first" : "second";
    parts.push(label(left - 10, y + 4, say(row.pooling), { class: row.current ? "strong" : null, "text-anchor": "end" }));
    if (row.before === null || row.after === null) return;
    const says = svg("title", {}, say("{pooling}: before {before}, after {after}", { pooling: say(row.pooling), before: number(row.before), after: number(row.after) }));
    const ends = [svg("circle", { class: `hollow ${kind}`, cx: X(row.before), cy: y, r: 4.5 }), svg("circle", { class: kind, cx: X(row.after), cy: y, r: 4.5 })];
    parts.push(svg("g", {}, says, svg("line", { class: kind, x1: X(row.before), x2: X(row.after), y1: y, y2: y }), ...ends));
  });
  parts.push(label((left + SIZE.width - 18) / 2, height - 4, say("invariance (1 = unmoved)"), { class: "name" }));
  return drawing(parts, say("Invariance before and after each way of pooling"), height);
}

/**
 * One number for each layer, in call order: what changes along the hierarchy. Pools stand out.
 * @type {Record<string, { name: import("./said.js").Said, of: (layer: any) => number | null }>}
 */
const DEPTH = {
  field: { name: say("field (px)"), of: (layer) => layer.field && Math.max(...layer.field.size) },
  active: { name: say("active (%)"), of: (layer) => layer.channels && 100 * layer.channels.mean_active },
  shift: { name: say("invariance"), of: (layer) => layer.shift && layer.shift.invariance.at(-1) },
};

/** @param {string} what */
export function depthChart(what) {
  const { name, of } = DEPTH[what];
  const points = layers.filter((layer) => layer.section).map((layer) => ({ layer, value: /** @type {number} */ (of(layer)) })).filter(({ value }) => value !== null && value !== undefined);
  const few = points.length <= 24 && points.every(({ layer }) => layer.short.length <= 11);
  const most = what === "shift" ? 1 : what === "active" ? 100 : Math.max(...points.map((point) => point.value));
  const low = Math.min(0, ...points.map((point) => point.value));
  const axes = { x: [-0.4, points.length - 0.6], y: [low, most * 1.04], xName: few ? "" : say("layers, from the first to the last"), yName: name, xTicks: [], yTicks: ticks(low, most) };
  const { X, Y, parts } = frame(axes);
  parts.push(svg("path", { class: "faint", d: points.map(({ value }, i) => `${i ? "L" : "M"}${X(i)} ${Y(value)}`).join("") }));
  points.forEach(({ layer, value }, i) => {
    if (points.length > 100 && layer.kind !== "pool") return; // the line shows them
    const says = svg("title", {}, `${layer.name}: ${number(value)}`);
    parts.push(svg("circle", { class: layer.kind === "pool" ? "pool" : "other", cx: X(i), cy: Y(value), r: few ? 4 : 2.5 }, says));
    if (!few) return;
    const place = `translate(${X(i) + 3} ${SIZE.height - SIZE.bottom + 13}) rotate(-38)`;
    parts.push(label(0, 0, layer.short, { class: "slanted", transform: place, "text-anchor": "end" }));
  });
  return drawing(parts, say("{name} by layer", { name }));
}
