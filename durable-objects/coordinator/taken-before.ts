import type { RunState } from "../../engine/run/state.ts";
import type { RunCommand } from "../../engine/run/types.ts";

/**
 * Whether a command came before, and counted: an answer that was lost must not make somebody else get it. `other`: its key came with
 * another request.
 */
export function takenBefore({ signalIds, acts }: RunState, command: RunCommand): "same" | "other" | undefined {
  if ("id" in command && command.id !== undefined && signalIds.has(command.id)) return "same";
  const act = "act" in command ? command.act : undefined;
  const body = act && acts.get(act.key);
  if (body === undefined) return undefined;
  return body === act?.body ? "same" : "other";
}
