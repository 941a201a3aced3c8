// Lays kernels as the page's workshop does: a list of cases on standard input, a list of what came out on standard output.
import { pathToFileURL } from "node:url";

const { correlate, flipped, matrixRow, normalised, resized, transposed, under, windows } = await import(pathToFileURL(process.argv[2]).href);
const edits = { flipped, transposed, normalised, resized };

function done({ picture, kernel, settings, edit, pixel }) {
  if (edit) return edits[edit[0]](kernel, ...edit.slice(1));
  const laid = windows(picture, kernel, settings);
  if (laid.trouble) return { trouble: laid.trouble };
  const { data, height, width } = correlate(picture, kernel, laid);
  return {
    height,
    width,
    data: [...data],
    formulas: [laid.rows.formula, laid.cols.formula],
    unseen: [laid.rows.unseen, laid.cols.unseen],
    row: pixel && [...matrixRow(picture, kernel, laid, ...pixel)],
    under: pixel && under(picture, kernel, laid, ...pixel),
  };
}

let text = "";
for await (const chunk of process.stdin) text += chunk;
console.log(JSON.stringify(JSON.parse(text).map(done)));
