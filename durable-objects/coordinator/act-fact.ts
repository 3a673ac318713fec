import type { ActFact } from "../../contracts/usage.ts";
import type { StampedEvent } from "../../engine/run/types.ts";

/** The event as an act of somebody; undefined where nobody acted, or the run did so by itself. */
export function actFact(event: StampedEvent): ActFact | undefined {
  switch (event.type) {
    case "workflow.paused":
      return event.actor === undefined ? undefined : act(event, event.actor, "execution.paused");
    case "workflow.resumed":
      return event.actor === undefined ? undefined : act(event, event.actor, "execution.resumed");
    case "workflow.stopping":
      return event.actor === undefined ? undefined : act(event, event.actor, "execution.shut_down");
    case "workflow.canceled":
      return event.actor === undefined ? undefined : act(event, event.actor, "execution.canceled");
    case "approval.decided":
      if (event.decision === "escalate" || event.by === null) return undefined;
      return { ...act(event, event.by, "approval.decided"), step: event.path === "" ? "workflow" : event.path };
    default:
      return undefined;
  }
}

function act({ seq, at }: { seq: number; at: number }, actor: string, action: ActFact["action"]): ActFact {
  return { seq, at, actor, action };
}
