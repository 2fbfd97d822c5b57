import assert from "node:assert/strict";
import test from "node:test";
import { describeRule } from "../../../web/workflow/conditions.js";

for (const [text, rule] of [
  ["outcome is rejected", { Variable: "$.result.outcome", StringEquals: "rejected", Next: "X" }],
  ["input is 3", { Variable: "$", NumericEquals: 3 }],
  ["size is above 10", { Variable: "$.size", NumericGreaterThan: 10 }],
  ["size is at most limit", { Variable: "$.size", NumericLessThanEqualsPath: "$.limit" }],
  ["name matches *.jpg", { Variable: "$['name']", StringMatches: "*.jpg" }],
  ["photos[0] is present", { Variable: "$.plan.photos[0]", IsPresent: true }],
  ["photo is present", { Variable: "$.photo", IsPresent: true }],
  ["photo is not null", { Variable: "$.photo", IsNull: false }],
  ["not: done is true", { Not: { Variable: "$.done", BooleanEquals: true } }],
  ["a is 1 and b is 2", { And: [{ Variable: "$.a", NumericEquals: 1 }, { Variable: "$.b", NumericEquals: 2 }] }],
  ["a is 1 or b is 2", { Or: [{ Variable: "$.a", NumericEquals: 1 }, { Variable: "$.b", NumericEquals: 2 }] }],
  ["$states.input.n > 3", { Condition: "{% $states.input.n > 3 %}" }],
]) {
  test(`rule: ${text}`, () => assert.equal(describeRule(rule), text));
}
