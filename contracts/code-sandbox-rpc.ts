import type { Json, JsonObject } from "../engine/json.ts";

/*
 * How the code plugin, the sandbox Worker, and the code inside of an isolate meet (docs/design/code-connectors.md). What comes out of an
 * isolate is written by users' code: every value of these types that comes from there is checked before it is believed.
 */

/** One call of a published action. */
export interface SandboxJob {
  /** Which isolate: equal for calls that may share one. */
  isolate: string;
  module: string;
  /** What of the module is called, the first that is a function; then what it exports by default. */
  exports: string[];
  input: Json;
  context: JsonObject;
  cpuMs: number;
}

/** A request of the code, before anything is added to it. */
export interface SandboxRequest {
  url: string;
  method: string;
  headers: [string, string][];
  body: Uint8Array<ArrayBuffer> | null;
}

/** An answer, or why there is none: then the code's `fetch` fails with that message. */
export type SandboxResponse =
  | {
      ok: true;
      status: number;
      statusText: string;
      headers: [string, string][];
      body: Uint8Array<ArrayBuffer>;
      url: string;
      redirected: boolean;
    }
  | { ok: false; message: string };

/** What the code of a call can reach, and nothing else. */
export interface SandboxHost {
  send(request: SandboxRequest): Promise<SandboxResponse>;
  log(level: string, message: string, context?: string): Promise<void>;
  progress(percent: number | null, message: string | null): Promise<void>;
}

/** Texts of the modules by name: asked for when an isolate has to be made. */
export interface SandboxSource {
  modules(): Promise<Record<string, string>>;
}

/** What the code answered, as JSON text of a `SandboxAnswer`, unchecked; `larger` when it is beyond any limit. */
export type SandboxOutcome = { kind: "answer"; text: string } | { kind: "larger" } | { kind: "none" };

export interface SandboxRpc {
  run(job: SandboxJob, host: SandboxHost, source: SandboxSource): Promise<SandboxOutcome>;
}

/** What the harness in the isolate says of a call. */
export type SandboxAnswer =
  | { ok: true; output: Json; isolate: string }
  | { ok: false; kind: SandboxFault; message: string; code?: string; details?: JsonObject; isolate: string };

/** thrown: by the code itself; load: the module did not load; missing: no such export; output: it is no JSON; size: it is too large. */
export type SandboxFault = "thrown" | "load" | "missing" | "output" | "size";
