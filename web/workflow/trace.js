// The trace: what the workflow did for each photo, as a list, and each execution as a graph with its timeline.
import { html } from "htm/preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { allNodes, graphOf } from "./definition.js";
import { layOut } from "./graph.js";
import { replace } from "../router.js";
import { Segments } from "./segments.js";
import { api, config, session } from "../services.js";
import { StateMachine, WORDS, Glyph, sizeOf } from "./statemachine.js";
import { decisiveVisit, seconds, storyOf, verdictOf } from "./story.js";
import { shortName } from "./timeline.js";
import { Json, StateDetails } from "./visit.js";

/** @import { Place } from "../places.js" */
/** @import { Definition, State } from "./definition.js" */
/** @import { Execution, Mark, Summary, Tone } from "./story.js" */

const PATH = "/workflow";
const LIST_EVERY_MS = 1000;
const RUNNING_EVERY_MS = 300;
/** A trace's last documents come in a moment after the execution's end. */
const SETTLED_AFTER_MS = 3000;
const EXPLAINED = "photosky.trace.explained";

/** @type {Place} */
export const trace = {
  path: /^\/workflow(?:\/(photo)?\/?([^/]+))?$/,
  View: ({ params: [photo, name] }) => {
    if (name === undefined) return html`<${List} />`;
    return photo ? html`<${OfPhoto} key=${name} photoId=${name} />` : html`<${One} key=${name} name=${name} />`;
  },
  nav: { label: "Workflow", path: PATH },
  aboutPhoto: {
    label: "Trace",
    path: (photoId, requestId) => (requestId ? `${PATH}/${requestId}` : `${PATH}/photo/${photoId}`),
  },
  isAvailable: ({ executions_url }) => executions_url !== undefined,
};

/** How each tone is marked. @type {Record<Tone, Mark>} */
const MARKS = { good: "succeeded", refused: "caught", broken: "failed", running: "running" };

// --- All executions ---------------------------------------------------------------------------------------------------

function List() {
  const { value: executions, failure } = usePolled(listed, "", () => LIST_EVERY_MS);
  if (failure) return html`<p role="alert">${failure}</p>`;
  return html`
    <div class="trace">
      <h1>Workflow</h1>
      <p class="lead">Every uploaded photo goes through the workflow before it is ready. Choose one to see what happened to it.</p>
      ${executions?.length === 0 && html`<p class="quiet">Nothing has run yet. <a href="#/">Add a photo</a>, and it will be here.</p>`}
      ${executions && executions.length > 0 && html`<${Executions} executions=${executions} />`}
    </div>
  `;
}

/** @param {{ executions: Summary[] }} props */
function Executions({ executions }) {
  return html`
    <table class="executions">
      <thead>
        <tr><th scope="col">Photo</th><th scope="col">What came of it</th><th scope="col">Took</th><th scope="col">Began</th></tr>
      </thead>
      <tbody>
        ${executions.map(
          (one) => html`
            <tr key=${one.name}>
              <th scope="row">
                <a href=${`#${PATH}/${encodeURIComponent(one.name)}`}><${Thumbnail} execution=${one} /><span>${subjectOf(one)}</span></a>
              </th>
              <td><${Verdict} execution=${one} /></td>
              <td class="took">${one.duration_ms === null ? "…" : seconds(one.duration_ms)}</td>
              <td class="quiet">${when(one.started_ms)}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

/** @param {{ execution: Summary }} props */
function Verdict({ execution }) {
  const { tone, label } = verdictOf(execution);
  return html`
    <span class=${`verdict ${tone}`}>
      <svg class="inline-glyph" width="18" height="18" viewBox="-9 -9 18 18"><${Glyph} mark=${MARKS[tone]} x=${0} y=${0} /></svg>
      ${label}${execution.code && html` <code>${execution.code}</code>`}
    </span>
  `;
}

/** The signed-in user's own photo, small; nothing where it is somebody else's, or has no previews. @param {{ execution: Summary }} props */
function Thumbnail({ execution: { owner_id, photo_id, photo_status } }) {
  const [url, setUrl] = useState(/** @type {string | undefined} */ (undefined));
  useEffect(() => {
    if (photo_status === "ready" && photo_id !== null) void thumbnail(owner_id, photo_id).then(setUrl);
  }, [photo_id, photo_status]);
  return url ? html`<img class="thumbnail" src=${url} alt="" />` : html`<span class="thumbnail"></span>`;
}

/** @type {Map<string, Promise<string | undefined>>} */
const thumbnails = new Map();

/** @param {string | null} ownerId @param {string} photoId */
function thumbnail(ownerId, photoId) {
  const known = thumbnails.get(photoId);
  if (known) return known;
  const asked = (async () => {
    const [, claims = ""] = (await session.token()).split(".");
    const { sub } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    if (sub !== ownerId) return undefined;
    const { previews } = (await api.read(photoId)).photo;
    return Object.values(previews)[0]?.url;
  })();
  thumbnails.set(photoId, asked);
  return asked;
}

// --- One execution ----------------------------------------------------------------------------------------------------

/** The newest execution for a photo, as soon as there is one. @param {{ photoId: string }} props */
function OfPhoto({ photoId }) {
  const { value: executions, failure } = usePolled(listed, "", () => RUNNING_EVERY_MS);
  const newest = executions?.find(({ photo_id }) => photo_id === photoId);
  useEffect(() => {
    if (newest) replace(`${PATH}/${newest.name}`);
  }, [newest?.name]);
  if (failure) return html`<p role="alert">${failure}</p>`;
  return html`<p class="trace quiet">${executions ? "The workflow has not run for this photo, or it was long ago." : ""}</p>`;
}

/** @param {{ name: string }} props */
function One({ name }) {
  const { value: execution, failure } = usePolled(described, name, (one) =>
    one.status === "RUNNING" || Date.now() - (one.stopped_ms ?? 0) < SETTLED_AFTER_MS ? RUNNING_EVERY_MS : null,
  );
  if (failure) return html`<div class="trace"><p role="alert">${failure}</p><p><a href=${`#${PATH}`}>All executions</a></p></div>`;
  return execution ? html`<${Trace} execution=${execution} />` : html`<p class="trace quiet">Reading…</p>`;
}

/** @param {{ execution: Execution }} props */
function Trace({ execution }) {
  const [chosen, choose] = useState(/** @type {string | null} */ (null));
  const now = execution.stopped_ms ?? Date.now();
  const verdict = verdictOf(execution);
  const definition = execution.definition;
  const selected = chosen ?? decisiveVisit(execution)?.name ?? null;
  return html`
    <div class="trace">
      <p class="back"><a href=${`#${PATH}`}>All executions</a></p>
      <div class=${`story ${verdict.tone}`}>
        <${Thumbnail} execution=${execution} />
        <div>
          <h1>${subjectOf(execution)}</h1>
          <p class="verdict-line"><${Verdict} execution=${execution} /> <span class="quiet">${when(execution.started_ms)}</span></p>
          <p class="told">${storyOf(execution, subjectOf(execution), now)}</p>
          <p class="visually-hidden" role="status">${verdict.label}</p>
        </div>
      </div>
      <${Explanation} />
      ${definition
        ? html`<${Machine} definition=${definition} execution=${execution} selected=${selected} choose=${choose} now=${now} />`
        : html`<p>The state machine of this execution is gone, and its definition with it.</p>`}
      <section aria-labelledby="timeline-heading">
        <h2 id="timeline-heading">Where the time went</h2>
        <p class="quiet">What X-Ray noted: each row ran inside the less indented one above it. Select a row to see what else is known of it.</p>
        ${execution.trace ? html`<${Segments} trace=${execution.trace} now=${now} />` : html`<p class="quiet">This execution was not traced.</p>`}
      </section>
      <${Facts} execution=${execution} />
    </div>
  `;
}

/**
 * @param {object} props
 * @param {Definition} props.definition
 * @param {Execution} props.execution
 * @param {string | null} props.selected
 * @param {(name: string | null) => void} props.choose
 * @param {number} props.now
 */
function Machine({ definition, execution, selected, choose, now }) {
  const text = JSON.stringify(definition);
  const layout = useMemo(() => layOut(graphOf(definition), sizeOf), [text]);
  const state = selected === null ? undefined : stateOf(definition, selected);
  const names = new Set(allNodes(graphOf(definition)).map((node) => node.name));
  const isChanged = execution.visits.some((visit) => !names.has(visit.name));
  return html`
    ${isChanged && html`<p role="note">The workflow was changed since; this is how it is now.</p>`}
    <div class="machine">
      <section aria-labelledby="graph-heading">
        <h2 id="graph-heading" class="visually-hidden">The way it went</h2>
        <${StateMachine} layout=${layout} visits=${execution.visits} selected=${selected} onSelect=${choose} now=${now} />
      </section>
      ${selected !== null && state
        ? html`<${StateDetails} key=${selected} name=${selected} state=${state} execution=${execution} now=${now} />`
        : html`<${Whole} execution=${execution} />`}
    </div>
  `;
}

/** A state by its name, wherever in a definition. @param {Definition} definition @param {string} name @returns {State | undefined} */
function stateOf({ States }, name) {
  if (States[name]) return States[name];
  for (const state of Object.values(States)) {
    const bodies = [state["ItemProcessor"] ?? state["Iterator"] ?? [], state["Branches"] ?? []].flat();
    for (const body of bodies) {
      const found = stateOf(body, name);
      if (found) return found;
    }
  }
  return undefined;
}

/** What stands beside the graph until a state is selected. @param {{ execution: Execution }} props */
function Whole({ execution }) {
  return html`
    <section class="panel" aria-labelledby="panel-heading">
      <h2 id="panel-heading">From beginning to end</h2>
      <p class="quiet">Select a step of the graph to see what it was given and what it handed on.</p>
      <${Json} title="Input: what the workflow was given" value=${execution.input} isOpen />
      ${execution.output !== null && html`<${Json} title="Output: what it answered" value=${execution.output} isOpen />`}
    </section>
  `;
}

/** For whoever sees this for the first time; it stays closed once it was closed. */
function Explanation() {
  /** @param {Event & { currentTarget: HTMLDetailsElement }} event */
  const onToggle = ({ currentTarget }) => localStorage.setItem(EXPLAINED, currentTarget.open ? "no" : "yes");
  /** @type {Mark[]} */
  const marks = ["succeeded", "running", "caught", "failed", "skipped"];
  return html`
    <details class="explanation" open=${localStorage.getItem(EXPLAINED) !== "yes"} onToggle=${onToggle}>
      <summary>How to read this</summary>
      <p>
        A photo is made by a workflow: small programs that run one after the other, drawn from top to bottom. Each box is a
        step; a six-sided one is a fork, where the answer so far decides where to go on. The bold line is the way that was
        taken. A dashed line leads to where an error is dealt with. Select a box to see what the step was given and what it
        handed on.
      </p>
      <ul>
        ${marks.map(
          (mark) => html`<li><svg class="inline-glyph" width="18" height="18" viewBox="-9 -9 18 18"><${Glyph} mark=${mark} x=${0} y=${0} /></svg> ${WORDS[mark]}</li>`,
        )}
      </ul>
    </details>
  `;
}

/** Where the same is found with AWS's own tools. @param {{ execution: Execution }} props */
function Facts({ execution: { name, machine, type, log, trace: segments } }) {
  return html`
    <section aria-labelledby="facts-heading">
      <h2 id="facts-heading">For looking further</h2>
      <dl class="further">
        <div><dt>Execution</dt><dd><code>${name}</code>; for an ingest, this is the request's id</dd></div>
        <div><dt>State machine</dt><dd><code>${machine}</code> (${type === "EXPRESS" ? "Express" : "Standard"})</dd></div>
        ${log && html`<div><dt>Log group</dt><dd><code>${log.group}</code></dd></div>`}
        ${segments && html`<div><dt>Trace</dt><dd><code>${segments.trace_id}</code></dd></div>`}
      </dl>
    </section>
  `;
}

// --- What is told, and how often it is asked ----------------------------------------------------------------------------

/** @returns {Promise<Summary[]>} */
function listed() {
  return told(`${config.executions_url}`);
}

/** @param {string} name @returns {Promise<Execution>} */
function described(name) {
  return told(`${config.executions_url}/${encodeURIComponent(name)}`);
}

/** @param {string} url @returns {Promise<any>} */
async function told(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error((await response.text()).trim());
  return response.json();
}

/**
 * A value that is asked for again and again, for as long as `after` gives a time to wait. What was there stays when the
 * connection breaks; `failure` says why there is nothing.
 * @template T
 * @param {(key: string) => Promise<T>} ask @param {string} key @param {(value: T) => number | null} after
 * @returns {{ value: T | null, failure: string | null }}
 */
function usePolled(ask, key, after) {
  const [value, setValue] = useState(/** @type {T | null} */ (null));
  const [failure, setFailure] = useState(/** @type {string | null} */ (null));
  useEffect(() => {
    let isOver = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const next = async () => {
      /** @type {number | null} */
      let wait = LIST_EVERY_MS;
      try {
        const found = await ask(key);
        if (isOver) return;
        setValue(() => found);
        setFailure(null);
        wait = after(found);
      } catch (error) {
        if (isOver) return;
        // fetch throws TypeError where there is no connection; the stack may be back in a moment.
        setFailure(error instanceof TypeError ? "The stack does not answer." : String(/** @type {Error} */ (error).message));
        if (!(error instanceof TypeError)) return;
      }
      if (wait !== null) timer = setTimeout(next, wait);
    };
    void next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key]);
  return { value, failure };
}

/** What an execution is about: the photo by its filename, else the execution. @param {Summary} execution */
function subjectOf({ filename, photo_id, machine }) {
  return filename ?? (photo_id === null ? shortName(machine) : "A photo that is gone");
}

/** @param {number} milliseconds */
function when(milliseconds) {
  const date = new Date(milliseconds);
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString("en", isToday ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" });
}
