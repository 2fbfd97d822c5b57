// The x of each vertex: as close to its neighbours in other layers as the order of its layer allows.
import { backPortOffset } from "./ports.js";

/** @import { Edge, Graph } from "../definition.js" */
/** @import { Link, Vertex } from "./layers.js" */

/** Between two vertices of a layer. */
export const VERTEX_GAP = 26;
const SWEEPS = 400;

/**
 * Set the x of each vertex. Error handlers are on the right: if they are not, the graph is mirrored.
 * @param {Graph} graph
 * @param {Vertex[][]} layers
 * @param {Link[]} links
 */
export function placeColumns(graph, layers, links) {
  const mainPath = mainPathOf(graph);
  for (const layer of layers) separate(layer.map((vertex) => ({ vertex, target: 0, weight: 1 })));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      separate(layer.map((vertex) => targetOf(vertex, links, mainPath)));
    }
  }
  const all = layers.flat();
  const handlers = links.filter((link) => link.edge.isCatch).map((link) => link.to.x);
  if (handlers.length && mean(handlers) < mean(all.map((vertex) => vertex.x))) {
    for (const vertex of all) vertex.x = -vertex.x;
  }
}

/** @typedef {{vertex: Vertex, target: number, weight: number}} Target The x that a vertex should have, and how much. */

/**
 * @param {Vertex} vertex
 * @param {Link[]} links
 * @param {Set<Edge>} mainPath
 * @returns {Target}
 */
function targetOf(vertex, links, mainPath) {
  let weight = 0;
  let total = 0;
  for (const link of links) {
    const other = link.from === vertex ? link.to : link.to === vertex ? link.from : null;
    if (!other) continue;
    const straightX = other.x + backPortOffset(link, other) - backPortOffset(link, vertex);
    // Dividing by the distance minimizes the sum of distances instead of that of their squares: a few long bends are
    // easier to read than many short ones.
    const linkWeight = weightOf(link, mainPath) / Math.max(1, Math.abs(straightX - vertex.x));
    weight += linkWeight;
    total += linkWeight * straightX;
  }
  return weight ? { vertex, target: total / weight, weight } : { vertex, target: vertex.x, weight: 0.1 };
}

/**
 * How important it is that a link is straight: most between dummy vertices, then on the main path, least for errors.
 * @param {Link} link
 * @param {Set<Edge>} mainPath
 */
function weightOf({ from, to, edge }, mainPath) {
  if (!from.node && !to.node) return 40;
  if (edge.isCatch) return 0.2;
  if (mainPath.has(edge)) return 12;
  return edge.label ? 1 : 3;
}

/**
 * The path from the start along the first edge of each node.
 * @param {Graph} graph
 * @returns {Set<Edge>}
 */
function mainPathOf(graph) {
  /** @type {Set<Edge>} */
  const path = new Set();
  let name = graph.start;
  for (;;) {
    const edge = graph.edges.find(({ from, isCatch }) => from === name && !isCatch);
    if (!edge || path.has(edge)) return path;
    path.add(edge);
    name = edge.to;
  }
}

/**
 * Set the x of a layer's vertices so that the weighted squares of the distances to their targets are least, and no two
 * vertices overlap. This is isotonic regression by pooling adjacent violators: vertices that would overlap are moved as
 * one block.
 * @param {Target[]} targets in the order of the layer
 */
function separate(targets) {
  /** @type {{x: number, weight: number, members: {vertex: Vertex, offset: number}[]}[]} */
  const blocks = [];
  let offset = 0;
  /** @type {Vertex | null} */
  let previous = null;
  for (const { vertex, target, weight } of targets) {
    if (previous) offset += (previous.width + vertex.width) / 2 + VERTEX_GAP;
    previous = vertex;
    let block = { x: target - offset, weight, members: [{ vertex, offset }] };
    for (let last = blocks.at(-1); last && last.x >= block.x; last = blocks.at(-1)) {
      blocks.pop();
      const total = last.weight + block.weight;
      const x = (last.x * last.weight + block.x * block.weight) / total;
      block = { x, weight: total, members: [...last.members, ...block.members] };
    }
    blocks.push(block);
  }
  for (const { x, members } of blocks) for (const member of members) member.vertex.x = x + member.offset;
}

/** @param {number[]} numbers */
function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
