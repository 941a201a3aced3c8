/** One piece of memory for all values of a network, so that nothing is allocated while it runs. */
export class Memory {
  /**
   * @param {number} bytes
   * @param {boolean} shared whether a WebAssembly module will work in it
   */
  constructor(bytes, shared) {
    const pages = Math.ceil(bytes / 65536) + 1;
    /** @type {WebAssembly.Memory | null} */
    this.wasm = shared ? new WebAssembly.Memory({ initial: pages, maximum: pages }) : null;
    /** @type {ArrayBuffer} */
    this.buffer = this.wasm ? /** @type {ArrayBuffer} */ (this.wasm.buffer) : new ArrayBuffer(pages * 65536);
    this.top = Memory.START;
  }

  /**
   * Floats, all zero, that begin at a multiple of 16 bytes.
   * @param {number} count
   */
  floats(count) {
    const start = this.top;
    this.top += Memory.padded(count);
    return new Float32Array(this.buffer, start, count);
  }

  /**
   * What so many floats take, in bytes.
   * @param {number} count
   */
  static padded(count) {
    return Math.ceil(count / 4) * 16;
  }
}

/** The module's own constants lie below. */
Memory.START = 2048;
