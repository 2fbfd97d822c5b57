// The order of the vertices in each layer, chosen so that few links cross.

/** @import { Link, Vertex } from "./layers.js" */

const MAX_SWEEPS = 12;

/**
 * Reorder each layer in place: first by the mean position of the neighbours, then by swapping adjacent vertices.
 * @param {Vertex[][]} layers
 * @param {Link[]} links
 */
export function reduceCrossings(layers, links) {
  let best = layers.map((layer) => [...layer]);
  let fewest = crossingCost(layers, links);
  for (let sweep = 0; sweep < MAX_SWEEPS && fewest > 0; sweep += 1) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : [...layers].reverse()) {
      const neighbours = layers[layers.indexOf(layer) + (isDown ? -1 : 1)];
      if (neighbours) sortByMeans(layer, neighbours, links, isDown);
    }
    swapAdjacent(layers, links);
    const cost = crossingCost(layers, links);
    if (cost < fewest) [best, fewest] = [layers.map((layer) => [...layer]), cost];
  }
  layers.splice(0, layers.length, ...best);
}

/**
 * @param {Vertex[]} layer
 * @param {Vertex[]} neighbours the layer above or below
 * @param {Link[]} links
 * @param {boolean} isAbove whether `neighbours` is the layer above
 */
function sortByMeans(layer, neighbours, links, isAbove) {
  const means = layer.map((vertex, index) => {
    const positions = links
      .filter((link) => (isAbove ? link.to : link.from) === vertex)
      .map((link) => neighbours.indexOf(isAbove ? link.from : link.to));
    const total = positions.reduce((sum, position) => sum + position, 0);
    return { vertex, mean: positions.length ? total / positions.length : index };
  });
  means.sort((a, b) => a.mean - b.mean);
  layer.splice(0, layer.length, ...means.map(({ vertex }) => vertex));
}

/**
 * Swap adjacent vertices as long as that reduces the crossings.
 * @param {Vertex[][]} layers
 * @param {Link[]} links
 */
function swapAdjacent(layers, links) {
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const layer of layers) {
      for (let index = 1; index < layer.length; index += 1) {
        const before = crossingCost(layers, links);
        layer.splice(index - 1, 2, ...layer.slice(index - 1, index + 1).reverse());
        if (crossingCost(layers, links) < before) hasChanged = true;
        else layer.splice(index - 1, 2, ...layer.slice(index - 1, index + 1).reverse());
      }
    }
  }
}

/**
 * The number of crossings, weighted: those of links to error handlers count less.
 * @param {Vertex[][]} layers
 * @param {Link[]} links
 */
function crossingCost(layers, links) {
  const positions = new Map(layers.flatMap((layer) => layer.map((vertex, index) => [vertex, index])));
  /** @type {(vertex: Vertex) => number} */
  const positionOf = (vertex) => positions.get(vertex) ?? 0;
  let cost = 0;
  for (const [index, a] of links.entries()) {
    for (const b of links.slice(index + 1)) {
      if (a.from.rank !== b.from.rank) continue;
      if ((positionOf(a.from) - positionOf(b.from)) * (positionOf(a.to) - positionOf(b.to)) >= 0) continue;
      cost += (a.edge.isCatch ? 1 : 2) * (b.edge.isCatch ? 1 : 2);
    }
  }
  return cost;
}
