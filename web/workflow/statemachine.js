// The graph of a state machine as an SVG drawing.
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { svgPath } from "./graph/edges.js";
import { StateCard } from "./statecard.js";
import { takenEdges } from "./visits.js";

/** @import { Visit } from "./executions.js" */
/** @import { PlacedEdge } from "./graph/edges.js" */
/** @import { Point } from "./graph/layers.js" */
/** @import { Layout } from "./graph/layout.js" */

const MARGIN = 12;
/** Room above the first state for the start marker. */
const START_HEIGHT = 44;

/**
 * @param {object} props
 * @param {Layout} props.layout
 * @param {Visit[]} props.visits
 * @param {string | null} props.selected the name of a state
 * @param {(name: string) => void} props.onSelect
 * @param {number} props.now milliseconds since 1970
 */
export function StateMachine({ layout, visits, selected, onSelect, now }) {
  const { start } = layout;
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + START_HEIGHT + MARGIN];
  const taken = takenEdges(visits, layout.edges);
  const isTaken = /** @param {PlacedEdge} edge */ (edge) => taken.has(edge);
  // Taken edges are drawn over the others, and labels over all edges.
  const edges = [...layout.edges.filter((edge) => !isTaken(edge)), ...layout.edges.filter(isTaken)];
  const labelled = edges.filter(({ label, isCatch }) => label && !isCatch);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    // A graph that is wider than its box, as on a phone, is scrolled to its start.
    if (box.current) box.current.scrollLeft = start.x + MARGIN - box.current.clientWidth / 2;
  }, [layout]);
  return html`
    <div class="graph-box" ref=${box}>
      <svg
        class="graph"
        role="group"
        aria-label="States of the workflow"
        width=${width}
        height=${height}
        viewBox=${`${-MARGIN} ${-START_HEIGHT} ${width} ${height}`}
      >
        <defs>${["plain", "taken", "fault"].map((kind) => html`<${Arrowhead} kind=${kind} />`)}</defs>
        <g aria-hidden="true">
          <${Start} at=${start} isTaken=${visits.length > 0} />
          ${edges.map((edge) => html`<${Line} edge=${edge} isTaken=${isTaken(edge)} />`)}
        </g>
        ${layout.nodes.map(
          (node) => html`
            <${StateCard}
              key=${node.name}
              node=${node}
              visits=${visits.filter(({ name }) => name === node.name)}
              isSelected=${selected === node.name}
              onSelect=${onSelect}
              now=${now}
            />
          `,
        )}
        <g aria-hidden="true">${labelled.map((edge) => html`<${Label} edge=${edge} isTaken=${isTaken(edge)} />`)}</g>
      </svg>
    </div>
  `;
}

/** @param {{ kind: string }} props */
function Arrowhead({ kind }) {
  return html`
    <marker
      id=${`arrow-${kind}`}
      class=${`arrow ${kind}`}
      viewBox="0 0 8 8"
      refX="6.5"
      refY="4"
      markerWidth="8"
      markerHeight="8"
      markerUnits="userSpaceOnUse"
      orient="auto"
    >
      <path d="M.5 .8L7 4L.5 7.2Z" />
    </marker>
  `;
}

/** @param {{ at: Point, isTaken: boolean }} props */
function Start({ at: { x, y }, isTaken }) {
  return html`
    <circle class="start" cx=${x} cy=${y - 32} r="5" />
    <path
      class=${`edge ${isTaken ? "taken" : ""}`}
      d=${`M${x},${y - 27}V${y}`}
      marker-end=${`url(#arrow-${isTaken ? "taken" : "plain"})`}
    />
  `;
}

/** @param {{ edge: PlacedEdge, isTaken: boolean }} props */
function Line({ edge, isTaken }) {
  const kind = isTaken ? (edge.isCatch ? "fault" : "taken") : "plain";
  return html`
    <path
      class=${`edge ${isTaken ? kind : ""} ${edge.isCatch ? "catch" : ""}`}
      d=${svgPath(edge.points)}
      marker-end=${`url(#arrow-${kind})`}
    />
  `;
}

/** @param {{ edge: PlacedEdge, isTaken: boolean }} props */
function Label({ edge, isTaken }) {
  return html`<text class=${`edge-label ${isTaken ? "taken" : ""}`} x=${edge.labelAt.x} y=${edge.labelAt.y}>${edge.label}</text>`;
}
