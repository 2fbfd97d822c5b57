// The workflow view: the list of executions, and one execution with its graph and its timeline.
import { html } from "htm/preact";
import { WORKFLOW_PATH } from "../links.js";
import { ExecutionDetails, PhotoExecution } from "./executiondetails.js";
import { ExecutionList } from "./executionlist.js";

/** @import { View } from "../router.js" */

/** @type {View} */
export const workflow = {
  path: /^\/workflow(?:\/(photo)?\/?([^/]+))?$/,
  Component: ({ params: [photo, id] }) => {
    if (id === undefined) return html`<${ExecutionList} />`;
    if (photo) return html`<${PhotoExecution} key=${id} photoId=${id} />`;
    return html`<${ExecutionDetails} key=${id} name=${id} />`;
  },
  nav: { label: "Workflow", path: WORKFLOW_PATH },
  isAvailable: ({ executions_url }) => executions_url !== undefined,
};
