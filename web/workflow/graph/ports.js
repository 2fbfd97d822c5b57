// Where links leave and enter a node, so that edges of different kinds do not overlap.

/** @import { Link, Vertex } from "./layers.js" */

/** From the right side of a node to the port of its error edges. */
const CATCH_PORT_OFFSET = 28;
/** From the centre of a node to the port of its back edges, which is between those of the other edges. */
const BACK_PORT_OFFSET = 60;

/**
 * The x of a link's two ends.
 * @param {Link} link
 * @returns {[number, number]}
 */
export function endsOf(link) {
  /** @type {(vertex: Vertex) => number} */
  const at = (vertex) =>
    vertex.x + (link.edge.isCatch && vertex.node ? vertex.width / 2 - CATCH_PORT_OFFSET : backPortOffset(link, vertex));
  return [at(link.from), at(link.to)];
}

/**
 * How far to the right of a vertex's centre a link leaves or enters it, if the link is part of a back edge; else 0.
 * @param {Link} link
 * @param {Vertex} vertex
 */
export function backPortOffset({ isReversed }, { node, width }) {
  return isReversed && node ? Math.min(BACK_PORT_OFFSET, width * 0.3) : 0;
}
