// The part of the workflow view that the path names.
import { html } from "htm/preact";
import { ExecutionDetails, PhotoExecution } from "./executiondetails.js";
import { ExecutionList } from "./executionlist.js";

/** @param {{ params: string[] }} props the groups of the view's path */
export function ExecutionView({ params: [photo, id] }) {
  if (id === undefined) return html`<${ExecutionList} />`;
  if (photo) return html`<${PhotoExecution} key=${id} photoId=${id} />`;
  return html`<${ExecutionDetails} key=${id} name=${id} />`;
}
