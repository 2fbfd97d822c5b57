// A state machine's definition (Amazon States Language) as a graph, and its conditions in words.

/**
 * @typedef {object} Rule A comparison of a Choice, or several under And, Or, Not; JSONata has `Condition`.
 * @typedef {Record<string, any>} State One state of a definition, as the Amazon States Language has it.
 * @typedef {{StartAt: string, States: Record<string, State>, Comment?: string}} Definition
 *
 * @typedef {object} Node
 * @property {string} name Unique in a definition, inner graphs included.
 * @property {string} type `Task`, `Choice`, `Map` and so on.
 * @property {string} comment What the definition says about it.
 * @property {Graph[]} inner What a Map or a Parallel runs.
 *
 * @typedef {object} Edge
 * @property {string} from
 * @property {string} to
 * @property {boolean} isCatch Whether it is the way that an error takes.
 * @property {string} label When it is taken, in words; empty where it always is.
 *
 * @typedef {{start: string, nodes: Node[], edges: Edge[]}} Graph
 */

/**
 * The graph of a definition, or of what a Map or a Parallel runs.
 * @param {Definition} definition
 * @returns {Graph}
 */
export function graphOf(definition) {
  const states = Object.entries(definition.States);
  return {
    start: definition.StartAt,
    nodes: states.map(([name, state]) => nodeOf(name, state)),
    edges: states.flatMap(([name, state]) => edgesOf(name, state)),
  };
}

/**
 * All nodes of a graph, those of inner graphs behind the one that holds them.
 * @param {Graph} graph
 * @returns {Node[]}
 */
export function allNodes(graph) {
  return graph.nodes.flatMap((node) => [node, ...node.inner.flatMap(allNodes)]);
}

/**
 * @param {string} name
 * @param {State} state
 * @returns {Node}
 */
function nodeOf(name, state) {
  const bodies = [state.ItemProcessor ?? state.Iterator ?? [], state.Branches ?? []].flat();
  return { name, type: state.Type, comment: state.Comment ?? "", inner: bodies.map(graphOf) };
}

/**
 * Where a state leads: one edge per target, and one per target for errors.
 * @param {string} name
 * @param {State} state
 * @returns {Edge[]}
 */
function edgesOf(name, state) {
  /** @type {Map<string, Rule[]>} */
  const rules = new Map();
  for (const rule of state.Choices ?? []) rules.set(rule.Next, [...(rules.get(rule.Next) ?? []), rule]);
  /** @type {Map<string, string>} */
  const onward = new Map([...rules].map(([to, those]) => [to, anyInWords(those)]));
  if (state.Next) onward.set(state.Next, "");
  if (state.Default) {
    const named = onward.get(state.Default);
    onward.set(state.Default, named ? `${named}, or otherwise` : "otherwise");
  }
  /** @type {Map<string, string>} */
  const caught = new Map();
  for (const { Next, ErrorEquals } of state.Catch ?? []) {
    const names = ErrorEquals.includes("States.ALL") ? "on error" : `on ${ErrorEquals.join(" or ")}`;
    caught.set(Next, caught.has(Next) ? `${caught.get(Next)}, ${names}` : names);
  }
  /** @type {(targets: Map<string, string>, isCatch: boolean) => Edge[]} */
  const edges = (targets, isCatch) => [...targets].map(([to, label]) => ({ from: name, to, isCatch, label }));
  return [...edges(onward, false), ...edges(caught, true)];
}

/**
 * Several rules that lead to one state; comparisons of one variable are said once: "outcome is ready or rendered".
 * @param {Rule[]} rules
 */
function anyInWords(rules) {
  const [first = "", ...others] = rules.map(inWords);
  const [subject, verb] = first.split(/ (is) /);
  const start = `${subject} ${verb} `;
  const isShared = others.every((other) => other.startsWith(start));
  return [first, ...(isShared ? others.map((other) => other.slice(start.length)) : others)].join(" or ");
}

/** @type {Record<string, string>} By the end of a comparison's name. */
const COMPARISONS = {
  LessThanEquals: "is at most",
  GreaterThanEquals: "is at least",
  LessThan: "is below",
  GreaterThan: "is above",
  Equals: "is",
  Matches: "matches",
};

/** @type {Record<string, string>} Tests of what a value is, by their name. */
const TESTS = {
  IsPresent: "there",
  IsNull: "null",
  IsString: "text",
  IsNumeric: "a number",
  IsBoolean: "true or false",
  IsTimestamp: "a time",
};

/**
 * A Choice's rule in words: "outcome is rejected".
 * @param {any} rule
 * @returns {string}
 */
export function inWords(rule) {
  if (rule.Condition !== undefined) return String(rule.Condition).replace(/^\{%\s*|\s*%\}$/g, "");
  if (rule.And) return rule.And.map(inWords).join(" and ");
  if (rule.Or) return rule.Or.map(inWords).join(" or ");
  if (rule.Not) return `not: ${inWords(rule.Not)}`;
  const subject = lastPart(rule.Variable);
  const comparison = Object.keys(rule).find((key) => !["Variable", "Next", "Comment", "Assign", "Output"].includes(key));
  if (comparison === undefined) return subject;
  if (comparison in TESTS) return `${subject} ${rule[comparison] ? "is" : "is not"} ${TESTS[comparison]}`;
  const bare = comparison.replace(/Path$/, "");
  const ending = Object.keys(COMPARISONS).find((end) => bare.endsWith(end));
  const value = comparison.endsWith("Path") ? lastPart(rule[comparison]) : String(rule[comparison]);
  return `${subject} ${ending ? COMPARISONS[ending] : comparison} ${value}`;
}

/** @param {string} path "$.plan.photos[0]" is "photos[0]". */
function lastPart(path) {
  return path.match(/[^.$[\]']+(\[\d+\])?(?='?\]?$)/)?.[0] ?? "input";
}
