// @ts-check
/** Walks through the steps of a picture by keyboard and mouse: the same in the page and in editors. */

/** Where a key leads: to another column, or up and down in one.
 * @param {string} key
 * @param {readonly {left: number, top: number, width: number, height: number}[]} boxes
 * @param {number} current
 * @returns {number} the index of the box to go to; that of the current one where there is none that way
 */
export function next(key, boxes, current) {
  const from = boxes[current];
  if (key === "Home" || key === "End" || from === undefined) {
    return key === "End" ? boxes.length - 1 : 0;
  }
  const middle = from.left + from.width / 2;
  let best = current;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, box] of boxes.entries()) {
    const right = box.left + box.width / 2 - middle;
    const down = box.top - from.top;
    const isThere =
      (key === "ArrowDown" && down > 1) || (key === "ArrowUp" && down < -1) ||
      (key === "ArrowRight" && box.left >= from.left + from.width) ||
      (key === "ArrowLeft" && box.left + box.width <= from.left);
    // Straight ahead counts for more than near.
    const isUpright = key === "ArrowDown" || key === "ArrowUp";
    const overlaps = box.left < from.left + from.width && from.left < box.left + box.width;
    const distance = isUpright
      ? Math.abs(down) + (overlaps ? 0 : 1e6) + Math.abs(right) / 1e3
      : Math.abs(right) + Math.abs(down) * 3;
    if (isThere && index !== current && distance < least) {
      least = distance;
      best = index;
    }
  }
  return isFarAside(key, from, boxes[best]) ? current : best;
}

/** Up and down stay in their column.
 * @param {string} key
 * @param {{left: number, width: number}} from
 * @param {{left: number, width: number} | undefined} to
 */
function isFarAside(key, from, to) {
  const isUpright = key === "ArrowDown" || key === "ArrowUp";
  return isUpright && to !== undefined && (to.left >= from.left + from.width || to.left + to.width <= from.left);
}

const keys = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"]);

/** Makes the steps of a picture reachable by keyboard, one of them by the tab key.
 * @param {Element} picture
 * @param {{choose: (element: Element) => void, focus: (step: Element) => void}} on
 */
export function makeNavigable(picture, on) {
  /** @type {SVGGElement[]} */
  const steps = [...picture.querySelectorAll(".body .step")].filter((it) => it instanceof SVGGElement);
  for (const [index, step] of steps.entries()) {
    step.setAttribute("tabindex", index === 0 ? "0" : "-1");
    step.setAttribute("role", "button");
    // On the step and not on the picture, which a browser would make focusable for it.
    step.addEventListener("focus", () => {
      for (const it of steps) {
        it.setAttribute("tabindex", it === step ? "0" : "-1");
      }
      on.focus(step);
    });
  }
  picture.addEventListener("keydown", (event) => {
    const current = steps.findIndex((it) => it === event.target);
    if (!(event instanceof KeyboardEvent) || current < 0 || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (keys.has(event.key)) {
      event.preventDefault();
      steps[next(event.key, steps.map((it) => it.getBoundingClientRect()), current)]?.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      const step = steps[current];
      if (step !== undefined) {
        on.choose(step);
      }
    }
  });
  picture.addEventListener("click", (event) => {
    const place = event.target instanceof Element ? event.target.closest("[data-line]") : null;
    if (place !== null) {
      on.choose(place);
    }
  });
}
