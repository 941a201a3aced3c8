// The payload, decoded: numbers in, numbers out. Nothing here knows how a page looks.
const payload = JSON.parse(document.getElementById("payload").textContent);
const { layers, samples } = payload;
const decoded = new Map();

function bytes(text) {
  if (!decoded.has(text)) decoded.set(text, Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  return decoded.get(text);
}

// A signed byte is 128 + 127 v / limit and 0 marks what is not a number; an unsigned one is 255 v / limit.
function unquantise(byte, limit, signed) {
  if (!signed) return (byte / 255) * limit;
  return byte === 0 ? NaN : ((byte - 128) / 127) * limit;
}

// How a layer's units lie on the page: as many tiles as channels, or a single strip for a vector of units.
function view(layer) {
  const [channels, height, width] = layer.maps.shape;
  if (height * width > 1) return { vector: false, tiles: channels, height, width };
  const about = channels <= 16 ? 1 : Math.ceil(Math.sqrt(channels / 3));
  const across = [0, 1, 2, 3].map((more) => about + more).find((width) => channels % width === 0) || about;
  return { vector: true, tiles: 1, height: Math.ceil(channels / across), width: across };
}

function flatIndex(layer, unit) {
  const { vector, height, width } = view(layer);
  return vector ? unit.row * width + unit.col : (unit.tile * height + unit.row) * width + unit.col;
}

function exists(layer, unit) {
  const [channels, height, width] = layer.maps.shape;
  return flatIndex(layer, unit) < channels * height * width;
}

// A vector of units has one limit for a sample, maps have one for each channel: either way, one for each tile.
function limitOf(layer, sample, tile) {
  return layer.maps.limits[sample][tile];
}

function layerLimit(layer) {
  return Math.max(...layer.maps.limits.flat());
}

function activation(layer, sample, unit) {
  const { maps } = layer;
  const index = flatIndex(layer, unit);
  const [, height, width] = maps.shape;
  const channel = Math.floor(index / (height * width));
  const limit = maps.limits[sample][view(layer).vector ? 0 : channel];
  return unquantise(bytes(maps.data[sample])[index], limit, maps.signed);
}

function channelOf(layer, unit) {
  return view(layer).vector ? flatIndex(layer, unit) : unit.tile;
}

// Half-open [top, left, bottom, right] in pixels, or null where the field is not known.
function box(layer, unit) {
  if (!layer.field) return null;
  const { rows, cols } = layer.field;
  const [row, col] = view(layer).vector ? [0, 0] : [unit.row, unit.col];
  return [rows[row][0], cols[col][0], rows[row][1], cols[col][1]];
}

function strongestUnit(layer, sample) {
  const { vector, tiles, height, width } = view(layer);
  let best = { tile: 0, row: 0, col: 0 };
  let most = -Infinity;
  for (let tile = 0; tile < tiles; tile++)
    for (let row = 0; row < height; row++)
      for (let col = 0; col < width; col++) {
        const unit = { tile, row, col };
        if (vector && !exists(layer, unit)) continue;
        const value = activation(layer, sample, unit);
        if (value > most) [best, most] = [unit, value];
      }
  return best;
}

// What a unit reads of its source layer: [top, left, bottom, right] of the map, and in which tiles; null if not known.
function inputWindow(layer, unit) {
  const source = layer.source === null ? null : layers[layer.source];
  if (!source || !source.maps || source.maps.step > 1 || layer.maps.step > 1 || view(layer).vector || view(source).vector) return null;
  const same = String(source.out_shape) === String(layer.out_shape);
  if (layer.kind === "activation" && same) return { tiles: [unit.tile], area: [unit.row, unit.col, unit.row + 1, unit.col + 1] };
  if (!layer.kernel || String(source.out_shape) !== String(layer.in_shape) || layer.op.includes("transpose")) return null;
  const tiles = layer.kind === "pool" || layer.groups === layer.in_shape[0] ? [unit.tile] : layer.groups === 1 ? [...Array(view(source).tiles).keys()] : null;
  const [rows, cols] = [unit.row, unit.col].map((at, axis) => {
    const start = at * layer.stride[axis] - layer.padding[axis];
    const stop = start + layer.dilation[axis] * (layer.kernel[axis] - 1) + 1;
    return [Math.max(0, start), Math.min(source.out_shape[1 + axis], stop)];
  });
  return tiles && { tiles, area: [rows[0], cols[0], rows[1], cols[1]] };
}

// The cells of the source map that a pooling unit looks at; those in the padding are left out.
function poolWindow(layer, unit) {
  const source = layers[layer.source];
  const [, height, width] = source.maps.shape;
  const [kernel, stride] = [layer.kernel, layer.stride];
  const padding = layer.padding || [0, 0];
  const dilation = layer.dilation || [1, 1];
  const cells = [];
  for (let i = 0; i < kernel[0]; i++)
    for (let j = 0; j < kernel[1]; j++) {
      const row = unit.row * stride[0] - padding[0] + i * dilation[0];
      const col = unit.col * stride[1] - padding[1] + j * dilation[1];
      if (row >= 0 && col >= 0 && row < height && col < width) cells.push({ tile: unit.tile, row, col });
    }
  return cells;
}
