/** @import { Operation, Tensor } from "../types.js" */
import { volume } from "../weights.js";
import { runs, walk } from "./elementwise.js";

/** @type {Operation} */
const alias = { alias: true };

/** @param {number} axis @param {number} count */
const positive = (axis, count) => (axis < 0 ? axis + count : axis);

/**
 * Copy from places that advance by a stride along each axis of the output.
 * @param {Tensor} x @param {Tensor} out @param {number[]} steps @param {number} start
 */
function strided(x, out, steps, start) {
  const axes = out.shape.map((size, axis) => ({ size, steps: [steps[axis]] }));
  const used = axes.length ? axes : [{ size: 1, steps: [0] }];
  const { size, steps: inner } = used[used.length - 1];
  const [from, to, step] = [x.data, out.data, inner[0]];
  return () =>
    runs(used, (at, [offset]) => {
      let i = start + offset;
      for (const end = at + size; at < end; at++, i += step) to[at] = from[i];
    });
}

/** @param {readonly number[]} shape */
const stridesOf = (shape) => shape.map((_, axis) => volume(shape.slice(axis + 1)));

/** @param {(args: any[], rank: number) => number[]} order @returns {Operation} */
const permuted = (order) => ({
  prepare(args, out) {
    const [x] = args;
    const strides = stridesOf(x.shape);
    return strided(x, out, order(args, x.shape.length).map((axis) => strides[positive(axis, strides.length)]), 0);
  },
});

/** @param {number} rank @param {number} a @param {number} b */
function swap(rank, a, b) {
  const order = [...Array(rank).keys()];
  [order[positive(a, rank)], order[positive(b, rank)]] = [order[positive(b, rank)], order[positive(a, rank)]];
  return order;
}

/** @type {Operation} */
const expand = {
  prepare([x], out) {
    const axes = walk(out.shape, [x]);
    const { size, steps } = axes[axes.length - 1];
    return () =>
      runs(axes, (at, [i]) => {
        for (const end = at + size; at < end; at++, i += steps[0]) out.data[at] = x.data[i];
      });
  },
};

/** @type {Operation} */
const repeat = {
  prepare([x], out) {
    const rank = out.shape.length;
    const own = [...Array(rank - x.shape.length).fill(1), ...x.shape];
    const [strides, outer] = [stridesOf(own), stridesOf(out.shape)];
    const places = Int32Array.from({ length: out.data.length }, (_, i) =>
      strides.reduce((sum, stride, axis) => sum + (Math.floor(i / outer[axis]) % own[axis]) * stride, 0),
    );
    return () => {
      for (let i = 0; i < places.length; i++) out.data[i] = x.data[places[i]];
    };
  },
};

/** @param {boolean} fresh along an axis of its own @returns {Operation} */
const joined = (fresh) => ({
  prepare([list, axis], out) {
    const at = positive(axis, out.shape.length);
    /** @type {Tensor[]} */
    const parts = list.filter((/** @type {Tensor} */ part) => part.data.length);
    const outer = volume(out.shape.slice(0, at));
    const sizes = parts.map((part) => part.data.length / outer);
    const each = sizes.reduce((a, b) => a + b, 0);
    void fresh;
    return () => {
      for (let n = 0; n < outer; n++) {
        let to = n * each;
        for (let p = 0; p < parts.length; p++) {
          out.data.set(parts[p].data.subarray(n * sizes[p], (n + 1) * sizes[p]), to);
          to += sizes[p];
        }
      }
    };
  },
});

/** @type {Operation} */
const slice = {
  prepare([x, axis, start, , step], out) {
    const at = positive(axis ?? 0, x.shape.length);
    const strides = stridesOf(x.shape);
    const size = x.shape[at];
    const from = Math.min(size, Math.max(0, (start ?? 0) < 0 ? start + size : (start ?? 0)));
    const steps = strides.map((stride, k) => (k === at ? stride * (step ?? 1) : stride));
    return strided(x, out, steps, from * strides[at]);
  },
};

/** @type {Operation} x with a slice of it replaced */
const sliceScatter = {
  prepare([x, part, axis, start, , step], out) {
    const at = positive(axis ?? 0, x.shape.length);
    const size = x.shape[at];
    const from = Math.min(size, Math.max(0, (start ?? 0) < 0 ? start + size : (start ?? 0)));
    const strides = stridesOf(x.shape);
    const axes = part.shape.map((/** @type {number} */ count, /** @type {number} */ k) => ({
      size: count,
      steps: [k === at ? strides[k] * (step ?? 1) : strides[k]],
    }));
    const inner = axes[axes.length - 1];
    return () => {
      out.data.set(x.data);
      runs(axes, (read, [offset]) => {
        let to = from * strides[at] + offset;
        for (const end = read + inner.size; read < end; read++, to += inner.steps[0]) out.data[to] = part.data[read];
      });
    };
  },
};

/** @type {Operation} */
const select = {
  prepare([x, axis, index], out) {
    const at = positive(axis, x.shape.length);
    const strides = stridesOf(x.shape);
    return strided(x, out, strides.filter((_, k) => k !== at), positive(index, x.shape[at]) * strides[at]);
  },
};

/** @type {Operation} places along one axis that a constant list names */
const indexSelect = {
  prepare([x, axis, index], out) {
    const at = positive(axis, x.shape.length);
    const [size, rest] = [x.shape[at], volume(x.shape.slice(at + 1))];
    const places = Array.from(index.data, (/** @type {number} */ i) => positive(i, size));
    const outer = x.data.length / size / rest;
    return () => {
      for (let n = 0, to = 0; n < outer; n++)
        for (const place of places) {
          const from = (n * size + place) * rest;
          for (let i = 0; i < rest; i++) out.data[to++] = x.data[from + i];
        }
    };
  },
};

/** @type {Record<string, (at: number, size: number) => number>} where a place beyond an edge reads from; -1 for nowhere */
const BEYOND = {
  constant: () => -1,
  reflect: (at, size) => (at < 0 ? -at : 2 * size - 2 - at),
  replicate: (at, size) => (at < 0 ? 0 : size - 1),
  circular: (at, size) => ((at % size) + size) % size,
};

/** @param {string | null} fixed mode of the operation, null where it is an argument @returns {Operation} */
const padding = (fixed) => ({
  prepare([x, pads, mode, value], out) {
    const how = fixed ?? mode;
    const fill = Number((fixed === "constant" ? mode : value) ?? 0);
    const rank = x.shape.length;
    const sources = out.shape.map((count, axis) => {
      const before = pads[2 * (rank - 1 - axis)] ?? 0;
      const size = x.shape[axis];
      return Int32Array.from({ length: count }, (_, i) => (i - before >= 0 && i - before < size ? i - before : BEYOND[how](i - before, size)));
    });
    const [strides, outer] = [stridesOf(x.shape), stridesOf(out.shape)];
    const places = Int32Array.from({ length: out.data.length }, (_, i) => {
      let from = 0;
      for (let axis = 0; axis < rank; axis++) {
        const source = sources[axis][Math.floor(i / outer[axis]) % out.shape[axis]];
        if (source < 0) return -1;
        from += source * strides[axis];
      }
      return from;
    });
    return () => {
      for (let i = 0; i < places.length; i++) out.data[i] = places[i] < 0 ? fill : x.data[places[i]];
    };
  },
});

/** @param {(args: any[], at: number[], shape: readonly number[]) => number[]} source @returns {Operation} */
const moved = (source) => ({
  prepare(args, out) {
    const [x] = args;
    const [strides, outer] = [stridesOf(x.shape), stridesOf(out.shape)];
    const places = Int32Array.from({ length: out.data.length }, (_, i) => {
      const at = outer.map((stride, axis) => Math.floor(i / stride) % out.shape[axis]);
      return source(args, at, x.shape).reduce((sum, place, axis) => sum + place * strides[axis], 0);
    });
    return () => {
      for (let i = 0; i < places.length; i++) out.data[i] = x.data[places[i]];
    };
  },
});

const flip = moved(([, axes], at, shape) => {
  const turned = axes.map((/** @type {number} */ axis) => positive(axis, shape.length));
  return at.map((place, axis) => (turned.includes(axis) ? shape[axis] - 1 - place : place));
});

const roll = moved(([, shifts, axes], at, shape) => {
  const found = [...at];
  axes.forEach((/** @type {number} */ axis, /** @type {number} */ k) => {
    const size = shape[positive(axis, shape.length)];
    const place = positive(axis, shape.length);
    found[place] = (((found[place] - shifts[k]) % size) + size) % size;
  });
  return found;
});

const shuffle = moved(([, factor], at) => {
  const [channel, row, col] = at.slice(-3);
  const place = (row % factor) * factor + (col % factor);
  return [...at.slice(0, -3), channel * factor * factor + place, Math.floor(row / factor), Math.floor(col / factor)];
});

const channelShuffle = moved(([, groups], at, shape) => {
  const each = shape[1] / groups;
  return [at[0], (at[1] % groups) * each + Math.floor(at[1] / groups), ...at.slice(2)];
});

/** @type {Record<string, Operation>} */
export const SHAPE = {
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
  "channel_shuffle.default": channelShuffle,
};
