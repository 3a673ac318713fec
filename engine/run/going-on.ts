import type { Json, JsonObject } from "../json.ts";
import type { Plan } from "../plan/types.ts";

/*
 * A run that goes on after its end, or with another version of its workflow: what is asked, and the facts that come of it.
 */

/** An act that counts once: its Idempotency-Key, and the digest of what was asked with it. */
export interface ActId {
  key: string;
  body: string;
  /** The platform's own key, of a request without one: nobody will send it again later. */
  ours?: true;
}

/**
 * Goes on after the end. `from`: the step (id or run-time path) to begin with; without one, what was not completed. The host drives the
 * run by the plan of the version that it goes on with, and names that where it is another.
 */
export interface RetryCommand {
  type: "retry";
  from?: string;
  inputs?: JsonObject;
  env?: JsonObject;
  outputs?: JsonObject;
  actor?: string;
  act?: ActId;
  plan?: string;
}

/**
 * The steps at `from`, what came after them and what had not been completed are run again. `outputs` stand in for the steps at these
 * paths; `plan` is the digest of another version that it goes on with.
 */
export interface Retried {
  type: "workflow.retried";
  run_attempt: number;
  from: string[];
  actor?: string;
  inputs?: JsonObject;
  env?: JsonObject;
  outputs?: JsonObject;
  deadline?: number;
  plan?: string;
  version?: string;
  act?: ActId;
}

/** Goes on with `to`, another version, whose digest is `plan`: refused where the run's past is another there. */
export interface MigrateInput {
  type: "migrate";
  to: Plan;
  plan: string;
  inputs?: JsonObject;
  env?: JsonObject;
  actor?: string;
  act?: ActId;
}

/** It goes on with another version; `plan` is the digest of that. */
export interface Migrated {
  type: "workflow.migrated";
  plan: string;
  version: string;
  actor?: string;
  inputs?: JsonObject;
  env?: JsonObject;
  act?: ActId;
}

/** Somebody asked for what was so already: `action` is the command. It stands in the log so that its key counts once. */
export interface Noted {
  type: "act.noted";
  action: string;
  reason?: string;
  actor?: string;
  act: ActId;
}

/** An event from outside. */
export interface Signal {
  name: string;
  payload: Json;
  channel?: string;
  id?: string;
  key?: string;
  path?: string;
  actor?: string;
  act?: ActId;
}
