import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { bundleWorker } from "./bundle.ts";
import type { WorkerEntries } from "./messages.ts";

export const COMPATIBILITY_DATE = "2026-10-23";
const PLATFORM = "smartify-platform";
const OUTBOX = "smartify-outbox";

export const WORKER_ENTRIES: WorkerEntries = {
  platform: "workers/main.ts",
  toolbox: "workers/plugins/toolbox/main.ts",
  http: "workers/plugins/http/main.ts",
};

const PLUGINS = [
  { binding: "TOOLBOX_PLUGIN", name: "smartify-toolbox-plugin", entry: "toolbox" },
  { binding: "HTTP_PLUGIN", name: "smartify-http-plugin", entry: "http" },
] as const;

export interface RuntimeOptions {
  dataDir: string;
  port: number;
  /** Text bindings of the platform Worker. */
  vars: Record<string, string>;
  /** Text bindings of the plugin Workers. */
  pluginVars: Record<string, string>;
  entries: WorkerEntries;
  /** The runtime ended by itself. */
  onCrash(): void;
}

export interface Runtime {
  pid: number | null;
  /** The address with miniflare's own Worker in between: three times the CPU a request, never shown to a user. */
  entryUrl: string;
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

type WorkerConfig = MiniflareOptions["workers"][number];

function textBindings(vars: Record<string, string>): Record<string, { type: "text"; value: string }> {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, { type: "text", value }]));
}

async function manifest(entry: string): Promise<WorkerConfig["config"]["manifest"]> {
  return { mainModule: "main.js", modules: { "main.js": { type: "esm", contents: await bundleWorker(entry) } } };
}

async function platformWorker({ entries, vars, port }: RuntimeOptions): Promise<WorkerConfig> {
  const plugins = PLUGINS.map(({ binding, name }) => [binding, { type: "worker", worker: name }]);
  return {
    config: {
      name: PLATFORM,
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: await manifest(entries.platform),
      env: {
        ...textBindings(vars),
        ...Object.fromEntries(plugins),
        COORDINATOR: { type: "durable-object", worker: PLATFORM, exportName: "Coordinator" },
        TENANT: { type: "durable-object", worker: PLATFORM, exportName: "Tenant" },
        OUTBOX: { type: "queue", name: OUTBOX },
      },
      exports: {
        Coordinator: { type: "durable-object", storage: "sqlite" },
        Tenant: { type: "durable-object", storage: "sqlite" },
      },
      triggers: [
        {
          type: "queue",
          name: OUTBOX,
          maxBatchSize: 50,
          maxBatchTimeout: 0,
          maxRetries: 3,
          deadLetterQueue: `${OUTBOX}-dead`,
        },
      ],
    },
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port }], stripCfConnectingIp: false },
  };
}

async function pluginWorker(name: string, entry: string, vars: Record<string, string>): Promise<WorkerConfig> {
  return {
    config: { name, compatibilityDate: COMPATIBILITY_DATE, manifest: await manifest(entry), env: textBindings(vars) },
  };
}

/** The process that miniflare started last. */
function findChild(program: string): number | null {
  try {
    const list = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
    const child = list
      .map((line) => line.trim().split(/\s+/))
      .find(([, parent, path]) => Number(parent) === process.pid && path?.includes(program));
    return child === undefined ? null : Number(child[0]);
  } catch {
    return null;
  }
}

/** Runs the Workers in workerd; requests reach the platform Worker on `port` with nothing in between. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    logRequests: false,
    enableDevRegistry: false,
    telemetry: { enabled: false },
    stripDisablePrettyError: true,
    log: new Log(LogLevel.WARN),
    resourcePersistencePath: join(options.dataDir, "objects"),
    unsafeHandleRuntimeRestart: options.onCrash,
    workers: await Promise.all([
      platformWorker(options),
      ...PLUGINS.map(({ name, entry }) => pluginWorker(name, options.entries[entry], options.pluginVars)),
    ]),
  });
  const entry = await miniflare.ready;
  return {
    pid: findChild("workerd"),
    entryUrl: entry.origin,
    async sweep() {
      const worker = await miniflare.getWorker(PLATFORM);
      await worker.scheduled({ cron: "* * * * *" });
    },
    stop: () => miniflare.dispose(),
  };
}
