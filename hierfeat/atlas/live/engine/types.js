/**
 * @typedef {{ v: string }} Ref a value of the graph, as an argument
 * @typedef {number | boolean | string | null | Ref | { n: string }} Plain
 * @typedef {Plain | Plain[]} Stored an argument as the graph stores it
 *
 * @typedef {object} Graph
 * @property {string} name
 * @property {number[]} input_shape (channels, height, width)
 * @property {string} image the value that holds the image
 * @property {[string, number[], number][]} tensors name, shape, bytes of each value as stored
 * @property {[string, string, Stored[], number[]][]} nodes name, operation, arguments, shape
 * @property {[string, string][]} layers name, value
 * @property {string} output
 *
 * @typedef {object} Tensor
 * @property {readonly number[]} shape
 * @property {Float32Array} data a part of the engine's memory
 * @property {boolean} fixed whether it is a weight or constant, the same in every frame
 *
 * @typedef {number | boolean | string | null | undefined | Tensor} Single
 * @typedef {Single | Single[]} Argument
 *
 * @typedef {object} Kernel what the inner loops are called with: byte offsets and counts
 * @property {(x: number, C: number, H: number, W: number, top: number, left: number, PH: number, PW: number, out: number) => void} pad
 * @property {(x: number, C: number, H: number, W: number, kh: number, kw: number, sh: number, sw: number, dh: number, dw: number, OW: number, N: number, first: number, last: number, col: number) => void} im2col
 * @property {(w: number, bias: number, col: number, O: number, K: number, N: number, first: number, last: number, out: number, spare: number) => void} gemm
 * @property {(w: number, bias: number, x: number, O: number, K: number, out: number) => void} gemv
 * @property {(x: number, C: number, H: number, W: number, w: number, bias: number, many: number, kh: number, kw: number, sh: number, sw: number, dh: number, dw: number, OH: number, OW: number, out: number) => void} depthwise
 *
 * @typedef {object} Context what an operation is prepared with
 * @property {Kernel} kernel
 * @property {(count: number) => Float32Array} keep memory of the operation's own
 * @property {(count: number) => Float32Array} scratch memory that every operation may overwrite
 *
 * @typedef {object} Operation
 * @property {boolean} [alias] the output is the first argument in another shape
 * @property {(args: any[], shape: readonly number[]) => number} [keeps] floats to keep
 * @property {(args: any[], shape: readonly number[]) => number} [scratches] floats to scratch
 * @property {(args: any[], out: Tensor, context: Context) => () => void} [prepare] what runs in every frame
 */
export {};
