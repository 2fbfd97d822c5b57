// One execution: its summary, graph, timeline and AWS resources.
import { html } from "htm/preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { WORKFLOW_PATH, executionPath } from "../links.js";
import { replace } from "../router.js";
import { allNodes, findState, graphOf } from "./definition.js";
import { listExecutions, readExecution } from "./executions.js";
import { Failure } from "./failure.js";
import { layOut } from "./graph/layout.js";
import { StatusLabel, Thumbnail, formatStart, subjectOf } from "./header.js";
import { Json } from "./json.js";
import { Legend } from "./legend.js";
import { RUNNING_INTERVAL_MS, usePolling } from "./polling.js";
import { sizeOf } from "./statecard.js";
import { StateDetails } from "./statedetails.js";
import { StateMachine } from "./statemachine.js";
import { statusOf, summarize } from "./summary.js";
import { TimelineTable } from "./timeline.js";
import { decisiveVisit, withRefusal } from "./visits.js";

/** @import { Definition } from "./definition.js" */
/** @import { Execution } from "./executions.js" */

/** The last segments of a trace arrive after the end of the execution, within this time. */
const TRACE_DELAY_MS = 3000;

/** The newest execution for a photo, as soon as there is one. @param {{ photoId: string }} props */
export function PhotoExecution({ photoId }) {
  const { value: executions, failure } = usePolling(listExecutions, "", () => RUNNING_INTERVAL_MS);
  const newest = executions?.find(({ photo_id }) => photo_id === photoId);
  useEffect(() => {
    if (newest) replace(executionPath(newest.name));
  }, [newest?.name]);
  const text = executions ? "There is no recent execution for this photo." : "Loading …";
  return failure ? html`<${Failure} failure=${failure} />` : html`<p class="workflow quiet">${text}</p>`;
}

/** @param {{ name: string }} props */
export function ExecutionDetails({ name }) {
  const { value: execution, failure } = usePolling(readExecution, name, ({ status, stopped_ms }) =>
    status === "RUNNING" || Date.now() - (stopped_ms ?? 0) < TRACE_DELAY_MS ? RUNNING_INTERVAL_MS : null,
  );
  return html`
    <${Failure} failure=${failure} />
    ${execution ? html`<${Details} execution=${withRefusal(execution)} />` : !failure && html`<p class="workflow quiet">Loading …</p>`}
  `;
}

/** @param {{ execution: Execution }} props */
function Details({ execution }) {
  const now = execution.stopped_ms ?? Date.now();
  const { definition } = execution;
  return html`
    <div class="workflow">
      <p class="back"><a href=${`#${WORKFLOW_PATH}`}>All executions</a></p>
      <${Header} execution=${execution} now=${now} />
      <${Legend} />
      ${definition
        ? html`<${Graph} definition=${definition} execution=${execution} now=${now} />`
        : html`<p>The state machine of this execution was deleted, so there is no graph.</p>`}
      <section aria-labelledby="timeline-heading">
        <h2 id="timeline-heading">Timeline</h2>
        <p class="quiet">
          The X-Ray segments of this execution. Each row is part of the less indented row above it. Select a row to see its metadata.
        </p>
        ${execution.trace
          ? html`<${TimelineTable} trace=${execution.trace} now=${now} />`
          : html`<p class="quiet">This execution was not traced.</p>`}
      </section>
      <${Resources} execution=${execution} />
    </div>
  `;
}

/** @param {{ execution: Execution, now: number }} props */
function Header({ execution, now }) {
  const { tone, label } = statusOf(execution);
  return html`
    <div class=${`header ${tone}`}>
      <${Thumbnail} execution=${execution} />
      <div>
        <h1>${subjectOf(execution)}</h1>
        <p><${StatusLabel} execution=${execution} /> <span class="quiet">${formatStart(execution.started_ms)}</span></p>
        <p class="summary">${summarize(execution, subjectOf(execution), now)}</p>
        <p class="visually-hidden" role="status">${label}</p>
      </div>
    </div>
  `;
}

/** The graph, and the details of its selected state. @param {{ definition: Definition, execution: Execution, now: number }} props */
function Graph({ definition, execution, now }) {
  const [chosen, choose] = useState(/** @type {string | null} */ (null));
  const selected = chosen ?? decisiveVisit(execution)?.name ?? null;
  const state = selected === null ? undefined : findState(definition, selected);
  const layout = useMemo(() => layOut(graphOf(definition), sizeOf), [JSON.stringify(definition)]);
  const names = new Set(allNodes(graphOf(definition)).map((node) => node.name));
  const isOutdated = execution.visits.some((visit) => !names.has(visit.name));
  return html`
    ${isOutdated && html`<p role="note">The state machine was updated after this execution. The graph shows its current definition.</p>`}
    <div class="machine">
      <section aria-labelledby="graph-heading">
        <h2 id="graph-heading" class="visually-hidden">Graph</h2>
        <${StateMachine} layout=${layout} visits=${execution.visits} selected=${selected} onSelect=${choose} now=${now} />
      </section>
      ${selected !== null && state
        ? html`<${StateDetails} key=${selected} name=${selected} state=${state} execution=${execution} now=${now} />`
        : html`<${InputAndOutput} execution=${execution} />`}
    </div>
  `;
}

/** The input and output of the execution, shown until a state is selected. @param {{ execution: Execution }} props */
function InputAndOutput({ execution: { input, output } }) {
  return html`
    <section class="panel" aria-labelledby="panel-heading">
      <h2 id="panel-heading">Execution</h2>
      <p class="quiet">Select a state of the graph to see its input and output.</p>
      <${Json} title="Input" value=${input} isOpen />
      ${output !== null && html`<${Json} title="Output" value=${output} isOpen />`}
    </section>
  `;
}

/** The names by which AWS tools find the execution. @param {{ execution: Execution }} props */
function Resources({ execution: { name, machine, type, log, trace } }) {
  return html`
    <section aria-labelledby="resources-heading">
      <h2 id="resources-heading">AWS resources</h2>
      <dl class="resources">
        <div><dt>Execution</dt><dd><code>${name}</code> (for an ingest, the request ID)</dd></div>
        <div><dt>State machine</dt><dd><code>${machine}</code> (${type === "EXPRESS" ? "Express" : "Standard"})</dd></div>
        ${log && html`<div><dt>Log group</dt><dd><code>${log.group}</code></dd></div>`}
        ${trace && html`<div><dt>Trace</dt><dd><code>${trace.trace_id}</code></dd></div>`}
      </dl>
    </section>
  `;
}
