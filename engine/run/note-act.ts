import type { Turn } from "./turn.ts";
import type { EngineInput, RunCommand } from "./types.ts";

/** Acts that a run notes although they changed nothing. */
const MAX_NOTED = 1_000;

type Act = Extract<EngineInput, { act?: unknown }>;

/**
 * An act that was allowed and found nothing to change is recorded, too: else its key would be free, and the same request, sent again after
 * somebody changed the run, would change it back.
 */
export function noteAct(turn: Turn, input: EngineInput): void {
  if (!isAct(input) || !input.act || input.act.ours || turn.refusal) return;
  const { state } = turn;
  if (state.finishedAt !== null || state.acts.has(input.act.key)) return;
  if (state.noted >= MAX_NOTED && turn.events.length === 0) {
    const message = `The execution is ${state.status}, and ${MAX_NOTED} acts that changed nothing stand in its log already`;
    turn.refusal = { code: "RATE_LIMITED", message, details: { limit: "acts", max: MAX_NOTED } };
    return;
  }
  const { type: action, act } = input;
  const actor = "actor" in input ? input.actor : undefined;
  const reason = "reason" in input ? input.reason : undefined;
  turn.emit({ type: "act.noted", action, reason, actor, act });
}

function isAct(input: EngineInput): input is Act & RunCommand {
  return "act" in input && input.type !== "migrate";
}
