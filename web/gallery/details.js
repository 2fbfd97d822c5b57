// The information panel of the viewer: texts and their form, suggestions of the file, and facts.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { announce } from "../notices.js";
import { Correction } from "./correction.js";
import { Embedded } from "./embedded.js";
import { FACTS } from "./fields.js";
import { Form } from "./form.js";
import { WorkflowLink } from "./workflowlink.js";

/** @import { Signal } from "@preact/signals" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Fact } from "./fields.js" */
/** @import { PhotoVersion } from "./photos.js" */

/**
 * @param {object} props
 * @param {ReadyPhoto} props.photo
 * @param {Signal<PhotoVersion | null>} props.version
 * @param {Signal<boolean>} props.isEditing
 * @param {() => void} props.onClose
 */
export function Details({ photo, version, isEditing, onClose }) {
  const panel = useRef(/** @type {HTMLElement | null} */ (null));
  // The form compares its draft with the version that it started from, so it needs one.
  const isFormOpen = isEditing.value && version.value !== null;
  const wasFormOpen = useRef(false);
  useLayoutEffect(() => {
    if (wasFormOpen.current && !isFormOpen) /** @type {HTMLElement | null | undefined} */ (panel.current?.querySelector(".texts button"))?.focus();
    wasFormOpen.current = isFormOpen;
  }, [isFormOpen]);
  return html`
    <aside ref=${panel} class="details" aria-label="About this photo">
      <header>
        <h3>Information</h3>
        <button type="button" class="quiet icon" onClick=${onClose} aria-label="Close the information">✕</button>
      </header>
      ${isFormOpen
        ? html`<${Form} photo=${photo} version=${version} onClose=${() => (isEditing.value = false)} />`
        : html`<${Texts} photo=${photo} onEdit=${() => (isEditing.value = true)} />`}
      <${Embedded} photo=${photo} version=${version} />
      <dl>
        ${FACTS.map((fact) => html`<${FactRow} key=${fact.label} fact=${fact} photo=${photo} version=${version} />`)}
      </dl>
      <${WorkflowLink} photoId=${photo.photo_id} />
    </aside>
  `;
}

/** @param {{ photo: ReadyPhoto, onEdit: () => void }} props */
function Texts({ photo: { title, description, tags }, onEdit }) {
  const hasNone = !title && !description && tags.length === 0;
  return html`
    <div class="texts">
      ${title && html`<p class="title">${title}</p>`}
      ${description && html`<p class="description">${description}</p>`}
      ${tags.length > 0 &&
      html`<ul class="chips" aria-label="Tags">
        ${tags.map((tag) => html`<li key=${tag}>${tag}</li>`)}
      </ul>`}
      ${hasNone && html`<p class="hint">No title, description or tags yet.</p>`}
      <button type="button" onClick=${onEdit}>Edit</button>
    </div>
  `;
}

/** @param {{ fact: Fact, photo: ReadyPhoto, version: Signal<PhotoVersion | null> }} props */
function FactRow({ fact, photo, version }) {
  const { label, correctable } = fact;
  const isCorrecting = useSignal(false);
  const correct = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const text = fact.text(photo);
  if (text === null && !correctable) return null;
  const stop = () => {
    isCorrecting.value = false;
    correct.current?.focus();
  };
  return html`
    <div>
      <dt>${label}</dt>
      <dd>
        <${FactValue} fact=${fact} photo=${photo} text=${text} />${" "}
        ${fact.copied && html`<${Copy} label=${label} text=${fact.copied(photo)} />`}
        ${correctable &&
        html`<button
          ref=${correct}
          type="button"
          class="link"
          aria-expanded=${isCorrecting.value}
          onClick=${() => (isCorrecting.value = !isCorrecting.value)}
          aria-label=${`Correct: ${label.toLowerCase()}`}
        >
          Correct
        </button>`}
        ${text !== null && fact.note && html`<span class="note">${fact.note(photo)}</span>`}
        ${correctable && isCorrecting.value && html`<${Correction} field=${correctable} photo=${photo} version=${version} onClose=${stop} />`}
      </dd>
    </div>
  `;
}

/** @param {{ fact: Fact, photo: ReadyPhoto, text: string | null }} props */
function FactValue({ fact, photo, text }) {
  if (text === null) return html`<span class="hint">Not known</span>`;
  const address = fact.address?.(photo);
  return address ? html`<a href=${address} target="_blank" rel="noreferrer">${text}</a>` : text;
}

/** @param {{ label: string, text: string }} props */
function Copy({ label, text }) {
  const isCopied = useSignal(false);
  useEffect(() => {
    if (!isCopied.value) return;
    const timer = setTimeout(() => (isCopied.value = false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied.value]);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    isCopied.value = true;
    announce("Copied.");
  };
  // Browsers have a clipboard in secure contexts only.
  if (!navigator.clipboard) return null;
  return html`<button type="button" class="link" onClick=${copy} aria-label=${`${isCopied.value ? "Copied" : "Copy"}: ${label}`}>${isCopied.value ? "Copied" : "Copy"}</button>`;
}
