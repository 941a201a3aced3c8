/** @import { Kernel } from "./types.js" */
/** @import { Memory } from "./memory.js" */

/**
 * The inner loops as WebAssembly. Throws where a page may not compile it or the processor has no SIMD.
 * @param {Memory} memory one that is shared
 * @param {BufferSource} bytes of kernel.wasm
 * @returns {Promise<Kernel>}
 */
export async function wasmKernel(memory, bytes) {
  const abort = () => {
    throw new Error("the kernel stopped");
  };
  const made = await WebAssembly.instantiate(bytes, { env: { memory: /** @type {any} */ (memory.wasm), abort } });
  return /** @type {any} */ (made.instance.exports);
}

/**
 * The same loops in plain JavaScript; see kernel.ts for what each does.
 * @param {Memory} memory
 * @returns {Kernel}
 */
export function plainKernel(memory) {
  const f = new Float32Array(memory.buffer);
  return {
    pad: (x, C, H, W, top, left, PH, PW, out) => pad(f, x >> 2, C, H, W, top, left, PH, PW, out >> 2),
    im2col: (x, C, H, W, kh, kw, sh, sw, dh, dw, OW, N, first, last, col) =>
      im2col(f, x >> 2, C, H, W, kh, kw, sh, sw, dh, dw, OW, N, first, last, col >> 2),
    gemm: (w, bias, col, O, K, N, first, last, out) => gemm(f, w >> 2, bias >> 2, col >> 2, O, K, N, first, last, out >> 2),
    gemv: (w, bias, x, O, K, out) => gemv(f, w >> 2, bias >> 2, x >> 2, O, K, out >> 2),
    depthwise: (x, C, H, W, w, bias, many, kh, kw, sh, sw, dh, dw, OH, OW, out) =>
      depthwise(f, x >> 2, C, H, W, w >> 2, bias >> 2, many, kh, kw, sh, sw, dh, dw, OH, OW, out >> 2),
  };
}

/** @type {(f: Float32Array, x: number, C: number, H: number, W: number, top: number, left: number, PH: number, PW: number, out: number) => void} */
function pad(f, x, C, H, W, top, left, PH, PW, out) {
  f.fill(0, out, out + C * PH * PW);
  for (let c = 0; c < C; c++)
    for (let y = 0; y < H; y++) {
      const from = x + (c * H + y) * W;
      f.copyWithin(out + (c * PH + y + top) * PW + left, from, from + W);
    }
}

/** @type {(f: Float32Array, x: number, C: number, H: number, W: number, kh: number, kw: number, sh: number, sw: number, dh: number, dw: number, OW: number, N: number, first: number, last: number, col: number) => void} */
function im2col(f, x, C, H, W, kh, kw, sh, sw, dh, dw, OW, N, first, last, col) {
  const corner = new Int32Array(8);
  let to = col;
  for (let p = first; p < last; p++) {
    for (let t = 0; t < 8; t++) {
      const n = Math.min(p * 8 + t, N - 1);
      corner[t] = Math.floor(n / OW) * sh * W + (n % OW) * sw;
    }
    for (let c = 0; c < C; c++)
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const at = x + (c * H + i * dh) * W + j * dw;
          for (let t = 0; t < 8; t++) f[to++] = f[at + corner[t]];
        }
  }
}

/** @type {(f: Float32Array, w: number, bias: number, col: number, O: number, K: number, N: number, first: number, last: number, out: number) => void} */
function gemm(f, w, bias, col, O, K, N, first, last, out) {
  const { fround } = Math;
  for (let p = first; p < last; p++)
    for (let pair = 0; pair < 8; pair += 2) {
      const n = p * 8 + pair;
      if (n >= N) break;
      for (let o = 0; o < O; o += 4) {
        let [a0, a1, a2, a3] = [f[bias + o], f[bias + o + 1], f[bias + o + 2], f[bias + o + 3]];
        let [b0, b1, b2, b3] = [a0, a1, a2, a3];
        let q = col + (p - first) * K * 8 + pair;
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

/** @type {(f: Float32Array, w: number, bias: number, x: number, O: number, K: number, out: number) => void} */
function gemv(f, w, bias, x, O, K, out) {
  for (let o = 0; o < O; o++) {
    const row = w + o * K;
    let sum = bias ? f[bias + o] : 0;
    for (let k = 0; k < K; k++) sum += f[row + k] * f[x + k];
    f[out + o] = sum;
  }
}

/** @type {(f: Float32Array, x: number, C: number, H: number, W: number, w: number, bias: number, many: number, kh: number, kw: number, sh: number, sw: number, dh: number, dw: number, OH: number, OW: number, out: number) => void} */
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
