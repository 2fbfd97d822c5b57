// The list of executions.
import { html } from "htm/preact";
import { formatDuration } from "../format.js";
import { executionPath } from "../links.js";
import { listExecutions } from "./executions.js";
import { Failure } from "./failure.js";
import { StatusLabel, Thumbnail, formatStart, subjectOf } from "./header.js";
import { LIST_INTERVAL_MS, usePolling } from "./polling.js";

/** @import { Summary } from "./executions.js" */

export function ExecutionList() {
  const { value: executions, failure } = usePolling(listExecutions, "", () => LIST_INTERVAL_MS);
  return html`
    <${Failure} failure=${failure} />
    <div class="workflow">
      <h1>Workflow</h1>
      <p class="lead">The workflow processes each uploaded photo before it is ready. Select an execution to see its steps.</p>
      ${executions === null && !failure && html`<p class="quiet">Loading …</p>`}
      ${executions?.length === 0 && html`<p class="quiet">No executions yet. <a href="#/">Add a photo</a> to start one.</p>`}
      ${executions && executions.length > 0 && html`<${Table} executions=${executions} />`}
    </div>
  `;
}

/** @param {{ executions: Summary[] }} props */
function Table({ executions }) {
  return html`
    <table class="executions">
      <thead>
        <tr><th scope="col">Photo</th><th scope="col">Status</th><th scope="col">Duration</th><th scope="col">Started</th></tr>
      </thead>
      <tbody>
        ${executions.map(
          (execution) => html`
            <tr key=${execution.name}>
              <th scope="row">
                <a href=${`#${executionPath(execution.name)}`}>
                  <${Thumbnail} execution=${execution} />
                  <span>${subjectOf(execution)}</span>
                </a>
              </th>
              <td><${StatusLabel} execution=${execution} /></td>
              <td class="duration">${execution.duration_ms === null ? "…" : formatDuration(execution.duration_ms)}</td>
              <td class="quiet">${formatStart(execution.started_ms)}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}
