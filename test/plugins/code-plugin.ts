import { Log, LogLevel, Miniflare } from "miniflare";
import type { CallContext } from "../../contracts/rpc.ts";
import type { Json } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { bundleWorker, modulesBeside } from "../../scripts/platform/bundle.ts";
import type { CallerRequest } from "./caller-request.ts";

export type Language = "jq" | "jsonata" | "javascript";

/** One transform for the plugin. */
export interface Transform {
  language: Language;
  expression: string;
  data?: Json;
  timeoutMs?: number;
}

/** The code plugin in workerd, called as a coordinator does. */
export interface CodePlugin {
  /** All at once, in one request. */
  run(transforms: Transform[], as?: Partial<CallContext>): Promise<ActionResult[]>;
  stop(): Promise<void>;
}

const CONTEXT: CallContext = {
  tenantId: "ten_1",
  environment: "live",
  executionId: "exec_1",
  workflowName: "W",
  workflowVersion: "1.0.0",
  runAttempt: 1,
  isolated: false,
};
const CODE = "workers/plugins/code/main.ts";
const CALLER = "test/workers/caller.ts";

export async function startCodePlugin(): Promise<CodePlugin> {
  const compatibilityDate = "2026-10-23";
  const manifestOf = async (entry: string) => ({
    mainModule: "main.js",
    modules: {
      "main.js": { type: "esm", contents: await bundleWorker(entry) } as const,
      ...modulesBeside(entry),
    },
  });
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.ERROR),
    workers: [
      {
        config: {
          name: "caller",
          compatibilityDate,
          manifest: await manifestOf(CALLER),
          env: { CODE_PLUGIN: { type: "worker", worker: "code" } },
          exports: { Tenant: { type: "durable-object", storage: "sqlite" } },
        },
      },
      {
        config: {
          name: "code",
          compatibilityDate,
          manifest: await manifestOf(CODE),
          env: { LOADER: { type: "worker-loader" } },
        },
      },
    ],
  });
  const url = await miniflare.ready;
  return {
    async run(transforms, as = {}) {
      const request: CallerRequest = { kind: "invoke", calls: transforms.map(callOf), context: { ...CONTEXT, ...as } };
      const response = await fetch(url, { method: "POST", body: JSON.stringify(request) });
      if (!response.ok) throw new Error(await response.text());
      const results: ActionResult[] = await response.json();
      return results;
    },
    stop: () => miniflare.dispose(),
  };
}

function callOf({ language, expression, data = null, timeoutMs = 5_000 }: Transform): ActionCall {
  return {
    path: "step",
    stepId: "step",
    attempt: 1,
    action: {
      namespace: "smartify",
      connector: "transform",
      version: "1.0.0",
      action: language,
      plugin: "code",
      idempotent: true,
      handler: {},
    },
    input: { expression, data },
    idempotencyKey: "exec_1:1:step",
    timeoutMs,
    deadline: Date.now() + timeoutMs,
  };
}
