// The definition of a state machine (Amazon States Language) as a graph.
import { describeRules } from "./conditions.js";

/**
 * @import { Rule } from "./conditions.js"
 *
 * @typedef {Record<string, any>} State A state of a definition, with the fields of the Amazon States Language.
 * @typedef {{StartAt: string, States: Record<string, State>, Comment?: string}} Definition
 *
 * @typedef {object} Node
 * @property {string} name unique in a definition, inner graphs included
 * @property {string} type `Task`, `Choice`, `Map` and so on
 * @property {string} comment from the definition
 * @property {Graph[]} inner what a Map or Parallel state runs
 *
 * @typedef {object} Edge
 * @property {string} from
 * @property {string} to
 * @property {boolean} isCatch whether it leads to an error handler
 * @property {string} label its condition; empty if it has none
 *
 * @typedef {{start: string, nodes: Node[], edges: Edge[]}} Graph
 */

/**
 * The graph of a definition, or of an inner definition of a Map or Parallel state.
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
 * All nodes of a graph; those of inner graphs follow the node that contains them.
 * @param {Graph} graph
 * @returns {Node[]}
 */
export function allNodes(graph) {
  return graph.nodes.flatMap((node) => [node, ...node.inner.flatMap(allNodes)]);
}

/**
 * A state by its name, also in inner definitions.
 * @param {Definition} definition
 * @param {string} name
 * @returns {State | undefined}
 */
export function findState({ States }, name) {
  if (States[name]) return States[name];
  for (const inner of Object.values(States).flatMap(innerDefinitions)) {
    const found = findState(inner, name);
    if (found) return found;
  }
  return undefined;
}

/** What a Map or Parallel state runs. @param {State} state @returns {Definition[]} */
function innerDefinitions(state) {
  return [state["ItemProcessor"] ?? state["Iterator"] ?? [], state["Branches"] ?? []].flat();
}

/**
 * @param {string} name
 * @param {State} state
 * @returns {Node}
 */
function nodeOf(name, state) {
  return { name, type: state["Type"], comment: state["Comment"] ?? "", inner: innerDefinitions(state).map(graphOf) };
}

/**
 * The edges from a state: one for each next state, and one for each error handler.
 * @param {string} name
 * @param {State} state
 * @returns {Edge[]}
 */
function edgesOf(name, state) {
  /** @type {(labels: Map<string, string>, isCatch: boolean) => Edge[]} */
  const edges = (labels, isCatch) => [...labels].map(([to, label]) => ({ from: name, to, isCatch, label }));
  return [...edges(nextLabels(state), false), ...edges(catchLabels(state), true)];
}

/** The conditions that lead to each next state, by its name. @param {State} state */
function nextLabels(state) {
  /** @type {Map<string, Rule[]>} */
  const rules = new Map();
  for (const rule of state["Choices"] ?? []) rules.set(rule.Next, [...(rules.get(rule.Next) ?? []), rule]);
  /** @type {Map<string, string>} */
  const labels = new Map([...rules].map(([to, ofTarget]) => [to, describeRules(ofTarget)]));
  if (state["Next"]) labels.set(state["Next"], "");
  if (state["Default"]) {
    const label = labels.get(state["Default"]);
    labels.set(state["Default"], label ? `${label}, or otherwise` : "otherwise");
  }
  return labels;
}

/** The errors that lead to each error handler, by its name. @param {State} state */
function catchLabels(state) {
  /** @type {Map<string, string>} */
  const labels = new Map();
  for (const { Next, ErrorEquals } of state["Catch"] ?? []) {
    const label = ErrorEquals.includes("States.ALL") ? "on error" : `on ${ErrorEquals.join(" or ")}`;
    labels.set(Next, labels.has(Next) ? `${labels.get(Next)}, ${label}` : label);
  }
  return labels;
}
