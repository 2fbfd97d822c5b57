// Icons of buttons: outlines in a square of 24 units.
import { html } from "htm/preact";

const PATHS = {
  close: "M6 6l12 12M18 6L6 18",
  heart: "M12 20C5 15 3.5 12 3.5 9a4.5 4.5 0 0 1 8.5-2 4.5 4.5 0 0 1 8.5 2c0 3-1.5 6-8.5 11z",
  heartOff: "M12 20C5 15 3.5 12 3.5 9a4.5 4.5 0 0 1 8.5-2 4.5 4.5 0 0 1 8.5 2c0 3-1.5 6-8.5 11zM4 4l16 16",
  tag: "M4 4h8l8 8-8 8-8-8zM8.5 8.5v.01",
  download: "M12 4v11m-5-4.5l5 5 5-5M5 20h14",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5m4-5v5",
  restore: "M5 5v5h5M5.5 10a7.5 7.5 0 1 1-.5 5",
};

/** @param {{ name: keyof typeof PATHS }} props */
export function Icon({ name }) {
  return html`<svg class="symbol" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
