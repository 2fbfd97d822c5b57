// A state machine as a drawing: its states as cards that can be selected, coloured and marked by what became of them.
import { html } from "htm/preact";
import { pathThrough } from "./graph.js";
import { useEffect, useRef } from "preact/hooks";
import { markOf, seconds, takenEdges } from "./story.js";

/** @import { Node } from "./definition.js" */
/** @import { Layout, PlacedEdge, PlacedNode, Size } from "./graph.js" */
/** @import { Mark, Visit } from "./story.js" */

const MARGIN = 12;
const START = 44;
const COMMENT_WIDTH = 31;

/** What became of a state, in a word or two. @type {Record<Mark, string>} */
export const WORDS = {
  succeeded: "done",
  running: "running",
  caught: "error handled",
  failed: "ended in error",
  timed_out: "out of time",
  aborted: "stopped",
  skipped: "did not run",
};

/** The glyphs in a circle of radius 8 around 0, 0. @type {Record<Mark, string>} */
const GLYPHS = {
  succeeded: "M-3.8 .2L-1.2 2.8L3.8 -2.6",
  running: "M0 -3.6A3.6 3.6 0 1 1 -3.6 0",
  caught: "M0 -4.2V.6M0 3.4V3.6",
  failed: "M-2.8 -2.8L2.8 2.8M-2.8 2.8L2.8 -2.8",
  timed_out: "M0 -3.8V.2L2.6 1.8",
  aborted: "M-2.4 -2.4H2.4V2.4H-2.4Z",
  skipped: "M-3 0H3",
};

/** How large a node's card is; of a Map or a Parallel, its head. @param {Node} node @returns {Size} */
export function sizeOf(node) {
  return node.type === "Choice" ? { width: 200, height: 48 } : { width: 216, height: 86 };
}

/**
 * @param {object} props
 * @param {Layout} props.layout
 * @param {Visit[]} props.visits
 * @param {string | null} props.selected A state's name.
 * @param {(name: string) => void} props.onSelect
 * @param {number} props.now Milliseconds since 1970.
 */
export function StateMachine({ layout, visits, selected, onSelect, now }) {
  const taken = takenEdges(visits, layout.edges);
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + START + MARGIN];
  const isTaken = /** @param {PlacedEdge} edge */ (edge) => taken.has(edge);
  // What was not taken lies below what was, and no line lies on a label.
  const edges = [...layout.edges.filter((edge) => !isTaken(edge)), ...layout.edges.filter(isTaken)];
  const { start } = layout;
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    // Where the graph is wider than its box, as on a phone, one first sees where it begins.
    if (box.current) box.current.scrollLeft = start.x + MARGIN - box.current.clientWidth / 2;
  }, [layout]);
  return html`
    <div class="graph-box" ref=${box}>
      <svg
        class="graph"
        role="group"
        aria-label="The workflow's states"
        width=${width}
        height=${height}
        viewBox=${`${-MARGIN} ${-START} ${width} ${height}`}
      >
        <defs>
          ${["plain", "taken", "fault"].map(
            (kind) => html`
              <marker id=${`arrow-${kind}`} class=${`arrow ${kind}`} viewBox="0 0 8 8" refX="6.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
                <path d="M.5 .8L7 4L.5 7.2Z" />
              </marker>
            `,
          )}
        </defs>
        <g aria-hidden="true">
          <circle class="start" cx=${start.x} cy=${start.y - 32} r="5" />
          <path
            class=${`edge ${visits.length ? "taken" : ""}`}
            d=${`M${start.x},${start.y - 27}V${start.y}`}
            marker-end=${`url(#arrow-${visits.length ? "taken" : "plain"})`}
          />
          ${edges.map((edge) => html`<${Line} edge=${edge} isTaken=${isTaken(edge)} />`)}
        </g>
        ${layout.nodes.map(
          (node) => html`
            <${State}
              key=${node.name}
              node=${node}
              visits=${visits.filter(({ name }) => name === node.name)}
              isSelected=${selected === node.name}
              onSelect=${onSelect}
              now=${now}
            />
          `,
        )}
        <g aria-hidden="true">
          ${edges.filter(({ label, isCatch }) => label && !isCatch).map((edge) => html`<${Label} edge=${edge} isTaken=${isTaken(edge)} />`)}
        </g>
      </svg>
    </div>
  `;
}

/** @param {{ edge: PlacedEdge, isTaken: boolean }} props */
function Line({ edge, isTaken }) {
  const kind = isTaken ? (edge.isCatch ? "fault" : "taken") : "plain";
  return html`
    <path
      class=${`edge ${isTaken ? kind : ""} ${edge.isCatch ? "catch" : ""}`}
      d=${pathThrough(edge.points)}
      marker-end=${`url(#arrow-${kind})`}
    />
  `;
}

/** @param {{ edge: PlacedEdge, isTaken: boolean }} props */
function Label({ edge, isTaken }) {
  return html`<text class=${`edge-label ${isTaken ? "taken" : ""}`} x=${edge.labelAt.x} y=${edge.labelAt.y}>${edge.label}</text>`;
}

/**
 * @param {object} props
 * @param {PlacedNode} props.node
 * @param {Visit[]} props.visits To this state.
 * @param {boolean} props.isSelected
 * @param {(name: string) => void} props.onSelect
 * @param {number} props.now
 */
function State({ node, visits, isSelected, onSelect, now }) {
  const mark = markOf(visits);
  const told = outcomeOf(node, visits, mark, now);
  const label = `${node.name}. ${node.comment ? `${node.comment}. ` : ""}${told}`;
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onSelect(node.name);
  };
  return html`
    <g
      class=${`state ${mark} ${node.inner.length ? "outer" : ""}`}
      transform=${`translate(${node.x},${node.y})`}
      role="button"
      tabindex="0"
      aria-label=${label}
      aria-pressed=${isSelected}
      onClick=${() => onSelect(node.name)}
      onKeyDown=${onKey}
    >
      ${node.type === "Choice" ? html`<${ChoiceCard} node=${node} mark=${mark} />` : html`<${Card} node=${node} mark=${mark} told=${told} />`}
    </g>
  `;
}

/** @param {{ node: PlacedNode, mark: Mark, told: string }} props */
function Card({ node, mark, told }) {
  const radius = node.type === "Succeed" || node.type === "Fail" ? 22 : 9;
  return html`
    <rect class="halo" x="-4" y="-4" width=${node.width + 8} height=${node.height + 8} rx=${radius + 4} />
    <rect class="card" width=${node.width} height=${node.height} rx=${radius} />
    <${Glyph} mark=${mark} x=${20} y=${19} />
    <text>
      <tspan class="state-name" x="35" y="24">${node.name} </tspan>
      ${wrapped(node.comment, COMMENT_WIDTH, 2).map((line, index) => html`<tspan class="state-comment" x="14" y=${43 + index * 14}>${line} </tspan>`)}
      <tspan class="state-told" x="14" y="77">${told}</tspan>
    </text>
  `;
}

/** @param {{ node: PlacedNode, mark: Mark }} props */
function ChoiceCard({ node: { name, width, height }, mark }) {
  const tip = 16;
  /** @param {number} by */
  const hexagon = (by) =>
    `M${-by},${height / 2}L${tip - by / 2},${-by}H${width - tip + by / 2}L${width + by},${height / 2}L${width - tip + by / 2},${height + by}H${tip - by / 2}Z`;
  return html`
    <path class="halo" d=${hexagon(4)} />
    <path class="card" d=${hexagon(0)} />
    <${Glyph} mark=${mark} x=${29} y=${height / 2} />
    <text class="state-name" x="45" y=${height / 2 + 5}>${name}</text>
  `;
}

/** @param {{ mark: Mark, x: number, y: number }} props */
export function Glyph({ mark, x, y }) {
  return html`
    <g class=${`glyph ${mark}`} transform=${`translate(${x},${y})`} aria-hidden="true">
      <circle r="8" />
      <path d=${GLYPHS[mark]} />
    </g>
  `;
}

/**
 * What became of a state, with how long it took: of a Map, of how many items.
 * @param {Node} node @param {Visit[]} visits @param {Mark} mark @param {number} now
 */
function outcomeOf(node, visits, mark, now) {
  const word = WORDS[mark];
  if (visits.length > 1) {
    const done = visits.filter(({ outcome }) => outcome === "succeeded").length;
    return `${visits.length} times: ${done} done${done < visits.length ? `, ${visits.length - done} ${word}` : ""}`;
  }
  const [visit] = visits;
  if (!visit || node.type === "Fail" || node.type === "Succeed") return visit ? (node.type === "Fail" ? word : "reached") : word;
  const again = visit.attempts.length > 1 ? ` · ${visit.attempts.length} tries` : "";
  return `${word} · ${seconds((visit.exited_ms ?? now) - visit.entered_ms)}${again}`;
}

/**
 * A text in lines of at most so many characters; what does not fit in the last one is cut.
 * @param {string} text @param {number} width @param {number} count
 * @returns {string[]}
 */
export function wrapped(text, width, count) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  if (lines.length <= count) return lines;
  return [...lines.slice(0, count - 1), `${lines[count - 1]?.slice(0, width - 1)}…`];
}
