// Places in tensors: from a flat index to one for each axis and back.

/** @param {number} at @param {readonly number[]} shape */
export function unravel(at, shape) {
  const found = Array(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    found[axis] = at % shape[axis];
    at = Math.floor(at / shape[axis]);
  }
  return found;
}

/** @param {readonly number[]} place @param {readonly number[]} shape */
export const ravel = (place, shape) => place.reduce((at, one, axis) => at * shape[axis] + one, 0);

/** The place in a tensor that is spread over the axes of a larger one. @param {number} at @param {readonly number[]} shape @param {readonly number[]} own */
export function broadcast(at, shape, own) {
  const place = unravel(at, shape).slice(shape.length - own.length);
  return ravel(place.map((one, axis) => (own[axis] === 1 ? 0 : one)), own);
}

/** @param {number | number[] | null | undefined} value @param {number} [otherwise] @returns {[number, number]} */
export function pair(value, otherwise = 1) {
  if (Array.isArray(value)) return value.length ? [value[0], value[value.length - 1]] : [otherwise, otherwise];
  return [value ?? otherwise, value ?? otherwise];
}
