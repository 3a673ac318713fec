import { type PinnedAction, type Pins, pinKey } from "../../engine/connector.ts";
import { allSteps } from "../../engine/definition/child-blocks.ts";
import type { WorkflowDefinition } from "../../engine/definition/types.ts";

/** What the actions of the connector `test/script` differ in; all else is the same. */
const ACTIONS: Readonly<Record<string, Partial<PinnedAction>>> = {
  run: {},
  /** Not idempotent. */
  charge: { idempotent: false },
  /** Has a time limit of its own. */
  brief: { timeoutMs: 150 },
  /** Has a retry of its own. */
  patient: { retry: { maxAttempts: 2, backoff: "fixed", initialDelayMs: 45, jitter: false } },
};

/** Pins every action step of a case to the scripted connector. */
export function pinsOf(definition: WorkflowDefinition): Pins {
  const pins: Pins = {};
  for (const step of allSteps(definition.steps)) {
    if (step.kind === "action") pins[pinKey(step.connector, step.action)] = pinned(step.action);
  }
  return pins;
}

function pinned(action: string): PinnedAction {
  const own = ACTIONS[action];
  if (own === undefined)
    throw new Error(`test/script has no action ${action}: it has ${Object.keys(ACTIONS).join(", ")}`);
  return {
    namespace: "test",
    connector: "script",
    version: "1.0.0",
    action,
    plugin: "toolbox",
    idempotent: true,
    handler: {},
    ...own,
  };
}
