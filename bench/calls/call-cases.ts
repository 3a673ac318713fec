import { modulesDigest } from "../../connectors/code/modules-digest.ts";
import type { CallContext } from "../../contracts/rpc.ts";
import type { PinnedAction } from "../../engine/connector.ts";
import type { CallWork } from "./call-request.ts";
import { MODULE, MODULES, PINS } from "./connectors.ts";
import { type ModuleSet, newModuleSets } from "./module-sets.ts";

/** One request to the caller: what it does, on one side. */
export interface CallBatch {
  work: CallWork;
  /** What must be in the tenant's object before. */
  sets?: readonly ModuleSet[];
}

export interface BatchPlace {
  /** Counts the requests of a case. */
  turn: number;
  /** Where the service of C2 stands. */
  sumsUrl: string;
}

/** One line of the report: a call of one kind, and the least that it can cost. */
export interface CallCase {
  /** `C2 key`: how results and gates name it. */
  name: string;
  title: string;
  /** Calls of one request to the caller: where the request shall not show, many. */
  calls: number;
  /** Requests in a row before the other side has its turn. */
  requests: number;
  floor(batch: BatchPlace): CallBatch;
  platform(batch: BatchPlace): CallBatch;
}

const TIMEOUT_MS = 30_000;
const COLD_CALLS = 4;

/** Who calls. Its tenant's object has the connection and the modules. */
export const CONTEXT: CallContext = {
  tenantId: "ten_bench",
  environment: "live",
  executionId: "exec_bench",
  workflowName: "bench",
  workflowVersion: "1.0.0",
  runAttempt: 1,
  isolated: false,
};
/** The credential of `C2 key`. */
export const TOKEN = "bench-token-0123456789";

const WARM: ModuleSet = { digest: modulesDigest(MODULES), modules: MODULES };

export const CALL_CASES: readonly CallCase[] = [
  {
    name: "C1",
    title: "toolbox action ÷ RPC to a Worker",
    calls: 100,
    requests: 12,
    floor: () => ({ work: { kind: "rpc" } }),
    platform: () => ({ work: pluginCall(PINS.toolbox) }),
  },
  {
    name: "C2",
    title: "HTTP action ÷ fetch",
    calls: 20,
    requests: 16,
    floor: ({ sumsUrl }) => ({ work: bareFetch("fetch", sumsUrl, {}) }),
    platform: () => ({ work: pluginCall(PINS.http) }),
  },
  {
    name: "C2 key",
    title: "HTTP action with a connection ÷ fetch",
    calls: 20,
    requests: 16,
    floor: ({ sumsUrl }) => ({ work: bareFetch("fetch", sumsUrl, { authorization: `Bearer ${TOKEN}` }) }),
    platform: () => ({ work: pluginCall(PINS.httpWithKey) }),
  },
  {
    // As people meet it: a request to a Worker, in which one thing is fetched.
    name: "C2 request",
    title: "request with an HTTP action ÷ with a fetch",
    calls: 1,
    requests: 200,
    floor: ({ sumsUrl }) => ({ work: bareFetch("fetch", sumsUrl, {}) }),
    platform: () => ({ work: pluginCall(PINS.http) }),
  },
  {
    // What the way to another Worker costs stands between this and the line above.
    name: "C2 called",
    title: "HTTP action ÷ RPC to a Worker that fetches",
    calls: 20,
    requests: 16,
    floor: ({ sumsUrl }) => ({ work: bareFetch("called fetch", sumsUrl, {}) }),
    platform: () => ({ work: pluginCall(PINS.http) }),
  },
  {
    // miniflare leads each `fetch` through a Worker of its own, which no deployment has: it stands on neither side here.
    name: "C2 network",
    title: "HTTP action ÷ fetch by the same network",
    calls: 20,
    requests: 16,
    floor: ({ sumsUrl }) => ({ work: bareFetch("network fetch", sumsUrl, {}) }),
    platform: () => ({ work: pluginCall(PINS.http) }),
  },
  {
    name: "C3",
    title: "warm code connector ÷ isolate",
    calls: 20,
    requests: 16,
    floor: () => ({ work: { kind: "isolate", module: MODULE, names: ["warm"] } }),
    platform: () => ({ work: pluginCall(PINS.code), sets: [WARM] }),
  },
  {
    name: "C4",
    title: "cold code connector ÷ new isolate",
    calls: COLD_CALLS,
    requests: 4,
    floor: ({ turn }) => ({ work: { kind: "isolate", module: MODULE, names: coldNames(turn) } }),
    platform({ turn }) {
      const sets = newModuleSets(MODULES, turn, COLD_CALLS);
      return { work: pluginCall(PINS.code, sets), sets };
    },
  },
  {
    name: "C5",
    title: "tool of an MCP server ÷ fetch of the same",
    calls: 20,
    requests: 16,
    floor: ({ sumsUrl }) => ({ work: { kind: "mcp", url: sumsUrl.replace("/add", "/mcp") } }),
    platform: () => ({ work: pluginCall(PINS.mcp) }),
  },
];

function coldNames(turn: number): string[] {
  return Array.from({ length: COLD_CALLS }, (_, index) => `cold ${turn} ${index}`);
}

function bareFetch(
  kind: "fetch" | "network fetch" | "called fetch",
  url: string,
  credentials: Record<string, string>,
): CallWork {
  return { kind, url, headers: { "content-type": "application/json", ...credentials } };
}

function pluginCall(action: PinnedAction, sets?: readonly ModuleSet[]): CallWork {
  return {
    kind: "plugin",
    context: CONTEXT,
    call: {
      path: "add",
      stepId: "add",
      attempt: 1,
      action,
      input: {},
      idempotencyKey: `${CONTEXT.executionId}:1:add`,
      timeoutMs: TIMEOUT_MS,
      deadline: 0,
    },
    digests: sets?.map(({ digest }) => digest),
  };
}
