import assert from "node:assert/strict";
import test from "node:test";
import { allNodes, findState, graphOf } from "../../../web/workflow/definition.js";

const rule = (StringEquals, Next) => ({ Variable: "$.result.outcome", StringEquals, Next });

test("each next state has one edge, labelled with its conditions", () => {
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

const inner = (name) => ({ StartAt: name, States: { [name]: { Type: "Pass", Comment: `It is ${name}` } } });
const NESTED = {
  StartAt: "Each",
  States: {
    Each: { Type: "Map", ItemProcessor: inner("One"), Next: "Both" },
    Both: { Type: "Parallel", Branches: [inner("Left"), inner("Right")], End: true },
  },
};

test("Map and Parallel states contain inner graphs", () => {
  const names = allNodes(graphOf(NESTED)).map(({ name, type, comment }) => [name, type, comment]);
  assert.deepEqual(names, [
    ["Each", "Map", ""],
    ["One", "Pass", "It is One"],
    ["Both", "Parallel", ""],
    ["Left", "Pass", "It is Left"],
    ["Right", "Pass", "It is Right"],
  ]);
});

test("a state is found by name, also in inner definitions", () => {
  assert.deepEqual(["Both", "Right", "Other"].map((name) => findState(NESTED, name)?.Type), ["Parallel", "Pass", undefined]);
});
