// A unit under the electrode: what it answers, the spikes of that, and the field that is mapped by hand.
import { box, channelOf, flatIndex, layers, payload, unitAt, values, view } from "../data.js";
import { uniform } from "../compose.js";
import { drawnOn } from "../stimuli.js";
import { unitName } from "../units.js";
import { poisson } from "./spikes.js";

/** @typedef {import("../store.js").Chosen} Chosen */
/** @typedef {import("../stimuli.js").Stimulus} Stimulus */

const [, height, width] = payload.model.input_shape;
const WHOLE = { row: 0, col: 0, rows: height, cols: width };

/** Spikes a second at the unit's largest response. */
export const RATE = 60;
/** Points of the moving trace. */
export const POINTS = 240;

const noted = () => ({ sum: new Float32Array(height * width), weight: new Float32Array(height * width) });

/** The middle unit of a channel, which hierfeat's analyses look at. @param {number} layer @param {number} [channel] @returns {Chosen} */
export function middle(layer, channel = 0) {
  const [, rows, cols] = layers[layer].maps.shape;
  const at = rows * cols === 1 ? channel : (channel * rows + Math.floor(rows / 2)) * cols + Math.floor(cols / 2);
  return { layer, ...unitAt(layers[layer], at) };
}

/** The largest response of a unit that has not answered yet. */
export const SILENT = 1e-9;

export class Cell {
  /** @param {Chosen} unit @param {number} seed of its spikes */
  constructor(unit, seed) {
    this.unit = unit;
    this.layer = layers[unit.layer];
    this.place = flatIndex(this.layer, unit);
    this.channel = channelOf(this.layer, unit);
    this.random = uniform(seed);
    this.response = 0; // to what is on the screen
    this.blank = 0; // to bare grey
    /** The largest response to a grating, where it is known, and that grating's place among them. @type {{ response: number, at: number } | null} */
    this.optimum = this.known();
    /** @type {number[]} */
    this.trace = [];
    /** @type {number[]} */
    this.spikes = [];
    this.best = -Infinity; // of the reader's own stimuli
    /** How light, and how dark, at a pixel changed the response, and how often it was shown there. */
    this.light = noted();
    this.dark = noted();
    this.largest = Math.max(SILENT, this.optimum?.response ?? 0, this.scale());
  }

  /** The map, the trace and the game begin anew. */
  forget() {
    [this.trace, this.spikes, this.best] = [[], [], -Infinity];
    [this.light, this.dark] = [noted(), noted()];
  }

  /** Whether it is the one in the middle of its map, which the page's numbers of gratings are of. */
  get central() {
    if (view(this.layer).vector) return true;
    const [, rows, cols] = this.layer.maps.shape;
    return this.unit.row === Math.floor(rows / 2) && this.unit.col === Math.floor(cols / 2);
  }

  /** About how much the unit may answer: what its channel does in the middle of the map, or now somewhere. */
  scale() {
    const { tuning, maps } = this.layer;
    if (tuning) return tuning.best[this.channel] ?? 0;
    const each = maps.shape[1] * maps.shape[2];
    const own = values(this.layer).subarray(this.channel * each, (this.channel + 1) * each);
    return own.reduce((most, value) => Math.max(most, value), 0);
  }

  known() {
    const { tuning } = this.layer;
    if (!tuning || !this.central) return null;
    return { response: tuning.best[this.channel], at: tuning.at[this.channel] };
  }

  /** What hierfeat.orientation_tuning calls it, where that is known. @returns {string} */
  get type() {
    return this.central && this.layer.tuning ? this.layer.tuning.type[this.channel] : "";
  }

  /** Its field, or the whole image. @returns {[number, number, number, number]} [top, left, bottom, right] in pixels */
  get field() {
    const found = box(this.layer, this.unit);
    return found && found[2] > found[0] && found[3] > found[1] ? found : [0, 0, height, width];
  }

  /** Take the response to what is on the screen. @param {number} response */
  hear(response) {
    this.response = response;
    this.largest = Math.max(this.largest, response);
  }

  /** Lay the response on the map where the stimulus stood. @param {Stimulus} stimulus @param {number} response */
  remember(stimulus, response) {
    const change = drawnOn(stimulus, WHOLE);
    const gain = response - this.blank;
    for (let i = 0; i < change.length; i++) {
      const cover = Math.abs(change[i]);
      if (cover < 0.02) continue;
      const side = change[i] > 0 ? this.light : this.dark;
      side.sum[i] += cover * gain;
      side.weight[i] += cover;
    }
  }

  /**
   * How far each pixel is ON (the response rises with light, falls with dark) and OFF (the reverse), as shares of the
   * largest; NaN where nothing was shown.
   */
  get map() {
    const { light, dark } = this;
    const [on, off] = [new Float32Array(height * width), new Float32Array(height * width)];
    let most = 1e-9;
    for (let i = 0; i < on.length; i++) {
      const bright = light.weight[i] ? light.sum[i] / light.weight[i] : 0;
      const dim = dark.weight[i] ? dark.sum[i] / dark.weight[i] : 0;
      on[i] = Math.max(0, bright) + Math.max(0, -dim);
      off[i] = Math.max(0, -bright) + Math.max(0, dim);
      most = Math.max(most, on[i], off[i]);
      if (!light.weight[i] && !dark.weight[i]) on[i] = NaN;
    }
    for (let i = 0; i < on.length; i++) [on[i], off[i]] = [on[i] / most, off[i] / most];
    return { on, off };
  }

  /** Let time pass. @param {number} seconds @returns {number} spikes fired in it, by a Poisson process */
  wait(seconds) {
    const expected = ((RATE * Math.max(0, this.response)) / this.largest) * seconds;
    const fired = poisson(expected, this.random);
    this.trace.push(this.response);
    this.spikes.push(fired);
    if (this.trace.length > POINTS) [this.trace, this.spikes] = [this.trace.slice(-POINTS), this.spikes.slice(-POINTS)];
    return fired;
  }

  /** The reader's best response as a share of the best grating's, both over grey; null where no grating drives it. */
  get score() {
    if (!this.optimum || this.optimum.response - this.blank <= 1e-6 * Math.abs(this.largest)) return null;
    return Math.max(0, this.best - this.blank) / (this.optimum.response - this.blank);
  }

  get name() {
    return unitName(this.unit);
  }
}
