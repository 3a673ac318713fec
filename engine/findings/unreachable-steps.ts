import type { IfStep, StepDefinition, SwitchStep } from "../definition/types.ts";
import { constantCondition, constantTruth } from "./constant.ts";
import { constantCase } from "./constant-case.ts";
import { type Finding, type FindingRule, findingAt, findingAtStep } from "./finding.ts";
import type { Subject } from "./subject.ts";

/** Steps that no run reaches: behind a condition, a branch or a case that is decided before any run. */
export const unreachableSteps: FindingRule = function* (subject) {
  for (const step of subject.steps) {
    yield* neverTrue(subject, step);
    if (step.kind === "if") yield* deadBranch(subject, step);
    if (step.kind === "switch") yield* deadCases(subject, step);
    yield* emptyLoop(subject, step);
  }
};

/** `condition: false` is how a step is switched off; an expression that is always false was hardly meant to be. */
function* neverTrue(subject: Subject, step: StepDefinition): Generator<Finding> {
  if (step.condition === undefined || constantTruth(step.condition) !== false) return;
  const off = typeof step.condition !== "string" || /^\W*false\W*$/i.test(step.condition);
  yield findingAtStep(subject, step.id, ["condition"], {
    code: "unreachable-step",
    severity: off ? "info" : "warning",
    message: `step "${step.id}" never runs: its condition is always false`,
  });
}

function* deadBranch(subject: Subject, step: IfStep): Generator<Finding> {
  const truth = constantTruth(step.test);
  const branch = truth === true ? step.else : step.then;
  if (truth === undefined || branch === undefined || branch.length === 0) return;
  const name = truth ? "else" : "then";
  yield findingAtStep(subject, step.id, [name], {
    code: "unreachable-branch",
    severity: "warning",
    message: `${name} of "${step.id}" never runs: the condition is always ${truth}`,
  });
}

function* deadCases(subject: Subject, step: SwitchStep): Generator<Finding> {
  const value = constantCase(step);
  if (value === undefined) return;
  for (const key of Object.keys(step.cases)) {
    if (key === value || step.cases[key]?.length === 0) continue;
    yield findingAt(
      subject,
      `${subject.pointerOf(step.id, ["cases"])}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      {
        code: "unreachable-branch",
        severity: "warning",
        message: `case "${key}" of "${step.id}" never runs: the value is always ${JSON.stringify(value)}`,
      },
    );
  }
  if (step.default !== undefined && step.default.length > 0 && Object.hasOwn(step.cases, value))
    yield findingAtStep(subject, step.id, ["default"], {
      code: "unreachable-branch",
      severity: "warning",
      message: `default of "${step.id}" never runs: the value is always ${JSON.stringify(value)}`,
    });
}

function* emptyLoop(subject: Subject, step: StepDefinition): Generator<Finding> {
  const items = step.kind === "forEach" ? step.items : step.forEach;
  const constant = items === undefined ? undefined : constantCondition(items);
  if (constant === undefined || constant.fails || constant.value === null) return;
  const { value } = constant;
  if (typeof value !== "object") return;
  if (Object.keys(value).length > 0) return;
  yield findingAtStep(subject, step.id, step.kind === "forEach" ? ["items"] : ["for_each", "forEach"], {
    code: "unreachable-step",
    severity: "info",
    message: `"${step.id}" never does anything: its list is always empty`,
  });
}
