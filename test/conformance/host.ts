import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import type { Answers, SeenCall } from "./script.ts";

/** A workflow that was read, validated and pinned, with the inputs it starts with and what its actions will answer. */
export interface Scenario {
  source: PlanSource;
  inputs: JsonObject;
  env: JsonObject;
  answers: Record<string, Answers>;
}

/** What a finished run left behind. Plain data: it crosses processes. */
export interface Played {
  events: StampedEvent[];
  record: ExecutionRecord;
  calls: SeenCall[];
  /** The most calls that were in flight at one time. */
  inFlight: number;
}

/** A place that runs executions. Every host passes the same cases. */
export interface ConformanceHost {
  /** Plays one scenario to its end. */
  run(scenario: Scenario): Promise<Played>;
}
