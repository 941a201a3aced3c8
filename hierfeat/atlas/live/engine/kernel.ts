// The inner loops of convolutions and matrix products, in AssemblyScript, for four floats at a time.
// All arguments are byte offsets into one memory, or counts. `npm run kernel` makes kernel.wasm of this file.

/** Copy C maps of H × W into the middle of maps of PH × PW that are zero elsewhere. */
export function pad(x: usize, C: i32, H: i32, W: i32, top: i32, left: i32, PH: i32, PW: i32, out: usize): void {
  memory.fill(out, 0, <usize>(C * PH * PW) << 2);
  for (let c = 0; c < C; c++)
    for (let y = 0; y < H; y++) {
      const to = out + (((c * PH + y + top) * PW + left) << 2);
      memory.copy(to, x + (((c * H + y) * W) << 2), <usize>W << 2);
    }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function corner(n: i32, N: i32, OW: i32, sh: i32, sw: i32, W: i32): i32 {
  const at = n < N ? n : N - 1;
  return ((at / OW) * sh * W + (at % OW) * sw) << 2;
}

/**
 * Lay the windows of 8 neighbouring outputs side by side: col[panel][k][8], for panels first to last of them.
 * x is padded already: no window leaves it. Positions beyond the last output repeat it.
 */
export function im2col(
  x: usize, C: i32, H: i32, W: i32, kh: i32, kw: i32, sh: i32, sw: i32, dh: i32, dw: i32,
  OW: i32, N: i32, first: i32, last: i32, col: usize,
): void {
  let to = col;
  for (let p = first; p < last; p++) {
    const n = p << 3;
    const o0 = corner(n, N, OW, sh, sw, W), o1 = corner(n + 1, N, OW, sh, sw, W), o2 = corner(n + 2, N, OW, sh, sw, W);
    const o3 = corner(n + 3, N, OW, sh, sw, W), o4 = corner(n + 4, N, OW, sh, sw, W), o5 = corner(n + 5, N, OW, sh, sw, W);
    const o6 = corner(n + 6, N, OW, sh, sw, W), o7 = corner(n + 7, N, OW, sh, sw, W);
    const run = o7 - o0 == 28 && o3 - o0 == 12;
    for (let c = 0; c < C; c++)
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const at = x + (((c * H + i * dh) * W + j * dw) << 2);
          if (run) {
            v128.store(to, v128.load(at + o0));
            v128.store(to, v128.load(at + o0, 16), 16);
          } else {
            store<f32>(to, load<f32>(at + o0));
            store<f32>(to, load<f32>(at + o1), 4);
            store<f32>(to, load<f32>(at + o2), 8);
            store<f32>(to, load<f32>(at + o3), 12);
            store<f32>(to, load<f32>(at + o4), 16);
            store<f32>(to, load<f32>(at + o5), 20);
            store<f32>(to, load<f32>(at + o6), 24);
            store<f32>(to, load<f32>(at + o7), 28);
          }
          to += 32;
        }
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function put(out: usize, n: i32, N: i32, a: v128, b: v128, spare: usize): void {
  const to = out + (n << 2);
  if (n + 8 <= N) {
    v128.store(to, a);
    v128.store(to, b, 16);
    return;
  }
  v128.store(spare, a);
  v128.store(spare, b, 16);
  memory.copy(to, spare, <usize>(N - n) << 2);
}

/**
 * out[o, n] = bias[o] + Σ_k w[o, k] col[n, k], for the columns of panels first to last.
 * w is packed: w[o / 4][k][4], rows beyond O being zero, as is the bias there. col begins with panel `first`.
 */
export function gemm(
  w: usize, bias: usize, col: usize, O: i32, K: i32, N: i32, first: i32, last: i32, out: usize, spare: usize,
): void {
  const step = N << 2;
  for (let p = first; p < last; p++) {
    const base = col + (((p - first) * K) << 5), n = p << 3;
    for (let o = 0; o < O; o += 4) {
      let a0 = v128.load32_splat(bias + (o << 2)), a1 = v128.load32_splat(bias + (o << 2), 4);
      let a2 = v128.load32_splat(bias + (o << 2), 8), a3 = v128.load32_splat(bias + (o << 2), 12);
      let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
      let q = base, r = w + ((o * K) << 2);
      for (let k = 0; k < K; k++) {
        const x = v128.load(q), y = v128.load(q, 16);
        const s0 = v128.load32_splat(r), s1 = v128.load32_splat(r, 4);
        a0 = f32x4.add(a0, f32x4.mul(s0, x));
        b0 = f32x4.add(b0, f32x4.mul(s0, y));
        a1 = f32x4.add(a1, f32x4.mul(s1, x));
        b1 = f32x4.add(b1, f32x4.mul(s1, y));
        const s2 = v128.load32_splat(r, 8), s3 = v128.load32_splat(r, 12);
        a2 = f32x4.add(a2, f32x4.mul(s2, x));
        b2 = f32x4.add(b2, f32x4.mul(s2, y));
        a3 = f32x4.add(a3, f32x4.mul(s3, x));
        b3 = f32x4.add(b3, f32x4.mul(s3, y));
        q += 32;
        r += 16;
      }
      const to = out + o * step;
      put(to, n, N, a0, b0, spare);
      if (o + 1 < O) put(to + step, n, N, a1, b1, spare);
      if (o + 2 < O) put(to + 2 * step, n, N, a2, b2, spare);
      if (o + 3 < O) put(to + 3 * step, n, N, a3, b3, spare);
    }
  }
}

/** out[o] = bias[o] + Σ_k w[o, k] x[k]; a bias of 0 is none. */
export function gemv(w: usize, bias: usize, x: usize, O: i32, K: i32, out: usize): void {
  const whole = K & ~3;
  for (let o = 0; o < O; o++) {
    const row = w + ((o * K) << 2);
    let four = f32x4.splat(0);
    for (let k = 0; k < whole; k += 4) four = f32x4.add(four, f32x4.mul(v128.load(row + (k << 2)), v128.load(x + (k << 2))));
    let sum = f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1);
    sum += f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3);
    for (let k = whole; k < K; k++) sum += load<f32>(row + (k << 2)) * load<f32>(x + (k << 2));
    store<f32>(out + (o << 2), sum + (bias ? load<f32>(bias + (o << 2)) : 0));
  }
}

/** A convolution in which each input map has kernels of its own, `many` of them; x is padded already. */
export function depthwise(
  x: usize, C: i32, H: i32, W: i32, w: usize, bias: usize, many: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, OH: i32, OW: i32, out: usize,
): void {
  let to = out;
  for (let c = 0; c < C; c++)
    for (let m = 0; m < many; m++) {
      const o = c * many + m, kernel = w + ((o * kh * kw) << 2);
      const start: f32 = bias ? load<f32>(bias + (o << 2)) : 0;
      for (let row = 0; row < OH; row++) {
        const line = x + (((c * H + row * sh) * W) << 2);
        let place = 0;
        if (sw == 1)
          for (; place + 4 <= OW; place += 4) {
            let four = f32x4.splat(start), r = kernel;
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++, r += 4)
                four = f32x4.add(four, f32x4.mul(v128.load32_splat(r), v128.load(line + ((i * dh * W + j * dw + place) << 2))));
            v128.store(to, four);
            to += 16;
          }
        for (; place < OW; place++) {
          let sum: f32 = start, r = kernel;
          for (let i = 0; i < kh; i++)
            for (let j = 0; j < kw; j++, r += 4) sum += load<f32>(r) * load<f32>(line + ((i * dh * W + j * dw + place * sw) << 2));
          store<f32>(to, sum);
          to += 4;
        }
      }
    }
}
