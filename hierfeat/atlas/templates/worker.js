"use strict";
(() => {
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
      for (let pair3 = 0; pair3 < 8; pair3 += 2) {
        const n = p * 8 + pair3;
        if (n >= N) break;
        for (let o = 0; o < O; o += 4) {
          let [a0, a1, a2, a3] = [f[bias + o], f[bias + o + 1], f[bias + o + 2], f[bias + o + 3]];
          let [b0, b1, b2, b3] = [a0, a1, a2, a3];
          let q = col + (p - first) * K * 8 + pair3;
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
      const start = out + o * OH * OW;
      f.fill(bias ? f[bias + o] : 0, start, start + OH * OW);
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const weight = f[w + (o * kh + i) * kw + j];
          for (let row = 0; row < OH; row++) {
            let from = map + (row * sh + i * dh) * W + j * dw;
            const end = start + (row + 1) * OW;
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
      const start = this.top;
      this.top += _Memory.padded(count);
      return new Float32Array(this.buffer, start, count);
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

  // hierfeat/atlas/live/engine/weights.js
  async function unpack(graph, block) {
    const raw = await inflate(block);
    const total = (bytes) => graph.tensors.reduce((sum2, [, shape, each2]) => sum2 + (each2 === bytes ? volume(shape) : 0), 0);
    const halves = total(2);
    const runs2 = { 2: half(raw.subarray(0, 2 * halves)), 4: full(raw.subarray(2 * halves, 2 * halves + 4 * total(4))) };
    const at = { 2: 0, 4: 0 };
    const found = /* @__PURE__ */ new Map();
    for (const [name, shape, each2] of graph.tensors) {
      const kind = each2 === 2 ? 2 : 4;
      found.set(name, runs2[kind].subarray(at[kind], at[kind] += volume(shape)));
    }
    return found;
  }
  var volume = (shape) => shape.reduce((product2, size) => product2 * size, 1);
  async function inflate(block) {
    const stream = new Blob([
      /** @type {any} */
      block
    ]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  function half(planes2) {
    const count = planes2.length / 2;
    const known = new Float32Array(65536);
    for (let bits = 0; bits < 65536; bits++) known[bits] = ofHalf(bits);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = known[planes2[i] << 8 | planes2[count + i]];
    return values;
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

  // hierfeat/atlas/live/engine/ops/convolution.js
  var COLUMNS = 65536;
  var pair = (value) => Array.isArray(value) ? [value[0], value[value.length - 1]] : [value ?? 0, value ?? 0];
  function geometry([x, w, , stride, padding2, dilation, groups], shape) {
    const flat = w.shape.length === 3;
    const both = (value, row) => flat ? [row, pair(value)[1]] : pair(value);
    const [O, CG] = w.shape;
    const [kh, kw] = flat ? [1, w.shape[2]] : [w.shape[2], w.shape[3]];
    const [H, W] = flat ? [1, x.shape.at(-1)] : [x.shape.at(-2), x.shape.at(-1)];
    const [OH, OW] = flat ? [
      1,
      /** @type {number} */
      shape.at(-1)
    ] : [shape[shape.length - 2], shape[shape.length - 1]];
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
    scratches(args, shape) {
      const g = geometry(args, shape);
      const windows = g.CG * g.kh * g.kw;
      return Math.ceil(padded(g) / 4) * 4 + (way(g) === "windows" ? panels(g) * 8 * windows : way(g) === "point" ? windows : 0) + 8;
    },
    keeps(args, shape) {
      const g = geometry(args, shape);
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
    const start = Math.ceil(size / 4) * 4;
    const rest = (way(g) === "windows" ? panels(g) * 8 : 1) * g.CG * g.kh * g.kw + 8;
    const all = context.scratch(start + rest);
    const each2 = g.C * g.H * g.W * 4;
    const at = x.data.byteOffset;
    const data = (image) => size ? all.byteOffset : at + image * each2;
    const pad2 = (image) => {
      if (size) context.kernel.pad(at + image * each2, g.C, g.H, g.W, g.top, g.left, g.PH, g.PW, all.byteOffset);
    };
    return { data, pad: pad2, spare: all.byteOffset + start * 4 };
  }
  var RUNS = {
    windows(w, bias, x, spare, out, g, { kernel, keep }) {
      const [K, og, N, many] = [g.CG * g.kh * g.kw, g.O / g.groups, g.OH * g.OW, panels(g)];
      const rows = Math.ceil(og / 4) * 4;
      const [packed, biases] = [keep(g.groups * rows * K), keep(g.groups * rows)];
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
            const weights = packed.byteOffset + group * rows * K * 4;
            kernel.gemm(weights, biases.byteOffset + group * rows * 4, spare, og, K, N, p, end, to, tail);
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
      const start = (o >> 2) * 4 * K + (o & 3);
      for (let k = 0; k < K; k++) packed[start + 4 * k] = w[o * K + k];
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
      const [from, weights, bias, to] = [x.data.byteOffset, w.data.byteOffset, b ? b.data.byteOffset : 0, out.data.byteOffset];
      return () => {
        for (let row = 0; row < rows; row++) kernel.gemv(weights, bias, from + row * K * 4, O, K, to + row * O * 4);
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
        const width = first ? args[0].data.length : 1;
        return () => {
          for (let n = 0; n < batch; n++)
            for (let r = 0; r < R; r++)
              for (let c = 0; c < columns; c++) {
                const to = (n * R + r) * columns + c;
                let sum2 = add2 ? add2[to % width] : 0;
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
  function walk(shape, tensors) {
    const strides = tensors.map((tensor2) => {
      const own = (
        /** @type {number[]} */
        tensor2.shape ?? []
      );
      const found = Array(shape.length).fill(0);
      let step = 1;
      for (let axis = own.length - 1; axis >= 0; axis--) {
        if (own[axis] !== 1) found[axis + shape.length - own.length] = step;
        step *= own[axis];
      }
      return found;
    });
    const axes = [];
    for (let axis = 0; axis < shape.length; axis++) {
      if (shape[axis] === 1) continue;
      const steps = strides.map((stride) => stride[axis]);
      const outer = axes.at(-1);
      if (outer && outer.steps.every((step, t) => step === steps[t] * shape[axis])) {
        outer.size *= shape[axis];
        outer.steps = steps;
      } else axes.push({ size: shape[axis], steps });
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
        steps.forEach((step, t) => offsets[t] += step);
        if (at[axis] < size) break;
        steps.forEach((step, t) => offsets[t] -= step * size);
        at[axis] = 0;
      }
    }
  }
  var tensor = (value) => value !== null && typeof value === "object" ? value : { shape: [], data: new Float32Array([Number(value)]), fixed: true };
  var two = (pairs, which = ([a, b]) => [a, b]) => ({
    prepare(args, out) {
      const [a, b] = which(args).map(tensor);
      const axes = walk(out.shape, [a, b]);
      const { size, steps } = axes[axes.length - 1];
      return () => runs(axes, (at, [i, j]) => pairs(a.data, i, steps[0], b.data, j, steps[1], out.data, at, size));
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
      const parts = [condition, tensor(yes), tensor(no)];
      const axes = walk(out.shape, parts);
      const { size, steps } = axes[axes.length - 1];
      const [c, a, b] = parts.map((part) => part.data);
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
      Object.entries(COMPARE).flatMap(([name, pairs]) => [
        [`${name}.Scalar`, two(pairs)],
        [`${name}.Tensor`, two(pairs)]
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
    const weights = similar.map(() => 0);
    for (let sweep = 0; sweep < SWEEPS; sweep++)
      for (let j = 0; j < similar.length; j++) {
        const pull = products[j].reduce((sum2, product2, i) => sum2 + product2 * weights[i], 0);
        const gain = similar[j] - pull + products[j][j] * weights[j];
        weights[j] = Math.max(0, gain) / Math.max(products[j][j], 1e-12);
      }
    return Math.sqrt(Math.max(0, similar.reduce((sum2, value, j) => sum2 + value * weights[j], 0)));
  }
  var interpolatingVector = {
    prepare([features, references, labels, classes, neighbours], out) {
      const length = references.shape[1];
      const members = Array.from(
        { length: classes },
        (_, label) => [...labels.data.keys()].filter((i) => labels.data[i] === label)
      );
      const grams = members.map((own) => own.map((i) => own.map((j) => inner(references.data, i * length, references.data, j * length, length))));
      return () => {
        for (let image = 0; image < out.shape[0]; image++) {
          const size = Math.max(1e-12, Math.sqrt(inner(features.data, image * length, features.data, image * length, length)));
          for (let label = 0; label < classes; label++) {
            const similar = members[label].map((i) => inner(features.data, image * length, references.data, i * length, length) / size);
            const nearest2 = [...similar.keys()].sort((a, b) => similar[b] - similar[a]).slice(0, neighbours);
            const gram = grams[label];
            out.data[image * classes + label] = coneCosine(
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
      const channels = x.shape[1];
      const each2 = volume(x.shape.slice(2));
      const scales = Float64Array.from({ length: channels }, (_, c) => (weight?.data[c] ?? 1) / Math.sqrt(variance.data[c] + eps));
      const shifts = Float64Array.from({ length: channels }, (_, c) => (bias?.data[c] ?? 0) - mean.data[c] * scales[c]);
      const [from, to] = [x.data, out.data];
      return () => {
        for (let start = 0, n = 0; start < to.length; start += each2, n++) {
          const [scale, shift] = [scales[n % channels], shifts[n % channels]];
          for (let i = start; i < start + each2; i++) to[i] = from[i] * scale + shift;
        }
      };
    }
  });
  function normalised(x, out, count, weight, bias, eps, of2) {
    return () => {
      for (let start = 0, n = 0; start < x.data.length; start += count, n++) {
        let [mean, variance] = [0, 0];
        for (let i = start; i < start + count; i++) mean += x.data[i];
        mean /= count;
        for (let i = start; i < start + count; i++) variance += (x.data[i] - mean) ** 2;
        const scale = 1 / Math.sqrt(variance / count + eps);
        for (let i = 0; i < count; i++) {
          const at = of2(n, i);
          out.data[start + i] = (x.data[start + i] - mean) * scale * (weight ? weight.data[at] : 1) + (bias ? bias.data[at] : 0);
        }
      }
    };
  }
  var layerNorm = {
    prepare([x, shape, weight, bias, eps], out) {
      return normalised(x, out, volume(shape), weight, bias, eps, (_n, i) => i);
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
    prepare([x, shape, weight, eps], out) {
      const count = volume(shape);
      return () => {
        for (let start = 0; start < x.data.length; start += count) {
          let sum2 = 0;
          for (let i = start; i < start + count; i++) sum2 += x.data[i] ** 2;
          const scale = 1 / Math.sqrt(sum2 / count + (eps ?? 11920928955078125e-23));
          for (let i = 0; i < count; i++) out.data[start + i] = x.data[start + i] * scale * (weight ? weight.data[i] : 1);
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
  var planes = (shape) => volume(shape.slice(0, -2));
  function inside(size, count, start, stride) {
    const from = Math.max(0, Math.ceil(-start / stride));
    return [from, Math.max(from, Math.min(count, Math.floor((size - 1 - start) / stride) + 1))];
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
            const start = (map * H + row * stride[0] + top) * W + left + first * stride[1];
            add2(from, start, stride[1], to, (map * OH + row) * OW + first, last - first);
          }
        }
      }
  }
  function largest(from, start, step, to, at, count) {
    for (let k = 0; k < count; k++, start += step) {
      const value = from[start];
      if (value > to[at + k] || value !== value) to[at + k] = value;
    }
  }
  function sum(from, start, step, to, at, count) {
    for (let k = 0; k < count; k++, start += step) to[at + k] += from[start];
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
    keeps: (_args, shape) => shape[shape.length - 2] * shape[shape.length - 1],
    prepare([x, size, stride, padding2, , withPadding, divisor], out, { keep }) {
      const kernel = pair2(size);
      const [step, pads] = [pair2(stride, kernel), pair2(padding2)];
      const [H, W, OH, OW] = [...x.shape.slice(-2), ...out.shape.slice(-2)];
      const shares = keep(OH * OW);
      for (let row = 0; row < OH; row++)
        for (let col = 0; col < OW; col++) {
          const [top, left] = [row * step[0] - pads[0], col * step[1] - pads[1]];
          const bounds = withPadding ? [top, H + pads[0], left, W + pads[1]] : [Math.max(0, top), H, Math.max(0, left), W];
          const rows = Math.min(top + kernel[0], bounds[1]) - bounds[0];
          const columns = Math.min(left + kernel[1], bounds[3]) - bounds[2];
          shares[row * OW + col] = 1 / (divisor || rows * columns);
        }
      return () => {
        out.data.fill(0);
        gather("sum", x, out, kernel, step, pads, [1, 1]);
        for (let at = 0, n = OH * OW; at < out.data.length; at++) out.data[at] *= shares[at % n];
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
        const start = i * steps[axis] - pads[axis];
        const end = Math.min(start + kernel[axis], sizes2[axis] + pads[axis]);
        const [from, to] = [Math.max(0, start), Math.min(end, sizes2[axis])];
        return { from, to, count: withPadding ? end - start : to - from };
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
            const line = (map * H + Math.min(H - 1, Math.floor(row * rows))) * W;
            for (let col = 0; col < OW; col++) out.data[to++] = x.data[line + Math.min(W - 1, Math.floor(col * cols))];
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
    const step = corners ? count > 1 ? (size - 1) / (count - 1) : 0 : scale ? 1 / scale : size / count;
    return Array.from({ length: count }, (_, i) => {
      const at = corners ? i * step : Math.max(0, (i + 0.5) * step - 0.5);
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
        found = found.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * strides[axis]));
      });
      return Int32Array.from(found);
    };
    return { starts: offsets(false), members: offsets(true) };
  }
  var reduce = (start, join, end = (sum2) => sum2, place = 1) => ({
    prepare(args, out) {
      const [x] = args;
      const { starts, members } = plan(x, args[place]);
      return () => {
        for (let i = 0; i < starts.length; i++) {
          let sum2 = start;
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
  function strided(x, out, steps, start) {
    const axes = out.shape.map((size2, axis) => ({ size: size2, steps: [steps[axis]] }));
    const used = axes.length ? axes : [{ size: 1, steps: [0] }];
    const { size, steps: inner2 } = used[used.length - 1];
    const [from, to, step] = [x.data, out.data, inner2[0]];
    return () => runs(used, (at, [offset]) => {
      let i = start + offset;
      for (const end = at + size; at < end; at++, i += step) to[at] = from[i];
    });
  }
  var stridesOf = (shape) => shape.map((_, axis) => volume(shape.slice(axis + 1)));
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
      const parts = list.filter((part) => part.data.length);
      const outer = volume(out.shape.slice(0, at));
      const sizes2 = parts.map((part) => part.data.length / outer);
      const each2 = sizes2.reduce((a, b) => a + b, 0);
      void fresh;
      return () => {
        for (let n = 0; n < outer; n++) {
          let to = n * each2;
          for (let p = 0; p < parts.length; p++) {
            out.data.set(parts[p].data.subarray(n * sizes2[p], (n + 1) * sizes2[p]), to);
            to += sizes2[p];
          }
        }
      };
    }
  });
  var slice = {
    prepare([x, axis, start, , step], out) {
      const at = positive(axis ?? 0, x.shape.length);
      const strides = stridesOf(x.shape);
      const size = x.shape[at];
      const from = Math.min(size, Math.max(0, (start ?? 0) < 0 ? start + size : start ?? 0));
      const steps = strides.map((stride, k) => k === at ? stride * (step ?? 1) : stride);
      return strided(x, out, steps, from * strides[at]);
    }
  };
  var sliceScatter = {
    prepare([x, part, axis, start, , step], out) {
      const at = positive(axis ?? 0, x.shape.length);
      const size = x.shape[at];
      const from = Math.min(size, Math.max(0, (start ?? 0) < 0 ? start + size : start ?? 0));
      const strides = stridesOf(x.shape);
      const axes = part.shape.map((count, k) => ({
        size: count,
        steps: [k === at ? strides[k] * (step ?? 1) : strides[k]]
      }));
      const inner2 = axes[axes.length - 1];
      return () => {
        out.data.set(x.data);
        runs(axes, (read, [offset]) => {
          let to = from * strides[at] + offset;
          for (const end = read + inner2.size; read < end; read++, to += inner2.steps[0]) out.data[to] = part.data[read];
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
          for (const place of places2) {
            const from = (n * size + place) * rest;
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
      const fill = Number((fixed === "constant" ? mode : value) ?? 0);
      const rank = x.shape.length;
      const sources = out.shape.map((count, axis) => {
        const before = pads[2 * (rank - 1 - axis)] ?? 0;
        const size = x.shape[axis];
        return Int32Array.from({ length: count }, (_, i) => i - before >= 0 && i - before < size ? i - before : BEYOND[how](i - before, size));
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
        for (let i = 0; i < places2.length; i++) out.data[i] = places2[i] < 0 ? fill : x.data[places2[i]];
      };
    }
  });
  var moved = (source) => ({
    prepare(args, out) {
      const [x] = args;
      const [strides, outer] = [stridesOf(x.shape), stridesOf(out.shape)];
      const places2 = Int32Array.from({ length: out.data.length }, (_, i) => {
        const at = outer.map((stride, axis) => Math.floor(i / stride) % out.shape[axis]);
        return source(args, at, x.shape).reduce((sum2, place, axis) => sum2 + place * strides[axis], 0);
      });
      return () => {
        for (let i = 0; i < places2.length; i++) out.data[i] = x.data[places2[i]];
      };
    }
  });
  var flip = moved(([, axes], at, shape) => {
    const turned = axes.map((axis) => positive(axis, shape.length));
    return at.map((place, axis) => turned.includes(axis) ? shape[axis] - 1 - place : place);
  });
  var roll = moved(([, shifts, axes], at, shape) => {
    const found = [...at];
    axes.forEach((axis, k) => {
      const size = shape[positive(axis, shape.length)];
      const place = positive(axis, shape.length);
      found[place] = ((found[place] - shifts[k]) % size + size) % size;
    });
    return found;
  });
  var shuffle = moved(([, factor], at) => {
    const [channel, row, col] = at.slice(-3);
    const place = row % factor * factor + col % factor;
    return [...at.slice(0, -3), channel * factor * factor + place, Math.floor(row / factor), Math.floor(col / factor)];
  });
  var channelShuffle = moved(([, groups], at, shape) => {
    const each2 = shape[1] / groups;
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
    static async make(graph, weights, wasm) {
      const engine2 = new _Engine(graph, weights, wasm !== null);
      const { memory } = engine2;
      engine2.prepare(wasm === null ? plainKernel(memory) : await wasmKernel(memory, wasm), weights);
      return engine2;
    }
    /**
     * As fast as can be had: with WebAssembly where the page may compile it, without it where not.
     * @param {Graph} graph
     * @param {Map<string, Float32Array>} weights
     * @param {BufferSource | null} wasm
     */
    static async best(graph, weights, wasm) {
      if (wasm === null || typeof WebAssembly === "undefined") return _Engine.make(graph, weights, null);
      try {
        return await _Engine.make(graph, weights, wasm);
      } catch {
        return _Engine.make(graph, weights, null);
      }
    }
    /**
     * @param {Graph} graph
     * @param {Map<string, Float32Array>} weights
     * @param {boolean} shared
     */
    constructor(graph, weights, shared) {
      this.graph = graph;
      this.fast = shared;
      this.values = /* @__PURE__ */ new Map();
      this.steps = [];
      this.known = /* @__PURE__ */ new Map();
      this.sizes = sizes(graph);
      this.memory = new Memory(this.sizes.bytes, shared);
      const { memory, values } = this;
      const shape = [1, ...graph.input_shape];
      values.set(graph.image, { shape, data: memory.floats(volume(shape)), fixed: false });
      for (const [name, size] of graph.tensors) {
        const data = memory.floats(volume(size));
        data.set(
          /** @type {Float32Array} */
          weights.get(name)
        );
        values.set(name, { shape: size, data, fixed: true });
      }
    }
    /**
     * @param {Kernel} kernel
     * @param {Map<string, Float32Array>} _weights
     */
    prepare(kernel, _weights) {
      const { memory, values } = this;
      const spare = memory.floats(this.sizes.scratch);
      const context = { kernel, keep: (count) => memory.floats(count), scratch: (count) => spare.subarray(0, count) };
      for (const [name, op, stored, shape] of this.graph.nodes) {
        const operation = operationOf(op);
        const args = stored.map((one) => argument(one, values));
        const first = Array.isArray(args[0]) ? args[0][0] : args[0];
        const data = operation.alias ? (
          /** @type {Tensor} */
          first.data
        ) : memory.floats(volume(shape));
        const out = { shape, data, fixed: false };
        values.set(name, out);
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
      for (const step of this.steps) step();
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
      const steps = this.known.get(value) ?? 0;
      for (let i = 0; i < steps; i++) this.steps[i]();
      const { data } = this.value(value);
      return places2.map((place) => data[place]);
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
  function sizes(graph) {
    const floats = /* @__PURE__ */ new Map([[graph.image, { shape: [1, ...graph.input_shape], fixed: false, data: NOTHING }]]);
    for (const [name, shape] of graph.tensors) floats.set(name, { shape, fixed: true, data: NOTHING });
    let bytes = Memory.START;
    for (const { shape } of floats.values()) bytes += Memory.padded(volume(shape));
    let scratch = 0;
    for (const [name, op, stored, shape] of graph.nodes) {
      const operation = operationOf(op);
      const args = stored.map((one) => argument(one, floats));
      if (!operation.alias) bytes += Memory.padded(volume(shape));
      if (operation.keeps) bytes += operation.keeps(args, shape) * 4 + 64;
      if (operation.scratches) scratch = Math.max(scratch, operation.scratches(args, shape));
      floats.set(name, { shape, fixed: false, data: NOTHING });
    }
    return { bytes: bytes + Memory.padded(scratch), scratch };
  }
  var NOTHING = new Float32Array(0);
  function argument(stored, values) {
    if (Array.isArray(stored)) return stored.map((one) => (
      /** @type {any} */
      argument(one, values)
    ));
    if (typeof stored !== "object" || stored === null) return stored;
    if ("v" in stored) {
      const found = values.get(stored.v);
      if (!found) throw new Error(`the graph has no value ${stored.v}`);
      return found;
    }
    return { inf: Infinity, "-inf": -Infinity }[stored.n] ?? NaN;
  }

  // hierfeat/atlas/live/engine/network.js
  function between(graph) {
    const known = /* @__PURE__ */ new Set([...graph.tensors.map(([name]) => name), ...graph.layers.map(([, value]) => value)]);
    const giving = new Set(graph.layers.map(([, value]) => value));
    const read = graph.nodes.filter(([name]) => giving.has(name)).map(([, , args]) => (
      /** @type {any} */
      args[0]?.v
    ));
    return [...new Set(read.filter((name) => typeof name === "string" && !known.has(name)))];
  }
  function probed(engine2, { images, layer, places: places2 }) {
    const shown = engine2.image.slice();
    const found = images.map((image) => engine2.probe(image, layer, places2));
    engine2.image.set(shown);
    engine2.run();
    return found;
  }
  function named(engine2, names) {
    return Object.fromEntries(names.map((name) => [name, engine2.value(name).data.slice()]));
  }

  // hierfeat/atlas/live/engine/worker.js
  var engine = null;
  addEventListener("message", async ({ data }) => {
    if (data.graph) {
      engine = await Engine.best(data.graph, await unpack(data.graph, data.weights), data.kernel);
      postMessage({ ready: true, fast: engine.fast });
      return;
    }
    if (!engine) return;
    if (data.probe) return postMessage(probed(engine, data.probe));
    if (data.names) return postMessage(named(engine, data.names));
    engine.image.set(data.image);
    const start = performance.now();
    const output = Float32Array.from(engine.run().data);
    const ms = performance.now() - start;
    const layers = engine.graph.layers.map((_, index) => (
      /** @type {Engine} */
      engine.layer(index).data.slice()
    ));
    const extra = Object.fromEntries(between(engine.graph).map((name) => [
      name,
      /** @type {Engine} */
      engine.value(name).data.slice()
    ]));
    const buffers = [...layers, ...Object.values(extra), output].map(({ buffer }) => buffer);
    self.postMessage({ layers, output, extra, ms }, buffers);
  });
})();
