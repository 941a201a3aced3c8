// The reader's own picture in the workshop: a file that is chosen, dropped on it or pasted over it, or the webcam.
import { element, need, setText } from "../dom.js";
import { cellsOf, openCamera, pictureOf, readPicture, reason } from "../pictures.js";
import { say } from "../said.js";

/** @typedef {import("./correlate.js").Picture} Picture */

/** A side of the picture: the matrix of a convolution of it can still be drawn. */
const SIDE = 96;
const SIZE = { height: SIDE, width: SIDE };

/** @type {Picture | null} */
let own = null;
/** What stops the camera, while it runs. @type {(() => void) | null} */
let camera = null;

/** The reader's own picture; null while there is none. */
export const ownPicture = () => own;

/** @param {import("../said.js").Said} text */
const report = (text) => setText(need(".own-says"), text);

/** @param {CanvasImageSource} source @param {number} wide @param {number} high */
const take = (source, wide, high) => (own = { data: cellsOf(source, wide, high, [1, SIDE, SIDE]), ...SIZE });

/** The camera's light goes out; its last picture stays. */
export function stopOwnCamera() {
  camera?.();
  camera = null;
  const button = need('.workshop [data-do="shop-webcam"]');
  setText(button, say("Webcam"));
  button.setAttribute("aria-pressed", "false");
}

/** @param {() => void} taken */
async function startCamera(taken) {
  report(say("Waiting for the webcam."));
  const shown = (/** @type {HTMLVideoElement} */ video) => {
    take(video, video.videoWidth, video.videoHeight);
    taken();
  };
  const ended = () => {
    stopOwnCamera();
    report(say("The webcam was taken away; its last picture stays."));
  };
  try {
    camera = await openCamera(shown, ended);
  } catch (error) {
    return report(reason(error));
  }
  const button = need('.workshop [data-do="shop-webcam"]');
  setText(button, say("Freeze"));
  button.setAttribute("aria-pressed", "true");
  report(say("The kernel lies on the webcam's picture. Freeze it to keep one."));
}

/**
 * The buttons, and what listens for pictures that are dropped on the workshop or pasted while the pointer or the focus
 * is there; elsewhere they go to the network's paper.
 * @param {() => void} taken when there is another picture
 */
export function ownPictures(taken) {
  const takeFile = async (/** @type {File | null | undefined} */ file) => {
    const said = await readPicture(
      file,
      (bitmap) => {
        stopOwnCamera();
        take(bitmap, bitmap.width, bitmap.height);
        taken();
      },
      SIZE,
    );
    report(said);
  };
  const file = element("input", { type: "file", accept: "image/*", name: "shop-picture" });
  file.addEventListener("change", () => {
    if (file.files?.length) takeFile(file.files[0]);
    file.value = "";
  });
  const press = () => {
    if (!camera) return startCamera(taken);
    stopOwnCamera();
    report(say("Frozen."));
  };
  const shop = need(".workshop");
  shop.addEventListener("dragover", (event) => event.preventDefault());
  shop.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    takeFile(pictureOf(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const picture = pictureOf(event.clipboardData);
    if (!picture || !(shop.matches(":hover") || shop.contains(document.activeElement))) return;
    event.stopImmediatePropagation();
    takeFile(picture);
  }, true);
  return [
    element("p", { class: "buttons" }, element("label", { class: "file" }, file, element("span", {}, say("Choose a picture"))), element("button", { type: "button", "data-do": "shop-webcam", "aria-pressed": "false", onclick: press }, say("Webcam"))),
    element("p", { class: "note own-says", role: "status" }, say("Or drop a picture here, or paste one.")),
  ];
}
