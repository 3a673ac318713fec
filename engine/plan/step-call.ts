import type { PinnedAction, Pins } from "../connector.ts";
import { pinKey } from "../connector.ts";
import type { StepDefinition } from "../definition/types.ts";
import { SANDBOXED } from "../steps/makes-call.ts";

/** What a step calls when it is dispatched; undefined for a kind that runs inside the engine. */
export function stepCall(step: StepDefinition, pins: Pins): PinnedAction | undefined {
  switch (step.kind) {
    case "action": {
      const pin = pins[pinKey(step.connector, step.action)];
      if (!pin) throw new Error(`the plan has no pin for ${step.connector} ${step.action}`);
      return pin;
    }
    case "transform":
      return SANDBOXED.has(step.language) ? platformCall("transform", step.language, "code") : undefined;
    case "subworkflow":
      return platformCall("workflow", step.workflow, "none");
    case "agent":
    case "handoff":
      return platformCall("agent", step.kind, "none");
    case "parallel_list":
    case "if":
    case "switch":
    case "forEach":
    case "parallel":
    case "wait":
    case "try":
    case "approval":
    case "output":
      return undefined;
    default:
      return step satisfies never;
  }
}

/** Calls of the language itself look like those of a connector, so that every host has one way to make them. */
function platformCall(connector: string, action: string, plugin: PinnedAction["plugin"]): PinnedAction {
  return { namespace: "smartify", connector, version: "1.0.0", action, plugin, idempotent: true, handler: {} };
}
