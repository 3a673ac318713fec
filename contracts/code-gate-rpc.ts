import type { Json, JsonObject } from "../engine/json.ts";
import type { ActionResult } from "../engine/run/types.ts";
import type { SandboxRequest } from "./code-sandbox-rpc.ts";
import type { Environment } from "./execution.ts";

/** A secret that the code of a call holds as a handle, and where it may stand (section 17). */
export interface CodeHandle {
  handle: string;
  name: string;
  positions: string[];
  hosts: string[];
}

/** What the requests of one call may do: made by the code plugin out of the pinned action, never by the code. */
export interface CodeGrant {
  tenantId: string;
  environment: Environment;
  /** `slug@version` of the published workflow that it runs in (`CallContext.published`). */
  published?: string;
  /** `namespace/name`. */
  connector: string;
  connectorVersion: string;
  /** The connection as the step names it: a name or id, or `{end_user}`. */
  connection?: Json;
  auth?: JsonObject;
  /** The connector's own, where it has one. */
  baseUrl?: string;
  /** The step waits so long (ms) for a connection that is missing. */
  connectionWaitMs?: number;
  hosts: string[];
  handles: CodeHandle[];
  /** Headers by which whoever answers can verify, deduplicate and trace the call. */
  callHeaders: [string, string][];
  /** How long it may take. */
  timeoutMs: number;
}

/** What came of a request. `host` and `status` are for the execution's log. */
export type CodeGateAnswer =
  | {
      ok: true;
      status: number;
      statusText: string;
      headers: [string, string][];
      body: Uint8Array<ArrayBuffer>;
      url: string;
      redirected: boolean;
      host: string;
      sentBytes: number;
    }
  | {
      ok: false;
      message: string;
      host: string;
      sentBytes: number;
      /** The connection cannot be used any more, or not be looked up now: what the step fails with, should the code fail too. Not for the code. */
      failed?: Extract<ActionResult, { ok: false }>;
    };

/** What a call looks up before its code runs. */
export interface CodeWish {
  /** It cannot run without its connection. */
  needsConnection: boolean;
  /** Names of env values. */
  env: string[];
}

export type CodeReady =
  | {
      ok: true;
      /** What the connection says of itself, without its credentials. Null: there is none. */
      connection: { id: string; config: JsonObject } | null;
      env: Record<string, Json>;
    }
  | Extract<ActionResult, { ok: false }>;

/** The http plugin as the gate of code connectors: the only place where their credentials are in the clear. */
export interface CodeGateRpc {
  prepareForCode(grant: CodeGrant, wish: CodeWish): Promise<CodeReady>;
  sendForCode(request: SandboxRequest, grant: CodeGrant): Promise<CodeGateAnswer>;
}
