import type { Json } from "../json.ts";
import { constantTruth } from "./constant.ts";
import { type FindingRule, findingAtReference } from "./finding.ts";
import { relationOf } from "./step-relation.ts";
import { isLoop, type StepPlace } from "./step-places.ts";
import type { Subject } from "./subject.ts";

/** An output of a step that does not run every time, read as if it did. Only of sequences: in a graph nearly everything is such a step. */
export const stepsThatMayBeSkipped: FindingRule = function* (subject) {
  if (subject.graph !== undefined) return;
  const deciding = decidingSteps(subject);
  for (const { reference, use, guarded } of subject.references) {
    const [id, member] = reference.path;
    if (reference.root !== "steps" || id === undefined || guarded || !(member === "output" || member === "outputs"))
      continue;
    const target = subject.places.get(id);
    const reader = use.scope.stepId === undefined ? undefined : subject.places.get(use.scope.stepId);
    if (target === undefined || relationOf(reader, target) !== undefined) continue;
    const why = whySkipped(reader, target);
    if (why === undefined || knowsOf(deciding, reader, target)) continue;
    yield findingAtReference(subject, use, reference, {
      code: use.field === "output" ? "output-may-be-null" : "step-may-be-skipped",
      severity: "info",
      message: `step "${id}" does not run when ${why}: this is null then; a default says what to use instead`,
      suggestion: `${["steps", ...reference.path].join(".")} | default(…)`,
    });
  }
};

/** The first reason why the target, or something around it that is not around the reader too, may not run. */
function whySkipped(reader: StepPlace | undefined, target: StepPlace): string | undefined {
  for (const [level, frame] of target.entries()) {
    const shared = reader?.[level]?.step === frame.step;
    const sameList = reader?.[level]?.list === frame.list || level === 0;
    const owner = target[level - 1]?.step;
    if (!sameList && owner !== undefined && !shared) {
      if (owner.kind === "if" || owner.kind === "switch")
        return `"${owner.id}" takes another branch than ${frame.block.replace("cases/", "")}`;
      if (frame.block === "catch") return `nothing of "${owner.id}" fails`;
    }
    if (!shared && !isLoop(frame.step) && varies(frame.step.condition))
      return frame.step.id === target.at(-1)?.step.id
        ? "its condition is false"
        : `the condition of "${frame.step.id}" is false`;
  }
  return undefined;
}

function varies(condition: Json | undefined): boolean {
  return condition !== undefined && constantTruth(condition) !== true;
}

/** The steps that the condition, the list or the choice of a step looks at, by its id. */
function decidingSteps({ references }: Subject): ReadonlyMap<string, ReadonlySet<string>> {
  const deciding = new Map<string, Set<string>>();
  for (const { use, reference, tolerated } of references) {
    const { stepId } = use.scope;
    const choice = use.field === "logic" && /\/value$/.test(use.pointer);
    if (stepId === undefined || reference.root !== "steps" || !(tolerated || choice)) continue;
    const seen = deciding.get(stepId) ?? new Set();
    seen.add(reference.path[0] ?? "");
    deciding.set(stepId, seen);
  }
  return deciding;
}

/** The reader runs under a condition that looks at the same step, or is the same condition. */
function knowsOf(
  deciding: ReadonlyMap<string, ReadonlySet<string>>,
  reader: StepPlace | undefined,
  target: StepPlace,
): boolean {
  const conditions = new Set(
    target.flatMap(({ step }) => (step.condition === undefined ? [] : [JSON.stringify(step.condition)])),
  );
  return (reader ?? []).some(
    ({ step }) =>
      (step.condition !== undefined && conditions.has(JSON.stringify(step.condition))) ||
      target.some((frame) => deciding.get(step.id)?.has(frame.step.id) === true),
  );
}
