import { join } from "node:path";
import { Miniflare, type MiniflareOptions } from "miniflare";
import { bundleWorker, modulesBeside } from "./bundle.ts";
import { clientCertificates } from "./client-certificates.ts";
import { claimPort } from "./claim-port.ts";
import type { WorkerEntries } from "./messages.ts";
import { QUIET_RUNTIME } from "./quiet-runtime.ts";
import { protectRuntime, startSandboxProcess, workerdChildren } from "./sandbox-process.ts";

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
  sandbox: "workers/plugins/sandbox/main.ts",
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
    vars: [
      "ENVIRONMENT_NAME",
      "MASTER_KEY",
      "DEVELOPMENT_HOSTS",
      "PUBLIC_URL",
      "DNS_RESOLVER_URL",
      "CLIENT_CERTIFICATES",
    ],
    readsTenant: true,
  },
  {
    binding: "CODE_PLUGIN",
    name: "smartify-code-plugin",
    entry: "code",
    flags: [],
    vars: ["SANDBOX_STUCK_MS"],
    readsTenant: true,
  },
];

const TENANT = { type: "durable-object", worker: PLATFORM, exportName: "Tenant" } as const;
const COORDINATOR = { type: "durable-object", worker: PLATFORM, exportName: "Coordinator" } as const;
const SERVICES = { type: "durable-object", worker: PLATFORM, exportName: "Services" } as const;
const TASK_TOKENS = { type: "durable-object", worker: PLATFORM, exportName: "TaskTokens" } as const;
const CONNECTION = { type: "durable-object", worker: PLATFORM, exportName: "Connection" } as const;
const LOADER = { type: "worker-loader" } as const;
/** Connects to public addresses alone, whatever a name resolves to: Cloudflare has no route to others, a machine of one's own has. */
export const PUBLIC_NETWORK: NonNullable<WorkerConfig["config"]["env"]>[string] = {
  type: "network",
  allow: ["public"],
  tlsOptions: { trustBrowserCas: true },
};
/**
 * Connects to this machine alone: the local services of development. Without it their calls would go by miniflare's own Worker, which
 * stands before every `fetch`, writes its headers anew and adds one of its own.
 */
export const LOCAL_NETWORK: typeof PUBLIC_NETWORK = { type: "network", allow: ["127.0.0.1/32"] };
const SANDBOX = "smartify-code-sandbox";
/** What all local isolates of published code may have together: an isolate of a deployment has 128 MB. */
const SANDBOX_MEMORY_MB = 384;
/** What the code plugin has besides. */
const OF_CODE = {
  COORDINATOR,
  SERVICES,
  HTTP_PLUGIN: { type: "worker", worker: "smartify-http-plugin" },
  SANDBOX: { type: "worker", worker: SANDBOX },
} as const;

export interface RuntimeOptions {
  dataDir: string;
  port: number;
  /** Text bindings of the platform Worker; a plugin has those of them that it names. */
  vars: Record<string, string>;
  entries: WorkerEntries;
  /** The runtime ended by itself. */
  onCrash(): void;
  /** For tests: the platform Worker keeps its fault points, and what the Workers log goes here. */
  faults?: { log(line: string): void };
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
export interface DescribedWorker {
  entry: string;
  config: Omit<WorkerConfig["config"], "manifest">;
  dev?: WorkerConfig["dev"];
}

function platformWorker({ entries, vars: given, port }: RuntimeOptions): DescribedWorker {
  const vars = { ...given, ...clientCertificates(given.CLIENT_CERTIFICATES).vars };
  const plugins = PLUGINS.map(({ binding, name }) => [binding, { type: "worker", worker: name }]);
  return {
    entry: entries.platform,
    config: {
      name: PLATFORM,
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: ["enable_request_signal"],
      env: {
        ...textBindings(vars),
        ...Object.fromEntries(plugins),
        COORDINATOR,
        TENANT,
        FEED: { type: "durable-object", worker: PLATFORM, exportName: "Feed" },
        RELAY: { type: "durable-object", worker: PLATFORM, exportName: "Relay" },
        TRIGGERS: { type: "durable-object", worker: PLATFORM, exportName: "Triggers" },
        CAMPAIGNS: { type: "durable-object", worker: PLATFORM, exportName: "Campaigns" },
        CONNECTION,
        SERVICES,
        TASK_TOKENS,
        OUTBOX: { type: "queue", name: OUTBOX },
        OBJECTS: { type: "r2", name: "smartify-objects" },
      },
      exports: {
        Coordinator: { type: "durable-object", storage: "sqlite" },
        Tenant: { type: "durable-object", storage: "sqlite" },
        Feed: { type: "durable-object", storage: "sqlite" },
        Relay: { type: "durable-object", storage: "sqlite" },
        Triggers: { type: "durable-object", storage: "sqlite" },
        Campaigns: { type: "durable-object", storage: "sqlite" },
        Connection: { type: "durable-object", storage: "sqlite" },
        Services: { type: "durable-object", storage: "sqlite" },
        TaskTokens: { type: "durable-object", storage: "sqlite" },
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
  const certificates = clientCertificates(options.vars.CLIENT_CERTIFICATES);
  const given: Record<string, string> = { ...options.vars, ...certificates.vars };
  const vars = plugin.vars.flatMap((name) => {
    const value = given[name];
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
        ...(plugin.entry === "http"
          ? { SERVICES, TASK_TOKENS, COORDINATOR, CONNECTION, PUBLIC_NETWORK, LOCAL_NETWORK, ...certificates.bindings }
          : {}),
        ...(plugin.entry === "code" ? OF_CODE : {}),
        LOADER,
      },
    },
  };
}

/** The Workers of a platform and what they are bound to, as their wrangler.toml files say it for a deployment. */
export function describeWorkers(options: RuntimeOptions): DescribedWorker[] {
  return [platformWorker(options), ...PLUGINS.map((plugin) => pluginWorker(plugin, options)), sandboxWorker(options)];
}

function sandboxWorker({ entries }: RuntimeOptions): DescribedWorker {
  return { entry: entries.sandbox, config: { name: SANDBOX, compatibilityDate: COMPATIBILITY_DATE, env: { LOADER } } };
}

/** The code plugin with the sandbox in another process, at that port, and its watchdog at another. */
function withSandboxAt(port: number, watchdogPort: number, worker: DescribedWorker): DescribedWorker {
  if (worker.config.env?.SANDBOX === undefined) return worker;
  const at = (own: number) => ({ type: "external", address: `127.0.0.1:${own}`, http: {} }) as const;
  const env = { ...worker.config.env, SANDBOX: at(port), SANDBOX_WATCHDOG: at(watchdogPort) };
  return { ...worker, config: { ...worker.config, env } };
}

/** Bundles it: miniflare can run what comes. `faultPoints`: for tests that stop it where it says. */
export async function buildWorker({ entry, config, dev }: DescribedWorker, faultPoints = false): Promise<WorkerConfig> {
  const main = { type: "esm", contents: await bundleWorker(entry, faultPoints) } as const;
  const modules = { "main.js": main, ...modulesBeside(entry) };
  return { config: { ...config, manifest: { mainModule: "main.js", modules } }, dev };
}

/** Runs the Workers in workerd; requests reach the platform Worker on `port` with nothing in between. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { faults } = options;
  const workers = describeWorkers(options);
  const port = await claimPort(0);
  const sandbox = await startSandboxProcess(await buildWorker(sandboxWorker(options)), port, {
    stuckMs: Number(options.vars.SANDBOX_STUCK_MS),
    memoryMb: Number(options.vars.SANDBOX_MEMORY_MB ?? SANDBOX_MEMORY_MB),
  });
  const before = workerdChildren();
  const miniflare = new Miniflare({
    ...QUIET_RUNTIME,
    unsafeTriggerHandlers: true,
    resourcePersistencePath: join(options.dataDir, "objects"),
    unsafeHandleRuntimeRestart: options.onCrash,
    ...(faults ? { handleStructuredLogs: ({ message }) => faults.log(message) } : {}),
    workers: await Promise.all(
      workers
        .filter(({ config }) => config.name !== SANDBOX)
        .map((worker) => {
          const isFaulty = faults !== undefined && worker.entry === options.entries.platform;
          return buildWorker(withSandboxAt(port, sandbox.watchdogPort, worker), isFaulty);
        }),
    ),
  });
  const entry = await miniflare.ready;
  const pid = workerdChildren().find((child) => !before.includes(child)) ?? null;
  protectRuntime(pid);
  sandbox.watch();
  return {
    pid,
    entryUrl: entry.origin,
    async sweep() {
      // Not by `getWorker`: its stubs stop this thread until workerd has answered, and workerd stops when nobody reads its log.
      const trigger = new URL("http://entry/cdn-cgi/local/scheduled");
      trigger.searchParams.set("cron", SWEEP_CRON);
      const response = await miniflare.dispatchFetch(trigger);
      // Without its database a sweep does nothing; the next one is due in a minute.
      if (!response.ok) console.error(`the sweep ended as ${await response.text()}`);
    },
    async stop() {
      await Promise.all([miniflare.dispose(), sandbox.stop()]);
    },
  };
}
