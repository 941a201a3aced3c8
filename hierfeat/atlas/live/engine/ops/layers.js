/** @import { Operation } from "../types.js" */

/** Sweeps of coordinate descent, as in hierfeat.zoo.neocognitron.top. */
const SWEEPS = 15;

/** @param {Float32Array} a @param {number} i @param {Float32Array} b @param {number} j @param {number} count */
function inner(a, i, b, j, count) {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += a[i + k] * b[j + k];
  return sum;
}

/**
 * The cosine between a unit vector and the cone of others, by its inner products with them and theirs.
 * @param {number[]} similar @param {number[][]} products
 */
function coneCosine(similar, products) {
  const weights = similar.map(() => 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let j = 0; j < similar.length; j++) {
      const pull = products[j].reduce((sum, product, i) => sum + product * weights[i], 0);
      const gain = similar[j] - pull + products[j][j] * weights[j];
      weights[j] = Math.max(0, gain) / Math.max(products[j][j], 1e-12);
    }
  return Math.sqrt(Math.max(0, similar.reduce((sum, value, j) => sum + value * weights[j], 0)));
}

/** @type {Operation} the cosine with the cone of each class's nearest references */
const interpolatingVector = {
  prepare([features, references, labels, classes, neighbours], out) {
    const length = references.shape[1];
    const members = Array.from({ length: classes }, (_, label) =>
      [...labels.data.keys()].filter((/** @type {number} */ i) => labels.data[i] === label),
    );
    const grams = members.map((own) => own.map((i) => own.map((j) => inner(references.data, i * length, references.data, j * length, length))));
    return () => {
      for (let image = 0; image < out.shape[0]; image++) {
        const size = Math.max(1e-12, Math.sqrt(inner(features.data, image * length, features.data, image * length, length)));
        for (let label = 0; label < classes; label++) {
          const similar = members[label].map((i) => inner(features.data, image * length, references.data, i * length, length) / size);
          const nearest = [...similar.keys()].sort((a, b) => similar[b] - similar[a]).slice(0, neighbours);
          const gram = grams[label];
          out.data[image * classes + label] = coneCosine(
            nearest.map((i) => similar[i]),
            nearest.map((i) => nearest.map((j) => gram[i][j])),
          );
        }
      }
    };
  },
};

/** Whole layers of hierfeat's own. @type {Record<string, Operation>} */
export const LAYERS = { "hierfeat.interpolating_vector.default": interpolatingVector };
