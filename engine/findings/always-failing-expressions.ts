import { constantCondition, constantValue } from "./constant.ts";
import { type FindingRule, findingAt } from "./finding.ts";

/** An expression that looks at nothing of the run and fails: `{{ 1 / 0 }}`. What stands behind it never runs. */
export const alwaysFailingExpressions: FindingRule = function* (subject) {
  for (const [use, shape] of subject.shapes) {
    if (use.references.length > 0) continue;
    const text = String(use.node.value);
    const bare = shape.kind === "value" && !text.includes("{{");
    const constant = bare ? constantCondition(text) : constantValue(text);
    if (constant === undefined || !constant.fails) continue;
    yield findingAt(subject, use.pointer, {
      code: "always-fails",
      severity: "warning",
      message: `this fails in every run: ${constant.message}`,
    });
  }
};
