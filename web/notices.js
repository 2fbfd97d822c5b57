// What is said in passing: a line at the bottom of the page, perhaps with something to do, and words for screen readers.
import { signal } from "@preact/signals";
import { html } from "htm/preact";

const SHOWN_MS = 6000;

/**
 * @typedef {object} Notice
 * @property {string} text
 * @property {{ label: string, run: () => void }} [action] for as long as the notice is there
 * @property {() => void} [gone] called when its time is over, not when its action was taken
 */

/** @type {import("@preact/signals").Signal<Notice[]>} */
const notices = signal([]);
const spoken = signal("");
/** @type {Map<Notice, number>} */
const timers = new Map();

/** Tell something, for a while. @param {Notice} notice */
export function tell(notice) {
  notices.value = [...notices.value, notice];
  announce(notice.text);
  start(notice);
}

/** Say something to screen readers only. @param {string} text */
export function announce(text) {
  // A text that is repeated would not be a change, and go unheard.
  spoken.value = spoken.peek() === text ? `${text}\u00a0` : text;
}

/** @param {Notice} notice */
function start(notice) {
  timers.set(
    notice,
    setTimeout(() => {
      dismiss(notice);
      notice.gone?.();
    }, SHOWN_MS),
  );
}

/** Whoever points at a notice, or has the focus in it, has all the time. @param {Notice} notice */
function hold(notice) {
  clearTimeout(timers.get(notice));
}

/** @param {Notice} notice */
export function dismiss(notice) {
  hold(notice);
  timers.delete(notice);
  notices.value = notices.value.filter((other) => other !== notice);
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
          </div>
        `,
      )}
    </div>
    <p class="visually-hidden" role="status">${spoken}</p>
  `;
}

/** @param {Notice} notice */
function act(notice) {
  dismiss(notice);
  notice.action?.run();
}
