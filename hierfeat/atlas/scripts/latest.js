// Work that takes long, asked for more often than it can be done: of what waits, only the latest is done.

/**
 * A function to ask with: it answers one wish after another, and forgets those that a later one has overtaken. What it
 * returns is fulfilled when the wish, or one that has overtaken it, is answered and nothing waits.
 * @template T
 * @param {(wish: T, overtaken: () => boolean) => Promise<void>} answer told whether another wish waits already
 */
export function latestOnly(answer) {
  /** @type {{ wish: T } | null} */
  let waiting = null;
  /** @type {Promise<void> | null} */
  let working = null;
  const work = async () => {
    try {
      while (waiting) {
        const next = waiting.wish;
        waiting = null;
        await answer(next, () => waiting !== null);
      }
    } finally {
      working = null;
    }
  };
  return (/** @type {T} */ wish) => {
    waiting = { wish };
    return (working ??= work());
  };
}
