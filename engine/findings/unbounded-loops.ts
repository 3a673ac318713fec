import { type Finding, type FindingRule, findingAtStep } from "./finding.ts";
import type { StepDefinition } from "../definition/types.ts";
import { allSteps } from "../definition/child-blocks.ts";
import { makesCall } from "../steps/makes-call.ts";
import { itemRange } from "./item-range.ts";
import { type ItemList, itemLists } from "./item-lists.ts";
import type { Subject } from "./subject.ts";

/** A loop that calls something outside for each item of an input, and nothing says how many items there may be. */
export const unboundedLoops: FindingRule = function* (subject) {
  for (const list of itemLists(subject.steps)) yield* check(subject, list);
};

function* check(subject: Subject, { step, items, names }: ItemList): Generator<Finding> {
  const range = itemRange(subject, items);
  if (range.input === undefined || range.most !== null || !callsOutside(subject, step)) return;
  const member = range.map ? "maxProperties" : "maxItems";
  yield findingAtStep(subject, step.id, names, {
    code: "unbounded-loop",
    severity: "info",
    message: `"${step.id}" calls once for each item of inputs.${range.input}, and nothing bounds it: the platform's limit is 10,000`,
    suggestion: member,
  });
}

/** First-party functions cost next to nothing and disturb nobody. */
function callsOutside(subject: Subject, step: StepDefinition): boolean {
  return [...allSteps([step])].some((inner) => makesCall(inner) && subject.pinOf(inner)?.plugin !== "toolbox");
}
