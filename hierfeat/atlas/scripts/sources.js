// Pictures from outside: a file that is chosen, dropped or pasted, and the webcam. What goes wrong is said in a sentence.
import { payload } from "./data.js";
import { desk, takePicture } from "./desk.js";
import { element, need, setText } from "./dom.js";
import { say } from "./said.js";

const [channels, height, width] = payload.model.input_shape;

/** What a transparent picture lies on: white, as for hierfeat's own folders of images. */
const GROUND = "#fff";

/** The camera while it runs. @type {{ stream: MediaStream, video: HTMLVideoElement } | null} */
let camera = null;

/** @param {import("./said.js").Said} text */
function report(text) {
  setText(need(".bench-says"), text);
}

/**
 * A picture as cells of the paper: made to cover it, its middle cut out, grey where the network sees grey (ITU-R BT.601).
 * @param {CanvasImageSource} source @param {number} wide @param {number} high of the source
 */
function cells(source, wide, high) {
  const [W, H] = [width * desk.page.fine, height * desk.page.fine];
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

/** @param {File | null | undefined} file @param {() => void} redrawn */
async function takeFile(file, redrawn) {
  if (!file) return report(say("That was no picture: choose, drop or paste a file in a format that this browser shows (PNG, JPEG, WebP, GIF)."));
  try {
    const bitmap = await createImageBitmap(file);
    stopCamera();
    takePicture(cells(bitmap, bitmap.width, bitmap.height), true);
    bitmap.close();
    report(say("{file}, cut to {height} × {width} px about its middle.", { file: file.name || say("The picture"), height, width }));
    redrawn();
  } catch {
    report(say("This browser cannot read {file} as a picture: try PNG, JPEG, WebP or GIF.", { file: file.name || say("that") }));
  }
}

/** @param {DataTransfer | null} given */
const pictureOf = (given) => [...(given?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? given?.files[0];

/** Why there is no camera, in a sentence. @param {any} error */
function reason(error) {
  if (error?.name === "NotAllowedError" || error?.name === "SecurityError") return say("The webcam was not allowed: the browser's own settings for this page permit it, and drawing works without it.");
  if (error?.name === "NotFoundError" || error?.name === "OverconstrainedError") return say("No webcam was found: draw, or choose a picture.");
  if (error?.name === "NotReadableError") return say("The webcam is in use by another program: close that, and try again.");
  return say("This browser gives pages that are opened as files no webcam: draw, or choose a picture.");
}

/** @param {() => void} redrawn */
async function startCamera(redrawn) {
  if (!navigator.mediaDevices?.getUserMedia) return report(reason(null));
  report(say("Waiting for the webcam."));
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } }, audio: false });
    const video = element("video", { muted: true, playsinline: true });
    video.srcObject = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      stopCamera();
      report(say("The webcam was taken away; its last picture stays."));
    });
    await video.play();
    camera = { stream, video };
  } catch (error) {
    return report(reason(error));
  }
  show();
  report(say("The network sees the webcam. Freeze it to keep a picture."));
  let first = true;
  const step = () => {
    if (!camera) return;
    const { videoWidth, videoHeight } = camera.video;
    if (videoWidth) {
      takePicture(cells(camera.video, videoWidth, videoHeight), first);
      first = false;
      redrawn();
    }
    requestAnimationFrame(step);
  };
  step();
}

/** The light of the camera goes out; what it saw last stays on the paper. */
export function stopCamera() {
  if (!camera) return;
  for (const track of camera.stream.getTracks()) track.stop();
  camera = null;
  show();
}

/** The button says what it will do. */
function show() {
  const button = need('[data-do="webcam"]');
  setText(button, say(camera ? "Freeze" : "Webcam"));
  button.setAttribute("aria-pressed", String(Boolean(camera)));
}

/** @param {() => void} redrawn */
export function sources(redrawn) {
  if (channels !== 1 && channels !== 3) return [];
  const file = element("input", { type: "file", accept: "image/*", name: "picture" });
  file.addEventListener("change", () => {
    if (file.files?.length) takeFile(file.files[0], redrawn);
    file.value = "";
  });
  const press = () => {
    if (!camera) return startCamera(redrawn);
    stopCamera();
    report(say("Frozen."));
  };
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    takeFile(pictureOf(event.dataTransfer), redrawn);
  });
  document.addEventListener("paste", (event) => {
    const picture = pictureOf(event.clipboardData);
    if (picture) takeFile(picture, redrawn);
  });
  return [
    element("p", { class: "buttons" }, element("label", { class: "file" }, file, element("span", {}, say("Choose a picture"))), element("button", { type: "button", "data-do": "webcam", "aria-pressed": "false", onclick: press }, say("Webcam"))),
    element("p", { class: "note bench-says", role: "status" }, say("Or drop a picture on the page, or paste one.")),
  ];
}
