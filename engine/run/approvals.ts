import type { JsonObject } from "../json.ts";
import { approvalGate } from "../plan/approval-gate.ts";
import type { PlanStep } from "../plan/types.ts";
import { stepOf } from "./apply-step.ts";
import type { Instance } from "./state.ts";
import { expressionFailure } from "./expression-failure.ts";
import type { Turn } from "./turn.ts";
import type { RunCommand, Wait } from "./types.ts";
import { evaluatedDuration } from "./waits.ts";

type ApprovalWait = Extract<Wait, { kind: "approval" }>;

/** How `approvals/{step}` calls the approval of the whole workflow. */
const WORKFLOW = "workflow";

/** The step (or, at the empty path, the workflow) comes after somebody approved. */
export function openGate(turn: Turn, step: PlanStep | null, path: string): void {
  const approval = (step ? step.approval : approvalGate(turn.plan.definition.authorization)) ?? {};
  const { approvers, timeout, onTimeout, message, allow_self: allowSelf } = approval;
  const timeoutMs = timeout === undefined ? undefined : evaluatedDuration(timeout);
  openApproval(turn, path, {
    kind: "approval",
    approvers: Array.isArray(approvers) ? approvers.map(String) : [],
    ...(typeof message === "string" ? { message } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs, due: turn.now + timeoutMs }),
    onTimeout: onTimeout === "allow" || onTimeout === "escalate" ? onTimeout : "reject",
    allowSelf: allowSelf === true,
    gate: true,
  });
}

export function openApproval(turn: Turn, path: string, wait: ApprovalWait): void {
  turn.emit({ type: "step.waiting", path, wait });
  if (wait.due !== undefined) turn.setTimer(`wait:${path}`, wait.due);
}

/** Somebody decides (section 20): an approver who did not start the run. */
export function decide(turn: Turn, command: Extract<RunCommand, { type: "decide" }>): void {
  const instance = waitingApproval(turn, command.step);
  const wait = instance?.wait;
  if (!instance || wait?.kind !== "approval" || instance.decided) {
    const known =
      command.step === WORKFLOW || turn.plan.addressOf.has(command.step) || turn.state.instances.has(command.step);
    turn.refusal = known
      ? { code: "CONFLICT", message: `The step "${command.step}" does not wait for an approval` }
      : { code: "NOT_FOUND", message: `There is no step "${command.step}"` };
    return;
  }
  if (wait.approvers.length > 0 && !wait.approvers.some((role) => command.roles.includes(role))) {
    const message = `Only ${wait.approvers.join(", ")} may decide this approval`;
    turn.refusal = { code: "FORBIDDEN", message, details: { approvers: wait.approvers } };
    return;
  }
  if (!wait.allowSelf && command.by === turn.state.actor) {
    turn.refusal = {
      code: "FORBIDDEN",
      message: "Who started the execution may not decide its approvals (allow_self)",
    };
    return;
  }
  const { decision, by, comment, act } = command;
  turn.emit({ type: "approval.decided", path: instance.path, decision, by, comment, act });
  if (instance.path === "" && wait.due !== undefined) turn.clearTimer("wait:");
  if (turn.running || instance.path === "") actOn(turn, instance);
}

/** By path, by id (the newest), or the workflow itself. */
function waitingApproval(turn: Turn, step: string): Instance | undefined {
  const { root, open } = turn.state;
  if (step === WORKFLOW && root.wait) return root;
  const exact = open.get(step);
  if (exact?.wait?.kind === "approval") return exact;
  return [...open.values()].findLast(
    ({ step: planned, wait, decided }) => planned?.id === step && wait?.kind === "approval" && !decided,
  );
}

export function approvalIsLate(turn: Turn, instance: Instance): void {
  const { wait } = instance;
  if (wait?.kind !== "approval" || !turn.running || turn.notYet(`wait:${instance.path}`, wait.due)) return;
  if (wait.onTimeout === "escalate" && !wait.escalated && wait.due !== undefined) {
    const due = turn.now + (wait.timeoutMs ?? 0);
    turn.emit({ type: "approval.decided", path: instance.path, decision: "escalate", by: null, due });
    turn.setTimer(`wait:${instance.path}`, due);
    return;
  }
  const decision = wait.onTimeout === "allow" ? "approve" : "reject";
  turn.emit({ type: "approval.decided", path: instance.path, decision, by: null });
  actOn(turn, instance);
}

/** After a pause: what was decided meanwhile takes effect. */
export function actOnDecisions(turn: Turn): void {
  for (const instance of [...turn.state.open.values()]) {
    if (instance.decided && instance.status === "waiting") actOn(turn, instance);
  }
}

function actOn(turn: Turn, instance: Instance): void {
  const { decided, path } = instance;
  if (!decided) return;
  const approved = decided.decision === "approve";
  if (path === "") {
    if (approved) turn.ready(turn.state.root);
    else turn.fail(rejection("The workflow", instance));
    return;
  }
  const step = stepOf(instance);
  if (!approved) {
    turn.emit({ type: "step.failed", path, error: rejection(`Step ${step.id}`, instance) });
  } else if (instance.wait?.kind === "approval" && instance.wait.gate) {
    if (instance.wait.due !== undefined) turn.clearTimer(`wait:${path}`);
    try {
      turn.begin(step, path, instance.index !== undefined);
    } catch (error) {
      turn.emit({ type: "step.failed", path, error: expressionFailure(error) });
    }
  } else {
    const { decision, by, at, comment = null } = decided;
    turn.settle(instance, { decision, by, at: new Date(at).toISOString(), comment });
  }
  if (!turn.state.open.has(path)) turn.readyParent(instance);
}

function rejection(what: string, { decided }: Instance): { code: "FORBIDDEN"; message: string; details: JsonObject } {
  const { by = null, comment } = decided ?? {};
  const who = by === null ? "was not approved in time" : `was rejected by ${by}`;
  const details = { decision: "reject", by, ...(comment === undefined ? {} : { comment }) };
  return {
    code: "FORBIDDEN",
    message: `${what} ${who}${comment !== undefined && by !== null ? `: ${comment}` : ""}`,
    details,
  };
}
