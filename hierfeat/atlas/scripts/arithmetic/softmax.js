// The softmax over the scores, taken apart: each score's exponential, their sum, and the share.
import { channelOf, layers, output, payload } from "../data.js";
import { element } from "../dom.js";
import { number } from "../maps.js";
import { graph } from "../live.js";
import { say } from "../said.js";

/** Classes that are shown where there are many. */
const SHOWN = 10;

/**
 * Only logits make a softmax; other outputs are no exponents of anything.
 * @param {import("../store.js").Chosen} unit @param {import("./types.js").Step[]} steps @returns {HTMLElement[]}
 */
export function softmaxOf(unit, steps) {
  const last = steps[steps.length - 1];
  const scores = output();
  if (!scores || payload.model.scores !== "logits" || !isOutput(last?.node)) return [];
  const own = channelOf(layers[unit.layer], unit);
  const { exponentials, sum, most } = softmax(scores);
  const order = [...exponentials.keys()].sort((a, b) => exponentials[b] - exponentials[a]);
  const shown = order.length <= SHOWN + 2 ? [...exponentials.keys()] : [...new Set([...order.slice(0, SHOWN), own])];
  const name = (/** @type {number} */ i) => (payload.model.classes ? payload.model.classes[i] : say("output {n}", { n: i }));
  const rows = shown.map((i) =>
    element("tr", { class: i === own ? "own" : null },
      element("th", { scope: "row" }, name(i)),
      element("td", {}, number(scores[i])),
      element("td", {}, number(exponentials[i])),
      element("td", { "data-share": exponentials[i] / sum }, `${(100 * exponentials[i]) / sum < 0.05 ? "0.0" : ((100 * exponentials[i]) / sum).toFixed(1)} %`),
    ),
  );
  const more = order.length - shown.length;
  if (more > 0) {
    const rest = order.filter((i) => !shown.includes(i)).reduce((total, i) => total + exponentials[i], 0);
    rows.push(element("tr", {}, element("th", { scope: "row" }, say("{n} others", { n: more })), element("td"), element("td", {}, number(rest)), element("td", {}, `${((100 * rest) / sum).toFixed(1)} %`)));
  }
  const head = [say("class"), say("score z"), `exp(z − ${number(most)})`, say("share")].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "softmax" },
    element("caption", {}, say("Softmax: each score's exponential (over that of the largest, which changes no share), divided by their sum")),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
    element("tfoot", {}, element("tr", {}, element("th", { scope: "row" }, say("sum")), element("td"), element("td", {}, number(sum)), element("td", {}, "100 %"))),
  );
  return [element("li", { class: "moment" }, table)];
}

/** @param {ArrayLike<number>} scores */
function softmax(scores) {
  const found = Array.from(scores);
  const most = found.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = found.map((one) => Math.exp(one - most));
  return { most, exponentials, sum: exponentials.reduce((a, b) => a + b, 0) };
}

/** Whether that value is the model's output, or is only given another form on the way. @param {string | undefined} name */
function isOutput(name) {
  if (!graph || !name) return false;
  /** @type {string | undefined} */
  let at = graph.output;
  while (at !== name) {
    const node = graph.nodes.find(([one]) => one === at);
    if (!node || !/^(view|reshape|flatten|squeeze|_unsafe_view)\./.test(node[1])) return false;
    at = /** @type {any} */ (node[2][0])?.v;
  }
  return true;
}
