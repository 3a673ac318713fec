import type { ConnectorManifest } from "../../connectors/manifest/manifest.ts";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import type { Json } from "../../engine/json.ts";
import type { ActionCall } from "../../engine/run/types.ts";

/** One attempt of a connector's action, as a coordinator sends it. */
export function callOf(manifest: ConnectorManifest, action: string, input: Json, timeoutMs = 10_000): ActionCall {
  const pinned = pinAction(manifest, action);
  if (pinned === undefined) throw new Error(`${manifest.name} has no action ${action}`);
  return {
    path: action,
    stepId: action,
    attempt: 1,
    action: pinned,
    input,
    idempotencyKey: `exec_1:1:${action}:${crypto.randomUUID()}`,
    timeoutMs,
    deadline: Date.now() + timeoutMs,
  };
}
