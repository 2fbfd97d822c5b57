// The y of each layer, and the channels in the gap below it, in which links run horizontally.
import { endsOf } from "./ports.js";

/** @import { Link, Vertex } from "./layers.js" */

export const MIN_GAP = 34;
export const CHANNEL_HEIGHT = 18;
export const LABEL_HEIGHT = 20;
/** Horizontal distance between two links in one channel. */
const CLEARANCE = 4;

/**
 * Set the y of each vertex.
 * @param {Vertex[][]} layers
 * @param {Link[]} links
 * @returns {Map<Link, number>} the channel of each link that is not vertical, counted from the top
 */
export function placeRows(layers, links) {
  /** @type {Map<Link, number>} */
  const channels = new Map();
  let y = 0;
  for (const layer of layers) {
    const leaving = links.filter((link) => layer.includes(link.from));
    const channelCount = assignChannels(leaving, channels);
    const hasLabels = leaving.some((link) => link.from.node && link.edge.label && !link.edge.isCatch);
    const gapY = y + Math.max(0, ...layer.map((vertex) => vertex.height));
    for (const vertex of layer) Object.assign(vertex, { y, gapY });
    y = gapY + MIN_GAP + Math.max(0, channelCount - 1) * CHANNEL_HEIGHT + (hasLabels ? LABEL_HEIGHT : 0);
  }
  return channels;
}

/**
 * Assign channels to the links of one gap. Links of one bundle share a channel; bundles in one channel do not touch.
 * @param {Link[]} links
 * @param {Map<Link, number>} channels extended
 * @returns the number of channels
 */
function assignChannels(links, channels) {
  /** @type {{start: number, end: number, channel: number}[]} */
  const assigned = [];
  const bundles = bundlesOf(links).map((bundle) => {
    const ends = bundle.flatMap(endsOf);
    return { bundle, start: Math.min(...ends), end: Math.max(...ends) };
  });
  // Short bundles first, so that labels of a choice are directly below it.
  for (const { bundle, start, end } of bundles.sort((a, b) => a.end - a.start - (b.end - b.start))) {
    const overlapping = assigned.filter((other) => end >= other.start - CLEARANCE && start <= other.end + CLEARANCE);
    let channel = 0;
    while (overlapping.some((other) => other.channel === channel)) channel += 1;
    assigned.push({ start, end, channel });
    for (const link of bundle) channels.set(link, channel);
  }
  return Math.max(0, ...assigned.map(({ channel }) => channel + 1));
}

/** Links that may overlap, since they leave or enter one vertex. Vertical links are left out. @param {Link[]} links */
function bundlesOf(links) {
  /** @type {Map<string, Link[]>} */
  const bundles = new Map();
  for (const link of links) {
    const [start, end] = endsOf(link);
    if (Math.abs(start - end) < 1) continue;
    const key = bundleKey(link);
    bundles.set(key, [...(bundles.get(key) ?? []), link]);
  }
  return [...bundles.values()];
}

/** @param {Link} link */
function bundleKey({ from, to, edge, isReversed }) {
  if (edge.isCatch) return `to ${to.id}`;
  if (isReversed) return `back ${from.id}`;
  return from.node ? `from ${from.id}` : `to ${to.id}`;
}
