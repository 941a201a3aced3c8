// Spikes come at random, as those of a nerve cell do.

/**
 * How many events a Poisson process has in a time in which it has so many on average.
 * @param {number} expected @param {() => number} random between 0 and 1
 */
export function poisson(expected, random) {
  let count = 0;
  // waits between events are exponential
  for (let left = expected + Math.log(1 - random()); left > 0; left += Math.log(1 - random())) count++;
  return count;
}
