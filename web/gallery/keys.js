// The keys of a grid.
import { useLayoutEffect } from "preact/hooks";
import { verticalNeighbour } from "./layout.js";

/** @import { Box } from "./layout.js" */
/** @import { Listing } from "./listing.js" */

/** The index that each key leads to. @type {Record<string, (index: number, boxes: Box[]) => number>} */
const TARGETS = {
  ArrowLeft: (index) => index - 1,
  ArrowRight: (index) => index + 1,
  ArrowUp: (index, boxes) => verticalNeighbour(boxes, index, -1),
  ArrowDown: (index, boxes) => verticalNeighbour(boxes, index, 1),
  Home: () => 0,
  End: (_, boxes) => boxes.length - 1,
};

/** The index that a key leads to from another. @param {string} key @param {number} index @param {Box[]} boxes */
export function targetOf(key, index, boxes) {
  return TARGETS[key]?.(index, boxes);
}

/**
 * Keys for the whole page: Ctrl+A or Cmd+A selects all photos that are loaded, Escape deselects them.
 * @param {Listing} listing
 */
export function useListingKeys(listing) {
  useLayoutEffect(() => {
    /** @param {KeyboardEvent} event */
    const onKeyDown = (event) => {
      const { target } = event;
      if (target instanceof Element && target.closest("input, textarea, dialog")) return;
      if (document.querySelector("dialog[open]")) return;
      if (event.key === "Escape") listing.deselect();
      if (event.key !== "a" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      listing.select(listing.photos.peek());
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [listing]);
}
