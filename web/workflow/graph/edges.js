// The lines of a graph's edges.
import { endsOf } from "./ports.js";
import { CHANNEL_HEIGHT, LABEL_HEIGHT, MIN_GAP } from "./rows.js";

/**
 * @import { Edge } from "../definition.js"
 * @import { Link, Point } from "./layers.js"
 *
 * @typedef {Edge & {points: Point[], labelAt: Point}} PlacedEdge `points` are the corners, from the source to the target.
 */

/**
 * @param {Edge} edge
 * @param {Link[]} links of all edges, with the positions of their vertices
 * @param {Map<Link, number>} channels
 * @returns {PlacedEdge}
 */
export function placeEdge(edge, links, channels) {
  const own = links.filter((link) => link.edge === edge);
  /** @type {Point[]} */
  const points = [];
  for (const link of own) {
    const [start, end] = endsOf(link);
    points.push({ x: start, y: link.from.y + link.from.height });
    const channel = channels.get(link);
    if (channel !== undefined) {
      const y = link.from.gapY + MIN_GAP / 2 + channel * CHANNEL_HEIGHT;
      points.push({ x: start, y }, { x: end, y });
    }
    points.push({ x: end, y: link.to.y });
  }
  const [first] = own;
  const labelAt = { x: first ? endsOf(first)[1] : 0, y: (first?.to.y ?? 0) - LABEL_HEIGHT + 2 };
  return { ...edge, points: withoutMidpoints(first?.isReversed ? points.reverse() : points), labelAt };
}

/**
 * @param {PlacedEdge} edge
 * @param {number} x
 * @param {number} y
 * @returns {PlacedEdge}
 */
export function moveEdge(edge, x, y) {
  /** @type {(point: Point) => Point} */
  const move = (point) => ({ x: point.x + x, y: point.y + y });
  return { ...edge, points: edge.points.map(move), labelAt: move(edge.labelAt) };
}

/**
 * The SVG path through points, with rounded corners.
 * @param {Point[]} points
 * @param {number} radius
 */
export function svgPath(points, radius = 8) {
  return points
    .map((point, index) => {
      const [previous, next] = [points[index - 1], points[index + 1]];
      if (!previous) return `M${format(point)}`;
      if (!next) return `L${format(point)}`;
      return `L${format(towards(point, previous, radius))}Q${format(point)} ${format(towards(point, next, radius))}`;
    })
    .join("");
}

/** Remove the points on a straight line between their neighbours. @param {Point[]} points */
function withoutMidpoints(points) {
  return points.filter((point, index) => {
    const [previous, next] = [points[index - 1], points[index + 1]];
    if (!previous || !next) return true;
    const isVertical = previous.x === point.x && next.x === point.x;
    const isHorizontal = previous.y === point.y && next.y === point.y;
    return !isVertical && !isHorizontal;
  });
}

/**
 * The point at a distance from one point towards another, at most half the way.
 * @param {Point} from
 * @param {Point} to
 * @param {number} distance
 */
function towards(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length ? Math.min(distance, length / 2) / length : 0;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** @param {Point} point */
function format({ x, y }) {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}
