// The details of a photo: the form of its editable fields, and its other fields.
import { html } from "htm/preact";
import { FACTS } from "./fields.js";
import { Form } from "./form.js";
import { TraceLink } from "./tracelink.js";

/** @import { Signal } from "@preact/signals" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { PhotoVersion } from "./photos.js" */

/** @param {{ photo: ReadyPhoto, version: Signal<PhotoVersion | null> }} props */
export function Details({ photo, version }) {
  const facts = FACTS.map(({ label, text }) => ({ label, text: text(photo) })).filter(({ text }) => text !== null);
  return html`
    <aside class="details" aria-label="About this photo">
      <${Form} photo=${photo} version=${version} />
      <dl>
        ${facts.map(
          ({ label, text }) => html`
            <div key=${label}>
              <dt>${label}</dt>
              <dd>${text}</dd>
            </div>
          `,
        )}
      </dl>
      <${TraceLink} photoId=${photo.photo_id} />
    </aside>
  `;
}
