import { containsSecret } from "../expressions/index.ts";
import { raisedBudget, readBudget } from "../plan/read-budget.ts";
import { approvalGate } from "../plan/approval-gate.ts";
import { openGate } from "./approvals.ts";
import { abandon } from "./ending.ts";
import { startGraphRun } from "./graph.ts";
import type { Turn } from "./turn.ts";
import type { EngineInput, Hold, StartData } from "./types.ts";

type StartInput = Extract<EngineInput, { type: "start" }>;

/** The first input of a run: it begins, or waits for its time or its turn. */
export function startRun(turn: Turn, input: StartInput): void {
  if (turn.state.status !== "pending" || turn.state.seq > 0) return;
  const { inputs, principal, actor, budget, maxSteps, timeoutMs = turn.plan.timeoutMs, hold, failure } = input;
  const env = containsSecret(input.env ?? null) ? {} : input.env;
  const trigger = containsSecret(input.trigger ?? null) ? null : input.trigger;
  const data: StartData = { inputs, env, trigger, principal, actor, budget, maxSteps };
  if (!hold || failure) return begin(turn, data, timeoutMs, failure);
  turn.emit({ type: "workflow.queued", ...data, timeoutMs, hold });
  if (hold.kind === "time") turn.setTimer("start", hold.due);
}

/** Its time has come; its concurrency key may still be taken. */
export function startIsDue(turn: Turn): void {
  const { hold, status } = turn.state;
  if (status !== "pending" || hold?.kind !== "time" || turn.notYet("start", hold.due)) return;
  if (hold.then) return requeue(turn, hold.then);
  const admittance = turn.host.admits?.("begin") ?? true;
  if (admittance === true) release(turn);
  else requeue(turn, { kind: "capacity", limit: admittance === "later" ? 0 : admittance.limit });
}

/** Nothing holds it any more, or only `then`. */
export function release(turn: Turn, then?: Hold): void {
  const { state } = turn;
  if (state.status !== "pending" || state.seq === 0) return;
  if (then) return requeue(turn, then);
  begin(turn, undefined, state.timeoutMs, undefined);
}

function requeue(turn: Turn, hold: Hold): void {
  turn.emit({ type: "workflow.queued", timeoutMs: turn.state.timeoutMs, hold });
}

function begin(
  turn: Turn,
  data: StartData | undefined,
  timeoutMs: number | undefined,
  failure: StartInput["failure"],
): void {
  const { plan, state } = turn;
  const budget = data ? raisedBudget(plan.budget, readBudget(data.budget)) : state.budget;
  const seconds = plan.graph?.longRunning ? undefined : budget.maxSeconds;
  const limits = [timeoutMs, seconds === undefined ? undefined : seconds * 1_000].filter((it) => it !== undefined);
  const deadline = limits.length === 0 ? undefined : turn.now + Math.min(...limits);
  turn.emit({ type: "workflow.started", ...data, deadline });
  if (failure) return abandon(turn, failure);
  if (deadline !== undefined) turn.setTimer("workflow", deadline);
  startGraphRun(turn);
  if (approvalGate(plan.definition.authorization)) openGate(turn, null, "");
  else turn.ready(state.root);
}
