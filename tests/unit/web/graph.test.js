import assert from "node:assert/strict";
import test from "node:test";
import { graphOf } from "../../../web/workflow/definition.js";
import { svgPath } from "../../../web/workflow/graph/edges.js";
import { layOut } from "../../../web/workflow/graph/layout.js";
import { backEdges, ranksOf } from "../../../web/workflow/graph/ranks.js";

const SIZE = { width: 100, height: 40 };
const task = (Next, more = {}) => ({ Type: "Task", Next, ...more });
const caught = (Next) => ({ Catch: [{ ErrorEquals: ["States.ALL"], Next }] });
const choice = (...targets) => ({ Type: "Choice", Choices: targets.map((Next) => ({ Variable: "$.x", StringEquals: Next, Next })) });
const end = { Type: "Succeed" };

const FORKED = graphOf({
  StartAt: "A",
  States: { A: task("Fork", caught("Handler")), Fork: choice("B", "C", "End"), B: task("C", caught("Handler")), C: task("End"), End: end, Handler: end },
});
const LOOP = graphOf({ StartAt: "Ask", States: { Ask: task("Done?"), "Done?": choice("End", "Wait"), Wait: task("Ask"), End: end } });
const NESTED = graphOf({
  StartAt: "Each",
  States: { Each: { Type: "Map", ItemProcessor: { StartAt: "One", States: { One: task("Two"), Two: end } }, Next: "End" }, End: end },
});

const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test("a state is below all states that lead to it", () => {
  assert.deepEqual(Object.fromEntries(ranksOf(FORKED)), { A: 0, Fork: 1, B: 2, C: 3, End: 4, Handler: 3 });
});

test("a back edge does not count for the ranks", () => {
  assert.deepEqual([...backEdges(LOOP)].map(({ from, to }) => [from, to]), [["Wait", "Ask"]]);
  assert.deepEqual(Object.fromEntries(ranksOf(LOOP)), { Ask: 0, "Done?": 1, Wait: 2, End: 2 });
});

for (const [name, graph] of [["fork", FORKED], ["loop", LOOP]]) {
  const { nodes, edges, width, height } = layOut(graph, () => SIZE);
  const byName = new Map(nodes.map((node) => [node.name, node]));

  test(`${name}: states do not overlap and are inside the layout`, () => {
    for (const [index, a] of nodes.entries()) for (const b of nodes.slice(index + 1)) assert.ok(!overlap(a, b), `${a.name} and ${b.name}`);
    for (const { x, y } of nodes) assert.ok(x > -0.01 && y > -0.01 && x + SIZE.width < width + 0.01 && y + SIZE.height < height + 0.01);
  });

  test(`${name}: edges start and end at the sides of states`, () => {
    for (const { from, to, points } of edges) {
      const [first, last] = [points[0], points.at(-1)];
      for (const [point, node] of [[first, byName.get(from)], [last, byName.get(to)]]) {
        assert.ok(point.x >= node.x && point.x <= node.x + node.width, `${from} to ${to}`);
        assert.ok(Math.abs(point.y - node.y) < 0.01 || Math.abs(point.y - node.y - node.height) < 0.01, `${from} to ${to}`);
      }
    }
  });

  test(`${name}: edges do not cross states`, () => {
    for (const { from, to, points } of edges) {
      for (const [index, point] of points.slice(1).entries()) {
        const before = points[index];
        const box = { x: Math.min(point.x, before.x), y: Math.min(point.y, before.y) };
        const span = { ...box, width: Math.abs(point.x - before.x), height: Math.abs(point.y - before.y) };
        for (const node of nodes) assert.ok([from, to].includes(node.name) || !overlap(span, node), `${from} to ${to} through ${node.name}`);
      }
    }
  });
}

test("error handlers are to the right of other states", () => {
  const { nodes } = layOut(FORKED, () => SIZE);
  const [work, handler] = ["C", "Handler"].map((name) => nodes.find((node) => node.name === name));
  assert.ok(handler.x > work.x);
});

test("a back edge does not overlap the forward edge", () => {
  const loop = graphOf({ StartAt: "Ask", States: { Ask: task("Done?"), "Done?": choice("End", "Ask"), End: end } });
  const { edges } = layOut(loop, () => SIZE);
  const sides = (from, to) => edges.find((edge) => edge.from === from && edge.to === to).points.map(({ x }) => x);
  assert.deepEqual([sides("Ask", "Done?"), sides("Done?", "Ask")], [[50, 50], [80, 80]]);
});

test("the edges of a sequence are vertical", () => {
  const { edges } = layOut(graphOf({ StartAt: "A", States: { A: task("B"), B: task("C"), C: end } }), () => SIZE);
  assert.deepEqual(edges.map(({ points }) => points.map(({ x }) => x)), [[50, 50], [50, 50]]);
});

test("the inner graph of a Map is below its header", () => {
  const { nodes, edges } = layOut(NESTED, () => SIZE);
  const [each, one, two] = ["Each", "One", "Two"].map((name) => nodes.find((node) => node.name === name));
  for (const inner of [one, two]) {
    assert.ok(inner.x > each.x && inner.x + inner.width < each.x + each.width && inner.y + inner.height < each.y + each.height);
  }
  assert.ok(one.y >= each.y + SIZE.height);
  assert.deepEqual([each.depth, one.depth, two.depth], [0, 1, 1]);
  const [inside] = edges.filter(({ from }) => from === "One");
  assert.equal(inside.points[0].y, one.y + one.height);
});

test("the corners of an edge are rounded", () => {
  const corner = [{ x: 0, y: 0 }, { x: 0, y: 20 }, { x: 30, y: 20 }];
  assert.equal(svgPath(corner, 8), "M0,0L0,12Q0,20 8,20L30,20");
});
