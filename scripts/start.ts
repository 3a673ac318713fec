import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readClientCertificates } from "../contracts/client-certificates.ts";
import { callPlatform, PlatformCallError } from "./call-platform.ts";
import { createTenant } from "./create-tenant.ts";
import { dataFolder, removeDevFile, writeDevFile } from "./dev-file.ts";
import { claimPort } from "./platform/claim-port.ts";
import { runningOwner } from "./platform/lock.ts";
import { readHosts } from "./platform/read-hosts.ts";
import { type Platform, startPlatform } from "./platform/start-platform.ts";
import { publishExamples } from "./publish-examples.ts";
import { bold, complain, dim, green, red, say, table } from "./terminal.ts";

/*
 * `npm start [-- --once]`: everything on embedded parts, with a development tenant, the examples published and one of
 * them run. It stays up; with --once it ends after the main job, with 0 only if that completed.
 */

const DEFAULT_PORT = 8787;
const MAIN_JOB = {
  workflow: "weather-report",
  inputs: { locations: ["San Francisco", "London", "Tokyo"] },
};

interface Arguments {
  once: boolean;
  port: number;
}

function readArguments(): Arguments {
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => arg !== "--once");
  if (unknown.length > 0) throw new Error(`Unknown argument ${unknown[0]}. Usage: npm start [-- --once]`);
  const wanted = process.env.PORT;
  const port = wanted === undefined || wanted === "" ? DEFAULT_PORT : Number(wanted);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`PORT=${wanted} is not a port`);
  return { once: args.includes("--once"), port };
}

async function claim(port: number): Promise<number> {
  try {
    return await claimPort(port);
  } catch (error) {
    const reason =
      error instanceof Error && "code" in error && error.code === "EADDRINUSE" ? "is taken" : String(error);
    throw new Error(`Port ${port} ${reason}. Stop what listens there, or choose another: PORT=${port + 1} npm start`);
  }
}

/** The development tenant's key: made on the first start, kept in the data folder. */
async function developmentKey(dataDir: string, baseUrl: string): Promise<string> {
  const path = join(dataDir, "tenant.json");
  if (existsSync(path)) {
    const { api_key: kept }: { api_key: string } = JSON.parse(readFileSync(path, "utf8"));
    try {
      await callPlatform(baseUrl, { path: "/keys", authorization: `Bearer ${kept}` });
      return kept;
    } catch (error) {
      // Another database than the one it was made for.
      if (!(error instanceof PlatformCallError) || error.status !== 401) throw error;
    }
  }
  const tenant = await createTenant(dataDir, baseUrl, "development");
  if (typeof tenant.api_key !== "string") throw new Error("The platform made a tenant without a key");
  writeFileSync(path, `${JSON.stringify(tenant, null, 2)}\n`, { mode: 0o600 });
  say("Made the development tenant and its key");
  return tenant.api_key;
}

/** Runs the example that shows the most; true when it completed. */
async function runMainJob(baseUrl: string, apiKey: string): Promise<boolean> {
  const started = performance.now();
  const record = await callPlatform(baseUrl, {
    method: "POST",
    path: "/workflows/executions",
    authorization: `Bearer ${apiKey}`,
    json: { ...MAIN_JOB, execution_mode: "sync", timeout: 60 },
  });
  const milliseconds = Math.round(performance.now() - started);
  const completed = record.status === "completed";
  const verdict = completed ? green("completed") : red(String(record.status));
  say(`Ran ${bold(MAIN_JOB.workflow)}: ${verdict} in ${milliseconds} ms`);
  const shown = JSON.stringify(completed ? record.result : (record.error ?? record), null, 2);
  process.stdout.write(`\n${shown.replace(/^/gm, "  ")}\n\n`);
  return completed;
}

function summary(platform: Platform, apiKey: string): string {
  const body = JSON.stringify({ ...MAIN_JOB, execution_mode: "sync" });
  const receiver = platform.hosts["receiver:8080"];
  const rows: [string, string][] = [
    ["Base URL", bold(platform.url)],
    ["API key", bold(apiKey)],
    ["Documentation", `${platform.url}/docs`],
    [
      "Data",
      `${relative(process.cwd(), platform.dataDir) || "."} ${dim(`(log: ${relative(process.cwd(), platform.logFile)})`)}`,
    ],
  ];
  if (receiver !== undefined) rows.push(["What was posted", `http://${receiver}/received`]);
  return `${table(rows)}\n\n  ${dim("Try it:")}\n  curl -s ${platform.url}/workflows/executions -H 'Authorization: Bearer ${apiKey}' \\\n    -H 'Content-Type: application/json' -d '${body}'\n\n`;
}

/** Resolves with the exit code when someone asks to stop, or when the platform is gone. */
function whenToStop(platform: Platform, ending: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      // Asked twice: at once.
      if (asked) void platform.kill();
      asked = true;
      resolve(0);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
    process.once("disconnect", stop);
    void platform.exited.then(({ code, signal, message }) => {
      if (asked || ending.aborted) return;
      complain(message ?? `The platform ended by itself (${signal ?? `exit ${code}`}): see ${platform.logFile}`);
      resolve(1);
    });
  });
}

async function serve(platform: Platform, once: boolean): Promise<number> {
  const ending = new AbortController();
  const stopping = whenToStop(platform, ending.signal);
  const work = async (): Promise<number> => {
    const apiKey = await developmentKey(platform.dataDir, platform.url);
    const counts = await publishExamples(platform.dataDir, platform.url, apiKey);
    const published = Object.entries(counts).map(([kind, count]) => `${count} ${kind}${count === 1 ? "" : "s"}`);
    if (published.length > 0) say(`Published the examples: ${published.join(", ")}`);
    writeDevFile(platform.dataDir, { base_url: platform.url, api_key: apiKey, pid: process.pid });
    const completed = await runMainJob(platform.url, apiKey);
    process.stdout.write(summary(platform, apiKey));
    if (once) return completed ? 0 : 1;
    say(`${green("Ready")}. Ctrl-C stops it; the data stays.`);
    return stopping;
  };
  try {
    return await Promise.race([work(), stopping]);
  } finally {
    ending.abort();
    removeDevFile(platform.dataDir);
    await platform.stop();
  }
}

/** Client certificates of this machine: docs/guide/connections.md. */
function certificates(text: string | undefined): Record<string, string> {
  if (text === undefined || text === "") return {};
  try {
    readClientCertificates(text);
  } catch (error) {
    throw new Error(`CLIENT_CERTIFICATES cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { CLIENT_CERTIFICATES: text };
}

async function main(): Promise<number> {
  try {
    const { once, port } = readArguments();
    const dataDir = dataFolder();
    const running = runningOwner(dataDir);
    if (running !== null) {
      throw new Error(
        `A platform runs on ${dataDir} already, as process ${running}. Stop it, or set SMARTIFY_DATA_DIR.`,
      );
    }
    const hosts = readHosts(process.env.SMARTIFY_HOSTS);
    const vars = certificates(process.env.CLIENT_CERTIFICATES);
    const claimed = await claim(port);
    say(`Starting Smartify Cloud on port ${claimed}, data in ${relative(process.cwd(), dataDir) || dataDir}`);
    const platform = await startPlatform(
      {
        dataDir,
        port: claimed,
        hosts,
        vars,
        ...(process.env.DATABASE_URL ? { postgresUrl: process.env.DATABASE_URL } : {}),
      },
      say,
    );
    say(`Serving ${bold(platform.url)}`);
    return await serve(platform, once);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exit(await main());
