import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DevFile } from "./dev-file.ts";
import { claimPort } from "./platform/claim-port.ts";

const ROOT = join(import.meta.dirname, "..");
const children = new Set<ChildProcess>();
let folder: string;
let dataDir: string;
let port: number;

interface Run {
  child: ChildProcess;
  output(): string;
  ended: Promise<number | null>;
}

/** As npm runs it. */
function run(script: string, args: string[] = [], env: Record<string, string> = {}): Run {
  const child = spawn("node", ["scripts/with-node.mjs", script, ...args], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), SMARTIFY_DATA_DIR: dataDir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    output += String(chunk);
  });
  const ended = once(child, "close").then(([code]) => {
    children.delete(child);
    return typeof code === "number" ? code : null;
  });
  return { child, output: () => output, ended };
}

async function ready(started: Run): Promise<DevFile> {
  while (!started.output().includes("Ready")) {
    if (started.child.exitCode !== null) throw new Error(`It ended early:\n${started.output()}`);
    await sleep(50);
  }
  return JSON.parse(readFileSync(join(dataDir, "dev.json"), "utf8"));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "smartify-start-"));
  dataDir = join(folder, "data");
  port = await claimPort(0);
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await sleep(500);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

describe("npm start", { timeout: 90_000 }, () => {
  test("with --once it runs the main job on an empty folder and ends with 0", async () => {
    const started = run("scripts/start.ts", ["--once"]);
    expect([await started.ended, started.output()]).toEqual([0, expect.stringContaining("completed")]);
    expect(started.output()).toMatch(/sk_live_\w+/);
    expect(started.output()).toContain("curl -s");
    expect(existsSync(join(dataDir, "dev.json"))).toBe(false);
  });

  test("nobody else on the machine can read what it keeps", () => {
    expect(statSync(dataDir).mode & 0o077).toBe(0);
    for (const name of ["secrets.json", "tenant.json"]) expect(statSync(join(dataDir, name)).mode & 0o077).toBe(0);
  });

  test("again it has the same key, publishes nothing twice, and serves what dev.json says", async () => {
    const { api_key: kept }: { api_key: string } = JSON.parse(readFileSync(join(dataDir, "tenant.json"), "utf8"));
    const started = run("scripts/start.ts");
    const { base_url: baseUrl, api_key: apiKey, pid } = await ready(started);
    expect(apiKey).toBe(kept);
    expect(started.output()).not.toContain("Published");
    expect((await fetch(`${baseUrl}/healthz`)).status).toBe(200);

    const second = run("scripts/start.ts");
    expect([await second.ended, second.output()]).toEqual([1, expect.stringMatching(new RegExp(`process ${pid}\\b`))]);

    const tenant = run("scripts/tenant.ts", ["Another one"]);
    expect(await tenant.ended).toBe(0);
    const made: { api_key: string } = JSON.parse(tenant.output());
    const answer = await fetch(`${baseUrl}/keys`, { headers: { authorization: `Bearer ${made.api_key}` } });
    expect(answer.status).toBe(200);

    started.child.kill("SIGTERM");
    expect(await started.ended).toBe(0);
    await expect(fetch(`${baseUrl}/healthz`)).rejects.toThrow();
  });

  test("a taken port is an error in words, and nothing is started", async () => {
    const { createServer } = await import("node:net");
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    const started = run("scripts/start.ts", [], { SMARTIFY_DATA_DIR: join(dataDir, "none") });
    expect([await started.ended, started.output()]).toEqual([1, expect.stringContaining(`Port ${port} is taken`)]);
    expect(existsSync(join(dataDir, "none"))).toBe(false);
    server.close();
  });

  test("client certificates that say nothing of whose they are, or are no JSON, are refused before anything is started", async () => {
    for (const CLIENT_CERTIFICATES of ['{"bank": {}}', "bank"]) {
      const started = run("scripts/start.ts", [], { CLIENT_CERTIFICATES, SMARTIFY_DATA_DIR: join(dataDir, "none") });
      expect([await started.ended, started.output()]).toEqual([1, expect.stringContaining("CLIENT_CERTIFICATES")]);
    }
    expect(existsSync(join(dataDir, "none"))).toBe(false);
  });

  test("an unknown argument is refused", async () => {
    const started = run("scripts/start.ts", ["--onec"]);
    expect([await started.ended, started.output()]).toEqual([1, expect.stringContaining("--onec")]);
  });

  test("kill -9 of npm's process ends the platform, and the next start works", async () => {
    const started = run("scripts/start.ts");
    const { base_url: baseUrl } = await ready(started);
    started.child.kill("SIGKILL");
    await expect
      .poll(() =>
        fetch(`${baseUrl}/healthz`).then(
          () => true,
          () => false,
        ),
      )
      .toBe(false);
    const next = run("scripts/start.ts", ["--once"]);
    expect([await next.ended, next.output()]).toEqual([0, expect.stringContaining("completed")]);
  });
});

test("npm run tenant says what is missing when no platform runs", async () => {
  const tenant = run("scripts/tenant.ts", ["Somebody"], { SMARTIFY_DATA_DIR: join(dataDir, "none") });
  expect([await tenant.ended, tenant.output()]).toEqual([1, expect.stringContaining("npm start")]);
});

test("npm run deploy refuses an unknown environment", async () => {
  const deploy = run("scripts/deploy.ts", ["--env", "moon"]);
  expect([await deploy.ended, deploy.output()]).toEqual([2, expect.stringContaining("Usage")]);
});
