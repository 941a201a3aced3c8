// What the reader does: choose a sample, point at a unit, open a layer. All the state of the page is here.
const state = { sample: 0, range: "layer", units: new Map(), active: null };
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const indexOf = (element) => Number(element.closest("[data-layer]").dataset.layer);

function unitOf(index) {
  if (!state.units.has(index)) state.units.set(index, strongestUnit(layers[index], state.sample));
  return state.units.get(index);
}

// Every tile of feature maps, in the overview and in the open sections.
function fillGrid(grid) {
  const layer = layers[indexOf(grid)];
  const shape = view(layer);
  const shown = Math.min(shape.tiles, Number(grid.dataset.most || shape.tiles));
  grid.innerHTML = Array.from({ length: shown }, (_, tile) => `<span class="map" data-tile="${tile}"><canvas></canvas><i></i><u hidden></u>${grid.dataset.captions && !shape.vector ? `<b>${tile}</b>` : ""}</span>`).join("");
  grid.classList.toggle("vector", shape.vector);
  if (shape.vector) grid.style.setProperty("--across", shape.width);
  grid.classList.add("filled");
}

function paintGrid(grid) {
  const layer = layers[indexOf(grid)];
  $$(".map", grid).forEach((map) => paintTile($("canvas", map), layer, state.sample, Number(map.dataset.tile), state.range));
}

function paintScenes(root = document) {
  const { image } = samples[state.sample];
  $$(".scene img", root).forEach((element) => (element.src = image));
}

function place(mark, top, left, bottom, right, height, width) {
  const percent = (value, whole) => `${(100 * value) / whole}%`;
  Object.assign(mark.style, { top: percent(top, height), left: percent(left, width), height: percent(bottom - top, height), width: percent(right - left, width) });
  mark.hidden = false;
}

function markUnit(index) {
  const unit = unitOf(index);
  const { height, width } = view(layers[index]);
  $$(`.maps.filled`).filter((grid) => indexOf(grid) === index).forEach((grid) =>
    $$(".map", grid).forEach((map) => {
      const chosen = Number(map.dataset.tile) === unit.tile && (!grid.closest(".overview") || state.active === index);
      map.classList.toggle("chosen", chosen);
      if (chosen) place($("i", map), unit.row, unit.col, unit.row + 1, unit.col + 1, height, width);
    }));
}

// In the overview, the cells that the chosen unit reads of the layer before it.
function markInput(index) {
  $$(".overview .map u").forEach((mark) => (mark.hidden = true));
  const input = inputWindow(layers[index], unitOf(index));
  const grid = input && $(`.overview [data-layer="${layers[index].source}"] .maps`);
  if (!grid) return;
  const { height, width } = view(layers[layers[index].source]);
  $$(".map", grid).forEach((map) => input.tiles.includes(Number(map.dataset.tile)) && place($("u", map), ...input.area, height, width));
}

function markField(scene, index) {
  const mark = $(".box", scene);
  const field = index === null ? null : box(layers[index], unitOf(index));
  const [, height, width] = payload.model.input_shape;
  if (field) place(mark, ...field, height, width);
  else mark.hidden = true;
}

const span = (from, to) => (to - from > 1 ? `${from}–${to - 1}` : `${from}`);

function describe(index) {
  const layer = layers[index];
  const unit = unitOf(index);
  const { vector } = view(layer);
  const step = layer.maps.step;
  const where = vector ? `unit ${channelOf(layer, unit)}` : `channel ${unit.tile}, row ${unit.row * step}, column ${unit.col * step}`;
  const field = box(layer, unit);
  let sees = "";
  if (field) {
    const [top, left, bottom, right] = field;
    const [, height, width] = payload.model.input_shape;
    const whole = bottom - top >= height && right - left >= width;
    sees = whole ? "; it sees the whole image" : `; it sees rows ${span(top, bottom)}, columns ${span(left, right)} (${bottom - top} × ${right - left} px)${layer.field.status === "bound" ? " at most" : ""}`;
    if (layer.field.status === "global" && !whole) sees += " directly, and the whole image through a global pool or gate";
  }
  return `<b>${escapeText(layer.name)}</b> ${where}: activation <b>${number(activation(layer, state.sample, unit))}</b>${sees}.`;
}

// One unit is chosen: its cursor, its field on the image, the words under both, and a pool's window.
function showUnit(index) {
  markUnit(index);
  const section = $(`details[data-layer="${index}"]`);
  if (section && section.open) {
    $$(".scene", section).forEach((scene) => markField(scene, index));
    $$(".readout", section).forEach((element) => (element.innerHTML = describe(index)));
    const loupe = $(".window", section);
    if (loupe) showWindow(loupe, index);
  }
  if (state.active === index) {
    markField($(".overview .scene"), index);
    markInput(index);
    $(".overview .readout").innerHTML = describe(index) + (layers[index].window ? ` ${contest(index).verdict}` : "");
  }
}

function select(index, unit) {
  const layer = layers[index];
  if (!exists(layer, unit)) return;
  const before = state.active;
  state.units.set(index, unit);
  state.active = index;
  if (before !== null && before !== index) markUnit(before);
  showUnit(index);
}

// The cells under a pooling unit, which of them wins, and that in words.
function contest(index) {
  const [layer, unit] = [layers[index], unitOf(index)];
  const source = layers[layer.source];
  const cells = poolWindow(layer, unit);
  const values = cells.map((cell) => activation(source, state.sample, cell));
  const most = Math.max(...values);
  const first = layer.op.includes("max") ? cells.filter((_, i) => values[i] === most) : [];
  const winner = first.length === 1 ? first[0] : null;
  const name = `<b>${escapeText(source.name)}</b>, channel ${unit.tile}`;
  const verdict = winner
    ? `Of ${cells.length} cells of ${name}, the one at row ${winner.row}, column ${winner.col} wins; the others are forgotten.`
    : first.length
      ? `${first.length} of ${cells.length} cells of ${name} tie at ${number(most)} (as far as 256 levels tell).`
      : `${cells.length} cells of ${name} are pooled into one.`;
  return { source, unit, cells, values, winner, verdict };
}

// The contest drawn in the source map and as numbers.
function showWindow(loupe, index) {
  const { source, unit, cells, values, winner, verdict } = contest(index);
  const { height, width } = view(source);
  const canvas = $("canvas", loupe);
  paintTile(canvas, source, state.sample, unit.tile, state.range);
  const [first, last] = [cells[0], cells.at(-1)];
  place($(".frame", loupe), first.row, first.col, last.row + 1, last.col + 1, height, width);
  const table = $(".cells", loupe);
  table.style.setProperty("--across", new Set(cells.map((cell) => cell.col)).size);
  table.innerHTML = values.map((value, i) => `<span class="${cells[i] === winner ? "winner" : ""}">${number(value)}</span>`).join("");
  const dot = $(".dot", loupe);
  if (winner) place(dot, winner.row, winner.col, winner.row + 1, winner.col + 1, height, width);
  else dot.hidden = true;
  $(".verdict", loupe).innerHTML = verdict;
}

function showScores() {
  const panel = $(".scores");
  if (!panel) return;
  const { scores, label, prediction } = samples[state.sample];
  const names = payload.model.classes || scores.map((_, i) => String(i));
  let order = [...scores.keys()];
  if (order.length > 12) order = order.sort((a, b) => scores[b] - scores[a]).slice(0, 8);
  panel.innerHTML = order.map((i) => `<li class="${i === prediction ? "first" : ""}"><span>${escapeText(names[i])}</span><i style="--share:${scores[i]}"></i><span>${(scores[i] * 100).toFixed(0)} %</span></li>`).join("");
  const truth = label === null ? "" : label === prediction ? ", rightly" : `; it is ${escapeText(names[label])}`;
  $(".says").innerHTML = `says <b>${escapeText(names[prediction])}</b>${truth}`;
}

function showSample(sample) {
  state.sample = sample;
  state.units.clear();
  repaint();
  paintScenes();
  showScores();
}

function repaint() {
  $$(".maps.filled").forEach(paintGrid);
  $$("details[open]").map(indexOf).filter((index) => layers[index].maps).forEach(showUnit);
  if (state.active !== null) showUnit(state.active);
}

// Sections are drawn when they are first opened.
function openSection(section) {
  const index = indexOf(section);
  const layer = layers[index];
  if (!section.dataset.drawn) {
    section.dataset.drawn = "yes";
    $$(".maps", section).forEach(fillGrid);
    const draw = { histogram: () => histogramChart(layer.distribution), active: () => activeChart(layer.channels), shift: () => shiftChart(layer), pooling: () => poolingChart(layer.pooling) };
    $$("[data-draw]", section).forEach((target) => (target.innerHTML = draw[target.dataset.draw]()));
    $$(".kernels", section).forEach((target) => paintKernels(target, layer.kernels));
    $$(".patches", section).forEach((target) => showPatches(target, layer.patches));
    $$("[data-legend]", section).forEach((target) => (target.innerHTML = target.dataset.legend === "kernels" ? legend(layer.kernels.limit, true) : legend(layerLimit(layer), layer.maps.signed)));
  }
  $$(".maps", section).forEach(paintGrid);
  paintScenes(section);
  if (layer.maps) showUnit(index);
}

// The patches lie in one picture, a row for each channel; every tile is cut out of it into its own canvas.
function showPatches(target, { image, columns, values, channels, status }) {
  const strip = (i) => status[i] === "ok" ? values[i].map((value) => `<canvas title="activation ${number(value)}"></canvas>`).join("") : `<em>${status[i] === "dead" ? "never active" : "always the same"}</em>`;
  target.innerHTML = channels.map((channel, i) => `<div><b>${channel}</b><span role="img" aria-label="strongest patches of channel ${channel}">${strip(i)}</span></div>`).join("");
  const sheet = new Image();
  sheet.onload = () => {
    const tile = sheet.width / columns;
    $$("div", target).forEach((line, row) =>
      $$("canvas", line).forEach((canvas, col) => {
        canvas.width = canvas.height = tile;
        canvas.getContext("2d").drawImage(sheet, col * tile, row * tile, tile, tile, 0, 0, tile, tile);
      }));
  };
  sheet.src = image;
}

function pointed(event) {
  const map = event.target.closest && event.target.closest(".maps .map");
  if (!map) return null;
  const index = indexOf(map);
  const { height, width } = view(layers[index]);
  const area = $("canvas", map).getBoundingClientRect();
  const cell = (value, count) => Math.max(0, Math.min(count - 1, Math.floor(value * count)));
  return { index, unit: { tile: Number(map.dataset.tile), row: cell((event.clientY - area.top) / area.height, height), col: cell((event.clientX - area.left) / area.width, width) } };
}

// Arrow keys move within a map, Page Up and Page Down to the next one.
function moved(key, unit, { tiles, height, width }) {
  const by = { ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], ArrowLeft: [0, 0, -1], ArrowRight: [0, 0, 1], PageUp: [-1, 0, 0], PageDown: [1, 0, 0] }[key];
  if (!by) return null;
  const inside = (value, count) => Math.max(0, Math.min(count - 1, value));
  return { tile: inside(unit.tile + by[0], tiles), row: inside(unit.row + by[1], height), col: inside(unit.col + by[2], width) };
}

function goTo(hash) {
  const section = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (!section) return;
  if (section.tagName === "DETAILS") section.open = true;
  section.scrollIntoView();
}

function listen() {
  const point = (event) => {
    const found = pointed(event);
    if (found) select(found.index, found.unit);
  };
  document.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
  document.addEventListener("click", point);
  document.addEventListener("keydown", (event) => {
    if (!event.target.classList.contains("maps")) return;
    const index = indexOf(event.target);
    const next = moved(event.key, unitOf(index), view(layers[index]));
    if (!next) return;
    event.preventDefault();
    select(index, next);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.classList.contains("maps") && event.target.matches(":focus-visible")) select(indexOf(event.target), unitOf(indexOf(event.target)));
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "sample") showSample(Number(event.target.value));
    if (event.target.name === "range") {
      state.range = event.target.value;
      repaint();
    }
  });
  document.addEventListener("toggle", (event) => event.target.matches("details[data-layer]") && event.target.open && openSection(event.target), true);
  $$('a[href^="#"]').forEach((link) => link.addEventListener("click", () => goTo(link.hash)));
  addEventListener("hashchange", () => goTo(location.hash));
}

$$(".overview .maps").forEach((grid) => {
  fillGrid(grid);
  paintGrid(grid);
});
$$("[data-depth]").forEach((target) => (target.innerHTML = depthChart(target.dataset.depth)));
paintScenes();
showScores();
listen();
$$("details[data-layer][open]").forEach(openSection);
goTo(location.hash);
