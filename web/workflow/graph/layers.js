// The layers of a graph: its nodes by rank, and dummy vertices where an edge spans several ranks.
import { backEdges, ranksOf } from "./ranks.js";

/**
 * @import { Edge, Graph, Node } from "../definition.js"
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{width: number, height: number}} Size
 *
 * @typedef {object} Vertex A node in its layer, or a dummy vertex that edges pass through.
 * @property {string} id
 * @property {number} rank
 * @property {Node | null} node null for a dummy vertex
 * @property {number} width
 * @property {number} height
 * @property {number} x of its centre
 * @property {number} y of the layer's upper side
 * @property {number} gapY of the layer's lower side, where the gap to the next layer begins
 *
 * @typedef {{from: Vertex, to: Vertex, edge: Edge, isReversed: boolean}} Link The part of an edge between two layers.
 */

const LANE_WIDTH = 26;
/** Room for the label of a choice. */
const LABEL_WIDTH = 104;

/**
 * Edges of one kind that lead to one node share their dummy vertices, so that they are drawn as one bundle.
 * @param {Graph} graph
 * @param {Map<string, Size>} sizes by name
 * @returns {{ layers: Vertex[][], links: Link[] }}
 */
export function layersOf(graph, sizes) {
  const back = backEdges(graph);
  const { layers, vertexOf, addVertex } = vertexIndex(graph, sizes, ranksOf(graph, back));
  /** @type {Link[]} */
  const links = [];
  for (const name of depthFirst(graph)) vertexOf(name);
  for (const edge of graph.edges) {
    if (edge.from === edge.to) continue;
    const isReversed = back.has(edge);
    const [upper, lower] = isReversed ? [edge.to, edge.from] : [edge.from, edge.to];
    let from = vertexOf(upper);
    for (let rank = from.rank + 1; rank < vertexOf(lower).rank; rank += 1) {
      const kind = edge.isCatch ? "catch" : isReversed ? `back ${upper}` : "next";
      const width = from.node && edge.label && !edge.isCatch ? LABEL_WIDTH : LANE_WIDTH;
      const to = addVertex(`dummy ${kind} ${lower} ${rank}`, rank, null, { width, height: 0 });
      links.push({ from, to, edge, isReversed });
      from = to;
    }
    links.push({ from, to: vertexOf(lower), edge, isReversed });
  }
  return { layers, links };
}

/**
 * @param {Graph} graph
 * @param {Map<string, Size>} sizes
 * @param {Map<string, number>} ranks
 */
function vertexIndex(graph, sizes, ranks) {
  /** @type {Map<string, Vertex>} */
  const vertices = new Map();
  /** @type {Vertex[][]} */
  const layers = Array.from({ length: Math.max(...ranks.values()) + 1 }, () => []);
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  /** Add a vertex, or widen the one with this ID. @type {(id: string, rank: number, node: Node | null, size: Size) => Vertex} */
  const addVertex = (id, rank, node, size) => {
    const known = vertices.get(id);
    if (known) {
      known.width = Math.max(known.width, size.width);
      return known;
    }
    const vertex = { id, rank, node, ...size, x: 0, y: 0, gapY: 0 };
    vertices.set(id, vertex);
    layers[rank]?.push(vertex);
    return vertex;
  };
  /** @param {string} name */
  const vertexOf = (name) =>
    addVertex(`node ${name}`, ranks.get(name) ?? 0, nodes.get(name) ?? null, sizes.get(name) ?? { width: 0, height: 0 });
  return { layers, vertexOf, addVertex };
}

/**
 * The names of a graph's nodes in depth-first order, error handlers last.
 * @param {Graph} graph
 */
function depthFirst(graph) {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @param {string} name */
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    const leaving = graph.edges.filter((edge) => edge.from === name);
    for (const edge of leaving.filter(({ isCatch }) => !isCatch)) visit(edge.to);
    for (const edge of leaving.filter(({ isCatch }) => isCatch)) visit(edge.to);
  };
  for (const name of [graph.start, ...graph.nodes.map((node) => node.name)]) visit(name);
  return [...seen].filter((name) => graph.nodes.some((node) => node.name === name));
}
