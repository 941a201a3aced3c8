"use strict";
(() => {
  // hierfeat/atlas/live/engine/weights.js
  async function unpack(graph2, block) {
    const raw = await inflate(block);
    const total = (bytes) => graph2.tensors.reduce((sum2, [, shape5, each2]) => sum2 + (each2 === bytes ? volume(shape5) : 0), 0);
    const halves = total(2);
    const runs2 = { 2: half(raw.subarray(0, 2 * halves)), 4: full(raw.subarray(2 * halves, 2 * halves + 4 * total(4))) };
    const at = { 2: 0, 4: 0 };
    const found = /* @__PURE__ */ new Map();
    for (const [name, shape5, each2] of graph2.tensors) {
      const kind = each2 === 2 ? 2 : 4;
      found.set(name, runs2[kind].subarray(at[kind], at[kind] += volume(shape5)));
    }
    return found;
  }
  var volume = (shape5) => shape5.reduce((product2, size) => product2 * size, 1);
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
    const count2 = planes2.length / 2;
    const known = new Float32Array(65536);
    for (let bits = 0; bits < 65536; bits++) known[bits] = ofHalf(bits);
    const values2 = new Float32Array(count2);
    for (let i = 0; i < count2; i++) values2[i] = known[planes2[i] << 8 | planes2[count2 + i]];
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
    const count2 = planes2.length / 4;
    const bits = new Uint32Array(count2);
    for (let i = 0; i < count2; i++)
      bits[i] = (planes2[i] << 24 | planes2[count2 + i] << 16 | planes2[2 * count2 + i] << 8 | planes2[3 * count2 + i]) >>> 0;
    return new Float32Array(bits.buffer);
  }

  // hierfeat/atlas/scripts/dom.js
  function fill(made2, properties, children) {
    for (const [name, value] of Object.entries(properties)) {
      if (value === null || value === void 0 || value === false) continue;
      if (name === "class") made2.setAttribute("class", value);
      else if (name === "style") for (const [key2, one] of Object.entries(value)) made2.style.setProperty(key2, String(one));
      else if (name.startsWith("on")) made2.addEventListener(name.slice(2), value);
      else made2.setAttribute(name, value === true ? "" : String(value));
    }
    made2.append(...children.filter((child) => child !== null && child !== void 0 && child !== false).map((child) => child instanceof Node ? child : String(child)));
  }
  function element(tag, properties = {}, ...children) {
    const made2 = document.createElement(tag);
    fill(made2, properties, children);
    return made2;
  }
  function svg(tag, properties = {}, ...children) {
    const made2 = document.createElementNS("http://www.w3.org/2000/svg", tag);
    fill(made2, properties, children);
    return made2;
  }
  function words(...children) {
    const made2 = document.createDocumentFragment();
    made2.append(...children.filter((child) => child !== null && child !== void 0 && child !== false).map((child) => child instanceof Node ? child : String(child)));
    return made2;
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
  var state = { sample: 0, range: "layer", unit: null, pinned: null, second: null, bench: {} };
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
    if (state.pinned) parts2.push(`unit=${numbers(state.pinned)}`);
    if (state.second) parts2.push(`second=${numbers(state.second)}`);
    for (const [name, value] of Object.entries(state.bench)) if (value) parts2.push(`${name}=${+value.toFixed(3)}`);
    return parts2.join("&");
  }
  function read(hash, settings) {
    if (!hash.includes("=")) return null;
    const given = new URLSearchParams(hash.replace(/^#/, ""));
    const next = { bench: {} };
    const number2 = (name) => Number(given.get(name));
    if (given.has("sample") && Number.isInteger(number2("sample"))) next.sample = number2("sample");
    if (given.get("range") === "map") next.range = "map";
    next.pinned = chosen(given.get("unit"));
    next.second = next.pinned && chosen(given.get("second"));
    for (const name of settings) if (given.has(name) && Number.isFinite(number2(name))) next.bench[name] = number2(name);
    return next;
  }
  var numbers = ({ layer, tile, row, col }) => [layer, tile, row, col].join(",");
  function chosen(text2) {
    const found = (text2 ?? "").split(",").map(Number);
    if (found.length !== 4 || !found.every((one) => Number.isInteger(one) && one >= 0)) return null;
    return { layer: found[0], tile: found[1], row: found[2], col: found[3] };
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
    const key2 = `${layer.index} ${state.sample}`;
    let found = decoded.get(key2);
    if (!found) decoded.set(key2, found = unquantised(layer.maps, state.sample));
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
    const [channels5, height10, width10] = layer.maps.shape;
    if (height10 * width10 > 1) return { vector: false, tiles: channels5, height: height10, width: width10 };
    const about = channels5 <= 16 ? 1 : Math.ceil(Math.sqrt(channels5 / 3));
    const across = [0, 1, 2, 3].map((more) => about + more).find((wide) => channels5 % wide === 0) || about;
    return { vector: true, tiles: 1, height: Math.ceil(channels5 / across), width: across };
  }
  function flatIndex(layer, unit) {
    const { vector, height: height10, width: width10 } = view(layer);
    return vector ? unit.row * width10 + unit.col : (unit.tile * height10 + unit.row) * width10 + unit.col;
  }
  function unitAt(layer, index) {
    const { vector, height: height10, width: width10 } = view(layer);
    const each2 = vector ? Infinity : height10 * width10;
    const inside2 = vector ? index : index % each2;
    return { tile: vector ? 0 : Math.floor(index / each2), row: Math.floor(inside2 / width10), col: inside2 % width10 };
  }
  function exists(layer, unit) {
    const { height: height10, width: width10, tiles } = view(layer);
    const [channels5, rows2, columns] = layer.maps.shape;
    const inside2 = unit.row < height10 && unit.col < width10 && unit.tile < tiles;
    return inside2 && flatIndex(layer, unit) < channels5 * rows2 * columns;
  }
  function layerLimit(layer) {
    return layer.maps.limit ??= Math.max(...layer.maps.limits.flat());
  }
  var activation = (layer, unit) => values(layer)[flatIndex(layer, unit)];
  var channelOf = (layer, unit) => view(layer).vector ? flatIndex(layer, unit) : unit.tile;
  function box(layer, unit) {
    if (!layer.field) return null;
    const { rows: rows2, cols } = layer.field;
    const [row, col] = view(layer).vector ? [0, 0] : [unit.row, unit.col];
    return [rows2[row][0], cols[col][0], rows2[row][1], cols[col][1]];
  }
  function strongestUnit(layer) {
    const found = values(layer);
    let best = 0;
    for (let i = 1; i < found.length; i++) if (found[i] > found[best] || found[best] !== found[best]) best = i;
    return unitAt(layer, best);
  }
  function inputWindow(layer, unit) {
    const source = layer.source === null ? null : layers[layer.source];
    if (!source || !source.maps || source.maps.step > 1 || layer.maps.step > 1 || view(layer).vector || view(source).vector) return null;
    const same2 = String(source.out_shape) === String(layer.out_shape);
    if (layer.kind === "activation" && same2) return { tiles: [unit.tile], area: [unit.row, unit.col, unit.row + 1, unit.col + 1] };
    if (!layer.kernel || String(source.out_shape) !== String(layer.in_shape) || layer.op.includes("transpose")) return null;
    const tiles = layer.kind === "pool" || layer.groups === layer.in_shape[0] ? [unit.tile] : layer.groups === 1 ? [...Array(view(source).tiles).keys()] : null;
    const [rows2, cols] = [unit.row, unit.col].map((at, axis) => {
      const start2 = at * layer.stride[axis] - layer.padding[axis];
      const stop = start2 + layer.dilation[axis] * (layer.kernel[axis] - 1) + 1;
      return [Math.max(0, start2), Math.min(source.out_shape[1 + axis], stop)];
    });
    return tiles && { tiles, area: [rows2[0], cols[0], rows2[1], cols[1]] };
  }
  function poolWindow(layer, unit) {
    const [, height10, width10] = layers[layer.source].maps.shape;
    const [kernel, stride, padding2, dilation] = [layer.kernel, layer.stride, layer.padding || [0, 0], layer.dilation || [1, 1]];
    const cells3 = [];
    for (let i = 0; i < kernel[0]; i++)
      for (let j = 0; j < kernel[1]; j++) {
        const row = unit.row * stride[0] - padding2[0] + i * dilation[0];
        const col = unit.col * stride[1] - padding2[1] + j * dilation[1];
        if (row >= 0 && col >= 0 && row < height10 && col < width10) cells3.push({ tile: unit.tile, row, col });
      }
    return cells3;
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
      const place3 = i / 255 * (stops.length - 1);
      const low = Math.min(Math.floor(place3), stops.length - 2);
      const [r, g, b] = stops[low].map((value, k) => value + (stops[low + 1][k] - value) * (place3 - low));
      return pixel(r, g, b);
    });
  }
  var SEQUENTIAL = ramp(MAGMA);
  var DIVERGING = ramp(RDBU);
  function colours(limit, signed2) {
    if (signed2) return { table: DIVERGING, scale: limit > 0 ? 127.5 / limit : 0, middle: 128 };
    return { table: SEQUENTIAL, scale: limit > 0 ? 255 / limit : 0, middle: 0.5 };
  }
  var sheets = /* @__PURE__ */ new WeakMap();
  function sheet(canvas3, height10, width10) {
    let found = sheets.get(canvas3);
    if (!found || canvas3.height !== height10 || canvas3.width !== width10) {
      canvas3.width = width10;
      canvas3.height = height10;
      const image2 = new ImageData(width10, height10);
      const context2 = (
        /** @type {CanvasRenderingContext2D} */
        canvas3.getContext("2d")
      );
      sheets.set(canvas3, found = { image: image2, pixels: new Uint32Array(image2.data.buffer), context: context2 });
    }
    const { image, pixels, context } = found;
    return { pixels, show: () => context.putImageData(image, 0, 0) };
  }
  function paintNumbers(canvas3, numbers2, start2, height10, width10, limit, signed2, count2 = height10 * width10) {
    const { pixels, show: show2 } = sheet(canvas3, height10, width10);
    const { table, scale, middle: middle3 } = colours(limit, signed2);
    for (let i = 0; i < pixels.length; i++) {
      const value = numbers2[start2 + i];
      const level = Math.floor(value * scale + middle3);
      pixels[i] = i >= count2 ? 0 : value !== value ? NOT_A_NUMBER : table[level < 0 ? 0 : level > 255 ? 255 : level];
    }
    show2();
  }
  function paintImage(canvas3, image, [channels5, height10, width10]) {
    const { pixels, show: show2 } = sheet(canvas3, height10, width10);
    const each2 = height10 * width10;
    const [green, blue] = channels5 === 3 ? [each2, 2 * each2] : [0, 0];
    for (let i = 0; i < each2; i++) pixels[i] = pixel(255 * image[i], 255 * image[green + i], 255 * image[blue + i]);
    show2();
  }
  function paintTile(canvas3, layer, tile) {
    const { height: height10, width: width10, vector } = view(layer);
    const { signed: signed2, shape: shape5 } = layer.maps;
    const found = values(layer);
    const each2 = height10 * width10;
    const start2 = vector ? 0 : tile * each2;
    let limit = layerLimit(layer);
    if (state.range === "map" && !vector) {
      limit = 0;
      for (let i = start2; i < start2 + each2; i++) limit = Math.max(limit, Math.abs(found[i]) || 0);
    }
    paintNumbers(canvas3, found, start2, height10, width10, limit, signed2, vector ? shape5[0] : each2);
  }
  function legend(limit, signed2) {
    const stops = (signed2 ? RDBU : MAGMA).join(",");
    const bar = element("i", { style: { background: `linear-gradient(90deg,${stops})` } });
    return element("span", { class: "legend" }, element("span", {}, signed2 ? `−${number(limit)}` : "0"), bar, element("span", {}, number(limit)));
  }
  function number(value) {
    if (value === null || Number.isNaN(value)) return "not a number";
    if (value === 0) return "0";
    const size = Math.abs(value);
    const text2 = size >= 1e5 || size < 1e-3 ? value.toExponential(1) : size >= 100 ? value.toFixed(0) : value.toPrecision(3);
    return text2.replace("-", "−");
  }
  function paintKernels(target, kernels) {
    const [outputs, inputs, height10, width10] = kernels.shape;
    const weights = weightsOf(kernels);
    if (height10 * width10 === 1) {
      const canvas3 = addCanvas(target, `matrix of ${outputs} × ${inputs} weights`, 9 * inputs, "");
      paintNumbers(canvas3, weights, 0, outputs, inputs, kernels.limit, true);
      return;
    }
    const inColour = inputs === 3 && kernels.colour;
    const slices = inColour ? 1 : inputs;
    const cell = slices > 1 ? Math.max(3, Math.round(24 / height10)) : Math.max(4, Math.round(60 / height10));
    const across = slices * (width10 + 1) - 1;
    for (let o = 0; o < outputs; o++) {
      const canvas3 = addCanvas(target, `kernel ${o}`, cell * across, String(o));
      const own = weights.subarray(o * inputs * height10 * width10, (o + 1) * inputs * height10 * width10);
      if (inColour) paintColours(canvas3, own, height10, width10, kernels.limit);
      else paintSlices(canvas3, own, slices, height10, width10, kernels.limit);
    }
  }
  function paintColours(canvas3, own, height10, width10, limit) {
    const { pixels, show: show2 } = sheet(canvas3, height10, width10);
    const level = (value) => Math.max(0, Math.min(255, 127.5 * (1 + value / (limit || 1))));
    const each2 = height10 * width10;
    for (let i = 0; i < each2; i++) pixels[i] = pixel(level(own[i]), level(own[each2 + i]), level(own[2 * each2 + i]));
    show2();
  }
  function paintSlices(canvas3, own, slices, height10, width10, limit) {
    const across = slices * (width10 + 1) - 1;
    const { pixels, show: show2 } = sheet(canvas3, height10, across);
    const scale = limit > 0 ? 127.5 / limit : 0;
    for (let s = 0; s < slices; s++)
      for (let row = 0; row < height10; row++)
        for (let col = 0; col < width10; col++) {
          const value = own[(s * height10 + row) * width10 + col];
          const level = Math.max(0, Math.min(255, Math.floor(value * scale + 128)));
          pixels[row * across + s * (width10 + 1) + col] = value !== value ? NOT_A_NUMBER : DIVERGING[level];
        }
    show2();
  }
  function addCanvas(target, label2, width10, caption) {
    const canvas3 = element("canvas", { role: "img", "aria-label": label2, style: { width: `${width10}px` } });
    target.append(element("figure", {}, canvas3, caption !== "" && element("figcaption", {}, caption)));
    return canvas3;
  }

  // hierfeat/atlas/scripts/charts.js
  var SIZE = { width: 340, height: 196, left: 46, right: 12, top: 10, bottom: 38 };
  function ticks(low, high, count2 = 4) {
    const rough = (high - low) / count2 || 1;
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
    const { width: width10, height: height10, left, right, top, bottom } = SIZE;
    const X = (value) => left + (value - x[0]) / (x[1] - x[0] || 1) * (width10 - left - right);
    const Y = (value) => height10 - bottom - (value - y[0]) / (y[1] - y[0] || 1) * (height10 - top - bottom);
    const parts2 = yTicks.flatMap((t) => [
      svg("line", { class: "grid", x1: left, x2: width10 - right, y1: Y(t), y2: Y(t) }),
      label(left - 6, Y(t) + 4, short(t), { "text-anchor": "end" })
    ]);
    parts2.push(...xTicks.map((t) => label(X(t), height10 - bottom + 15, xText(t))));
    parts2.push(label((left + width10 - right) / 2, height10 - 5, xName, { class: "name" }));
    parts2.push(label(0, 0, yName, { class: "name", transform: `translate(11 ${(top + height10 - bottom) / 2}) rotate(-90)` }));
    return { X, Y, parts: parts2 };
  }
  function drawing(parts2, says2, height10 = SIZE.height) {
    return svg("svg", { viewBox: `0 0 ${SIZE.width} ${height10}`, role: "img", "aria-label": says2 }, ...parts2);
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
  function activeChart({ active: active2, channel }) {
    const count2 = active2.length;
    const step2 = Math.max(1, Math.ceil(count2 / 16));
    const xTicks = [...active2.keys()].filter((i) => i % step2 === 0);
    const axes = { x: [-0.5, count2 - 0.5], y: [0, 100], xName: "channel", yName: "active (%)", xTicks, yTicks: [0, 25, 50, 75, 100] };
    const { X, Y, parts: parts2 } = frame2({ ...axes, xText: (i) => String(channel[i]) });
    const bar = Math.min(22, (X(1) - X(0)) * 0.72);
    active2.forEach((share, i) => {
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
    const { shifts, invariance: invariance2, equivariance } = layer.shift;
    const zip = (shift, series) => shift.map((one, i) => [one, series[i]]);
    const every = [...invariance2, ...equivariance || []].filter((value) => value !== null);
    const low = Math.min(0, ...every);
    const x = [Math.min(...shifts), Math.max(...shifts)];
    const { X, Y, parts: parts2 } = frame2({ x, y: [low, Math.max(1, ...every)], xName: "shift of the image (px)", yName: "likeness", xTicks: shifts.filter(Number.isInteger) });
    for (const other of layers) if (other !== layer && other.shift) parts2.push(.../** @type {any} */
    line(zip(other.shift.shifts, other.shift.invariance), X, Y, "faint"));
    if (equivariance) parts2.push(.../** @type {any} */
    line(zip(shifts, equivariance), X, Y, "second"));
    parts2.push(.../** @type {any} */
    line(zip(shifts, invariance2), X, Y, "first"));
    return drawing(parts2, `Shift tolerance of ${layer.name}`);
  }
  function poolingChart(rows2) {
    const [rowHeight, left, top] = [26, 92, 8];
    const height10 = top + rows2.length * rowHeight + 36;
    const known = rows2.flatMap((row) => [row.before, row.after]).filter((value) => value !== null);
    const low = Math.min(...known);
    const span3 = [low < 0 ? low : Math.floor(low * 10) / 10, Math.max(1, ...known)];
    const X = (value) => left + (value - span3[0]) / (span3[1] - span3[0] || 1) * (SIZE.width - left - 18);
    const parts2 = ticks(span3[0], span3[1]).flatMap((t) => [svg("line", { class: "grid", x1: X(t), x2: X(t), y1: top, y2: height10 - 34 }), label(X(t), height10 - 20, short(t))]);
    rows2.forEach((row, i) => {
      const y = top + (i + 0.5) * rowHeight;
      const kind = row.current ? "first" : "second";
      parts2.push(label(left - 10, y + 4, row.pooling, { class: row.current ? "strong" : null, "text-anchor": "end" }));
      if (row.before === null || row.after === null) return;
      const says2 = svg("title", {}, `${row.pooling}: before ${number(row.before)}, after ${number(row.after)}`);
      const ends = [svg("circle", { class: `hollow ${kind}`, cx: X(row.before), cy: y, r: 4.5 }), svg("circle", { class: kind, cx: X(row.after), cy: y, r: 4.5 })];
      parts2.push(svg("g", {}, says2, svg("line", { class: kind, x1: X(row.before), x2: X(row.after), y1: y, y2: y }), ...ends));
    });
    parts2.push(label((left + SIZE.width - 18) / 2, height10 - 4, "invariance (1 = unmoved)", { class: "name" }));
    return drawing(parts2, "Invariance before and after each way of pooling", height10);
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
      const place3 = `translate(${X(i) + 3} ${SIZE.height - SIZE.bottom + 13}) rotate(-38)`;
      parts2.push(label(0, 0, layer.short, { class: "slanted", transform: place3, "text-anchor": "end" }));
    });
    return drawing(parts2, `${name} by layer`);
  }

  // hierfeat/atlas/scripts/arithmetic/moments.js
  var SHOWN = { window: 4, weights: 6, reduce: 4 };
  var letter = (i) => i < 26 ? String.fromCharCode(97 + i) : `a${i - 25}`;
  function origin(name, tracer2) {
    if (name === tracer2.graph.image) return "image";
    return tracer2.layers.get(name) ?? (tracer2.nodes.has(name) ? "" : name);
  }
  var moment = (children, more = {}) => element("li", { class: "moment", ...more }, ...children);
  function momentsOf(steps2, tracer2) {
    const last = steps2.length - 1;
    return steps2.flatMap((step2, i) => {
      const made2 = DRAWN[step2.kind](step2, tracer2);
      const end = made2[made2.length - 1];
      end.prepend(element("span", { class: "letter" }, letter(i)));
      end.dataset.value = String(step2.value);
      if (i === last) end.classList.add("result");
      return made2;
    });
  }
  function partOf(part2, tracer2) {
    if (part2.step !== null) return element("span", { class: "part" }, element("b", {}, letter(part2.step)), ` ${number(part2.value)}`);
    const from = part2.fixed ? "" : origin(part2.name, tracer2);
    return element("span", { class: "part" }, number(part2.value), from && element("small", {}, ` ${from}`));
  }
  function grid(numbers2, size, limit, label2) {
    const says2 = numbers2.length <= 25 ? `${label2}: ${numbers2.map((value) => number(value)).join(", ")}` : label2;
    const canvas3 = element("canvas", { role: "img", "aria-label": says2, title: says2 });
    paintNumbers(canvas3, numbers2, 0, size[0], size[1], limit || 1e-12, true);
    return canvas3;
  }
  var largest = (rows2) => rows2.reduce((most, row) => row.reduce((a, b) => Math.max(a, Math.abs(b)), most), 0);
  var byStrength = (terms) => [...terms].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  function closing(step2, rest) {
    const found = [];
    const others = rest.reduce((sum2, term) => sum2 + term.sum, 0);
    if (rest.length) found.push(moment([element("span", { class: "from" }, `${rest.length} other inputs`), element("span", { class: "amount" }, number(others))]));
    found.push(moment([element("span", { class: "from" }, "bias"), element("span", { class: "amount" }, number(step2.bias ?? 0))]));
    found.push(moment([element("span", { class: "from" }, "sum"), element("span", { class: "amount" }, number(step2.value))], { class: "moment total" }));
    return found;
  }
  var span = (from, to) => to - from > 1 ? `${from} to ${to - 1}` : `${from}`;
  var DRAWN = {
    window(step2, tracer2) {
      const terms = byStrength(step2.terms ?? []);
      const shown3 = terms.slice(0, SHOWN.window);
      const size = (
        /** @type {number[]} */
        step2.size
      );
      const limits = [largest(terms.map((term) => term.window)), largest(terms.map((term) => term.kernel))];
      const products = terms.map((term) => term.window.map((value, i) => value * term.kernel[i]));
      const most = largest(products);
      const area = step2.area && Number.isFinite(step2.area.top) ? `, rows ${span(step2.area.top, step2.area.bottom)}, columns ${span(step2.area.left, step2.area.right)}` : "";
      const title = moment([element("span", {}, `Window of ${origin(step2.source, tracer2) || "the input"}${area} × kernel = products, and their sum${terms.length > 1 ? "; the strongest channels first" : ""}`)], { class: "moment title" });
      const rows2 = shown3.map(
        (term, i) => moment([
          element("span", { class: "from" }, `channel ${term.channel}`),
          grid(term.window, size, limits[0], "window"),
          element("span", {}, "×"),
          grid(term.kernel, size, limits[1], "kernel"),
          element("span", {}, "="),
          grid(products[i], size, most, "products"),
          element("span", { class: "amount" }, `Σ ${number(term.sum)}`)
        ], { "data-channel": term.channel })
      );
      return [title, ...rows2, ...closing(step2, terms.slice(SHOWN.window))];
    },
    weights(step2, tracer2) {
      const terms = byStrength(step2.terms ?? []);
      const most = Math.abs(terms[0]?.sum ?? 0) || 1;
      const title = moment([element("span", {}, `${terms.length} inputs of ${origin(step2.source, tracer2) || "the layer before"} × weights; the largest terms first`)], { class: "moment title" });
      const rows2 = terms.slice(0, SHOWN.weights).map(
        (term) => moment([
          element("span", { class: "from" }, `unit ${term.channel}`),
          element("span", { class: "product" }, `${number(term.window[0])} × ${number(term.kernel[0])}`),
          element("span", { class: `beam ${term.sum < 0 ? "less" : "more"}`, style: { "--share": Math.abs(term.sum) / most } }),
          element("span", { class: "amount" }, number(term.sum))
        ], { "data-channel": term.channel })
      );
      return [title, ...rows2, ...closing(step2, terms.slice(SHOWN.weights))];
    },
    norm(step2, tracer2) {
      const { mean, variance, eps, weight, bias } = (
        /** @type {NonNullable<Step["norm"]>} */
        step2.norm
      );
      const [part2] = (
        /** @type {Part[]} */
        step2.parts
      );
      return [moment([element("span", { class: "from" }, step2.op.includes("batch") ? "batch norm" : step2.op.replaceAll("_", " ")), element("span", {}, "(", partOf(part2, tracer2), ` − mean ${number(mean)}) / √(variance ${number(variance)} + ${eps}) × ${number(weight)} ${bias < 0 ? "−" : "+"} ${number(Math.abs(bias))}`), element("span", { class: "amount" }, `= ${number(step2.value)}`)])];
    },
    curve(step2, tracer2) {
      const [part2] = (
        /** @type {Part[]} */
        step2.parts
      );
      return [moment([element("span", { class: "from" }, step2.op.replaceAll("_", " ")), curvePicture(step2, part2.value), element("span", {}, `${step2.op}(`, partOf(part2, tracer2), `)`), element("span", { class: "amount" }, `= ${number(step2.value)}`)])];
    },
    pool(step2, tracer2) {
      const cells3 = step2.cells ?? [];
      const most = Math.max(...cells3.map((cell) => cell.value));
      const winners = step2.op.includes("max") ? cells3.filter((cell) => cell.value === most) : [];
      const source = origin(step2.source, tracer2) || "the input";
      const shown3 = cells3.length <= 49 && element("span", { class: "cells", style: { "--across": step2.size?.[1] ?? 1 } }, ...cells3.map((cell) => element("span", { class: winners.length === 1 && cell === winners[0] ? "winner" : null }, number(cell.value))));
      const says2 = winners.length === 1 ? `the one at row ${winners[0].row}, column ${winners[0].col} wins` : winners.length ? `${winners.length} of them tie` : "their mean";
      return [moment([element("span", { class: "from" }, step2.op.replaceAll("_", " ")), shown3, element("span", {}, `${cells3.length} cells of ${source}, channel ${step2.channel}: ${says2}`), element("span", { class: "amount" }, `= ${number(step2.value)}`)].filter((one) => one !== false))];
    },
    combine(step2, tracer2) {
      return [moment([element("span", { class: "from" }), formula(step2, tracer2), element("span", { class: "amount" }, `= ${number(step2.value)}`)])];
    },
    reduce(step2, tracer2) {
      const many = [...step2.many ?? []].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
      const from = origin(step2.source, tracer2);
      const listed = many.slice(0, SHOWN.reduce).map(({ value }) => number(value)).join(", ");
      const names = (
        /** @type {Record<string, string>} */
        { sum: "sum", mean: "mean", amax: "largest", max: "largest", amin: "smallest", min: "smallest" }
      );
      return [moment([element("span", { class: "from" }, names[step2.op] ?? step2.op), element("span", {}, `of ${many.length} numbers${from && ` of ${from}`}: ${listed}${many.length > SHOWN.reduce ? ", …" : ""}`), element("span", { class: "amount" }, `= ${number(step2.value)}`)])];
    },
    move(step2, tracer2) {
      const [part2] = step2.parts ?? [];
      return [moment([element("span", { class: "from" }, step2.op.replaceAll("_", " ")), element("span", {}, "the same number, ", part2 ? partOf(part2, tracer2) : "in the padding"), element("span", { class: "amount" }, `= ${number(step2.value)}`)])];
    },
    opaque(step2) {
      return [moment([element("span", { class: "from" }, step2.op.replaceAll("_", " ")), element("span", {}, "an operation that the page does not take apart"), element("span", { class: "amount" }, `= ${number(step2.value)}`)])];
    }
  };
  var SIGNS = (
    /** @type {Record<string, string>} */
    { add: "+", sub: "−", mul: "×", div: "÷", pow: "to the power of", maximum: "or, if larger,", minimum: "or, if smaller,", gt: ">", ge: "≥", lt: "<", le: "≤", eq: "=", ne: "≠", clamp_max: "but at most", clamp_min: "but at least" }
  );
  function formula(step2, tracer2) {
    const parts2 = [...step2.parts ?? []];
    const given = (step2.numbers ?? []).map((one) => one === null && parts2.length ? partOf(
      /** @type {Part} */
      parts2.shift(),
      tracer2
    ) : one === null ? "" : number(Number(one)));
    if (step2.op === "where") return element("span", {}, "if ", given[0], " then ", given[1], " else ", given[2]);
    let [first, second] = given;
    if (step2.op === "rsub") [first, second] = [second, first];
    const alpha = step2.numbers?.[2];
    const times = typeof alpha === "number" && alpha !== 1 ? `${number(alpha)} × ` : "";
    return element("span", {}, first, ` ${SIGNS[step2.op === "rsub" ? "sub" : step2.op] ?? step2.op} ${times}`, second);
  }
  function curvePicture(step2, x) {
    const curve = (
      /** @type {[number, number][]} */
      step2.curve
    );
    const ends = (all3) => [Math.min(0, ...all3), Math.max(0, ...all3)];
    const [lowX, highX] = ends([...curve.map(([a]) => a), x]);
    const [lowY, highY] = ends([...curve.map(([, b]) => b), step2.value]);
    const X = (value) => 8 + 144 * (value - lowX) / (highX - lowX || 1);
    const Y = (value) => 78 - 68 * (value - lowY) / (highY - lowY || 1);
    const d = curve.map(([a, b], i) => `${i ? "L" : "M"}${X(a).toFixed(1)} ${Y(b).toFixed(1)}`).join("");
    return svg(
      "svg",
      { class: "curve", viewBox: "0 0 160 86", role: "img", "aria-label": `${step2.op} of ${number(x)} is ${number(step2.value)}` },
      svg("line", { class: "grid", x1: 8, x2: 152, y1: Y(0), y2: Y(0) }),
      svg("line", { class: "grid", x1: X(0), x2: X(0), y1: 6, y2: 80 }),
      svg("path", { class: "first", d }),
      svg("circle", { class: "second", cx: X(x), cy: Y(step2.value), r: 4.5 })
    );
  }

  // hierfeat/atlas/live/engine/loops.js
  async function wasmKernel(memory, bytes) {
    const abort = () => {
      throw new Error("the kernel stopped");
    };
    const made2 = await WebAssembly.instantiate(bytes, { env: { memory: (
      /** @type {any} */
      memory.wasm
    ), abort } });
    return (
      /** @type {any} */
      made2.instance.exports
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
          const rows2 = O - o;
          f[to] = a0;
          if (rows2 > 1) f[to + N] = a1;
          if (rows2 > 2) f[to + 2 * N] = a2;
          if (rows2 > 3) f[to + 3 * N] = a3;
          if (!both) continue;
          f[to + 1] = b0;
          if (rows2 > 1) f[to + N + 1] = b1;
          if (rows2 > 2) f[to + 2 * N + 1] = b2;
          if (rows2 > 3) f[to + 3 * N + 1] = b3;
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
    floats(count2) {
      const start2 = this.top;
      this.top += _Memory.padded(count2);
      return new Float32Array(this.buffer, start2, count2);
    }
    /**
     * What so many floats take, in bytes.
     * @param {number} count
     */
    static padded(count2) {
      return Math.ceil(count2 / 4) * 16;
    }
  };
  Memory.START = 2048;

  // hierfeat/atlas/live/engine/ops/convolution.js
  var COLUMNS = 65536;
  var pair = (value) => Array.isArray(value) ? [value[0], value[value.length - 1]] : [value ?? 0, value ?? 0];
  function geometry([x, w, , stride, padding2, dilation, groups], shape5) {
    const flat = w.shape.length === 3;
    const both = (value, row) => flat ? [row, pair(value)[1]] : pair(value);
    const [O, CG] = w.shape;
    const [kh, kw] = flat ? [1, w.shape[2]] : [w.shape[2], w.shape[3]];
    const [H, W] = flat ? [1, x.shape.at(-1)] : [x.shape.at(-2), x.shape.at(-1)];
    const [OH, OW] = flat ? [
      1,
      /** @type {number} */
      shape5.at(-1)
    ] : [shape5[shape5.length - 2], shape5[shape5.length - 1]];
    const [sh, sw] = both(stride, 1);
    const [dh, dw] = both(dilation, 1);
    const same2 = padding2 === "same";
    const whole = [dh * (kh - 1), dw * (kw - 1)];
    const none = padding2 === "valid";
    const [top, left] = same2 ? whole.map((size) => Math.floor(size / 2)) : none ? [0, 0] : both(padding2, 0);
    const [PH, PW] = same2 ? [H + whole[0], W + whole[1]] : [H + 2 * top, W + 2 * left];
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
    scratches(args, shape5) {
      const g = geometry(args, shape5);
      const windows = g.CG * g.kh * g.kw;
      return Math.ceil(padded(g) / 4) * 4 + (way(g) === "windows" ? panels(g) * 8 * windows : way(g) === "point" ? windows : 0) + 8;
    },
    keeps(args, shape5) {
      const g = geometry(args, shape5);
      const rows2 = Math.ceil(g.O / g.groups / 4) * 4;
      return g.O + (way(g) === "windows" && args[1].fixed ? g.groups * rows2 * (g.CG * g.kh * g.kw + 1) : 0);
    },
    prepare(args, out, context) {
      const g = geometry(args, out.shape);
      const bias = args[2] ? args[2].data : context.keep(g.O);
      const ready2 = paddedInput(args[0], g, context);
      const run = RUNS[args[1].fixed ? way(g) : "plain"](args[1], bias, ready2.data, ready2.spare, out, g, context);
      return () => {
        for (let image = 0; image < g.batch; image++) {
          ready2.pad(image);
          run(image);
        }
      };
    }
  };
  function paddedInput(x, g, context) {
    const size = padded(g);
    const start2 = Math.ceil(size / 4) * 4;
    const rest = (way(g) === "windows" ? panels(g) * 8 : 1) * g.CG * g.kh * g.kw + 8;
    const all3 = context.scratch(start2 + rest);
    const each2 = g.C * g.H * g.W * 4;
    const at = x.data.byteOffset;
    const data = (image) => size ? all3.byteOffset : at + image * each2;
    const pad3 = (image) => {
      if (size) context.kernel.pad(at + image * each2, g.C, g.H, g.W, g.top, g.left, g.PH, g.PW, all3.byteOffset);
    };
    return { data, pad: pad3, spare: all3.byteOffset + start2 * 4 };
  }
  var RUNS = {
    windows(w, bias, x, spare, out, g, { kernel, keep: keep2 }) {
      const [K, og, N, many] = [g.CG * g.kh * g.kw, g.O / g.groups, g.OH * g.OW, panels(g)];
      const rows2 = Math.ceil(og / 4) * 4;
      const [packed, biases] = [keep2(g.groups * rows2 * K), keep2(g.groups * rows2)];
      for (let group = 0; group < g.groups; group++) {
        packRows(w.data.subarray(group * og * K, (group + 1) * og * K), og, K, packed.subarray(group * rows2 * K));
        biases.set(bias.subarray(group * og, (group + 1) * og), group * rows2);
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
            const weights = packed.byteOffset + group * rows2 * K * 4;
            kernel.gemm(weights, biases.byteOffset + group * rows2 * 4, spare, og, K, N, p, end, to, tail);
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
          const weights = w.data.byteOffset + group * og * K * 4;
          kernel.gemv(weights, bias.byteOffset + group * og * 4, spare, og, K, out.data.byteOffset + (image * g.O + group * og) * 4);
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
      const rows2 = volume(x.shape) / K;
      const [from, weights, bias, to] = [x.data.byteOffset, w.data.byteOffset, b ? b.data.byteOffset : 0, out.data.byteOffset];
      return () => {
        for (let row = 0; row < rows2; row++) kernel.gemv(weights, bias, from + row * K * 4, O, K, to + row * O * 4);
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
        const width10 = first ? args[0].data.length : 1;
        return () => {
          for (let n = 0; n < batch; n++)
            for (let r = 0; r < R; r++)
              for (let c = 0; c < columns; c++) {
                const to = (n * R + r) * columns + c;
                let sum2 = add2 ? add2[to % width10] : 0;
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
  var each = (made2) => ({
    prepare(args, out) {
      const f = made2(args);
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
  function walk(shape5, tensors) {
    const strides = tensors.map((tensor2) => {
      const own = (
        /** @type {number[]} */
        tensor2.shape ?? []
      );
      const found = Array(shape5.length).fill(0);
      let step2 = 1;
      for (let axis = own.length - 1; axis >= 0; axis--) {
        if (own[axis] !== 1) found[axis + shape5.length - own.length] = step2;
        step2 *= own[axis];
      }
      return found;
    });
    const axes = [];
    for (let axis = 0; axis < shape5.length; axis++) {
      if (shape5[axis] === 1) continue;
      const steps2 = strides.map((stride) => stride[axis]);
      const outer = axes.at(-1);
      if (outer && outer.steps.every((step2, t) => step2 === steps2[t] * shape5[axis])) {
        outer.size *= shape5[axis];
        outer.steps = steps2;
      } else axes.push({ size: shape5[axis], steps: steps2 });
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
        const { size, steps: steps2 } = outer[axis];
        at[axis]++;
        steps2.forEach((step2, t) => offsets[t] += step2);
        if (at[axis] < size) break;
        steps2.forEach((step2, t) => offsets[t] -= step2 * size);
        at[axis] = 0;
      }
    }
  }
  var tensor = (value) => value !== null && typeof value === "object" ? value : { shape: [], data: new Float32Array([Number(value)]), fixed: true };
  var two = (pairs, which = ([a, b]) => [a, b]) => ({
    prepare(args, out) {
      const [a, b] = which(args).map(tensor);
      const axes = walk(out.shape, [a, b]);
      const { size, steps: steps2 } = axes[axes.length - 1];
      return () => runs(axes, (at, [i, j]) => pairs(a.data, i, steps2[0], b.data, j, steps2[1], out.data, at, size));
    }
  });
  var of = (f) => (a, i, p, b, j, q, to, at, n) => {
    for (const end = at + n; at < end; at++, i += p, j += q) to[at] = f(a[i], b[j]);
  };
  var scaled = (alpha, sign) => of((p, q) => p + sign * alpha * q);
  var sums = (sign, swapped = false) => ({
    prepare(args, out, context) {
      const [a, b, alpha] = [args[swapped ? 1 : 0], args[swapped ? 0 : 1], args[2] ?? 1];
      const pairs = alpha === 1 ? sign > 0 ? ADD : SUBTRACT : scaled(alpha, sign);
      return (
        /** @type {any} */
        two(pairs).prepare([a, b], out, context)
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
      const { size, steps: steps2 } = axes[axes.length - 1];
      const [c, a, b] = parts2.map((part2) => part2.data);
      return () => runs(axes, (at, offsets) => {
        let [k, i, j] = offsets;
        for (const end = at + size; at < end; at++, k += steps2[0], i += steps2[1], j += steps2[2]) out.data[at] = c[k] ? a[i] : b[j];
      });
    }
  };
  var three = (f) => ({
    prepare([x, a, b, value], out) {
      const axes = walk(out.shape, [x, a, b]);
      const { size, steps: steps2 } = axes[axes.length - 1];
      return () => runs(axes, (at, offsets) => {
        let [k, i, j] = offsets;
        for (const end = at + size; at < end; at++, k += steps2[0], i += steps2[1], j += steps2[2])
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
      Object.entries(COMPARE).flatMap(([name, pairs]) => [
        [`${name}.Scalar`, two(pairs)],
        [`${name}.Tensor`, two(pairs)]
      ])
    )
  };

  // hierfeat/atlas/live/engine/ops/layers.js
  var SWEEPS = 15;
  function inner(a, i, b, j, count2) {
    let sum2 = 0;
    for (let k = 0; k < count2; k++) sum2 += a[i + k] * b[j + k];
    return sum2;
  }
  function coneCosine(similar, products) {
    const weights = similar.map(() => 0);
    for (let sweep3 = 0; sweep3 < SWEEPS; sweep3++)
      for (let j = 0; j < similar.length; j++) {
        const pull = products[j].reduce((sum2, product2, i) => sum2 + product2 * weights[i], 0);
        const gain = similar[j] - pull + products[j][j] * weights[j];
        weights[j] = Math.max(0, gain) / Math.max(products[j][j], 1e-12);
      }
    return Math.sqrt(Math.max(0, similar.reduce((sum2, value, j) => sum2 + value * weights[j], 0)));
  }
  var interpolatingVector = {
    prepare([features, references, labels, classes, neighbours2], out) {
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
            const nearest2 = [...similar.keys()].sort((a, b) => similar[b] - similar[a]).slice(0, neighbours2);
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
  var batchNorm = (named2) => ({
    prepare(args, out) {
      const [x] = args;
      const { weight, bias, mean, variance, eps } = named2(args);
      const channels5 = x.shape[1];
      const each2 = volume(x.shape.slice(2));
      const scales = Float64Array.from({ length: channels5 }, (_, c) => (weight?.data[c] ?? 1) / Math.sqrt(variance.data[c] + eps));
      const shifts = Float64Array.from({ length: channels5 }, (_, c) => (bias?.data[c] ?? 0) - mean.data[c] * scales[c]);
      const [from, to] = [x.data, out.data];
      return () => {
        for (let start2 = 0, n = 0; start2 < to.length; start2 += each2, n++) {
          const [scale, shift] = [scales[n % channels5], shifts[n % channels5]];
          for (let i = start2; i < start2 + each2; i++) to[i] = from[i] * scale + shift;
        }
      };
    }
  });
  function normalised(x, out, count2, weight, bias, eps, of2) {
    return () => {
      for (let start2 = 0, n = 0; start2 < x.data.length; start2 += count2, n++) {
        let [mean, variance] = [0, 0];
        for (let i = start2; i < start2 + count2; i++) mean += x.data[i];
        mean /= count2;
        for (let i = start2; i < start2 + count2; i++) variance += (x.data[i] - mean) ** 2;
        const scale = 1 / Math.sqrt(variance / count2 + eps);
        for (let i = 0; i < count2; i++) {
          const at = of2(n, i);
          out.data[start2 + i] = (x.data[start2 + i] - mean) * scale * (weight ? weight.data[at] : 1) + (bias ? bias.data[at] : 0);
        }
      }
    };
  }
  var layerNorm = {
    prepare([x, shape5, weight, bias, eps], out) {
      return normalised(x, out, volume(shape5), weight, bias, eps, (_n, i) => i);
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
    prepare([x, shape5, weight, eps], out) {
      const count2 = volume(shape5);
      return () => {
        for (let start2 = 0; start2 < x.data.length; start2 += count2) {
          let sum2 = 0;
          for (let i = start2; i < start2 + count2; i++) sum2 += x.data[i] ** 2;
          const scale = 1 / Math.sqrt(sum2 / count2 + (eps ?? 11920928955078125e-23));
          for (let i = 0; i < count2; i++) out.data[start2 + i] = x.data[start2 + i] * scale * (weight ? weight.data[i] : 1);
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
  var planes = (shape5) => volume(shape5.slice(0, -2));
  function inside(size, count2, start2, stride) {
    const from = Math.max(0, Math.ceil(-start2 / stride));
    return [from, Math.max(from, Math.min(count2, Math.floor((size - 1 - start2) / stride) + 1))];
  }
  function gather(how, x, out, kernel, stride, padding2, dilation) {
    const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
    const maps = planes(x.shape);
    const [from, to] = [x.data, out.data];
    const add2 = how === "max" ? largest2 : sum;
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
  function largest2(from, start2, step2, to, at, count2) {
    for (let k = 0; k < count2; k++, start2 += step2) {
      const value = from[start2];
      if (value > to[at + k] || value !== value) to[at + k] = value;
    }
  }
  function sum(from, start2, step2, to, at, count2) {
    for (let k = 0; k < count2; k++, start2 += step2) to[at + k] += from[start2];
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
    keeps: (_args, shape5) => shape5[shape5.length - 2] * shape5[shape5.length - 1],
    prepare([x, size, stride, padding2, , withPadding, divisor], out, { keep: keep2 }) {
      const kernel = pair2(size);
      const [step2, pads] = [pair2(stride, kernel), pair2(padding2)];
      const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
      const shares2 = keep2(OH * OW);
      for (let row = 0; row < OH; row++)
        for (let col = 0; col < OW; col++) {
          const [top, left] = [row * step2[0] - pads[0], col * step2[1] - pads[1]];
          const bounds = withPadding ? [top, H + pads[0], left, W + pads[1]] : [Math.max(0, top), H, Math.max(0, left), W];
          const rows2 = Math.min(top + kernel[0], bounds[1]) - bounds[0];
          const columns = Math.min(left + kernel[1], bounds[3]) - bounds[2];
          shares2[row * OW + col] = 1 / (divisor || rows2 * columns);
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
      const steps2 = Array.isArray(stride) && stride.length === 0 ? kernel : three2(stride ?? kernel);
      const pads = three2(padding2 ?? 0);
      const [sizes2, counts] = [x.shape.slice(-3), out.shape.slice(-3)];
      const maps = volume(x.shape.slice(0, -3));
      const windows = (axis) => Array.from({ length: counts[axis] }, (_, i) => {
        const start2 = i * steps2[axis] - pads[axis];
        const end = Math.min(start2 + kernel[axis], sizes2[axis] + pads[axis]);
        const [from, to] = [Math.max(0, start2), Math.min(end, sizes2[axis])];
        return { from, to, count: withPadding ? end - start2 : to - from };
      });
      const [planes2, rows2, columns] = [0, 1, 2].map(windows);
      return () => {
        let at = 0;
        for (let map = 0; map < maps; map++)
          for (const d of planes2)
            for (const r of rows2)
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
      const [rows2, cols] = [scales[0] ? 1 / scales[0] : H / OH, scales[1] ? 1 / scales[1] : W / OW];
      const maps = planes(x.shape);
      return () => {
        let to = 0;
        for (let map = 0; map < maps; map++)
          for (let row = 0; row < OH; row++) {
            const line2 = (map * H + Math.min(H - 1, Math.floor(row * rows2))) * W;
            for (let col = 0; col < OW; col++) out.data[to++] = x.data[line2 + Math.min(W - 1, Math.floor(col * cols))];
          }
      };
    }
  };
  var bilinear = {
    prepare([x, , corners, scale, second], out) {
      const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
      const scales = Array.isArray(scale) ? scale : [scale, second];
      const rows2 = places(H, OH, corners, scales[0]);
      const cols = places(W, OW, corners, scales[1]);
      const maps = planes(x.shape);
      return () => {
        let to = 0;
        for (let map = 0; map < maps; map++)
          for (const [top, bottom, down] of rows2)
            for (const [left, right, across] of cols) {
              const at = map * H;
              const upper = x.data[(at + top) * W + left] * (1 - across) + x.data[(at + top) * W + right] * across;
              const lower = x.data[(at + bottom) * W + left] * (1 - across) + x.data[(at + bottom) * W + right] * across;
              out.data[to++] = upper * (1 - down) + lower * down;
            }
      };
    }
  };
  function places(size, count2, corners, scale) {
    const step2 = corners ? count2 > 1 ? (size - 1) / (count2 - 1) : 0 : scale ? 1 / scale : size / count2;
    return Array.from({ length: count2 }, (_, i) => {
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
  var reduce = (start2, join, end = (sum2) => sum2, place3 = 1) => ({
    prepare(args, out) {
      const [x] = args;
      const { starts, members } = plan(x, args[place3]);
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
    "mean.default": reduce(0, add, (sum2, count2) => sum2 / count2, 99),
    "mean.dim": reduce(0, add, (sum2, count2) => sum2 / count2),
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
  var positive = (axis, count2) => axis < 0 ? axis + count2 : axis;
  function strided(x, out, steps2, start2) {
    const axes = out.shape.map((size2, axis) => ({ size: size2, steps: [steps2[axis]] }));
    const used = axes.length ? axes : [{ size: 1, steps: [0] }];
    const { size, steps: inner2 } = used[used.length - 1];
    const [from, to, step2] = [x.data, out.data, inner2[0]];
    return () => runs(used, (at, [offset]) => {
      let i = start2 + offset;
      for (const end = at + size; at < end; at++, i += step2) to[at] = from[i];
    });
  }
  var stridesOf = (shape5) => shape5.map((_, axis) => volume(shape5.slice(axis + 1)));
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
      const { size, steps: steps2 } = axes[axes.length - 1];
      return () => runs(axes, (at, [i]) => {
        for (const end = at + size; at < end; at++, i += steps2[0]) out.data[at] = x.data[i];
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
      const parts2 = list.filter((part2) => part2.data.length);
      const outer = volume(out.shape.slice(0, at));
      const sizes2 = parts2.map((part2) => part2.data.length / outer);
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
      const steps2 = strides.map((stride, k) => k === at ? stride * (step2 ?? 1) : stride);
      return strided(x, out, steps2, from * strides[at]);
    }
  };
  var sliceScatter = {
    prepare([x, part2, axis, start2, , step2], out) {
      const at = positive(axis ?? 0, x.shape.length);
      const size = x.shape[at];
      const from = Math.min(size, Math.max(0, (start2 ?? 0) < 0 ? start2 + size : start2 ?? 0));
      const strides = stridesOf(x.shape);
      const axes = part2.shape.map((count2, k) => ({
        size: count2,
        steps: [k === at ? strides[k] * (step2 ?? 1) : strides[k]]
      }));
      const inner2 = axes[axes.length - 1];
      return () => {
        out.data.set(x.data);
        runs(axes, (read2, [offset]) => {
          let to = from * strides[at] + offset;
          for (const end = read2 + inner2.size; read2 < end; read2++, to += inner2.steps[0]) out.data[to] = part2.data[read2];
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
          for (const place3 of places2) {
            const from = (n * size + place3) * rest;
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
      const sources2 = out.shape.map((count2, axis) => {
        const before3 = pads[2 * (rank - 1 - axis)] ?? 0;
        const size = x.shape[axis];
        return Int32Array.from({ length: count2 }, (_, i) => i - before3 >= 0 && i - before3 < size ? i - before3 : BEYOND[how](i - before3, size));
      });
      const [strides, outer] = [stridesOf(x.shape), stridesOf(out.shape)];
      const places2 = Int32Array.from({ length: out.data.length }, (_, i) => {
        let from = 0;
        for (let axis = 0; axis < rank; axis++) {
          const source = sources2[axis][Math.floor(i / outer[axis]) % out.shape[axis]];
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
        return source(args, at, x.shape).reduce((sum2, place3, axis) => sum2 + place3 * strides[axis], 0);
      });
      return () => {
        for (let i = 0; i < places2.length; i++) out.data[i] = x.data[places2[i]];
      };
    }
  });
  var flip = moved(([, axes], at, shape5) => {
    const turned2 = axes.map((axis) => positive(axis, shape5.length));
    return at.map((place3, axis) => turned2.includes(axis) ? shape5[axis] - 1 - place3 : place3);
  });
  var roll = moved(([, shifts, axes], at, shape5) => {
    const found = [...at];
    axes.forEach((axis, k) => {
      const size = shape5[positive(axis, shape5.length)];
      const place3 = positive(axis, shape5.length);
      found[place3] = ((found[place3] - shifts[k]) % size + size) % size;
    });
    return found;
  });
  var shuffle = moved(([, factor], at) => {
    const [channel, row, col] = at.slice(-3);
    const place3 = row % factor * factor + col % factor;
    return [...at.slice(0, -3), channel * factor * factor + place3, Math.floor(row / factor), Math.floor(col / factor)];
  });
  var channelShuffle = moved(([, groups], at, shape5) => {
    const each2 = shape5[1] / groups;
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
    static async make(graph2, weights, wasm) {
      const engine = new _Engine(graph2, weights, wasm !== null);
      const { memory } = engine;
      engine.prepare(wasm === null ? plainKernel(memory) : await wasmKernel(memory, wasm), weights);
      return engine;
    }
    /**
     * As fast as can be had: with WebAssembly where the page may compile it, without it where not.
     * @param {Graph} graph
     * @param {Map<string, Float32Array>} weights
     * @param {BufferSource | null} wasm
     */
    static async best(graph2, weights, wasm) {
      if (wasm === null || typeof WebAssembly === "undefined") return _Engine.make(graph2, weights, null);
      try {
        return await _Engine.make(graph2, weights, wasm);
      } catch {
        return _Engine.make(graph2, weights, null);
      }
    }
    /**
     * @param {Graph} graph
     * @param {Map<string, Float32Array>} weights
     * @param {boolean} shared
     */
    constructor(graph2, weights, shared) {
      this.graph = graph2;
      this.fast = shared;
      this.values = /* @__PURE__ */ new Map();
      this.steps = [];
      this.known = /* @__PURE__ */ new Map();
      this.sizes = sizes(graph2);
      this.memory = new Memory(this.sizes.bytes, shared);
      const { memory, values: values2 } = this;
      const shape5 = [1, ...graph2.input_shape];
      values2.set(graph2.image, { shape: shape5, data: memory.floats(volume(shape5)), fixed: false });
      for (const [name, size] of graph2.tensors) {
        const data = memory.floats(volume(size));
        data.set(
          /** @type {Float32Array} */
          weights.get(name)
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
      const context = { kernel, keep: (count2) => memory.floats(count2), scratch: (count2) => spare.subarray(0, count2) };
      for (const [name, op, stored, shape5] of this.graph.nodes) {
        const operation = operationOf(op);
        const args = stored.map((one) => argument(one, values2));
        const first = Array.isArray(args[0]) ? args[0][0] : args[0];
        const data = operation.alias ? (
          /** @type {Tensor} */
          first.data
        ) : memory.floats(volume(shape5));
        const out = { shape: shape5, data, fixed: false };
        values2.set(name, out);
        if (operation.prepare) this.steps.push(operation.prepare(args, out, context));
        this.known.set(name, this.steps.length);
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
     * What units of one layer answer to an image; nothing above the layer is computed.
     * @param {Float32Array} image
     * @param {number} index of the layer
     * @param {number[]} places of the units in the layer's output
     */
    probe(image, index, places2) {
      this.image.set(image);
      const value = this.graph.layers[index][1];
      const steps2 = this.known.get(value) ?? 0;
      for (let i = 0; i < steps2; i++) this.steps[i]();
      const { data } = this.value(value);
      return places2.map((place3) => data[place3]);
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
    for (const [name, shape5] of graph2.tensors) floats.set(name, { shape: shape5, fixed: true, data: NOTHING });
    let bytes = Memory.START;
    for (const { shape: shape5 } of floats.values()) bytes += Memory.padded(volume(shape5));
    let scratch = 0;
    for (const [name, op, stored, shape5] of graph2.nodes) {
      const operation = operationOf(op);
      const args = stored.map((one) => argument(one, floats));
      if (!operation.alias) bytes += Memory.padded(volume(shape5));
      if (operation.keeps) bytes += operation.keeps(args, shape5) * 4 + 64;
      if (operation.scratches) scratch = Math.max(scratch, operation.scratches(args, shape5));
      floats.set(name, { shape: shape5, fixed: false, data: NOTHING });
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
  async function here(graph2, weights, kernel) {
    const engine = await Engine.best(
      graph2,
      await unpack(graph2, weights),
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
    const probe2 = async (what) => probed(engine, what);
    const values2 = async (names) => named(engine, names);
    return { run, probe: probe2, values: values2, fast: engine.fast, apart: false };
  }
  function probed(engine, { images, layer, places: places2 }) {
    const shown3 = engine.image.slice();
    const found = images.map((image) => engine.probe(image, layer, places2));
    engine.image.set(shown3);
    engine.run();
    return found;
  }
  function named(engine, names) {
    return Object.fromEntries(names.map((name) => [name, engine.value(name).data.slice()]));
  }
  async function apart(graph2, weights, kernel, script) {
    const address2 = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const worker = new Worker(address2);
    const next = () => new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    const ready2 = next();
    worker.postMessage({ graph: graph2, weights, kernel });
    const { fast } = (
      /** @type {any} */
      await ready2
    );
    URL.revokeObjectURL(address2);
    let last = Promise.resolve();
    const ask2 = (message) => {
      const done = last.then(() => {
        const answer = next();
        worker.postMessage(message);
        return answer;
      });
      last = done.then(() => void 0, () => void 0);
      return done;
    };
    return { run: (image) => ask2({ image }), probe: (probe2) => ask2({ probe: probe2 }), values: (names) => ask2({ names }), fast, apart: true };
  }

  // hierfeat/atlas/scripts/live.js
  var network = null;
  var text = (id) => need(id).textContent ?? "";
  var graph = null;
  async function startNetwork() {
    graph = /** @type {import("../live/engine/types.js").Graph} */
    JSON.parse(text("#live-graph"));
    const weights = fromBase64(text("#live-weights"));
    const kernel = fromBase64(text("#live-kernel"));
    network = payload.live.heavy ? await apart(graph, weights, kernel, text("#live-worker")) : await here(graph, weights, kernel);
    return network;
  }
  function frameOf(image) {
    if (!network) throw new Error("the network has not started");
    return network.run(image);
  }
  function probe(what) {
    if (!network) throw new Error("the network has not started");
    return network.probe(what);
  }
  function valuesOf(names) {
    if (!network) throw new Error("the network has not started");
    return network.values(names);
  }
  var wanted = null;
  var busy = false;
  async function ask(image, shown3) {
    wanted = image;
    if (busy) return;
    busy = true;
    try {
      while (wanted) {
        const next = wanted;
        wanted = null;
        const frame4 = await frameOf(next);
        showFrame(frame4);
        shown3(frame4);
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

  // hierfeat/atlas/scripts/arithmetic/softmax.js
  var SHOWN2 = 10;
  function softmaxOf(unit, steps2) {
    const last = steps2[steps2.length - 1];
    const scores = output();
    if (!scores || payload.model.scores !== "logits" || !isOutput(last?.node)) return [];
    const own = channelOf(layers[unit.layer], unit);
    const { exponentials, sum: sum2, most } = softmax2(scores);
    const order = [...exponentials.keys()].sort((a, b) => exponentials[b] - exponentials[a]);
    const shown3 = order.length <= SHOWN2 + 2 ? [...exponentials.keys()] : [.../* @__PURE__ */ new Set([...order.slice(0, SHOWN2), own])];
    const name = (i) => payload.model.classes ? payload.model.classes[i] : `output ${i}`;
    const rows2 = shown3.map(
      (i) => element(
        "tr",
        { class: i === own ? "own" : null },
        element("th", { scope: "row" }, name(i)),
        element("td", {}, number(scores[i])),
        element("td", {}, number(exponentials[i])),
        element("td", { "data-share": exponentials[i] / sum2 }, `${100 * exponentials[i] / sum2 < 0.05 ? "0.0" : (100 * exponentials[i] / sum2).toFixed(1)} %`)
      )
    );
    const more = order.length - shown3.length;
    if (more > 0) {
      const rest = order.filter((i) => !shown3.includes(i)).reduce((total, i) => total + exponentials[i], 0);
      rows2.push(element("tr", {}, element("th", { scope: "row" }, `${more} others`), element("td"), element("td", {}, number(rest)), element("td", {}, `${(100 * rest / sum2).toFixed(1)} %`)));
    }
    const head = ["class", "score z", `exp(z − ${number(most)})`, "share"].map((text2) => element("th", { scope: "col" }, text2));
    const table = element(
      "table",
      { class: "softmax" },
      element("caption", {}, "Softmax: each score's exponential (over that of the largest, which changes no share), divided by their sum"),
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...rows2),
      element("tfoot", {}, element("tr", {}, element("th", { scope: "row" }, "sum"), element("td"), element("td", {}, number(sum2)), element("td", {}, "100 %")))
    );
    return [element("li", { class: "moment" }, table)];
  }
  function softmax2(scores) {
    const found = Array.from(scores);
    const most = found.reduce((a, b) => Math.max(a, b), -Infinity);
    const exponentials = found.map((one) => Math.exp(one - most));
    return { most, exponentials, sum: exponentials.reduce((a, b) => a + b, 0) };
  }
  function isOutput(name) {
    if (!graph || !name) return false;
    let at = graph.output;
    while (at !== name) {
      const node = graph.nodes.find(([one]) => one === at);
      if (!node || !/^(view|reshape|flatten|squeeze|_unsafe_view)\./.test(node[1])) return false;
      at = /** @type {any} */
      node[2][0]?.v;
    }
    return true;
  }

  // hierfeat/atlas/scripts/arithmetic/places.js
  function unravel(at, shape5) {
    const found = Array(shape5.length).fill(0);
    for (let axis = shape5.length - 1; axis >= 0; axis--) {
      found[axis] = at % shape5[axis];
      at = Math.floor(at / shape5[axis]);
    }
    return found;
  }
  var ravel = (place3, shape5) => place3.reduce((at, one, axis) => at * shape5[axis] + one, 0);
  function broadcast(at, shape5, own) {
    const place3 = unravel(at, shape5).slice(shape5.length - own.length);
    return ravel(place3.map((one, axis) => own[axis] === 1 ? 0 : one), own);
  }
  function pair3(value, otherwise = 1) {
    if (Array.isArray(value)) return value.length ? [value[0], value[value.length - 1]] : [otherwise, otherwise];
    return [value ?? otherwise, value ?? otherwise];
  }

  // hierfeat/atlas/scripts/arithmetic/windows.js
  function taps(place3, size, stride, padding2, dilation, count2, transposed2) {
    return Array.from({ length: size }, (_, i) => {
      const at = transposed2 ? (place3 + padding2 - i * dilation) / stride : place3 * stride - padding2 + i * dilation;
      return Number.isInteger(at) && at >= 0 && at < count2 ? at : null;
    });
  }
  function areaOf(rows2, cols) {
    const seen2 = (places2) => places2.filter((one) => one !== null);
    const [r, c] = [seen2(rows2), seen2(cols)];
    return { top: Math.min(...r), left: Math.min(...c), bottom: Math.max(...r) + 1, right: Math.max(...c) + 1 };
  }
  function paddingOf(given, [kh, kw], [dh, dw]) {
    if (given === "valid") return [0, 0];
    if (given === "same") return [Math.floor(dh * (kh - 1) / 2), Math.floor(dw * (kw - 1) / 2)];
    return pair3(given, 0);
  }
  function windowOf(op, args, shape5, at) {
    const transposed2 = op.startsWith("conv_transpose");
    const [x, kernel, bias, stride, padding2] = args;
    const [dilation, groups] = transposed2 ? [args[7], args[6]] : [args[5], args[6]];
    const [[sh, sw], [dh, dw]] = [pair3(stride), pair3(dilation)];
    const [, channels5, height10, width10] = x.shape;
    const [kh, kw] = kernel.shape.slice(2);
    const [top, left] = paddingOf(padding2, [kh, kw], [dh, dw]);
    const [, o, row, col] = unravel(at, shape5);
    const rows2 = taps(row, kh, sh, top, dh, height10, transposed2);
    const cols = taps(col, kw, sw, left, dw, width10, transposed2);
    const [inEach, outEach] = [channels5 / groups, shape5[1] / groups];
    const group = Math.floor(o / outEach);
    const terms = Array.from({ length: inEach }, (_, c) => {
      const channel = group * inEach + c;
      const term = { channel, window: [], kernel: [], sum: 0 };
      rows2.forEach(
        (r, i) => cols.forEach((k, j) => {
          const seen2 = r === null || k === null ? 0 : x.data[ravel([0, channel, r, k], x.shape)];
          const place3 = transposed2 ? [channel, o % outEach, i, j] : [o, c, i, j];
          const weight = kernel.data[ravel(place3, kernel.shape)];
          term.window.push(seen2);
          term.kernel.push(weight);
          term.sum += seen2 * weight;
        })
      );
      return term;
    });
    return { kind: "window", source: x.name, terms, bias: bias ? bias.data[o] : 0, size: [kh, kw], area: areaOf(rows2, cols) };
  }
  function weightsOf2(x, matrix, across, bias, shape5, at) {
    const place3 = unravel(at, shape5);
    const o = place3[place3.length - 1];
    const count2 = x.shape[x.shape.length - 1];
    const start2 = ravel(place3.slice(0, -1), shape5.slice(0, -1)) * count2;
    const terms = Array.from({ length: count2 }, (_, k) => {
      const weight = matrix.data[across ? k * matrix.shape[1] + o : o * count2 + k];
      return { channel: k, window: [x.data[start2 + k]], kernel: [weight], sum: x.data[start2 + k] * weight };
    });
    return { kind: "weights", source: x.name, terms, bias: bias ? bias.data[bias.data.length === 1 ? 0 : o] : 0 };
  }
  function poolOf(op, args, shape5, at) {
    const x = args[0];
    const rank = x.shape.length;
    const place3 = unravel(at, shape5);
    const [height10, width10] = x.shape.slice(-2);
    const [row, col] = place3.slice(-2);
    const [rows2, cols] = op.startsWith("adaptive") ? [band(row, shape5[rank - 2], height10), band(col, shape5[rank - 1], width10)] : strided2(args, op, [row, col], [height10, width10]);
    const cells3 = rows2.flatMap((r) => cols.map((c) => ({ row: r, col: c, value: x.data[ravel([...place3.slice(0, -2), r, c], x.shape)] })));
    return { kind: "pool", source: x.name, cells: cells3, channel: place3[rank - 3] ?? 0, size: [rows2.length, cols.length], area: areaOf(rows2, cols) };
  }
  function band(i, count2, size) {
    const [from, to] = [Math.floor(i * size / count2), Math.ceil((i + 1) * size / count2)];
    return Array.from({ length: to - from }, (_, k) => from + k);
  }
  function strided2(args, op, place3, sizes2) {
    const kernel = pair3(args[1]);
    const stride = args[2]?.length ? pair3(args[2]) : kernel;
    const padding2 = pair3(args[3], 0);
    const dilation = op.startsWith("max") ? pair3(args[4]) : [1, 1];
    return [0, 1].map((axis) => taps(place3[axis], kernel[axis], stride[axis], padding2[axis], dilation[axis], sizes2[axis], false).filter((one) => one !== null));
  }
  function reducedOf(x, axes, shape5, at) {
    const rank = x.shape.length;
    const gone = new Set((axes?.length ? axes : [...Array(rank).keys()]).map((axis) => (axis + rank) % rank));
    const kept = unravel(at, shape5);
    const whole = shape5.length === rank;
    let next = 0;
    const base = x.shape.map((_, axis) => gone.has(axis) ? 0 : kept[whole ? axis : next++]);
    const found = [];
    const walk2 = (axis) => {
      if (axis === rank) {
        const place3 = ravel(base, x.shape);
        found.push({ at: place3, value: x.data[place3] });
        return;
      }
      if (!gone.has(axis)) return walk2(axis + 1);
      for (base[axis] = 0; base[axis] < x.shape[axis]; base[axis]++) walk2(axis + 1);
      base[axis] = 0;
    };
    walk2(0);
    return found;
  }

  // hierfeat/atlas/scripts/arithmetic/trace.js
  var MOST = 40;
  var POINTS = 81;
  var WINDOWS = /^(conv2d|conv_transpose2d)\./;
  var POOLS = /^(max_pool2d|avg_pool2d|adaptive_avg_pool2d|adaptive_max_pool2d)/;
  var DENSE = /^(linear|addmm|mm)\.default$/;
  var NORMS = /^(_native_batch_norm_legit_no_training|layer_norm|native_layer_norm|group_norm|instance_norm)\./;
  var REDUCTIONS = /^(sum|mean|amax|amin|max|min)\.(default|dim|dim_IntList)$/;
  var BINARY = /^(add|sub|rsub|mul|div|pow|maximum|minimum|gt|ge|lt|le|eq|ne|clamp_max|clamp_min)\.(Tensor|Scalar|default|Tensor_Tensor|Tensor_Scalar)$/;
  var CHOICE = /^where\./;
  var MOVES = /^(view|reshape|_unsafe_view|flatten|unflatten|unsqueeze|squeeze|permute|transpose|t|expand|expand_as|repeat|slice|select|flip|roll|pixel_shuffle|channel_shuffle|index_select|cat|stack|pad|constant_pad_nd|reflection_pad2d|replication_pad2d)\./;
  function kindOf(op, rank) {
    if (WINDOWS.test(op) && rank === 4) return "window";
    if (POOLS.test(op) && rank >= 3) return "pool";
    if (DENSE.test(op)) return "weights";
    if (NORMS.test(op)) return "norm";
    if (REDUCTIONS.test(op)) return "reduce";
    if (BINARY.test(op) || CHOICE.test(op)) return "combine";
    if (MOVES.test(op)) return "move";
    const operation = OPERATIONS[op];
    return operation && isCurve(op) ? "curve" : "opaque";
  }
  var CURVES = new Set("relu sigmoid silu hardtanh hardswish gelu relu6 leaky_relu elu celu selu mish softplus softsign log_sigmoid hardsigmoid hardshrink softshrink threshold tanh exp expm1 log log1p log2 sqrt rsqrt square reciprocal abs neg sign sin cos atan erf floor ceil logical_not clamp".split(" "));
  var isCurve = (op) => CURVES.has(op.split(".")[0]);
  var OPEN = /* @__PURE__ */ new Set(["norm", "curve", "combine", "move"]);
  var Tracer = class {
    /** @param {Graph} graph @param {Map<string, Float32Array>} weights */
    constructor(graph2, weights) {
      this.graph = graph2;
      this.nodes = new Map(graph2.nodes.map((node) => [node[0], node]));
      this.layers = new Map(graph2.layers.map(([name, value]) => [value, name]));
      this.fixed = new Map(graph2.tensors.map(([name, shape5]) => [name, { name, shape: shape5, data: (
        /** @type {Float32Array} */
        weights.get(name)
      ), fixed: true }]));
    }
    /** The values that explaining a unit of that node takes, by name. @param {string} target @returns {string[]} */
    needed(target) {
      const found = /* @__PURE__ */ new Set();
      const opened = /* @__PURE__ */ new Set();
      const visit = (name, inside2) => {
        if (this.fixed.has(name)) return;
        found.add(name);
        const node = this.nodes.get(name);
        if (!node || !inside2 || opened.has(name)) return;
        opened.add(name);
        for (const input2 of inputsOf(node)) visit(input2, this.follows(target, name, input2));
      };
      visit(target, true);
      return [...found];
    }
    /** Whether what a node reads is explained too: all within a layer, and on the straight way to the layer before it. @param {string} target @param {string} name @param {string} input */
    follows(target, name, input2) {
      const node = this.nodes.get(name);
      if (!node || !OPEN.has(kindOf(node[1], node[3].length))) return false;
      if (!this.layers.has(input2)) return true;
      const free = inputsOf(node).filter((one) => !this.fixed.has(one));
      return free.length === 1 && kindOf(node[1], node[3].length) !== "move";
    }
    /**
     * The steps that lead to one number, in the order in which they are computed.
     * @param {string} target @param {number} at @param {Record<string, Float32Array>} values
     * @returns {Step[]}
     */
    explain(target, at, values2) {
      const steps2 = [];
      const known = /* @__PURE__ */ new Map();
      const tensor2 = (name) => this.fixed.get(name) ?? this.tensor(name, values2);
      const visit = (name, place3, reader) => {
        const key2 = `${name} ${place3}`;
        const node = this.nodes.get(name);
        if (known.has(key2)) return (
          /** @type {number} */
          known.get(key2)
        );
        if (!node || this.fixed.has(name) || reader !== null && !this.follows(target, reader, name)) return null;
        if (steps2.length >= MOST) return null;
        const step2 = this.stepOf(node, place3, tensor2);
        for (const part2 of step2.parts ?? []) part2.step = visit(part2.name, part2.at, name);
        for (const part2 of step2.parts ?? []) part2.step ??= known.get(`${part2.name} ${part2.at}`) ?? null;
        steps2.push(step2);
        known.set(key2, steps2.length - 1);
        return steps2.length - 1;
      };
      visit(target, at, null);
      return steps2;
    }
    /** @param {string} name @param {Record<string, Float32Array>} values @returns {Tensor} */
    tensor(name, values2) {
      const shape5 = name === this.graph.image ? [1, ...this.graph.input_shape] : (
        /** @type {number[]} */
        this.nodes.get(name)?.[3]
      );
      return { name, shape: shape5, data: values2[name], fixed: false };
    }
    /** @param {Graph["nodes"][number]} node @param {number} at @param {(name: string) => Tensor} tensor @returns {Step} */
    stepOf([name, op, stored, shape5], at, tensor2) {
      const args = (
        /** @type {any[]} */
        stored.map((one) => resolved(one, tensor2))
      );
      const value = tensor2(name).data[at];
      const kind = kindOf(op, shape5.length);
      const step2 = { kind, op: op.split(".")[0], node: name, at, value, source: "" };
      const more = (
        /** @type {Record<string, () => Partial<Step>>} */
        {
          window: () => windowOf(op, args, shape5, at),
          pool: () => poolOf(op, args, shape5, at),
          weights: () => dense(op, args, shape5, at),
          norm: () => normOf(op, args, shape5, at),
          reduce: () => ({ source: args[0].name, many: reducedOf(args[0], op.endsWith("default") && !op.startsWith("amax") && !op.startsWith("amin") ? null : [args[1]].flat(), shape5, at) }),
          combine: () => combined(args, shape5, at),
          curve: () => ({ parts: [part(args[0], at)], numbers: args.slice(1), curve: curveOf(op, args, args[0].data[at]) }),
          move: () => moved2(op, args, shape5, at),
          opaque: () => ({})
        }[kind]()
      );
      return Object.assign(step2, more);
    }
  };
  function inputsOf([, , args]) {
    return (
      /** @type {any[]} */
      args.flat().filter((one) => one && typeof one === "object" && "v" in one).map((one) => one.v)
    );
  }
  function resolved(stored, tensor2) {
    if (Array.isArray(stored)) return stored.map((one) => resolved(one, tensor2));
    if (stored && typeof stored === "object") return "v" in stored ? tensor2(stored.v) : { inf: Infinity, "-inf": -Infinity }[
      /** @type {string} */
      stored.n
    ] ?? NaN;
    return stored;
  }
  var isTensor = (value) => Boolean(value && typeof value === "object" && "data" in value);
  var part = (tensor2, at) => ({ name: tensor2.name, at, value: tensor2.data[at], step: null, fixed: tensor2.fixed });
  function dense(op, args, shape5, at) {
    if (op.startsWith("linear")) return weightsOf2(args[0], args[1], false, args[2], shape5, at);
    return op.startsWith("addmm") ? weightsOf2(args[1], args[2], true, args[0], shape5, at) : weightsOf2(args[0], args[1], true, null, shape5, at);
  }
  function combined(args, shape5, at) {
    const parts2 = args.filter(isTensor).map((one) => part(one, broadcast(at, shape5, one.shape)));
    const numbers2 = args.map((one) => isTensor(one) ? null : one);
    return { parts: parts2, numbers: numbers2 };
  }
  function moved2(op, args, shape5, at) {
    const inputs = args.flat().filter(isTensor).filter((one) => !(op.startsWith("index_select") && one === args[2]));
    const operation = OPERATIONS[op];
    let place3 = at;
    let owner = inputs[0];
    if (!operation.alias) {
      let start2 = 1;
      const starts = new Map(inputs.map((one) => [one, (start2 += one.data.length) - one.data.length]));
      const marked = (one) => starts.has(one) ? { ...one, data: Float32Array.from(one.data, (_, i) => (
        /** @type {number} */
        starts.get(one) + i
      )) } : one;
      const given = args.map((one) => Array.isArray(one) ? one.map(marked) : marked(one));
      if (op.startsWith("constant_pad")) given[2] = 0;
      if (op.startsWith("pad.")) given[3] = 0;
      const out = { shape: shape5, data: new Float32Array(volume(shape5)), fixed: false };
      operation.prepare(
        given,
        out,
        /** @type {any} */
        {}
      )();
      const found = out.data[at];
      if (!found) return { parts: [], numbers: [] };
      owner = /** @type {Tensor} */
      inputs.filter((one) => (
        /** @type {number} */
        starts.get(one) <= found
      )).at(-1);
      place3 = found - /** @type {number} */
      starts.get(owner);
    }
    return { parts: [part(owner, place3)], numbers: [] };
  }
  function normOf(op, args, shape5, at) {
    const x = args[0];
    const channel = unravel(at, shape5)[1];
    const one = (given, i, otherwise) => given ? given.data[i] : otherwise;
    const parts2 = [part(x, at)];
    if (op.startsWith("_native_batch_norm")) {
      const [, weight2, bias2, mean, variance, , eps2] = args;
      return { parts: parts2, norm: { mean: one(mean, channel, 0), variance: one(variance, channel, 1), eps: eps2, weight: one(weight2, channel, 1), bias: one(bias2, channel, 0) } };
    }
    if (op.includes("layer_norm")) {
      const size2 = volume(args[1]);
      const within = at % size2;
      return { parts: parts2, norm: { ...momentsOf2(x.data, at - within, size2), eps: args[4] ?? 1e-5, weight: one(args[2], within, 1), bias: one(args[3], within, 0) } };
    }
    const each2 = volume(shape5.slice(2));
    const groups = op.startsWith("group") ? args[1] : shape5[1];
    const size = shape5[1] / groups * each2;
    const [weight, bias, eps] = op.startsWith("group") ? [args[2], args[3], args[4]] : [args[1], args[2], args[7]];
    return { parts: parts2, norm: { ...momentsOf2(x.data, at - at % size, size), eps, weight: one(weight, channel, 1), bias: one(bias, channel, 0) } };
  }
  function momentsOf2(data, start2, size) {
    let [sum2, squares] = [0, 0];
    for (let i = start2; i < start2 + size; i++) sum2 += data[i];
    for (let i = start2; i < start2 + size; i++) squares += (data[i] - sum2 / size) ** 2;
    return { mean: sum2 / size, variance: squares / size };
  }
  function curveOf(op, args, x) {
    const reach = Math.max(1, Math.abs(x)) * 1.25;
    const xs = Float32Array.from({ length: POINTS }, (_, i) => -reach + 2 * reach * i / (POINTS - 1));
    const out = { shape: [POINTS], data: new Float32Array(POINTS), fixed: false };
    OPERATIONS[op].prepare(
      [{ shape: [POINTS], data: xs, fixed: false }, ...args.slice(1)],
      out,
      /** @type {any} */
      {}
    )();
    return [...xs].map((one, i) => (
      /** @type {[number, number]} */
      [one, out.data[i]]
    )).filter(([, y]) => Number.isFinite(y));
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
  function watch(one, paint2) {
    arrivals.set(one, paint2);
    observer.observe(one);
  }
  var visible = (one) => !away.has(one);

  // hierfeat/atlas/scripts/lines.js
  var MOST2 = 12;
  var [, height, width] = payload.model.input_shape;
  var drawn = [null, [], null];
  function layerOf(value) {
    const index = graph ? graph.layers.findIndex(([, one]) => one === value) : -1;
    if (index >= 0 && layers[index].maps) return index;
    const node = graph?.nodes.find(([name]) => name === value);
    const before3 = node && /^(view|reshape|_unsafe_view|flatten|squeeze|unsqueeze)\./.test(node[1]) ? (
      /** @type {any} */
      node[2][0]?.v
    ) : void 0;
    return before3 ? layerOf(before3) : -1;
  }
  function readsOf(steps2, unit) {
    return steps2.flatMap((step2) => {
      const index = layerOf(step2.source);
      if (index < 0) return step2.terms ? fromImage(step2, unit) : [];
      const area = step2.area && [step2.area.top, step2.area.left, step2.area.bottom, step2.area.right];
      if (step2.kind === "pool" && area) return [{ index, tile: step2.channel ?? 0, area, amount: step2.value, channel: step2.channel ?? 0 }];
      return (step2.terms ?? []).map(({ channel, sum: sum2 }) => {
        if (area && !view(layers[index]).vector) return { index, tile: channel, area, amount: sum2, channel };
        const { tile, row, col } = unitAt(layers[index], channel);
        return { index, tile, area: [row, col, row + 1, col + 1], amount: sum2, channel };
      });
    });
  }
  function fromImage(step2, unit) {
    const field = box(layers[unit.layer], unit);
    const total = (step2.terms ?? []).reduce((sum2, term) => sum2 + term.sum, 0);
    return field && layers[unit.layer].source === null ? [{ index: null, tile: 0, area: field, amount: total, channel: 0 }] : [];
  }
  function surface(index, tile) {
    if (index === null) return find(".overview .scene");
    return find(`.overview .column[data-layer="${index}"] .map[data-tile="${tile}"] .area`);
  }
  function rectangle(one, [top, left, bottom, right], rows2, cols, origin2, columns) {
    const all3 = one.getBoundingClientRect();
    const X = (col) => all3.left - origin2.left + columns.scrollLeft + col / cols * all3.width;
    const Y = (row) => all3.top - origin2.top + columns.scrollTop + row / rows2 * all3.height;
    return { left: X(left), right: X(right), top: Y(top), bottom: Y(bottom) };
  }
  function drawLines(unit, steps2, channel) {
    drawn = [unit, steps2, channel];
    const columns = need(".overview .columns");
    find(".lines", columns)?.remove();
    if (!unit) return;
    const own = surface(unit.layer, unit.tile);
    if (!own) return;
    const origin2 = columns.getBoundingClientRect();
    const shape5 = view(layers[unit.layer]);
    const from = rectangle(own, [unit.row, unit.col, unit.row + 1, unit.col + 1], shape5.height, shape5.width, origin2, columns);
    const reads = readsOf(steps2, unit).sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount)).slice(0, MOST2);
    const most = Math.max(...reads.map((read2) => Math.abs(read2.amount)), 1e-12);
    const paths = reads.flatMap((read2) => {
      const there = surface(read2.index, read2.tile);
      if (!there) return [];
      const size = read2.index === null ? { height, width } : view(layers[read2.index]);
      const to = rectangle(there, read2.area, size.height, size.width, origin2, columns);
      const faded = channel !== null && read2.channel !== channel;
      return [link(from, to, read2.amount / most, faded)];
    });
    if (!paths.length) return;
    const overlay = svg("svg", { class: "lines", "aria-hidden": "true", width: columns.scrollWidth, height: columns.scrollHeight }, ...paths);
    columns.append(overlay);
  }
  function link(from, to, share, faded) {
    const [x, y] = [from.left, (from.top + from.bottom) / 2];
    const [u, v] = [to.right, (to.top + to.bottom) / 2];
    const bend = (x - u) * 0.45;
    const kind = share < 0 ? "less" : "more";
    return svg("path", { class: `${kind}${faded ? " faded" : ""}`, "stroke-width": 0.8 + 2.6 * Math.abs(share), d: `M${x.toFixed(1)} ${y.toFixed(1)}C${(x - bend).toFixed(1)} ${y.toFixed(1)} ${(u + bend).toFixed(1)} ${v.toFixed(1)} ${u.toFixed(1)} ${v.toFixed(1)}` });
  }
  function keepLines() {
    const again = () => drawLines(...drawn);
    const columns = need(".overview .columns");
    addEventListener("resize", again);
    watch(columns, again);
    columns.addEventListener("scroll", again, { passive: true });
  }

  // hierfeat/atlas/scripts/units.js
  var chosen2 = /* @__PURE__ */ new Map();
  var indexOf = (one) => Number(
    /** @type {HTMLElement} */
    one.closest("[data-layer]").dataset.layer
  );
  function unitOf(index) {
    if (state.unit?.layer === index) return state.unit;
    let unit = chosen2.get(index);
    if (!unit) chosen2.set(index, unit = strongestUnit(layers[index]));
    return unit;
  }
  function forgetUnits() {
    chosen2.clear();
    if (state.unit) chosen2.set(state.unit.layer, state.unit);
  }
  function place(mark2, top, left, bottom, right, height10, width10) {
    const percent = (value, whole) => `${100 * value / whole}%`;
    Object.assign(mark2.style, { top: percent(top, height10), left: percent(left, width10), height: percent(bottom - top, height10), width: percent(right - left, width10) });
    mark2.hidden = false;
  }
  function markUnit(index) {
    const unit = unitOf(index);
    const { height: height10, width: width10 } = view(layers[index]);
    for (const grid2 of all(".maps.filled").filter((one) => indexOf(one) === index))
      for (const map of all(".map", grid2)) {
        const here2 = Number(map.dataset.tile) === unit.tile && (!grid2.closest(".overview") || state.unit?.layer === index);
        map.classList.toggle("chosen", here2);
        if (here2) place(need("i", map), unit.row, unit.col, unit.row + 1, unit.col + 1, height10, width10);
      }
  }
  function markInput(index) {
    for (const mark2 of all(".overview .map u")) mark2.hidden = true;
    const input2 = inputWindow(layers[index], unitOf(index));
    const grid2 = input2 && find(`.overview [data-layer="${layers[index].source}"] .maps`);
    if (!grid2) return;
    const { height: height10, width: width10 } = view(layers[layers[index].source]);
    const [top, left, bottom, right] = input2.area;
    for (const map of all(".map", grid2)) if (input2.tiles.includes(Number(map.dataset.tile))) place(need("u", map), top, left, bottom, right, height10, width10);
  }
  function markField(scene, index) {
    const mark2 = need(".box", scene);
    const field = box(layers[index], unitOf(index));
    const [, height10, width10] = payload.model.input_shape;
    if (field) place(mark2, ...field, height10, width10);
    else mark2.hidden = true;
  }
  var span2 = (from, to) => to - from > 1 ? `${from}–${to - 1}` : `${from}`;
  function whereOf(layer, unit) {
    const step2 = layer.maps.step;
    return view(layer).vector ? `unit ${channelOf(layer, unit)}` : `channel ${unit.tile}, row ${unit.row * step2}, column ${unit.col * step2}`;
  }
  var unitName = (unit) => `${layers[unit.layer].name}, ${whereOf(layers[unit.layer], unit)}`;
  function describe(index) {
    const layer = layers[index];
    const unit = unitOf(index);
    const where2 = whereOf(layer, unit);
    const value = element("b", {}, number(activation(layer, unit)));
    return words(element("b", {}, layer.name), ` ${where2}: activation `, value, sees(layer, box(layer, unit)), ".");
  }
  function sees(layer, field) {
    if (!field) return "";
    const [top, left, bottom, right] = field;
    const [, height10, width10] = payload.model.input_shape;
    if (bottom - top >= height10 && right - left >= width10) return "; it sees the whole image";
    const most = layer.field.status === "bound" ? " at most" : "";
    const through = layer.field.status === "global" ? " directly, and the whole image through a global pool or gate" : "";
    return `; it sees rows ${span2(top, bottom)}, columns ${span2(left, right)} (${bottom - top} × ${right - left} px)${most}${through}`;
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
    const before3 = state.unit?.layer;
    chosen2.set(index, unit);
    set({ unit: { layer: index, tile: unit.tile, row: unit.row, col: unit.col } });
    if (before3 !== void 0 && before3 !== index) markUnit(before3);
    showUnit(index);
  }
  function contest(index) {
    const [layer, unit] = [layers[index], unitOf(index)];
    const source = layers[layer.source];
    const cells3 = poolWindow(layer, unit);
    const all3 = values(source);
    const numbers2 = cells3.map((cell) => all3[flatIndex(source, cell)]);
    const most = Math.max(...numbers2);
    const first = layer.op.includes("max") ? cells3.filter((_, i) => numbers2[i] === most) : [];
    const winner = first.length === 1 ? first[0] : null;
    const name = words(element("b", {}, source.name), `, channel ${unit.tile}`);
    const levels = source.maps.data ? " (as far as 256 levels tell)" : "";
    const verdict2 = winner ? words(`Of ${cells3.length} cells of `, name, `, the one at row ${winner.row}, column ${winner.col} wins; the others are forgotten.`) : first.length ? words(`${first.length} of ${cells3.length} cells of `, name, ` tie at ${number(most)}${levels}.`) : words(`${cells3.length} cells of `, name, " are pooled into one.");
    return { source, unit, cells: cells3, numbers: numbers2, winner, verdict: verdict2 };
  }
  function showWindow(loupe, index) {
    const { source, unit, cells: cells3, numbers: numbers2, winner, verdict: verdict2 } = contest(index);
    const { height: height10, width: width10 } = view(source);
    paintTile(
      /** @type {HTMLCanvasElement} */
      need("canvas", loupe),
      source,
      unit.tile
    );
    const [first, last] = [cells3[0], cells3[cells3.length - 1]];
    place(need(".frame", loupe), first.row, first.col, last.row + 1, last.col + 1, height10, width10);
    const table = need(".cells", loupe);
    table.style.setProperty("--across", String(new Set(cells3.map((cell) => cell.col)).size));
    table.replaceChildren(...numbers2.map((value, i) => element("span", { class: cells3[i] === winner ? "winner" : null }, number(value))));
    const dot = need(".dot", loupe);
    if (winner) place(dot, winner.row, winner.col, winner.row + 1, winner.col + 1, height10, width10);
    else dot.hidden = true;
    need(".verdict", loupe).replaceChildren(verdict2);
  }
  function moved3(key2, index) {
    const keys = { ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], ArrowLeft: [0, 0, -1], ArrowRight: [0, 0, 1], PageUp: [-1, 0, 0], PageDown: [1, 0, 0] };
    const by = keys[key2];
    if (!by) return null;
    const { tiles, height: height10, width: width10 } = view(layers[index]);
    const unit = unitOf(index);
    const inside2 = (value, count2) => Math.max(0, Math.min(count2 - 1, value));
    return { tile: inside2(unit.tile + by[0], tiles), row: inside2(unit.row + by[1], height10), col: inside2(unit.col + by[2], width10) };
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
    const { height: height10, width: width10 } = view(layers[index]);
    const area = need(".area", map).getBoundingClientRect();
    const cell = (value, count2) => Math.max(0, Math.min(count2 - 1, Math.floor(value * count2)));
    return { index, unit: { tile: Number(map.dataset.tile), row: cell((clientY - area.top) / area.height, height10), col: cell((clientX - area.left) / area.width, width10) } };
  }

  // hierfeat/atlas/scripts/arithmetic.js
  var PACE = 1100;
  var tracer = null;
  var steps = [];
  var reached = Infinity;
  var count = 0;
  var timer = 0;
  var asked = 0;
  async function trace() {
    const known = (
      /** @type {import("../live/engine/types.js").Graph} */
      graph
    );
    tracer ??= unpack(known, fromBase64(need("#live-weights").textContent ?? "")).then((weights) => new Tracer(known, weights));
    return tracer;
  }
  async function explained(unit) {
    const found = await trace();
    const value = found.graph.layers[unit.layer][1];
    const values2 = await valuesOf(found.needed(value));
    return found.explain(value, flatIndex(layers[unit.layer], unit), values2);
  }
  async function showArithmetic() {
    const unit = state.pinned;
    const panel = find(".arithmetic");
    if (!panel || !graph || !unit) return;
    const question = ++asked;
    const found = await explained(unit);
    if (question !== asked) return;
    steps = found;
    if (!find(".moments", panel)) panel.replaceChildren(...frame3());
    need(".unit-name", panel).textContent = `${unitName(unit)}, ${layers[unit.layer].op}`;
    const moments = [...momentsOf(steps, await trace()), ...softmaxOf(unit, steps)];
    count = moments.length;
    need(".moments", panel).replaceChildren(...moments);
    mark();
  }
  function followArithmetic() {
    if (state.pinned && (visible(need(".arithmetic")) || visible(need(".overview .columns")))) showArithmetic();
  }
  function frame3() {
    const button = (name, label2, act) => element("button", { type: "button", "data-do": name, onclick: act }, label2);
    return [
      element("p", {}, element("b", { class: "unit-name" })),
      element("p", { class: "buttons" }, button("back", "Step back", () => stepTo(Math.min(reached, count) - 1)), button("play", "Play", play), button("on", "Step on", () => stepTo(reached >= count ? 1 : reached + 1)), button("whole", "Show all", () => stepTo(Infinity))),
      element("ol", { class: "moments" })
    ];
  }
  function stepTo(next) {
    pause();
    reached = Math.max(1, next);
    mark();
  }
  function play() {
    if (timer) return pause();
    if (reached >= count) reached = 0;
    const on = () => {
      reached++;
      mark();
      if (reached >= count) pause();
    };
    on();
    timer = setInterval(on, PACE);
    need('[data-do="play"]').textContent = "Pause";
  }
  function pause() {
    clearInterval(timer);
    timer = 0;
    const button = find('[data-do="play"]');
    if (button) button.textContent = "Play";
  }
  function mark() {
    const moments = [...need(".moments").children];
    moments.forEach((one, i) => {
      one.hidden = i >= reached;
      one.classList.toggle("now", i === reached - 1);
    });
    const now = reached <= count ? (
      /** @type {HTMLElement | undefined} */
      moments[reached - 1]
    ) : void 0;
    const channel = now?.dataset.channel;
    if (state.pinned) drawLines(state.pinned, steps, channel === void 0 ? null : Number(channel));
  }
  function newArithmetic() {
    pause();
    reached = Infinity;
    if (state.pinned) return showArithmetic();
    need(".arithmetic").replaceChildren(element("p", { class: "note" }, "Choose a unit."));
    drawLines(null, [], null);
  }
  var arithmetic = { steps: () => steps, explain: explained };

  // hierfeat/atlas/scripts/compose.js
  function compose(on, settings, ground) {
    const shape5 = [on.channels, on.height, on.width];
    const image = (settings.rotation % 360 ? turned : upright)(on, settings, ground);
    return overlaid(moved4(contrasted(image, settings.contrast, ground), shape5, settings.shift_y, settings.shift_x), shape5, settings);
  }
  function upright({ channels: channels5, height: height10, width: width10, fine, ink }, { scale }, ground) {
    const [H, W] = [height10 * fine, width10 * fine];
    const [down, across] = [parts(height10, H, fine / scale), parts(width10, W, fine / scale)];
    const image = new Float32Array(channels5 * height10 * width10);
    const line2 = new Float32Array(W);
    for (let c = 0, to = 0; c < channels5; c++)
      for (let row = 0; row < height10; row++) {
        line2.fill(ground * down.outside[row]);
        for (let i = down.from[row], k = 0; i < down.to[row]; i++, k++) {
          const [start2, share] = [(c * H + i) * W, down.shares[row][k]];
          for (let x = 0; x < W; x++) line2[x] += share * ink[start2 + x];
        }
        for (let col = 0; col < width10; col++, to++) {
          const shares2 = across.shares[col];
          let sum2 = ground * across.outside[col];
          for (let i = across.from[col], k = 0; i < across.to[col]; i++, k++) sum2 += shares2[k] * line2[i];
          image[to] = sum2;
        }
      }
    return image;
  }
  function parts(count2, cells3, size) {
    const reach = Math.max(size, 1);
    const shares2 = [];
    const found = { from: new Int32Array(count2), to: new Int32Array(count2), shares: shares2, outside: new Float64Array(count2) };
    for (let pixel2 = 0; pixel2 < count2; pixel2++) {
      const centre = cells3 / 2 + (pixel2 + 0.5 - count2 / 2) * size;
      const [low, high] = [centre - reach / 2, centre + reach / 2];
      const from = Math.max(0, Math.min(cells3, Math.floor(low)));
      const to = Math.max(from, Math.min(cells3, Math.ceil(high)));
      const own = Float64Array.from({ length: to - from }, (_, i) => (Math.min(high, from + i + 1) - Math.max(low, from + i)) / reach);
      [found.from[pixel2], found.to[pixel2]] = [from, to];
      shares2.push(own);
      found.outside[pixel2] = 1 - own.reduce((sum2, one) => sum2 + one, 0);
    }
    return found;
  }
  function turned({ channels: channels5, height: height10, width: width10, fine, ink }, { rotation, scale }, ground) {
    const image = new Float32Array(channels5 * height10 * width10);
    const turn2 = rotation * Math.PI / 180;
    const [sine, cosine2] = [Math.sin(turn2) * fine / scale, Math.cos(turn2) * fine / scale];
    const [H, W] = [height10 * fine, width10 * fine];
    const each2 = H * W;
    const count2 = Math.max(1, Math.min(6, Math.ceil(fine / scale / 2)));
    const share = 1 / (count2 * count2);
    for (let row = 0, to = 0; row < height10; row++)
      for (let col = 0; col < width10; col++, to++)
        for (let i = 0; i < count2; i++)
          for (let j = 0; j < count2; j++) {
            const [v, u] = [row + (i + 0.5) / count2 - height10 / 2, col + (j + 0.5) / count2 - width10 / 2];
            const [y, x] = [u * sine + v * cosine2 + H / 2 - 0.5, u * cosine2 - v * sine + W / 2 - 0.5];
            const [top, left] = [Math.floor(y), Math.floor(x)];
            const [down, across] = [y - top, x - left];
            for (let k = 0; k < 4; k++) {
              const [r, s] = [top + (k >> 1), left + (k & 1)];
              const weight = share * (k >> 1 ? down : 1 - down) * (k & 1 ? across : 1 - across);
              const inside2 = r >= 0 && s >= 0 && r < H && s < W;
              for (let c = 0; c < channels5; c++) image[c * height10 * width10 + to] += weight * (inside2 ? ink[c * each2 + r * W + s] : ground);
            }
          }
    return image;
  }
  function contrasted(image, contrast, ground) {
    if (contrast !== 1) for (let i = 0; i < image.length; i++) image[i] = Math.max(0, Math.min(1, ground + contrast * (image[i] - ground)));
    return image;
  }
  function moved4(image, [channels5, height10, width10], down, right) {
    if (!down && !right) return image;
    let found = image;
    if (down) found = along(found, channels5, height10, width10, taps2(down));
    if (right) found = along(found, channels5 * height10, width10, 1, taps2(right));
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
  function taps2(amount) {
    const whole = Math.floor(amount);
    const fraction = amount - whole;
    if (!fraction) return [[whole, 1]];
    const keys = (d) => d <= 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2;
    return [-1, 0, 1, 2].map((step2) => [whole + step2, keys(Math.abs(step2 - fraction))]);
  }
  function overlaid(image, [channels5, height10, width10], { noise, square, square_row, square_col }) {
    if (!noise && !square) return image;
    const random = noise ? normal(1) : () => 0;
    const inside2 = (at, middle3) => Math.abs(at + 0.5 - middle3) < square / 2;
    const found = new Float32Array(image.length);
    for (let c = 0, at = 0; c < channels5; c++)
      for (let row = 0; row < height10; row++)
        for (let col = 0; col < width10; col++, at++) {
          const value = square && inside2(row, square_row) && inside2(col, square_col) ? 0.5 : image[at];
          found[at] = Math.max(0, Math.min(1, value + noise * random()));
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
    const random = uniform(seed);
    return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  }

  // hierfeat/atlas/scripts/paper.js
  var CELLS = 280;
  function paper([channels5, height10, width10], content) {
    const fine = Math.max(1, Math.round(CELLS / Math.max(height10, width10)));
    const made2 = { channels: channels5, height: height10, width: width10, fine, ink: new Float32Array(channels5 * height10 * width10 * fine * fine) };
    const [H, W] = [height10 * fine, width10 * fine];
    for (let c = 0, at = 0; c < channels5; c++)
      for (let row = 0; row < H; row++)
        for (let col = 0; col < W; col++, at++) {
          const from = (c * height10 + Math.floor(row / fine)) * width10 + Math.floor(col / fine);
          made2.ink[at] = typeof content === "number" ? content : content[from];
        }
    return made2;
  }
  var asPaper = ([channels5, height10, width10], ink) => ({ channels: channels5, height: height10, width: width10, fine: 1, ink });
  function stroke(on, from, to, radius, value) {
    const [H, W] = [on.height * on.fine, on.width * on.fine];
    const [down, right] = [to[0] - from[0], to[1] - from[1]];
    const length = down * down + right * right;
    const bound = (at, most) => Math.max(0, Math.min(most, at));
    const rows2 = [bound(Math.floor(Math.min(from[0], to[0]) - radius - 1), H), bound(Math.ceil(Math.max(from[0], to[0]) + radius + 1), H)];
    const cols = [bound(Math.floor(Math.min(from[1], to[1]) - radius - 1), W), bound(Math.ceil(Math.max(from[1], to[1]) + radius + 1), W)];
    for (let row = rows2[0]; row < rows2[1]; row++)
      for (let col = cols[0]; col < cols[1]; col++) {
        const [y, x] = [row + 0.5 - from[0], col + 0.5 - from[1]];
        const along2 = length ? Math.max(0, Math.min(1, (y * down + x * right) / length)) : 0;
        const cover = radius + 0.5 - Math.hypot(y - along2 * down, x - along2 * right);
        if (cover <= 0) continue;
        const share = Math.min(1, cover);
        for (let c = 0; c < on.channels; c++) {
          const at = (c * H + row) * W + col;
          const next = on.ink[at] + (value - on.ink[at]) * share;
          on.ink[at] = value > 0.5 ? Math.max(on.ink[at], next) : Math.min(on.ink[at], next);
        }
      }
  }
  function groundOf(image, [, height10, width10]) {
    const border = [];
    for (let row = 0; row < height10; row++)
      for (let col = 0; col < width10; col++) if (row % (height10 - 1) === 0 || col % (width10 - 1) === 0) border.push(image[row * width10 + col]);
    border.sort((a, b) => a - b);
    const middle3 = border[border.length >> 1] ?? 0.5;
    const alike = border.filter((value) => Math.abs(value - middle3) < 0.05).length;
    return alike > border.length / 2 ? middle3 : 0.5;
  }

  // hierfeat/atlas/scripts/prepare.js
  var FAINT = 0.2;
  function asData(on, ground, how) {
    const ink = inkOf(on, ground);
    const place3 = placeOf(ink, how);
    if (!place3) return null;
    const soft = onGrid(ink, place3, how.cells);
    const shaped = how.thin ? thinned(binary(soft), how.cells) : how.ink ? weighed(binary(soft), how.cells, how.ink) : soft;
    const small = pooled(shaped, how.cells, how.pooled);
    const side3 = how.cells / how.pooled;
    const one = side3 === on.height && side3 === on.width ? small : how.pooled > 1 ? enlarged(small, side3, on.height, on.width) : middle(small, side3, on.height, on.width);
    const image = new Float32Array(on.channels * one.length);
    const sign = ground < 0.5 ? 1 : -1;
    for (let c = 0; c < on.channels; c++) for (let i = 0; i < one.length; i++) image[c * one.length + i] = (ground < 0.5 ? 0 : 1) + sign * one[i];
    return image;
  }
  function inkOf(on, ground) {
    const [rows2, cols] = [on.height * on.fine, on.width * on.fine];
    const most = Math.max(ground, 1 - ground);
    return { share: Float32Array.from({ length: rows2 * cols }, (_, i) => Math.min(1, Math.abs(on.ink[i] - ground) / most)), rows: rows2, cols };
  }
  function placeOf({ share, rows: rows2, cols }, { box: box2, tall, by, upright: upright2 }) {
    let [mass, y, x, yy, xy] = [0, 0, 0, 0, 0];
    const each2 = (visit) => {
      for (let row2 = 0, i = 0; row2 < rows2; row2++) for (let col2 = 0; col2 < cols; col2++, i++) if (share[i] >= FAINT) visit(row2 + 0.5, col2 + 0.5, share[i]);
    };
    each2((row2, col2, ink) => {
      mass += ink;
      y += ink * row2;
      x += ink * col2;
    });
    if (!mass) return null;
    [y, x] = [y / mass, x / mass];
    each2((row2, col2, ink) => {
      yy += ink * (row2 - y) ** 2;
      xy += ink * (row2 - y) * (col2 - x);
    });
    const slant = upright2 ? Math.max(-0.6, Math.min(0.6, xy / yy)) : 0;
    let [top, left, bottom, right] = [Infinity, Infinity, -Infinity, -Infinity];
    each2((row2, col2) => {
      const straight = col2 - slant * (row2 - y);
      [top, left, bottom, right] = [Math.min(top, row2 - 0.5), Math.min(left, straight - 0.5), Math.max(bottom, row2 + 0.5), Math.max(right, straight + 0.5)];
    });
    const high = (bottom - top) / box2[0];
    const wide = (right - left) / box2[1];
    const down = tall ? high : Math.max(high, wide);
    const across = Math.max(wide, down);
    const [row, col] = by === "mass" ? [y, x] : [(top + bottom) / 2, (left + right) / 2];
    return { row, col: col + slant * (row - y), down, across, slant };
  }
  function onGrid({ share, rows: rows2, cols }, { row, col, down, across, slant }, cells3) {
    const found = new Float32Array(cells3 * cells3);
    const [m, n] = [Math.max(1, Math.min(12, Math.round(down))), Math.max(1, Math.min(12, Math.round(across)))];
    for (let i = 0; i < cells3 * m; i++) {
      const v = ((i + 0.5) / m - cells3 / 2) * down;
      const y = Math.floor(row + v);
      if (y < 0 || y >= rows2) continue;
      for (let j = 0; j < cells3 * n; j++) {
        const x = Math.floor(col + ((j + 0.5) / n - cells3 / 2) * across + slant * v);
        if (x >= 0 && x < cols) found[Math.floor(i / m) * cells3 + Math.floor(j / n)] += share[y * cols + x] / (m * n);
      }
    }
    return found;
  }
  var binary = (soft) => soft.map((value) => value >= 0.5 ? 1 : 0);
  function weighed(grid2, cells3, [least, most]) {
    const share = (one) => one.reduce((sum2, value) => sum2 + value, 0) / one.length;
    let found = grid2;
    for (let step2 = 0; step2 < 3 && share(found) < least; step2++) found = neighbours(found, cells3, 1);
    for (let step2 = 0; step2 < 3 && share(found) > most; step2++) {
      const next = neighbours(found, cells3, 0);
      if (share(next) < least) break;
      found = next;
    }
    return found;
  }
  function neighbours(grid2, cells3, value) {
    const at = (row, col) => row >= 0 && col >= 0 && row < cells3 && col < cells3 && grid2[row * cells3 + col] === value;
    return grid2.map((own, i) => {
      const [row, col] = [Math.floor(i / cells3), i % cells3];
      return at(row - 1, col) || at(row + 1, col) || at(row, col - 1) || at(row, col + 1) ? value : own;
    });
  }
  function thinned(grid2, cells3) {
    const found = grid2.slice();
    const at = (row, col) => row >= 0 && col >= 0 && row < cells3 && col < cells3 ? found[row * cells3 + col] : 0;
    for (let changed2 = true; changed2; ) {
      changed2 = false;
      for (const second of [false, true]) {
        const gone = [];
        for (let row = 0; row < cells3; row++)
          for (let col = 0; col < cells3; col++) {
            if (!at(row, col)) continue;
            const ring = [at(row - 1, col), at(row - 1, col + 1), at(row, col + 1), at(row + 1, col + 1), at(row + 1, col), at(row + 1, col - 1), at(row, col - 1), at(row - 1, col - 1)];
            const [n, , e, , s, , w] = ring;
            const count2 = ring.reduce((sum2, one) => sum2 + one, 0);
            const starts = ring.filter((one, i) => !one && ring[(i + 1) % 8]).length;
            const side3 = second ? n * e * w + n * s * w : n * e * s + e * s * w;
            if (count2 >= 2 && count2 <= 6 && starts === 1 && side3 === 0) gone.push(row * cells3 + col);
          }
        for (const i of gone) found[i] = 0;
        changed2 ||= gone.length > 0;
      }
    }
    return found;
  }
  function pooled(grid2, cells3, by) {
    const side3 = cells3 / by;
    const found = new Float32Array(side3 * side3);
    for (let row = 0; row < cells3; row++)
      for (let col = 0; col < cells3; col++) found[Math.floor(row / by) * side3 + Math.floor(col / by)] += grid2[row * cells3 + col] / (by * by);
    return found;
  }
  function middle(small, side3, height10, width10) {
    const image = new Float32Array(height10 * width10);
    const [top, left] = [Math.floor((height10 - side3) / 2), Math.floor((width10 - side3) / 2)];
    for (let row = 0; row < side3; row++) image.set(small.subarray(row * side3, (row + 1) * side3), (top + row) * width10 + left);
    return image;
  }
  function enlarged(small, side3, height10, width10) {
    const image = new Float32Array(height10 * width10);
    const at = (i, count2) => {
      const place3 = Math.max(0, (i + 0.5) * side3 / count2 - 0.5);
      const low = Math.min(Math.floor(place3), side3 - 1);
      return [low, Math.min(low + 1, side3 - 1), place3 - low];
    };
    for (let row = 0, to = 0; row < height10; row++)
      for (let col = 0; col < width10; col++, to++) {
        const [[top, bottom, down], [left, right, across]] = [at(row, height10), at(col, width10)];
        const one = (r, k) => small[r * side3 + k];
        image[to] = (one(top, left) * (1 - across) + one(top, right) * across) * (1 - down) + (one(bottom, left) * (1 - across) + one(bottom, right) * across) * down;
      }
    return image;
  }

  // hierfeat/atlas/scripts/desk.js
  var shape = payload.model.input_shape;
  var [channels, height2, width2] = shape;
  var side = Math.min(height2, width2);
  var half2 = Math.floor(side / 2);
  var SLIDERS = [
    ["shift_x", "Shift right", -half2, half2, 0.5, 0, "px"],
    ["shift_y", "Shift down", -half2, half2, 0.5, 0, "px"],
    ["rotation", "Rotation", -180, 180, 1, 0, "°"],
    ["scale", "Scale", 0.3, 3, 0.05, 1, "×"],
    ["contrast", "Contrast", 0, 2, 0.05, 1, "×"],
    ["noise", "Noise", 0, 0.6, 0.02, 0, ""],
    ["square", "Occluding square", 0, half2, 1, 0, "px"]
  ];
  var SETTINGS = [...SLIDERS.map(([name]) => name), "square_row", "square_col"];
  var neutral = () => (
    /** @type {Settings} */
    Object.fromEntries([...SLIDERS.map(([name, , , , , value]) => [name, value]), ["square_row", height2 / 2], ["square_col", width2 / 2]])
  );
  var STEPS = 20;
  var desk = {
    settings: neutral(),
    page: paper(shape, 0),
    /** The grey of what lies outside the paper, and of clean paper. */
    ground: 0,
    /** Whether the paper is no longer the sample. */
    drawn: false,
    /** Whether a drawing is sized and centred as the network's own data were. */
    prepare: Boolean(payload.model.prepare),
    /** It grows whenever the paper changes. */
    changes: 0,
    tool: "draw",
    radius: side / 28
  };
  var past = [];
  function takeSample() {
    const image = sampleImage(state.sample);
    const ground = groundOf(image, shape);
    Object.assign(desk, { page: paper(shape, image), ground: payload.model.prepare && ground === 0.5 ? 0 : ground, drawn: false });
    past = [];
    touch();
  }
  function keep() {
    past.push({ ink: desk.page.ink.slice(), ground: desk.ground, drawn: desk.drawn });
    if (past.length > STEPS) past.shift();
    desk.drawn = true;
    touch();
  }
  function undo() {
    const before3 = past.pop();
    if (!before3) return;
    touch();
    desk.page.ink.set(before3.ink);
    Object.assign(desk, { ground: before3.ground, drawn: before3.drawn });
  }
  function clear() {
    keep();
    desk.ground = channels === 1 ? Math.round(desk.ground) : 1;
    desk.page.ink.fill(desk.ground);
  }
  function invert() {
    keep();
    const { ink } = desk.page;
    for (let i = 0; i < ink.length; i++) ink[i] = 1 - ink[i];
    desk.ground = 1 - desk.ground;
  }
  function takePicture(ink, another) {
    if (another) keep();
    desk.drawn = true;
    touch();
    desk.page.ink.set(ink);
    desk.ground = groundOf(ink, [channels, height2 * desk.page.fine, width2 * desk.page.fine]);
  }
  function chosenSettings() {
    const [start2, now] = [
      /** @type {any} */
      neutral(),
      /** @type {any} */
      desk.settings
    ];
    return Object.fromEntries(SETTINGS.filter((name) => now[name] !== start2[name]).map((name) => [name, now[name]]));
  }
  var plain = () => !desk.drawn && SLIDERS.every(([name, , , , , value]) => desk.settings[name] === value);
  function made(other = {}) {
    const settings = { ...desk.settings, ...other };
    if (desk.drawn) return compose(drawing2(), settings, desk.ground);
    const sample = sampleImage(state.sample);
    const same2 = SLIDERS.every(([name, , , , , value]) => settings[name] === value);
    return same2 ? sample : compose(asPaper(shape, sample), settings, desk.ground);
  }
  var ready = null;
  function touch() {
    ready = null;
    desk.changes++;
  }
  function drawing2() {
    if (!desk.prepare) return desk.page;
    const image = ready ? null : asData(desk.page, desk.ground, payload.model.prepare);
    return ready ??= image ? asPaper(shape, image) : desk.page;
  }

  // hierfeat/atlas/scripts/controls.js
  var [, height3, width3] = payload.model.input_shape;
  var side2 = Math.min(height3, width3);
  var ACTIONS = {
    clear,
    undo,
    invert,
    reset() {
      desk.settings = neutral();
      takeSample();
      showSliders();
    }
  };
  var remember2 = () => set({ bench: chosenSettings() });
  var says = (value, unit) => `${String(+value.toFixed(2)).replace("-", "−")}${unit && ` ${unit}`}`;
  function sliders(changed2) {
    return SLIDERS.map(([name, label2, min, max, step2, , unit]) => {
      const shown3 = element("output", {}, says(desk.settings[name], unit));
      const range = element("input", { type: "range", name: `bench-${name}`, min, max, step: step2, value: desk.settings[name] });
      range.addEventListener("input", () => {
        desk.settings[name] = Number(range.value);
        shown3.textContent = says(desk.settings[name], unit);
        remember2();
        changed2();
      });
      return element("label", {}, element("span", {}, label2), range, shown3);
    });
  }
  function showSliders() {
    for (const [name, , , , , , unit] of SLIDERS) {
      const range = (
        /** @type {HTMLInputElement} */
        need(`[name="bench-${name}"]`)
      );
      range.value = String(desk.settings[name]);
      range.nextElementSibling.textContent = says(desk.settings[name], unit);
    }
    remember2();
  }
  function tools(changed2, redrawn2) {
    const choice2 = (value, label2) => {
      const input2 = element("input", { type: "radio", name: "tool", value, checked: value === desk.tool });
      input2.addEventListener("change", () => desk.tool = value);
      return element("label", {}, input2, element("span", {}, label2));
    };
    const brush = element("input", { type: "range", name: "brush", min: side2 / 56, max: side2 / 7, step: side2 / 112, value: desk.radius });
    brush.addEventListener("input", () => desk.radius = Number(brush.value));
    const button = (name, label2) => {
      const act = () => {
        ACTIONS[name]();
        redrawn2();
      };
      return element("button", { type: "button", "data-do": name, onclick: act }, label2);
    };
    const parts2 = [
      element("fieldset", { class: "choice" }, element("legend", {}, "Pen"), choice2("draw", "draw"), choice2("erase", "erase")),
      element("label", {}, element("span", {}, "Brush"), brush),
      element("p", { class: "buttons" }, button("clear", "Clear"), button("undo", "Undo"), button("invert", "Invert"), button("reset", "Back to the sample"))
    ];
    if (payload.model.prepare) {
      const input2 = element("input", { type: "checkbox", name: "prepare", checked: desk.prepare });
      input2.addEventListener("change", () => {
        desk.prepare = input2.checked;
        changed2();
      });
      parts2.push(element("label", { class: "check" }, input2, element("span", {}, "Size and centre a drawing as the network's own data were")));
    }
    return parts2;
  }

  // hierfeat/atlas/scripts/stimuli.js
  var GROUND = 0.5;
  function halfPlane(distance, sine, cosine2) {
    const wide = Math.max(Math.abs(sine), Math.abs(cosine2));
    const narrow = Math.max(1e-6, Math.min(Math.abs(sine), Math.abs(cosine2)));
    const far = Math.abs(distance);
    const rest = Math.max(0, (wide + narrow) / 2 - far);
    const share = far < (wide - narrow) / 2 ? 0.5 + far / wide : 1 - rest * rest / (2 * wide * narrow);
    return distance < 0 ? 1 - share : share;
  }
  var band2 = (distance, width10, sine, cosine2) => halfPlane(distance + width10 / 2, sine, cosine2) - halfPlane(distance - width10 / 2, sine, cosine2);
  function pattern({ kind, orientation, width: width10, length, polarity, offset = 0 }) {
    const angle = orientation * Math.PI / 180;
    const [sine, cosine2] = [Math.sin(angle), Math.cos(angle)];
    const across = (row, col) => row * cosine2 + col * sine - offset;
    if (kind === "edge") return (row, col) => polarity * (2 * halfPlane(across(row, col), sine, cosine2) - 1);
    if (kind === "grating") return (row, col) => polarity * Math.cos(Math.PI * across(row, col) / width10);
    if (kind === "spot")
      return (row, col) => {
        const radius = Math.hypot(row, col);
        const [s, c] = radius ? [col / radius, row / radius] : [0, 1];
        return polarity * (halfPlane(width10 / 2 - radius, s, c) - halfPlane(-width10 / 2 - radius, s, c));
      };
    return (row, col) => polarity * band2(across(row, col), width10, sine, cosine2) * band2(col * cosine2 - row * sine, length, cosine2, -sine);
  }
  function drawnOn(stimulus2, { row, col, rows: rows2, cols }) {
    const at = pattern(stimulus2);
    const found = new Float32Array(rows2 * cols);
    for (let r = 0, i = 0; r < rows2; r++)
      for (let c = 0; c < cols; c++, i++) found[i] = Math.max(-1, Math.min(1, at(row + r + 0.5 - stimulus2.row, col + c + 0.5 - stimulus2.col)));
    return found;
  }
  function drawn2([channels5, height10, width10], stimulus2) {
    const change = drawnOn(stimulus2, { row: 0, col: 0, rows: height10, cols: width10 });
    const image = new Float32Array(channels5 * height10 * width10);
    for (let i = 0; i < change.length; i++) image[i] = GROUND + 0.5 * change[i];
    for (let c = 1; c < channels5; c++) image.copyWithin(c * change.length, 0, change.length);
    return image;
  }
  function sweep([top, left, bottom, right], steps2 = 41) {
    const size = Math.max(bottom - top, right - left);
    const offsets = Array.from({ length: steps2 }, (_, i) => -0.75 * size + 1.5 * size * i / (steps2 - 1));
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
  function gratings([, height10, width10]) {
    const low = Math.min(1.5 / Math.min(height10, width10), 0.25);
    const found = [];
    for (let o = 0; o < 16; o++)
      for (let f = 0; f < 8; f++)
        for (let p = 0; p < 8; p++) {
          const frequency = low * (0.5 / low) ** (f / 7);
          found.push(grating(height10, width10, o * 11.25, frequency, p / 8));
        }
    return found;
  }
  function grating(height10, width10, orientation, frequency, turn2) {
    return { kind: "grating", row: height10 / 2, col: width10 / 2, orientation, offset: turn2 / frequency, width: 0.5 / frequency, length: width10, polarity: 1 };
  }

  // hierfeat/atlas/scripts/hubel/spikes.js
  function poisson(expected, random) {
    let count2 = 0;
    for (let left = expected + Math.log(1 - random()); left > 0; left += Math.log(1 - random())) count2++;
    return count2;
  }

  // hierfeat/atlas/scripts/hubel/cell.js
  var [, height4, width4] = payload.model.input_shape;
  var WHOLE = { row: 0, col: 0, rows: height4, cols: width4 };
  var RATE = 60;
  var POINTS2 = 240;
  var noted = () => ({ sum: new Float32Array(height4 * width4), weight: new Float32Array(height4 * width4) });
  function middle2(layer, channel = 0) {
    const [, rows2, cols] = layers[layer].maps.shape;
    const at = rows2 * cols === 1 ? channel : (channel * rows2 + Math.floor(rows2 / 2)) * cols + Math.floor(cols / 2);
    return { layer, ...unitAt(layers[layer], at) };
  }
  var Cell = class {
    /** @param {Chosen} unit @param {number} seed of its spikes */
    constructor(unit, seed) {
      this.unit = unit;
      this.layer = layers[unit.layer];
      this.place = flatIndex(this.layer, unit);
      this.channel = channelOf(this.layer, unit);
      this.random = uniform(seed);
      this.response = 0;
      this.blank = 0;
      this.largest = 1e-9;
      this.optimum = this.known();
      this.trace = [];
      this.spikes = [];
      this.best = -Infinity;
      this.light = noted();
      this.dark = noted();
      this.largest = Math.max(1e-9, this.optimum?.response ?? 0, this.layer.maps ? values(this.layer)[this.place] : 0);
    }
    /** The map, the trace and the game begin anew. */
    forget() {
      [this.trace, this.spikes, this.best] = [[], [], -Infinity];
      [this.light, this.dark] = [noted(), noted()];
    }
    /** Whether it is the one in the middle of its map, which the page's numbers of gratings are of. */
    get central() {
      if (view(this.layer).vector) return true;
      const [, rows2, cols] = this.layer.maps.shape;
      return this.unit.row === Math.floor(rows2 / 2) && this.unit.col === Math.floor(cols / 2);
    }
    known() {
      const { tuning } = this.layer;
      if (!tuning || !this.central) return null;
      return { response: tuning.best[this.channel], at: tuning.at[this.channel] };
    }
    /** What hierfeat.orientation_tuning calls it, where that is known. @returns {string} */
    get type() {
      return this.central && this.layer.tuning ? this.layer.tuning.type[this.channel] : "";
    }
    /** Its field, or the whole image. @returns {[number, number, number, number]} [top, left, bottom, right] in pixels */
    get field() {
      const found = box(this.layer, this.unit);
      return found && found[2] > found[0] && found[3] > found[1] ? found : [0, 0, height4, width4];
    }
    /** Take the response to what is on the screen. @param {number} response */
    hear(response) {
      this.response = response;
      this.largest = Math.max(this.largest, response);
    }
    /** Lay the response on the map where the stimulus stood. @param {Stimulus} stimulus @param {number} response */
    remember(stimulus2, response) {
      const change = drawnOn(stimulus2, WHOLE);
      const gain = response - this.blank;
      for (let i = 0; i < change.length; i++) {
        const cover = Math.abs(change[i]);
        if (cover < 0.02) continue;
        const side3 = change[i] > 0 ? this.light : this.dark;
        side3.sum[i] += cover * gain;
        side3.weight[i] += cover;
      }
    }
    /**
     * How far each pixel is ON (the response rises with light, falls with dark) and OFF (the reverse), as shares of the
     * largest; NaN where nothing was shown.
     */
    get map() {
      const { light, dark } = this;
      const [on, off] = [new Float32Array(height4 * width4), new Float32Array(height4 * width4)];
      let most = 1e-9;
      for (let i = 0; i < on.length; i++) {
        const bright = light.weight[i] ? light.sum[i] / light.weight[i] : 0;
        const dim = dark.weight[i] ? dark.sum[i] / dark.weight[i] : 0;
        on[i] = Math.max(0, bright) + Math.max(0, -dim);
        off[i] = Math.max(0, -bright) + Math.max(0, dim);
        most = Math.max(most, on[i], off[i]);
        if (!light.weight[i] && !dark.weight[i]) on[i] = NaN;
      }
      for (let i = 0; i < on.length; i++) [on[i], off[i]] = [on[i] / most, off[i] / most];
      return { on, off };
    }
    /** Let time pass. @param {number} seconds @returns {number} spikes fired in it, by a Poisson process */
    wait(seconds) {
      const expected = RATE * Math.max(0, this.response) / this.largest * seconds;
      const fired = poisson(expected, this.random);
      this.trace.push(this.response);
      this.spikes.push(fired);
      if (this.trace.length > POINTS2) [this.trace, this.spikes] = [this.trace.slice(-POINTS2), this.spikes.slice(-POINTS2)];
      return fired;
    }
    /** The reader's best response as a share of the best grating's, both over grey; null where no grating drives it. */
    get score() {
      if (!this.optimum || this.optimum.response - this.blank <= 1e-6 * Math.abs(this.largest)) return null;
      return Math.max(0, this.best - this.blank) / (this.optimum.response - this.blank);
    }
    get name() {
      return unitName(this.unit);
    }
  };

  // hierfeat/atlas/scripts/hubel/card.js
  var TYPES = {
    simple: "A simple cell",
    complex: "A complex cell",
    untuned: "Not tuned to orientation",
    unresponsive: "No grating excites it"
  };
  function cardOf(cell, i, count2, active2, acts) {
    const button = (name, label2, act) => element("button", { type: "button", "data-do": name, onclick: () => act(i) }, label2);
    const title = count2 > 1 ? `Unit ${"AB"[i]}` : "Unit";
    const several = count2 > 1 && [
      element("button", { type: "button", "data-do": "activate", "aria-pressed": active2 ? "true" : "false", onclick: () => acts.activate(i) }, active2 ? "A click on a map changes this one" : "Let clicks change this one"),
      button("remove", "Remove", acts.remove)
    ];
    return element(
      "section",
      { class: `cell ${"ab"[i]}${active2 && count2 > 1 ? " active" : ""}`, "data-cell": i, "aria-label": title },
      element("h3", {}, title, element("small", {}, cell.name)),
      chooser(cell, i, title, acts),
      element("p", { class: "type" }, typeOf(cell)),
      element(
        "div",
        { class: "views" },
        element("figure", { class: "handmap" }, element("figcaption", {}, "Mapped by hand"), element("canvas", { role: "img", "aria-label": "The receptive field as mapped by hand" })),
        element("figure", { class: "scope" }, element("figcaption", {}, "Response and spikes"), element("canvas", { class: "trace", width: 720, height: 260, role: "img", "aria-label": "Trace of the response, and its spikes" }), element("p", { class: "hears" }))
      ),
      element("p", { class: "key" }, element("b", { class: "on" }, "× ON"), ": light raises the response. ", element("b", { class: "off" }, "△ OFF"), ": light lowers it, or dark raises it. ", element("b", { class: "both" }, "Yellow"), ": both."),
      element("div", { class: "game" }, element("div", { class: "gauge", "aria-hidden": "true" }, element("i")), element("p", { class: "score-says", role: "status" })),
      element("p", { class: "buttons" }, button("sweep", "Sweep a bar by itself", acts.sweep), !cell.optimum && button("search", "Measure its best grating", acts.search), button("reveal", "Show its best grating", acts.reveal), several && several[0], several && several[1]),
      element("div", { class: "plate" })
    );
  }
  function typeOf(cell) {
    const { type, layer, channel } = cell;
    if (!type) return "Its type was measured for the unit in the middle of the map only.";
    const orientation = layer.tuning.orientation[channel];
    const prefers = orientation === null || type === "untuned" || type === "unresponsive" ? "" : `; gratings of ${Math.round(orientation)}° drive it most`;
    return `${TYPES[type] ?? type}${prefers}.`;
  }
  function chooser(cell, i, title, acts) {
    const { unit } = cell;
    const layer = element("select", { "aria-label": `${title}: layer` }, ...layers.filter((one) => one.maps).map((one) => element("option", { value: one.index, selected: one.index === unit.layer }, one.name)));
    layer.addEventListener("change", () => acts.replace(i, middle2(Number(layer.value))));
    const { tiles, height: height10, width: width10, vector } = view(cell.layer);
    const number_ = (label2, value, most, next) => {
      const input2 = element("input", { type: "number", min: 0, max: most, value, "aria-label": `${title}: ${label2}` });
      input2.addEventListener("change", () => acts.replace(i, next(Math.max(0, Math.min(most, Math.round(Number(input2.value) || 0))))));
      return element("label", {}, element("span", {}, label2), input2);
    };
    const numbers2 = vector ? [number_("unit", channelOf(cell.layer, unit), cell.layer.maps.shape[0] - 1, (value) => ({ ...unit, row: Math.floor(value / width10), col: value % width10 }))] : [
      number_("channel", unit.tile, tiles - 1, (tile) => ({ ...unit, tile })),
      number_("row", unit.row, height10 - 1, (row) => ({ ...unit, row })),
      number_("column", unit.col, width10 - 1, (col) => ({ ...unit, col }))
    ];
    return element("div", { class: "chooser" }, element("label", {}, element("span", {}, "layer"), layer), ...numbers2);
  }
  function refreshCard(card2, cell) {
    need(".hears", card2).textContent = `${number(cell.response)}; to bare grey ${number(cell.blank)} (dashed); at most ${number(cell.largest)}`;
    const { score, optimum } = cell;
    const says2 = need(".score-says", card2);
    need(".gauge i", card2).style.setProperty("--share", String(Math.min(1, score ?? 0)));
    if (score !== null) says2.textContent = `Find its best stimulus: yours drives it to ${Math.round(100 * score)} % of what the best of 1024 gratings does.`;
    else says2.textContent = optimum ? "No grating raises this unit above its response to grey." : "Find its best stimulus: first let the page measure its best grating.";
    need('[data-do="reveal"]', card2).disabled = !optimum;
  }

  // hierfeat/atlas/scripts/hubel/scope.js
  function paintTrace(canvas3, cell) {
    const context = (
      /** @type {CanvasRenderingContext2D} */
      canvas3.getContext("2d")
    );
    const style = getComputedStyle(canvas3);
    const [W, H] = [canvas3.width, canvas3.height];
    const low = Math.min(0, cell.blank, ...cell.trace);
    const top = Math.max(cell.largest, ...cell.trace);
    const X = (i) => (i + POINTS2 - cell.trace.length) * W / POINTS2;
    const Y = (value) => H - 34 - (value - low) / (top - low || 1) * (H - 44);
    context.clearRect(0, 0, W, H);
    context.setLineDash([6, 6]);
    context.strokeStyle = style.getPropertyValue("--second");
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(0, Y(cell.blank));
    context.lineTo(W, Y(cell.blank));
    context.stroke();
    context.setLineDash([]);
    context.strokeStyle = style.getPropertyValue("--first");
    context.lineWidth = 3;
    context.beginPath();
    cell.trace.forEach((value, i) => context.lineTo(X(i), Y(value)));
    context.stroke();
    context.strokeStyle = style.getPropertyValue("--ink");
    context.lineWidth = 2;
    context.beginPath();
    cell.spikes.forEach((fired, i) => {
      if (!fired) return;
      context.moveTo(X(i), H - 26);
      context.lineTo(X(i), H - 4);
    });
    context.stroke();
  }
  var audio = null;
  var sounded = 0;
  var clicks = () => sounded;
  function turnSound(on) {
    audio?.close();
    audio = on ? new AudioContext() : null;
  }
  function click(which, of2, delay) {
    if (!audio) return;
    sounded++;
    const length = which ? 220 : 80;
    const buffer = audio.createBuffer(1, length, audio.sampleRate);
    const data = buffer.getChannelData(0);
    for (let i = 0; i < length; i++) data[i] = (i < length / 3 ? 1 : -0.4) * Math.exp(-i / (length / 4)) * 0.4;
    const source = audio.createBufferSource();
    source.buffer = buffer;
    const side3 = audio.createStereoPanner();
    side3.pan.value = of2 > 1 ? 1.4 * which - 0.7 : 0;
    source.connect(side3).connect(audio.destination);
    source.start(audio.currentTime + delay);
  }

  // hierfeat/atlas/scripts/hubel/controls.js
  var SLIDERS2 = [
    ["orientation", "Orientation", "°"],
    ["width", "Width", "px"],
    ["length", "Length", "px"]
  ];
  function choice(name, label2, values2, chosen3, act) {
    const parts2 = values2.map(([value, text2]) => {
      const input2 = element("input", { type: "radio", name, value, checked: value === chosen3 });
      input2.addEventListener("change", () => act(value));
      return element("label", {}, input2, element("span", {}, text2));
    });
    return element("fieldset", { class: "choice" }, element("legend", {}, label2), ...parts2);
  }
  function buildControls(stimulus2, actions2) {
    const sliders2 = SLIDERS2.map(([name, label2]) => {
      const range = element("input", { type: "range", name: `stimulus-${name}`, min: 0, max: 180, step: "any", value: 0 });
      range.addEventListener("input", () => {
        stimulus2[name] = name === "orientation" ? Number(range.value) % 180 : Number(range.value);
        say(name, stimulus2);
        actions2.present();
      });
      return element("label", {}, element("span", {}, label2), range, element("output", { name }));
    });
    const sound = element("input", { type: "checkbox", name: "sound" });
    sound.addEventListener("change", () => turnSound(sound.checked));
    const button = (name, label2, act) => element("button", { type: "button", "data-do": name, onclick: act }, label2);
    return element(
      "div",
      { class: "controls" },
      choice("stimulus", "Stimulus", [["bar", "bar"], ["edge", "edge"], ["spot", "spot"], ["grating", "grating"]], stimulus2.kind, (value) => {
        stimulus2.kind = /** @type {Stimulus["kind"]} */
        value;
        actions2.present();
      }),
      choice("polarity", "Of", [["1", "light"], ["-1", "dark"]], String(stimulus2.polarity), (value) => {
        stimulus2.polarity = Number(value);
        actions2.present();
      }),
      ...sliders2,
      element("label", { class: "check" }, sound, element("span", {}, "Sound: a click for each spike")),
      element(
        "p",
        { class: "buttons" },
        payload.pair && button("pair", "A simple and a complex cell", actions2.pair),
        button("beside", "Put a second unit beside it", actions2.beside),
        button("forget", "Clear the maps", actions2.forget)
      ),
      element("p", { class: "note" }, "On the screen: the wheel turns the stimulus, with Shift it lengthens it. Keys: arrows move it, ", element("kbd", {}, "q"), " ", element("kbd", {}, "e"), " turn, ", element("kbd", {}, "w"), " ", element("kbd", {}, "s"), " widen and narrow, ", element("kbd", {}, "a"), " ", element("kbd", {}, "d"), " shorten and lengthen, ", element("kbd", {}, "x"), " light or dark.")
    );
  }
  function say(name, stimulus2) {
    const unit = SLIDERS2.find(([one]) => one === name)?.[2];
    need(`.bench-hubel output[name="${name}"]`).textContent = `${+stimulus2[name].toFixed(1)}${unit === "°" ? "" : " "}${unit}`;
  }
  function showStimulus(stimulus2, size) {
    for (const [name] of SLIDERS2) {
      const range = (
        /** @type {HTMLInputElement} */
        need(`[name="stimulus-${name}"]`)
      );
      if (name !== "orientation") [range.min, range.max] = ["0.5", String(Math.max(2 * size, stimulus2[name]))];
      range.value = String(stimulus2[name]);
      say(name, stimulus2);
    }
    for (const [name, value] of [["stimulus", stimulus2.kind], ["polarity", stimulus2.polarity]]) {
      const input2 = (
        /** @type {HTMLInputElement | null} */
        find(`.bench-hubel input[name="${name}"][value="${value}"]`)
      );
      if (input2) input2.checked = true;
    }
  }

  // hierfeat/atlas/scripts/hubel/plate.js
  var shape2 = payload.model.input_shape;
  async function responsesOf(cell, stimuli) {
    const images = stimuli.map((one) => drawn2(shape2, one));
    return (await probe({ images, layer: cell.unit.layer, places: [cell.place] })).map(([response]) => response);
  }
  async function blankOf(cell) {
    const [blank] = await responsesOf(cell, [{ kind: "spot", row: 0, col: 0, orientation: 0, width: 1, length: 1, polarity: 0 }]);
    return blank;
  }
  async function runSweep(cell, shown3) {
    const { orientations, offsets, stimulus: stimulus2 } = sweep(cell.field);
    const found = { orientations, offsets, responses: [], blank: await blankOf(cell) };
    for (const orientation of orientations) {
      const stimuli = offsets.map((offset) => stimulus2(orientation, offset));
      const row = await responsesOf(cell, stimuli);
      found.responses.push(row);
      if (shown3 && await shown3(row, stimuli, found) === false) break;
    }
    return found;
  }
  var rate = (value, most) => Math.max(0, value) / most;
  function plateOf(found, until = Infinity) {
    const { orientations, offsets, responses, blank } = found;
    const most = Math.max(...responses.flat(), blank, 1e-9);
    const X = (k) => 78 + k * 210 / (offsets.length - 1);
    const rows2 = responses.map((row, i) => {
      const known = i === responses.length - 1 ? row.slice(0, until) : row;
      const line2 = known.map((value, k) => `L${X(k).toFixed(1)} ${(30 - 26 * rate(value, most)).toFixed(1)}`).join("");
      const angle = orientations[i] * Math.PI / 180;
      const [x, y] = [13 * Math.cos(angle), 13 * Math.sin(angle)];
      return svg(
        "g",
        { transform: `translate(0 ${i * 34})` },
        svg("text", { x: 42, y: 22, "text-anchor": "end" }, `${orientations[i]}°`),
        svg("line", { class: "bar", x1: 60 - x, y1: 17 + y, x2: 60 + x, y2: 17 - y }),
        known.length > 1 && svg("path", { class: "filled", d: `M78 30${line2}L${X(known.length - 1).toFixed(1)} 30Z` }),
        svg("line", { class: "grey", x1: 78, x2: 288, y1: 30 - 26 * rate(blank, most), y2: 30 - 26 * rate(blank, most) })
      );
    });
    const axis = [-1, 0, 1].map((side3) => svg("text", { x: 183 + 105 * side3, y: orientations.length * 34 + 14, "text-anchor": side3 < 0 ? "start" : side3 ? "end" : "middle" }, side3 ? number(offsets[side3 < 0 ? 0 : offsets.length - 1]) : "bar's place (px)"));
    return svg("svg", { class: "traces", viewBox: `0 0 292 ${orientations.length * 34 + 20}`, role: "img", "aria-label": `Response as a bar sweeps across the field at ${orientations.length} orientations; full height ${number(most)}` }, ...rows2, ...axis);
  }
  var strengths = (found) => found.responses.map((row) => Math.max(0, ...row));
  function polarOf(found) {
    const { orientations } = found;
    const strong = strengths(found);
    const most = Math.max(...strong, 1e-9);
    const points = [...orientations, ...orientations.map((one) => one + 180)].map((degrees, i) => {
      const [angle, radius] = [degrees * Math.PI / 180, 74 * strong[i % strong.length] / most];
      return `${(110 + radius * Math.cos(angle)).toFixed(1)} ${(92 - radius * Math.sin(angle)).toFixed(1)}`;
    });
    const rings = [37, 74].map((r) => svg("circle", { class: "ring", cx: 110, cy: 92, r }));
    const spokes = [0, 45, 90, 135].map((degrees) => {
      const [x, y] = [74 * Math.cos(degrees * Math.PI / 180), 74 * Math.sin(degrees * Math.PI / 180)];
      return svg("line", { class: "ring", x1: 110 - x, y1: 92 + y, x2: 110 + x, y2: 92 - y });
    });
    const names = [[0, 204, 96], [45, 178, 34], [90, 110, 12], [135, 42, 34]].map(([degrees, x, y]) => svg("text", { x, y, "text-anchor": "middle" }, `${degrees}°`));
    const best = orientations[strong.indexOf(Math.max(...strong))];
    return svg("svg", { class: "polar", viewBox: "0 0 220 180", role: "img", "aria-label": `Polar tuning curve, the largest response at ${best} degrees` }, ...rings, ...spokes, svg("path", { class: "first", d: `M${points.join("L")}Z` }), ...names);
  }
  function figuresOf(found, until) {
    const silent = Math.max(...found.responses.flat()) <= 1e-9 && found.responses.length === found.orientations.length;
    const whole = found.responses.length === found.orientations.length && until === void 0;
    return [
      silent ? element("p", { class: "note" }, "No bar brings this unit above zero.") : null,
      element("figure", {}, element("figcaption", {}, "A light bar sweeps across the field; dashed: to grey"), plateOf(found, until)),
      whole ? element("figure", {}, element("figcaption", {}, "Largest response by orientation"), polarOf(found)) : null
    ].filter((one) => one !== null);
  }

  // hierfeat/atlas/scripts/hubel/gratings.js
  var shape3 = payload.model.input_shape;
  var AT_ONCE = 16;
  var all2 = () => gratings(shape3);
  async function measureOptimum(cell, progress) {
    const stimuli = all2();
    const best = { response: -Infinity, at: 0 };
    for (let start2 = 0; start2 < stimuli.length; start2 += AT_ONCE) {
      const found = await responsesOf(cell, stimuli.slice(start2, start2 + AT_ONCE));
      found.forEach((response, i) => {
        if (response > best.response) Object.assign(best, { response, at: start2 + i });
      });
      if (progress?.((start2 + found.length) / stimuli.length) === false) return null;
      await new Promise((resolve) => setTimeout(resolve));
    }
    return best;
  }

  // hierfeat/atlas/scripts/hubel/hand.js
  var SAYS = "Screen. Arrow keys move the stimulus, q and e turn it, w and s change its width, a and d its length, x light and dark";
  function screenUnderHand(stimulus2, bench) {
    const surface2 = element("canvas", { tabindex: 0, role: "application", "aria-label": SAYS });
    const follow = (event) => {
      const part2 = bench.part();
      if (!part2) return;
      const area = surface2.getBoundingClientRect();
      stimulus2.row = part2.row + (event.clientY - area.top) / area.height * part2.rows;
      stimulus2.col = part2.col + (event.clientX - area.left) / area.width * part2.cols;
      stimulus2.offset = 0;
      bench.present();
    };
    const changed2 = (size) => {
      showStimulus(stimulus2, size);
      bench.present();
    };
    surface2.addEventListener("pointermove", follow);
    surface2.addEventListener("pointerdown", follow);
    surface2.addEventListener("pointerleave", bench.goDark);
    surface2.addEventListener("blur", bench.goDark);
    surface2.addEventListener("keydown", (event) => {
      const part2 = bench.part();
      const act = part2 && actOf(event, stimulus2, part2.rows);
      if (!act) return;
      event.preventDefault();
      act();
      changed2(part2.rows);
    });
    surface2.addEventListener("wheel", (event) => {
      const part2 = bench.part();
      if (!part2) return;
      event.preventDefault();
      const by = Math.sign(event.deltaY || event.deltaX);
      if (event.shiftKey) stimulus2.length = Math.max(0.5, stimulus2.length * 1.1 ** -by);
      else turn(stimulus2, -7.5 * by);
      changed2(part2.rows);
    }, { passive: false });
    return element("span", { class: "screen" }, surface2);
  }
  function turn(stimulus2, degrees) {
    stimulus2.orientation = (stimulus2.orientation + degrees + 180) % 180;
  }
  function actOf(event, stimulus2, size) {
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    const pace = Math.max(0.5, size / 40);
    const grow = (name, factor) => () => stimulus2[name] = Math.max(0.5, stimulus2[name] * factor);
    const acts = {
      ArrowUp: () => stimulus2.row -= pace,
      ArrowDown: () => stimulus2.row += pace,
      ArrowLeft: () => stimulus2.col -= pace,
      ArrowRight: () => stimulus2.col += pace,
      q: () => turn(stimulus2, 7.5),
      e: () => turn(stimulus2, -7.5),
      w: grow("width", 1.1),
      s: grow("width", 1 / 1.1),
      d: grow("length", 1.1),
      a: grow("length", 1 / 1.1),
      x: () => stimulus2.polarity *= -1
    };
    return acts[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
  }

  // hierfeat/atlas/scripts/hubel/screen.js
  var [, height5, width5] = payload.model.input_shape;
  function partOf2(cells3) {
    const boxes = cells3.map((cell) => cell.field);
    const [top, left] = [0, 1].map((i) => Math.min(...boxes.map((one) => one[i])));
    const [bottom, right] = [2, 3].map((i) => Math.max(...boxes.map((one) => one[i])));
    const size = Math.max(bottom - top, right - left);
    const side3 = size + 2 * Math.max(2, Math.round(0.3 * size));
    return { row: Math.round((top + bottom - side3) / 2), col: Math.round((left + right - side3) / 2), rows: side3, cols: side3 };
  }
  var beyond = (value) => (pixel(value, value, value) & 16777215 | 939524096) >>> 0;
  function paintScreen(canvas3, part2, stimulus2) {
    const change = stimulus2 && drawnOn(stimulus2, part2);
    const { pixels, show: show2 } = sheet(canvas3, part2.rows, part2.cols);
    for (let r = 0, i = 0; r < part2.rows; r++)
      for (let c = 0; c < part2.cols; c++, i++) {
        const value = 127.5 * (1 + (change ? change[i] : 0));
        const inside2 = part2.row + r >= 0 && part2.col + c >= 0 && part2.row + r < height5 && part2.col + c < width5;
        pixels[i] = inside2 ? pixel(value, value, value) : beyond(value);
      }
    show2();
  }
  function outlineFields(frame4, part2, cells3) {
    for (const old of all("i", frame4)) old.remove();
    cells3.forEach((cell, i) => {
      const mark2 = element("i", { class: "ab"[i] });
      const [top, left, bottom, right] = cell.field;
      place(mark2, top - part2.row, left - part2.col, bottom - part2.row, right - part2.col, part2.rows, part2.cols);
      frame4.append(mark2);
    });
  }
  var PALE = [240, 240, 236];
  var [ON, OFF, BOTH] = [[20, 150, 70], [205, 45, 50], [240, 190, 20]];
  function mixed(on, off) {
    const most = Math.max(on, off);
    if (most <= 0) return PALE;
    const both = Math.min(on, off) / most;
    const pure = on >= off ? ON : OFF;
    return PALE.map((pale, i) => pale + Math.min(1, most) * (pure[i] + both * (BOTH[i] - pure[i]) - pale));
  }
  var MARKS = 13;
  function paintHandMap(canvas3, part2, cell) {
    const { on, off } = cell.map;
    const scale = Math.max(1, Math.floor(320 / part2.rows));
    const size = part2.rows * scale;
    const { pixels, show: show2 } = sheet(canvas3, size, size);
    const at = (r, c) => {
      const [row, col] = [part2.row + r, part2.col + c];
      return row < 0 || col < 0 || row >= height5 || col >= width5 ? -1 : row * width5 + col;
    };
    for (let r = 0; r < part2.rows; r++)
      for (let c = 0; c < part2.cols; c++) {
        const i = at(r, c);
        const [red, green, blue] = i < 0 || Number.isNaN(on[i]) ? [150, 150, 150] : mixed(on[i], off[i]);
        const value = i < 0 ? 0 : pixel(red, green, blue);
        for (let y = 0; y < scale; y++) pixels.fill(value, (r * scale + y) * size + c * scale, (r * scale + y) * size + (c + 1) * scale);
      }
    show2();
    paintMarks(canvas3, part2, scale, (r, c) => {
      const i = at(r, c);
      return i < 0 || Number.isNaN(on[i]) ? 0 : on[i] >= off[i] ? on[i] : -off[i];
    });
  }
  function paintMarks(canvas3, part2, scale, signed2) {
    const context = (
      /** @type {CanvasRenderingContext2D} */
      canvas3.getContext("2d")
    );
    const step2 = Math.max(1, Math.round(part2.rows / MARKS));
    const size = Math.min(7, step2 * scale / 4);
    context.strokeStyle = "#fff";
    context.lineWidth = Math.max(1, size / 3);
    for (let r = step2 >> 1; r < part2.rows; r += step2)
      for (let c = step2 >> 1; c < part2.cols; c += step2) {
        const value = signed2(r, c);
        if (Math.abs(value) < 0.3) continue;
        const [x, y] = [(c + 0.5) * scale, (r + 0.5) * scale];
        context.beginPath();
        if (value > 0) {
          context.moveTo(x - size, y - size);
          context.lineTo(x + size, y + size);
          context.moveTo(x + size, y - size);
          context.lineTo(x - size, y + size);
        } else {
          context.moveTo(x, y - size);
          context.lineTo(x + size, y + 0.8 * size);
          context.lineTo(x - size, y + 0.8 * size);
          context.closePath();
        }
        context.stroke();
      }
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
    const { tiles, vector, height: height10, width: width10 } = view(layer);
    const shown3 = Math.min(tiles, Number(grid2.dataset.most || tiles));
    const captions = grid2.dataset.captions && !vector;
    const maps = Array.from({ length: shown3 }, (_, tile) => {
      const area = element("span", { class: "area", style: { "aspect-ratio": `${width10} / ${height10}` } }, element("i"), element("u", { hidden: true }));
      return element("span", { class: "map", "data-tile": tile }, area, captions && element("b", {}, tile));
    });
    grid2.classList.toggle("vector", vector);
    if (vector) grid2.style.setProperty("--across", String(width10));
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
    const canvas3 = (
      /** @type {HTMLCanvasElement} */
      grid2.firstElementChild
    );
    const { height: height10, width: width10 } = view(known.layer);
    const whole = grid2.getBoundingClientRect();
    const fine = Math.min(2, devicePixelRatio || 1);
    const at = (place3) => Math.round(place3 * fine);
    const [W, H] = [at(whole.width), at(whole.height)];
    known.wall = null;
    if (!W || !H) return;
    canvas3.width = W;
    canvas3.height = H;
    const boxes = all(".map", grid2).map((map) => {
      const area = (
        /** @type {Element} */
        map.firstElementChild.getBoundingClientRect()
      );
      const [top, left] = [at(area.top - whole.top), at(area.left - whole.left)];
      const [bottom, right] = [Math.min(H, at(area.bottom - whole.top)), Math.min(W, at(area.right - whole.left))];
      return { tile: Number(map.dataset.tile), top, left, rows: spread2(bottom - top, height10), cols: spread2(right - left, width10) };
    });
    const image = new ImageData(W, H);
    const context = (
      /** @type {CanvasRenderingContext2D} */
      canvas3.getContext("2d")
    );
    known.wall = { context, image, pixels: new Uint32Array(image.data.buffer), boxes };
  }
  var spread2 = (pixels, cells3) => Uint16Array.from({ length: Math.max(0, pixels) }, (_, i) => Math.floor((i + 0.5) * cells3 / pixels));
  function paintGrid(grid2) {
    const known = grids.get(grid2);
    if (!known?.wall || !visible(grid2)) return;
    const { layer, wall } = known;
    const found = values(layer);
    const { height: height10, width: width10, vector } = view(layer);
    const each2 = height10 * width10;
    const own = state.range === "map" && !vector;
    const common = colours(own ? 0 : layerLimit(layer), layer.maps.signed);
    const count2 = vector ? layer.maps.shape[0] : each2;
    for (const box2 of wall.boxes) {
      const start2 = vector ? 0 : box2.tile * each2;
      const chart = own ? colours(largest3(found, start2, each2), layer.maps.signed) : common;
      paintBox(wall.pixels, wall.image.width, box2, found, start2, width10, count2, chart);
    }
    wall.context.putImageData(wall.image, 0, 0);
  }
  function paintGrids() {
    for (const grid2 of grids.keys()) paintGrid(grid2);
  }
  function largest3(numbers2, start2, count2) {
    let most = 0;
    for (let i = start2; i < start2 + count2; i++) {
      const size = Math.abs(numbers2[i]);
      if (size > most) most = size;
    }
    return most;
  }
  function paintBox(pixels, across, { top, left, rows: rows2, cols }, numbers2, start2, width10, count2, { table, scale, middle: middle3 }) {
    for (let y = 0; y < rows2.length; y++) {
      const line2 = (top + y) * across + left;
      if (y && rows2[y] === rows2[y - 1]) {
        pixels.copyWithin(line2, line2 - across, line2 - across + cols.length);
        continue;
      }
      let [before3, colour] = [-1, 0];
      for (let x = 0; x < cols.length; x++) {
        if (cols[x] !== before3) {
          before3 = cols[x];
          const cell = rows2[y] * width10 + before3;
          const value = numbers2[start2 + cell];
          const level = Math.floor(value * scale + middle3);
          colour = cell >= count2 ? 0 : value !== value ? NOT_A_NUMBER : table[level < 0 ? 0 : level > 255 ? 255 : level];
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
    const numbers2 = Array.from(found);
    if (payload.model.scores === "raw") {
      const most2 = Math.max(...numbers2.map(Math.abs)) || 1;
      return numbers2.map((value) => ({ length: Math.max(0, value) / most2, text: number(value), value }));
    }
    const most = Math.max(...numbers2);
    const powers = payload.model.scores === "logits" ? numbers2.map((value) => Math.exp(value - most)) : numbers2;
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
    const best = found.reduce((at, share, i) => share.value > found[at].value ? i : at, 0);
    while (panel.children.length < order.length) panel.append(element("li", {}, element("span"), element("i"), element("span")));
    order.forEach((i, place3) => {
      const line2 = panel.children[place3];
      const [name, bar, amount] = (
        /** @type {[HTMLElement, HTMLElement, HTMLElement]} */
        /** @type {unknown} */
        line2.children
      );
      line2.classList.toggle("first", i === best);
      if (name.textContent !== className(i)) name.textContent = name.title = className(i);
      bar.style.setProperty("--share", String(found[i].length));
      if (amount.textContent !== found[i].text) amount.textContent = found[i].text;
    });
    const says2 = `says ${className(best)}${verdict(best)}`;
    for (const target of all(".says"))
      if (target.textContent !== says2) target.replaceChildren(words("says ", element("b", {}, className(best)), verdict(best)));
  }
  function verdict(best) {
    const { label: label2, name } = samples[state.sample];
    if (changed || label2 === null) return "";
    if (payload.model.named) return `; the sample is from ${name}`;
    return label2 === best ? ", rightly" : `; it is ${className(label2)}`;
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
  function showPatches(target, { image, columns, values: values2, channels: channels5, status }) {
    const strip = (i) => {
      if (status[i] !== "ok") return element("em", {}, status[i] === "dead" ? "never active" : "always the same");
      const label2 = `strongest patches of channel ${channels5[i]}`;
      return element("canvas", { role: "img", "aria-label": label2, title: `activations ${values2[i].map(number).join(", ")}` });
    };
    target.replaceChildren(...channels5.map((channel, i) => element("div", {}, element("b", {}, channel), strip(i))));
    const sheet2 = new Image();
    sheet2.onload = () => {
      const tile = sheet2.width / columns;
      const side3 = tile * Math.max(1, Math.round(PATCH / tile));
      all("div", target).forEach((line2, row) => {
        const canvas3 = (
          /** @type {HTMLCanvasElement | null} */
          find("canvas", line2)
        );
        const context = canvas3?.getContext("2d");
        if (!canvas3 || !context) return;
        const count2 = values2[row].length;
        canvas3.width = columns * (side3 + GAP) - GAP;
        canvas3.height = side3;
        context.imageSmoothingEnabled = tile > 2;
        for (let col = 0; col < count2; col++) context.drawImage(sheet2, col * tile, row * tile, tile, tile, col * (side3 + GAP), 0, side3, side3);
      });
    };
    sheet2.src = image;
  }
  var [PATCH, GAP] = [64, 5];

  // hierfeat/atlas/scripts/hubel.js
  var shape4 = payload.model.input_shape;
  var [, height6, width6] = shape4;
  var stimulus = { kind: "bar", row: height6 / 2, col: width6 / 2, orientation: 90, width: 2, length: 10, polarity: 1 };
  var cells = [];
  var active = 0;
  var running = "";
  var shown = false;
  var answered = 0;
  var watching = 0;
  var canvas = () => (
    /** @type {HTMLCanvasElement} */
    need(".screen canvas")
  );
  var card = (i) => need(`.cell[data-cell="${i}"]`);
  var same = (first, second) => JSON.stringify(first) === JSON.stringify(second);
  function place2() {
    const wanted2 = [state.pinned, state.second].filter((one) => one !== null);
    const before3 = [...cells];
    cells = wanted2.map((unit, i) => {
      const at = before3.findIndex((cell) => same(cell.unit, unit));
      return at < 0 ? new Cell(unit, 1959 + i) : before3.splice(at, 1)[0];
    });
    active = Math.min(active, Math.max(0, cells.length - 1));
    running = "";
    need(".bench-hubel").classList.toggle("ready", cells.length > 0);
    if (!cells.length) return;
    fitStimulus();
    showCells();
    measureBlank();
  }
  function fitStimulus() {
    const sizes2 = cells.map(({ field: [top2, left2, bottom2, right2] }) => Math.max(bottom2 - top2, right2 - left2));
    const size = Math.min(...sizes2);
    const [top, left, bottom, right] = cells[sizes2.indexOf(size)].field;
    Object.assign(stimulus, { row: (top + bottom) / 2, col: (left + right) / 2, width: Math.max(1, size / 5), length: Math.max(2, size) });
    showStimulus(stimulus, partOf2(cells).rows);
  }
  function showCells() {
    need(".cells-at-hand").replaceChildren(...cells.map((cell, i) => cardOf(cell, i, cells.length, i === active, { sweep: sweep2, search, reveal, activate, remove, replace })));
    paint();
    cells.forEach((cell, i) => paintTrace(trace2(i), cell));
  }
  var trace2 = (i) => (
    /** @type {HTMLCanvasElement} */
    need("canvas.trace", card(i))
  );
  function paint() {
    const part2 = partOf2(cells);
    paintScreen(canvas(), part2, shown ? stimulus : null);
    outlineFields(need(".screen"), part2, cells);
    cells.forEach((cell, i) => {
      paintHandMap(
        /** @type {HTMLCanvasElement} */
        need(".handmap canvas", card(i)),
        part2,
        cell
      );
      refreshCard(card(i), cell);
    });
  }
  function present(own = true) {
    if (!cells.length || running) return;
    shown = true;
    const now = { ...stimulus };
    const image = drawn2(shape4, now);
    ask(image, ({ layers: all3 }) => {
      for (const cell of cells) {
        cell.hear(all3[cell.unit.layer][cell.place]);
        cell.remember(now, cell.response);
        if (own) cell.best = Math.max(cell.best, cell.response);
      }
      answered++;
      paint();
      repaint();
      setPicture(image);
      showScores();
      followArithmetic();
    });
    watch2();
  }
  function goDark() {
    if (!shown || running) return;
    shown = false;
    for (const cell of cells) cell.hear(cell.blank);
    paint();
    update();
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
    cells.forEach((cell, i) => {
      const fired = cell.wait(seconds);
      for (let k = 0; k < fired; k++) click(i, cells.length, seconds * cell.random());
      paintTrace(trace2(i), cell);
    });
    if (now < watching) requestAnimationFrame(step);
    else watching = 0;
  }
  async function measureBlank() {
    await Promise.all(cells.map(async (cell) => {
      cell.blank = await blankOf(cell);
      if (!shown) cell.hear(cell.blank);
    }));
    if (cells.length) paint();
  }
  async function alone(name, act) {
    if (running) {
      running = "";
      return;
    }
    running = name;
    document.documentElement.dataset.running = name;
    try {
      await act();
    } finally {
      running = "";
      delete document.documentElement.dataset.running;
      shown = false;
      if (cells.length) paint();
      await update();
    }
  }
  var picture = () => new Promise((resolve) => requestAnimationFrame(resolve));
  var sweep2 = (i) => alone("sweep", async () => {
    const cell = cells[i];
    const plate = need(".plate", card(i));
    shown = true;
    const found = await runSweep(cell, async (row, stimuli, so) => {
      cell.largest = Math.max(cell.largest, ...row);
      for (let k = 0; k < row.length && running; k++) {
        cell.hear(row[k]);
        paintScreen(canvas(), partOf2(cells), stimuli[k]);
        if (k % 4 === 0) plate.replaceChildren(...figuresOf(so, k + 1));
        watch2();
        await picture();
      }
      return Boolean(running);
    });
    plate.replaceChildren(...figuresOf(found));
  });
  var search = (i) => alone("search", async () => {
    const cell = cells[i];
    const says2 = need(".score-says", card(i));
    const best = await measureOptimum(cell, (share) => {
      says2.textContent = `Showing it 1024 gratings: ${Math.round(100 * share)} %`;
      return Boolean(running);
    });
    if (best) cell.optimum = best;
    cell.largest = Math.max(cell.largest, cell.optimum?.response ?? 0);
  });
  function reveal(i) {
    const { optimum } = cells[i];
    if (!optimum) return;
    Object.assign(stimulus, all2()[optimum.at]);
    showStimulus(stimulus, partOf2(cells).rows);
    present(false);
  }
  function activate(i) {
    active = i;
    showCells();
  }
  function remove(i) {
    const left = cells.filter((_, k) => k !== i).map(({ unit }) => unit);
    active = 0;
    set({ pinned: left[0] ?? null, second: left[1] ?? null });
  }
  function replace(i, unit) {
    if (!layers[unit.layer]?.maps || !exists(layers[unit.layer], unit)) return;
    set(i ? { second: unit } : { pinned: unit });
  }
  function pin(unit) {
    set(active && cells.length > 1 ? { second: unit } : { pinned: unit });
  }
  var actions = {
    present: () => present(),
    /** A simple cell of the first layer and a complex one behind a pool. */
    pair() {
      if (payload.pair) set({ pinned: middle2(payload.pair.simple[0], payload.pair.simple[1]), second: middle2(payload.pair.complex[0], payload.pair.complex[1]) });
    },
    /** A second unit, which the next click chooses. */
    beside() {
      if (cells.length !== 1) return;
      active = 1;
      set({ second: cells[0].unit });
    },
    forget() {
      for (const cell of cells) cell.forget();
      for (const plate of document.querySelectorAll(".plate")) plate.replaceChildren();
      paint();
    }
  };
  function startHubel() {
    const figure = element("figure", { class: "stage" }, element("figcaption", {}, "Screen: move the bar over it"), screenUnderHand(stimulus, { part: () => cells.length ? partOf2(cells) : null, present: () => present(), goDark }));
    need(".bench-hubel").replaceChildren(
      element("div", { class: "stand" }, figure, buildControls(stimulus, actions)),
      element("div", { class: "cells-at-hand" })
    );
    subscribe((changed2) => (changed2.has("pinned") || changed2.has("second")) && place2());
    Object.assign(globalThis, { atlas: { ...tools2, input: currentInput, output } });
  }
  var tools2 = {
    runSweep: (i = 0) => runSweep(cells[i]),
    measureOptimum: (i = 0) => measureOptimum(cells[i]),
    measured: (i = 0) => {
      const { response, blank, best, optimum, largest: largest4, type, score, spikes } = cells[i];
      return { response, blank, best: Number.isFinite(best) ? best : null, optimum, largest: largest4, type, score, spikes, clicks: clicks(), shown: answered };
    },
    drawn: (one) => [...drawn2(shape4, one)],
    ...arithmetic,
    units: () => cells.map(({ unit }) => unit),
    address,
    map: (i = 0) => ({ on: [...cells[i].map.on], off: [...cells[i].map.off] }),
    stimulus: () => ({ ...stimulus }),
    show: (next) => {
      Object.assign(stimulus, next);
      present();
    }
  };

  // hierfeat/atlas/scripts/pad.js
  var [channels2, height7, width7] = payload.model.input_shape;
  var canvas2 = element("canvas", { class: "pad", tabindex: 0, role: "img", "aria-label": "Paper: draw here with mouse, finger or pen" });
  var mirror = element("canvas", { tabindex: 0, role: "application", "aria-label": "What the network sees. Arrow keys move the occluding square" });
  function paintPaper() {
    paintImage(canvas2, desk.page.ink, [channels2, height7 * desk.page.fine, width7 * desk.page.fine]);
  }
  var paintInput = (input2) => paintImage(mirror, input2, payload.model.input_shape);
  function placeOf2(event, on) {
    const area = on.getBoundingClientRect();
    return [(event.clientY - area.top) / area.height * height7, (event.clientX - area.left) / area.width * width7];
  }
  function pad2(changed2, begun) {
    let last = null;
    let waiting2 = false;
    const soon2 = () => {
      if (waiting2) return;
      waiting2 = true;
      requestAnimationFrame(() => {
        waiting2 = false;
        paintPaper();
      });
      changed2();
    };
    const draw = (event) => {
      const { fine } = desk.page;
      const [row, col] = placeOf2(event, canvas2);
      const place3 = [row * fine, col * fine];
      const pressed = event.pointerType === "pen" && event.pressure > 0 ? 0.5 + event.pressure : 1;
      const ink = desk.tool === "draw" ? desk.ground < 0.5 ? 1 : 0 : desk.ground;
      stroke(desk.page, last ?? place3, place3, desk.radius * fine * pressed, ink);
      last = place3;
      touch();
    };
    canvas2.addEventListener("pointerdown", (event) => {
      if (event.button || last) return;
      event.preventDefault();
      begun();
      canvas2.setPointerCapture(event.pointerId);
      keep();
      draw(event);
      soon2();
    });
    canvas2.addEventListener("pointermove", (event) => {
      if (!last || !canvas2.hasPointerCapture(event.pointerId)) return;
      const all3 = event.getCoalescedEvents?.() ?? [];
      for (const one of all3.length ? all3 : [event]) draw(one);
      soon2();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas2.addEventListener(end, () => last = null);
    return canvas2;
  }
  function seen(changed2) {
    const move = (row, col) => {
      Object.assign(desk.settings, { square_row: Math.max(0, Math.min(height7, row)), square_col: Math.max(0, Math.min(width7, col)) });
      changed2();
    };
    mirror.addEventListener("pointerdown", (event) => {
      if (!desk.settings.square) return;
      mirror.setPointerCapture(event.pointerId);
      move(...placeOf2(event, mirror));
    });
    mirror.addEventListener("pointermove", (event) => mirror.hasPointerCapture(event.pointerId) && move(...placeOf2(event, mirror)));
    mirror.addEventListener("keydown", (event) => {
      const by = (
        /** @type {Record<string, number[]>} */
        { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
      );
      if (!by || !desk.settings.square) return;
      event.preventDefault();
      move(desk.settings.square_row + by[0], desk.settings.square_col + by[1]);
    });
    return mirror;
  }

  // hierfeat/atlas/scripts/shifts.js
  var shown2 = layers.filter((layer) => layer.maps);
  var TRAIL = 16;
  var before2 = null;
  var trail = /* @__PURE__ */ new Map();
  var rows = [];
  var key = () => JSON.stringify([state.sample, desk.changes, desk.prepare, { ...desk.settings, shift_x: 0, shift_y: 0 }]);
  var shifted = () => desk.settings.shift_x !== 0 || desk.settings.shift_y !== 0;
  async function compareWith() {
    const now = key();
    if (!shifted() || before2?.key === now) return;
    const frame4 = await frameOf(made({ shift_x: 0, shift_y: 0 }));
    before2 = { key: now, layers: frame4.layers.map((values2) => values2.slice()) };
    trail = /* @__PURE__ */ new Map();
  }
  function cosine(a, b) {
    let [dot, one, other] = [0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
      one += a[i] * a[i];
      other += b[i] * b[i];
    }
    if (one > 0 && other > 0) return dot / Math.sqrt(one * other);
    return one > 0 || other > 0 ? 0 : null;
  }
  function showInvariance(frame4) {
    const figure = find(".shift-plot");
    if (!figure) return;
    const on = shifted() && before2?.key === key();
    if (figure.hidden === on) figure.hidden = !on;
    if (!on || !before2) return;
    const old = before2.layers;
    rows = shown2.map((layer) => {
      const similarity = cosine(old[layer.index], frame4.layers[layer.index]);
      const base = layer.shift?.baseline ?? null;
      const known = similarity !== null && base !== null && 1 - base > 1e-9;
      return { name: layer.name, kind: layer.kind, similarity, invariance: known ? (similarity - base) / (1 - base) : null };
    });
    const { shift_x, shift_y } = desk.settings;
    trail.delete(`${shift_x} ${shift_y}`);
    trail.set(`${shift_x} ${shift_y}`, rows);
    if (trail.size > TRAIL) trail.delete(
      /** @type {string} */
      trail.keys().next().value
    );
    if (visible(figure)) plot(figure);
  }
  var invariance = () => rows;
  function plotAgain() {
    const figure = find(".shift-plot");
    if (figure && !figure.hidden && rows.length) plot(figure);
  }
  var signed = (value) => String(value).replace("-", "−");
  function plot(figure) {
    const [W, H, left, top, bottom] = [680, 210, 44, 10, 62];
    const of2 = (row) => row.invariance ?? row.similarity;
    const low = Math.min(0, ...rows.map((row) => of2(row) ?? 0));
    const X = (i) => left + (i + 0.5) * (W - left - 8) / rows.length;
    const Y = (value) => H - bottom - (value - low) / (1 - low) * (H - top - bottom);
    const parts2 = [0, 0.5, 1].flatMap((t) => [svg("line", { class: "grid", x1: left, x2: W - 8, y1: Y(t), y2: Y(t) }), svg("text", { x: left - 6, y: Y(t) + 4, "text-anchor": "end" }, t)]);
    const points = (one) => one.map((row, i) => (
      /** @type {[number, number | null]} */
      [i, of2(row)]
    ));
    for (const one of trail.values()) if (one !== rows) parts2.push(.../** @type {any} */
    line(points(one), X, Y, "faint"));
    const drawn3 = points(rows).filter(([, value]) => value !== null);
    parts2.push(svg("path", { class: "first", d: drawn3.map(([i, value], k) => `${k ? "L" : "M"}${X(i).toFixed(1)} ${Y(
      /** @type {number} */
      value
    ).toFixed(1)}`).join("") }));
    for (const [i, value] of drawn3) parts2.push(svg("circle", { class: rows[i].kind === "pool" ? "pool" : "other", cx: X(i), cy: Y(
      /** @type {number} */
      value
    ), r: rows.length > 30 ? 2.5 : 4 }, svg("title", {}, `${rows[i].name}: ${number(value)}`)));
    if (rows.length <= 24) rows.forEach((_, i) => parts2.push(svg("text", { class: "slanted", "text-anchor": "end", transform: `translate(${X(i) + 4} ${H - bottom + 14}) rotate(-38)` }, shown2[i].short)));
    else parts2.push(svg("text", { class: "name", x: (left + W) / 2, y: H - bottom + 20, "text-anchor": "middle" }, "layers, from the first to the last"));
    parts2.push(svg("text", { class: "name", "text-anchor": "middle", transform: `translate(11 ${(top + H - bottom) / 2}) rotate(-90)` }, rows.some((row) => row.invariance !== null) ? "invariance" : "cosine"));
    const { shift_x, shift_y } = desk.settings;
    const says2 = `Invariance of every layer to a shift by ${signed(shift_x)} px to the right and ${signed(shift_y)} px down`;
    figure.replaceChildren(element("figcaption", {}, `${says2}: 1 if its response to this image is the same, 0 if no more alike than that to another image. Pools are orange; shifts tried before, grey.`), svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": says2 }, ...parts2));
  }

  // hierfeat/atlas/scripts/sources.js
  var [channels3, height8, width8] = payload.model.input_shape;
  var GROUND2 = "#fff";
  var camera = null;
  function say2(text2) {
    need(".bench-says").textContent = text2;
  }
  function cells2(source, wide, high) {
    const [W, H] = [width8 * desk.page.fine, height8 * desk.page.fine];
    const canvas3 = new OffscreenCanvas(W, H);
    const context = (
      /** @type {OffscreenCanvasRenderingContext2D} */
      canvas3.getContext("2d", { willReadFrequently: true })
    );
    const scale = Math.max(W / wide, H / high);
    context.fillStyle = GROUND2;
    context.fillRect(0, 0, W, H);
    context.imageSmoothingQuality = "high";
    context.drawImage(source, (W - wide * scale) / 2, (H - high * scale) / 2, wide * scale, high * scale);
    const { data } = context.getImageData(0, 0, W, H);
    const ink = new Float32Array(channels3 * W * H);
    for (let i = 0; i < W * H; i++)
      if (channels3 === 3) for (let c = 0; c < 3; c++) ink[c * W * H + i] = data[4 * i + c] / 255;
      else ink[i] = (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255;
    return ink;
  }
  async function takeFile(file, redrawn2) {
    if (!file) return say2("That was no picture: choose, drop or paste a file in a format that this browser shows (PNG, JPEG, WebP, GIF).");
    try {
      const bitmap = await createImageBitmap(file);
      stopCamera();
      takePicture(cells2(bitmap, bitmap.width, bitmap.height), true);
      bitmap.close();
      say2(`${file.name || "The picture"}, cut to ${width8} × ${height8} px about its middle.`);
      redrawn2();
    } catch {
      say2(`This browser cannot read ${file.name || "that"} as a picture: try PNG, JPEG, WebP or GIF.`);
    }
  }
  var pictureOf = (given) => [...given?.files ?? []].find((file) => file.type.startsWith("image/")) ?? given?.files[0];
  function reason(error) {
    if (error?.name === "NotAllowedError" || error?.name === "SecurityError") return "The webcam was not allowed: the browser's own settings for this page permit it, and drawing works without it.";
    if (error?.name === "NotFoundError" || error?.name === "OverconstrainedError") return "No webcam was found: draw, or choose a picture.";
    if (error?.name === "NotReadableError") return "The webcam is in use by another program: close that, and try again.";
    return "This browser gives pages that are opened as files no webcam: draw, or choose a picture.";
  }
  async function startCamera(redrawn2) {
    if (!navigator.mediaDevices?.getUserMedia) return say2(reason(null));
    say2("Waiting for the webcam.");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } }, audio: false });
      const video = element("video", { muted: true, playsinline: true });
      video.srcObject = stream;
      stream.getVideoTracks()[0].addEventListener("ended", () => {
        stopCamera();
        say2("The webcam was taken away; its last picture stays.");
      });
      await video.play();
      camera = { stream, video };
    } catch (error) {
      return say2(reason(error));
    }
    show();
    say2("The network sees the webcam. Freeze it to keep a picture.");
    let first = true;
    const step2 = () => {
      if (!camera) return;
      const { videoWidth, videoHeight } = camera.video;
      if (videoWidth) {
        takePicture(cells2(camera.video, videoWidth, videoHeight), first);
        first = false;
        redrawn2();
      }
      requestAnimationFrame(step2);
    };
    step2();
  }
  function stopCamera() {
    if (!camera) return;
    for (const track of camera.stream.getTracks()) track.stop();
    camera = null;
    show();
  }
  function show() {
    const button = need('[data-do="webcam"]');
    button.textContent = camera ? "Freeze" : "Webcam";
    button.setAttribute("aria-pressed", String(Boolean(camera)));
  }
  function sources(redrawn2) {
    if (channels3 !== 1 && channels3 !== 3) return [];
    const file = element("input", { type: "file", accept: "image/*", name: "picture" });
    file.addEventListener("change", () => {
      if (file.files?.length) takeFile(file.files[0], redrawn2);
      file.value = "";
    });
    const press = () => {
      if (!camera) return startCamera(redrawn2);
      stopCamera();
      say2("Frozen.");
    };
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      takeFile(pictureOf(event.dataTransfer), redrawn2);
    });
    document.addEventListener("paste", (event) => {
      const picture2 = pictureOf(event.clipboardData);
      if (picture2) takeFile(picture2, redrawn2);
    });
    return [
      element("p", { class: "buttons" }, element("label", { class: "file" }, file, element("span", {}, "Choose a picture")), element("button", { type: "button", "data-do": "webcam", "aria-pressed": "false", onclick: press }, "Webcam")),
      element("p", { class: "note bench-says", role: "status" }, "Or drop a picture on the page, or paste one.")
    ];
  }

  // hierfeat/atlas/scripts/bench.js
  var [channels4, height9, width9] = payload.model.input_shape;
  var input = new Float32Array(channels4 * height9 * width9);
  var currentInput = () => input;
  var spent = { input: 0, forward: 0, maps: 0, scores: 0, rest: 0 };
  async function update() {
    await compareWith();
    const start2 = performance.now();
    input = made();
    paintInput(input);
    spent.input = performance.now() - start2;
    return ask(input, showFrame2);
  }
  function showFrame2(frame4) {
    const start2 = performance.now();
    repaint();
    const painted = performance.now();
    setPicture(plain() ? null : input);
    showScores();
    const scored = performance.now();
    followArithmetic();
    showInvariance(frame4);
    const time = `${frame4.ms < 10 ? frame4.ms.toFixed(1) : frame4.ms.toFixed(0)} ms a frame`;
    const clock = need(".frame-time");
    if (clock.textContent !== time) clock.textContent = time;
    document.documentElement.dataset.frames = String(Number(document.documentElement.dataset.frames ?? 0) + 1);
    Object.assign(spent, { forward: frame4.ms, maps: painted - start2, scores: scored - painted, rest: performance.now() - scored });
  }
  var queued = 0;
  function soon() {
    if (!queued) queued = requestAnimationFrame(() => {
      queued = 0;
      update();
    });
  }
  function redrawn() {
    paintPaper();
    update();
  }
  function build() {
    const drawing3 = element("figure", {}, element("figcaption", {}, "Paper: draw on it"), pad2(soon, stopCamera));
    const moved5 = () => {
      remember2();
      soon();
    };
    const looking = element("figure", { class: "seen" }, element("figcaption", {}, "What the network sees"), seen(moved5), element("p", { class: "says" }), element("p", { class: "frame-time", "aria-live": "off" }));
    const controls = element("div", { class: "controls" }, ...tools(soon, () => {
      stopCamera();
      redrawn();
    }), ...sources(redrawn), ...sliders(soon));
    need(".bench-input").replaceChildren(drawing3, looking, controls, element("figure", { class: "shift-plot", hidden: true }));
    watch(need(".shift-plot"), plotAgain);
  }
  async function startBench() {
    desk.settings = { ...neutral(), .../** @type {any} */
    state.bench };
    await startNetwork();
    takeSample();
    build();
    paintPaper();
    subscribe((changed2) => {
      if (!changed2.has("sample")) return;
      stopCamera();
      takeSample();
      paintPaper();
      forgetUnits();
      update();
    });
    subscribe((changed2) => changed2.has("pinned") && newArithmetic());
    startHubel();
    keepLines();
    watch(need(".arithmetic"), showArithmetic);
    Object.assign(
      /** @type {any} */
      globalThis.atlas,
      { spent, invariance }
    );
    await update();
    if (state.pinned) place2();
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
    const there = (unit) => unit && layers[unit.layer]?.maps && exists(layers[unit.layer], unit) ? unit : null;
    state.unit = state.pinned = there(next.pinned);
    state.second = state.pinned && there(next.second);
    state.bench = next.bench ?? {};
  }
  function choose(layer, unit) {
    if (!exists(layers[layer], unit)) return;
    const chosen3 = { layer, tile: unit.tile, row: unit.row, col: unit.col };
    if (payload.live.on) pin(chosen3);
    else set({ pinned: chosen3 });
  }
  function listen() {
    const point = (event) => {
      const found = pointed(event);
      if (found) select2(found.index, found.unit);
    };
    document.addEventListener("pointermove", (event) => event.pointerType === "mouse" && !event.buttons && point(event));
    document.addEventListener("click", (event) => {
      point(event);
      const found = pointed(event);
      if (found) choose(found.index, found.unit);
    });
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
      choose(index, next);
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
    for (const link2 of all('a[href^="#"]')) link2.addEventListener("click", () => goTo(
      /** @type {HTMLAnchorElement} */
      link2.hash
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
