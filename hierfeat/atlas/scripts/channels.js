// Every channel in one table, to be sorted and sifted: the ten most selective, the dead, the simple cells.
import { cardAddress, className, openCard } from "./card.js";
import { layers } from "./data.js";
import { element, need } from "./dom.js";
import { saveTable } from "./export.js";
import { number } from "./maps.js";
import { say } from "./said.js";

const MOST = 50; // rows on the page at a time

/**
 * @typedef {{ index: number, layer: string, channel: number, type: string, orientation: number | null, gosi: number | null, best: number | null, active: number | null, sparse: number | null, selectivity: number | null, preferred: string }} Row
 * @typedef {Exclude<keyof Row, "index">} Column
 */

const percent = (/** @type {number} */ value) => `${(100 * value).toFixed(1)} %`;
const two = (/** @type {number} */ value) => value.toFixed(2);

/** Name, and how a value is written. @type {Record<Column, [any, (value: any) => import("./dom.js").Child]>} */
const COLUMNS = {
  layer: [say("layer"), String],
  channel: [say("channel"), String],
  type: [say("cell type"), say],
  orientation: [say("orientation"), (value) => `${value.toFixed(0)}°`],
  gosi: ["gOSI", two],
  best: [say("best grating"), number],
  active: [say("active"), percent],
  sparse: [say("sparseness"), two],
  selectivity: [say("class selectivity"), two],
  preferred: [say("class"), String],
};

/** What is to be looked at: which rows, in which order, and how many at most. @type {Record<string, { text: any, keep: (row: Row) => boolean, by: Column, down: boolean, most?: number }>} */
const VIEWS = {
  all: { text: say("all, in order"), keep: () => true, by: "layer", down: false },
  ten: { text: say("the ten most orientation-selective"), keep: (row) => row.gosi !== null, by: "gosi", down: true, most: 10 },
  selective: { text: say("most orientation-selective"), keep: (row) => row.gosi !== null, by: "gosi", down: true },
  simple: { text: say("simple cells"), keep: (row) => row.type === "simple", by: "gosi", down: true },
  complex: { text: say("complex cells"), keep: (row) => row.type === "complex", by: "gosi", down: true },
  classes: { text: say("most class-selective"), keep: (row) => row.selectivity !== null, by: "selectivity", down: true },
  seldom: { text: say("least often active"), keep: (row) => (row.active ?? 0) > 0, by: "active", down: false },
  dead: { text: say("dead: never above zero"), keep: (row) => row.active === 0, by: "layer", down: false },
};

/** @returns {Row[]} */
function everyChannel() {
  return layers.flatMap((layer) => {
    if (!layer.maps || (!layer.tuning && !layer.channels)) return [];
    const { tuning, channels, selectivity } = layer;
    return Array.from({ length: layer.maps.shape[0] }, (_, channel) => ({
      index: layer.index,
      layer: layer.name,
      channel,
      type: tuning?.type[channel] ?? "",
      orientation: tuning?.orientation[channel] ?? null,
      gosi: tuning?.gosi[channel] ?? null,
      best: tuning?.best[channel] ?? null,
      active: channels?.active[channel] ?? null,
      sparse: channels?.sparse[channel] ?? null,
      selectivity: selectivity?.index[channel] ?? null,
      preferred: selectivity && selectivity.preferred[channel] >= 0 ? String(className(selectivity.preferred[channel])) : "",
    }));
  });
}

/** @type {Row[]} */
let rows = [];
/** Columns of which something is known. @type {Column[]} */
let columns = [];
const asked = { view: "all", text: "", by: /** @type {Column} */ ("layer"), down: false, from: 0 };

export function startChannels() {
  rows = everyChannel();
  columns = /** @type {Column[]} */ (Object.keys(COLUMNS)).filter((name) => rows.some((row) => row[name] !== null && row[name] !== ""));
  const views = Object.entries(VIEWS).filter(([, { by }]) => columns.includes(by));
  const choice = element("select", { name: "channel-view", onchange: () => look(choice.value) }, ...views.map(([name, { text }]) => element("option", { value: name }, text)));
  const search = element("input", { type: "search", name: "channel-text", placeholder: "conv2, complex, …", oninput: () => (Object.assign(asked, { text: search.value, from: 0 }), show()) });
  const save = () => saveTable(columns, kept().map((row) => columns.map((name) => row[name])), "channels");
  need(".channels").append(
    element("div", { class: "knobs" }, element("label", { class: "knob" }, element("span", {}, say("Show")), choice), element("label", { class: "knob" }, element("span", {}, say("Search")), search), element("button", { type: "button", "data-do": "channels-csv", onclick: save }, say("Save as CSV"))),
    element("p", { class: "note count", role: "status" }),
    element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("Table of channels") }),
  );
  show();
}

/** @param {string} name */
function look(name) {
  const { by, down } = VIEWS[name];
  Object.assign(asked, { view: name, by, down, from: 0 });
  show();
}

/** Down and up in turn. @param {Column} by */
function sort(by) {
  Object.assign(asked, { down: asked.by === by ? !asked.down : typeof rows[0]?.[by] !== "string", by, from: 0 });
  show();
}

/** Values that are not known come last, whichever way. @param {Row} a @param {Row} b @param {{ by: Column, down: boolean }} order */
function compare(a, b, { by, down }) {
  const [first, second] = [a[by], b[by]];
  if (first === null || second === null) return Number(first === null) - Number(second === null);
  const found = by === "layer" ? a.index - b.index : typeof first === "string" ? first.localeCompare(String(second)) : first - Number(second);
  return (down ? -found : found) || a.index - b.index || a.channel - b.channel;
}

/** The rows that were asked for, in order. */
function kept() {
  const words = asked.text.toLowerCase().split(/\s+/).filter(Boolean);
  const { keep, by, down, most } = VIEWS[asked.view];
  const found = rows.filter((row) => keep(row) && words.every((word) => `${row.layer} ${row.type} ${row.channel} ${row.preferred}`.toLowerCase().includes(word)));
  const first = most ? found.sort((a, b) => compare(a, b, { by, down })).slice(0, most) : found;
  return first.sort((a, b) => compare(a, b, asked));
}

function show() {
  const found = kept();
  const page = (/** @type {string} */ name, /** @type {any} */ text, /** @type {number} */ to) => element("button", { type: "button", "data-do": name, disabled: to < 0 || to >= found.length, onclick: () => ((asked.from = to), show()) }, text);
  const said = element("span", {}, found.length > MOST ? say("{from} to {to} of {all} channels.", { from: asked.from + 1, to: Math.min(found.length, asked.from + MOST), all: found.length }) : say("{n} of {all} channels.", { n: found.length, all: rows.length }));
  need(".channels .count").replaceChildren(said, ...(found.length > MOST ? [" ", page("channels-before", say("Before"), asked.from - MOST), " ", page("channels-after", say("After"), asked.from + MOST)] : []));
  const head = columns.map((name) => {
    const own = asked.by === name;
    return element("th", { "aria-sort": own ? (asked.down ? "descending" : "ascending") : null }, element("button", { type: "button", "data-by": name, onclick: () => sort(name) }, COLUMNS[name][0], own ? (asked.down ? " ↓" : " ↑") : ""));
  });
  need(".channels .wide").replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...head, element("td"))), element("tbody", {}, ...found.slice(asked.from, asked.from + MOST).map(line))));
}

/** @param {Row} row */
function line(row) {
  const cells = columns.map((name) => {
    const value = row[name];
    return element("td", {}, value === null || value === "" ? "" : COLUMNS[name][1](value));
  });
  const label = say("Card of channel {n} of {layer}", { n: row.channel, layer: row.layer });
  const visit = (/** @type {Event} */ event) => {
    event.preventDefault();
    openCard(row.index, row.channel);
    need("#card").scrollIntoView();
  };
  return element("tr", {}, ...cells, element("td", {}, element("a", { href: cardAddress(row.index, row.channel), "aria-label": label, onclick: visit }, say("card"))));
}
