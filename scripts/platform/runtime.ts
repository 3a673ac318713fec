import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { bundleWorker, modulesBeside } from "./bundle.ts";
import type { WorkerEntries } from "./messages.ts";

export const COMPATIBILITY_DATE = "2026-10-23";
/** When the sweeper runs: every minute. */
export const SWEEP_CRON = "* * * * *";
const PLATFORM = "smartify-platform";
const OUTBOX = "smartify-outbox";

export const WORKER_ENTRIES: WorkerEntries = {
  platform: "workers/main.ts",
  toolbox: "workers/plugins/toolbox/main.ts",
  http: "workers/plugins/http/main.ts",
  code: "workers/plugins/code/main.ts",
};

interface Plugin {
  binding: string;
  name: string;
  entry: keyof WorkerEntries;
  flags: string[];
  /** Which of the platform's text bindings it has too. */
  vars: string[];
  readsTenant: boolean;
}

/** As in their wrangler.toml files. */
const PLUGINS: Plugin[] = [
  {
    binding: "TOOLBOX_PLUGIN",
    name: "smartify-toolbox-plugin",
    entry: "toolbox",
    flags: [],
    vars: [],
    readsTenant: false,
  },
  {
    binding: "HTTP_PLUGIN",
    name: "smartify-http-plugin",
    entry: "http",
    flags: ["global_fetch_strictly_public"],
    vars: ["ENVIRONMENT_NAME", "MASTER_KEY", "DEVELOPMENT_HOSTS", "PUBLIC_URL"],
    readsTenant: true,
  },
  {
    binding: "CODE_PLUGIN",
    name: "smartify-code-plugin",
    entry: "code",
    flags: [],
    vars: [],
    readsTenant: false,
  },
];

const TENANT = { type: "durable-object", worker: PLATFORM, exportName: "Tenant" } as const;
const LOADER = { type: "worker-loader" } as const;

export interface RuntimeOptions {
  dataDir: string;
  port: number;
  /** Text bindings of the platform Worker; a plugin has those of them that it names. */
  vars: Record<string, string>;
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

/** A Worker as miniflare takes it, before its code is built. */
interface DescribedWorker {
  entry: string;
  config: Omit<WorkerConfig["config"], "manifest">;
  dev?: WorkerConfig["dev"];
}

function platformWorker({ entries, vars, port }: RuntimeOptions): DescribedWorker {
  const plugins = PLUGINS.map(({ binding, name }) => [binding, { type: "worker", worker: name }]);
  return {
    entry: entries.platform,
    config: {
      name: PLATFORM,
      compatibilityDate: COMPATIBILITY_DATE,
      env: {
        ...textBindings(vars),
        ...Object.fromEntries(plugins),
        COORDINATOR: { type: "durable-object", worker: PLATFORM, exportName: "Coordinator" },
        TENANT,
        FEED: { type: "durable-object", worker: PLATFORM, exportName: "Feed" },
        RELAY: { type: "durable-object", worker: PLATFORM, exportName: "Relay" },
        TRIGGERS: { type: "durable-object", worker: PLATFORM, exportName: "Triggers" },
        OUTBOX: { type: "queue", name: OUTBOX },
      },
      exports: {
        Coordinator: { type: "durable-object", storage: "sqlite" },
        Tenant: { type: "durable-object", storage: "sqlite" },
        Feed: { type: "durable-object", storage: "sqlite" },
        Relay: { type: "durable-object", storage: "sqlite" },
        Triggers: { type: "durable-object", storage: "sqlite" },
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

function pluginWorker(plugin: Plugin, options: RuntimeOptions): DescribedWorker {
  const vars = plugin.vars.flatMap((name) => {
    const value = options.vars[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    entry: options.entries[plugin.entry],
    config: {
      name: plugin.name,
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: plugin.flags,
      env: {
        ...textBindings(Object.fromEntries(vars)),
        ...(plugin.readsTenant ? { TENANT } : {}),
        LOADER,
      },
    },
  };
}

/** The Workers of a platform and what they are bound to, as their wrangler.toml files say it for a deployment. */
export function describeWorkers(options: RuntimeOptions): DescribedWorker[] {
  return [platformWorker(options), ...PLUGINS.map((plugin) => pluginWorker(plugin, options))];
}

async function build({ entry, config, dev }: DescribedWorker): Promise<WorkerConfig> {
  const main = { type: "esm", contents: await bundleWorker(entry) } as const;
  const modules = { "main.js": main, ...modulesBeside(entry) };
  return { config: { ...config, manifest: { mainModule: "main.js", modules } }, dev };
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
    workers: await Promise.all(describeWorkers(options).map(build)),
  });
  const entry = await miniflare.ready;
  return {
    pid: findChild("workerd"),
    entryUrl: entry.origin,
    async sweep() {
      const worker = await miniflare.getWorker(PLATFORM);
      await worker.scheduled({ cron: SWEEP_CRON });
    },
    stop: () => miniflare.dispose(),
  };
}
