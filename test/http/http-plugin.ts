import { execFileSync } from "node:child_process";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { FIRST_PARTY } from "../../connectors/first-party/all-connectors.ts";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import type { CallContext } from "../../contracts/rpc.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { bundleWorker } from "../../scripts/platform/bundle.ts";
import { COMPATIBILITY_DATE, describeWorkers, WORKER_ENTRIES } from "../../scripts/platform/runtime.ts";
import { workerdChildren } from "../../scripts/platform/sandbox-process.ts";
import type { HttpCallerRequest } from "./http-caller-request.ts";

export const MASTER_KEY = Buffer.alloc(32, 5).toString("base64");
export const CONTEXT: CallContext = {
  tenantId: "ten_1",
  environment: "live",
  executionId: "exec_1",
  workflowName: "W",
  workflowVersion: "1.0.0",
  runAttempt: 1,
  isolated: false,
};

type WorkerConfig = MiniflareOptions["workers"][number];
type Bindings = NonNullable<WorkerConfig["config"]["env"]>;

export interface HttpPluginOptions {
  /** `name:port` → `127.0.0.1:port`. */
  hosts: Record<string, string>;
  vars?: Record<string, string>;
  /** In place of what the platform binds. */
  bindings?: Bindings;
  /** Further Workers, for such bindings. */
  workers?: WorkerConfig[];
}

/** The real http plugin Worker in workerd, as the platform runs it: once for development, once for production. */
export interface HttpPlugin {
  invoke(call: ActionCall, as?: { production?: boolean; context?: Partial<CallContext> }): Promise<ActionResult>;
  /** `community/http`. */
  http(action: string, input: JsonObject, timeoutMs?: number): Promise<ActionResult>;
  /** Any method of its face. */
  ask<Answer>(method: string, args: unknown[], as?: { production?: boolean }): Promise<Answer>;
  putConnection(connection: Extract<HttpCallerRequest, { kind: "connection" }>["connection"]): Promise<void>;
  /** Asks one of the further Workers. */
  fetchWorker(name: string, body: string): Promise<unknown>;
  /** Resident memory of workerd now. */
  memoryBytes(): number;
  stop(): Promise<void>;
}

const PLATFORM = "smartify-platform";
const PLUGIN = "smartify-http-plugin";
const PRODUCTION = "smartify-http-plugin-production";
const OBJECTS = ["Tenant", "TaskTokens", "Services", "Connection", "Coordinator"];

async function manifestOf(entry: string) {
  return {
    mainModule: "main.js",
    modules: { "main.js": { type: "esm", contents: await bundleWorker(entry) } as const },
  };
}

async function pluginWorker(name: string, environment: string, options: HttpPluginOptions): Promise<WorkerConfig> {
  const vars = {
    ENVIRONMENT_NAME: environment,
    MASTER_KEY,
    PUBLIC_URL: "https://cloud.smartify-tests.com",
    DEVELOPMENT_HOSTS: JSON.stringify(options.hosts),
    ...options.vars,
  };
  const workers = describeWorkers({ dataDir: "", port: 0, vars, entries: WORKER_ENTRIES, onCrash: () => undefined });
  const described = workers.find(({ config }) => config.name === PLUGIN);
  if (described === undefined) throw new Error("the platform has no http plugin");
  const env = { ...described.config.env, ...options.bindings };
  return { config: { ...described.config, name, env, manifest: await manifestOf(described.entry) } };
}

export async function startHttpPlugin(options: HttpPluginOptions): Promise<HttpPlugin> {
  const before = workerdChildren();
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    workers: [
      {
        config: {
          name: PLATFORM,
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: await manifestOf("test/workers/http-caller.ts"),
          env: {
            HTTP_PLUGIN: { type: "worker", worker: PLUGIN },
            PRODUCTION_PLUGIN: { type: "worker", worker: PRODUCTION },
            TENANT: { type: "durable-object", worker: PLATFORM, exportName: "Tenant" },
          },
          exports: Object.fromEntries(OBJECTS.map((name) => [name, { type: "durable-object", storage: "sqlite" }])),
        },
      },
      await pluginWorker(PLUGIN, "development", options),
      await pluginWorker(PRODUCTION, "production", options),
      ...(options.workers ?? []),
    ],
  });
  const url = await miniflare.ready;
  const pid = workerdChildren().find((child) => !before.includes(child));
  const post = async <Answer>(request: HttpCallerRequest): Promise<Answer> => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(request) });
    if (!response.ok) throw new Error(await response.text());
    const answer: Answer = await response.json();
    return answer;
  };
  const ask: HttpPlugin["ask"] = (method, args, { production = false } = {}) =>
    post({ kind: "call", production, method, args });
  const invoke: HttpPlugin["invoke"] = (call, { production = false, context = {} } = {}) =>
    ask("invoke", [call, { ...CONTEXT, ...context }], { production });
  return {
    ask,
    invoke,
    http: (action, input, timeoutMs) => invoke(httpCall(action, input, timeoutMs)),
    async putConnection(connection) {
      await post({ kind: "connection", tenant: `global/${CONTEXT.tenantId}/${CONTEXT.environment}`, connection });
    },
    async fetchWorker(name, body) {
      const worker = await miniflare.getWorker(name);
      return (await worker.fetch("http://worker/", { method: "POST", body })).json();
    },
    memoryBytes() {
      return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * 1_024;
    },
    stop: () => miniflare.dispose(),
  };
}

/** One attempt of an action. */
export function callOf(action: ActionCall["action"], input: Json, timeoutMs = 5_000): ActionCall {
  return {
    path: "step",
    stepId: "step",
    attempt: 1,
    action,
    input,
    idempotencyKey: `exec_1:1:step:${crypto.randomUUID()}`,
    timeoutMs,
    deadline: Date.now() + timeoutMs,
  };
}

export function httpCall(action: string, input: Json, timeoutMs?: number): ActionCall {
  const manifest = FIRST_PARTY.find(({ name }) => name === "http");
  const pinned = manifest && pinAction(manifest, action);
  if (pinned === undefined) throw new Error(`http has no action ${action}`);
  return callOf(pinned, input, timeoutMs);
}
