import type { PartialRetry } from "./definition/types.ts";
import type { Json, JsonObject } from "./json.ts";

/*
 * What the engine knows of connectors: enough to plan, never how to call. The manifest itself is read by `connectors/`.
 */

/** One action of a connector version, as pinned into a plan (plain JSON, only the actions that the workflow uses). */
export interface PinnedAction {
  namespace: string;
  connector: string;
  version: string;
  /** SHA-256 of the connector version's content; absent for the platform's own. */
  digest?: string;
  action: string;
  /** Which plugin Worker runs it. */
  plugin: "toolbox" | "http" | "code" | "none";
  /** JSON Schema of the input and output, when the manifest has them. */
  input?: JsonObject;
  output?: JsonObject;
  idempotent: boolean;
  /** Of an action that is not: this member of its input names the method, and with one of these (or none, `otherwise`) a call is. */
  idempotentWith?: { member: string; methods: string[]; otherwise: boolean };
  timeoutMs?: number;
  /** Merged by precedence action > handler > connector. */
  retry?: PartialRetry;
  /** The handler's configuration, handed to the plugin Worker as it is. */
  handler: JsonObject;
  auth?: JsonObject;
  /** Members of the input whose schema says `x-secret`, as JSON pointers with `*` for any member. */
  secretMembers?: string[];
  context?: Json[];
  /** How long its outputs are kept where the step that calls it does not say. */
  cache?: { ttlMs?: number };
  /** Somebody must approve each step that calls it, as `authorization.approval` says it of a step. */
  approval?: JsonObject;
}

/** `connector:<ns>/<name>@<range>` or slug as the workflow writes it, plus `#action` → what it was pinned to. */
export type Pins = Record<string, PinnedAction>;

/** The key of a step's pin: the reference as written and the action. */
export function pinKey(connector: string, action: string): string {
  return `${connector}#${action}`;
}
