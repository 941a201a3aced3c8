// Small charts as SVG text: every axis has a name and a unit, every series a label beside it.
const SIZE = { width: 340, height: 196, left: 46, right: 12, top: 10, bottom: 38 };

function ticks(low, high, count = 4) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) found.push(Math.abs(at) < step * 1e-6 ? 0 : at);
  return found;
}

function short(value) {
  if (value === 0) return "0";
  return (Math.abs(value) >= 1e4 ? value.toExponential(0) : String(+value.toPrecision(6))).replace("-", "−");
}

function frame({ x, y, xName, yName, xTicks = ticks(...x), yTicks = ticks(...y), xText = short }) {
  const { width, height, left, right, top, bottom } = SIZE;
  const X = (value) => left + ((value - x[0]) / (x[1] - x[0] || 1)) * (width - left - right);
  const Y = (value) => height - bottom - ((value - y[0]) / (y[1] - y[0] || 1)) * (height - top - bottom);
  const lines = yTicks.map((t) => `<line class="grid" x1="${left}" x2="${width - right}" y1="${Y(t)}" y2="${Y(t)}"/><text x="${left - 6}" y="${Y(t) + 4}" text-anchor="end">${short(t)}</text>`);
  const names = xTicks.map((t) => `<text x="${X(t)}" y="${height - bottom + 15}" text-anchor="middle">${xText(t)}</text>`);
  const titles = `<text class="name" x="${(left + width - right) / 2}" y="${height - 5}" text-anchor="middle">${xName}</text><text class="name" transform="translate(11 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">${yName}</text>`;
  return { X, Y, parts: [...lines, ...names, titles] };
}

function svg(parts, label, height = SIZE.height) {
  return `<svg viewBox="0 0 ${SIZE.width} ${height}" role="img" aria-label="${label}">${parts.join("")}</svg>`;
}

function histogramChart({ edges, shares }) {
  const most = Math.max(...shares) * 100 || 1;
  const { X, Y, parts } = frame({ x: [edges[0], edges.at(-1)], y: [0, most * 1.05], xName: "activation", yName: "values (%)" });
  shares.forEach((share, i) => {
    const [left, right] = [X(edges[i]), X(edges[i + 1])];
    parts.push(`<rect class="fill" x="${left}" width="${Math.max(right - left - 0.6, 0.4)}" y="${Y(share * 100)}" height="${Y(0) - Y(share * 100)}"/>`);
  });
  return svg(parts, "Histogram of the activations");
}

function activeChart(channels) {
  const { active, channel } = channels;
  const count = active.length;
  const step = Math.max(1, Math.ceil(count / 16));
  const { X, Y, parts } = frame({ x: [-0.5, count - 0.5], y: [0, 100], xName: "channel", yName: "active (%)", xTicks: [...active.keys()].filter((i) => i % step === 0), yTicks: [0, 25, 50, 75, 100], xText: (i) => channel[i] });
  const bar = Math.min(22, (X(1) - X(0)) * 0.72);
  active.forEach((share, i) => parts.push(`<rect class="fill" x="${X(i) - bar / 2}" width="${bar}" y="${Y(share * 100)}" height="${Y(0) - Y(share * 100)}"><title>channel ${channel[i]}: ${(share * 100).toFixed(1)} %</title></rect>`));
  return svg(parts, "Share of positive activations in each channel");
}

function path(points, X, Y, kind) {
  const drawn = points.filter(([, y]) => y !== null);
  const line = drawn.map(([x, y], i) => `${i ? "L" : "M"}${X(x).toFixed(1)} ${Y(y).toFixed(1)}`).join("");
  const dots = kind === "faint" ? "" : drawn.map(([x, y]) => `<circle class="${kind}" cx="${X(x)}" cy="${Y(y)}" r="3"><title>${x} px: ${number(y)}</title></circle>`).join("");
  return `<path class="${kind}" d="${line}"/>${dots}`;
}

function shiftChart(layer) {
  const { shifts, invariance, equivariance } = layer.shift;
  const zip = (values) => shifts.map((shift, i) => [shift, values[i]]);
  const all = [...invariance, ...(equivariance || [])].filter((value) => value !== null);
  const low = Math.min(0, ...all);
  const { X, Y, parts } = frame({ x: [Math.min(...shifts), Math.max(...shifts)], y: [low, Math.max(1, ...all)], xName: "shift of the image (px)", yName: "likeness", xTicks: shifts.filter(Number.isInteger) });
  layers.forEach((other) => {
    if (other !== layer && other.shift) parts.push(path(other.shift.shifts.map((s, i) => [s, other.shift.invariance[i]]), X, Y, "faint"));
  });
  if (equivariance) parts.push(path(zip(equivariance), X, Y, "second"));
  parts.push(path(zip(invariance), X, Y, "first"));
  return svg(parts, `Shift tolerance of ${layer.name}`);
}

// A line from before to after for each way of pooling; the one the network has is marked.
function poolingChart(rows) {
  const [rowHeight, left, top] = [26, 92, 8];
  const height = top + rows.length * rowHeight + 36;
  const values = rows.flatMap((row) => [row.before, row.after]).filter((value) => value !== null);
  const low = Math.min(...values);
  const span = [low < 0 ? low : Math.floor(low * 10) / 10, Math.max(1, ...values)];
  const X = (value) => left + ((value - span[0]) / (span[1] - span[0] || 1)) * (SIZE.width - left - 18);
  const parts = ticks(...span).map((t) => `<line class="grid" x1="${X(t)}" x2="${X(t)}" y1="${top}" y2="${height - 34}"/><text x="${X(t)}" y="${height - 20}" text-anchor="middle">${short(t)}</text>`);
  rows.forEach((row, i) => {
    const y = top + (i + 0.5) * rowHeight;
    const kind = row.current ? "first" : "second";
    parts.push(`<text class="${row.current ? "strong" : ""}" x="${left - 10}" y="${y + 4}" text-anchor="end">${row.pooling}</text>`);
    parts.push(`<g><title>${row.pooling}: before ${number(row.before)}, after ${number(row.after)}</title><line class="${kind}" x1="${X(row.before)}" x2="${X(row.after)}" y1="${y}" y2="${y}"/><circle class="hollow ${kind}" cx="${X(row.before)}" cy="${y}" r="4.5"/><circle class="${kind}" cx="${X(row.after)}" cy="${y}" r="4.5"/></g>`);
  });
  parts.push(`<text class="name" x="${(left + SIZE.width - 18) / 2}" y="${height - 4}" text-anchor="middle">invariance (1 = unmoved)</text>`);
  return svg(parts, "Invariance before and after each way of pooling", height);
}

// One number for each layer, in call order: what changes along the hierarchy. Pools stand out.
const DEPTH = {
  field: { name: "field (px)", of: (layer) => layer.field && Math.max(...layer.field.size) },
  active: { name: "active (%)", of: (layer) => layer.channels && 100 * layer.channels.mean_active },
  shift: { name: "invariance", of: (layer) => layer.shift && layer.shift.invariance.at(-1) },
};

function depthChart(what) {
  const { name, of } = DEPTH[what];
  const points = layers.filter((layer) => layer.section && of(layer) !== null).map((layer) => ({ layer, value: of(layer) }));
  const few = points.length <= 24;
  const most = what === "shift" ? 1 : what === "active" ? 100 : Math.max(...points.map((point) => point.value));
  const low = Math.min(0, ...points.map((point) => point.value));
  const { X, Y, parts } = frame({ x: [-0.4, points.length - 0.6], y: [low, most * 1.04], xName: few ? "" : "layers, from the first to the last", yName: name, xTicks: [], yTicks: ticks(low, most) });
  parts.push(`<path class="faint" d="${points.map(({ value }, i) => `${i ? "L" : "M"}${X(i)} ${Y(value)}`).join("")}"/>`);
  points.forEach(({ layer, value }, i) => {
    parts.push(`<circle class="${layer.kind === "pool" ? "pool" : "other"}" cx="${X(i)}" cy="${Y(value)}" r="${few ? 4 : 2.5}"><title>${escapeText(layer.name)}: ${number(value)}</title></circle>`);
    if (few) parts.push(`<text class="slanted" transform="translate(${X(i) + 3} ${SIZE.height - SIZE.bottom + 13}) rotate(-38)" text-anchor="end">${escapeText(layer.name.length > 9 ? `…${layer.name.slice(-8)}` : layer.name)}</text>`);
  });
  return svg(parts, `${name} by layer`);
}

function escapeText(text) {
  const holder = document.createElement("span");
  holder.textContent = text;
  return holder.innerHTML;
}
