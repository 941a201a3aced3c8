"use strict";
(() => {
  // hierfeat/atlas/live/engine/weights.js
  async function unpack(graph2, block) {
    const raw = await inflate(block);
    const total = (bytes) => graph2.tensors.reduce((sum2, [, shape2, each2]) => sum2 + (each2 === bytes ? volume(shape2) : 0), 0);
    const halves = total(2);
    const runs2 = { 2: half(raw.subarray(0, 2 * halves)), 4: full(raw.subarray(2 * halves, 2 * halves + 4 * total(4))) };
    const at = { 2: 0, 4: 0 };
    const found = /* @__PURE__ */ new Map();
    for (const [name, shape2, each2] of graph2.tensors) {
      const kind = each2 === 2 ? 2 : 4;
      found.set(name, runs2[kind].subarray(at[kind], at[kind] += volume(shape2)));
    }
    return found;
  }
  var volume = (shape2) => shape2.reduce((product2, size) => product2 * size, 1);
  async function inflate(block) {
    const stream = new Blob([
      /** @type {any} */
      block
    ]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  function fromBase64(text2) {
    const native = (
      /** @type {any} */
      Uint8Array.fromBase64
    );
    if (native) return native.call(Uint8Array, text2);
    const letters = atob(text2);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    return bytes;
  }
  function half(planes2) {
    const count = planes2.length / 2;
    const known = new Float32Array(65536);
    for (let bits = 0; bits < 65536; bits++) known[bits] = ofHalf(bits);
    const values2 = new Float32Array(count);
    for (let i = 0; i < count; i++) values2[i] = known[planes2[i] << 8 | planes2[count + i]];
    return values2;
  }
  function ofHalf(bits) {
    const sign = bits & 32768 ? -1 : 1;
    const exponent = bits >> 10 & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -14 * (fraction / 1024);
  }
  function full(planes2) {
    const count = planes2.length / 4;
    const bits = new Uint32Array(count);
    for (let i = 0; i < count; i++)
      bits[i] = (planes2[i] << 24 | planes2[count + i] << 16 | planes2[2 * count + i] << 8 | planes2[3 * count + i]) >>> 0;
    return new Float32Array(bits.buffer);
  }

  // hierfeat/atlas/scripts/dom.js
  function fill(made, properties, children) {
    for (const [name, value] of Object.entries(properties)) {
      if (value === null || value === void 0 || value === false) continue;
      if (name === "class") made.setAttribute("class", value);
      else if (name === "style") for (const [key, one] of Object.entries(value)) made.style.setProperty(key, String(one));
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value === true ? "" : String(value));
    }
    made.append(...children.filter((child) => child !== null && child !== void 0 && child !== false).map((child) => child instanceof Node ? child : String(child)));
  }
  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    fill(made, properties, children);
    return made;
  }
  function svg(tag, properties = {}, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    fill(made, properties, children);
    return made;
  }
  function words(...children) {
    const made = document.createDocumentFragment();
    made.append(...children.filter((child) => child !== null && child !== void 0 && child !== false).map((child) => child instanceof Node ? child : String(child)));
    return made;
  }
  var find = (selector, root = document) => root.querySelector(selector);
  var all = (selector, root = document) => [...root.querySelectorAll(selector)].map((one) => (
    /** @type {HTMLElement} */
    one
  ));
  function need(selector, root = document) {
    const found = find(selector, root);
    if (!found) throw new Error(`the page lacks ${selector}`);
    return found;
  }

  // hierfeat/atlas/scripts/store.js
  var state = { sample: 0, range: "layer", unit: null, bench: {} };
  var listeners = [];
  function subscribe(listener) {
    listeners.push(listener);
  }
  function set(next) {
    Object.assign(state, next);
    const changed2 = new Set(Object.keys(next));
    for (const listener of listeners) listener(changed2);
    remember();
  }
  var waiting = 0;
  function remember() {
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", `#${address()}`), 300);
  }
  function address() {
    const parts2 = [`sample=${state.sample}`];
    if (state.range !== "layer") parts2.push(`range=${state.range}`);
    if (state.unit) parts2.push(`unit=${[state.unit.layer, state.unit.tile, state.unit.row, state.unit.col].join(",")}`);
    for (const [name, value] of Object.entries(state.bench)) if (value) parts2.push(`${name}=${+value.toFixed(3)}`);
    return parts2.join("&");
  }
  function read(hash, settings2) {
    if (!hash.includes("=")) return null;
    const given = new URLSearchParams(hash.replace(/^#/, ""));
    const next = { bench: {} };
    const number2 = (name) => Number(given.get(name));
    if (given.has("sample") && Number.isInteger(number2("sample"))) next.sample = number2("sample");
    if (given.get("range") === "map") next.range = "map";
    const unit = (given.get("unit") ?? "").split(",").map(Number);
    if (unit.length === 4 && unit.every((one) => Number.isInteger(one) && one >= 0))
      next.unit = { layer: unit[0], tile: unit[1], row: unit[2], col: unit[3] };
    for (const name of settings2) if (given.has(name) && Number.isFinite(number2(name))) next.bench[name] = number2(name);
    return next;
  }

  // hierfeat/atlas/scripts/data.js
  var payload = JSON.parse(need("#payload").textContent ?? "");
  var layers = payload.layers;
  var samples = payload.samples;
  var frame = null;
  function showFrame(next) {
    frame = next;
  }
  var output = () => frame ? frame.output : samples[state.sample].output;
  var decoded = /* @__PURE__ */ new Map();
  function values(layer) {
    if (frame) return frame.layers[layer.index];
    const key = `${layer.index} ${state.sample}`;
    let found = decoded.get(key);
    if (!found) decoded.set(key, found = unquantised(layer.maps, state.sample));
    return found;
  }
  function unquantised(maps, sample) {
    const levels = fromBase64(maps.data[sample]);
    const found = new Float32Array(levels.length);
    const each2 = maps.shape[1] * maps.shape[2];
    const single = each2 === 1;
    for (let i = 0; i < levels.length; i++) {
      const limit = maps.limits[sample][single ? 0 : Math.floor(i / each2)];
      found[i] = maps.signed ? levels[i] ? (levels[i] - 128) / 127 * limit : NaN : levels[i] / 255 * limit;
    }
    return found;
  }
  function weightsOf(kernels) {
    const levels = fromBase64(kernels.data);
    return Float32Array.from(levels, (level) => level ? (level - 128) / 127 * kernels.limit : NaN);
  }
  function view(layer) {
    const [channels2, height3, width3] = layer.maps.shape;
    if (height3 * width3 > 1) return { vector: false, tiles: channels2, height: height3, width: width3 };
    const about = channels2 <= 16 ? 1 : Math.ceil(Math.sqrt(channels2 / 3));
    const across = [0, 1, 2, 3].map((more) => about + more).find((wide) => channels2 % wide === 0) || about;
    return { vector: true, tiles: 1, height: Math.ceil(channels2 / across), width: across };
  }
  function flatIndex(layer, unit) {
    const { vector, height: height3, width: width3 } = view(layer);
    return vector ? unit.row * width3 + unit.col : (unit.tile * height3 + unit.row) * width3 + unit.col;
  }
  function unitAt(layer, index) {
    const { vector, height: height3, width: width3 } = view(layer);
    const each2 = vector ? Infinity : height3 * width3;
    const inside2 = vector ? index : index % each2;
    return { tile: vector ? 0 : Math.floor(index / each2), row: Math.floor(inside2 / width3), col: inside2 % width3 };
  }
  function exists(layer, unit) {
    const { height: height3, width: width3, tiles } = view(layer);
    const [channels2, rows, columns] = layer.maps.shape;
    const inside2 = unit.row < height3 && unit.col < width3 && unit.tile < tiles;
    return inside2 && flatIndex(layer, unit) < channels2 * rows * columns;
  }
  function layerLimit(layer) {
    return layer.maps.limit ??= Math.max(...layer.maps.limits.flat());
  }
  var activation = (layer, unit) => values(layer)[flatIndex(layer, unit)];
  var channelOf = (layer, unit) => view(layer).vector ? flatIndex(layer, unit) : unit.tile;
  function box(layer, unit) {
    if (!layer.field) return null;
    const { rows, cols } = layer.field;
    const [row, col] = view(layer).vector ? [0, 0] : [unit.row, unit.col];
    return [rows[row][0], cols[col][0], rows[row][1], cols[col][1]];
  }
  function strongestUnit(layer) {
    const found = values(layer);
    let best2 = 0;
    for (let i = 1; i < found.length; i++) if (found[i] > found[best2] || found[best2] !== found[best2]) best2 = i;
    return unitAt(layer, best2);
  }
  function inputWindow(layer, unit) {
    const source = layer.source === null ? null : layers[layer.source];
    if (!source || !source.maps || source.maps.step > 1 || layer.maps.step > 1 || view(layer).vector || view(source).vector) return null;
    const same = String(source.out_shape) === String(layer.out_shape);
    if (layer.kind === "activation" && same) return { tiles: [unit.tile], area: [unit.row, unit.col, unit.row + 1, unit.col + 1] };
    if (!layer.kernel || String(source.out_shape) !== String(layer.in_shape) || layer.op.includes("transpose")) return null;
    const tiles = layer.kind === "pool" || layer.groups === layer.in_shape[0] ? [unit.tile] : layer.groups === 1 ? [...Array(view(source).tiles).keys()] : null;
    const [rows, cols] = [unit.row, unit.col].map((at, axis) => {
      const start2 = at * layer.stride[axis] - layer.padding[axis];
      const stop = start2 + layer.dilation[axis] * (layer.kernel[axis] - 1) + 1;
      return [Math.max(0, start2), Math.min(source.out_shape[1 + axis], stop)];
    });
    return tiles && { tiles, area: [rows[0], cols[0], rows[1], cols[1]] };
  }
  function poolWindow(layer, unit) {
    const [, height3, width3] = layers[layer.source].maps.shape;
    const [kernel, stride, padding2, dilation] = [layer.kernel, layer.stride, layer.padding || [0, 0], layer.dilation || [1, 1]];
    const cells = [];
    for (let i = 0; i < kernel[0]; i++)
      for (let j = 0; j < kernel[1]; j++) {
        const row = unit.row * stride[0] - padding2[0] + i * dilation[0];
        const col = unit.col * stride[1] - padding2[1] + j * dilation[1];
        if (row >= 0 && col >= 0 && row < height3 && col < width3) cells.push({ tile: unit.tile, row, col });
      }
    return cells;
  }

  // hierfeat/atlas/scripts/maps.js
  var MAGMA = ["#000004", "#1c1044", "#4f127b", "#812581", "#b5367a", "#e55063", "#fb8761", "#fec287", "#fcfdbf"];
  var RDBU = ["#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7", "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"];
  var NOT_A_NUMBER = pixel(0, 255, 127);
  function pixel(r, g, b) {
    return (4278190080 | Math.round(b) << 16 | Math.round(g) << 8 | Math.round(r)) >>> 0;
  }
  function ramp(anchors) {
    const stops = anchors.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
    return Uint32Array.from({ length: 256 }, (_, i) => {
      const place2 = i / 255 * (stops.length - 1);
      const low = Math.min(Math.floor(place2), stops.length - 2);
      const [r, g, b] = stops[low].map((value, k) => value + (stops[low + 1][k] - value) * (place2 - low));
      return pixel(r, g, b);
    });
  }
  var SEQUENTIAL = ramp(MAGMA);
  var DIVERGING = ramp(RDBU);
  function colours(limit, signed) {
    if (signed) return { table: DIVERGING, scale: limit > 0 ? 127.5 / limit : 0, middle: 128 };
    return { table: SEQUENTIAL, scale: limit > 0 ? 255 / limit : 0, middle: 0.5 };
  }
  var sheets = /* @__PURE__ */ new WeakMap();
  function sheet(canvas, height3, width3) {
    let found = sheets.get(canvas);
    if (!found || canvas.height !== height3 || canvas.width !== width3) {
      canvas.width = width3;
      canvas.height = height3;
      const image2 = new ImageData(width3, height3);
      const context2 = (
        /** @type {CanvasRenderingContext2D} */
        canvas.getContext("2d")
      );
      sheets.set(canvas, found = { image: image2, pixels: new Uint32Array(image2.data.buffer), context: context2 });
    }
    const { image, pixels, context } = found;
    return { pixels, show: () => context.putImageData(image, 0, 0) };
  }
  function paintNumbers(canvas, numbers, start2, height3, width3, limit, signed, count = height3 * width3) {
    const { pixels, show } = sheet(canvas, height3, width3);
    const { table, scale, middle } = colours(limit, signed);
    for (let i = 0; i < pixels.length; i++) {
      const value = numbers[start2 + i];
      const level = Math.floor(value * scale + middle);
      pixels[i] = i >= count ? 0 : value !== value ? NOT_A_NUMBER : table[level < 0 ? 0 : level > 255 ? 255 : level];
    }
    show();
  }
  function paintImage(canvas, image, [channels2, height3, width3]) {
    const { pixels, show } = sheet(canvas, height3, width3);
    const each2 = height3 * width3;
    const [green, blue] = channels2 === 3 ? [each2, 2 * each2] : [0, 0];
    for (let i = 0; i < each2; i++) pixels[i] = pixel(255 * image[i], 255 * image[green + i], 255 * image[blue + i]);
    show();
  }
  function paintTile(canvas, layer, tile) {
    const { height: height3, width: width3, vector } = view(layer);
    const { signed, shape: shape2 } = layer.maps;
    const found = values(layer);
    const each2 = height3 * width3;
    const start2 = vector ? 0 : tile * each2;
    let limit = layerLimit(layer);
    if (state.range === "map" && !vector) {
      limit = 0;
      for (let i = start2; i < start2 + each2; i++) limit = Math.max(limit, Math.abs(found[i]) || 0);
    }
    paintNumbers(canvas, found, start2, height3, width3, limit, signed, vector ? shape2[0] : each2);
  }
  function legend(limit, signed) {
    const stops = (signed ? RDBU : MAGMA).join(",");
    const bar = element("i", { style: { background: `linear-gradient(90deg,${stops})` } });
    return element("span", { class: "legend" }, element("span", {}, signed ? `−${number(limit)}` : "0"), bar, element("span", {}, number(limit)));
  }
  function number(value) {
    if (value === null || Number.isNaN(value)) return "not a number";
    if (value === 0) return "0";
    const size = Math.abs(value);
    const text2 = size >= 1e5 || size < 1e-3 ? value.toExponential(1) : size >= 100 ? value.toFixed(0) : value.toPrecision(3);
    return text2.replace("-", "−");
  }
  function paintKernels(target, kernels) {
    const [outputs, inputs, height3, width3] = kernels.shape;
    const weights3 = weightsOf(kernels);
    if (height3 * width3 === 1) {
      const canvas = addCanvas(target, `matrix of ${outputs} × ${inputs} weights`, 9 * inputs, "");
      paintNumbers(canvas, weights3, 0, outputs, inputs, kernels.limit, true);
      return;
    }
    const inColour = inputs === 3 && kernels.colour;
    const slices = inColour ? 1 : inputs;
    const cell = slices > 1 ? Math.max(3, Math.round(24 / height3)) : Math.max(4, Math.round(60 / height3));
    const across = slices * (width3 + 1) - 1;
    for (let o = 0; o < outputs; o++) {
      const canvas = addCanvas(target, `kernel ${o}`, cell * across, String(o));
      const own = weights3.subarray(o * inputs * height3 * width3, (o + 1) * inputs * height3 * width3);
      if (inColour) paintColours(canvas, own, height3, width3, kernels.limit);
      else paintSlices(canvas, own, slices, height3, width3, kernels.limit);
    }
  }
  function paintColours(canvas, own, height3, width3, limit) {
    const { pixels, show } = sheet(canvas, height3, width3);
    const level = (value) => Math.max(0, Math.min(255, 127.5 * (1 + value / (limit || 1))));
    const each2 = height3 * width3;
    for (let i = 0; i < each2; i++) pixels[i] = pixel(level(own[i]), level(own[each2 + i]), level(own[2 * each2 + i]));
    show();
  }
  function paintSlices(canvas, own, slices, height3, width3, limit) {
    const across = slices * (width3 + 1) - 1;
    const { pixels, show } = sheet(canvas, height3, across);
    const scale = limit > 0 ? 127.5 / limit : 0;
    for (let s = 0; s < slices; s++)
      for (let row = 0; row < height3; row++)
        for (let col = 0; col < width3; col++) {
          const value = own[(s * height3 + row) * width3 + col];
          const level = Math.max(0, Math.min(255, Math.floor(value * scale + 128)));
          pixels[row * across + s * (width3 + 1) + col] = value !== value ? NOT_A_NUMBER : DIVERGING[level];
        }
    show();
  }
  function addCanvas(target, label2, width3, caption) {
    const canvas = element("canvas", { role: "img", "aria-label": label2, style: { width: `${width3}px` } });
    target.append(element("figure", {}, canvas, caption !== "" && element("figcaption", {}, caption)));
    return canvas;
  }

  // hierfeat/atlas/scripts/charts.js
  var SIZE = { width: 340, height: 196, left: 46, right: 12, top: 10, bottom: 38 };
  function ticks(low, high, count = 4) {
    const rough = (high - low) / count || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step2 = power * /** @type {number} */
    [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
    const found = [];
    for (let at = Math.ceil(low / step2 - 1e-9) * step2; at <= high + step2 * 1e-6; at += step2) found.push(Math.abs(at) < step2 * 1e-6 ? 0 : at);
    return found;
  }
  function short(value) {
    if (value === 0) return "0";
    return (Math.abs(value) >= 1e4 ? value.toExponential(0) : String(+value.toPrecision(6))).replace("-", "−");
  }
  var label = (x, y, text2, more = {}) => svg("text", { x, y, "text-anchor": "middle", ...more }, text2);
  function frame2({ x, y, xName, yName, xTicks = ticks(x[0], x[1]), yTicks = ticks(y[0], y[1]), xText = short }) {
    const { width: width3, height: height3, left, right, top, bottom } = SIZE;
    const X = (value) => left + (value - x[0]) / (x[1] - x[0] || 1) * (width3 - left - right);
    const Y = (value) => height3 - bottom - (value - y[0]) / (y[1] - y[0] || 1) * (height3 - top - bottom);
    const parts2 = yTicks.flatMap((t) => [
      svg("line", { class: "grid", x1: left, x2: width3 - right, y1: Y(t), y2: Y(t) }),
      label(left - 6, Y(t) + 4, short(t), { "text-anchor": "end" })
    ]);
    parts2.push(...xTicks.map((t) => label(X(t), height3 - bottom + 15, xText(t))));
    parts2.push(label((left + width3 - right) / 2, height3 - 5, xName, { class: "name" }));
    parts2.push(label(0, 0, yName, { class: "name", transform: `translate(11 ${(top + height3 - bottom) / 2}) rotate(-90)` }));
    return { X, Y, parts: parts2 };
  }
  function drawing(parts2, says2, height3 = SIZE.height) {
    return svg("svg", { viewBox: `0 0 ${SIZE.width} ${height3}`, role: "img", "aria-label": says2 }, ...parts2);
  }
  function histogramChart({ edges, shares: shares2 }) {
    const most = Math.max(...shares2) * 100 || 1;
    const { X, Y, parts: parts2 } = frame2({ x: [edges[0], edges[edges.length - 1]], y: [0, most * 1.05], xName: "activation", yName: "values (%)" });
    shares2.forEach((share, i) => {
      const [left, right] = [X(edges[i]), X(edges[i + 1])];
      parts2.push(svg("rect", { class: "fill", x: left, width: Math.max(right - left - 0.6, 0.4), y: Y(share * 100), height: Y(0) - Y(share * 100) }));
    });
    return drawing(parts2, "Histogram of the activations");
  }
  function activeChart({ active, channel }) {
    const count = active.length;
    const step2 = Math.max(1, Math.ceil(count / 16));
    const xTicks = [...active.keys()].filter((i) => i % step2 === 0);
    const axes = { x: [-0.5, count - 0.5], y: [0, 100], xName: "channel", yName: "active (%)", xTicks, yTicks: [0, 25, 50, 75, 100] };
    const { X, Y, parts: parts2 } = frame2({ ...axes, xText: (i) => String(channel[i]) });
    const bar = Math.min(22, (X(1) - X(0)) * 0.72);
    active.forEach((share, i) => {
      const says2 = svg("title", {}, `channel ${channel[i]}: ${(share * 100).toFixed(1)} %`);
      parts2.push(svg("rect", { class: "fill", x: X(i) - bar / 2, width: bar, y: Y(share * 100), height: Y(0) - Y(share * 100) }, says2));
    });
    return drawing(parts2, "Share of positive activations in each channel");
  }
  function line(points, X, Y, kind) {
    const drawn3 = (
      /** @type {[number, number][]} */
      points.filter(([, y]) => y !== null)
    );
    const d = drawn3.map(([x, y], i) => `${i ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`).join("");
    const path = svg("path", { class: kind, d });
    if (kind === "faint") return [path];
    return [path, ...drawn3.map(([x, y]) => svg("circle", { class: kind, cx: X(x), cy: Y(y), r: 3 }, svg("title", {}, `${short(x)} px: ${number(y)}`)))];
  }
  function shiftChart(layer) {
    const { shifts, invariance, equivariance } = layer.shift;
    const zip = (shift, series) => shift.map((one, i) => [one, series[i]]);
    const every = [...invariance, ...equivariance || []].filter((value) => value !== null);
    const low = Math.min(0, ...every);
    const x = [Math.min(...shifts), Math.max(...shifts)];
    const { X, Y, parts: parts2 } = frame2({ x, y: [low, Math.max(1, ...every)], xName: "shift of the image (px)", yName: "likeness", xTicks: shifts.filter(Number.isInteger) });
    for (const other of layers) if (other !== layer && other.shift) parts2.push(.../** @type {any} */
    line(zip(other.shift.shifts, other.shift.invariance), X, Y, "faint"));
    if (equivariance) parts2.push(.../** @type {any} */
    line(zip(shifts, equivariance), X, Y, "second"));
    parts2.push(.../** @type {any} */
    line(zip(shifts, invariance), X, Y, "first"));
    return drawing(parts2, `Shift tolerance of ${layer.name}`);
  }
  function poolingChart(rows) {
    const [rowHeight, left, top] = [26, 92, 8];
    const height3 = top + rows.length * rowHeight + 36;
    const known = rows.flatMap((row) => [row.before, row.after]).filter((value) => value !== null);
    const low = Math.min(...known);
    const span2 = [low < 0 ? low : Math.floor(low * 10) / 10, Math.max(1, ...known)];
    const X = (value) => left + (value - span2[0]) / (span2[1] - span2[0] || 1) * (SIZE.width - left - 18);
    const parts2 = ticks(span2[0], span2[1]).flatMap((t) => [svg("line", { class: "grid", x1: X(t), x2: X(t), y1: top, y2: height3 - 34 }), label(X(t), height3 - 20, short(t))]);
    rows.forEach((row, i) => {
      const y = top + (i + 0.5) * rowHeight;
      const kind = row.current ? "first" : "second";
      parts2.push(label(left - 10, y + 4, row.pooling, { class: row.current ? "strong" : null, "text-anchor": "end" }));
      if (row.before === null || row.after === null) return;
      const says2 = svg("title", {}, `${row.pooling}: before ${number(row.before)}, after ${number(row.after)}`);
      const ends = [svg("circle", { class: `hollow ${kind}`, cx: X(row.before), cy: y, r: 4.5 }), svg("circle", { class: kind, cx: X(row.after), cy: y, r: 4.5 })];
      parts2.push(svg("g", {}, says2, svg("line", { class: kind, x1: X(row.before), x2: X(row.after), y1: y, y2: y }), ...ends));
    });
    parts2.push(label((left + SIZE.width - 18) / 2, height3 - 4, "invariance (1 = unmoved)", { class: "name" }));
    return drawing(parts2, "Invariance before and after each way of pooling", height3);
  }
  var DEPTH = {
    field: { name: "field (px)", of: (layer) => layer.field && Math.max(...layer.field.size) },
    active: { name: "active (%)", of: (layer) => layer.channels && 100 * layer.channels.mean_active },
    shift: { name: "invariance", of: (layer) => layer.shift && layer.shift.invariance.at(-1) }
  };
  function depthChart(what) {
    const { name, of: of2 } = DEPTH[what];
    const points = layers.filter((layer) => layer.section).map((layer) => ({ layer, value: (
      /** @type {number} */
      of2(layer)
    ) })).filter(({ value }) => value !== null && value !== void 0);
    const few = points.length <= 24 && points.every(({ layer }) => layer.short.length <= 11);
    const most = what === "shift" ? 1 : what === "active" ? 100 : Math.max(...points.map((point) => point.value));
    const low = Math.min(0, ...points.map((point) => point.value));
    const axes = { x: [-0.4, points.length - 0.6], y: [low, most * 1.04], xName: few ? "" : "layers, from the first to the last", yName: name, xTicks: [], yTicks: ticks(low, most) };
    const { X, Y, parts: parts2 } = frame2(axes);
    parts2.push(svg("path", { class: "faint", d: points.map(({ value }, i) => `${i ? "L" : "M"}${X(i)} ${Y(value)}`).join("") }));
    points.forEach(({ layer, value }, i) => {
      const says2 = svg("title", {}, `${layer.name}: ${number(value)}`);
      parts2.push(svg("circle", { class: layer.kind === "pool" ? "pool" : "other", cx: X(i), cy: Y(value), r: few ? 4 : 2.5 }, says2));
      if (!few) return;
      const place2 = `translate(${X(i) + 3} ${SIZE.height - SIZE.bottom + 13}) rotate(-38)`;
      parts2.push(label(0, 0, layer.short, { class: "slanted", transform: place2, "text-anchor": "end" }));
    });
    return drawing(parts2, `${name} by layer`);
  }

  // hierfeat/atlas/live/engine/loops.js
  async function wasmKernel(memory, bytes) {
    const abort = () => {
      throw new Error("the kernel stopped");
    };
    const made = await WebAssembly.instantiate(bytes, { env: { memory: (
      /** @type {any} */
      memory.wasm
    ), abort } });
    return (
      /** @type {any} */
      made.instance.exports
    );
  }
  function plainKernel(memory) {
    const f = new Float32Array(memory.buffer);
    return {
      pad: (x, C, H, W, top, left, PH, PW, out) => pad(f, x >> 2, C, H, W, top, left, PH, PW, out >> 2),
      im2col: (x, C, H, W, kh, kw, sh, sw, dh, dw, OW, N, first, last, col) => im2col(f, x >> 2, C, H, W, kh, kw, sh, sw, dh, dw, OW, N, first, last, col >> 2),
      gemm: (w, bias, col, O, K, N, first, last, out) => gemm(f, w >> 2, bias >> 2, col >> 2, O, K, N, first, last, out >> 2),
      gemv: (w, bias, x, O, K, out) => gemv(f, w >> 2, bias >> 2, x >> 2, O, K, out >> 2),
      depthwise: (x, C, H, W, w, bias, many, kh, kw, sh, sw, dh, dw, OH, OW, out) => depthwise(f, x >> 2, C, H, W, w >> 2, bias >> 2, many, kh, kw, sh, sw, dh, dw, OH, OW, out >> 2)
    };
  }
  function pad(f, x, C, H, W, top, left, PH, PW, out) {
    f.fill(0, out, out + C * PH * PW);
    for (let c = 0; c < C; c++)
      for (let y = 0; y < H; y++) {
        const from = x + (c * H + y) * W;
        f.copyWithin(out + (c * PH + y + top) * PW + left, from, from + W);
      }
  }
  function im2col(f, x, C, H, W, kh, kw, sh, sw, dh, dw, OW, N, first, last, col) {
    const corner = new Int32Array(8);
    let to = col;
    for (let p = first; p < last; p++) {
      for (let t = 0; t < 8; t++) {
        const n = Math.min(p * 8 + t, N - 1);
        corner[t] = Math.floor(n / OW) * sh * W + n % OW * sw;
      }
      for (let c = 0; c < C; c++)
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const at = x + (c * H + i * dh) * W + j * dw;
            for (let t = 0; t < 8; t++) f[to++] = f[at + corner[t]];
          }
    }
  }
  function gemm(f, w, bias, col, O, K, N, first, last, out) {
    const { fround } = Math;
    for (let p = first; p < last; p++)
      for (let pair4 = 0; pair4 < 8; pair4 += 2) {
        const n = p * 8 + pair4;
        if (n >= N) break;
        for (let o = 0; o < O; o += 4) {
          let [a0, a1, a2, a3] = [f[bias + o], f[bias + o + 1], f[bias + o + 2], f[bias + o + 3]];
          let [b0, b1, b2, b3] = [a0, a1, a2, a3];
          let q = col + (p - first) * K * 8 + pair4;
          let r = w + o * K;
          for (let k = 0; k < K; k++, q += 8, r += 4) {
            const x = f[q];
            const y = f[q + 1];
            a0 = fround(a0 + fround(f[r] * x));
            b0 = fround(b0 + fround(f[r] * y));
            a1 = fround(a1 + fround(f[r + 1] * x));
            b1 = fround(b1 + fround(f[r + 1] * y));
            a2 = fround(a2 + fround(f[r + 2] * x));
            b2 = fround(b2 + fround(f[r + 2] * y));
            a3 = fround(a3 + fround(f[r + 3] * x));
            b3 = fround(b3 + fround(f[r + 3] * y));
          }
          const to = out + o * N + n;
          const both = n + 1 < N;
          const rows = O - o;
          f[to] = a0;
          if (rows > 1) f[to + N] = a1;
          if (rows > 2) f[to + 2 * N] = a2;
          if (rows > 3) f[to + 3 * N] = a3;
          if (!both) continue;
          f[to + 1] = b0;
          if (rows > 1) f[to + N + 1] = b1;
          if (rows > 2) f[to + 2 * N + 1] = b2;
          if (rows > 3) f[to + 3 * N + 1] = b3;
        }
      }
  }
  function gemv(f, w, bias, x, O, K, out) {
    for (let o = 0; o < O; o++) {
      const row = w + o * K;
      let sum2 = bias ? f[bias + o] : 0;
      for (let k = 0; k < K; k++) sum2 += f[row + k] * f[x + k];
      f[out + o] = sum2;
    }
  }
  function depthwise(f, x, C, H, W, w, bias, many, kh, kw, sh, sw, dh, dw, OH, OW, out) {
    for (let o = 0; o < C * many; o++) {
      const map = x + Math.floor(o / many) * H * W;
      const start2 = out + o * OH * OW;
      f.fill(bias ? f[bias + o] : 0, start2, start2 + OH * OW);
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const weight = f[w + (o * kh + i) * kw + j];
          for (let row = 0; row < OH; row++) {
            let from = map + (row * sh + i * dh) * W + j * dw;
            const end = start2 + (row + 1) * OW;
            for (let to = end - OW; to < end; to++, from += sw) f[to] += weight * f[from];
          }
        }
    }
  }

  // hierfeat/atlas/live/engine/memory.js
  var Memory = class _Memory {
    /**
     * @param {number} bytes
     * @param {boolean} shared whether a WebAssembly module will work in it
     */
    constructor(bytes, shared) {
      const pages = Math.ceil(bytes / 65536) + 1;
      this.wasm = shared ? new WebAssembly.Memory({ initial: pages, maximum: pages }) : null;
      this.buffer = this.wasm ? (
        /** @type {ArrayBuffer} */
        this.wasm.buffer
      ) : new ArrayBuffer(pages * 65536);
      this.top = _Memory.START;
    }
    /**
     * Floats, all zero, that begin at a multiple of 16 bytes.
     * @param {number} count
     */
    floats(count) {
      const start2 = this.top;
      this.top += _Memory.padded(count);
      return new Float32Array(this.buffer, start2, count);
    }
    /**
     * What so many floats take, in bytes.
     * @param {number} count
     */
    static padded(count) {
      return Math.ceil(count / 4) * 16;
    }
  };
  Memory.START = 2048;

  // hierfeat/atlas/live/engine/ops/convolution.js
  var COLUMNS = 65536;
  var pair = (value) => Array.isArray(value) ? [value[0], value[value.length - 1]] : [value ?? 0, value ?? 0];
  function geometry([x, w, , stride, padding2, dilation, groups], shape2) {
    const flat = w.shape.length === 3;
    const both = (value, row) => flat ? [row, pair(value)[1]] : pair(value);
    const [O, CG] = w.shape;
    const [kh, kw] = flat ? [1, w.shape[2]] : [w.shape[2], w.shape[3]];
    const [H, W] = flat ? [1, x.shape.at(-1)] : [x.shape.at(-2), x.shape.at(-1)];
    const [OH, OW] = flat ? [
      1,
      /** @type {number} */
      shape2.at(-1)
    ] : [shape2[shape2.length - 2], shape2[shape2.length - 1]];
    const [sh, sw] = both(stride, 1);
    const [dh, dw] = both(dilation, 1);
    const same = padding2 === "same";
    const whole = [dh * (kh - 1), dw * (kw - 1)];
    const none = padding2 === "valid";
    const [top, left] = same ? whole.map((size) => Math.floor(size / 2)) : none ? [0, 0] : both(padding2, 0);
    const [PH, PW] = same ? [H + whole[0], W + whole[1]] : [H + 2 * top, W + 2 * left];
    const batch = volume(x.shape) / (CG * groups * H * W);
    return { O, C: CG * groups, CG, groups, kh, kw, H, W, OH, OW, sh, sw, dh, dw, top, left, PH, PW, batch };
  }
  function way(g) {
    if (g.OH * g.OW === 1) return "point";
    return g.CG === 1 && g.groups > 1 ? "depthwise" : "windows";
  }
  var padded = (g) => g.PH === g.H && g.PW === g.W ? 0 : g.C * g.PH * g.PW;
  var panels = (g) => Math.max(1, Math.min(Math.ceil(g.OH * g.OW / 8), Math.floor(COLUMNS / (8 * g.CG * g.kh * g.kw))));
  var convolution = {
    scratches(args, shape2) {
      const g = geometry(args, shape2);
      const windows = g.CG * g.kh * g.kw;
      return Math.ceil(padded(g) / 4) * 4 + (way(g) === "windows" ? panels(g) * 8 * windows : way(g) === "point" ? windows : 0) + 8;
    },
    keeps(args, shape2) {
      const g = geometry(args, shape2);
      const rows = Math.ceil(g.O / g.groups / 4) * 4;
      return g.O + (way(g) === "windows" && args[1].fixed ? g.groups * rows * (g.CG * g.kh * g.kw + 1) : 0);
    },
    prepare(args, out, context) {
      const g = geometry(args, out.shape);
      const bias = args[2] ? args[2].data : context.keep(g.O);
      const ready = paddedInput(args[0], g, context);
      const run = RUNS[args[1].fixed ? way(g) : "plain"](args[1], bias, ready.data, ready.spare, out, g, context);
      return () => {
        for (let image = 0; image < g.batch; image++) {
          ready.pad(image);
          run(image);
        }
      };
    }
  };
  function paddedInput(x, g, context) {
    const size = padded(g);
    const start2 = Math.ceil(size / 4) * 4;
    const rest = (way(g) === "windows" ? panels(g) * 8 : 1) * g.CG * g.kh * g.kw + 8;
    const all2 = context.scratch(start2 + rest);
    const each2 = g.C * g.H * g.W * 4;
    const at = x.data.byteOffset;
    const data = (image) => size ? all2.byteOffset : at + image * each2;
    const pad3 = (image) => {
      if (size) context.kernel.pad(at + image * each2, g.C, g.H, g.W, g.top, g.left, g.PH, g.PW, all2.byteOffset);
    };
    return { data, pad: pad3, spare: all2.byteOffset + start2 * 4 };
  }
  var RUNS = {
    windows(w, bias, x, spare, out, g, { kernel, keep: keep2 }) {
      const [K, og, N, many] = [g.CG * g.kh * g.kw, g.O / g.groups, g.OH * g.OW, panels(g)];
      const rows = Math.ceil(og / 4) * 4;
      const [packed, biases] = [keep2(g.groups * rows * K), keep2(g.groups * rows)];
      for (let group = 0; group < g.groups; group++) {
        packRows(w.data.subarray(group * og * K, (group + 1) * og * K), og, K, packed.subarray(group * rows * K));
        biases.set(bias.subarray(group * og, (group + 1) * og), group * rows);
      }
      const tail = spare + many * 8 * K * 4;
      const last = Math.ceil(N / 8);
      return (image) => {
        for (let group = 0; group < g.groups; group++) {
          const from = x(image) + group * g.CG * g.PH * g.PW * 4;
          const to = out.data.byteOffset + (image * g.O + group * og) * N * 4;
          for (let p = 0; p < last; p += many) {
            const end = Math.min(p + many, last);
            kernel.im2col(from, g.CG, g.PH, g.PW, g.kh, g.kw, g.sh, g.sw, g.dh, g.dw, g.OW, N, p, end, spare);
            const weights3 = packed.byteOffset + group * rows * K * 4;
            kernel.gemm(weights3, biases.byteOffset + group * rows * 4, spare, og, K, N, p, end, to, tail);
          }
        }
      };
    },
    depthwise(w, bias, x, _spare, out, g, { kernel }) {
      const size = g.O * g.OH * g.OW * 4;
      return (image) => {
        const to = out.data.byteOffset + image * size;
        const [at, from] = [w.data.byteOffset, bias.byteOffset];
        kernel.depthwise(x(image), g.C, g.PH, g.PW, at, from, g.O / g.C, g.kh, g.kw, g.sh, g.sw, g.dh, g.dw, g.OH, g.OW, to);
      };
    },
    /** One output position: a product of a matrix and a vector. */
    point(w, bias, x, spare, out, g, { kernel }) {
      const f = new Float32Array(w.data.buffer);
      const [K, og] = [g.CG * g.kh * g.kw, g.O / g.groups];
      return (image) => {
        for (let group = 0; group < g.groups; group++) {
          const base = (x(image) >> 2) + group * g.CG * g.PH * g.PW;
          let to = spare >> 2;
          for (let c = 0; c < g.CG; c++)
            for (let i = 0; i < g.kh; i++)
              for (let j = 0; j < g.kw; j++) f[to++] = f[base + (c * g.PH + i * g.dh) * g.PW + j * g.dw];
          const weights3 = w.data.byteOffset + group * og * K * 4;
          kernel.gemv(weights3, bias.byteOffset + group * og * 4, spare, og, K, out.data.byteOffset + (image * g.O + group * og) * 4);
        }
      };
    },
    /** Kernels that the network computes itself are not packed. */
    plain(w, bias, x, _spare, out, g) {
      const f = new Float32Array(w.data.buffer);
      const [og, N] = [g.O / g.groups, g.OH * g.OW];
      return (image) => {
        for (let o = 0; o < g.O; o++) {
          const to = (image * g.O + o) * N;
          out.data.fill(bias[o], to, to + N);
          for (let c = 0; c < g.CG; c++)
            for (let i = 0; i < g.kh; i++)
              for (let j = 0; j < g.kw; j++) {
                const weight = w.data[((o * g.CG + c) * g.kh + i) * g.kw + j];
                const map = (x(image) >> 2) + (Math.floor(o / og) * g.CG + c) * g.PH * g.PW + i * g.dh * g.PW + j * g.dw;
                for (let row = 0; row < g.OH; row++)
                  for (let col = 0; col < g.OW; col++)
                    out.data[to + row * g.OW + col] += weight * f[map + row * g.sh * g.PW + col * g.sw];
              }
        }
      };
    }
  };
  function packRows(w, O, K, packed) {
    for (let o = 0; o < O; o++) {
      const start2 = (o >> 2) * 4 * K + (o & 3);
      for (let k = 0; k < K; k++) packed[start2 + 4 * k] = w[o * K + k];
    }
  }
  var transposed = {
    prepare([x, w, b, stride, padding2, , groups, dilation], out) {
      const [C, [, OG, kh, kw]] = [w.shape[0], w.shape];
      const [H, W, OH, OW] = [x.shape.at(-2), x.shape.at(-1), out.shape[out.shape.length - 2], out.shape[out.shape.length - 1]];
      const [[sh, sw], [top, left], [dh, dw]] = [pair(stride), pair(padding2), pair(dilation)];
      const O = OG * groups;
      return () => {
        for (let o = 0; o < O; o++) out.data.fill(b ? b.data[o] : 0, o * OH * OW, (o + 1) * OH * OW);
        for (let c = 0; c < C; c++)
          for (let o = 0; o < OG; o++) {
            const to = (Math.floor(c / (C / groups)) * OG + o) * OH * OW;
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++) {
                const weight = w.data[((c * OG + o) * kh + i) * kw + j];
                for (let row = 0; row < H; row++) {
                  const y = row * sh - top + i * dh;
                  if (y < 0 || y >= OH) continue;
                  for (let col = 0; col < W; col++) {
                    const z = col * sw - left + j * dw;
                    if (z >= 0 && z < OW) out.data[to + y * OW + z] += weight * x.data[(c * H + row) * W + col];
                  }
                }
              }
          }
      };
    }
  };
  var linear = {
    prepare([x, w, b], out, { kernel }) {
      const [O, K] = w.shape;
      const rows = volume(x.shape) / K;
      const [from, weights3, bias, to] = [x.data.byteOffset, w.data.byteOffset, b ? b.data.byteOffset : 0, out.data.byteOffset];
      return () => {
        for (let row = 0; row < rows; row++) kernel.gemv(weights3, bias, from + row * K * 4, O, K, to + row * O * 4);
      };
    }
  };
  var product = (first) => (
    /** @type {Operation} */
    {
      prepare(args, out) {
        const [a, b] = [args[first], args[first + 1]];
        const [R, K] = a.shape.slice(-2);
        const columns = b.shape.at(-1);
        const batch = volume(a.shape) / (R * K);
        const add2 = first ? args[0].data : null;
        const width3 = first ? args[0].data.length : 1;
        return () => {
          for (let n = 0; n < batch; n++)
            for (let r = 0; r < R; r++)
              for (let c = 0; c < columns; c++) {
                const to = (n * R + r) * columns + c;
                let sum2 = add2 ? add2[to % width3] : 0;
                for (let k = 0; k < K; k++) sum2 += a.data[(n * R + r) * K + k] * b.data[(n * K + k) * columns + c];
                out.data[to] = sum2;
              }
        };
      }
    }
  );
  var CONVOLUTION = {
    "conv1d.default": convolution,
    "conv2d.default": convolution,
    "conv2d.padding": convolution,
    "conv_transpose2d.input": transposed,
    "linear.default": linear,
    "mm.default": product(0),
    "bmm.default": product(0),
    "addmm.default": product(1)
  };

  // hierfeat/atlas/live/engine/ops/elementwise.js
  var each = (made) => ({
    prepare(args, out) {
      const f = made(args);
      const [x, to] = [args[0].data, out.data];
      return () => {
        for (let i = 0; i < to.length; i++) to[i] = f(x[i]);
      };
    }
  });
  var loop = (loop2) => ({ prepare: (args, out) => () => loop2(args[0].data, out.data, args) });
  var sigmoid = (v) => 1 / (1 + Math.exp(-v));
  var clip = (v, low, high) => v < low ? low : v > high ? high : v;
  function erf(x) {
    const t = 1 / (1 + 0.3275911 * Math.abs(x));
    const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    const value = 1 - poly * Math.exp(-x * x);
    return x >= 0 ? value : -value;
  }
  var softplus = (v) => v > 20 ? v : Math.log1p(Math.exp(v));
  var ONE = {
    "relu.default": loop((x, out) => {
      for (let i = 0; i < out.length; i++) {
        const v = x[i];
        out[i] = v < 0 ? 0 : v;
      }
    }),
    "sigmoid.default": loop((x, out) => {
      for (let i = 0; i < out.length; i++) out[i] = 1 / (1 + Math.exp(-x[i]));
    }),
    "silu.default": loop((x, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i] / (1 + Math.exp(-x[i]));
    }),
    "hardtanh.default": loop((x, out, [, low, high]) => {
      for (let i = 0; i < out.length; i++) {
        const v = x[i];
        out[i] = v < low ? low : v > high ? high : v;
      }
    }),
    "hardswish.default": loop((x, out) => {
      for (let i = 0; i < out.length; i++) {
        const v = x[i];
        out[i] = v <= -3 ? 0 : v >= 3 ? v : v * (v + 3) / 6;
      }
    }),
    "gelu.default": each(
      ([, how]) => how === "tanh" ? (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))) : (v) => 0.5 * v * (1 + erf(v / Math.SQRT2))
    ),
    "relu6.default": each(() => (v) => clip(v, 0, 6)),
    "leaky_relu.default": each(([, slope]) => (v) => v < 0 ? slope * v : v),
    "elu.default": each(([, alpha, scale, inner2]) => (v) => v < 0 ? scale * alpha * Math.expm1(v * inner2) : scale * v),
    "celu.default": each(([, alpha]) => (v) => v < 0 ? alpha * Math.expm1(v / alpha) : v),
    "selu.default": each(() => (v) => 1.0507009873554805 * (v < 0 ? 1.6732632423543772 * Math.expm1(v) : v)),
    "mish.default": each(() => (v) => v * Math.tanh(softplus(v))),
    "softplus.default": each(([, beta, limit]) => (v) => v * beta > limit ? v : Math.log1p(Math.exp(v * beta)) / beta),
    "softsign.default": each(() => (v) => v / (1 + Math.abs(v))),
    "log_sigmoid.default": each(() => (v) => -softplus(-v)),
    "hardsigmoid.default": each(() => (v) => clip(v + 3, 0, 6) / 6),
    "hardshrink.default": each(([, limit]) => (v) => v >= -limit && v <= limit ? 0 : v),
    "softshrink.default": each(([, limit]) => (v) => v > limit ? v - limit : v < -limit ? v + limit : v !== v ? v : 0),
    "threshold.default": each(([, limit, value]) => (v) => v <= limit ? value : v),
    "tanh.default": each(() => Math.tanh),
    "exp.default": each(() => Math.exp),
    "expm1.default": each(() => Math.expm1),
    "log.default": each(() => Math.log),
    "log1p.default": each(() => Math.log1p),
    "log2.default": each(() => Math.log2),
    "sqrt.default": each(() => Math.sqrt),
    "rsqrt.default": each(() => (v) => 1 / Math.sqrt(v)),
    "square.default": each(() => (v) => v * v),
    "reciprocal.default": each(() => (v) => 1 / v),
    "abs.default": each(() => Math.abs),
    "neg.default": each(() => (v) => -v),
    "sign.default": each(() => (v) => v > 0 ? 1 : v < 0 ? -1 : v),
    "sin.default": each(() => Math.sin),
    "cos.default": each(() => Math.cos),
    "atan.default": each(() => Math.atan),
    "erf.default": each(() => erf),
    "floor.default": each(() => Math.floor),
    "ceil.default": each(() => Math.ceil),
    "logical_not.default": each(() => (v) => v ? 0 : 1),
    "clamp.default": each(([, low, high]) => (v) => clip(v, low ?? -Infinity, high ?? Infinity)),
    "clamp_min.default": each(([, low]) => (v) => clip(v, low, Infinity)),
    "clamp_max.default": each(([, high]) => (v) => clip(v, -Infinity, high)),
    "zeros_like.default": each(() => () => 0),
    "ones_like.default": each(() => () => 1),
    "full_like.default": each(([, value]) => () => value)
  };
  function walk(shape2, tensors) {
    const strides = tensors.map((tensor2) => {
      const own = (
        /** @type {number[]} */
        tensor2.shape ?? []
      );
      const found = Array(shape2.length).fill(0);
      let step2 = 1;
      for (let axis = own.length - 1; axis >= 0; axis--) {
        if (own[axis] !== 1) found[axis + shape2.length - own.length] = step2;
        step2 *= own[axis];
      }
      return found;
    });
    const axes = [];
    for (let axis = 0; axis < shape2.length; axis++) {
      if (shape2[axis] === 1) continue;
      const steps = strides.map((stride) => stride[axis]);
      const outer = axes.at(-1);
      if (outer && outer.steps.every((step2, t) => step2 === steps[t] * shape2[axis])) {
        outer.size *= shape2[axis];
        outer.steps = steps;
      } else axes.push({ size: shape2[axis], steps });
    }
    return axes.length ? axes : [{ size: 1, steps: strides.map(() => 0) }];
  }
  function runs(axes, run) {
    const inner2 = (
      /** @type {{ size: number, steps: number[] }} */
      axes.at(-1)
    );
    const outer = axes.slice(0, -1);
    const at = outer.map(() => 0);
    const offsets = inner2.steps.map(() => 0);
    const total = outer.reduce((product2, axis) => product2 * axis.size, 1);
    for (let n = 0; n < total; n++) {
      run(n * inner2.size, offsets);
      for (let axis = outer.length - 1; axis >= 0; axis--) {
        const { size, steps } = outer[axis];
        at[axis]++;
        steps.forEach((step2, t) => offsets[t] += step2);
        if (at[axis] < size) break;
        steps.forEach((step2, t) => offsets[t] -= step2 * size);
        at[axis] = 0;
      }
    }
  }
  var tensor = (value) => value !== null && typeof value === "object" ? value : { shape: [], data: new Float32Array([Number(value)]), fixed: true };
  var two = (pairs2, which = ([a, b]) => [a, b]) => ({
    prepare(args, out) {
      const [a, b] = which(args).map(tensor);
      const axes = walk(out.shape, [a, b]);
      const { size, steps } = axes[axes.length - 1];
      return () => runs(axes, (at, [i, j]) => pairs2(a.data, i, steps[0], b.data, j, steps[1], out.data, at, size));
    }
  });
  var of = (f) => (a, i, p, b, j, q, to, at, n) => {
    for (const end = at + n; at < end; at++, i += p, j += q) to[at] = f(a[i], b[j]);
  };
  var scaled = (alpha, sign) => of((p, q) => p + sign * alpha * q);
  var sums = (sign, swapped = false) => ({
    prepare(args, out, context) {
      const [a, b, alpha] = [args[swapped ? 1 : 0], args[swapped ? 0 : 1], args[2] ?? 1];
      const pairs2 = alpha === 1 ? sign > 0 ? ADD : SUBTRACT : scaled(alpha, sign);
      return (
        /** @type {any} */
        two(pairs2).prepare([a, b], out, context)
      );
    }
  });
  var ADD = (a, i, p, b, j, q, to, at, n) => {
    for (const end = at + n; at < end; at++, i += p, j += q) to[at] = a[i] + b[j];
  };
  var SUBTRACT = (a, i, p, b, j, q, to, at, n) => {
    for (const end = at + n; at < end; at++, i += p, j += q) to[at] = a[i] - b[j];
  };
  var MULTIPLY = (a, i, p, b, j, q, to, at, n) => {
    for (const end = at + n; at < end; at++, i += p, j += q) to[at] = a[i] * b[j];
  };
  var DIVIDE = of((p, q) => p / q);
  var POWER = of((p, q) => q === 2 ? p * p : p ** q);
  var LARGER = of((p, q) => p > q || p !== p ? p : q);
  var SMALLER = of((p, q) => p < q || p !== p ? p : q);
  var COMPARE = {
    gt: of((p, q) => +(p > q)),
    lt: of((p, q) => +(p < q)),
    ge: of((p, q) => +(p >= q)),
    le: of((p, q) => +(p <= q)),
    eq: of((p, q) => +(p === q)),
    ne: of((p, q) => +(p !== q))
  };
  var where = {
    prepare([condition, yes, no], out) {
      const parts2 = [condition, tensor(yes), tensor(no)];
      const axes = walk(out.shape, parts2);
      const { size, steps } = axes[axes.length - 1];
      const [c, a, b] = parts2.map((part) => part.data);
      return () => runs(axes, (at, offsets) => {
        let [k, i, j] = offsets;
        for (const end = at + size; at < end; at++, k += steps[0], i += steps[1], j += steps[2]) out.data[at] = c[k] ? a[i] : b[j];
      });
    }
  };
  var three = (f) => ({
    prepare([x, a, b, value], out) {
      const axes = walk(out.shape, [x, a, b]);
      const { size, steps } = axes[axes.length - 1];
      return () => runs(axes, (at, offsets) => {
        let [k, i, j] = offsets;
        for (const end = at + size; at < end; at++, k += steps[0], i += steps[1], j += steps[2])
          out.data[at] = x.data[k] + (value ?? 1) * f(a.data[i], b.data[j]);
      });
    }
  });
  var prelu = {
    prepare([x, slope], out) {
      const each2 = x.shape.length > 1 ? x.data.length / x.shape[0] / x.shape[1] : 1;
      const many = slope.data.length;
      return () => {
        for (let i = 0; i < out.data.length; i++) {
          const v = x.data[i];
          out.data[i] = v < 0 ? v * slope.data[Math.floor(i / each2) % many] : v;
        }
      };
    }
  };
  var gated = {
    prepare([x, axis], out) {
      const at = axis < 0 ? axis + x.shape.length : axis;
      const inner2 = x.shape.slice(at + 1).reduce((a, b) => a * b, out.shape[at]);
      return () => {
        for (let i = 0; i < out.data.length; i++) {
          const from = Math.floor(i / inner2) * 2 * inner2 + i % inner2;
          out.data[i] = x.data[from] * sigmoid(x.data[from + inner2]);
        }
      };
    }
  };
  var ELEMENTWISE = {
    ...ONE,
    "prelu.default": prelu,
    "glu.default": gated,
    "add.Tensor": sums(1),
    "add.Scalar": sums(1),
    "sub.Tensor": sums(-1),
    "sub.Scalar": sums(-1),
    "rsub.Scalar": sums(-1, true),
    "rsub.Tensor": sums(-1, true),
    "mul.Tensor": two(MULTIPLY),
    "mul.Scalar": two(MULTIPLY),
    "div.Tensor": two(DIVIDE),
    "div.Scalar": two(DIVIDE),
    "pow.Tensor_Scalar": two(POWER),
    "pow.Tensor_Tensor": two(POWER),
    "pow.Scalar": two(POWER),
    "maximum.default": two(LARGER),
    "minimum.default": two(SMALLER),
    "clamp_min.Tensor": two(LARGER),
    "clamp_max.Tensor": two(SMALLER),
    "addcmul.default": three((a, b) => a * b),
    "addcdiv.default": three((a, b) => a / b),
    "where.self": where,
    "where.ScalarOther": where,
    "where.ScalarSelf": where,
    "where.Scalar": where,
    ...Object.fromEntries(
      Object.entries(COMPARE).flatMap(([name, pairs2]) => [
        [`${name}.Scalar`, two(pairs2)],
        [`${name}.Tensor`, two(pairs2)]
      ])
    )
  };

  // hierfeat/atlas/live/engine/ops/layers.js
  var SWEEPS = 15;
  function inner(a, i, b, j, count) {
    let sum2 = 0;
    for (let k = 0; k < count; k++) sum2 += a[i + k] * b[j + k];
    return sum2;
  }
  function coneCosine(similar, products) {
    const weights3 = similar.map(() => 0);
    for (let sweep2 = 0; sweep2 < SWEEPS; sweep2++)
      for (let j = 0; j < similar.length; j++) {
        const pull = products[j].reduce((sum2, product2, i) => sum2 + product2 * weights3[i], 0);
        const gain = similar[j] - pull + products[j][j] * weights3[j];
        weights3[j] = Math.max(0, gain) / Math.max(products[j][j], 1e-12);
      }
    return Math.sqrt(Math.max(0, similar.reduce((sum2, value, j) => sum2 + value * weights3[j], 0)));
  }
  var interpolatingVector = {
    prepare([features, references, labels, classes, neighbours], out) {
      const length = references.shape[1];
      const members = Array.from(
        { length: classes },
        (_, label2) => [...labels.data.keys()].filter((i) => labels.data[i] === label2)
      );
      const grams = members.map((own) => own.map((i) => own.map((j) => inner(references.data, i * length, references.data, j * length, length))));
      return () => {
        for (let image = 0; image < out.shape[0]; image++) {
          const size = Math.max(1e-12, Math.sqrt(inner(features.data, image * length, features.data, image * length, length)));
          for (let label2 = 0; label2 < classes; label2++) {
            const similar = members[label2].map((i) => inner(features.data, image * length, references.data, i * length, length) / size);
            const nearest2 = [...similar.keys()].sort((a, b) => similar[b] - similar[a]).slice(0, neighbours);
            const gram = grams[label2];
            out.data[image * classes + label2] = coneCosine(
              nearest2.map((i) => similar[i]),
              nearest2.map((i) => nearest2.map((j) => gram[i][j]))
            );
          }
        }
      };
    }
  };
  var LAYERS = { "hierfeat.interpolating_vector.default": interpolatingVector };

  // hierfeat/atlas/live/engine/ops/normalisation.js
  var batchNorm = (named) => ({
    prepare(args, out) {
      const [x] = args;
      const { weight, bias, mean, variance, eps } = named(args);
      const channels2 = x.shape[1];
      const each2 = volume(x.shape.slice(2));
      const scales = Float64Array.from({ length: channels2 }, (_, c) => (weight?.data[c] ?? 1) / Math.sqrt(variance.data[c] + eps));
      const shifts = Float64Array.from({ length: channels2 }, (_, c) => (bias?.data[c] ?? 0) - mean.data[c] * scales[c]);
      const [from, to] = [x.data, out.data];
      return () => {
        for (let start2 = 0, n = 0; start2 < to.length; start2 += each2, n++) {
          const [scale, shift] = [scales[n % channels2], shifts[n % channels2]];
          for (let i = start2; i < start2 + each2; i++) to[i] = from[i] * scale + shift;
        }
      };
    }
  });
  function normalised(x, out, count, weight, bias, eps, of2) {
    return () => {
      for (let start2 = 0, n = 0; start2 < x.data.length; start2 += count, n++) {
        let [mean, variance] = [0, 0];
        for (let i = start2; i < start2 + count; i++) mean += x.data[i];
        mean /= count;
        for (let i = start2; i < start2 + count; i++) variance += (x.data[i] - mean) ** 2;
        const scale = 1 / Math.sqrt(variance / count + eps);
        for (let i = 0; i < count; i++) {
          const at = of2(n, i);
          out.data[start2 + i] = (x.data[start2 + i] - mean) * scale * (weight ? weight.data[at] : 1) + (bias ? bias.data[at] : 0);
        }
      }
    };
  }
  var layerNorm = {
    prepare([x, shape2, weight, bias, eps], out) {
      return normalised(x, out, volume(shape2), weight, bias, eps, (_n, i) => i);
    }
  };
  var groupNorm = {
    prepare([x, groups, weight, bias, eps], out) {
      const each2 = x.shape[1] / groups;
      const plane = volume(x.shape.slice(2));
      return normalised(x, out, each2 * plane, weight, bias, eps, (n, i) => n % groups * each2 + Math.floor(i / plane));
    }
  };
  var instanceNorm = {
    prepare(args, out, context) {
      const [x, weight, bias, mean, variance, ownStatistics, , eps] = args;
      if (!ownStatistics)
        return (
          /** @type {any} */
          batchNorm(() => ({ weight, bias, mean, variance, eps })).prepare(args, out, context)
        );
      return normalised(x, out, volume(x.shape.slice(2)), weight, bias, eps, (n) => n % x.shape[1]);
    }
  };
  var rmsNorm = {
    prepare([x, shape2, weight, eps], out) {
      const count = volume(shape2);
      return () => {
        for (let start2 = 0; start2 < x.data.length; start2 += count) {
          let sum2 = 0;
          for (let i = start2; i < start2 + count; i++) sum2 += x.data[i] ** 2;
          const scale = 1 / Math.sqrt(sum2 / count + (eps ?? 11920928955078125e-23));
          for (let i = 0; i < count; i++) out.data[start2 + i] = x.data[start2 + i] * scale * (weight ? weight.data[i] : 1);
        }
      };
    }
  };
  var NORMALISATION = {
    "_native_batch_norm_legit_no_training.default": batchNorm(([, weight, bias, mean, variance, , eps]) => ({ weight, bias, mean, variance, eps })),
    "layer_norm.default": layerNorm,
    "native_layer_norm.default": layerNorm,
    "group_norm.default": groupNorm,
    "instance_norm.default": instanceNorm,
    "rms_norm.default": rmsNorm
  };

  // hierfeat/atlas/live/engine/ops/pooling.js
  function pair2(value, otherwise = [0, 0]) {
    const list = [value ?? []].flat();
    return list.length === 0 ? otherwise : list.length === 1 ? [list[0], list[0]] : list;
  }
  var planes = (shape2) => volume(shape2.slice(0, -2));
  function inside(size, count, start2, stride) {
    const from = Math.max(0, Math.ceil(-start2 / stride));
    return [from, Math.max(from, Math.min(count, Math.floor((size - 1 - start2) / stride) + 1))];
  }
  function gather(how, x, out, kernel, stride, padding2, dilation) {
    const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
    const maps = planes(x.shape);
    const [from, to] = [x.data, out.data];
    const add2 = how === "max" ? largest : sum;
    for (let map = 0; map < maps; map++)
      for (let i = 0; i < kernel[0]; i++) {
        const top = i * dilation[0] - padding2[0];
        const [firstRow, lastRow] = inside(H, OH, top, stride[0]);
        for (let j = 0; j < kernel[1]; j++) {
          const left = j * dilation[1] - padding2[1];
          const [first, last] = inside(W, OW, left, stride[1]);
          for (let row = firstRow; row < lastRow; row++) {
            const start2 = (map * H + row * stride[0] + top) * W + left + first * stride[1];
            add2(from, start2, stride[1], to, (map * OH + row) * OW + first, last - first);
          }
        }
      }
  }
  function largest(from, start2, step2, to, at, count) {
    for (let k = 0; k < count; k++, start2 += step2) {
      const value = from[start2];
      if (value > to[at + k] || value !== value) to[at + k] = value;
    }
  }
  function sum(from, start2, step2, to, at, count) {
    for (let k = 0; k < count; k++, start2 += step2) to[at + k] += from[start2];
  }
  var maxPool = {
    prepare([x, size, stride, padding2, dilation], out) {
      const kernel = pair2(size);
      return () => {
        out.data.fill(-Infinity);
        gather("max", x, out, kernel, pair2(stride, kernel), pair2(padding2), pair2(dilation, [1, 1]));
      };
    }
  };
  var averagePool = {
    keeps: (_args, shape2) => shape2[shape2.length - 2] * shape2[shape2.length - 1],
    prepare([x, size, stride, padding2, , withPadding, divisor], out, { keep: keep2 }) {
      const kernel = pair2(size);
      const [step2, pads] = [pair2(stride, kernel), pair2(padding2)];
      const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
      const shares2 = keep2(OH * OW);
      for (let row = 0; row < OH; row++)
        for (let col = 0; col < OW; col++) {
          const [top, left] = [row * step2[0] - pads[0], col * step2[1] - pads[1]];
          const bounds = withPadding ? [top, H + pads[0], left, W + pads[1]] : [Math.max(0, top), H, Math.max(0, left), W];
          const rows = Math.min(top + kernel[0], bounds[1]) - bounds[0];
          const columns = Math.min(left + kernel[1], bounds[3]) - bounds[2];
          shares2[row * OW + col] = 1 / (divisor || rows * columns);
        }
      return () => {
        out.data.fill(0);
        gather("sum", x, out, kernel, step2, pads, [1, 1]);
        for (let at = 0, n = OH * OW; at < out.data.length; at++) out.data[at] *= shares2[at % n];
      };
    }
  };
  var averagePool3d = {
    prepare([x, size, stride, padding2, , withPadding, divisor], out) {
      const three2 = (value) => Array.isArray(value) ? value.length === 1 ? Array(3).fill(value[0]) : value : Array(3).fill(value);
      const kernel = three2(size);
      const steps = Array.isArray(stride) && stride.length === 0 ? kernel : three2(stride ?? kernel);
      const pads = three2(padding2 ?? 0);
      const [sizes2, counts] = [x.shape.slice(-3), out.shape.slice(-3)];
      const maps = volume(x.shape.slice(0, -3));
      const windows = (axis) => Array.from({ length: counts[axis] }, (_, i) => {
        const start2 = i * steps[axis] - pads[axis];
        const end = Math.min(start2 + kernel[axis], sizes2[axis] + pads[axis]);
        const [from, to] = [Math.max(0, start2), Math.min(end, sizes2[axis])];
        return { from, to, count: withPadding ? end - start2 : to - from };
      });
      const [planes2, rows, columns] = [0, 1, 2].map(windows);
      return () => {
        let at = 0;
        for (let map = 0; map < maps; map++)
          for (const d of planes2)
            for (const r of rows)
              for (const c of columns) {
                let total = 0;
                for (let i = d.from; i < d.to; i++)
                  for (let j = r.from; j < r.to; j++)
                    for (let k = c.from; k < c.to; k++) total += x.data[((map * sizes2[0] + i) * sizes2[1] + j) * sizes2[2] + k];
                out.data[at++] = total / (divisor || d.count * r.count * c.count);
              }
      };
    }
  };
  var adaptive = (most) => ({
    prepare([x], out) {
      const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
      const maps = planes(x.shape);
      return () => {
        let to = 0;
        for (let map = 0; map < maps; map++)
          for (let row = 0; row < OH; row++)
            for (let col = 0; col < OW; col++) {
              const [top, bottom] = [Math.floor(row * H / OH), Math.ceil((row + 1) * H / OH)];
              const [left, right] = [Math.floor(col * W / OW), Math.ceil((col + 1) * W / OW)];
              let value = most ? -Infinity : 0;
              for (let i = top; i < bottom; i++)
                for (let j = left; j < right; j++) {
                  const one = x.data[(map * H + i) * W + j];
                  value = most ? one > value || one !== one ? one : value : value + one;
                }
              out.data[to++] = most ? value : value / ((bottom - top) * (right - left));
            }
      };
    }
  });
  var nearest = {
    prepare([x, , scale, second], out) {
      const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
      const scales = Array.isArray(scale) ? scale : [scale, second];
      const [rows, cols] = [scales[0] ? 1 / scales[0] : H / OH, scales[1] ? 1 / scales[1] : W / OW];
      const maps = planes(x.shape);
      return () => {
        let to = 0;
        for (let map = 0; map < maps; map++)
          for (let row = 0; row < OH; row++) {
            const line2 = (map * H + Math.min(H - 1, Math.floor(row * rows))) * W;
            for (let col = 0; col < OW; col++) out.data[to++] = x.data[line2 + Math.min(W - 1, Math.floor(col * cols))];
          }
      };
    }
  };
  var bilinear = {
    prepare([x, , corners, scale, second], out) {
      const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
      const scales = Array.isArray(scale) ? scale : [scale, second];
      const rows = places(H, OH, corners, scales[0]);
      const cols = places(W, OW, corners, scales[1]);
      const maps = planes(x.shape);
      return () => {
        let to = 0;
        for (let map = 0; map < maps; map++)
          for (const [top, bottom, down] of rows)
            for (const [left, right, across] of cols) {
              const at = map * H;
              const upper = x.data[(at + top) * W + left] * (1 - across) + x.data[(at + top) * W + right] * across;
              const lower = x.data[(at + bottom) * W + left] * (1 - across) + x.data[(at + bottom) * W + right] * across;
              out.data[to++] = upper * (1 - down) + lower * down;
            }
      };
    }
  };
  function places(size, count, corners, scale) {
    const step2 = corners ? count > 1 ? (size - 1) / (count - 1) : 0 : scale ? 1 / scale : size / count;
    return Array.from({ length: count }, (_, i) => {
      const at = corners ? i * step2 : Math.max(0, (i + 0.5) * step2 - 0.5);
      const low = Math.min(Math.floor(at), size - 1);
      return [low, Math.min(low + 1, size - 1), at - low];
    });
  }
  var POOLING = {
    "max_pool2d.default": maxPool,
    "max_pool2d_with_indices.default": maxPool,
    "avg_pool2d.default": averagePool,
    "avg_pool3d.default": averagePool3d,
    "adaptive_avg_pool2d.default": adaptive(false),
    "adaptive_max_pool2d.default": adaptive(true),
    "upsample_nearest2d.vec": nearest,
    "upsample_nearest2d.default": nearest,
    "upsample_bilinear2d.vec": bilinear,
    "upsample_bilinear2d.default": bilinear
  };

  // hierfeat/atlas/live/engine/ops/reduction.js
  function plan(x, axes) {
    const rank = x.shape.length;
    const given = axes === null || axes === void 0 ? [] : [axes].flat();
    const over = new Set((given.length ? given : [...Array(rank).keys()]).map((axis) => axis < 0 ? axis + rank : axis));
    const strides = x.shape.map((_, axis) => volume(x.shape.slice(axis + 1)));
    const offsets = (reduced) => {
      let found = [0];
      x.shape.forEach((size, axis) => {
        if (over.has(axis) !== reduced) return;
        found = found.flatMap((start2) => Array.from({ length: size }, (_, i) => start2 + i * strides[axis]));
      });
      return Int32Array.from(found);
    };
    return { starts: offsets(false), members: offsets(true) };
  }
  var reduce = (start2, join, end = (sum2) => sum2, place2 = 1) => ({
    prepare(args, out) {
      const [x] = args;
      const { starts, members } = plan(x, args[place2]);
      return () => {
        for (let i = 0; i < starts.length; i++) {
          let sum2 = start2;
          for (let k = 0; k < members.length; k++) sum2 = join(sum2, x.data[starts[i] + members[k]]);
          out.data[i] = end(sum2, members.length, args);
        }
      };
    }
  });
  var add = (a, b) => a + b;
  var norm = {
    prepare([x, order, axes], out) {
      const { starts, members } = plan(x, axes);
      const join = order === 2 ? (sum2, v) => sum2 + v * v : order === Infinity ? (sum2, v) => Math.max(sum2, Math.abs(v)) : (sum2, v) => sum2 + Math.abs(v) ** order;
      return () => {
        for (let i = 0; i < starts.length; i++) {
          let sum2 = 0;
          for (let k = 0; k < members.length; k++) sum2 = join(sum2, x.data[starts[i] + members[k]]);
          out.data[i] = order === 2 ? Math.sqrt(sum2) : order === Infinity ? sum2 : sum2 ** (1 / order);
        }
      };
    }
  };
  var spread = (root) => ({
    prepare([x, axes, correction], out) {
      const { starts, members } = plan(x, axes);
      const free = members.length - Number(correction ?? 1);
      return () => {
        for (let i = 0; i < starts.length; i++) {
          let [mean, sum2] = [0, 0];
          for (let k = 0; k < members.length; k++) mean += x.data[starts[i] + members[k]];
          mean /= members.length;
          for (let k = 0; k < members.length; k++) sum2 += (x.data[starts[i] + members[k]] - mean) ** 2;
          out.data[i] = root ? Math.sqrt(sum2 / free) : sum2 / free;
        }
      };
    }
  });
  var softmax = (logarithm) => ({
    prepare([x, axis], out) {
      const { starts, members } = plan(x, axis);
      return () => {
        for (let i = 0; i < starts.length; i++) {
          let [most, sum2] = [-Infinity, 0];
          for (let k = 0; k < members.length; k++) most = Math.max(most, x.data[starts[i] + members[k]]);
          for (let k = 0; k < members.length; k++) sum2 += Math.exp(x.data[starts[i] + members[k]] - most);
          for (let k = 0; k < members.length; k++) {
            const at = starts[i] + members[k];
            out.data[at] = logarithm ? x.data[at] - most - Math.log(sum2) : Math.exp(x.data[at] - most) / sum2;
          }
        }
      };
    }
  });
  var REDUCTION = {
    "sum.default": reduce(0, add, void 0, 99),
    "sum.dim_IntList": reduce(0, add),
    "mean.default": reduce(0, add, (sum2, count) => sum2 / count, 99),
    "mean.dim": reduce(0, add, (sum2, count) => sum2 / count),
    "amax.default": reduce(-Infinity, (a, b) => b > a || b !== b ? b : a),
    "amin.default": reduce(Infinity, (a, b) => b < a || b !== b ? b : a),
    "max.default": reduce(-Infinity, (a, b) => b > a || b !== b ? b : a, void 0, 99),
    "min.default": reduce(Infinity, (a, b) => b < a || b !== b ? b : a, void 0, 99),
    "prod.dim_int": reduce(1, (a, b) => a * b),
    "linalg_vector_norm.default": norm,
    "var.correction": spread(false),
    "std.correction": spread(true),
    "var.dim": spread(false),
    "std.dim": spread(true),
    "softmax.int": softmax(false),
    "_softmax.default": softmax(false),
    "log_softmax.int": softmax(true),
    "_log_softmax.default": softmax(true)
  };

  // hierfeat/atlas/live/engine/ops/shape.js
  var alias = { alias: true };
  var positive = (axis, count) => axis < 0 ? axis + count : axis;
  function strided(x, out, steps, start2) {
    const axes = out.shape.map((size2, axis) => ({ size: size2, steps: [steps[axis]] }));
    const used = axes.length ? axes : [{ size: 1, steps: [0] }];
    const { size, steps: inner2 } = used[used.length - 1];
    const [from, to, step2] = [x.data, out.data, inner2[0]];
    return () => runs(used, (at, [offset]) => {
      let i = start2 + offset;
      for (const end = at + size; at < end; at++, i += step2) to[at] = from[i];
    });
  }
  var stridesOf = (shape2) => shape2.map((_, axis) => volume(shape2.slice(axis + 1)));
  var permuted = (order) => ({
    prepare(args, out) {
      const [x] = args;
      const strides = stridesOf(x.shape);
      return strided(x, out, order(args, x.shape.length).map((axis) => strides[positive(axis, strides.length)]), 0);
    }
  });
  function swap(rank, a, b) {
    const order = [...Array(rank).keys()];
    [order[positive(a, rank)], order[positive(b, rank)]] = [order[positive(b, rank)], order[positive(a, rank)]];
    return order;
  }
  var expand = {
    prepare([x], out) {
      const axes = walk(out.shape, [x]);
      const { size, steps } = axes[axes.length - 1];
      return () => runs(axes, (at, [i]) => {
        for (const end = at + size; at < end; at++, i += steps[0]) out.data[at] = x.data[i];
      });
    }
  };
  var repeat = {
    prepare([x], out) {
      const rank = out.shape.length;
      const own = [...Array(rank - x.shape.length).fill(1), ...x.shape];
      const [strides, outer] = [stridesOf(own), stridesOf(out.shape)];
      const places2 = Int32Array.from(
        { length: out.data.length },
        (_, i) => strides.reduce((sum2, stride, axis) => sum2 + Math.floor(i / outer[axis]) % own[axis] * stride, 0)
      );
      return () => {
        for (let i = 0; i < places2.length; i++) out.data[i] = x.data[places2[i]];
      };
    }
  };
  var joined = (fresh) => ({
    prepare([list, axis], out) {
      const at = positive(axis, out.shape.length);
      const parts2 = list.filter((part) => part.data.length);
      const outer = volume(out.shape.slice(0, at));
      const sizes2 = parts2.map((part) => part.data.length / outer);
      const each2 = sizes2.reduce((a, b) => a + b, 0);
      void fresh;
      return () => {
        for (let n = 0; n < outer; n++) {
          let to = n * each2;
          for (let p = 0; p < parts2.length; p++) {
            out.data.set(parts2[p].data.subarray(n * sizes2[p], (n + 1) * sizes2[p]), to);
            to += sizes2[p];
          }
        }
      };
    }
  });
  var slice = {
    prepare([x, axis, start2, , step2], out) {
      const at = positive(axis ?? 0, x.shape.length);
      const strides = stridesOf(x.shape);
      const size = x.shape[at];
      const from = Math.min(size, Math.max(0, (start2 ?? 0) < 0 ? start2 + size : start2 ?? 0));
      const steps = strides.map((stride, k) => k === at ? stride * (step2 ?? 1) : stride);
      return strided(x, out, steps, from * strides[at]);
    }
  };
  var sliceScatter = {
    prepare([x, part, axis, start2, , step2], out) {
      const at = positive(axis ?? 0, x.shape.length);
      const size = x.shape[at];
      const from = Math.min(size, Math.max(0, (start2 ?? 0) < 0 ? start2 + size : start2 ?? 0));
      const strides = stridesOf(x.shape);
      const axes = part.shape.map((count, k) => ({
        size: count,
        steps: [k === at ? strides[k] * (step2 ?? 1) : strides[k]]
      }));
      const inner2 = axes[axes.length - 1];
      return () => {
        out.data.set(x.data);
        runs(axes, (read2, [offset]) => {
          let to = from * strides[at] + offset;
          for (const end = read2 + inner2.size; read2 < end; read2++, to += inner2.steps[0]) out.data[to] = part.data[read2];
        });
      };
    }
  };
  var select = {
    prepare([x, axis, index], out) {
      const at = positive(axis, x.shape.length);
      const strides = stridesOf(x.shape);
      return strided(x, out, strides.filter((_, k) => k !== at), positive(index, x.shape[at]) * strides[at]);
    }
  };
  var indexSelect = {
    prepare([x, axis, index], out) {
      const at = positive(axis, x.shape.length);
      const [size, rest] = [x.shape[at], volume(x.shape.slice(at + 1))];
      const places2 = Array.from(index.data, (i) => positive(i, size));
      const outer = x.data.length / size / rest;
      return () => {
        for (let n = 0, to = 0; n < outer; n++)
          for (const place2 of places2) {
            const from = (n * size + place2) * rest;
            for (let i = 0; i < rest; i++) out.data[to++] = x.data[from + i];
          }
      };
    }
  };
  var BEYOND = {
    constant: () => -1,
    reflect: (at, size) => at < 0 ? -at : 2 * size - 2 - at,
    replicate: (at, size) => at < 0 ? 0 : size - 1,
    circular: (at, size) => (at % size + size) % size
  };
  var padding = (fixed) => ({
    prepare([x, pads, mode, value], out) {
      const how = fixed ?? mode;
      const fill2 = Number((fixed === "constant" ? mode : value) ?? 0);
      const rank = x.shape.length;
      const sources = out.shape.map((count, axis) => {
        const before2 = pads[2 * (rank - 1 - axis)] ?? 0;
        const size = x.shape[axis];
        return Int32Array.from({ length: count }, (_, i) => i - before2 >= 0 && i - before2 < size ? i - before2 : BEYOND[how](i - before2, size));
      });
      const [strides, outer] = [stridesOf(x.shape), stridesOf(out.shape)];
      const places2 = Int32Array.from({ length: out.data.length }, (_, i) => {
        let from = 0;
        for (let axis = 0; axis < rank; axis++) {
          const source = sources[axis][Math.floor(i / outer[axis]) % out.shape[axis]];
          if (source < 0) return -1;
          from += source * strides[axis];
        }
        return from;
      });
      return () => {
        for (let i = 0; i < places2.length; i++) out.data[i] = places2[i] < 0 ? fill2 : x.data[places2[i]];
      };
    }
  });
  var moved = (source) => ({
    prepare(args, out) {
      const [x] = args;
      const [strides, outer] = [stridesOf(x.shape), stridesOf(out.shape)];
      const places2 = Int32Array.from({ length: out.data.length }, (_, i) => {
        const at = outer.map((stride, axis) => Math.floor(i / stride) % out.shape[axis]);
        return source(args, at, x.shape).reduce((sum2, place2, axis) => sum2 + place2 * strides[axis], 0);
      });
      return () => {
        for (let i = 0; i < places2.length; i++) out.data[i] = x.data[places2[i]];
      };
    }
  });
  var flip = moved(([, axes], at, shape2) => {
    const turned2 = axes.map((axis) => positive(axis, shape2.length));
    return at.map((place2, axis) => turned2.includes(axis) ? shape2[axis] - 1 - place2 : place2);
  });
  var roll = moved(([, shifts, axes], at, shape2) => {
    const found = [...at];
    axes.forEach((axis, k) => {
      const size = shape2[positive(axis, shape2.length)];
      const place2 = positive(axis, shape2.length);
      found[place2] = ((found[place2] - shifts[k]) % size + size) % size;
    });
    return found;
  });
  var shuffle = moved(([, factor], at) => {
    const [channel, row, col] = at.slice(-3);
    const place2 = row % factor * factor + col % factor;
    return [...at.slice(0, -3), channel * factor * factor + place2, Math.floor(row / factor), Math.floor(col / factor)];
  });
  var channelShuffle = moved(([, groups], at, shape2) => {
    const each2 = shape2[1] / groups;
    return [at[0], at[1] % groups * each2 + Math.floor(at[1] / groups), ...at.slice(2)];
  });
  var SHAPE = {
    "view.default": alias,
    "reshape.default": alias,
    "_unsafe_view.default": alias,
    "flatten.using_ints": alias,
    "unflatten.int": alias,
    "unsqueeze.default": alias,
    "squeeze.default": alias,
    "squeeze.dim": alias,
    "squeeze.dims": alias,
    "permute.default": permuted(([, order]) => order),
    "transpose.int": permuted(([, a, b], rank) => swap(rank, a, b)),
    "t.default": permuted((_args, rank) => swap(rank, 0, rank - 1)),
    "expand.default": expand,
    "expand_as.default": expand,
    "repeat.default": repeat,
    "cat.default": joined(false),
    "stack.default": joined(true),
    "slice.Tensor": slice,
    "slice_scatter.default": sliceScatter,
    "index_select.default": indexSelect,
    "select.int": select,
    "pad.default": padding(null),
    "constant_pad_nd.default": padding("constant"),
    "reflection_pad2d.default": padding("reflect"),
    "replication_pad2d.default": padding("replicate"),
    "flip.default": flip,
    "roll.default": roll,
    "pixel_shuffle.default": shuffle,
    "channel_shuffle.default": channelShuffle
  };

  // hierfeat/atlas/live/engine/ops/index.js
  var OPERATIONS = { ...CONVOLUTION, ...ELEMENTWISE, ...LAYERS, ...NORMALISATION, ...POOLING, ...REDUCTION, ...SHAPE };

  // hierfeat/atlas/live/engine/engine.js
  var Engine = class _Engine {
    /**
     * @param {Graph} graph
     * @param {Map<string, Float32Array>} weights
     * @param {BufferSource | null} wasm bytes of the kernel; null for plain JavaScript
     */
    static async make(graph2, weights3, wasm) {
      const engine = new _Engine(graph2, weights3, wasm !== null);
      const { memory } = engine;
      engine.prepare(wasm === null ? plainKernel(memory) : await wasmKernel(memory, wasm), weights3);
      return engine;
    }
    /**
     * As fast as can be had: with WebAssembly where the page may compile it, without it where not.
     * @param {Graph} graph
     * @param {Map<string, Float32Array>} weights
     * @param {BufferSource | null} wasm
     */
    static async best(graph2, weights3, wasm) {
      if (wasm === null || typeof WebAssembly === "undefined") return _Engine.make(graph2, weights3, null);
      try {
        return await _Engine.make(graph2, weights3, wasm);
      } catch {
        return _Engine.make(graph2, weights3, null);
      }
    }
    /**
     * @param {Graph} graph
     * @param {Map<string, Float32Array>} weights
     * @param {boolean} shared
     */
    constructor(graph2, weights3, shared) {
      this.graph = graph2;
      this.fast = shared;
      this.values = /* @__PURE__ */ new Map();
      this.steps = [];
      this.sizes = sizes(graph2);
      this.memory = new Memory(this.sizes.bytes, shared);
      const { memory, values: values2 } = this;
      const shape2 = [1, ...graph2.input_shape];
      values2.set(graph2.image, { shape: shape2, data: memory.floats(volume(shape2)), fixed: false });
      for (const [name, size] of graph2.tensors) {
        const data = memory.floats(volume(size));
        data.set(
          /** @type {Float32Array} */
          weights3.get(name)
        );
        values2.set(name, { shape: size, data, fixed: true });
      }
    }
    /**
     * @param {Kernel} kernel
     * @param {Map<string, Float32Array>} _weights
     */
    prepare(kernel, _weights) {
      const { memory, values: values2 } = this;
      const spare = memory.floats(this.sizes.scratch);
      const context = { kernel, keep: (count) => memory.floats(count), scratch: (count) => spare.subarray(0, count) };
      for (const [name, op, stored, shape2] of this.graph.nodes) {
        const operation = operationOf(op);
        const args = stored.map((one) => argument(one, values2));
        const first = Array.isArray(args[0]) ? args[0][0] : args[0];
        const data = operation.alias ? (
          /** @type {Tensor} */
          first.data
        ) : memory.floats(volume(shape2));
        const out = { shape: shape2, data, fixed: false };
        values2.set(name, out);
        if (operation.prepare) this.steps.push(operation.prepare(args, out, context));
      }
    }
    /** The image that the next frame is of, (channels × height × width) in [0, 1]: write into it. */
    get image() {
      return this.value(this.graph.image).data;
    }
    /** @param {string} name */
    value(name) {
      const found = this.values.get(name);
      if (!found) throw new Error(`the graph has no value ${name}`);
      return found;
    }
    /** Run one frame and return the model's output, valid until the next one. */
    run() {
      for (const step2 of this.steps) step2();
      return this.value(this.graph.output);
    }
    /**
     * The output of the layer, valid until the next frame.
     * @param {number} index in the layer table
     */
    layer(index) {
      return this.value(this.graph.layers[index][1]);
    }
  };
  function operationOf(op) {
    const found = OPERATIONS[op];
    if (!found) throw new Error(`there is no operation ${op}`);
    return found;
  }
  function sizes(graph2) {
    const floats = /* @__PURE__ */ new Map([[graph2.image, { shape: [1, ...graph2.input_shape], fixed: false, data: NOTHING }]]);
    for (const [name, shape2] of graph2.tensors) floats.set(name, { shape: shape2, fixed: true, data: NOTHING });
    let bytes = Memory.START;
    for (const { shape: shape2 } of floats.values()) bytes += Memory.padded(volume(shape2));
    let scratch = 0;
    for (const [name, op, stored, shape2] of graph2.nodes) {
      const operation = operationOf(op);
      const args = stored.map((one) => argument(one, floats));
      if (!operation.alias) bytes += Memory.padded(volume(shape2));
      if (operation.keeps) bytes += operation.keeps(args, shape2) * 4 + 64;
      if (operation.scratches) scratch = Math.max(scratch, operation.scratches(args, shape2));
      floats.set(name, { shape: shape2, fixed: false, data: NOTHING });
    }
    return { bytes: bytes + Memory.padded(scratch), scratch };
  }
  var NOTHING = new Float32Array(0);
  function argument(stored, values2) {
    if (Array.isArray(stored)) return stored.map((one) => (
      /** @type {any} */
      argument(one, values2)
    ));
    if (typeof stored !== "object" || stored === null) return stored;
    if ("v" in stored) {
      const found = values2.get(stored.v);
      if (!found) throw new Error(`the graph has no value ${stored.v}`);
      return found;
    }
    return { inf: Infinity, "-inf": -Infinity }[stored.n] ?? NaN;
  }

  // hierfeat/atlas/live/engine/network.js
  function between(graph2) {
    const known = /* @__PURE__ */ new Set([...graph2.tensors.map(([name]) => name), ...graph2.layers.map(([, value]) => value)]);
    const giving = new Set(graph2.layers.map(([, value]) => value));
    const read2 = graph2.nodes.filter(([name]) => giving.has(name)).map(([, , args]) => (
      /** @type {any} */
      args[0]?.v
    ));
    return [...new Set(read2.filter((name) => typeof name === "string" && !known.has(name)))];
  }
  async function here(graph2, weights3, kernel) {
    const engine = await Engine.best(
      graph2,
      await unpack(graph2, weights3),
      /** @type {any} */
      kernel
    );
    const layers2 = graph2.layers.map((_, index) => engine.layer(index).data);
    const extra = Object.fromEntries(between(graph2).map((name) => [name, engine.value(name).data]));
    const run = async (image) => {
      engine.image.set(image);
      const start2 = performance.now();
      const output2 = engine.run().data;
      return { layers: layers2, output: output2, extra, ms: performance.now() - start2 };
    };
    return { run, fast: engine.fast, apart: false };
  }
  async function apart(graph2, weights3, kernel, script) {
    const address2 = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const worker = new Worker(address2);
    const next = () => new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    const ready = next();
    worker.postMessage({ graph: graph2, weights: weights3, kernel });
    const { fast } = (
      /** @type {any} */
      await ready
    );
    URL.revokeObjectURL(address2);
    let last = Promise.resolve();
    const run = (image) => {
      const done = last.then(() => {
        const answer = next();
        worker.postMessage({ image });
        return answer;
      });
      last = done.then(() => void 0, () => void 0);
      return (
        /** @type {Promise<Frame>} */
        done
      );
    };
    return { run, fast, apart: true };
  }

  // hierfeat/atlas/scripts/live.js
  var network = null;
  var text = (id) => need(id).textContent ?? "";
  var graph = null;
  async function startNetwork() {
    graph = /** @type {import("../live/engine/types.js").Graph} */
    JSON.parse(text("#live-graph"));
    const weights3 = fromBase64(text("#live-weights"));
    const kernel = fromBase64(text("#live-kernel"));
    network = payload.live.heavy ? await apart(graph, weights3, kernel, text("#live-worker")) : await here(graph, weights3, kernel);
    return network;
  }
  function frameOf(image) {
    if (!network) throw new Error("the network has not started");
    return network.run(image);
  }
  var wanted = null;
  var busy = false;
  async function ask(image, shown) {
    wanted = image;
    if (busy) return;
    busy = true;
    try {
      while (wanted) {
        const next = wanted;
        wanted = null;
        const frame3 = await frameOf(next);
        showFrame(frame3);
        shown(frame3);
      }
    } finally {
      busy = false;
    }
  }
  var decoded2 = /* @__PURE__ */ new Map();
  function sampleImage(index) {
    let found = decoded2.get(index);
    if (!found) {
      const { bytes, data } = samples[index].pixels;
      const raw = fromBase64(data);
      found = bytes === 1 ? Float32Array.from(raw, (level) => level / 255) : Float32Array.from({ length: raw.length / 2 }, (_, i) => (raw[2 * i] + 256 * raw[2 * i + 1]) / 65535);
      decoded2.set(index, found);
    }
    return found;
  }

  // hierfeat/atlas/scripts/paper.js
  var CELLS = 280;
  function paper([channels2, height3, width3], content) {
    const fine = Math.max(1, Math.round(CELLS / Math.max(height3, width3)));
    const made = { channels: channels2, height: height3, width: width3, fine, ink: new Float32Array(channels2 * height3 * width3 * fine * fine) };
    const [H, W] = [height3 * fine, width3 * fine];
    for (let c = 0, at = 0; c < channels2; c++)
      for (let row = 0; row < H; row++)
        for (let col = 0; col < W; col++, at++) {
          const from = (c * height3 + Math.floor(row / fine)) * width3 + Math.floor(col / fine);
          made.ink[at] = typeof content === "number" ? content : content[from];
        }
    return made;
  }
  var asPaper = ([channels2, height3, width3], ink) => ({ channels: channels2, height: height3, width: width3, fine: 1, ink });
  function stroke(on, from, to, radius2, value) {
    const [H, W] = [on.height * on.fine, on.width * on.fine];
    const [down, right] = [to[0] - from[0], to[1] - from[1]];
    const length = down * down + right * right;
    const bound = (at, most) => Math.max(0, Math.min(most, at));
    const rows = [bound(Math.floor(Math.min(from[0], to[0]) - radius2 - 1), H), bound(Math.ceil(Math.max(from[0], to[0]) + radius2 + 1), H)];
    const cols = [bound(Math.floor(Math.min(from[1], to[1]) - radius2 - 1), W), bound(Math.ceil(Math.max(from[1], to[1]) + radius2 + 1), W)];
    for (let row = rows[0]; row < rows[1]; row++)
      for (let col = cols[0]; col < cols[1]; col++) {
        const [y, x] = [row + 0.5 - from[0], col + 0.5 - from[1]];
        const along2 = length ? Math.max(0, Math.min(1, (y * down + x * right) / length)) : 0;
        const cover = radius2 + 0.5 - Math.hypot(y - along2 * down, x - along2 * right);
        if (cover <= 0) continue;
        const share = Math.min(1, cover);
        for (let c = 0; c < on.channels; c++) {
          const at = (c * H + row) * W + col;
          const next = on.ink[at] + (value - on.ink[at]) * share;
          on.ink[at] = value > 0.5 ? Math.max(on.ink[at], next) : Math.min(on.ink[at], next);
        }
      }
  }
  function groundOf(image, [, height3, width3]) {
    const border = [];
    for (let row = 0; row < height3; row++)
      for (let col = 0; col < width3; col++) if (row % (height3 - 1) === 0 || col % (width3 - 1) === 0) border.push(image[row * width3 + col]);
    border.sort((a, b) => a - b);
    const middle = border[border.length >> 1] ?? 0.5;
    const alike = border.filter((value) => Math.abs(value - middle) < 0.05).length;
    return alike > border.length / 2 ? middle : 0.5;
  }
  function prepared(on, ground2, { box: box2, by, side: side2 }) {
    const [H, W] = [on.height * on.fine, on.width * on.fine];
    let [top, left, bottom, right, mass, rows, cols] = [H, W, -1, -1, 0, 0, 0];
    for (let row = 0; row < H; row++)
      for (let col = 0; col < W; col++) {
        const ink = Math.abs(on.ink[row * W + col] - ground2);
        if (ink < 0.2) continue;
        [top, left, bottom, right] = [Math.min(top, row), Math.min(left, col), Math.max(bottom, row), Math.max(right, col)];
        mass += ink;
        rows += ink * (row + 0.5);
        cols += ink * (col + 0.5);
      }
    if (!mass) return null;
    const tall = bottom + 1 - top;
    const wide = right + 1 - left;
    const scale = box2 * on.fine / (side2 === "height" ? Math.max(tall, wide / 2) : Math.max(tall, wide));
    const middle = by === "mass" ? [rows / mass, cols / mass] : [(top + bottom + 1) / 2, (left + right + 1) / 2];
    return { row: middle[0] / on.fine, col: middle[1] / on.fine, scale };
  }

  // hierfeat/atlas/scripts/compose.js
  function compose(on, settings2, ground2, preparation) {
    const { channels: channels2, height: height3, width: width3 } = on;
    const own = preparation && prepared(on, ground2, preparation);
    const grid2 = own && preparation?.grid ? preparation.grid : null;
    const [rows, cols] = grid2 ? [grid2, grid2] : [height3, width3];
    const seen2 = (settings2.rotation % 360 ? turned : upright)(on, settings2, ground2, own, rows, cols);
    const image = grid2 ? enlarged(seen2, channels2, grid2, height3, width3) : seen2;
    const shape2 = [channels2, height3, width3];
    return overlaid(moved2(contrasted(image, settings2.contrast, ground2), shape2, settings2.shift_y, settings2.shift_x), shape2, settings2);
  }
  function upright({ channels: channels2, height: height3, width: width3, fine, ink }, { scale }, ground2, own, rows, cols) {
    const all2 = scale * (own?.scale ?? 1);
    const [H, W] = [height3 * fine, width3 * fine];
    const down = parts(rows, H, (own?.row ?? height3 / 2) * fine, height3 * fine / rows / all2);
    const across = parts(cols, W, (own?.col ?? width3 / 2) * fine, width3 * fine / cols / all2);
    const image = new Float32Array(channels2 * rows * cols);
    const line2 = new Float32Array(W);
    for (let c = 0, to = 0; c < channels2; c++)
      for (let row = 0; row < rows; row++) {
        line2.fill(ground2 * down.outside[row]);
        for (let i = down.from[row], k = 0; i < down.to[row]; i++, k++) {
          const [start2, share] = [(c * H + i) * W, down.shares[row][k]];
          for (let x = 0; x < W; x++) line2[x] += share * ink[start2 + x];
        }
        for (let col = 0; col < cols; col++, to++) {
          const shares2 = across.shares[col];
          let sum2 = ground2 * across.outside[col];
          for (let i = across.from[col], k = 0; i < across.to[col]; i++, k++) sum2 += shares2[k] * line2[i];
          image[to] = sum2;
        }
      }
    return image;
  }
  function parts(count, cells, middle, size) {
    const reach = Math.max(size, 1);
    const shares2 = [];
    const found = { from: new Int32Array(count), to: new Int32Array(count), shares: shares2, outside: new Float64Array(count) };
    for (let pixel2 = 0; pixel2 < count; pixel2++) {
      const centre = middle + (pixel2 + 0.5 - count / 2) * size;
      const [low, high] = [centre - reach / 2, centre + reach / 2];
      const from = Math.max(0, Math.min(cells, Math.floor(low)));
      const to = Math.max(from, Math.min(cells, Math.ceil(high)));
      const own = Float64Array.from({ length: to - from }, (_, i) => (Math.min(high, from + i + 1) - Math.max(low, from + i)) / reach);
      [found.from[pixel2], found.to[pixel2]] = [from, to];
      shares2.push(own);
      found.outside[pixel2] = 1 - own.reduce((sum2, one) => sum2 + one, 0);
    }
    return found;
  }
  function turned({ channels: channels2, height: height3, width: width3, fine, ink }, { rotation, scale }, ground2, own, rows, cols) {
    const image = new Float32Array(channels2 * rows * cols);
    const turn = rotation * Math.PI / 180;
    const all2 = scale * (own?.scale ?? 1);
    const [sine, cosine] = [Math.sin(turn) * fine / all2, Math.cos(turn) * fine / all2];
    const [row0, col0] = [(own?.row ?? height3 / 2) * fine - 0.5, (own?.col ?? width3 / 2) * fine - 0.5];
    const [H, W] = [height3 * fine, width3 * fine];
    const each2 = H * W;
    const count = Math.max(1, Math.min(6, Math.ceil(fine * height3 / rows / all2 / 2)));
    const share = 1 / (count * count);
    for (let row = 0, to = 0; row < rows; row++)
      for (let col = 0; col < cols; col++, to++)
        for (let i = 0; i < count; i++)
          for (let j = 0; j < count; j++) {
            const v = (row + (i + 0.5) / count) * height3 / rows - height3 / 2;
            const u = (col + (j + 0.5) / count) * width3 / cols - width3 / 2;
            const [y, x] = [u * sine + v * cosine + row0, u * cosine - v * sine + col0];
            const [top, left] = [Math.floor(y), Math.floor(x)];
            const [down, across] = [y - top, x - left];
            for (let k = 0; k < 4; k++) {
              const [r, s] = [top + (k >> 1), left + (k & 1)];
              const weight = share * (k >> 1 ? down : 1 - down) * (k & 1 ? across : 1 - across);
              const inside2 = r >= 0 && s >= 0 && r < H && s < W;
              for (let c = 0; c < channels2; c++) image[c * rows * cols + to] += weight * (inside2 ? ink[c * each2 + r * W + s] : ground2);
            }
          }
    return image;
  }
  function enlarged(small, channels2, grid2, height3, width3) {
    const image = new Float32Array(channels2 * height3 * width3);
    const at = (i, count) => {
      const place2 = Math.max(0, (i + 0.5) * grid2 / count - 0.5);
      const low = Math.min(Math.floor(place2), grid2 - 1);
      return [low, Math.min(low + 1, grid2 - 1), place2 - low];
    };
    let to = 0;
    for (let c = 0; c < channels2; c++)
      for (let row = 0; row < height3; row++)
        for (let col = 0; col < width3; col++) {
          const [[top, bottom, down], [left, right, across]] = [at(row, height3), at(col, width3)];
          const one = (r, k) => small[(c * grid2 + r) * grid2 + k];
          image[to++] = (one(top, left) * (1 - across) + one(top, right) * across) * (1 - down) + (one(bottom, left) * (1 - across) + one(bottom, right) * across) * down;
        }
    return image;
  }
  function contrasted(image, contrast, ground2) {
    if (contrast !== 1) for (let i = 0; i < image.length; i++) image[i] = Math.max(0, Math.min(1, ground2 + contrast * (image[i] - ground2)));
    return image;
  }
  function moved2(image, [channels2, height3, width3], down, right) {
    if (!down && !right) return image;
    let found = image;
    if (down) found = along(found, channels2, height3, width3, taps(down));
    if (right) found = along(found, channels2 * height3, width3, 1, taps(right));
    return found;
  }
  function along(image, outer, length, inner2, weighted) {
    const found = new Float32Array(image.length);
    for (const [step2, weight] of weighted)
      for (let o = 0; o < outer; o++)
        for (let at = Math.max(0, step2); at < Math.min(length, length + step2); at++) {
          const [to, from] = [(o * length + at) * inner2, (o * length + at - step2) * inner2];
          for (let i = 0; i < inner2; i++) found[to + i] += weight * image[from + i];
        }
    return found;
  }
  function taps(amount) {
    const whole = Math.floor(amount);
    const fraction = amount - whole;
    if (!fraction) return [[whole, 1]];
    const keys = (d) => d <= 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2;
    return [-1, 0, 1, 2].map((step2) => [whole + step2, keys(Math.abs(step2 - fraction))]);
  }
  function overlaid(image, [channels2, height3, width3], { noise, square, square_row, square_col }) {
    if (!noise && !square) return image;
    const random2 = noise ? normal(1) : () => 0;
    const inside2 = (at, middle) => Math.abs(at + 0.5 - middle) < square / 2;
    const found = new Float32Array(image.length);
    for (let c = 0, at = 0; c < channels2; c++)
      for (let row = 0; row < height3; row++)
        for (let col = 0; col < width3; col++, at++) {
          const value = square && inside2(row, square_row) && inside2(col, square_col) ? 0.5 : image[at];
          found[at] = Math.max(0, Math.min(1, value + noise * random2()));
        }
    return found;
  }
  function uniform(seed) {
    let a = seed >>> 0;
    return () => {
      a = a + 1831565813 >>> 0;
      let t = Math.imul(a ^ a >>> 15, 1 | a);
      t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
      return ((t ^ t >>> 14) >>> 0) / 4294967296;
    };
  }
  function normal(seed) {
    const random2 = uniform(seed);
    return () => Math.sqrt(-2 * Math.log(1 - random2())) * Math.cos(2 * Math.PI * random2());
  }

  // hierfeat/atlas/scripts/visible.js
  var away = /* @__PURE__ */ new WeakSet();
  var arrivals = /* @__PURE__ */ new WeakMap();
  var observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const came = isIntersecting && away.delete(target);
        if (!isIntersecting) away.add(target);
        if (came) arrivals.get(target)?.();
      }
    },
    { rootMargin: "150px" }
  );
  function watch(one, paint) {
    arrivals.set(one, paint);
    observer.observe(one);
  }
  var visible = (one) => !away.has(one);

  // hierfeat/atlas/scripts/units.js
  var chosen = /* @__PURE__ */ new Map();
  var indexOf = (one) => Number(
    /** @type {HTMLElement} */
    one.closest("[data-layer]").dataset.layer
  );
  function unitOf(index) {
    if (state.unit?.layer === index) return state.unit;
    let unit = chosen.get(index);
    if (!unit) chosen.set(index, unit = strongestUnit(layers[index]));
    return unit;
  }
  function forgetUnits() {
    chosen.clear();
    if (state.unit) chosen.set(state.unit.layer, state.unit);
  }
  function place(mark, top, left, bottom, right, height3, width3) {
    const percent = (value, whole) => `${100 * value / whole}%`;
    Object.assign(mark.style, { top: percent(top, height3), left: percent(left, width3), height: percent(bottom - top, height3), width: percent(right - left, width3) });
    mark.hidden = false;
  }
  function markUnit(index) {
    const unit = unitOf(index);
    const { height: height3, width: width3 } = view(layers[index]);
    for (const grid2 of all(".maps.filled").filter((one) => indexOf(one) === index))
      for (const map of all(".map", grid2)) {
        const here2 = Number(map.dataset.tile) === unit.tile && (!grid2.closest(".overview") || state.unit?.layer === index);
        map.classList.toggle("chosen", here2);
        if (here2) place(need("i", map), unit.row, unit.col, unit.row + 1, unit.col + 1, height3, width3);
      }
  }
  function markInput(index) {
    for (const mark of all(".overview .map u")) mark.hidden = true;
    const input2 = inputWindow(layers[index], unitOf(index));
    const grid2 = input2 && find(`.overview [data-layer="${layers[index].source}"] .maps`);
    if (!grid2) return;
    const { height: height3, width: width3 } = view(layers[layers[index].source]);
    const [top, left, bottom, right] = input2.area;
    for (const map of all(".map", grid2)) if (input2.tiles.includes(Number(map.dataset.tile))) place(need("u", map), top, left, bottom, right, height3, width3);
  }
  function markField(scene, index) {
    const mark = need(".box", scene);
    const field2 = box(layers[index], unitOf(index));
    const [, height3, width3] = payload.model.input_shape;
    if (field2) place(mark, ...field2, height3, width3);
    else mark.hidden = true;
  }
  var span = (from, to) => to - from > 1 ? `${from}–${to - 1}` : `${from}`;
  function describe(index) {
    const layer = layers[index];
    const unit = unitOf(index);
    const step2 = layer.maps.step;
    const where2 = view(layer).vector ? `unit ${channelOf(layer, unit)}` : `channel ${unit.tile}, row ${unit.row * step2}, column ${unit.col * step2}`;
    const value = element("b", {}, number(activation(layer, unit)));
    return words(element("b", {}, layer.name), ` ${where2}: activation `, value, sees(layer, box(layer, unit)), ".");
  }
  function sees(layer, field2) {
    if (!field2) return "";
    const [top, left, bottom, right] = field2;
    const [, height3, width3] = payload.model.input_shape;
    if (bottom - top >= height3 && right - left >= width3) return "; it sees the whole image";
    const most = layer.field.status === "bound" ? " at most" : "";
    const through = layer.field.status === "global" ? " directly, and the whole image through a global pool or gate" : "";
    return `; it sees rows ${span(top, bottom)}, columns ${span(left, right)} (${bottom - top} × ${right - left} px)${most}${through}`;
  }
  function showUnit(index) {
    markUnit(index);
    const section = openedSection(index);
    if (section) for (const scene of all(".scene", section)) markField(scene, index);
    if (state.unit?.layer === index) {
      markField(need(".overview .scene"), index);
      markInput(index);
    }
    showValue(index);
  }
  function showValue(index) {
    const section = openedSection(index);
    if (section && visible(section)) {
      for (const readout of all(".readout", section)) readout.replaceChildren(describe(index));
      const loupe = find(".window", section);
      if (loupe) showWindow(loupe, index);
    }
    if (state.unit?.layer === index) need(".overview .readout").replaceChildren(describe(index), layers[index].window ? words(" ", contest(index).verdict) : "");
  }
  var openedSection = (index) => find(`details[data-layer="${index}"][open]`);
  function select2(index, unit) {
    if (!exists(layers[index], unit)) return;
    const before2 = state.unit?.layer;
    chosen.set(index, unit);
    set({ unit: { layer: index, tile: unit.tile, row: unit.row, col: unit.col } });
    if (before2 !== void 0 && before2 !== index) markUnit(before2);
    showUnit(index);
  }
  function contest(index) {
    const [layer, unit] = [layers[index], unitOf(index)];
    const source = layers[layer.source];
    const cells = poolWindow(layer, unit);
    const all2 = values(source);
    const numbers = cells.map((cell) => all2[flatIndex(source, cell)]);
    const most = Math.max(...numbers);
    const first = layer.op.includes("max") ? cells.filter((_, i) => numbers[i] === most) : [];
    const winner = first.length === 1 ? first[0] : null;
    const name = words(element("b", {}, source.name), `, channel ${unit.tile}`);
    const levels = source.maps.data ? " (as far as 256 levels tell)" : "";
    const verdict2 = winner ? words(`Of ${cells.length} cells of `, name, `, the one at row ${winner.row}, column ${winner.col} wins; the others are forgotten.`) : first.length ? words(`${first.length} of ${cells.length} cells of `, name, ` tie at ${number(most)}${levels}.`) : words(`${cells.length} cells of `, name, " are pooled into one.");
    return { source, unit, cells, numbers, winner, verdict: verdict2 };
  }
  function showWindow(loupe, index) {
    const { source, unit, cells, numbers, winner, verdict: verdict2 } = contest(index);
    const { height: height3, width: width3 } = view(source);
    paintTile(
      /** @type {HTMLCanvasElement} */
      need("canvas", loupe),
      source,
      unit.tile
    );
    const [first, last] = [cells[0], cells[cells.length - 1]];
    place(need(".frame", loupe), first.row, first.col, last.row + 1, last.col + 1, height3, width3);
    const table = need(".cells", loupe);
    table.style.setProperty("--across", String(new Set(cells.map((cell) => cell.col)).size));
    table.replaceChildren(...numbers.map((value, i) => element("span", { class: cells[i] === winner ? "winner" : null }, number(value))));
    const dot = need(".dot", loupe);
    if (winner) place(dot, winner.row, winner.col, winner.row + 1, winner.col + 1, height3, width3);
    else dot.hidden = true;
    need(".verdict", loupe).replaceChildren(verdict2);
  }
  function moved3(key, index) {
    const keys = { ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], ArrowLeft: [0, 0, -1], ArrowRight: [0, 0, 1], PageUp: [-1, 0, 0], PageDown: [1, 0, 0] };
    const by = keys[key];
    if (!by) return null;
    const { tiles, height: height3, width: width3 } = view(layers[index]);
    const unit = unitOf(index);
    const inside2 = (value, count) => Math.max(0, Math.min(count - 1, value));
    return { tile: inside2(unit.tile + by[0], tiles), row: inside2(unit.row + by[1], height3), col: inside2(unit.col + by[2], width3) };
  }
  function pointed(event) {
    const map = event.target instanceof Element ? (
      /** @type {HTMLElement | null} */
      event.target.closest(".maps .map")
    ) : null;
    if (!map) return null;
    const { clientX, clientY } = (
      /** @type {MouseEvent} */
      event
    );
    const index = indexOf(map);
    const { height: height3, width: width3 } = view(layers[index]);
    const area = need(".area", map).getBoundingClientRect();
    const cell = (value, count) => Math.max(0, Math.min(count - 1, Math.floor(value * count)));
    return { index, unit: { tile: Number(map.dataset.tile), row: cell((clientY - area.top) / area.height, height3), col: cell((clientX - area.left) / area.width, width3) } };
  }

  // hierfeat/atlas/scripts/grids.js
  var grids = /* @__PURE__ */ new Map();
  var resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const grid2 = (
        /** @type {HTMLElement} */
        target
      );
      measure(grid2);
      paintGrid(grid2);
    }
  });
  function fillGrid(grid2) {
    const layer = layers[indexOf(grid2)];
    const { tiles, vector, height: height3, width: width3 } = view(layer);
    const shown = Math.min(tiles, Number(grid2.dataset.most || tiles));
    const captions = grid2.dataset.captions && !vector;
    const maps = Array.from({ length: shown }, (_, tile) => {
      const area = element("span", { class: "area", style: { "aspect-ratio": `${width3} / ${height3}` } }, element("i"), element("u", { hidden: true }));
      return element("span", { class: "map", "data-tile": tile }, area, captions && element("b", {}, tile));
    });
    grid2.classList.toggle("vector", vector);
    if (vector) grid2.style.setProperty("--across", String(width3));
    grid2.replaceChildren(element("canvas", { "aria-hidden": "true" }), ...maps);
    grid2.classList.add("filled");
    grids.set(grid2, { layer, wall: null });
    measure(grid2);
    resized.observe(grid2);
    watch(grid2, () => paintGrid(grid2));
  }
  function measure(grid2) {
    const known = grids.get(grid2);
    if (!known) return;
    const canvas = (
      /** @type {HTMLCanvasElement} */
      grid2.firstElementChild
    );
    const { height: height3, width: width3 } = view(known.layer);
    const whole = grid2.getBoundingClientRect();
    const fine = Math.min(2, devicePixelRatio || 1);
    const at = (place2) => Math.round(place2 * fine);
    const [W, H] = [at(whole.width), at(whole.height)];
    known.wall = null;
    if (!W || !H) return;
    canvas.width = W;
    canvas.height = H;
    const boxes = all(".map", grid2).map((map) => {
      const area = (
        /** @type {Element} */
        map.firstElementChild.getBoundingClientRect()
      );
      const [top, left] = [at(area.top - whole.top), at(area.left - whole.left)];
      const [bottom, right] = [Math.min(H, at(area.bottom - whole.top)), Math.min(W, at(area.right - whole.left))];
      return { tile: Number(map.dataset.tile), top, left, rows: spread2(bottom - top, height3), cols: spread2(right - left, width3) };
    });
    const image = new ImageData(W, H);
    const context = (
      /** @type {CanvasRenderingContext2D} */
      canvas.getContext("2d")
    );
    known.wall = { context, image, pixels: new Uint32Array(image.data.buffer), boxes };
  }
  var spread2 = (pixels, cells) => Uint16Array.from({ length: Math.max(0, pixels) }, (_, i) => Math.floor((i + 0.5) * cells / pixels));
  function paintGrid(grid2) {
    const known = grids.get(grid2);
    if (!known?.wall || !visible(grid2)) return;
    const { layer, wall } = known;
    const found = values(layer);
    const { height: height3, width: width3, vector } = view(layer);
    const each2 = height3 * width3;
    const own = state.range === "map" && !vector;
    const common = colours(own ? 0 : layerLimit(layer), layer.maps.signed);
    const count = vector ? layer.maps.shape[0] : each2;
    for (const box2 of wall.boxes) {
      const start2 = vector ? 0 : box2.tile * each2;
      const chart = own ? colours(largest2(found, start2, each2), layer.maps.signed) : common;
      paintBox(wall.pixels, wall.image.width, box2, found, start2, width3, count, chart);
    }
    wall.context.putImageData(wall.image, 0, 0);
  }
  function paintGrids() {
    for (const grid2 of grids.keys()) paintGrid(grid2);
  }
  function largest2(numbers, start2, count) {
    let most = 0;
    for (let i = start2; i < start2 + count; i++) {
      const size = Math.abs(numbers[i]);
      if (size > most) most = size;
    }
    return most;
  }
  function paintBox(pixels, across, { top, left, rows, cols }, numbers, start2, width3, count, { table, scale, middle }) {
    for (let y = 0; y < rows.length; y++) {
      const line2 = (top + y) * across + left;
      if (y && rows[y] === rows[y - 1]) {
        pixels.copyWithin(line2, line2 - across, line2 - across + cols.length);
        continue;
      }
      let [before2, colour] = [-1, 0];
      for (let x = 0; x < cols.length; x++) {
        if (cols[x] !== before2) {
          before2 = cols[x];
          const cell = rows[y] * width3 + before2;
          const value = numbers[start2 + cell];
          const level = Math.floor(value * scale + middle);
          colour = cell >= count ? 0 : value !== value ? NOT_A_NUMBER : table[level < 0 ? 0 : level > 255 ? 255 : level];
        }
        pixels[line2 + x] = colour;
      }
    }
  }

  // hierfeat/atlas/scripts/sections.js
  var changed = null;
  function setPicture(image) {
    changed = image;
    if (pictured !== state.sample) paintScenes();
    else all(".scene").forEach(paintScene);
  }
  var pictured = 0;
  function paintScenes(root = document) {
    if (root === document) pictured = state.sample;
    for (const scene of all(".scene", root)) {
      need("img", scene).src = samples[state.sample].image;
      watch(scene, () => paintScene(scene));
      paintScene(scene);
    }
  }
  function paintScene(scene) {
    let over = (
      /** @type {HTMLCanvasElement | null} */
      find("canvas", scene)
    );
    if (over && over.hidden === Boolean(changed)) over.hidden = !changed;
    if (!changed || !visible(scene)) return;
    if (!over) need("img", scene).after(over = element("canvas", { role: "img", "aria-label": "the image as it was changed" }));
    paintImage(over, changed, payload.model.input_shape);
  }
  function shares() {
    const found = output();
    if (!found || !payload.model.scores) return null;
    const numbers = Array.from(found);
    if (payload.model.scores === "raw") {
      const most2 = Math.max(...numbers.map(Math.abs)) || 1;
      return numbers.map((value) => ({ length: Math.max(0, value) / most2, text: number(value), value }));
    }
    const most = Math.max(...numbers);
    const powers = payload.model.scores === "logits" ? numbers.map((value) => Math.exp(value - most)) : numbers;
    const total = powers.reduce((a, b) => a + b, 0);
    const digits = Math.max(...powers) < total / 10 ? 1 : 0;
    return powers.map((power) => ({ length: power / total, text: `${(100 * power / total).toFixed(digits)} %`, value: power }));
  }
  var className = (i) => payload.model.classes ? payload.model.classes[i] : `output ${i}`;
  function showScores() {
    const panel = find(".scores");
    const found = panel && shares();
    if (!panel || !found) return;
    let order = [...found.keys()];
    if (order.length > 12) order = order.sort((a, b) => found[b].value - found[a].value).slice(0, 8);
    const best2 = found.reduce((at, share, i) => share.value > found[at].value ? i : at, 0);
    while (panel.children.length < order.length) panel.append(element("li", {}, element("span"), element("i"), element("span")));
    order.forEach((i, place2) => {
      const line2 = panel.children[place2];
      const [name, bar, amount] = (
        /** @type {[HTMLElement, HTMLElement, HTMLElement]} */
        /** @type {unknown} */
        line2.children
      );
      line2.classList.toggle("first", i === best2);
      if (name.textContent !== className(i)) name.textContent = name.title = className(i);
      bar.style.setProperty("--share", String(found[i].length));
      if (amount.textContent !== found[i].text) amount.textContent = found[i].text;
    });
    const says2 = `says ${className(best2)}${verdict(best2)}`;
    for (const target of all(".says"))
      if (target.textContent !== says2) target.replaceChildren(words("says ", element("b", {}, className(best2)), verdict(best2)));
  }
  function verdict(best2) {
    const { label: label2, name } = samples[state.sample];
    if (changed || label2 === null) return "";
    if (payload.model.named) return `; the sample is from ${name}`;
    return label2 === best2 ? ", rightly" : `; it is ${className(label2)}`;
  }
  function repaint() {
    paintGrids();
    const open = all("details[data-layer][open]").filter(visible).map(indexOf);
    for (const index of open) if (layers[index].maps) showValue(index);
    if (state.unit && !open.includes(state.unit.layer)) showValue(state.unit.layer);
  }
  function showInput(fresh) {
    if (fresh) forgetUnits();
    repaint();
    paintScenes();
    showScores();
  }
  var DRAW = {
    histogram: (layer) => histogramChart(layer.distribution),
    active: (layer) => activeChart(layer.channels),
    shift: (layer) => shiftChart(layer),
    pooling: (layer) => poolingChart(layer.pooling)
  };
  function openSection(section) {
    const index = indexOf(section);
    const layer = layers[index];
    if (!section.dataset.drawn) {
      section.dataset.drawn = "yes";
      watch(section, () => layer.maps && /** @type {HTMLDetailsElement} */
      section.open && showValue(index));
      all(".maps", section).forEach(fillGrid);
      for (const target of all("[data-draw]", section)) target.replaceChildren(DRAW[
        /** @type {string} */
        target.dataset.draw
      ](layer));
      for (const target of all(".kernels", section)) paintKernels(target, layer.kernels);
      for (const target of all(".patches", section)) showPatches(target, layer.patches);
      for (const target of all("[data-legend]", section))
        target.replaceChildren(target.dataset.legend === "kernels" ? legend(layer.kernels.limit, true) : legend(layerLimit(layer), layer.maps.signed));
    }
    all(".maps", section).forEach(paintGrid);
    paintScenes(section);
    if (layer.maps) showUnit(index);
  }
  function showPatches(target, { image, columns, values: values2, channels: channels2, status }) {
    const strip = (i) => {
      if (status[i] !== "ok") return element("em", {}, status[i] === "dead" ? "never active" : "always the same");
      const label2 = `strongest patches of channel ${channels2[i]}`;
      return element("canvas", { role: "img", "aria-label": label2, title: `activations ${values2[i].map(number).join(", ")}` });
    };
    target.replaceChildren(...channels2.map((channel, i) => element("div", {}, element("b", {}, channel), strip(i))));
    const sheet2 = new Image();
    sheet2.onload = () => {
      const tile = sheet2.width / columns;
      const side2 = tile * Math.max(1, Math.round(PATCH / tile));
      all("div", target).forEach((line2, row) => {
        const canvas = (
          /** @type {HTMLCanvasElement | null} */
          find("canvas", line2)
        );
        const context = canvas?.getContext("2d");
        if (!canvas || !context) return;
        const count = values2[row].length;
        canvas.width = columns * (side2 + GAP) - GAP;
        canvas.height = side2;
        context.imageSmoothingEnabled = tile > 2;
        for (let col = 0; col < count; col++) context.drawImage(sheet2, col * tile, row * tile, tile, tile, col * (side2 + GAP), 0, side2, side2);
      });
    };
    sheet2.src = image;
  }
  var [PATCH, GAP] = [64, 5];

  // hierfeat/atlas/scripts/stimuli.js
  var GROUND = 0.5;
  function halfPlane(distance, sine, cosine) {
    const wide = Math.max(Math.abs(sine), Math.abs(cosine));
    const narrow = Math.max(1e-6, Math.min(Math.abs(sine), Math.abs(cosine)));
    const far = Math.abs(distance);
    const rest = Math.max(0, (wide + narrow) / 2 - far);
    const share = far < (wide - narrow) / 2 ? 0.5 + far / wide : 1 - rest * rest / (2 * wide * narrow);
    return distance < 0 ? 1 - share : share;
  }
  var band = (distance, width3, sine, cosine) => halfPlane(distance + width3 / 2, sine, cosine) - halfPlane(distance - width3 / 2, sine, cosine);
  function pattern({ kind, orientation, width: width3, length, polarity, offset = 0 }) {
    const angle = orientation * Math.PI / 180;
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
    const across = (row, col) => row * cosine + col * sine - offset;
    if (kind === "edge") return (row, col) => polarity * (2 * halfPlane(across(row, col), sine, cosine) - 1);
    if (kind === "grating") return (row, col) => polarity * Math.cos(Math.PI * across(row, col) / width3);
    if (kind === "spot")
      return (row, col) => {
        const radius2 = Math.max(1e-6, Math.hypot(row, col));
        const [s, c] = [col / radius2, row / radius2];
        return polarity * (halfPlane(width3 / 2 - radius2, s, c) - halfPlane(-width3 / 2 - radius2, s, c));
      };
    return (row, col) => polarity * band(across(row, col), width3, sine, cosine) * band(col * cosine - row * sine, length, cosine, -sine);
  }
  function drawn([channels2, height3, width3], stimulus2) {
    const at = pattern(stimulus2);
    const image = new Float32Array(channels2 * height3 * width3);
    const each2 = height3 * width3;
    for (let row = 0, i = 0; row < height3; row++)
      for (let col = 0; col < width3; col++, i++) {
        const value = GROUND + 0.5 * at(row + 0.5 - stimulus2.row, col + 0.5 - stimulus2.col);
        image[i] = Math.max(0, Math.min(1, value));
      }
    for (let c = 1; c < channels2; c++) image.copyWithin(c * each2, 0, each2);
    return image;
  }
  function sweep([top, left, bottom, right], steps = 41) {
    const size = Math.max(bottom - top, right - left);
    const offsets = Array.from({ length: steps }, (_, i) => -0.75 * size + 1.5 * size * i / (steps - 1));
    const orientations = Array.from({ length: 8 }, (_, i) => i * 22.5);
    const stimulus2 = (orientation, offset) => ({
      kind: "bar",
      row: (top + bottom) / 2,
      col: (left + right) / 2,
      orientation,
      offset,
      width: Math.max(1, size / 5),
      length: 1.5 * size,
      polarity: 1
    });
    return { orientations, offsets, stimulus: stimulus2 };
  }

  // hierfeat/atlas/scripts/hubel.js
  var shape = payload.model.input_shape;
  var [, height, width] = shape;
  var RATE = 60;
  var POINTS = 240;
  var stimulus = { kind: "bar", row: height / 2, col: width / 2, orientation: 90, width: 2, length: 10, polarity: 1 };
  var response = 0;
  var blank = 0;
  var largest3 = 1e-9;
  var best = 0;
  var optimum = 0;
  var trace = [];
  var spikes = [];
  var [sums2, weights] = [new Float32Array(height * width), new Float32Array(height * width)];
  var audio = null;
  var watching = 0;
  var random = uniform(1959);
  var chosen2 = () => state.unit ? layers[state.unit.layer] : null;
  function respond(frame3) {
    const layer = chosen2();
    return layer && state.unit ? frame3[layer.index][flatIndex(layer, state.unit)] : 0;
  }
  function field() {
    const layer = chosen2();
    const found = layer && state.unit ? box(layer, state.unit) : null;
    return found && found[2] > found[0] ? found : [0, 0, height, width];
  }
  function screenBox() {
    const [top, left, bottom, right] = field();
    const margin = Math.max(2, Math.round(0.4 * Math.max(bottom - top, right - left)));
    const side2 = Math.max(bottom - top, right - left) + 2 * margin;
    const from = (low, high, most) => {
      const size = Math.min(side2, most);
      return [Math.max(0, Math.min(most - size, Math.round((low + high - size) / 2))), size];
    };
    const [row, rows] = from(top, bottom, height);
    const [col, cols] = from(left, right, width);
    return { row, rows, col, cols };
  }
  function paintScreen(image) {
    const { row, rows, col, cols } = screenBox();
    const cut = new Float32Array(shape[0] * rows * cols);
    for (let c = 0, to = 0; c < shape[0]; c++)
      for (let r = row; r < row + rows; r++) for (let k = col; k < col + cols; k++) cut[to++] = image[(c * height + r) * width + k];
    paintImage(
      /** @type {HTMLCanvasElement} */
      need(".screen canvas"),
      cut,
      [shape[0], rows, cols]
    );
    const [top, left, bottom, right] = field();
    const outline = need(".screen i");
    const percent = (value, whole) => `${100 * value / whole}%`;
    Object.assign(outline.style, { top: percent(top - row, rows), left: percent(left - col, cols), height: percent(bottom - top, rows), width: percent(right - left, cols) });
  }
  function paintHandMap() {
    const { row, rows, col, cols } = screenBox();
    const { pixels, show } = sheet(
      /** @type {HTMLCanvasElement} */
      need(".handmap canvas"),
      rows,
      cols
    );
    let most = 1e-9;
    for (let i = 0; i < sums2.length; i++) if (weights[i]) most = Math.max(most, Math.abs(sums2[i] / weights[i]));
    for (let r = 0, to = 0; r < rows; r++)
      for (let k = 0; k < cols; k++, to++) {
        const i = (row + r) * width + col + k;
        const share = weights[i] ? sums2[i] / weights[i] / most : 0;
        const dark = 255 * (1 - Math.abs(share));
        pixels[to] = !weights[i] ? pixel(128, 128, 128) : share >= 0 ? pixel(dark, 160 + 0.37 * dark, dark) : pixel(200 + 0.2 * dark, dark, dark);
      }
    show();
  }
  function remember2(image, gain) {
    for (let i = 0; i < sums2.length; i++) {
      const cover = Math.abs(image[i] - GROUND) * 2;
      if (cover < 0.02) continue;
      sums2[i] += cover * gain;
      weights[i] += cover;
    }
  }
  function present() {
    if (!chosen2()) return;
    const image = drawn(shape, stimulus);
    paintScreen(image);
    ask(image, (frame3) => {
      response = respond(frame3.layers);
      largest3 = Math.max(largest3, response);
      best = Math.max(best, response);
      remember2(image, response - blank);
      paintHandMap();
      repaint();
      showScores();
      report();
    });
    watch2();
  }
  function report() {
    const parts2 = [`response ${number(response)}, to bare grey ${number(blank)}.`];
    if (optimum > 0) parts2.push(`Your best: ${Math.round(100 * Math.max(0, best) / optimum)} % of the strongest response that the page's own search found (${number(optimum)}).`);
    need(".hubel-says").textContent = parts2.join(" ");
  }
  function watch2() {
    const idle = watching === 0;
    watching = performance.now() + 4e3;
    if (idle) requestAnimationFrame(step);
  }
  var before = 0;
  function step(now) {
    const seconds = Math.min(0.1, Math.max(1e-3, (now - before) / 1e3));
    before = now;
    const rate = RATE * Math.max(0, response) / largest3;
    const fired = random() < 1 - Math.exp(-rate * seconds);
    trace.push(response);
    spikes.push(fired);
    if (trace.length > POINTS) [trace, spikes] = [trace.slice(-POINTS), spikes.slice(-POINTS)];
    if (fired) click();
    paintTrace();
    if (now < watching) requestAnimationFrame(step);
    else watching = 0;
  }
  function click() {
    if (!audio) return;
    const buffer = audio.createBuffer(1, 64, audio.sampleRate);
    const data = buffer.getChannelData(0);
    for (let i = 0; i < data.length; i++) data[i] = (i < 20 ? 1 : -0.4) * Math.exp(-i / 16) * 0.4;
    const source = audio.createBufferSource();
    source.buffer = buffer;
    source.connect(audio.destination);
    source.start();
  }
  function paintTrace() {
    const canvas = (
      /** @type {HTMLCanvasElement} */
      need(".trace")
    );
    const context = (
      /** @type {CanvasRenderingContext2D} */
      canvas.getContext("2d")
    );
    const style = getComputedStyle(canvas);
    const [W, H] = [canvas.width, canvas.height];
    const low = Math.min(0, ...trace);
    const Y = (value) => H - 26 - (value - low) / (largest3 - low || 1) * (H - 34);
    context.clearRect(0, 0, W, H);
    context.strokeStyle = style.getPropertyValue("--first");
    context.lineWidth = 2;
    context.beginPath();
    trace.forEach((value, i) => context.lineTo(i * W / POINTS, Y(value)));
    context.stroke();
    context.strokeStyle = style.getPropertyValue("--ink");
    context.beginPath();
    spikes.forEach((fired, i) => {
      if (!fired) return;
      context.moveTo(i * W / POINTS, H - 20);
      context.lineTo(i * W / POINTS, H - 4);
    });
    context.stroke();
  }
  async function prepare() {
    const layer = chosen2();
    const screen2 = need(".bench-hubel");
    screen2.classList.toggle("ready", layer !== null);
    if (!layer || !state.unit) return;
    need(".hubel-unit").replaceChildren("Unit: ", element("b", {}, layer.name), layer.maps.shape[1] * layer.maps.shape[2] > 1 ? `, channel ${state.unit.tile}, row ${state.unit.row}, column ${state.unit.col}` : `, unit ${channelOf(layer, state.unit)}`);
    const [top, left, bottom, right] = field();
    const size = Math.max(bottom - top, right - left);
    Object.assign(stimulus, { row: (top + bottom) / 2, col: (left + right) / 2, width: Math.max(1, size / 5), length: Math.max(2, size) });
    [sums2, weights] = [new Float32Array(height * width), new Float32Array(height * width)];
    [trace, spikes, best, optimum, response] = [[], [], -Infinity, 0, 0];
    largest3 = Math.max(1e-9, respond([...layers.keys()].map((index) => layers[index].maps ? values(layers[index]) : new Float32Array(0))));
    need(".plate").replaceChildren();
    paintScreen(new Float32Array(shape[0] * height * width).fill(GROUND));
    paintHandMap();
    need(".hubel-says").textContent = "Move the pointer over the screen.";
  }
  async function responses(many) {
    const found = [];
    for (const one of many) found.push(respond((await frameOf(drawn(shape, one))).layers));
    return found;
  }
  async function measureBlank() {
    blank = respond((await frameOf(new Float32Array(shape[0] * height * width).fill(GROUND))).layers);
  }
  async function runSweep() {
    const { orientations, offsets, stimulus: bar } = sweep(field());
    await measureBlank();
    const rows = [];
    for (const orientation of orientations) rows.push(await responses(offsets.map((offset) => bar(orientation, offset))));
    await update();
    return { orientations, offsets, responses: rows, blank };
  }
  async function showSweep() {
    const { orientations, offsets, responses: rows } = await runSweep();
    const most = Math.max(...rows.flat(), 1e-9);
    const low = Math.min(0, ...rows.flat());
    largest3 = Math.max(largest3, most);
    const lines = rows.map((row, i) => {
      const d = row.map((value, k) => `${k ? "L" : "M"}${(k * 150 / (offsets.length - 1)).toFixed(1)} ${(34 - (value - low) / (most - low) * 30).toFixed(1)}`).join("");
      const angle = orientations[i] * Math.PI / 180;
      const bar = svg("line", { class: "bar", x1: 18 - 12 * Math.cos(angle), y1: 20 + 12 * Math.sin(angle), x2: 18 + 12 * Math.cos(angle), y2: 20 - 12 * Math.sin(angle) });
      return svg("g", { transform: `translate(${i % 2 * 220} ${Math.floor(i / 2) * 42})` }, bar, svg("g", { transform: "translate(44 0)" }, svg("path", { class: "first", d })));
    });
    const plate = svg("svg", { viewBox: "0 0 420 176", role: "img", "aria-label": "Response as a bar sweeps across the field, at eight orientations" }, ...lines);
    const silent = most <= 1e-9 && element("p", { class: "note" }, "No bar brings this unit above zero.");
    need(".plate").replaceChildren(
      .../** @type {Node[]} */
      [silent].filter(Boolean),
      element("figure", {}, element("figcaption", {}, "A bar sweeps across the field"), plate),
      element("figure", {}, element("figcaption", {}, "Largest response by orientation"), polar(orientations, rows.map((row) => Math.max(0, ...row))))
    );
  }
  function polar(orientations, strengths) {
    const most = Math.max(...strengths, 1e-9);
    const points = [...orientations, ...orientations.map((one) => one + 180)].map((degrees, i) => {
      const [angle, radius2] = [degrees * Math.PI / 180, 70 * strengths[i % strengths.length] / most];
      return `${(90 + radius2 * Math.cos(angle)).toFixed(1)} ${(84 - radius2 * Math.sin(angle)).toFixed(1)}`;
    });
    const rings = [35, 70].map((r) => svg("circle", { class: "ring", cx: 90, cy: 84, r }));
    const names = [[0, 168, 88], [90, 90, 10]].map(([degrees, x, y]) => svg("text", { x, y, "text-anchor": "middle" }, `${degrees}°`));
    return svg("svg", { viewBox: "0 0 180 170", role: "img", "aria-label": "Polar tuning curve" }, ...rings, svg("path", { class: "first", d: `M${points.join("L")}Z` }), ...names);
  }
  async function search() {
    const [top, left, bottom, right] = field();
    const size = Math.max(bottom - top, right - left);
    const many = [];
    for (
      const kind of
      /** @type {const} */
      ["bar", "edge", "grating"]
    )
      for (let orientation = 0; orientation < 180; orientation += 22.5)
        for (const share of kind === "edge" ? [1] : [0.12, 0.25, 0.5])
          for (const offset of [-0.3, -0.15, 0, 0.15, 0.3])
            for (const polarity of [1, -1])
              many.push({ kind, row: (top + bottom) / 2, col: (left + right) / 2, orientation, offset: offset * size, width: Math.max(1, share * size), length: 1.5 * size, polarity });
    const found = await responses(many);
    optimum = Math.max(...found, 0);
    await update();
    report();
  }
  function turnByKey(event) {
    const keys = {
      ArrowUp: () => stimulus.row -= 1,
      ArrowDown: () => stimulus.row += 1,
      ArrowLeft: () => stimulus.col -= 1,
      ArrowRight: () => stimulus.col += 1,
      q: () => stimulus.orientation = (stimulus.orientation + 7.5) % 180,
      e: () => stimulus.orientation = (stimulus.orientation + 172.5) % 180,
      w: () => stimulus.width *= 1.15,
      s: () => stimulus.width = Math.max(0.5, stimulus.width / 1.15),
      d: () => stimulus.length *= 1.15,
      a: () => stimulus.length = Math.max(0.5, stimulus.length / 1.15)
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
    present();
  }
  function screen() {
    const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": "Screen: arrow keys move the bar, q and e turn it, w and s change its width, a and d its length" });
    canvas.addEventListener("pointermove", (event) => {
      const area = canvas.getBoundingClientRect();
      const { row, rows, col, cols } = screenBox();
      stimulus.row = row + (event.clientY - area.top) / area.height * rows;
      stimulus.col = col + (event.clientX - area.left) / area.width * cols;
      present();
    });
    canvas.addEventListener("pointerenter", () => measureBlank());
    canvas.addEventListener("focus", () => measureBlank());
    canvas.addEventListener("pointerleave", () => {
      response = blank;
      update();
    });
    canvas.addEventListener("blur", () => update());
    canvas.addEventListener("keydown", turnByKey);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      stimulus.orientation = ((stimulus.orientation - Math.sign(event.deltaY) * 7.5) % 180 + 180) % 180;
      present();
    }, { passive: false });
    return element("span", { class: "screen" }, canvas, element("i"));
  }
  function controls() {
    const kinds = (
      /** @type {const} */
      [["bar", "bar"], ["edge", "edge"], ["spot", "spot"], ["grating", "grating"]].map(([kind, label2]) => {
        const input2 = element("input", { type: "radio", name: "stimulus", value: kind, checked: kind === stimulus.kind });
        input2.addEventListener("change", () => stimulus.kind = kind);
        return element("label", {}, input2, element("span", {}, label2));
      })
    );
    const dark = element("input", { type: "checkbox", name: "dark" });
    dark.addEventListener("change", () => stimulus.polarity = dark.checked ? -1 : 1);
    const sound = element("input", { type: "checkbox", name: "sound" });
    sound.addEventListener("change", () => {
      audio?.close();
      audio = sound.checked ? new AudioContext() : null;
    });
    const button = (name, label2, act) => element("button", { type: "button", "data-do": name, onclick: act }, label2);
    return element(
      "div",
      { class: "controls" },
      element("fieldset", { class: "choice" }, element("legend", {}, "Stimulus"), ...kinds),
      element("label", { class: "check" }, dark, element("span", {}, "Dark on grey")),
      element("label", { class: "check" }, sound, element("span", {}, "Sound: a click for each spike")),
      element("p", { class: "buttons" }, button("sweep", "Sweep by itself", showSweep), button("search", "Find its best stimulus", search), button("forget", "Clear the map", prepare)),
      element("p", { class: "note" }, "The wheel, or the keys q and e, turn the stimulus; w and s change its width, a and d its length; arrow keys move it.")
    );
  }
  function startHubel() {
    const figures = [
      element("figure", {}, element("figcaption", {}, "Screen: the field of the unit is outlined"), screen()),
      element("figure", { class: "handmap" }, element("figcaption", {}, "Mapped by hand: ON green, OFF red"), element("canvas", { role: "img", "aria-label": "The receptive field as mapped by hand" })),
      element("figure", { class: "scope" }, element("figcaption", {}, "Response and spikes"), element("canvas", { class: "trace", width: 480, height: 150, role: "img", "aria-label": "Trace of the response" }))
    ];
    need(".bench-hubel").replaceChildren(element("p", { class: "hubel-unit" }), ...figures, controls(), element("p", { class: "hubel-says readout", "aria-live": "polite" }), element("div", { class: "plate" }));
    subscribe((changed2) => changed2.has("unit") && !need(".bench-hubel").matches(":hover") && prepare());
    Object.assign(globalThis, { atlas: { runSweep, measured: () => ({ response, blank, best, optimum }), input: currentInput, output } });
  }

  // hierfeat/atlas/scripts/arithmetic.js
  var SHOWN = 4;
  var weights2 = null;
  function valueOf(name) {
    if (!frame || !graph) return null;
    if (frame.extra[name]) return frame.extra[name];
    const index = graph.layers.findIndex(([, value]) => value === name);
    return index < 0 ? null : frame.layers[index];
  }
  var pair3 = (value) => Array.isArray(value) ? [value[0], value[value.length - 1]] : [value, value];
  function convolutionTerms(args, shape2, held, unit, layer) {
    const x = valueOf(args[0].v);
    const kernel = held.get(args[1]?.v);
    const tensor2 = graph?.tensors.find(([name]) => name === args[1]?.v);
    if (!x || !kernel || !tensor2 || typeof args[4] === "string") return null;
    const [O, CG, kh, kw] = tensor2[1];
    const [, height3, width3] = layer.in_shape;
    const [[sh, sw], [top, left], [dh, dw]] = [pair3(args[3]), pair3(args[4]), pair3(args[5])];
    const groups = args[6];
    const o = unit.tile;
    const first = Math.floor(o / (O / groups)) * CG;
    const terms = Array.from({ length: CG }, (_, c) => {
      const term = { label: `input ${first + c}`, window: [], kernel: [], sum: 0 };
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const [row, col] = [unit.row * sh - top + i * dh, unit.col * sw - left + j * dw];
          const seen2 = row >= 0 && col >= 0 && row < height3 && col < width3 ? x[((first + c) * height3 + row) * width3 + col] : 0;
          const weight = kernel[((o * CG + c) * kh + i) * kw + j];
          term.window.push(seen2);
          term.kernel.push(weight);
          term.sum += seen2 * weight;
        }
      return term;
    });
    void shape2;
    return { terms, bias: args[2] ? held.get(args[2].v)?.[o] ?? 0 : 0, size: [kh, kw] };
  }
  function linearTerms(args, held, o) {
    const x = valueOf(args[0].v);
    const matrix = held.get(args[1]?.v);
    if (!x || !matrix) return null;
    const K = x.length;
    const terms = Array.from({ length: K }, (_, k) => ({ label: `input ${k}`, window: [x[k]], kernel: [matrix[o * K + k]], sum: x[k] * matrix[o * K + k] }));
    return { terms, bias: args[2] ? held.get(args[2].v)?.[o] ?? 0 : 0 };
  }
  function grid(numbers, size, label2) {
    const canvas = element("canvas", { role: "img", "aria-label": label2, title: numbers.map((value) => number(value)).join(", ").slice(0, 400) });
    paintNumbers(canvas, numbers, 0, size[0], size[1], Math.max(...numbers.map(Math.abs), 1e-12), true);
    return canvas;
  }
  function sumOf(terms, bias, size) {
    const sorted = [...terms].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
    const rest = sorted.slice(SHOWN).reduce((sum2, term) => sum2 + term.sum, 0);
    const rows = sorted.slice(0, SHOWN).map((term) => {
      const parts2 = size ? [grid(term.window, size, `window of ${term.label}`), "×", grid(term.kernel, size, `kernel for ${term.label}`), "=", grid(term.window.map((value, i) => value * term.kernel[i]), size, "their products")] : [`${number(term.window[0])} × ${number(term.kernel[0])}`];
      return element("div", { class: "term" }, element("span", { class: "from" }, term.label), ...parts2, element("span", { class: "amount" }, size ? `Σ ${number(term.sum)}` : `= ${number(term.sum)}`));
    });
    const total = terms.reduce((sum2, term) => sum2 + term.sum, bias);
    const more = terms.length > SHOWN ? element("div", { class: "term" }, element("span", { class: "from" }, `${terms.length - SHOWN} other inputs`), element("span", { class: "amount" }, number(rest))) : null;
    const last = element("div", { class: "term" }, element("span", { class: "from" }, "bias"), element("span", { class: "amount" }, number(bias)));
    return [...rows, more, last, element("div", { class: "term total" }, element("span", { class: "from" }, "together"), element("span", { class: "amount", "data-value": total }, number(total)))];
  }
  function curveOf(x, y, op, curve) {
    const lows = [Math.min(...curve.map(([a]) => a)), Math.min(...curve.map(([, b]) => b))];
    const highs = [Math.max(...curve.map(([a]) => a)), Math.max(...curve.map(([, b]) => b))];
    const X = (value) => 10 + 160 * (value - lows[0]) / (highs[0] - lows[0] || 1);
    const Y = (value) => 90 - 80 * (value - lows[1]) / (highs[1] - lows[1] || 1);
    const d = curve.map(([a, b], i) => `${i ? "L" : "M"}${X(a).toFixed(1)} ${Y(b).toFixed(1)}`).join("");
    const picture = svg("svg", { viewBox: "0 0 180 100", role: "img", "aria-label": `${op} of ${number(x)} is ${number(y)}` }, svg("path", { class: "faint", d }), svg("circle", { class: "first", cx: X(x), cy: Y(y), r: 4 }));
    return [picture, element("p", {}, `${op}(${number(x)}) = ${number(y)}`)];
  }
  function pairs(x, y) {
    const step2 = Math.max(1, Math.floor(x.length / 400));
    const found = [];
    for (let i = 0; i < x.length; i += step2) found.push([x[i], y[i]]);
    return found.sort((a, b) => a[0] - b[0]);
  }
  function explain(layer, held) {
    if (!graph || !frame || !state.unit) return null;
    const value = graph.layers[layer.index][1];
    const node = graph.nodes.find(([name]) => name === value);
    if (!node) return null;
    const [, op, stored, shape2] = node;
    const args = (
      /** @type {any[]} */
      stored
    );
    const at = flatIndex(layer, state.unit);
    if (op.startsWith("conv2d.")) {
      const unit = layer.maps.shape[1] * layer.maps.shape[2] > 1 ? state.unit : { tile: channelOf(layer, state.unit), row: 0, col: 0 };
      const found = convolutionTerms(args, shape2, held, unit, layer);
      return found && sumOf(found.terms, found.bias, found.size);
    }
    if (op === "linear.default") {
      const found = linearTerms(args, held, at);
      return found && sumOf(found.terms, found.bias, null);
    }
    const x = valueOf(args[0]?.v);
    if (!x) return null;
    if (op.startsWith("_native_batch_norm")) {
      const c = channelOf(layer, state.unit);
      const [weight, bias, mean, variance] = [1, 2, 3, 4].map((i) => held.get(args[i]?.v)?.[c]);
      const text2 = `(${number(x[at])} − ${number(mean ?? 0)}) / √(${number(variance ?? 1)} + ${args[6]}) × ${number(weight ?? 1)} + ${number(bias ?? 0)} = ${number(frame.layers[layer.index][at])}`;
      return [element("p", {}, text2.replaceAll("+ −", "− ").replaceAll("− −", "+ "))];
    }
    if (layer.kind === "activation" && x.length === frame.layers[layer.index].length)
      return curveOf(x[at], frame.layers[layer.index][at], layer.op, pairs(x, frame.layers[layer.index]));
    return null;
  }
  async function showArithmetic() {
    const panel = find(".arithmetic");
    if (!panel || !graph || !state.unit) return;
    weights2 ??= unpack(graph, fromBase64(need("#live-weights").textContent ?? ""));
    const held = await weights2;
    const layer = layers[state.unit.layer];
    const found = explain(layer, held);
    const says2 = found ? "" : layer.kind === "pool" ? "Its section shows which of the cells under it wins." : "This operation is not taken apart.";
    panel.replaceChildren(element("p", { class: "note" }, element("b", {}, layer.name), `, ${layer.op}. ${says2}`), ...(found ?? []).filter((one) => one !== null));
  }

  // hierfeat/atlas/scripts/bench.js
  var [channels, height2, width2] = payload.model.input_shape;
  var side = Math.min(height2, width2);
  var SLIDERS = [
    ["shift_x", "Shift right", -Math.floor(side / 2), Math.floor(side / 2), 0.5, 0, "px"],
    ["shift_y", "Shift down", -Math.floor(side / 2), Math.floor(side / 2), 0.5, 0, "px"],
    ["rotation", "Rotation", -180, 180, 1, 0, "°"],
    ["scale", "Scale", 0.3, 3, 0.05, 1, "×"],
    ["contrast", "Contrast", 0, 2, 0.05, 1, "×"],
    ["noise", "Noise", 0, 0.6, 0.02, 0, ""],
    ["square", "Occluding square", 0, Math.floor(side / 2), 1, 0, "px"]
  ];
  var SETTINGS = [...SLIDERS.map(([name]) => name), "square_row", "square_col"];
  var neutral = () => (
    /** @type {Settings} */
    Object.fromEntries([...SLIDERS.map(([name, , , , , value]) => [name, value]), ["square_row", height2 / 2], ["square_col", width2 / 2]])
  );
  var settings = neutral();
  var page;
  var past = [];
  var drawn2 = false;
  var ground = 0;
  var tool = "draw";
  var radius = 0;
  var input = new Float32Array(channels * height2 * width2);
  var currentInput = () => input;
  var plain = () => SLIDERS.every(([name, , , , , value]) => settings[name] === value);
  function takeSample() {
    const image = sampleImage(state.sample);
    ground = groundOf(image, payload.model.input_shape);
    page = paper(payload.model.input_shape, image);
    past = [];
    drawn2 = false;
  }
  var spent = { input: 0, forward: 0, maps: 0, scores: 0, rest: 0 };
  function update() {
    const start2 = performance.now();
    const preparation = drawn2 && prepares() ? payload.model.prepare : null;
    const sample = sampleImage(state.sample);
    if (drawn2) input = compose(page, settings, ground, preparation);
    else input = plain() ? sample : compose(asPaper(payload.model.input_shape, sample), settings, ground, null);
    paintInput();
    spent.input = performance.now() - start2;
    return ask(input, showFrame2);
  }
  function showFrame2(frame3) {
    const start2 = performance.now();
    repaint();
    const painted = performance.now();
    setPicture(drawn2 || !plain() ? input : null);
    showScores();
    const scored = performance.now();
    if (visible(need(".arithmetic"))) showArithmetic();
    const time = `${frame3.ms < 10 ? frame3.ms.toFixed(1) : frame3.ms.toFixed(0)} ms a frame`;
    const clock = need(".frame-time");
    if (clock.textContent !== time) clock.textContent = time;
    document.documentElement.dataset.frames = String(Number(document.documentElement.dataset.frames ?? 0) + 1);
    Object.assign(spent, { forward: frame3.ms, maps: painted - start2, scores: scored - painted, rest: performance.now() - scored });
  }
  var queued = 0;
  function soon() {
    if (!queued) queued = requestAnimationFrame(() => {
      queued = 0;
      update();
    });
  }
  var paintPaper = () => paintImage(
    /** @type {HTMLCanvasElement} */
    need(".pad"),
    page.ink,
    [channels, height2 * page.fine, width2 * page.fine]
  );
  var paintInput = () => paintImage(
    /** @type {HTMLCanvasElement} */
    need(".seen canvas"),
    input,
    payload.model.input_shape
  );
  var prepares = () => Boolean(payload.model.prepare) && /** @type {HTMLInputElement} */
  need('[name="prepare"]').checked;
  function keep() {
    past.push(page.ink.slice());
    if (past.length > 20) past.shift();
    drawn2 = true;
  }
  var ACTIONS = {
    clear() {
      keep();
      ground = channels === 1 ? Math.round(ground) : 1;
      page = paper(payload.model.input_shape, ground);
    },
    undo() {
      const before2 = past.pop();
      if (before2) page.ink.set(before2);
      if (!past.length) drawn2 = false;
    },
    invert() {
      keep();
      page.ink.forEach((value, i) => page.ink[i] = 1 - value);
      ground = 1 - ground;
    },
    reset() {
      settings = neutral();
      takeSample();
      showSliders();
    }
  };
  function pad2() {
    const canvas = element("canvas", { class: "pad", tabindex: 0, role: "img", "aria-label": "Paper: draw here with mouse, finger or pen" });
    let last = null;
    const at = (event) => {
      const area = canvas.getBoundingClientRect();
      return (
        /** @type {[number, number]} */
        [(event.clientY - area.top) / area.height * height2 * page.fine, (event.clientX - area.left) / area.width * width2 * page.fine]
      );
    };
    const draw = (event) => {
      const place2 = at(event);
      stroke(page, last ?? place2, place2, radius * page.fine, tool === "draw" ? ground < 0.5 ? 1 : 0 : ground);
      last = place2;
      paintPaper();
      soon();
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      keep();
      last = null;
      draw(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (last) for (const one of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) draw(one);
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => last = null);
    return canvas;
  }
  function seen() {
    const canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": "What the network sees. Arrow keys move the occluding square" });
    const move = (row, col) => {
      settings.square_row = Math.max(0, Math.min(height2, row));
      settings.square_col = Math.max(0, Math.min(width2, col));
      remember3();
      soon();
    };
    const drag = (event) => {
      const area = canvas.getBoundingClientRect();
      if (settings.square) move((event.clientY - area.top) / area.height * height2, (event.clientX - area.left) / area.width * width2);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      drag(event);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && drag(event));
    canvas.addEventListener("keydown", (event) => {
      const by = (
        /** @type {Record<string, number[]>} */
        { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
      );
      if (!by || !settings.square) return;
      event.preventDefault();
      move(settings.square_row + by[0], settings.square_col + by[1]);
    });
    return canvas;
  }
  function remember3() {
    const start2 = neutral();
    set({ bench: Object.fromEntries(SETTINGS.filter((name) => settings[
      /** @type {keyof Settings} */
      name
    ] !== start2[
      /** @type {keyof Settings} */
      name
    ]).map((name) => [name, settings[
      /** @type {keyof Settings} */
      name
    ]])) });
  }
  var says = (value, unit) => `${String(+value.toFixed(2)).replace("-", "−")}${unit && ` ${unit}`}`;
  function sliders() {
    return SLIDERS.map(([name, label2, min, max, step2, , unit]) => {
      const shown = element("output", {}, says(settings[name], unit));
      const range = element("input", { type: "range", name: `bench-${name}`, min, max, step: step2, value: settings[name] });
      range.addEventListener("input", () => {
        settings[name] = Number(range.value);
        shown.textContent = says(settings[name], unit);
        remember3();
        soon();
      });
      return element("label", {}, element("span", {}, label2), range, shown);
    });
  }
  function showSliders() {
    for (const [name, , , , , , unit] of SLIDERS) {
      const range = (
        /** @type {HTMLInputElement} */
        need(`[name="bench-${name}"]`)
      );
      range.value = String(settings[name]);
      range.nextElementSibling.textContent = says(settings[name], unit);
    }
    remember3();
  }
  function tools() {
    const choice = (value, label2) => {
      const input2 = element("input", { type: "radio", name: "tool", value, checked: value === tool });
      input2.addEventListener("change", () => tool = value);
      return element("label", {}, input2, element("span", {}, label2));
    };
    const brush = element("input", { type: "range", name: "brush", min: side / 56, max: side / 7, step: side / 112, value: radius });
    brush.addEventListener("input", () => radius = Number(brush.value));
    const button = (name, label2) => {
      const made = element("button", { type: "button", "data-do": name }, label2);
      made.addEventListener("click", () => {
        ACTIONS[name]();
        paintPaper();
        update();
      });
      return made;
    };
    const parts2 = [
      element("fieldset", { class: "choice" }, element("legend", {}, "Pen"), choice("draw", "draw"), choice("erase", "erase")),
      element("label", {}, element("span", {}, "Brush"), brush),
      element("p", { class: "buttons" }, button("clear", "Clear"), button("undo", "Undo"), button("invert", "Invert"), button("reset", "Back to the sample"))
    ];
    if (payload.model.prepare) {
      const input2 = element("input", { type: "checkbox", name: "prepare", checked: true });
      input2.addEventListener("change", update);
      parts2.push(element("label", { class: "check" }, input2, element("span", {}, "Size and centre a drawing as the network's own data were")));
    }
    return parts2;
  }
  function build() {
    const drawing2 = element("figure", {}, element("figcaption", {}, "Paper: draw on it"), pad2());
    const input2 = element("figure", { class: "seen" }, element("figcaption", {}, "What the network sees"), seen(), element("p", { class: "says" }), element("p", { class: "frame-time", "aria-live": "off" }));
    const controls2 = element("div", { class: "controls" }, ...tools(), ...sliders());
    need(".bench-input").replaceChildren(drawing2, input2, controls2);
  }
  async function startBench() {
    radius = side / 28;
    settings = { ...neutral(), .../** @type {any} */
    state.bench };
    await startNetwork();
    takeSample();
    build();
    paintPaper();
    subscribe((changed2) => {
      if (!changed2.has("sample")) return;
      takeSample();
      paintPaper();
      forgetUnits();
      update();
    });
    subscribe((changed2) => changed2.has("unit") && showArithmetic());
    startHubel();
    watch(need(".arithmetic"), showArithmetic);
    Object.assign(
      /** @type {any} */
      globalThis.atlas,
      { spent }
    );
    await update();
    if (state.unit) prepare();
    for (const one of all(".needs-live")) one.hidden = false;
  }

  // hierfeat/atlas/scripts/main.js
  function goTo(hash) {
    const section = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    if (!section) return;
    if (section instanceof HTMLDetailsElement) section.open = true;
    section.scrollIntoView();
  }
  function restore() {
    const next = read(location.hash, SETTINGS);
    if (!next) return;
    if (next.sample !== void 0 && next.sample >= 0 && next.sample < samples.length) {
      state.sample = next.sample;
      all('[name="sample"]')[next.sample].checked = true;
    }
    if (next.range) {
      state.range = next.range;
      need('[name="range"][value="map"]').checked = true;
    }
    if (next.unit && layers[next.unit.layer]?.maps && exists(layers[next.unit.layer], next.unit)) state.unit = next.unit;
    state.bench = next.bench ?? {};
  }
  function listen() {
    const point = (event) => {
      const found = pointed(event);
      if (found) select2(found.index, found.unit);
    };
    document.addEventListener("pointermove", (event) => event.pointerType === "mouse" && !event.buttons && point(event));
    document.addEventListener("click", point);
    document.addEventListener("keydown", (event) => {
      const grid2 = (
        /** @type {HTMLElement} */
        event.target
      );
      if (!grid2.classList.contains("maps")) return;
      const index = indexOf(grid2);
      const next = moved3(event.key, index);
      if (!next) return;
      event.preventDefault();
      select2(index, next);
    });
    document.addEventListener("focusin", (event) => {
      const grid2 = (
        /** @type {HTMLElement} */
        event.target
      );
      if (grid2.classList.contains("maps") && grid2.matches(":focus-visible")) select2(indexOf(grid2), unitOf(indexOf(grid2)));
    });
    document.addEventListener("change", (event) => {
      const input2 = (
        /** @type {HTMLInputElement} */
        event.target
      );
      if (input2.name === "sample") set({ sample: Number(input2.value) });
      if (input2.name === "range") set({ range: input2.value === "map" ? "map" : "layer" });
    });
    document.addEventListener("toggle", (event) => {
      const section = (
        /** @type {HTMLDetailsElement} */
        event.target
      );
      if (section.matches("details[data-layer]") && section.open && document.documentElement.dataset.ready) openSection(section);
    }, true);
    for (const link of all('a[href^="#"]')) link.addEventListener("click", () => goTo(
      /** @type {HTMLAnchorElement} */
      link.hash
    ));
    addEventListener("hashchange", () => goTo(location.hash));
  }
  function start() {
    for (const grid2 of all(".overview .maps")) {
      fillGrid(grid2);
      paintGrid(grid2);
    }
    paintScenes();
    showScores();
    document.documentElement.dataset.ready = "yes";
    all("details[data-layer][open]").forEach(openSection);
    if (state.unit) showUnit(state.unit.layer);
  }
  restore();
  for (const target of all("[data-depth]")) target.replaceChildren(depthChart(
    /** @type {string} */
    target.dataset.depth
  ));
  listen();
  goTo(location.hash);
  subscribe((changed2) => changed2.has("range") && repaint());
  if (payload.live.on) startBench().then(start);
  else {
    subscribe((changed2) => changed2.has("sample") && showInput(true));
    start();
  }
})();
