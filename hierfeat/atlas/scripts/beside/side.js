// One of two networks that stand side by side: its layers, and what they answer to the picture of the moment.
import { sharesOf } from "../scores.js";

/** @typedef {import("../../live/engine/network.js").Frame} Frame @typedef {import("../dom.js").Child} Child */

export class Side {
  /** @param {Child} title @param {any} model as the payload describes it @param {any[]} layers */
  constructor(title, model, layers) {
    this.title = title;
    this.model = model;
    this.layers = layers.filter((layer) => layer.maps);
    /** @type {Frame | null} */
    this.frame = null;
    /** The class named for each sample; none before all have been shown. @type {number[]} */
    this.named = [];
    /** The largest magnitude of each layer so far, and whether it was ever below zero. @type {Map<number, { most: number, below: boolean }>} */
    this.ranges = new Map();
  }

  /** @param {Frame} frame */
  take(frame) {
    this.frame = frame;
    for (const { index } of this.layers) {
      const range = this.ranges.get(index) ?? { most: 0, below: false };
      for (const value of frame.layers[index]) {
        if (Math.abs(value) > range.most) range.most = Math.abs(value);
        if (value < 0) range.below = true;
      }
      this.ranges.set(index, range);
    }
  }

  /** @param {number} index */
  range(index) {
    return this.ranges.get(index) ?? { most: 1, below: false };
  }

  /** The classes as they are scored, the best first; null for a network that scores none. */
  ranked() {
    const found = this.frame && sharesOf(this.frame.output, this.model.scores);
    return found && found.map((share, i) => ({ ...share, name: className(this.model, i) })).sort((a, b) => b.value - a.value);
  }
}

/** @param {any} model @param {number} i @returns {string} */
export const className = (model, i) => (model.classes ? model.classes[i] : String(i));
