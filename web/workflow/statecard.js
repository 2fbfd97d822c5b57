// One state of the graph as a card that can be selected.
import { html } from "htm/preact";
import { formatDuration } from "../format.js";
import { OUTCOME_LABELS, SvgGlyph } from "./glyph.js";
import { stateOutcomeOf } from "./visits.js";

/** @import { Node } from "./definition.js" */
/** @import { Visit } from "./executions.js" */
/** @import { PlacedNode } from "./graph/layout.js" */
/** @import { Size } from "./graph/layers.js" */
/** @import { StateOutcome } from "./visits.js" */

/** In characters. */
const COMMENT_LINE_LENGTH = 31;
const LINE_HEIGHT = 14;
/** Cards with shorter comments have the height for this number of lines. */
const MIN_COMMENT_LINES = 2;
/** The width of a choice's left and right tip. */
const TIP_WIDTH = 16;

/** The size of a card; of a Map or Parallel state, that of its header. @param {Node} node @returns {Size} */
export function sizeOf(node) {
  if (node.type === "Choice") return { width: 200, height: 48 };
  const lineCount = Math.max(MIN_COMMENT_LINES, wrap(node.comment, COMMENT_LINE_LENGTH).length);
  return { width: 216, height: 58 + lineCount * LINE_HEIGHT };
}

/**
 * @param {object} props
 * @param {PlacedNode} props.node
 * @param {Visit[]} props.visits to this state
 * @param {boolean} props.isSelected
 * @param {(name: string) => void} props.onSelect
 * @param {number} props.now milliseconds since 1970
 */
export function StateCard({ node, visits, isSelected, onSelect, now }) {
  const outcome = stateOutcomeOf(visits);
  const text = outcomeText(node, visits, outcome, now);
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onSelect(node.name);
  };
  return html`
    <g
      class=${`state ${outcome} ${node.inner.length ? "outer" : ""}`}
      transform=${`translate(${node.x},${node.y})`}
      role="button"
      tabindex="0"
      aria-label=${`${node.name}. ${node.comment ? `${node.comment}. ` : ""}${text}`}
      aria-pressed=${isSelected}
      onClick=${() => onSelect(node.name)}
      onKeyDown=${onKeyDown}
    >
      ${node.type === "Choice"
        ? html`<${Hexagon} node=${node} outcome=${outcome} />`
        : html`<${Rectangle} node=${node} outcome=${outcome} text=${text} />`}
    </g>
  `;
}

/** @param {{ node: PlacedNode, outcome: StateOutcome, text: string }} props */
function Rectangle({ node, outcome, text }) {
  const radius = node.type === "Succeed" || node.type === "Fail" ? 22 : 9;
  const comment = wrap(node.comment, COMMENT_LINE_LENGTH);
  const header = sizeOf(node);
  const outcomeY = header.height - 9;
  // In the middle of a Map or Parallel state, so that it is in view on a phone, which shows the middle of the graph.
  const left = (node.width - header.width) / 2;
  return html`
    <rect class="halo" x="-4" y="-4" width=${node.width + 8} height=${node.height + 8} rx=${radius + 4} />
    <rect class="card" width=${node.width} height=${node.height} rx=${radius} />
    <${SvgGlyph} outcome=${outcome} x=${left + 20} y=${19} />
    <text>
      <tspan class="state-name" x=${left + 35} y="24">${node.name} </tspan>
      ${comment.map((line, index) => html`<tspan class="state-comment" x=${left + 14} y=${43 + index * LINE_HEIGHT}>${line} </tspan>`)}
      <tspan class="state-outcome" x=${left + 14} y=${outcomeY}>${text}</tspan>
    </text>
  `;
}

/** @param {{ node: PlacedNode, outcome: StateOutcome }} props */
function Hexagon({ node: { name, width, height }, outcome }) {
  /** The path of the hexagon, enlarged by a margin. @param {number} margin */
  const path = (margin) =>
    `M${-margin},${height / 2}L${TIP_WIDTH - margin / 2},${-margin}H${width - TIP_WIDTH + margin / 2}` +
    `L${width + margin},${height / 2}L${width - TIP_WIDTH + margin / 2},${height + margin}H${TIP_WIDTH - margin / 2}Z`;
  return html`
    <path class="halo" d=${path(4)} />
    <path class="card" d=${path(0)} />
    <${SvgGlyph} outcome=${outcome} x=${29} y=${height / 2} />
    <text class="state-name" x="45" y=${height / 2 + 5}>${name}</text>
  `;
}

/**
 * The outcome of a state and its duration, or the number of visits to it.
 * @param {Node} node @param {Visit[]} visits @param {StateOutcome} outcome @param {number} now
 */
function outcomeText(node, visits, outcome, now) {
  const label = OUTCOME_LABELS[outcome];
  if (visits.length > 1) {
    const succeeded = visits.filter((visit) => visit.outcome === "succeeded").length;
    const others = succeeded < visits.length ? `, ${visits.length - succeeded} ${label}` : "";
    return `${visits.length} times: ${succeeded} succeeded${others}`;
  }
  const [visit] = visits;
  if (!visit || node.type === "Fail") return label;
  if (node.type === "Succeed") return "reached";
  const attempts = visit.attempts.length > 1 ? ` · ${visit.attempts.length} attempts` : "";
  return `${label} · ${formatDuration((visit.exited_ms ?? now) - visit.entered_ms)}${attempts}`;
}

/** A text in lines of at most `length` characters; a longer word has its own line. @param {string} text @param {number} length */
function wrap(text, length) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= length) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
