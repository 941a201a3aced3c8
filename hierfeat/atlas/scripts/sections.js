// The overview's columns and the layers' sections: grids of maps, charts, patches, scores.
import { unfold } from "./blocks.js";
import { activeChart, histogramChart, poolingChart, shiftChart } from "./charts.js";
import { layerLimit, layers, output, payload, samples } from "./data.js";
import { all, element, find, need, setText } from "./dom.js";
import { fillGrid, paintGrid, paintGrids } from "./grids.js";
import { legend, number, paintImage, paintKernels } from "./maps.js";
import { sharesOf } from "./scores.js";
import { state } from "./store.js";
import { forgetUnits, indexOf, showUnit, showValue } from "./units.js";
import { visible, watch } from "./visible.js";
import { say } from "./said.js";

/** What the bench made of the sample; null where the sample is shown as it is. @type {Float32Array | null} */
let changed = null;

/** @param {Float32Array | null} image (channels × height × width) */
export function setPicture(image) {
  changed = image;
  if (pictured !== state.sample) paintScenes();
  else scenes(document).forEach(paintScene);
}

/** Where the sample is shown: other pictures have a canvas of their own. @param {ParentNode} root */
const scenes = (root) => all(".scene", root).filter((scene) => find("img", scene));

/** The sample whose picture the scenes have. */
let pictured = 0;

/** @param {ParentNode} [root] */
export function paintScenes(root = document) {
  if (root === document) pictured = state.sample;
  for (const scene of scenes(root)) {
    /** @type {HTMLImageElement} */ (need("img", scene)).src = samples[state.sample].image;
    watch(scene, () => paintScene(scene));
    paintScene(scene);
  }
}

/** The image as the network has it lies over the sample's picture. @param {HTMLElement} scene */
function paintScene(scene) {
  let over = /** @type {HTMLCanvasElement | null} */ (find("canvas", scene));
  if (over && over.hidden === Boolean(changed)) over.hidden = !changed;
  if (!changed || !visible(scene)) return;
  if (!over) need("img", scene).after((over = element("canvas", { role: "img", "aria-label": say("the image as it was changed") })));
  paintImage(over, changed, payload.model.input_shape);
}

/** @param {number} i */
const className = (i) => (payload.model.classes ? payload.model.classes[i] : String(say("output {n}", { n: i })));

export function showScores() {
  const panel = find(".scores");
  const found = panel && sharesOf(output(), payload.model.scores);
  if (!panel || !found) return;
  let order = [...found.keys()];
  if (order.length > 12) order = order.sort((a, b) => found[b].value - found[a].value).slice(0, 8);
  const best = found.reduce((at, share, i) => (share.value > found[at].value ? i : at), 0);
  while (panel.children.length < order.length) panel.append(element("li", {}, element("span"), element("i"), element("span")));
  order.forEach((i, place) => {
    const line = panel.children[place];
    const [name, bar, amount] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ (/** @type {unknown} */ (line.children));
    line.classList.toggle("first", i === best);
    if (name.textContent !== className(i)) name.textContent = name.title = className(i);
    bar.style.setProperty("--share", String(found[i].length));
    if (amount.textContent !== found[i].text) amount.textContent = found[i].text;
  });
  for (const target of all(".says")) setText(target, verdict(best));
}

/** What is said of the prediction: nothing of the truth where that is not known. @param {number} best */
function verdict(best) {
  const { label, name } = samples[state.sample];
  const named = element("b", {}, className(best));
  if (changed || label === null) return say("says {class}", { class: named });
  if (payload.model.named) return say("says {class}; the sample is from {name}", { class: named, name });
  return label === best ? say("says {class}, rightly", { class: named }) : say("says {class}; it is {truth}", { class: named, truth: className(label) });
}

/** Paint anew what the reader can see. */
export function repaint() {
  paintGrids();
  const open = all("details[data-layer][open]").filter(visible).map(indexOf);
  for (const index of open) if (layers[index].maps) showValue(index);
  if (state.unit && !open.includes(state.unit.layer)) showValue(state.unit.layer);
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
  unfold(section);
  if (!section.dataset.drawn) {
    section.dataset.drawn = "yes";
    watch(section, () => layer.maps && /** @type {HTMLDetailsElement} */ (section).open && showValue(index));
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
 * The patches lie in one picture, a row for each channel; each row is drawn on a canvas of its own, with gaps.
 * @param {HTMLElement} target @param {any} patches
 */
function showPatches(target, patches) {
  target.replaceChildren(...patches.channels.map((/** @type {number} */ channel, /** @type {number} */ i) => element("div", {}, element("b", {}, channel), patchStrip(patches, i))));
}

/** Pictures that hold several, by their data. @type {Map<string, Promise<HTMLImageElement>>} */
const pictures = new Map();

/** @param {string} data @returns {Promise<HTMLImageElement>} */
export function pictureOf(data) {
  let found = pictures.get(data);
  if (!found) {
    const image = new Image();
    image.src = data;
    pictures.set(data, (found = image.decode().then(() => image)));
  }
  return found;
}

/** The strongest patches of one channel, side by side. @param {any} patches @param {number} row @returns {HTMLElement} */
export function patchStrip({ image, columns, values, channels, status }, row) {
  if (status[row] !== "ok") return element("em", {}, status[row] === "dead" ? say("never active") : say("always the same"));
  const canvas = element("canvas", { role: "img", "aria-label": say("strongest patches of channel {n}", { n: channels[row] }), title: say("activations {list}", { list: values[row].map(number).join(", ") }) });
  pictureOf(image).then((sheet) => {
    const tile = sheet.width / columns;
    const side = tile * Math.max(1, Math.round(PATCH / tile));
    canvas.width = columns * (side + GAP) - GAP;
    canvas.height = side;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.imageSmoothingEnabled = tile > 2;
    values[row].forEach((/** @type {number} */ _, /** @type {number} */ col) => context.drawImage(sheet, col * tile, row * tile, tile, tile, col * (side + GAP), 0, side, side));
  });
  return canvas;
}

/** Pixels of a patch on its canvas, about, and between two. */
const [PATCH, GAP] = [64, 5];
