// Notices at the bottom of the page, and announcements for screen readers.
import { signal } from "@preact/signals";
import { html } from "htm/preact";

const SHOWN_MS = 6000;

/**
 * Where the notices are. A modal dialog makes the rest of the page inert, and its notices too, so it takes this element
 * in while it is open.
 */
export const noticesElement = /** @type {HTMLElement} */ (document.getElementById("notices"));

/**
 * @typedef {object} Notice
 * @property {string} text
 * @property {{ label: string, run: () => void }} [action] offered as a button while the notice is shown
 * @property {boolean} [isKept] shown until the user dismisses it, else for some seconds
 */

/** @type {import("@preact/signals").Signal<Notice[]>} */
const notices = signal([]);
const announcement = signal("");
/** @type {Map<Notice, number>} */
const timers = new Map();

/** Show a notice, and announce it. One without an action is shown once, however often it is repeated. @param {Notice} notice */
export function notify(notice) {
  const isRepeated = (/** @type {Notice} */ { text, action }) => !action && !notice.action && text === notice.text;
  for (const other of notices.peek().filter(isRepeated)) dismiss(other);
  notices.value = [...notices.value, notice];
  announce(notice.text);
  start(notice);
  return notice;
}

/** Announce a text to screen readers only. @param {string} text */
export function announce(text) {
  // A repeated text would be no change of the document, so screen readers would not read it.
  announcement.value = announcement.peek() === text ? `${text}\u00a0` : text;
}

/** @param {Notice} notice */
function start(notice) {
  if (!notice.isKept) timers.set(notice, setTimeout(() => dismiss(notice), SHOWN_MS));
}

/** Keep a notice while the pointer or the focus is on it. @param {Notice} notice */
function hold(notice) {
  clearTimeout(timers.get(notice));
}

/** Returns whether the notice was shown. @param {Notice} notice */
export function dismiss(notice) {
  const wasShown = notices.peek().includes(notice);
  hold(notice);
  timers.delete(notice);
  notices.value = notices.value.filter((other) => other !== notice);
  return wasShown;
}

export function Notices() {
  return html`
    <div class="notices">
      ${notices.value.map(
        (notice) => html`
          <div
            class="notice"
            key=${notice}
            onMouseEnter=${() => hold(notice)}
            onMouseLeave=${() => start(notice)}
            onFocusIn=${() => hold(notice)}
            onFocusOut=${() => start(notice)}
          >
            <span>${notice.text}</span>
            ${notice.action && html`<button type="button" onClick=${() => act(notice)}>${notice.action.label}</button>`}
            ${notice.isKept &&
            html`<button type="button" class="icon" onClick=${() => dismiss(notice)} aria-label="Dismiss">✕</button>`}
          </div>
        `,
      )}
    </div>
    <p class="visually-hidden" role="status">${announcement}</p>
  `;
}

/** @param {Notice} notice */
function act(notice) {
  if (dismiss(notice)) notice.action?.run();
}
