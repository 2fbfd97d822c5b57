// The keys of the viewer, and the list that shows them.
import { html } from "htm/preact";
import { useModal } from "../modal.js";

/**
 * @typedef {"newer" | "older" | "zoomIn" | "zoomOut" | "whole" | "favorite" | "information" | "edit" | "fullScreen" | "help"} Command
 * @typedef {{ keys: string[], shown: string, label: string, command: Command }} Shortcut `keys` as in `KeyboardEvent.key`
 */

/** In the order of the list. @type {Shortcut[]} */
export const SHORTCUTS = [
  { keys: ["ArrowLeft"], shown: "←", label: "Newer photo, or move a zoomed one", command: "newer" },
  { keys: ["ArrowRight"], shown: "→", label: "Older photo, or move a zoomed one", command: "older" },
  { keys: ["+", "="], shown: "+", label: "Zoom in", command: "zoomIn" },
  { keys: ["-"], shown: "−", label: "Zoom out", command: "zoomOut" },
  { keys: ["0"], shown: "0", label: "Show the whole photo", command: "whole" },
  { keys: ["f"], shown: "F", label: "Favorite", command: "favorite" },
  { keys: ["i"], shown: "I", label: "Information", command: "information" },
  { keys: ["e"], shown: "E", label: "Edit", command: "edit" },
  { keys: ["s"], shown: "S", label: "Full screen", command: "fullScreen" },
  { keys: ["?"], shown: "?", label: "This list", command: "help" },
];

/** The command of a key; undefined for other keys and where a modifier or a text field gives it another meaning. @param {KeyboardEvent} event */
export function commandOf({ key, ctrlKey, metaKey, altKey, target }) {
  if (ctrlKey || metaKey || altKey) return undefined;
  if (target instanceof Element && target.closest("input, textarea, select")) return undefined;
  const wanted = key.length === 1 ? key.toLowerCase() : key;
  return SHORTCUTS.find(({ keys }) => keys.includes(wanted))?.command;
}

/** The list. `cancel` is sent before the next key is, and `close` some time later. @param {{ onClose: () => void }} props */
export function Help({ onClose }) {
  const dialog = useModal();
  return html`
    <dialog ref=${dialog} class="help" aria-labelledby="help-heading" onCancel=${onClose}>
      <h2 id="help-heading">Keyboard shortcuts</h2>
      <dl>
        ${SHORTCUTS.map(
          ({ shown, label }) => html`
            <div key=${shown}>
              <dt><kbd>${shown}</kbd></dt>
              <dd>${label}</dd>
            </div>
          `,
        )}
        <div>
          <dt><kbd>Esc</kbd></dt>
          <dd>Close</dd>
        </div>
      </dl>
      <button type="button" onClick=${onClose}>Close the list</button>
    </dialog>
  `;
}
