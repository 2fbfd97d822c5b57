// Why executions could not be read, with a button that tries again.
import { html } from "htm/preact";

/** @import { PollingFailure } from "./polling.js" */

/** @param {{ failure: PollingFailure | null }} props null: nothing is shown */
export function Failure({ failure }) {
  if (failure === null) return null;
  return html`
    <div class="workflow failure">
      <p role="alert">${failure.message}</p>
      <button type="button" disabled=${failure.isTrying} onClick=${failure.tryAgain}>${failure.isTrying ? "Trying …" : "Try again"}</button>
    </div>
  `;
}
