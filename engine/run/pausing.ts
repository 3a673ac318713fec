import type { RunError } from "../errors.ts";
import { actOnDecisions } from "./approvals.ts";
import { BUDGET_METERS } from "./budget-meters.ts";
import { timerEffects } from "./effects.ts";
import type { RunState } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { RunCommand } from "./types.ts";
import { matchKeptSignals } from "./waits.ts";

type Command<Type extends RunCommand["type"]> = Extract<RunCommand, { type: Type }>;

/** How long a spent budget waits for a raise when `budget.hold` does not say (section 20). */
const HOLD_MS = 86_400_000;

/** Pauses the run when one of its budgets is spent: before the next dispatch, never in the middle of one. */
export function spendsBudget(turn: Turn, dispatch: "step" | "again" = "step"): boolean {
  const { state } = turn;
  if (state.ending || state.graph?.stopping) return false;
  for (const [name, member, used] of BUDGET_METERS) {
    // Another try of a step is no further step.
    if (dispatch === "again" && member === "maxSteps") continue;
    const limit = state.budget[member];
    if (limit !== undefined && used(state) >= limit) return holdFor(turn, name, used(state), limit);
  }
  return spendsSharedBudget(turn, dispatch);
}

/** Likewise for the messages of a graph, before the next visit. */
export function spendsMessages(turn: Turn): boolean {
  const { budget, graph, ending } = turn.state;
  const { maxMessages } = budget;
  if (!graph || ending || maxMessages === undefined || graph.handled < maxMessages) return false;
  return holdFor(turn, "max_messages", graph.handled, maxMessages);
}

/** Likewise for budgets that it shares with other runs: where the host must ask first, nothing is opened until it has. */
function spendsSharedBudget(turn: Turn, dispatch: "step" | "again"): boolean {
  const admittance = turn.host.admits?.(dispatch) ?? true;
  if (admittance === true) return false;
  if (admittance === "later") turn.wait();
  else holdFor(turn, admittance.budget, admittance.used, admittance.limit, admittance.holdMs);
  return true;
}

function holdFor(turn: Turn, budget: string, used: number, limit: number, holdMs?: number): boolean {
  const due = turn.now + (holdMs ?? turn.state.budget.holdMs ?? HOLD_MS);
  turn.emit({
    type: "workflow.paused",
    reason: `its budget ${budget} is spent`,
    hold: { kind: "budget", budget, used, limit, due },
  });
  turn.setTimer("hold", due);
  return true;
}

/** Nobody has raised the budget in time. */
export function giveUpHold(turn: Turn): void {
  const { hold, status } = turn.state;
  if (status !== "paused" || hold?.kind !== "budget" || turn.notYet("hold", hold.due)) return;
  const { budget, used, limit } = hold;
  const message = `The budget ${budget} of ${limit} is spent (${used}), and was not raised in time`;
  turn.fail({ code: "QUOTA_EXCEEDED", message, details: { budget, used, limit } });
}

/** Stops dispatch, waits and the workflow's clock; calls in flight finish (section 20). */
export function pauseRun(turn: Turn, { reason, actor, act }: Omit<Command<"pause">, "type">): void {
  if (turn.state.status === "paused") return;
  if (!turn.running) turn.refusal = notNow("pause", turn.state);
  else turn.emit({ type: "workflow.paused", reason, actor, act });
}

export function resumeRun(turn: Turn, { budget, actor, act }: Omit<Command<"resume">, "type">): void {
  if (turn.state.status !== "paused") {
    turn.refusal = notNow("resume", turn.state);
    return;
  }
  if (turn.state.hold) turn.clearTimer("hold");
  turn.emit({ type: "workflow.resumed", actor, budget, act });
  turn.effects.push(...timerEffects(turn.state));
  matchKeptSignals(turn);
  actOnDecisions(turn);
  turn.resumeContainers();
}

/** A command that the state of the run does not allow. */
export function notNow(command: string, { status }: RunState): RunError {
  const message = `The execution is ${status}: it cannot ${command} now`;
  return { code: "CONFLICT", message, details: { status } };
}
