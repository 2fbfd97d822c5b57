// The conditions of a Choice state in words.

/**
 * @typedef {Record<string, any>} Rule A choice rule of the Amazon States Language: a comparison, or several under And, Or
 * or Not; in JSONata, `Condition`.
 */

/** By the end of a comparison operator's name. @type {Record<string, string>} */
const COMPARISONS = {
  LessThanEquals: "is at most",
  GreaterThanEquals: "is at least",
  LessThan: "is below",
  GreaterThan: "is above",
  Equals: "is",
  Matches: "matches",
};

/** By the name of a type operator. @type {Record<string, string>} */
const TYPE_TESTS = {
  IsPresent: "present",
  IsNull: "null",
  IsString: "a string",
  IsNumeric: "a number",
  IsBoolean: "a Boolean",
  IsTimestamp: "a timestamp",
};

/** The members of a rule that are no operators. */
const OTHER_MEMBERS = ["Variable", "Next", "Comment", "Assign", "Output"];

/**
 * Several rules that lead to one state. A subject that they share is named once: "outcome is ready or rendered".
 * @param {Rule[]} rules
 */
export function describeRules(rules) {
  const [first = "", ...others] = rules.map(describeRule);
  const [subject, verb] = first.split(/ (is) /);
  const prefix = `${subject} ${verb} `;
  const isShared = others.every((other) => other.startsWith(prefix));
  return [first, ...(isShared ? others.map((other) => other.slice(prefix.length)) : others)].join(" or ");
}

/**
 * One rule: "outcome is rejected".
 * @param {Rule} rule
 * @returns {string}
 */
export function describeRule(rule) {
  if (rule["Condition"] !== undefined) return String(rule["Condition"]).replace(/^\{%\s*|\s*%\}$/g, "");
  if (rule["And"]) return rule["And"].map(describeRule).join(" and ");
  if (rule["Or"]) return rule["Or"].map(describeRule).join(" or ");
  if (rule["Not"]) return `not: ${describeRule(rule["Not"])}`;
  const subject = lastPart(rule["Variable"]);
  const operator = Object.keys(rule).find((key) => !OTHER_MEMBERS.includes(key));
  if (operator === undefined) return subject;
  if (operator in TYPE_TESTS) return `${subject} ${rule[operator] ? "is" : "is not"} ${TYPE_TESTS[operator]}`;
  const bareOperator = operator.replace(/Path$/, "");
  const ending = Object.keys(COMPARISONS).find((end) => bareOperator.endsWith(end));
  const value = operator.endsWith("Path") ? lastPart(rule[operator]) : String(rule[operator]);
  return `${subject} ${ending ? COMPARISONS[ending] : operator} ${value}`;
}

/** The last part of a reference path: "photos[0]" for "$.plan.photos[0]". @param {string} path */
function lastPart(path) {
  return path.match(/[^.$[\]']+(\[\d+\])?(?='?\]?$)/)?.[0] ?? "input";
}
