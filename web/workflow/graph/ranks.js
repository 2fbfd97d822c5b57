// The ranks of a graph's nodes: each node is below all nodes that lead to it.

/** @import { Edge, Graph } from "../definition.js" */

/**
 * The edges that close a cycle. With these reversed, the graph has no cycle.
 * @param {Graph} graph
 * @returns {Set<Edge>}
 */
export function backEdges(graph) {
  /** @type {Set<Edge>} */
  const back = new Set();
  /** @type {Map<string, "open" | "done">} */
  const states = new Map();
  /** @param {string} name */
  const visit = (name) => {
    states.set(name, "open");
    for (const edge of graph.edges) {
      if (edge.from !== name) continue;
      if (states.get(edge.to) === "open") back.add(edge);
      else if (!states.has(edge.to)) visit(edge.to);
    }
    states.set(name, "done");
  };
  for (const name of [graph.start, ...graph.nodes.map((node) => node.name)]) if (!states.has(name)) visit(name);
  return back;
}

/**
 * The rank of each node, by name: the length of the longest path that leads to it.
 * @param {Graph} graph
 * @param {Set<Edge>} back
 * @returns {Map<string, number>}
 */
export function ranksOf(graph, back = backEdges(graph)) {
  /** @type {Map<string, number>} */
  const ranks = new Map();
  /** @type {(name: string) => number} */
  const rankOf = (name) => {
    const known = ranks.get(name);
    if (known !== undefined) return known;
    const predecessors = graph.edges.flatMap((edge) => {
      if (edge.from === edge.to) return [];
      if (back.has(edge)) return edge.from === name ? [edge.to] : [];
      return edge.to === name ? [edge.from] : [];
    });
    const rank = Math.max(-1, ...predecessors.map(rankOf)) + 1;
    ranks.set(name, rank);
    return rank;
  };
  for (const node of graph.nodes) rankOf(node.name);
  return ranks;
}
