// Pictures from outside on the bench: a file that is chosen, dropped or pasted, and the webcam.
import { payload } from "./data.js";
import { desk, takePicture } from "./desk.js";
import { element, need, setText } from "./dom.js";
import { cellsOf, openCamera, pictureOf, readPicture, reason } from "./pictures.js";
import { say } from "./said.js";

const [channels, height, width] = payload.model.input_shape;

/** What stops the camera, while it runs. @type {(() => void) | null} */
let camera = null;

/** @param {import("./said.js").Said} text */
function report(text) {
  setText(need(".bench-says"), text);
}

/** As cells of the paper. @param {CanvasImageSource} source @param {number} wide @param {number} high */
const cells = (source, wide, high) => cellsOf(source, wide, high, [channels, height * desk.page.fine, width * desk.page.fine]);

/** @param {File | null | undefined} file @param {() => void} redrawn */
async function takeFile(file, redrawn) {
  report(
    await readPicture(
      file,
      (bitmap) => {
        stopCamera();
        takePicture(cells(bitmap, bitmap.width, bitmap.height), true);
        redrawn();
      },
      { height, width },
    ),
  );
}

/** @param {() => void} redrawn */
async function startCamera(redrawn) {
  report(say("Waiting for the webcam."));
  let first = true;
  const shown = (/** @type {HTMLVideoElement} */ video) => {
    takePicture(cells(video, video.videoWidth, video.videoHeight), first);
    first = false;
    redrawn();
  };
  const ended = () => {
    stopCamera();
    report(say("The webcam was taken away; its last picture stays."));
  };
  try {
    camera = await openCamera(shown, ended);
  } catch (error) {
    return report(reason(error));
  }
  show();
  report(say("The network sees the webcam. Freeze it to keep a picture."));
}

/** The light of the camera goes out; what it saw last stays on the paper. */
export function stopCamera() {
  if (!camera) return;
  camera();
  camera = null;
  show();
}

/** The button says what it will do. */
function show() {
  const button = need('.bench-input [data-do="webcam"]');
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
