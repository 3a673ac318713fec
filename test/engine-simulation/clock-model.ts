import type { RunState } from "../../engine/run/state.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import { must } from "./violation.ts";

/** What a paused run does not do. */
const BEGINNINGS: ReadonlySet<string> = new Set(["step.started", "step.waiting", "step.skipped", "iteration.started"]);

/** When waits and the workflow's own time are over, by the events: a pause puts all of them off by as long as it lasts. */
export class ClockModel {
  #deadline: number | undefined;
  #pausedAt: number | undefined;
  readonly #waits = new Map<string, number>();

  observe(event: StampedEvent): void {
    must(this.#pausedAt === undefined || !BEGINNINGS.has(event.type), () => `${event.type} while the run is paused`);
    switch (event.type) {
      case "workflow.started":
        this.#deadline = event.deadline;
        return;
      case "workflow.paused":
        this.#pausedAt = event.at;
        return;
      case "workflow.resumed":
        this.#putOff(event.at - (this.#pausedAt ?? event.at));
        this.#pausedAt = undefined;
        return;
      case "step.waiting":
        if (event.wait.due === undefined) this.#waits.delete(event.path);
        else this.#waits.set(event.path, event.wait.due);
        return;
      case "approval.decided":
        if (event.decision === "escalate" && event.due !== undefined) this.#waits.set(event.path, event.due);
        return;
      default:
    }
  }

  compare(state: RunState): void {
    const { deadline } = state;
    must(
      (deadline ?? undefined) === this.#deadline,
      () => `the deadline is ${deadline} and should be ${this.#deadline}`,
    );
    for (const { path, wait, status } of [state.root, ...state.open.values()]) {
      if (wait === undefined || (path !== "" && status !== "waiting")) continue;
      const due = this.#waits.get(path);
      must(wait.due === due, () => `the wait of ${path} is over at ${wait.due} and should be at ${due}`);
    }
  }

  #putOff(pauseMs: number): void {
    if (this.#deadline !== undefined) this.#deadline += pauseMs;
    for (const [path, due] of this.#waits) this.#waits.set(path, due + pauseMs);
  }
}
