// A link from a photo or an upload to its execution of the workflow.
import { html } from "htm/preact";
import { config } from "../config.js";
import { executionPath, photoExecutionPath } from "../links.js";

/**
 * Nothing is rendered where the deployment serves no executions.
 * @param {{ photoId: string | undefined, requestId?: string | undefined }} props `requestId` is that of the ingest
 */
export function WorkflowLink({ photoId, requestId }) {
  if (photoId === undefined || config.executions_url === undefined) return null;
  const path = requestId ? executionPath(requestId) : photoExecutionPath(photoId);
  return html`<a href=${`#${path}`}>Workflow</a>`;
}
