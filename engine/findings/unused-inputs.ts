import type { StepDefinition } from "../definition/types.ts";
import { pointerTo } from "../source/tree.ts";
import { type FindingRule, findingAt } from "./finding.ts";
import type { Subject } from "./subject.ts";

/** A declared input that nothing reads. */
export const unusedInputs: FindingRule = function* (subject) {
  const names = Object.keys(subject.definition.inputs);
  if (names.length === 0 || readsAll(subject)) return;
  const read = new Set<string>();
  for (const { reference } of subject.references)
    if (reference.root === "inputs" || reference.root === "input") read.add(reference.path[0] ?? "");
  const unseen = subject.steps.map(unseenText).join("\n");
  for (const name of names) {
    if (read.has(name) || unseen.includes(name)) continue;
    yield findingAt(subject, pointerTo(`${subject.read.pointer}/inputs`, name), {
      code: "unused-input",
      severity: "info",
      message: `nothing reads the input "${name}"`,
    });
  }
};

/** The inputs as a whole go somewhere, or an action is given them with its context (section 17). */
function readsAll(subject: Subject): boolean {
  return (
    subject.references.some(
      ({ reference: { root, path } }) => (root === "inputs" || root === "input") && path.length === 0,
    ) || subject.steps.some((step) => subject.pinOf(step)?.context?.includes("inputs") === true)
  );
}

/** Text of a step in another language, or for another reader: what it names is not known. */
function unseenText(step: StepDefinition): string {
  if (step.kind === "transform" && step.language !== "template") return JSON.stringify(step.expression);
  if (step.kind === "agent" || step.kind === "handoff") return JSON.stringify(step);
  return "";
}
