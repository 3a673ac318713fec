import { type FindingRule, findingAtStep } from "./finding.ts";
import type { Subject } from "./subject.ts";

/** A step that may fail without stopping the run, whose output is used as if it could not. */
export const unreadErrors: FindingRule = function* (subject) {
  for (const step of subject.steps) {
    if (step.continueOnError !== true || step.forEach !== undefined || looksAtFailure(subject, step.id)) continue;
    const used = subject.references.some(
      ({ reference: { root, path }, guarded, tolerated }) =>
        root === "steps" &&
        path[0] === step.id &&
        (path[1] === "output" || path[1] === "outputs") &&
        !guarded &&
        !tolerated,
    );
    // The kinds that complete in spite of failures inside say so in their output.
    if (!used || step.kind === "forEach" || step.kind === "parallel") continue;
    yield findingAtStep(subject, step.id, ["continue_on_error", "continueOnError"], {
      code: "error-unread",
      severity: "info",
      message: `"${step.id}" may fail and the run goes on, but nothing looks at its error or status: its output is null then`,
      suggestion: `steps.${step.id}.error`,
    });
  }
};

function looksAtFailure({ references }: Subject, id: string): boolean {
  return references.some(({ reference: { root, path } }) => {
    if (root !== "steps" || (path[0] !== id && path[0] !== undefined)) return false;
    return path[1] === undefined || path[1] === "error" || path[1] === "status";
  });
}
