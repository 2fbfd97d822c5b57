// The workflow view: the list of executions, and one execution with its graph and its timeline.
import { lazy } from "../lazy.js";
import { WORKFLOW_PATH } from "../links.js";

/** @import { View } from "../router.js" */

const STYLES = ["workflow/workflow.css", "workflow/graph.css", "workflow/timeline.css"];

/** Its modules are loaded on demand, since most users and most deployments do not need them. @type {View} */
export const workflow = {
  path: /^\/workflow(?:\/(photo)?\/?([^/]+))?$/,
  Component: lazy(async () => (await import("./executionview.js")).ExecutionView, STYLES),
  nav: { label: "Workflow", path: WORKFLOW_PATH },
  isAvailable: ({ executions_url }) => executions_url !== undefined,
};
