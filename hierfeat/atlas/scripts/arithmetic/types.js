/**
 * One step of a unit's arithmetic. `node` is the value of the graph that it gives, `at` the place in it, `value` what
 * is there; `from` names what it reads: an earlier step, or the value of a layer.
 *
 * @typedef {{ name: string, at: number, value: number, step: number | null, fixed: boolean }} Part a number that a step reads
 *
 * @typedef {object} Term one input channel of a window, or one weight of a dense unit
 * @property {number} channel of the input
 * @property {number[]} window what the unit sees there; 0 in the padding
 * @property {number[]} kernel
 * @property {number} sum of the products
 *
 * @typedef {object} Step
 * @property {"window" | "weights" | "norm" | "curve" | "pool" | "combine" | "reduce" | "move" | "opaque"} kind
 * @property {string} op
 * @property {string} node
 * @property {number} at
 * @property {number} value
 * @property {string} source the value that windows, weights, pools and reductions read; "" for others
 * @property {Term[]} [terms]
 * @property {number} [bias]
 * @property {number[]} [size] of the window
 * @property {{ top: number, left: number, bottom: number, right: number }} [area] of the source's maps, padding left out
 * @property {{ mean: number, variance: number, eps: number, weight: number, bias: number }} [norm]
 * @property {{ row: number, col: number, value: number }[]} [cells] of a pool
 * @property {number} [channel] of the pool's cells
 * @property {Part[]} [parts]
 * @property {(number | string | null)[]} [numbers] other arguments of the operation
 * @property {{ at: number, value: number }[]} [many] what a reduction goes over
 * @property {[number, number][]} [curve] of an activation
 */
export {};
