// Pictures from outside as numbers: of a file that is chosen, dropped or pasted, and of the webcam.
import { say } from "./said.js";

/** What a transparent picture lies on: white, as for hierfeat's own folders of images. */
const GROUND = "#fff";

/**
 * A picture made to cover so many cells, its middle cut out; grey where one channel is wanted (ITU-R BT.601).
 * @param {CanvasImageSource} source @param {number} wide @param {number} high of the source
 * @param {number[]} shape (channels, height, width) @returns {Float32Array}
 */
export function cellsOf(source, wide, high, [channels, H, W]) {
  const canvas = new OffscreenCanvas(W, H);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const scale = Math.max(W / wide, H / high);
  context.fillStyle = GROUND;
  context.fillRect(0, 0, W, H);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, (W - wide * scale) / 2, (H - high * scale) / 2, wide * scale, high * scale);
  const { data } = context.getImageData(0, 0, W, H);
  const ink = new Float32Array(channels * W * H);
  for (let i = 0; i < W * H; i++)
    if (channels === 3) for (let c = 0; c < 3; c++) ink[c * W * H + i] = data[4 * i + c] / 255;
    else ink[i] = (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255;
  return ink;
}

/**
 * The picture of a file, handed on; what came of it, in words.
 * @param {File | null | undefined} file @param {(bitmap: ImageBitmap) => void} taken @param {{ height: number, width: number }} size that it is cut to
 */
export async function readPicture(file, taken, { height, width }) {
  if (!file) return say("That was no picture: choose, drop or paste a file in a format that this browser shows (PNG, JPEG, WebP, GIF).");
  try {
    const bitmap = await createImageBitmap(file);
    taken(bitmap);
    bitmap.close();
    return say("{file}, cut to {height} × {width} px about its middle.", { file: file.name || say("The picture"), height, width });
  } catch {
    return say("This browser cannot read {file} as a picture: try PNG, JPEG, WebP or GIF.", { file: file.name || say("that") });
  }
}

/** @param {DataTransfer | null} given */
export const pictureOf = (given) => [...(given?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? given?.files[0];

/** Why there is no camera, in a sentence. @param {any} error */
export function reason(error) {
  if (error?.name === "NotAllowedError" || error?.name === "SecurityError") return say("The webcam was not allowed: the browser's own settings for this page permit it, and drawing works without it.");
  if (error?.name === "NotFoundError" || error?.name === "OverconstrainedError") return say("No webcam was found: draw, or choose a picture.");
  if (error?.name === "NotReadableError") return say("The webcam is in use by another program: close that, and try again.");
  return say("This browser gives pages that are opened as files no webcam: draw, or choose a picture.");
}

/**
 * The webcam, of which every picture is handed on until it is stopped.
 * @param {(video: HTMLVideoElement) => void} shown @param {() => void} ended when it was taken away
 * @returns {Promise<() => void>} what stops it
 */
export async function openCamera(shown, ended) {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error("no camera");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } }, audio: false });
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, srcObject: stream });
  let on = true;
  const stop = () => {
    on = false;
    for (const track of stream.getTracks()) track.stop();
  };
  stream.getVideoTracks()[0].addEventListener("ended", () => {
    stop();
    ended();
  });
  await video.play();
  const step = () => {
    if (!on) return;
    if (video.videoWidth) shown(video);
    requestAnimationFrame(step);
  };
  step();
  return stop;
}
