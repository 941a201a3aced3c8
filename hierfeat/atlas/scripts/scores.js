// What a network's output is in numbers that a reader can compare: shares of one where it is known to be logits.
import { number } from "./maps.js";

/** @param {ArrayLike<number> | null} output @param {string | null} kind of the output: logits, probabilities, raw; null for no score */
export function sharesOf(output, kind) {
  if (!output || !kind) return null;
  const numbers = Array.from(output);
  if (kind === "raw") {
    const most = Math.max(...numbers.map(Math.abs)) || 1;
    return numbers.map((value) => ({ length: Math.max(0, value) / most, text: number(value), value }));
  }
  const most = Math.max(...numbers);
  const powers = kind === "logits" ? numbers.map((value) => Math.exp(value - most)) : numbers;
  const total = powers.reduce((a, b) => a + b, 0);
  const digits = Math.max(...powers) < total / 10 ? 1 : 0;
  return powers.map((power) => ({ length: power / total, text: `${((100 * power) / total).toFixed(digits)} %`, value: power }));
}

/** The place of the largest. @param {ArrayLike<number>} output */
export const bestOf = (output) => Array.from(output).reduce((best, value, place, all) => (value > all[best] ? place : best), 0);
