// Which layer of one network stands beside which of another. Node can run it.

/** @typedef {{ name: string, kind: string }} Named @typedef {[number | null, number | null]} Row */

/** Activation functions stand with what they follow. @param {Named} a @param {Named} b */
const sameKind = (a, b) => a.kind === b.kind && a.kind !== "activation";

/**
 * Layers of the same name stand side by side, as far as their order allows; between them convolutions, pools and dense
 * layers, each kind beside its own; and between these what is left, by its place.
 * @param {Named[]} left in order @param {Named[]} right
 * @returns {Row[]} places in the two lists, row by row; null where one has no more
 */
export function aligned(left, right) {
  return within(left, right, (a, b) => a.name === b.name, (some, others) => within(some, others, sameKind, ranked));
}

/** Layers by their place alone. @param {Named[]} left @param {Named[]} right @returns {Row[]} */
const ranked = (left, right) => Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [i < left.length ? i : null, i < right.length ? i : null]);

/**
 * Layers that are alike in one way stand side by side; what lies between is laid out in another.
 * @param {Named[]} left @param {Named[]} right @param {(a: Named, b: Named) => boolean} alike
 * @param {(left: Named[], right: Named[]) => Row[]} between @returns {Row[]}
 */
function within(left, right, alike, between) {
  /** @type {Row[]} */
  const rows = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...longestCommon(left, right, alike), [left.length, right.length]]) {
    for (const [p, q] of between(left.slice(i, a), right.slice(j, b))) rows.push([p === null ? null : i + p, q === null ? null : j + q]);
    if (a < left.length && b < right.length) rows.push([a, b]);
    [i, j] = [a + 1, b + 1];
  }
  return rows;
}

/** The places of the longest list that both have in the same order, as far down as can be. @param {Named[]} left @param {Named[]} right @param {(a: Named, b: Named) => boolean} alike @returns {[number, number][]} */
function longestCommon(left, right, alike) {
  const most = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = 1; i <= left.length; i++) for (let j = 1; j <= right.length; j++) most[i][j] = alike(left[i - 1], right[j - 1]) ? most[i - 1][j - 1] + 1 : Math.max(most[i - 1][j], most[i][j - 1]);
  /** @type {[number, number][]} */
  const found = [];
  for (let [i, j] = [left.length, right.length]; i && j; ) {
    if (alike(left[i - 1], right[j - 1])) found.unshift([--i, --j]);
    else if (most[i - 1][j] >= most[i][j - 1]) i--;
    else j--;
  }
  return found;
}
