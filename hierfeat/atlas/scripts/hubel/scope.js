// The oscilloscope and the loudspeaker: the response as a moving trace, each spike as a stroke and a click.
import { POINTS } from "./cell.js";

/** @typedef {import("./cell.js").Cell} Cell */

/** @param {HTMLCanvasElement} canvas @param {Cell} cell */
export function paintTrace(canvas, cell) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const style = getComputedStyle(canvas);
  const [W, H] = [canvas.width, canvas.height];
  const low = Math.min(0, cell.blank, ...cell.trace);
  const top = Math.max(cell.largest, ...cell.trace);
  const X = (/** @type {number} */ i) => ((i + POINTS - cell.trace.length) * W) / POINTS;
  const Y = (/** @type {number} */ value) => H - 34 - ((value - low) / (top - low || 1)) * (H - 44);
  context.clearRect(0, 0, W, H);
  context.setLineDash([6, 6]);
  context.strokeStyle = style.getPropertyValue("--second");
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(0, Y(cell.blank));
  context.lineTo(W, Y(cell.blank));
  context.stroke();
  context.setLineDash([]);
  context.strokeStyle = style.getPropertyValue("--first");
  context.lineWidth = 3;
  context.beginPath();
  cell.trace.forEach((value, i) => context.lineTo(X(i), Y(value)));
  context.stroke();
  context.strokeStyle = style.getPropertyValue("--ink");
  context.lineWidth = 2;
  context.beginPath();
  cell.spikes.forEach((fired, i) => {
    if (!fired) return;
    context.moveTo(X(i), H - 26);
    context.lineTo(X(i), H - 4);
  });
  context.stroke();
}

/** @type {AudioContext | null} */
let audio = null;
/** Clicks that were sounded; for tests. */
let sounded = 0;
export const clicks = () => sounded;

/** Sound is off until the reader turns it on. @param {boolean} on */
export function turnSound(on) {
  audio?.close();
  audio = on ? new AudioContext() : null;
}

/**
 * One spike, as a loudspeaker makes it of an amplifier's output; two cells sound from two sides, and the second lower.
 * @param {number} which cell @param {number} of so many @param {number} delay in seconds
 */
export function click(which, of, delay) {
  if (!audio) return;
  sounded++;
  const length = which ? 220 : 80;
  const buffer = audio.createBuffer(1, length, audio.sampleRate);
  const data = buffer.getChannelData(0);
  for (let i = 0; i < length; i++) data[i] = (i < length / 3 ? 1 : -0.4) * Math.exp(-i / (length / 4)) * 0.4;
  const source = audio.createBufferSource();
  source.buffer = buffer;
  const side = audio.createStereoPanner();
  side.pan.value = of > 1 ? 1.4 * which - 0.7 : 0;
  source.connect(side).connect(audio.destination);
  source.start(audio.currentTime + delay);
}
