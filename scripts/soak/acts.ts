import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { RunCommand } from "../../engine/run/types.ts";

/** What is done to an execution while it runs. Those with a `step` are for when that step waits. */
export type Act =
  | { kind: "event"; step: string; name: string; payload: Json }
  | { kind: "keyed"; step: string; name: string; key: string; payload: Json }
  | { kind: "decide"; step: string; decision: "approve" | "reject"; comment: string }
  | { kind: "cancel"; step: string; compensate: boolean }
  | { kind: "pause"; step: string }
  | { kind: "resume" }
  | { kind: "retry" };

/** True when it is time for the act. A request that a kill has cut off may be made again exactly while this holds. */
export function isDue(act: Act, record: ExecutionRecord): boolean {
  switch (act.kind) {
    case "event":
    case "keyed":
    case "decide":
    case "pause":
      return record.status !== "paused" && waits(record, act.step);
    case "cancel":
      return record.phase === undefined && waits(record, act.step);
    case "resume":
      return record.status === "paused";
    case "retry":
      return record.status === "failed" && record.run_attempt === 1;
    default:
      return act satisfies never;
  }
}

/** True when the record shows what the act was for: also where nobody heard the answer. */
export function isDone(act: Act, record: ExecutionRecord): boolean {
  switch (act.kind) {
    case "event":
    case "keyed":
    case "decide":
    case "cancel": {
      const step = record.steps.find(({ path }) => path === act.step);
      return step !== undefined && step.finished_at !== null;
    }
    case "pause":
      return record.status === "paused";
    case "resume":
      return record.status !== "paused";
    case "retry":
      return record.run_attempt > 1;
    default:
      return act satisfies never;
  }
}

/** The act as a request to the platform. */
export function requestOf(act: Act, executionId: string): { path: string; body: JsonObject } {
  const of = `/workflows/executions/${executionId}`;
  switch (act.kind) {
    case "event":
      return { path: `${of}/events`, body: { name: act.name, payload: act.payload } };
    case "keyed":
      return { path: "/events", body: { name: act.name, key: act.key, payload: act.payload, ttl: "1h" } };
    case "decide":
      return { path: `${of}/approvals/${act.step}`, body: { decision: act.decision, comment: act.comment } };
    case "cancel":
      return { path: `${of}/cancel`, body: { compensate: act.compensate } };
    case "pause":
    case "resume":
    case "retry":
      return { path: `${of}/${act.kind}`, body: {} };
    default:
      return act satisfies never;
  }
}

/** The act as a command to the engine. `actor`: the key that the platform was asked with. */
export function commandOf(act: Act, actor: string): RunCommand {
  switch (act.kind) {
    case "event":
      return { type: "signal", name: act.name, payload: act.payload };
    case "keyed":
      return { type: "signal", name: act.name, key: act.key, payload: act.payload, path: act.step };
    case "decide":
      return {
        type: "decide",
        step: act.step,
        decision: act.decision,
        comment: act.comment,
        by: actor,
        roles: ["admin"],
      };
    case "cancel":
      return { type: "cancel", compensate: act.compensate, actor };
    case "pause":
    case "resume":
      return { type: act.kind, actor };
    case "retry":
      return { type: "retry", actor };
    default:
      return act satisfies never;
  }
}

function waits({ steps }: ExecutionRecord, path: string): boolean {
  return steps.some((step) => step.path === path && step.status === "waiting");
}
