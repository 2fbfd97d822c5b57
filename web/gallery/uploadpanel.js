// The uploads at the bottom of the page: one line with sums, and the list on demand.
import { signal, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { UploadList } from "./uploadlist.js";
import { activeUploads, cancelAll, isCancellable, isRetryable, removeFinished, retryAll, uploads } from "./uploads.js";
import { Speed, formatBytesSums, formatCounts, sumsOf } from "./uploadsums.js";

/** The panel disappears this long after the last upload, unless one has failed. */
const SHOWN_AFTERWARDS_MS = 8000;
const SAMPLE_INTERVAL_MS = 1000;
const SPEED_WINDOW_MS = 10_000;

/** Kept while the panel is not in the document. */
const isOpen = signal(false);

export function UploadPanel() {
  const parts = uploads.value.map(({ stage, sizeBytes, sentBytes }) => ({ stage: stage.value, sizeBytes, sentBytes: sentBytes.value }));
  const sums = sumsOf(parts);
  const isRunning = activeUploads.value.length > 0;
  const bytesPerSecond = useSpeed(isRunning);
  const hold = useRemovalWhenDone(!isRunning && sums.failed === 0);
  const toggle = () => (isOpen.value = !isOpen.value);
  return html`
    <section class="uploads" aria-labelledby="uploads-heading" ...${hold}>
      <header>
        <h2 id="uploads-heading">${formatCounts(sums)}</h2>
        ${isRunning && html`<span class="sums">${formatBytesSums(sums, bytesPerSecond.value)}</span>`}
        <button type="button" class="quiet" aria-expanded=${isOpen.value} aria-controls="uploads-list" onClick=${toggle}>
          ${isOpen.value ? "Hide" : "Show"}<span class="visually-hidden"> uploads</span>
        </button>
        ${!isRunning && html`<button type="button" class="quiet icon" onClick=${removeFinished} aria-label="Close uploads">✕</button>`}
      </header>
      ${isRunning && html`<progress aria-label="All uploads" max="1" value=${sums.totalBytes && sums.sentBytes / sums.totalBytes}></progress>`}
      <div id="uploads-list" hidden=${!isOpen.value}>${isOpen.value && html`<${Commands} /><${UploadList} />`}</div>
    </section>
  `;
}

/** What can be done with all uploads. */
function Commands() {
  const commands = [
    { label: "Try all again", run: retryAll, count: uploads.value.filter(isRetryable).length },
    { label: "Cancel all", run: cancelAll, count: uploads.value.filter(isCancellable).length },
    { label: "Clear finished", run: removeFinished, count: uploads.value.length - activeUploads.value.length },
  ].filter(({ count }) => count > 0);
  return html`<div class="commands">
    ${commands.map(({ label, run }) => html`<button key=${label} type="button" onClick=${run}>${label}</button>`)}
  </div>`;
}

/** The speed of the uploads while they run; null while it is unknown. @param {boolean} isRunning */
function useSpeed(isRunning) {
  const bytesPerSecond = useSignal(/** @type {number | null} */ (null));
  useEffect(() => {
    if (!isRunning) return;
    const speed = new Speed(SPEED_WINDOW_MS);
    const sample = () => {
      const sentBytes = uploads.peek().reduce((sum, upload) => sum + upload.sentBytes.peek(), 0);
      speed.add(performance.now(), sentBytes);
      bytesPerSecond.value = speed.bytesPerSecond;
    };
    sample();
    const timer = setInterval(sample, SAMPLE_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      bytesPerSecond.value = null;
    };
  }, [isRunning]);
  return bytesPerSecond;
}

/**
 * Remove finished uploads after a while, but not while the pointer or the focus is in the panel. Returns the handlers that
 * the panel needs.
 * @param {boolean} isDone
 */
function useRemovalWhenDone(isDone) {
  const isHeld = useSignal(false);
  useEffect(() => {
    if (!isDone || isHeld.value) return;
    const timer = setTimeout(removeFinished, SHOWN_AFTERWARDS_MS);
    return () => clearTimeout(timer);
  }, [isDone, isHeld.value, uploads.value]);
  const hold = () => (isHeld.value = true);
  /** @param {Event & { currentTarget: HTMLElement }} event */
  const release = ({ currentTarget: panel }) => {
    // When the pointer leaves, the focus can still be inside, and the reverse.
    isHeld.value = panel.matches(":hover, :focus-within");
  };
  return { onMouseEnter: hold, onMouseLeave: release, onFocusIn: hold, onFocusOut: release };
}
