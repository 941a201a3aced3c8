// Painting: colours, feature maps, kernels. Activations from zero in magma; signed numbers in RdBu about zero.
const MAGMA = ["#000004", "#1c1044", "#4f127b", "#812581", "#b5367a", "#e55063", "#fb8761", "#fec287", "#fcfdbf"];
const RDBU = ["#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7", "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"];
const NOT_A_NUMBER = [0, 255, 127];

function ramp(anchors) {
  const stops = anchors.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    return stops[low].map((value, k) => value + (stops[low + 1][k] - value) * (place - low));
  });
}
const SEQUENTIAL = ramp(MAGMA);
const DIVERGING = ramp(RDBU);

function colour(value, limit, signed) {
  if (Number.isNaN(value)) return NOT_A_NUMBER;
  const share = limit > 0 ? value / limit : 0;
  const place = signed ? (share + 1) / 2 : share;
  return (signed ? DIVERGING : SEQUENTIAL)[Math.max(0, Math.min(255, Math.round(place * 255)))];
}

function legend(limit, signed) {
  const stops = (signed ? RDBU : MAGMA).join(",");
  const low = signed ? `−${number(limit)}` : "0";
  return `<span class="legend"><span>${low}</span><i style="background:linear-gradient(90deg,${stops})"></i><span>${number(limit)}</span></span>`;
}

function number(value) {
  if (value === null || Number.isNaN(value)) return "not a number";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(1) : size >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return text.replace("-", "−");
}

// Fill a canvas of height × width cells with what `at(row, col)` says: [r, g, b], or null for nothing.
function paint(canvas, height, width, at) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) {
      const rgb = at(row, col);
      if (rgb) image.data.set([...rgb, 255], 4 * (row * width + col));
    }
  context.putImageData(image, 0, 0);
}

function paintTile(canvas, layer, sample, tile, range) {
  const { height, width } = view(layer);
  const { signed } = layer.maps;
  const limit = range === "map" ? limitOf(layer, sample, tile) : layerLimit(layer);
  paint(canvas, height, width, (row, col) => {
    const unit = { tile, row, col };
    return exists(layer, unit) ? colour(activation(layer, sample, unit), limit, signed) : null;
  });
}

// One canvas for each kernel, its slices side by side with a gap of one cell; 1 × 1 kernels make one matrix together.
function paintKernels(target, kernels) {
  const [outputs, inputs, height, width] = kernels.shape;
  const data = bytes(kernels.data);
  const weight = (o, i, r, c) => unquantise(data[((o * inputs + i) * height + r) * width + c], kernels.limit, true);
  if (height * width === 1) {
    const canvas = addCanvas(target, `matrix of ${outputs} × ${inputs} weights`, 9 * inputs, "");
    paint(canvas, outputs, inputs, (row, col) => colour(weight(row, col, 0, 0), kernels.limit, true));
    return;
  }
  const inColour = inputs === 3 && kernels.colour;
  const slices = inColour ? 1 : inputs;
  const cell = slices > 1 ? Math.max(3, Math.round(24 / height)) : Math.max(4, Math.round(60 / height));
  for (let o = 0; o < outputs; o++) {
    const canvas = addCanvas(target, `kernel ${o}`, cell * (slices * (width + 1) - 1), o);
    paint(canvas, height, slices * (width + 1) - 1, (row, col) => {
      const [i, c] = [Math.floor(col / (width + 1)), col % (width + 1)];
      if (c === width) return null;
      if (inColour) return [0, 1, 2].map((k) => 127.5 * (1 + weight(o, k, row, c) / kernels.limit));
      return colour(weight(o, i, row, c), kernels.limit, true);
    });
  }
}

function addCanvas(target, label, width, caption) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  canvas.style.width = `${width}px`;
  const figure = document.createElement("figure");
  figure.append(canvas);
  if (caption !== "") figure.insertAdjacentHTML("beforeend", `<figcaption>${caption}</figcaption>`);
  target.append(figure);
  return canvas;
}
