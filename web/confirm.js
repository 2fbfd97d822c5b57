// A question in a dialog.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useModal } from "./modal.js";

/** @import { Signal } from "@preact/signals" */
/** @typedef {{ title: string, text: string, label: string }} Question `label` is that of the button that confirms */

/** @type {Signal<(Question & { answer: (isConfirmed: boolean) => void }) | null>} */
const asked = signal(null);

/** Ask a question. @param {Question} question @returns {Promise<boolean>} whether it is confirmed */
export function confirm(question) {
  return new Promise((resolve) => {
    const answer = (/** @type {boolean} */ isConfirmed) => {
      asked.value = null;
      resolve(isConfirmed);
    };
    asked.value = { ...question, answer };
  });
}

/** The dialog, while there is a question. */
export function Confirmation() {
  return asked.value && html`<${Dialog} ...${asked.value} />`;
}

/** @param {NonNullable<typeof asked.value>} props */
function Dialog({ title, text, label, answer }) {
  const dialog = useModal();
  const onCancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    answer(false);
  };
  return html`
    <dialog ref=${dialog} class="small" role="alertdialog" aria-labelledby="question" aria-describedby="question-text" onCancel=${onCancel}>
      <h2 id="question">${title}</h2>
      <p id="question-text">${text}</p>
      <div class="buttons">
        <button type="button" autofocus onClick=${() => answer(false)}>Cancel</button>
        <button type="button" class="danger" onClick=${() => answer(true)}>${label}</button>
      </div>
    </dialog>
  `;
}
