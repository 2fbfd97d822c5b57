import assert from "node:assert/strict";
import test from "node:test";
import { allNodes, graphOf, inWords } from "../../../web/workflow/definition.js";

const rule = (StringEquals, Next) => ({ Variable: "$.answer.outcome", StringEquals, Next });

test("a state leads once to each state, and says when", () => {
  const { edges } = graphOf({
    StartAt: "Fork",
    States: {
      Fork: { Type: "Choice", Choices: [rule("rendered", "Keep"), rule("bad", "Drop"), rule("ready", "Keep")], Default: "Drop" },
      Keep: { Type: "Task", Next: "Drop", Catch: [{ ErrorEquals: ["States.ALL"], Next: "Drop" }] },
      Drop: { Type: "Succeed" },
    },
  });
  assert.deepEqual(edges, [
    { from: "Fork", to: "Keep", isCatch: false, label: "outcome is rendered or ready" },
    { from: "Fork", to: "Drop", isCatch: false, label: "outcome is bad, or otherwise" },
    { from: "Keep", to: "Drop", isCatch: false, label: "" },
    { from: "Keep", to: "Drop", isCatch: true, label: "on error" },
  ]);
});

test("what a Map and a Parallel run is within them", () => {
  const inner = (name) => ({ StartAt: name, States: { [name]: { Type: "Pass", Comment: `It is ${name}` } } });
  const graph = graphOf({
    StartAt: "Each",
    States: {
      Each: { Type: "Map", ItemProcessor: inner("One"), Next: "Both" },
      Both: { Type: "Parallel", Branches: [inner("Left"), inner("Right")], End: true },
    },
  });
  const names = allNodes(graph).map(({ name, type, comment }) => [name, type, comment]);
  assert.deepEqual(names, [
    ["Each", "Map", ""],
    ["One", "Pass", "It is One"],
    ["Both", "Parallel", ""],
    ["Left", "Pass", "It is Left"],
    ["Right", "Pass", "It is Right"],
  ]);
});

for (const [words, given] of [
  ["outcome is rejected", { Variable: "$.answer.outcome", StringEquals: "rejected", Next: "X" }],
  ["input is 3", { Variable: "$", NumericEquals: 3 }],
  ["size is above 10", { Variable: "$.size", NumericGreaterThan: 10 }],
  ["size is at most limit", { Variable: "$.size", NumericLessThanEqualsPath: "$.limit" }],
  ["name matches *.jpg", { Variable: "$['name']", StringMatches: "*.jpg" }],
  ["photos[0] is there", { Variable: "$.plan.photos[0]", IsPresent: true }],
  ["photo is there", { Variable: "$.photo", IsPresent: true }],
  ["photo is not null", { Variable: "$.photo", IsNull: false }],
  ["not: done is true", { Not: { Variable: "$.done", BooleanEquals: true } }],
  ["a is 1 and b is 2", { And: [{ Variable: "$.a", NumericEquals: 1 }, { Variable: "$.b", NumericEquals: 2 }] }],
  ["a is 1 or b is 2", { Or: [{ Variable: "$.a", NumericEquals: 1 }, { Variable: "$.b", NumericEquals: 2 }] }],
  ["$states.input.n > 3", { Condition: "{% $states.input.n > 3 %}" }],
]) {
  test(`a condition in words: ${words}`, () => assert.equal(inWords(given), words));
}
