import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { ConcurrencyRule } from "../../contracts/rpc.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import type { Happening } from "./happenings.ts";
import type { Witnessed } from "./play.ts";
import type { Answers, SeenCall } from "./script.ts";

/** Who starts a run and how, where a case says so. */
export interface StartOptions {
  roles?: string[];
  permissions?: string[];
  /** Id of the key; `key_conformance` when nobody says. */
  actor?: string;
  budget?: JsonObject;
  /** It is not to begin earlier than so long after it was accepted. */
  start_after_ms?: number;
  concurrency?: ConcurrencyRule;
  max_steps?: number;
}

/** A workflow that was read, validated and pinned, with the inputs it starts with and what its actions will answer. */
export interface Scenario {
  source: PlanSource;
  inputs: JsonObject;
  env: JsonObject;
  answers: Record<string, Answers>;
  start: StartOptions;
  happenings: Happening[];
}

/** What a finished run left behind. Plain data: it crosses processes. */
export interface Played extends Witnessed {
  events: StampedEvent[];
  record: ExecutionRecord;
  calls: SeenCall[];
  /** The most calls that were in flight at one time. */
  inFlight: number;
}

/** A place that runs executions. Every host passes the same cases. */
export interface ConformanceHost {
  /** The time at which it starts what it is given now (epoch ms). */
  now(): number;
  /** Plays one scenario to its end. */
  run(scenario: Scenario): Promise<Played>;
}
