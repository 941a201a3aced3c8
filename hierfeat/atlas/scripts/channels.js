// Every channel in one table, to be sorted and sifted: the ten most selective, the dead, the simple cells.
import { exists, layers, payload, view } from "./data.js";
import { element, need } from "./dom.js";
import { pin } from "./hubel.js";
import { number } from "./maps.js";
import { select } from "./units.js";

const MOST = 100; // rows on the page at a time

/**
 * @typedef {{ index: number, layer: string, channel: number, type: string, orientation: number | null, gosi: number | null, best: number | null, active: number | null }} Row
 * @typedef {Exclude<keyof Row, "index">} Column
 */

/** Name, and how a value is written. @type {Record<Column, [string, (value: any) => string]>} */
const COLUMNS = {
  layer: ["layer", String],
  channel: ["channel", String],
  type: ["cell type", String],
  orientation: ["orientation", (value) => `${value.toFixed(0)}°`],
  gosi: ["gOSI", (value) => value.toFixed(2)],
  best: ["best grating", number],
  active: ["active", (value) => `${(100 * value).toFixed(1)} %`],
};

/** What is to be looked at: which rows, and in which order. @type {Record<string, { text: string, keep: (row: Row) => boolean, by: Column, down: boolean }>} */
const VIEWS = {
  all: { text: "all, in order", keep: () => true, by: "layer", down: false },
  selective: { text: "most orientation-selective", keep: (row) => row.gosi !== null, by: "gosi", down: true },
  simple: { text: "simple cells", keep: (row) => row.type === "simple", by: "gosi", down: true },
  complex: { text: "complex cells", keep: (row) => row.type === "complex", by: "gosi", down: true },
  seldom: { text: "least often active", keep: (row) => (row.active ?? 0) > 0, by: "active", down: false },
  dead: { text: "dead: never above zero", keep: (row) => row.active === 0, by: "layer", down: false },
};

/** @returns {Row[]} */
function everyChannel() {
  return layers.flatMap((layer) => {
    if (!layer.maps || (!layer.tuning && !layer.channels)) return [];
    const { tuning, channels } = layer;
    /** @type {Map<number, number>} */
    const active = new Map(channels?.channel.map((/** @type {number} */ channel, /** @type {number} */ i) => [channel, channels.active[i]]));
    return Array.from({ length: layer.maps.shape[0] }, (_, channel) => ({
      index: layer.index,
      layer: layer.name,
      channel,
      type: tuning?.type[channel] ?? "",
      orientation: tuning?.orientation[channel] ?? null,
      gosi: tuning?.gosi[channel] ?? null,
      best: tuning?.best[channel] ?? null,
      active: active.get(channel) ?? null,
    }));
  });
}

/** @type {Row[]} */
let rows = [];
const asked = { view: "all", text: "", by: /** @type {Column} */ ("layer"), down: false };

export function startChannels() {
  rows = everyChannel();
  const choice = element("select", { name: "channel-view", onchange: () => look(choice.value) }, ...Object.entries(VIEWS).map(([name, { text }]) => element("option", { value: name }, text)));
  const search = element("input", { type: "search", name: "channel-text", placeholder: "conv2, complex, …", oninput: () => ((asked.text = search.value), show()) });
  need(".channels").append(
    element("div", { class: "knobs" }, element("label", { class: "knob" }, element("span", {}, "Show"), choice), element("label", { class: "knob" }, element("span", {}, "Search"), search)),
    element("p", { class: "note count", role: "status" }),
    element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Table of channels" }),
  );
  show();
}

/** @param {string} name */
function look(name) {
  const { by, down } = VIEWS[name];
  Object.assign(asked, { view: name, by, down });
  show();
}

/** Down and up in turn. @param {Column} by */
function sort(by) {
  Object.assign(asked, { down: asked.by === by ? !asked.down : typeof rows[0]?.[by] !== "string", by });
  show();
}

/** Values that are not known come last, whichever way. @param {Row} a @param {Row} b */
function compare(a, b) {
  const [first, second] = [a[asked.by], b[asked.by]];
  if (first === null || second === null) return Number(first === null) - Number(second === null);
  const by = asked.by === "layer" ? a.index - b.index : typeof first === "string" ? first.localeCompare(String(second)) : first - Number(second);
  return (asked.down ? -by : by) || a.index - b.index || a.channel - b.channel;
}

function show() {
  const words = asked.text.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = rows.filter((row) => VIEWS[asked.view].keep(row) && words.every((word) => `${row.layer} ${row.type} ${row.channel}`.toLowerCase().includes(word))).sort(compare);
  need(".channels .count").textContent = kept.length > MOST ? `The first ${MOST} of ${kept.length} channels.` : `${kept.length} of ${rows.length} channels.`;
  const head = Object.entries(COLUMNS).map(([name, [text]]) => {
    const own = asked.by === name;
    return element("th", { "aria-sort": own ? (asked.down ? "descending" : "ascending") : null }, element("button", { type: "button", "data-by": name, onclick: () => sort(/** @type {Column} */ (name)) }, text, own ? (asked.down ? " ↓" : " ↑") : ""));
  });
  need(".channels .wide").replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...head, element("td"))), element("tbody", {}, ...kept.slice(0, MOST).map(line))));
}

/** @param {Row} row */
function line(row) {
  const cells = Object.entries(COLUMNS).map(([name, [, write]]) => {
    const value = row[/** @type {Column} */ (name)];
    return element("td", {}, value === null || value === "" ? "" : write(value));
  });
  const label = `Show channel ${row.channel} of ${row.layer}`;
  return element("tr", {}, ...cells, element("td", {}, element("button", { type: "button", "aria-label": label, onclick: () => visit(row) }, "show")));
}

/** The unit in the middle of the channel's map becomes the chosen one. @param {Row} row */
function visit({ index, channel }) {
  const layer = layers[index];
  const { vector, height, width } = view(layer);
  const unit = vector ? { tile: 0, row: Math.floor(channel / width), col: channel % width } : { tile: channel, row: Math.floor(height / 2), col: Math.floor(width / 2) };
  if (!exists(layer, unit)) return;
  select(index, unit);
  if (payload.live.on) pin({ layer: index, ...unit });
  need("#overview").scrollIntoView();
}
