import assert from "node:assert/strict";
import test from "node:test";
import { graphOf } from "../../../web/workflow/definition.js";
import { backEdges, layOut, pathThrough, ranksOf } from "../../../web/workflow/graph.js";

const SIZE = { width: 100, height: 40 };
const task = (Next, more = {}) => ({ Type: "Task", Next, ...more });
const caught = (Next) => ({ Catch: [{ ErrorEquals: ["States.ALL"], Next }] });
const choice = (...targets) => ({ Type: "Choice", Choices: targets.map((Next) => ({ Variable: "$.x", StringEquals: Next, Next })) });
const end = { Type: "Succeed" };

const FORKED = graphOf({
  StartAt: "A",
  States: { A: task("Fork", caught("Oops")), Fork: choice("B", "C", "End"), B: task("C", caught("Oops")), C: task("End"), End: end, Oops: end },
});
const LOOP = graphOf({ StartAt: "Ask", States: { Ask: task("Done?"), "Done?": choice("End", "Wait"), Wait: task("Ask"), End: end } });
const NESTED = graphOf({
  StartAt: "Each",
  States: { Each: { Type: "Map", ItemProcessor: { StartAt: "One", States: { One: task("Two"), Two: end } }, Next: "End" }, End: end },
});

const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test("a state is below all that lead to it", () => {
  assert.deepEqual(Object.fromEntries(ranksOf(FORKED)), { A: 0, Fork: 1, B: 2, C: 3, End: 4, Oops: 3 });
});

test("a way back is turned round, so that there is a first and a last", () => {
  assert.deepEqual([...backEdges(LOOP)].map(({ from, to }) => [from, to]), [["Wait", "Ask"]]);
  assert.deepEqual(Object.fromEntries(ranksOf(LOOP)), { Ask: 0, "Done?": 1, Wait: 2, End: 2 });
});

for (const [name, graph] of [["a fork", FORKED], ["a loop", LOOP]]) {
  const { nodes, edges, width, height } = layOut(graph, () => SIZE);
  const named = new Map(nodes.map((node) => [node.name, node]));

  test(`in ${name}, no two states overlap, and all are inside`, () => {
    for (const [index, a] of nodes.entries()) for (const b of nodes.slice(index + 1)) assert.ok(!overlap(a, b), `${a.name} and ${b.name}`);
    for (const { x, y } of nodes) assert.ok(x > -0.01 && y > -0.01 && x + SIZE.width < width + 0.01 && y + SIZE.height < height + 0.01);
  });

  test(`in ${name}, each line leaves a state's side and enters another's`, () => {
    for (const { from, to, points } of edges) {
      const [first, last] = [points[0], points.at(-1)];
      for (const [point, node] of [[first, named.get(from)], [last, named.get(to)]]) {
        assert.ok(point.x >= node.x && point.x <= node.x + node.width, `${from} to ${to}`);
        assert.ok(Math.abs(point.y - node.y) < 0.01 || Math.abs(point.y - node.y - node.height) < 0.01, `${from} to ${to}`);
      }
    }
  });

  test(`in ${name}, no line goes through a state`, () => {
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

test("where errors lead is right of where the work goes on", () => {
  const { nodes } = layOut(FORKED, () => SIZE);
  const [work, oops] = ["C", "Oops"].map((name) => nodes.find((node) => node.name === name));
  assert.ok(oops.x > work.x);
});

test("a way back is a line of its own, beside the way on", () => {
  const round = graphOf({ StartAt: "Ask", States: { Ask: task("Done?"), "Done?": choice("End", "Ask"), End: end } });
  const { edges } = layOut(round, () => SIZE);
  const sides = (from, to) => edges.find((edge) => edge.from === from && edge.to === to).points.map(({ x }) => x);
  assert.deepEqual([sides("Ask", "Done?"), sides("Done?", "Ask")], [[50, 50], [80, 80]]);
});

test("the way on of a plain sequence is straight", () => {
  const { edges } = layOut(graphOf({ StartAt: "A", States: { A: task("B"), B: task("C"), C: end } }), () => SIZE);
  assert.deepEqual(edges.map(({ points }) => points.map(({ x }) => x)), [[50, 50], [50, 50]]);
});

test("what a Map runs lies within it, below its head", () => {
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

test("the corners of a line are round", () => {
  const corner = [{ x: 0, y: 0 }, { x: 0, y: 20 }, { x: 30, y: 20 }];
  assert.equal(pathThrough(corner, 8), "M0,0L0,12Q0,20 8,20L30,20");
});
