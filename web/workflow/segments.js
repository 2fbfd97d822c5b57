// The segment documents of an X-Ray trace as the rows of a timeline.

/**
 * @typedef {object} Segment A segment or subsegment document (X-Ray developer guide, "X-Ray segment documents").
 * @property {string} id
 * @property {string} name
 * @property {number} start_time seconds since 1970
 * @property {number} [end_time]
 * @property {boolean} [in_progress]
 * @property {string} [namespace]
 * @property {string} [origin]
 * @property {string} [parent_id]
 * @property {boolean} [error]
 * @property {boolean} [fault]
 * @property {boolean} [throttle]
 * @property {Record<string, string | number | boolean>} [annotations]
 * @property {Record<string, any>} [aws]
 * @property {Record<string, any>} [http]
 * @property {Record<string, any>} [cause]
 * @property {Segment[]} [subsegments]
 *
 * @typedef {{trace_id: string, segments: Segment[]}} Trace
 *
 * @typedef {"gateway" | "workflow" | "lambda" | "function" | "call" | "subsegment"} Kind
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} name
 * @property {number} depth 0 for a segment without a parent
 * @property {Kind} kind
 * @property {number} start_ms from the start of the trace
 * @property {number} duration_ms
 * @property {boolean} isInProgress
 * @property {"ok" | "error" | "fault"} state
 * @property {[string, string][]} facts the document's other fields, by name
 *
 * @typedef {{rows: Row[], length_ms: number, ticks_ms: number[]}} Timeline
 */

/**
 * The rows of a trace by start time, each below its parent.
 * @param {Trace} trace
 * @param {number} now milliseconds since 1970, the end of segments in progress
 * @returns {Timeline}
 */
export function timelineOf(trace, now) {
  const all = trace.segments.flatMap(withSubsegments);
  if (!all.length) return { rows: [], length_ms: 0, ticks_ms: [] };
  const children = childrenByParent(trace.segments, new Set(all.map((segment) => segment.id)));
  const traceStartMs = Math.min(...all.map((segment) => segment.start_time)) * 1000;
  /** @type {(segment: Segment, depth: number) => Row[]} */
  const rowsOf = (segment, depth) => {
    const inner = [...(segment.subsegments ?? []), ...(children.get(segment.id) ?? [])].sort(byStartTime);
    return [rowOf(segment, depth, traceStartMs, now), ...inner.flatMap((one) => rowsOf(one, depth + 1))];
  };
  const rows = (children.get("") ?? []).sort(byStartTime).flatMap((segment) => rowsOf(segment, 0));
  const length = Math.max(1, ...rows.map((row) => row.start_ms + row.duration_ms));
  return { rows, length_ms: length, ticks_ms: ticks(length) };
}

/**
 * Segments by the ID of their parent; those whose parent is not in the trace are under "".
 * @param {Segment[]} segments
 * @param {Set<string>} ids
 */
function childrenByParent(segments, ids) {
  /** @type {Map<string, Segment[]>} */
  const children = new Map();
  for (const segment of segments) {
    const parent = segment.parent_id && ids.has(segment.parent_id) ? segment.parent_id : "";
    children.set(parent, [...(children.get(parent) ?? []), segment]);
  }
  return children;
}

/**
 * @param {Segment} segment
 * @returns {Segment[]}
 */
function withSubsegments(segment) {
  return [segment, ...(segment.subsegments ?? []).flatMap(withSubsegments)];
}

/**
 * @param {Segment} a
 * @param {Segment} b
 */
function byStartTime(a, b) {
  return a.start_time - b.start_time;
}

/**
 * @param {Segment} segment
 * @param {number} depth
 * @param {number} traceStartMs
 * @param {number} now
 * @returns {Row}
 */
function rowOf(segment, depth, traceStartMs, now) {
  const isInProgress = segment.end_time === undefined;
  const startMs = segment.start_time * 1000;
  return {
    id: segment.id,
    name: [shortName(segment.name), segment.aws?.["operation"]].filter(Boolean).join(" "),
    depth,
    kind: kindOf(segment),
    start_ms: startMs - traceStartMs,
    duration_ms: Math.max(0, (isInProgress ? now : (segment.end_time ?? 0) * 1000) - startMs),
    isInProgress,
    state: segment.fault ? "fault" : segment.error || segment.throttle ? "error" : "ok",
    facts: factsOf(segment),
  };
}

/** By the origin of a segment. @type {Record<string, Kind>} */
const ORIGINS = {
  "AWS::ApiGateway::Stage": "gateway",
  "AWS::StepFunctions::StateMachine": "workflow",
  "AWS::Lambda": "lambda",
  "AWS::Lambda::Function": "function",
};

/**
 * @param {Segment} segment
 * @returns {Kind}
 */
function kindOf({ origin = "", namespace }) {
  return ORIGINS[origin] ?? (namespace === "aws" || namespace === "remote" ? "call" : "subsegment");
}

/**
 * The construct ID in a physical name that CloudFormation generated, without the stack's name and the hashes; any other
 * name as it is.
 * @param {string} name
 */
export function shortName(name) {
  return /^.+-([A-Za-z]+)[0-9A-F]{8}-[0-9A-Za-z]{10,}$/.exec(name)?.[1] ?? name;
}

/**
 * The other fields of a document with their full names, such as `http.response.status`; of an exception, its message.
 * @param {Segment} segment
 * @returns {[string, string][]}
 */
function factsOf(segment) {
  const { exceptions = [], ...cause } = segment.cause ?? {};
  const messages = exceptions.map(
    /** @param {{type?: string, message?: string}} exception */
    ({ type = "Error", message = "" }) => `${type}: ${message}`,
  );
  return [
    ...(shortName(segment.name) === segment.name ? [] : [/** @type {[string, string]} */ (["name", segment.name])]),
    ...flatten(segment.annotations ?? {}, ""),
    ...messages.map(/** @returns {[string, string]} */ (/** @type {string} */ message) => ["exception", message]),
    ...flatten(cause, "cause."),
    ...flatten(segment.http ?? {}, "http."),
    ...flatten(segment.aws ?? {}, "aws."),
  ];
}

/**
 * @param {Record<string, any>} values
 * @param {string} prefix
 * @returns {[string, string][]}
 */
function flatten(values, prefix) {
  return Object.entries(values).flatMap(([key, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? flatten(value, `${prefix}${key}.`)
      : [/** @type {[string, string]} */ ([prefix + key, Array.isArray(value) ? value.join(", ") : String(value)])],
  );
}

/**
 * Four to eight round numbers from 0 to at most a length.
 * @param {number} length
 * @returns {number[]}
 */
export function ticks(length) {
  const roughStep = length / 6;
  const power = 10 ** Math.floor(Math.log10(roughStep));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= roughStep) ?? roughStep;
  return Array.from({ length: Math.floor(length / step + 1e-9) + 1 }, (_, index) => Math.round(index * step * 1e6) / 1e6);
}
