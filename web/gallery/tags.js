// The control for a list of tags.
import { html } from "htm/preact";
import { useRef } from "preact/hooks";

/**
 * @param {object} props
 * @param {string} props.label
 * @param {number} props.maxLength of each tag
 * @param {string | undefined} props.placeholder
 * @param {string[]} props.tags
 * @param {(tags: string[]) => void} props.onChange
 */
export function Tags({ label, maxLength, placeholder, tags, onChange }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  /** Add what is typed; several tags are separated by commas. */
  const addTyped = () => {
    const typed = (input.current?.value ?? "").split(",").map((tag) => tag.trim());
    const added = typed.filter((tag) => tag !== "");
    if (input.current) input.current.value = "";
    if (added.length > 0) onChange([...new Set([...tags, ...added])]);
    return added.length > 0;
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key !== "," && event.key !== "Enter") return;
    // Enter in an empty input submits the form.
    if (addTyped() || event.key === ",") event.preventDefault();
  };
  /** @param {string} tag */
  const remove = (tag) => {
    onChange(tags.filter((other) => other !== tag));
    input.current?.focus();
  };
  return html`
    <div class="tags">
      <label>
        ${label}
        <input ref=${input} maxlength=${maxLength} placeholder=${placeholder} enterkeyhint="done" onKeyDown=${onKeyDown} onBlur=${addTyped} />
      </label>
      ${tags.length > 0 &&
      html`<ul aria-label=${label}>
        ${tags.map(
          (tag) => html`
            <li key=${tag}>
              ${tag}
              <button type="button" class="quiet icon" onClick=${() => remove(tag)} aria-label=${`Remove the tag ${tag}`}>✕</button>
            </li>
          `,
        )}
      </ul>`}
    </div>
  `;
}
