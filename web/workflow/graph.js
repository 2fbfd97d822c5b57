// Where a graph's nodes and edges are drawn: layers from top to bottom (Sugiyama, Tagawa and Toda, 1981).
//
// Nodes are ranked by the longest path, edges over several ranks get a lane of points that they pass through, layers are
// ordered by medians so that few edges cross, and each layer is then moved as close to its neighbours as its order
// allows. Edges of one kind to one node share their lanes, so that many ways to one end are one bundle.

/**
 * @typedef {import("./definition.js").Graph} Graph
 * @typedef {import("./definition.js").Node} Node
 * @typedef {import("./definition.js").Edge} Edge
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{width: number, height: number}} Size
 * @typedef {Node & Size & Point & {depth: number}} PlacedNode Its upper left corner; depth 0 is the outermost graph.
 * @typedef {Edge & {points: Point[], labelAt: Point}} PlacedEdge Corners, from the node it leaves to the one it enters.
 * @typedef {Size & {nodes: PlacedNode[], edges: PlacedEdge[], start: Point}} Layout
 *
 * @typedef {object} Slot A place in a layer: a node's, or one that edges pass through.
 * @property {string} id
 * @property {number} rank
 * @property {Node | null} node
 * @property {number} width
 * @property {number} height
 * @property {number} x Of its middle.
 * @property {number} y Where its layer begins.
 * @property {number} gapY Where its layer ends, and the gap below it begins.
 *
 * @typedef {{from: Slot, to: Slot, edge: Edge, isReversed: boolean}} Link From one layer to the next.
 */

export const NODE_WIDTH = 208;
const GAP = 26;
const LANE_WIDTH = 26;
const LABEL_WIDTH = 104;
const CHANNEL = 18;
const CLEARANCE = 4;
const MIN_GAP = 34;
const LABEL_HEIGHT = 20;
const PADDING = 20;
const FAULT_PORT = 28;
const BACK_PORT = 60;
const HEADER = 18;
const SWEEPS = 12;
const SPREAD_SWEEPS = 400;

/**
 * Place a graph, inner graphs within their nodes; the upper left corner of all is 0, 0.
 * @param {Graph} graph
 * @param {(node: Node) => Size} sizeOf Of a node without inner graphs, or of the head of one with them.
 * @returns {Layout}
 */
export function layOut(graph, sizeOf) {
  return place(graph, sizeOf, 0);
}

/**
 * @param {Graph} graph
 * @param {(node: Node) => Size} sizeOf
 * @param {number} depth
 * @returns {Layout}
 */
function place(graph, sizeOf, depth) {
  /** @type {Map<string, Layout[]>} */
  const inner = new Map(graph.nodes.map((node) => [node.name, node.inner.map((one) => place(one, sizeOf, depth + 1))]));
  /** @type {Map<string, Size>} */
  const sizes = new Map(graph.nodes.map((node) => [node.name, around(sizeOf(node), inner.get(node.name) ?? [])]));
  const { layers, links } = layered(graph, sizes);
  order(layers, links);
  spread(layers, links, mainEdges(graph));
  const channels = stack(layers, links);
  const left = Math.min(...layers.flat().map((slot) => slot.x - slot.width / 2));
  for (const slot of layers.flat()) slot.x -= left;

  /** @type {PlacedNode[]} */
  const nodes = [];
  /** @type {PlacedEdge[]} */
  const innerEdges = [];
  for (const slot of layers.flat()) {
    if (!slot.node) continue;
    const { width, height, node } = slot;
    const corner = { x: slot.x - width / 2, y: slot.y };
    nodes.push({ ...node, width, height, ...corner, depth });
    let x = corner.x + PADDING;
    for (const one of inner.get(node.name) ?? []) {
      const y = corner.y + sizeOf(node).height + HEADER;
      nodes.push(...one.nodes.map((each) => ({ ...each, x: each.x + x, y: each.y + y })));
      innerEdges.push(...one.edges.map((edge) => moved(edge, x, y)));
      x += one.width + GAP;
    }
  }
  const edges = graph.edges.map((edge) => routed(edge, links, channels));
  const first = layers.flat().find((slot) => slot.node?.name === graph.start);
  return {
    nodes,
    edges: [...edges, ...innerEdges],
    width: Math.max(...layers.flat().map((slot) => slot.x + slot.width / 2)),
    height: Math.max(...nodes.map((node) => node.y + node.height)),
    start: { x: first?.x ?? 0, y: first?.y ?? 0 },
  };
}

/**
 * The size of a node around its inner graphs, which stand side by side.
 * @param {Size} head
 * @param {Layout[]} inner
 */
function around(head, inner) {
  if (!inner.length) return head;
  const width = inner.reduce((sum, one) => sum + one.width, GAP * (inner.length - 1));
  const height = Math.max(...inner.map((one) => one.height));
  return { width: Math.max(head.width, width + 2 * PADDING), height: head.height + HEADER + height + PADDING };
}

/**
 * @param {PlacedEdge} edge
 * @param {number} x
 * @param {number} y
 */
function moved(edge, x, y) {
  /** @type {(point: Point) => Point} */
  const move = (point) => ({ x: point.x + x, y: point.y + y });
  return { ...edge, points: edge.points.map(move), labelAt: move(edge.labelAt) };
}

/**
 * The edges that lead back to where their path came from; turned round, no path is a circle.
 * @param {Graph} graph
 * @returns {Set<Edge>}
 */
export function backEdges(graph) {
  /** @type {Set<Edge>} */
  const back = new Set();
  /** @type {Map<string, "open" | "done">} */
  const seen = new Map();
  /** @param {string} name */
  const visit = (name) => {
    seen.set(name, "open");
    for (const edge of graph.edges) {
      if (edge.from !== name) continue;
      if (seen.get(edge.to) === "open") back.add(edge);
      else if (!seen.has(edge.to)) visit(edge.to);
    }
    seen.set(name, "done");
  };
  for (const name of [graph.start, ...graph.nodes.map((node) => node.name)]) if (!seen.has(name)) visit(name);
  return back;
}

/**
 * Each node's layer: one below the lowest of those that lead to it.
 * @param {Graph} graph
 * @param {Set<Edge>} back
 * @returns {Map<string, number>}
 */
export function ranksOf(graph, back = backEdges(graph)) {
  /** @type {Map<string, number>} */
  const ranks = new Map();
  /** @type {(name: string) => number} */
  const rank = (name) => {
    const known = ranks.get(name);
    if (known !== undefined) return known;
    const above = graph.edges.flatMap((edge) => {
      if (edge.from === edge.to) return [];
      if (back.has(edge)) return edge.from === name ? [edge.to] : [];
      return edge.to === name ? [edge.from] : [];
    });
    const found = Math.max(-1, ...above.map(rank)) + 1;
    ranks.set(name, found);
    return found;
  };
  for (const node of graph.nodes) rank(node.name);
  return ranks;
}

/**
 * @param {Graph} graph
 * @param {Map<string, Size>} sizes
 */
function layered(graph, sizes) {
  const back = backEdges(graph);
  const ranks = ranksOf(graph, back);
  /** @type {Map<string, Slot>} */
  const slots = new Map();
  /** @type {Slot[][]} */
  const layers = Array.from({ length: Math.max(...ranks.values()) + 1 }, () => []);
  /** @type {(id: string, rank: number, node: Node | null, size: Size) => Slot} */
  const slot = (id, rank, node, size) => {
    const known = slots.get(id);
    if (known) {
      known.width = Math.max(known.width, size.width);
      return known;
    }
    const made = { id, rank, node, ...size, x: 0, y: 0, gapY: 0 };
    slots.set(id, made);
    layers[rank]?.push(made);
    return made;
  };
  /** @type {Map<string, Node>} */
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  /** @type {(name: string) => Slot} */
  const slotOf = (name) => slot(`node ${name}`, ranks.get(name) ?? 0, byName.get(name) ?? null, sizes.get(name) ?? { width: 0, height: 0 });
  /** @type {Link[]} */
  const links = [];
  for (const name of depthFirst(graph)) slotOf(name);
  for (const edge of graph.edges) {
    if (edge.from === edge.to) continue;
    const isReversed = back.has(edge);
    const [upper, lower] = isReversed ? [edge.to, edge.from] : [edge.from, edge.to];
    let from = slotOf(upper);
    for (let rank = from.rank + 1; rank < slotOf(lower).rank; rank += 1) {
      const kind = edge.isCatch ? "catch" : isReversed ? `back ${upper}` : "next";
      const width = rank === from.rank + 1 && from.node && edge.label && !edge.isCatch ? LABEL_WIDTH : LANE_WIDTH;
      const to = slot(`lane ${kind} ${lower} ${rank}`, rank, null, { width, height: 0 });
      links.push({ from, to, edge, isReversed });
      from = to;
    }
    links.push({ from, to: slotOf(lower), edge, isReversed });
  }
  return { layers, links };
}

/**
 * The names of a graph's nodes as one comes by them, the ways of errors last.
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
    for (const edge of leaving.filter((one) => !one.isCatch)) visit(edge.to);
    for (const edge of leaving.filter((one) => one.isCatch)) visit(edge.to);
  };
  for (const name of [graph.start, ...graph.nodes.map((node) => node.name)]) visit(name);
  return [...seen].filter((name) => graph.nodes.some((node) => node.name === name));
}

/**
 * Order each layer so that few links cross: by the mean of their neighbours, then by swapping those side by side.
 * @param {Slot[][]} layers
 * @param {Link[]} links
 */
function order(layers, links) {
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(layers, links);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : [...layers].reverse()) {
      const beside = layers[layers.indexOf(layer) + (isDown ? -1 : 1)];
      if (!beside) continue;
      const means = layer.map((slot, index) => {
        const places = links
          .filter((link) => (isDown ? link.to : link.from) === slot)
          .map((link) => beside.indexOf(isDown ? link.from : link.to));
        return { slot, mean: places.length ? sum(places) / places.length : index };
      });
      means.sort((a, b) => a.mean - b.mean);
      layer.splice(0, layer.length, ...means.map(({ slot }) => slot));
    }
    swap(layers, links);
    const found = crossings(layers, links);
    if (found < fewest) [best, fewest] = [layers.map((layer) => [...layer]), found];
  }
  layers.splice(0, layers.length, ...best);
}

/**
 * Swap slots side by side for as long as that leaves fewer crossings.
 * @param {Slot[][]} layers
 * @param {Link[]} links
 */
function swap(layers, links) {
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const layer of layers) {
      for (let index = 1; index < layer.length; index += 1) {
        const before = crossings(layers, links);
        layer.splice(index - 1, 2, ...layer.slice(index - 1, index + 1).reverse());
        if (crossings(layers, links) < before) hasChanged = true;
        else layer.splice(index - 1, 2, ...layer.slice(index - 1, index + 1).reverse());
      }
    }
  }
}

/**
 * How much links cross; where errors lead may cross rather.
 * @param {Slot[][]} layers
 * @param {Link[]} links
 */
function crossings(layers, links) {
  const places = new Map(layers.flatMap((layer) => layer.map((slot, index) => [slot, index])));
  /** @type {(slot: Slot) => number} */
  const at = (slot) => places.get(slot) ?? 0;
  let found = 0;
  for (const [index, a] of links.entries()) {
    for (const b of links.slice(index + 1)) {
      if (a.from.rank !== b.from.rank || (at(a.from) - at(b.from)) * (at(a.to) - at(b.to)) >= 0) continue;
      found += (a.edge.isCatch ? 1 : 2) * (b.edge.isCatch ? 1 : 2);
    }
  }
  return found;
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}

/**
 * Give each slot its x: as near to its neighbours in the layers beside as the layer's order allows. Errors lead to the
 * right: where they do not, left and right change places.
 * @param {Slot[][]} layers
 * @param {Link[]} links
 * @param {Set<Edge>} main
 */
function spread(layers, links, main) {
  for (const layer of layers) settle(layer.map((slot) => ({ slot, goal: 0, weight: 1 })));
  for (let sweep = 0; sweep < SPREAD_SWEEPS; sweep += 1) {
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      settle(
        layer.map((slot) => {
          let weight = 0;
          let total = 0;
          for (const link of links) {
            const other = link.from === slot ? link.to : link.to === slot ? link.from : null;
            if (!other) continue;
            // Divided by the distance, the sum of all distances becomes least, and not of their squares: a few long
            // bends look better than many short ones.
            const straight = other.x + backPort(link, other) - backPort(link, slot);
            const pull = pullOf(link, main) / Math.max(1, Math.abs(straight - slot.x));
            weight += pull;
            total += pull * straight;
          }
          return weight ? { slot, goal: total / weight, weight } : { slot, goal: slot.x, weight: 0.1 };
        }),
      );
    }
  }
  const all = layers.flat();
  const faults = links.filter((link) => link.edge.isCatch).map((link) => link.to.x);
  if (faults.length && sum(faults) / faults.length < sum(all.map((slot) => slot.x)) / all.length) {
    for (const slot of all) slot.x = -slot.x;
  }
}

/**
 * How much a link wants to be straight: a lane more than anything, then the way on; where an error leads bends rather.
 * @param {Link} link
 * @param {Set<Edge>} main
 */
function pullOf({ from, to, edge }, main) {
  if (!from.node && !to.node) return 40;
  if (edge.isCatch) return 0.2;
  return main.has(edge) ? 12 : edge.label ? 1 : 3;
}

/**
 * The way on from the start: of each state, the first that it leads to.
 * @param {Graph} graph
 * @returns {Set<Edge>}
 */
function mainEdges(graph) {
  /** @type {Set<Edge>} */
  const found = new Set();
  let name = graph.start;
  for (;;) {
    const edge = graph.edges.find((one) => one.from === name && !one.isCatch);
    if (!edge || found.has(edge)) return found;
    found.add(edge);
    name = edge.to;
  }
}

/**
 * The x of a layer's slots with the least weighted squares from their goals, each its distance from the one before.
 *
 * By pooling adjacent violators: slots that would come too close are moved as one block.
 * @param {{slot: Slot, goal: number, weight: number}[]} wishes
 */
function settle(wishes) {
  /** @type {{at: number, weight: number, members: {slot: Slot, offset: number}[]}[]} */
  const blocks = [];
  let offset = 0;
  /** @type {Slot | null} */
  let before = null;
  for (const { slot, goal, weight } of wishes) {
    if (before) offset += (before.width + slot.width) / 2 + GAP;
    before = slot;
    let block = { at: goal - offset, weight, members: [{ slot, offset }] };
    for (let last = blocks.at(-1); last && last.at >= block.at; last = blocks.at(-1)) {
      blocks.pop();
      const both = last.weight + block.weight;
      const at = (last.at * last.weight + block.at * block.weight) / both;
      block = { at, weight: both, members: [...last.members, ...block.members] };
    }
    blocks.push(block);
  }
  for (const { at, members } of blocks) for (const member of members) member.slot.x = at + member.offset;
}

/**
 * Give each slot its y. Returns in which channel of the gap below its layer each link goes sideways: links that neither
 * leave nor enter the same slot do not run into each other.
 * @param {Slot[][]} layers
 * @param {Link[]} links
 */
function stack(layers, links) {
  /** @type {Map<Link, number>} */
  const channels = new Map();
  let y = 0;
  for (const layer of layers) {
    const leaving = links.filter((link) => layer.includes(link.from));
    const used = assign(leaving, channels);
    const hasLabels = leaving.some((link) => link.from.node && link.edge.label && !link.edge.isCatch);
    const gapY = y + Math.max(0, ...layer.map((slot) => slot.height));
    for (const slot of layer) Object.assign(slot, { y, gapY });
    y = gapY + MIN_GAP + Math.max(0, used - 1) * CHANNEL + (hasLabels ? LABEL_HEIGHT : 0);
  }
  return channels;
}

/**
 * Give channels to the links of one gap; how many there are.
 * @param {Link[]} links
 * @param {Map<Link, number>} channels
 */
function assign(links, channels) {
  /** @type {Map<string, Link[]>} */
  const bundles = new Map();
  for (const link of links) {
    const [start, end] = ends(link);
    if (Math.abs(start - end) < 1) continue;
    const key = link.edge.isCatch ? `to ${link.to.id}` : link.isReversed ? `back ${link.from.id}` : link.from.node ? `from ${link.from.id}` : `to ${link.to.id}`;
    bundles.set(key, [...(bundles.get(key) ?? []), link]);
  }
  /** @type {{start: number, end: number, channel: number}[]} */
  const taken = [];
  const spans = [...bundles.values()].map((bundle) => {
    const all = bundle.flatMap(ends);
    return { bundle, start: Math.min(...all), end: Math.max(...all) };
  });
  // What fans out from a node goes first, so that its labels stand right below it.
  for (const { bundle, start, end } of spans.sort((a, b) => a.end - a.start - (b.end - b.start))) {
    const beside = taken.filter((one) => end >= one.start - CLEARANCE && start <= one.end + CLEARANCE);
    let channel = 0;
    while (beside.some((one) => one.channel === channel)) channel += 1;
    taken.push({ start, end, channel });
    for (const link of bundle) channels.set(link, channel);
  }
  return Math.max(0, ...taken.map((one) => one.channel + 1));
}

/**
 * Where a link begins and ends sideways: errors leave and enter a node further right, and ways back between them and
 * the ways on, so that no line has two directions.
 * @param {Link} link
 * @returns {[number, number]}
 */
function ends(link) {
  /** @type {(slot: Slot) => number} */
  const at = (slot) => slot.x + (link.edge.isCatch && slot.node ? slot.width / 2 - FAULT_PORT : backPort(link, slot));
  return [at(link.from), at(link.to)];
}

/**
 * How far right of a node's middle a way back leaves or enters it.
 * @param {Link} link
 * @param {Slot} slot
 */
function backPort(link, slot) {
  return link.isReversed && slot.node ? Math.min(BACK_PORT, slot.width * 0.3) : 0;
}

/**
 * @param {Edge} edge
 * @param {Link[]} links
 * @param {Map<Link, number>} channels
 * @returns {PlacedEdge}
 */
function routed(edge, links, channels) {
  const own = links.filter((link) => link.edge === edge);
  /** @type {Point[]} */
  const points = [];
  for (const link of own) {
    const [start, end] = ends(link);
    points.push({ x: start, y: link.from.y + link.from.height });
    const channel = channels.get(link);
    if (channel !== undefined) {
      const y = link.from.gapY + MIN_GAP / 2 + channel * CHANNEL;
      points.push({ x: start, y }, { x: end, y });
    }
    points.push({ x: end, y: link.to.y });
  }
  const [first] = own;
  const labelAt = { x: first ? ends(first)[1] : 0, y: (first?.to.y ?? 0) - LABEL_HEIGHT + 2 };
  return { ...edge, points: simplified(first?.isReversed ? points.reverse() : points), labelAt };
}

/**
 * Without the points that lie on a straight line between their neighbours.
 * @param {Point[]} points
 */
function simplified(points) {
  return points.filter((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (!before || !after) return true;
    return !((before.x === point.x && point.x === after.x) || (before.y === point.y && point.y === after.y));
  });
}

/**
 * A line through points with rounded corners, as an SVG path.
 * @param {Point[]} points
 * @param {number} radius
 */
export function pathThrough(points, radius = 8) {
  return points
    .map((point, index) => {
      const [before, after] = [points[index - 1], points[index + 1]];
      if (!before) return `M${rounded(point)}`;
      if (!after) return `L${rounded(point)}`;
      return `L${rounded(towards(point, before, radius))}Q${rounded(point)} ${rounded(towards(point, after, radius))}`;
    })
    .join("");
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} by
 */
function towards(from, to, by) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length ? Math.min(by, length / 2) / length : 0;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** @param {Point} point */
function rounded({ x, y }) {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}
