import { type FindingRule, findingAtReference } from "./finding.ts";

/** `error` is what a `catch` handles; elsewhere it is null (section 6). */
export const misplacedError: FindingRule = function* (subject) {
  for (const { use, reference } of subject.references) {
    if (reference.root !== "error") continue;
    const place = use.scope.stepId === undefined ? undefined : subject.places.get(use.scope.stepId);
    if (place?.some(({ block, apart }) => block === "catch" || block === "finally" || apart)) continue;
    yield findingAtReference(subject, use, reference, {
      code: "error-outside-catch",
      severity: "warning",
      message: "error is null outside of a catch: the error of a step is steps.<id>.error",
    });
  }
};
