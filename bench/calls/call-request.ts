import type { CallContext, SealedConnection } from "../../contracts/rpc.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import type { ModuleSet } from "./module-sets.ts";

/** What the caller does again and again: add two numbers, by a plugin of the platform or as the floor does it. */
export type CallWork =
  | {
      kind: "plugin";
      call: ActionCall;
      context: CallContext;
      /** Where each call is one of modules that no isolate has yet: their digests, one for each call. */
      digests?: string[];
    }
  /** A method of another Worker. */
  | { kind: "rpc" }
  | { kind: "fetch"; url: string; headers: Record<string, string> }
  /** By a network of its own, as the platform reaches this machine, and not by the runtime's `fetch`. */
  | { kind: "network fetch"; url: string; headers: Record<string, string> }
  /** A method of another Worker, which fetches. */
  | { kind: "called fetch"; url: string; headers: Record<string, string> }
  /** One request of JSON-RPC: what a client sends that knows the server already. */
  | { kind: "mcp"; url: string }
  /** A dynamic isolate with the module: the one of that name, or for each call the next of several. */
  | { kind: "isolate"; module: string; names: string[] };

/** What the Worker `workers/caller.ts` is asked. */
export type CallRequest =
  | { kind: "calls"; work: CallWork; count: number }
  | { kind: "modules"; object: string; sets: readonly ModuleSet[] }
  | { kind: "connection"; object: string; connection: SealedConnection };
