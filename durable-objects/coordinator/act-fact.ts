import type { ActFact } from "../../contracts/usage.ts";
import type { EngineEvent } from "../../engine/run/types.ts";

/** The event as an act of somebody; undefined where nobody acted, or the run did so by itself. */
export function actFact(event: EngineEvent, seq: number, at: number): ActFact | undefined {
  switch (event.type) {
    case "workflow.paused":
      return event.actor === undefined ? undefined : { seq, at, actor: event.actor, action: "execution.paused" };
    case "workflow.retried":
      return event.actor === undefined ? undefined : { seq, at, actor: event.actor, action: "execution.retried" };
    case "workflow.migrated":
      return event.actor === undefined ? undefined : { seq, at, actor: event.actor, action: "execution.migrated" };
    case "workflow.resumed":
      return event.actor === undefined ? undefined : { seq, at, actor: event.actor, action: "execution.resumed" };
    case "workflow.stopping":
      return event.actor === undefined ? undefined : { seq, at, actor: event.actor, action: "execution.shut_down" };
    case "workflow.canceled":
      return event.actor === undefined ? undefined : { seq, at, actor: event.actor, action: "execution.canceled" };
    case "approval.decided":
      if (event.decision === "escalate" || event.by === null) return undefined;
      return {
        seq,
        at,
        actor: event.by,
        action: "approval.decided",
        step: event.path === "" ? "workflow" : event.path,
      };
    default:
      return undefined;
  }
}
