// The overview's columns and the layers' sections: grids of maps, charts, patches, scores.
import { activeChart, histogramChart, poolingChart, shiftChart } from "./charts.js";
import { layerLimit, layers, output, payload, samples, view } from "./data.js";
import { all, element, find, need, words } from "./dom.js";
import { legend, number, paintKernels, paintTile } from "./maps.js";
import { state } from "./store.js";
import { forgetUnits, indexOf, showUnit } from "./units.js";

/** Every tile of feature maps, in the overview and in the open sections. @param {HTMLElement} grid */
export function fillGrid(grid) {
  const shape = view(layers[indexOf(grid)]);
  const shown = Math.min(shape.tiles, Number(grid.dataset.most || shape.tiles));
  const captions = grid.dataset.captions && !shape.vector;
  grid.replaceChildren(
    ...Array.from({ length: shown }, (_, tile) => {
      const area = element("span", { class: "area" }, element("canvas"), element("i"), element("u", { hidden: true }));
      return element("span", { class: "map", "data-tile": tile }, area, captions && element("b", {}, tile));
    }),
  );
  grid.classList.toggle("vector", shape.vector);
  if (shape.vector) grid.style.setProperty("--across", String(shape.width));
  grid.classList.add("filled");
}

/** @param {HTMLElement} grid */
export function paintGrid(grid) {
  const layer = layers[indexOf(grid)];
  for (const map of all(".map", grid)) paintTile(/** @type {HTMLCanvasElement} */ (need("canvas", map)), layer, Number(map.dataset.tile));
}

/** The picture that all scenes show: the sample's, or the input that the bench made. @type {string | null} */
let picture = null;

/** @param {string | null} source */
export function setPicture(source) {
  picture = source;
  paintScenes();
}

/** @param {ParentNode} [root] */
export function paintScenes(root = document) {
  for (const image of all(".scene img", root)) /** @type {HTMLImageElement} */ (image).src = picture ?? samples[state.sample].image;
}

/** The output as shares of one where it is known to be logits, as it is where not. */
function shares() {
  const found = output();
  if (!found || !payload.model.scores) return null;
  const numbers = Array.from(found);
  if (payload.model.scores === "raw") {
    const most = Math.max(...numbers.map(Math.abs)) || 1;
    return numbers.map((value) => ({ length: Math.max(0, value) / most, text: number(value), value }));
  }
  const most = Math.max(...numbers);
  const powers = payload.model.scores === "logits" ? numbers.map((value) => Math.exp(value - most)) : numbers;
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => ({ length: power / total, text: `${((100 * power) / total).toFixed(0)} %`, value: power }));
}

/** @param {number} i */
const className = (i) => (payload.model.classes ? payload.model.classes[i] : `output ${i}`);

export function showScores() {
  const panel = find(".scores");
  const found = panel && shares();
  if (!panel || !found) return;
  let order = [...found.keys()];
  if (order.length > 12) order = order.sort((a, b) => found[b].value - found[a].value).slice(0, 8);
  const best = found.reduce((at, share, i) => (share.value > found[at].value ? i : at), 0);
  panel.replaceChildren(
    ...order.map((i) => {
      const bar = element("i", { style: { "--share": found[i].length } });
      return element("li", { class: i === best ? "first" : null }, element("span", { title: className(i) }, className(i)), bar, element("span", {}, found[i].text));
    }),
  );
  need(".says").replaceChildren(words("says ", element("b", {}, className(best)), verdict(best)));
}

/** What is to be said of the prediction: nothing where the truth is not known. @param {number} best */
function verdict(best) {
  const { label, name } = samples[state.sample];
  if (picture || label === null) return "";
  if (payload.model.named) return `; the sample is from ${name}`;
  return label === best ? ", rightly" : `; it is ${className(label)}`;
}

/** Paint anew what the reader can see. */
export function repaint() {
  all(".maps.filled").forEach(paintGrid);
  const open = all("details[data-layer][open]").map(indexOf);
  for (const index of open) if (layers[index].maps) showUnit(index);
  if (state.unit && !open.includes(state.unit.layer)) showUnit(state.unit.layer);
}

/** Show another input: maps, marks and scores. @param {boolean} fresh whether it is another image, not a changed one */
export function showInput(fresh) {
  if (fresh) forgetUnits();
  repaint();
  paintScenes();
  showScores();
}

/** @type {Record<string, (layer: any) => Node>} */
const DRAW = {
  histogram: (layer) => histogramChart(layer.distribution),
  active: (layer) => activeChart(layer.channels),
  shift: (layer) => shiftChart(layer),
  pooling: (layer) => poolingChart(layer.pooling),
};

/** Sections are drawn when they are first opened. @param {HTMLElement} section */
export function openSection(section) {
  const index = indexOf(section);
  const layer = layers[index];
  if (!section.dataset.drawn) {
    section.dataset.drawn = "yes";
    all(".maps", section).forEach(fillGrid);
    for (const target of all("[data-draw]", section)) target.replaceChildren(DRAW[/** @type {string} */ (target.dataset.draw)](layer));
    for (const target of all(".kernels", section)) paintKernels(target, layer.kernels);
    for (const target of all(".patches", section)) showPatches(target, layer.patches);
    for (const target of all("[data-legend]", section))
      target.replaceChildren(target.dataset.legend === "kernels" ? legend(layer.kernels.limit, true) : legend(layerLimit(layer), layer.maps.signed));
  }
  all(".maps", section).forEach(paintGrid);
  paintScenes(section);
  if (layer.maps) showUnit(index);
}

/**
 * The patches lie in one picture, a row for each channel; every tile is cut out of it into its own canvas.
 * @param {HTMLElement} target @param {any} patches
 */
function showPatches(target, { image, columns, values, channels, status }) {
  /** @param {number} i @returns {Node[]} */
  const strip = (i) => {
    if (status[i] !== "ok") return [element("em", {}, status[i] === "dead" ? "never active" : "always the same")];
    return values[i].map((/** @type {number} */ value) => element("canvas", { title: `activation ${number(value)}` }));
  };
  target.replaceChildren(
    ...channels.map((/** @type {number} */ channel, /** @type {number} */ i) => {
      const row = element("span", { role: "img", "aria-label": `strongest patches of channel ${channel}` }, ...strip(i));
      return element("div", {}, element("b", {}, channel), row);
    }),
  );
  const sheet = new Image();
  sheet.onload = () => {
    const tile = sheet.width / columns;
    all("div", target).forEach((line, row) =>
      all("canvas", line).forEach((one, col) => {
        const canvas = /** @type {HTMLCanvasElement} */ (one);
        canvas.width = canvas.height = tile;
        canvas.getContext("2d")?.drawImage(sheet, col * tile, row * tile, tile, tile, 0, 0, tile, tile);
      }),
    );
  };
  sheet.src = image;
}
