// What the reader can see: only that is painted; the rest is painted when it comes into view.

/** @type {WeakSet<Element>} */
const away = new WeakSet();
/** @type {WeakMap<Element, () => void>} */
const arrivals = new WeakMap();

/** The margin lets a part be painted before a scroll brings it in. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const came = isIntersecting && away.delete(target);
      if (!isIntersecting) away.add(target);
      if (came) arrivals.get(target)?.();
    }
  },
  { rootMargin: "150px" },
);

/** @param {Element} one @param {() => void} paint what to do when it comes into view */
export function watch(one, paint) {
  arrivals.set(one, paint);
  observer.observe(one);
}

/** Whether it is to be painted; what nobody watches is. @param {Element} one */
export const visible = (one) => !away.has(one);
