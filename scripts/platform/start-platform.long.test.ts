import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { PlatformOptions } from "./messages.ts";
import { type Platform, startPlatform } from "./start-platform.ts";

const PLATFORM_WORKER = `
import { DurableObject } from "cloudflare:workers";
export class Coordinator extends DurableObject {
  async add() {
    this.ctx.storage.sql.exec("create table if not exists calls (n int)");
    this.ctx.storage.sql.exec("insert into calls values (1)");
    return this.ctx.storage.sql.exec("select count(*) as n from calls").one().n;
  }
}
export class Tenant extends DurableObject {}
let swept = 0;
let consumed = 0;
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/add") return new Response(String(await env.COORDINATOR.getByName("cell").add()));
    if (pathname === "/plugins") return Response.json([await env.TOOLBOX_PLUGIN.invoke(), await env.HTTP_PLUGIN.invoke()]);
    if (pathname === "/send") { await env.OUTBOX.send({ cell: "cell" }); return new Response("sent"); }
    if (pathname === "/vars") return Response.json(Object.keys(env).sort());
    return Response.json({ swept, consumed });
  },
  async scheduled() { swept += 1; },
  async queue(batch) { consumed += batch.messages.length; },
};
`;
const PLUGIN_WORKER = `
import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint { async invoke() { return "called"; } }
`;

/** Far longer than any of it takes on a busy machine: what never happens is found all the same. */
const PATIENCE_MS = 30_000;

let sources: string;
let dataDir: string;
const started: Platform[] = [];

beforeAll(() => {
  sources = mkdtempSync(join(tmpdir(), "platform-sources-"));
  writeFileSync(join(sources, "main.js"), PLATFORM_WORKER);
  writeFileSync(join(sources, "plugin.js"), PLUGIN_WORKER);
});

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "platform-data-"));
});

afterEach(async () => {
  for (const platform of started.splice(0)) await platform.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

afterAll(() => rmSync(sources, { recursive: true, force: true }));

function options(more: Partial<PlatformOptions> = {}): PlatformOptions {
  const plugin = join(sources, "plugin.js");
  const entries = { platform: join(sources, "main.js"), toolbox: plugin, http: plugin };
  return { dataDir, entries, services: false, migrations: false, ...more };
}

async function start(more: Partial<PlatformOptions> = {}): Promise<Platform> {
  const platform = await startPlatform(options(more));
  started.push(platform);
  return platform;
}

async function get(platform: Platform, path: string): Promise<unknown> {
  return (await fetch(platform.url + path)).json();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

async function goneWithin(pid: number, milliseconds: number): Promise<boolean> {
  for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await sleep(20)) {
    if (!isAlive(pid)) return true;
  }
  return false;
}

function workerdOf(platform: Platform): number {
  if (platform.workerdPid === null) throw new Error("workerd was not found");
  return platform.workerdPid;
}

test("a platform serves its Worker, which reaches objects, plugins, the queue and its bindings", async () => {
  const platform = await start({ vars: { EXTRA: "1" } });
  expect(await get(platform, "/add")).toBe(1);
  expect(await get(platform, "/plugins")).toEqual(["called", "called"]);
  expect(await get(platform, "/vars")).toEqual(
    expect.arrayContaining([
      "BOOTSTRAP_TOKEN",
      "DATABASE_URL",
      "EXECUTION_ID_KEY",
      "EXTRA",
      "MASTER_KEY",
      "NEON_LOCAL",
    ]),
  );
  await fetch(`${platform.url}/send`);
  await expect.poll(() => get(platform, "/"), { timeout: PATIENCE_MS }).toEqual({ swept: 1, consumed: 1 });
});

test("objects, database and secrets are there again after kill -9 of everything", async () => {
  const first = await start();
  expect(await get(first, "/add")).toBe(1);
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${first.databasePort}/sql`;
  await neon("postgres://a:b@c/d").transaction((sql) => [
    sql`create table kept (n int)`,
    sql`insert into kept values (7)`,
  ]);
  await first.kill();
  const second = await start();
  expect(await get(second, "/add")).toBe(2);
  expect(second.bootstrapToken).toBe(first.bootstrapToken);
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${second.databasePort}/sql`;
  expect(await neon("postgres://a:b@c/d")`select n from kept`).toEqual([{ n: 7 }]);
});

test("kill -9 of the platform's own process leaves no workerd", async () => {
  const platform = await start();
  const workerd = workerdOf(platform);
  process.kill(platform.pid, "SIGKILL");
  expect(await goneWithin(workerd, PATIENCE_MS)).toBe(true);
});

test("kill -9 of whoever started the platform leaves nothing of it", async () => {
  const starter = join(import.meta.dirname, "start-platform.ts");
  const program = `import { startPlatform } from ${JSON.stringify(starter)};
    const p = await startPlatform(${JSON.stringify(options())});
    process.send([p.pid, p.workerdPid]);
    setInterval(() => undefined, 1000);`;
  const node = join(import.meta.dirname, "../../node_modules/node/bin/node");
  const owner = spawn(node, ["--experimental-strip-types", "--input-type=module", "-e", program], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const pids = await new Promise<number[]>((resolve) => owner.once("message", (message: number[]) => resolve(message)));
  expect(pids.map(isAlive)).toEqual([true, true]);
  owner.kill("SIGKILL");
  expect(await Promise.all(pids.map((pid) => goneWithin(pid, PATIENCE_MS)))).toEqual([true, true]);
});

test("when workerd dies the platform ends with a failure that says so", async () => {
  const platform = await start();
  process.kill(workerdOf(platform), "SIGKILL");
  const { code, message } = await platform.exited;
  expect(code).toBe(1);
  expect(message).toMatch(/workerd ended by itself/);
});

test("a folder belongs to one platform: a second is refused and names the first's process", async () => {
  await start();
  await expect(startPlatform(options())).rejects.toThrow(new RegExp(`in use by .* process ${process.pid}\\b`));
});

test("a lock that a dead process left behind is cleared away", async () => {
  writeFileSync(join(dataDir, "platform.lock"), JSON.stringify({ pid: 4_194_303, began: "1", owner: 1 }));
  expect(await get(await start(), "/add")).toBe(1);
});

test("a taken port is refused", async () => {
  const first = await start();
  const other = mkdtempSync(join(tmpdir(), "platform-data-"));
  await expect(startPlatform(options({ dataDir: other, port: first.port }))).rejects.toThrow(/EADDRINUSE/);
  rmSync(other, { recursive: true });
});

test("stopping is in order, not by force, and frees the folder", async () => {
  const platform = await start();
  await platform.stop();
  expect(await platform.exited).toMatchObject({ code: 0 });
  expect(existsSync(join(dataDir, "platform.lock"))).toBe(false);
  expect(isAlive(workerdOf(platform))).toBe(false);
});
