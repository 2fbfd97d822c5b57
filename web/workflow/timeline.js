// X-Ray's segment documents as the rows of a timeline.

/**
 * @typedef {object} Segment A segment or subsegment document (X-Ray developer guide, "X-Ray segment documents").
 * @property {string} id
 * @property {string} name
 * @property {number} start_time Seconds since 1970.
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
 * @typedef {"gateway" | "workflow" | "lambda" | "function" | "call" | "part"} Kind
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} name As a person would call it.
 * @property {number} depth 0 for a segment that no other holds.
 * @property {Kind} kind
 * @property {number} start_ms After the trace's beginning.
 * @property {number} duration_ms
 * @property {boolean} isOpen
 * @property {"ok" | "refused" | "broken"} state
 * @property {[string, string][]} facts What else the document tells, by name.
 *
 * @typedef {{rows: Row[], length_ms: number, ticks_ms: number[]}} Timeline
 */

/**
 * A trace's rows in the order they began, each below what holds it.
 * @param {Trace} trace
 * @param {number} now Milliseconds since 1970: where open segments end.
 * @returns {Timeline}
 */
export function timelineOf(trace, now) {
  const all = trace.segments.flatMap(withParts);
  if (!all.length) return { rows: [], length_ms: 0, ticks_ms: [] };
  const ids = new Set(all.map((segment) => segment.id));
  /** @type {Map<string, Segment[]>} */
  const held = new Map();
  for (const segment of trace.segments) {
    const parent = segment.parent_id && ids.has(segment.parent_id) ? segment.parent_id : "";
    held.set(parent, [...(held.get(parent) ?? []), segment]);
  }
  const begin = Math.min(...all.map((segment) => segment.start_time)) * 1000;
  /** @type {(segment: Segment, depth: number) => Row[]} */
  const rowsOf = (segment, depth) => {
    const inside = [...(segment.subsegments ?? []), ...(held.get(segment.id) ?? [])].sort(earlier);
    return [rowOf(segment, depth, begin, now), ...inside.flatMap((one) => rowsOf(one, depth + 1))];
  };
  const rows = (held.get("") ?? []).sort(earlier).flatMap((segment) => rowsOf(segment, 0));
  const length = Math.max(1, ...rows.map((row) => row.start_ms + row.duration_ms));
  return { rows, length_ms: length, ticks_ms: ticks(length) };
}

/**
 * @param {Segment} segment
 * @returns {Segment[]}
 */
function withParts(segment) {
  return [segment, ...(segment.subsegments ?? []).flatMap(withParts)];
}

/**
 * @param {Segment} a
 * @param {Segment} b
 */
function earlier(a, b) {
  return a.start_time - b.start_time;
}

/**
 * @param {Segment} segment
 * @param {number} depth
 * @param {number} begin
 * @param {number} now
 * @returns {Row}
 */
function rowOf(segment, depth, begin, now) {
  const isOpen = segment.end_time === undefined;
  const start = segment.start_time * 1000;
  return {
    id: segment.id,
    name: [shortName(segment.name), segment.aws?.["operation"]].filter(Boolean).join(" "),
    depth,
    kind: kindOf(segment),
    start_ms: start - begin,
    duration_ms: Math.max(0, (isOpen ? now : (segment.end_time ?? 0) * 1000) - start),
    isOpen,
    state: segment.fault ? "broken" : segment.error || segment.throttle ? "refused" : "ok",
    facts: factsOf(segment),
  };
}

/** @type {Record<string, Kind>} By a segment's origin. */
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
  return ORIGINS[origin] ?? (namespace === "aws" || namespace === "remote" ? "call" : "part");
}

/**
 * The name that a CDK app gave to what CloudFormation named: without the stack's, without hashes.
 * @param {string} name
 */
export function shortName(name) {
  return /^.+-([A-Za-z]+)[0-9A-F]{8}-[0-9A-Za-z]{10,}$/.exec(name)?.[1] ?? name;
}

/**
 * What a document tells beside its times, flat: `http.response.status` and the like; exceptions by their messages.
 * @param {Segment} segment
 * @returns {[string, string][]}
 */
function factsOf(segment) {
  const exceptions = (segment.cause?.exceptions ?? []).map(
    /** @param {{type?: string, message?: string}} one */ (one) => `${one.type ?? "Error"}: ${one.message ?? ""}`,
  );
  const { exceptions: _told, ...cause } = segment.cause ?? {};
  return [
    ...(shortName(segment.name) === segment.name ? [] : [/** @type {[string, string]} */ (["name", segment.name])]),
    ...flat(segment.annotations ?? {}, ""),
    ...exceptions.map(/** @returns {[string, string]} */ (/** @type {string} */ text) => ["exception", text]),
    ...flat(cause, "cause."),
    ...flat(segment.http ?? {}, "http."),
    ...flat(segment.aws ?? {}, "aws."),
  ];
}

/**
 * @param {Record<string, any>} values
 * @param {string} prefix
 * @returns {[string, string][]}
 */
function flat(values, prefix) {
  return Object.entries(values).flatMap(([key, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? flat(value, `${prefix}${key}.`)
      : [/** @type {[string, string]} */ ([prefix + key, Array.isArray(value) ? value.join(", ") : String(value)])],
  );
}

/**
 * Round marks from 0 to a length, four to eight of them.
 * @param {number} length
 * @returns {number[]}
 */
export function ticks(length) {
  const rough = length / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  return Array.from({ length: Math.floor(length / step + 1e-9) + 1 }, (_, index) => Math.round(index * step * 1e6) / 1e6);
}
