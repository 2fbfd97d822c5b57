// A JSON value that can be folded.
import { html } from "htm/preact";

/** @param {{ title: string, value: unknown, isOpen?: boolean }} props */
export function Json({ title, value, isOpen = false }) {
  return html`
    <details class="json" open=${isOpen}>
      <summary>${title}</summary>
      <pre tabindex="0" aria-label=${title}>${JSON.stringify(parseNested(value), null, 2)}</pre>
    </details>
  `;
}

/**
 * A value whose strings that hold JSON objects are replaced by these objects, which are easier to read.
 * @param {unknown} value
 * @returns {unknown}
 */
function parseNested(value) {
  if (typeof value === "string" && /^\s*\{[^]*\}\s*$/.test(value)) {
    try {
      return parseNested(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map(parseNested);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, parseNested(inner)]));
  }
  return value;
}
