import type { Json } from "../../json.ts";
import { openApproval } from "../../run/approvals.ts";
import type { StepBehaviour } from "../behaviour.ts";

/** Waits until somebody decides, or until `timeout`, which `onTimeout` answers. */
export const approval: StepBehaviour = {
  open(turn, step, path) {
    if (step.definition.kind !== "approval") return;
    const scope = turn.scope(path);
    const { onTimeout = "reject", allowSelf = false, timeoutMs } = step.definition;
    const message = step.parts.message?.evaluate(scope);
    openApproval(turn, path, {
      kind: "approval",
      approvers: names(step.parts.approvers?.evaluate(scope) ?? null),
      ...(message === undefined ? {} : { message }),
      ...(timeoutMs === undefined ? {} : { timeoutMs, due: turn.now + timeoutMs }),
      onTimeout,
      allowSelf,
    });
  },
};

function names(value: Json): string[] {
  if (value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
