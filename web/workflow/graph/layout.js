// The layout of a graph in layers from top to bottom (Sugiyama, Tagawa and Toda, 1981).
import { VERTEX_GAP, placeColumns } from "./columns.js";
import { reduceCrossings } from "./crossings.js";
import { moveEdge, placeEdge } from "./edges.js";
import { layersOf } from "./layers.js";
import { placeRows } from "./rows.js";

/**
 * @import { Graph, Node } from "../definition.js"
 * @import { PlacedEdge } from "./edges.js"
 * @import { Point, Size } from "./layers.js"
 *
 * @typedef {Node & Size & Point & {depth: number}} PlacedNode `x` and `y` of its upper left corner; depth 0 is the outermost graph.
 * @typedef {Size & {nodes: PlacedNode[], edges: PlacedEdge[], start: Point}} Layout
 */

/** Around the inner graphs of a node. */
const PADDING = 20;
/** Between the header of a node and its inner graphs. */
const HEADER_GAP = 18;

/**
 * Place the nodes and edges of a graph, inner graphs within their nodes. The upper left corner is 0, 0.
 * @param {Graph} graph
 * @param {(node: Node) => Size} sizeOf of a node, or of the header of a node with inner graphs
 * @param {number} depth of the graph; 0 is the outermost
 * @returns {Layout}
 */
export function layOut(graph, sizeOf, depth = 0) {
  /** @type {Map<string, Layout[]>} */
  const inner = new Map(graph.nodes.map((node) => [node.name, node.inner.map((one) => layOut(one, sizeOf, depth + 1))]));
  /** @type {Map<string, Size>} */
  const sizes = new Map(graph.nodes.map((node) => [node.name, outerSize(sizeOf(node), inner.get(node.name) ?? [])]));
  const { layers, links } = layersOf(graph, sizes);
  reduceCrossings(layers, links);
  placeColumns(graph, layers, links);
  const channels = placeRows(layers, links);
  const vertices = layers.flat();
  const left = Math.min(...vertices.map((vertex) => vertex.x - vertex.width / 2));
  for (const vertex of vertices) vertex.x -= left;

  /** @type {PlacedNode[]} */
  const nodes = [];
  const edges = graph.edges.map((edge) => placeEdge(edge, links, channels));
  for (const { x: centre, y, width, height, node } of vertices) {
    if (!node) continue;
    const x = centre - width / 2;
    nodes.push({ ...node, width, height, x, y, depth });
    const moved = moveInner(inner.get(node.name) ?? [], x + PADDING, y + sizeOf(node).height + HEADER_GAP);
    nodes.push(...moved.nodes);
    edges.push(...moved.edges);
  }
  const start = vertices.find((vertex) => vertex.node?.name === graph.start);
  return {
    nodes,
    edges,
    width: Math.max(...vertices.map((vertex) => vertex.x + vertex.width / 2)),
    height: Math.max(...nodes.map((node) => node.y + node.height)),
    start: { x: start?.x ?? 0, y: start?.y ?? 0 },
  };
}

/**
 * The size of a node around its inner graphs, which are placed side by side.
 * @param {Size} header
 * @param {Layout[]} inner
 */
function outerSize(header, inner) {
  if (!inner.length) return header;
  const width = inner.reduce((sum, one) => sum + one.width, VERTEX_GAP * (inner.length - 1));
  const height = Math.max(...inner.map((one) => one.height));
  return { width: Math.max(header.width, width + 2 * PADDING), height: header.height + HEADER_GAP + height + PADDING };
}

/**
 * The nodes and edges of inner graphs at their place in the outer graph.
 * @param {Layout[]} inner
 * @param {number} left
 * @param {number} top
 */
function moveInner(inner, left, top) {
  /** @type {PlacedNode[]} */
  const nodes = [];
  /** @type {PlacedEdge[]} */
  const edges = [];
  let x = left;
  for (const one of inner) {
    nodes.push(...one.nodes.map((node) => ({ ...node, x: node.x + x, y: node.y + top })));
    edges.push(...one.edges.map((edge) => moveEdge(edge, x, top)));
    x += one.width + VERTEX_GAP;
  }
  return { nodes, edges };
}
