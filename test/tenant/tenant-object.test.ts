import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { success } from "../../contracts/errors.ts";
import type { SlotRequest, TenantRpc } from "../../contracts/rpc.ts";
import type { TenantRequest } from "./tenant-request.ts";
import type { Told } from "./told.ts";

let folder: string;
let script: string;
let miniflare: Miniflare;

async function start(): Promise<void> {
  const options = convertV4MiniflareOptions({
    name: "tenant",
    cf: false,
    port: 0,
    modules: [{ type: "ESModule", path: "tenant-worker.js", contents: script }],
    compatibilityDate: "2026-10-23",
    durableObjects: {
      COORDINATOR: { className: "ToldCell", useSQLite: true },
      TENANT: { className: "Tenant", useSQLite: true },
    },
    cacheAPI: false,
  });
  miniflare = new Miniflare({ ...options, resourcePersistencePath: folder });
  await miniflare.ready;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "smartify-tenant-"));
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, "../workers/tenant-worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    external: ["cloudflare:*"],
    conditions: ["workerd", "worker", "browser"],
  });
  script = bundle.outputFiles[0]?.text ?? "";
  await start();
});
afterAll(async () => {
  await miniflare?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function call<Answer>(request: TenantRequest): Promise<Answer> {
  const response = await fetch(await miniflare.ready, { method: "POST", body: JSON.stringify(request) });
  if (!response.ok) throw new Error(await response.text());
  const answer: Answer = await response.json();
  return answer;
}

function tenant<Method extends keyof TenantRpc>(
  name: string,
  method: Method,
  ...args: Parameters<TenantRpc[Method]>
): Promise<Awaited<ReturnType<TenantRpc[Method]>>> {
  return call({ object: "tenant", name, method, args });
}

/** What the cell has been told, once that is as much as is expected. */
async function told(name: string, count: number): Promise<string[]> {
  for (;;) {
    const all: Told[] = await call({ object: "cell", name, method: "told", args: [] });
    if (all.length >= count) return all.map(({ command, execution }) => `${command.type} ${execution}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const slot = (executionId: string, cell: string): SlotRequest => ({
  executionId,
  cell,
  key: "k",
  limit: 1,
  strategy: "queue",
  priority: 0,
});

test("in workerd a slot goes to the next, whose cell is told by an alarm when it fails at first", async () => {
  await call({ object: "cell", name: "c1", method: "fail", args: [1] });
  expect(await tenant("t1", "acquireSlot", slot("a", "c1"))).toEqual({ kind: "granted" });
  expect(await tenant("t1", "acquireSlot", slot("b", "c1"))).toEqual({ kind: "queued", position: 1 });
  expect(await tenant("t1", "slotPosition", "b")).toBe(1);
  await tenant("t1", "releaseSlot", "a");
  expect(await told("c1", 2)).toEqual(["release b", "release b"]);
});

test("what is still to be told is told after the process died", async () => {
  await call({ object: "cell", name: "c2", method: "fail", args: [1] });
  for (const id of ["a", "b"]) await tenant("t2", "acquireSlot", slot(id, "c2"));
  await tenant("t2", "releaseSlot", "a");
  await told("c2", 1);
  await miniflare.dispose();
  await start();
  expect(await told("c2", 2)).toEqual(["release b", "release b"]);
});

test("in workerd an event reaches who waits, is kept for who comes, and cached outputs are answered", async () => {
  const event = { id: "evt_1", name: "paid", key: "k", payload: { n: [1] }, expiresAt: Date.now() + 60_000 };
  const wait = { cell: "c3", path: "w", name: "paid", key: "k" };
  expect(await tenant("t3", "awaitEvent", { executionId: "a", ...wait })).toBeNull();
  expect(await tenant("t3", "publishEvent", event)).toEqual(success(1));
  expect(await told("c3", 1)).toEqual(["signal a"]);
  await tenant("t3", "forgetWait", "a", "w");
  expect(await tenant("t3", "publishEvent", { ...event, id: "evt_2" })).toEqual(success(0));
  expect(await tenant("t3", "awaitEvent", { executionId: "b", ...wait })).toEqual({ ...event, id: "evt_2" });
  await tenant("t3", "putCached", "hash", { a: null }, Date.now() + 60_000);
  expect(await tenant("t3", "cached", "hash")).toEqual({ output: { a: null } });
  expect(await tenant("t3", "cached", "other")).toBeNull();
});

test("a copy that comes after a newer one says nothing: one that was a bearer's before is not connected by it", async () => {
  const name = "global/ten_copies/live";
  const copy = { id: "conn_1", connector: "acme/me", name: "default", config: {}, sealed: "" };
  await tenant(name, "putConnection", { ...copy, type: "BEARER", changedAt: 1 });
  await tenant(name, "putConnection", { ...copy, type: "OAUTH2", changedAt: 2 });
  await tenant(name, "putConnectionState", "conn_1", { status: "pending" });
  await tenant(name, "putConnection", { ...copy, type: "BEARER", changedAt: 1 });
  expect(await tenant(name, "connectionStates", ["conn_1"])).toMatchObject({
    conn_1: { status: "pending", copyOf: 2 },
  });
  await tenant(name, "putConnection", { ...copy, type: "BEARER", changedAt: 3 });
  expect(await tenant(name, "connectionStates", ["conn_1"])).toMatchObject({ conn_1: { status: "connected" } });
});
