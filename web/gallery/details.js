// What is known of a photo, and what its owner says about it.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { Problem } from "../client/api.js";
import { LinksAbout } from "../links.js";
import { announce, tell } from "../notices.js";
import { edit, read } from "./photos.js";
import { bytes, moment, nameOf, reason } from "../words.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Photo, PhotoEdit, ReadyPhoto } from "../client/contract.js" */
/** @typedef {{ photo: Photo | ReadyPhoto, etag: string }} Answer a photo at one of its versions */
/** @typedef {{ title: string, description: string, tags: string[] }} Draft as it stands in the form */

/** @param {{ photo: ReadyPhoto, answer: Signal<Answer | null> }} props */
export function Details({ photo, answer }) {
  return html`
    <aside class="details" aria-label="About this photo">
      <${Form} photo=${photo} answer=${answer} />
      <dl>
        ${facts(photo).map(
          ([term, text]) => html`
            <div key=${term}>
              <dt>${term}</dt>
              <dd>${text}</dd>
            </div>
          `,
        )}
      </dl>
      <${LinksAbout} photoId=${photo.photo_id} />
    </aside>
  `;
}

/** @param {{ photo: ReadyPhoto, answer: Signal<Answer | null> }} props */
function Form({ photo, answer }) {
  const draft = useSignal(draftOf(photo));
  /** What the draft began as: what differs from it is the user's. */
  const base = useSignal(draft.value);
  const message = useSignal("");
  const isFailed = useSignal(false);

  const changes = changed(base.value, draft.value);
  const isDirty = Object.keys(changes).length > 0;

  const save = async () => {
    const sent = draft.peek();
    try {
      const next = await edit(photo.photo_id, changed(base.peek(), sent), answer.peek()?.etag);
      const since = changed(sent, draft.peek());
      answer.value = next;
      base.value = draftOf(next.photo);
      draft.value = { ...base.value, ...draftFrom(since) };
      isFailed.value = false;
      message.value = "Saved.";
      announce("Saved.");
    } catch (error) {
      isFailed.value = true;
      message.value = reason(error);
      if (error instanceof Problem && error.code === "PreconditionFailed") await conflict();
      throw error;
    }
  };
  /** Show what somebody else made of it: saving again overwrites that. */
  const conflict = async () => {
    const theirs = await read(photo.photo_id);
    answer.value = theirs;
    const mine = changed(base.peek(), draft.peek());
    base.value = draftOf(theirs.photo);
    draft.value = { ...base.value, ...draftFrom(mine) };
    message.value = `Somebody changed this photo in the meantime: ${described(base.value)}. Save again to put yours in its place.`;
  };

  // Whoever leaves without saving meant what they wrote.
  const leaving = useRef(() => {});
  leaving.current = () => {
    if (isDirty) save().catch((error) => tell({ text: `“${nameOf(photo)}” was not changed. ${reason(error)}` }));
  };
  useEffect(() => () => leaving.current(), []);

  /** @param {Partial<Draft>} part */
  const set = (part) => {
    draft.value = { ...draft.value, ...part };
    message.value = "";
  };
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    save().catch((error) => reason(error));
  };

  return html`
    <form onSubmit=${submit}>
      <label>
        Title
        <input
          maxlength="200"
          placeholder=${photo.filename}
          value=${draft.value.title}
          onInput=${/** @param {Typed} event */ (event) => set({ title: event.currentTarget.value })}
        />
      </label>
      <label>
        Description
        <textarea
          rows="3"
          maxlength="5000"
          value=${draft.value.description}
          onInput=${/** @param {Typed} event */ (event) => set({ description: event.currentTarget.value })}
        ></textarea>
      </label>
      <${Tags} tags=${draft.value.tags} onChange=${/** @param {string[]} tags */ (tags) => set({ tags })} />
      <div class="save">
        <button class="primary" disabled=${!isDirty}>Save</button>
        ${isDirty && html`<button type="button" onClick=${() => set(base.value)}>Discard</button>`}
      </div>
      <p class=${isFailed.value ? "problem" : "hint"} role=${isFailed.value ? "alert" : undefined}>${message}</p>
    </form>
  `;
}

/** @typedef {Event & { currentTarget: HTMLInputElement | HTMLTextAreaElement }} Typed */

/** @param {{ tags: string[], onChange: (tags: string[]) => void }} props */
function Tags({ tags, onChange }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const add = () => {
    const typed = (input.current?.value ?? "").split(",").map((tag) => tag.trim());
    const more = typed.filter((tag) => tag !== "");
    if (input.current) input.current.value = "";
    if (more.length > 0) onChange([...new Set([...tags, ...more])]);
    return more.length > 0;
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key === "," || event.key === "Enter") if (add() || event.key === ",") event.preventDefault();
  };
  /** @param {string} tag */
  const drop = (tag) => {
    onChange(tags.filter((other) => other !== tag));
    input.current?.focus();
  };
  return html`
    <div class="tags">
      <label>
        Tags
        <input ref=${input} maxlength="50" placeholder="Add a tag" enterkeyhint="done" onKeyDown=${onKeyDown} onBlur=${add} />
      </label>
      ${tags.length > 0 &&
      html`<ul aria-label="Tags">
        ${tags.map(
          (tag) => html`
            <li key=${tag}>
              ${tag}
              <button type="button" class="quiet icon" onClick=${() => drop(tag)} aria-label=${`Take away the tag ${tag}`}>✕</button>
            </li>
          `,
        )}
      </ul>`}
    </div>
  `;
}

/** @param {Photo | ReadyPhoto} photo @returns {Draft} */
function draftOf({ title, description, tags }) {
  return { title: title ?? "", description: description ?? "", tags };
}

/** What of `after` differs from `before`, as the API takes it. @param {Draft} before @param {Draft} after @returns {PhotoEdit} */
function changed(before, after) {
  /** @type {PhotoEdit} */
  const changes = {};
  if (before.title.trim() !== after.title.trim()) changes.title = after.title.trim() || null;
  if (before.description.trim() !== after.description.trim()) changes.description = after.description.trim() || null;
  if (JSON.stringify(before.tags) !== JSON.stringify(after.tags)) changes.tags = after.tags;
  return changes;
}

/** @param {PhotoEdit} changes @returns {Partial<Draft>} */
function draftFrom({ title, description, tags }) {
  return {
    ...(title !== undefined && { title: title ?? "" }),
    ...(description !== undefined && { description: description ?? "" }),
    ...(tags !== undefined && { tags }),
  };
}

/** @param {Draft} draft */
function described({ title, description, tags }) {
  return [
    title ? `the title is “${title}”` : "there is no title",
    description ? `the description “${description}”` : "no description",
    tags.length > 0 ? `the tags are ${tags.join(", ")}` : "no tags",
  ].join(", ");
}

/** @param {ReadyPhoto} photo @returns {[string, string][]} */
function facts({ filename, taken_at, camera, location, width, height, content_type, size_bytes, created_at }) {
  const added = new Date(created_at).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
  /** @type {[string, string | null][]} */
  const rows = [
    ["Taken", taken_at && moment(taken_at)],
    ["Camera", camera],
    ["Place", location && `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`],
    ["Size", `${width} × ${height}`],
    ["File", `${filename}, ${content_type.replace("image/", "").toUpperCase()}, ${bytes(size_bytes)}`],
    ["Added", added],
  ];
  return rows.filter(/** @returns {row is [string, string]} */ (row) => row[1] !== null);
}
