import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { startNeonThread } from "../neon/start-in-thread.ts";
import { claimPort } from "./claim-port.ts";
import { startServices } from "./example-services.ts";
import { guardProcessGroup } from "./guard.ts";
import { lockDataFolder } from "./lock.ts";
import type { FromPlatform, PlatformOptions, ToPlatform } from "./messages.ts";
import { migrate } from "./migrate.ts";
import { loadSecrets } from "./secrets.ts";

/*
 * The platform's own process: leads a process group with workerd in it, so that nothing outlives it. It lives as long as
 * the one that started it.
 */

const ROOT = join(import.meta.dirname, "../..");
const SWEEP_MS = 60_000;
/** A machine of one's own is there to be loaded: the requests per second of a deployment would only be in the way. */
const DEFAULT_LIMITS = {
  requests_per_second: 20_000,
  requests_burst: 40_000,
  key_requests_per_second: 20_000,
  key_requests_burst: 40_000,
};
const DATABASE_URL = "postgres://smartify:smartify@localhost/smartify";

type Undo = () => Promise<void> | void;
const undo: Undo[] = [];

function send(message: FromPlatform): void {
  if (process.connected) process.send?.(message);
}

/** Takes down what is up, the last first. */
async function stop(code: number): Promise<never> {
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      console.error("while stopping:", error);
    }
  }
  process.exit(code);
}

function fail(message: string): Promise<never> {
  console.error(message);
  send({ type: "failed", message });
  return stop(1);
}

async function start(options: PlatformOptions): Promise<void> {
  const timings: Record<string, number> = {};
  const mark = (name: string): void => {
    timings[name] = Math.round(performance.now());
  };
  mark("process");
  mkdirSync(options.dataDir, { recursive: true });
  undo.push(await lockDataFolder(options.dataDir, process.ppid));
  undo.push(guardProcessGroup());
  const port = await claimPort(options.port ?? 0);
  const secrets = loadSecrets(options.dataDir);

  // The port is known before the database is up, so that the Workers start beside it.
  const databasePort = await claimPort(0);
  const fresh = options.postgresUrl === undefined && !existsSync(join(options.dataDir, "postgres"));
  send({ type: "progress", text: fresh ? "Making the database and starting the Workers" : "Starting the Workers" });
  const database = startDatabase(options, databasePort).then(async (front) => {
    undo.push(() => front.close());
    mark("database");
    const applied =
      options.migrations === false ? 0 : await migrate(join(ROOT, "migrations"), { neonPort: databasePort });
    if (applied > 0) send({ type: "progress", text: `Applied ${applied} migration${applied === 1 ? "" : "s"}` });
    mark("migrations");
  });
  database.catch(() => undefined);
  const { startRuntime, WORKER_ENTRIES } = await import("./runtime.ts");
  const services = options.services === false ? null : await startServices();
  undo.push(async () => services?.stop());
  mark("services");
  const hosts = { ...services?.hosts, ...options.hosts };
  const developmentHosts = JSON.stringify(hosts);
  const url = `http://127.0.0.1:${port}`;
  const runtime = await startRuntime({
    dataDir: options.dataDir,
    port,
    entries: { ...WORKER_ENTRIES, ...options.entries },
    vars: {
      ENVIRONMENT_NAME: "development",
      DATABASE_URL,
      NEON_LOCAL: `127.0.0.1:${databasePort}`,
      PUBLIC_URL: url,
      DEFAULT_LIMITS: JSON.stringify(DEFAULT_LIMITS),
      DEVELOPMENT_HOSTS: developmentHosts,
      SANDBOX_STUCK_MS: "5000",
      ...secrets,
      ...options.vars,
    },
    onCrash: () => void fail("workerd ended by itself: the platform stops. Its last words are in the log."),
  });
  undo.push(() => runtime.stop());
  mark("workers");
  await database;
  await runtime.sweep();
  mark("sweep");
  const sweeper = setInterval(
    () => runtime.sweep().catch((error) => console.error("sweep:", error)),
    options.sweepMs ?? SWEEP_MS,
  );
  undo.push(() => clearInterval(sweeper));
  send({
    type: "ready",
    url,
    port,
    entryUrl: runtime.entryUrl,
    workerdPid: runtime.pid,
    databasePort,
    bootstrapToken: secrets.BOOTSTRAP_TOKEN,
    hosts,
    timings,
  });
}

function startDatabase({ dataDir, postgresUrl }: PlatformOptions, port: number): ReturnType<typeof startNeonThread> {
  return startNeonThread({ dataDir: join(dataDir, "postgres"), postgresUrl, port });
}

process.on("message", (message: ToPlatform) => {
  if (message.type === "stop") void stop(0);
  else start(message.options).catch((error) => fail(error instanceof Error ? error.message : String(error)));
});
// Whoever started this is gone: nobody will stop it any more. A crash is always safe here.
process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(0));
