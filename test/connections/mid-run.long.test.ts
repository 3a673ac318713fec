import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { onceUp } from "../support/once-up.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

/* What happens to executions under way: their secret is rotated, their connection deleted, the platform killed while somebody connects. */

let server: Server;
let platform: TestPlatform;
/** Calls that arrived: whose, with what, and for which attempt. */
const heard: { person: string; secret: string; token: string; key: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { headers } = request;
    heard.push({
      person: new URL(request.url ?? "", "http://x").searchParams.get("p") ?? "",
      secret: String(headers["x-secret"]),
      token: String(headers.authorization),
      key: String(headers["idempotency-key"]),
    });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  platform = await startTestPlatform({ services: false, hosts: { "api.test": `127.0.0.1:${port}` } });
  const http = {
    url: "http://api.test/me",
    method: "GET",
    style: "direct",
    query: { p: "${input.p}" },
    headers: { "x-secret": "${secrets.S}" },
  };
  await api("POST", "/plugins", {
    connector: {
      type: "connector",
      kind: "http",
      name: "me",
      namespace: "acme",
      version: "1.0.0",
      displayName: "Me",
      description: "d",
      runtime: { environment: [{ name: "S", secret: true }] },
    },
    auth: { type: "bearer" },
    actions: [
      {
        name: "get",
        description: "g",
        input: { type: "object", properties: { p: { type: "string" } } },
        handler: { http },
      },
    ],
  });
  await api("PUT", "/secrets/S", { value: "secret-one" });
}, 400_000);
afterAll(async () => {
  await platform?.close();
  server?.closeAllConnections();
  server?.close();
});

async function request(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = {
    authorization: `Bearer ${platform.tenant.apiKey}`,
    "content-type": "application/json",
    ...(method === "POST" ? { "idempotency-key": randomUUID() } : {}),
  };
  const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return onceUp(() => fetch(platform.url + path, sent));
}

async function api(method: string, path: string, body?: unknown) {
  const response = await request(method, path, body);
  const read = (await response.json()) as Record<string, unknown>;
  expect(response.status, JSON.stringify(read)).toBeLessThan(300);
  return read;
}

const step = (id: string, more: object = {}) => ({
  id,
  connector: "connector:acme/me@1",
  action: "get",
  retry: { max_attempts: 1 },
  ...more,
});

async function until(id: string, record: object) {
  await vi.waitFor(async () => expect(await api("GET", `/workflows/executions/${id}`)).toMatchObject(record), {
    timeout: 60_000,
    interval: 100,
  });
}

async function begin(steps: object[], inputs: object = {}): Promise<string> {
  return String(
    (await api("POST", "/workflows/executions", { definition: { name: "Mid run", steps }, inputs })).execution_id,
  );
}

/** A credential is used for ten seconds after it was looked up. */
const CACHED_MS = 10_500;

test("the next step uses a secret that was rotated, and fails by name when its connection was deleted", async () => {
  const { id: connection } = await api("POST", "/connections", {
    connector: "acme/me",
    name: "default",
    type: "BEARER",
    values: { token: "t" },
  });
  const wait = (id: string, event: string) => ({ id, type: "wait", until: { event } });
  const id = await begin([
    step("a", { input: { p: "f41" } }),
    wait("w1", "rotated"),
    step("b", { input: { p: "f41" } }),
    wait("w2", "deleted"),
    step("c", { input: { p: "f41" } }),
  ]);
  await until(id, { status: "waiting", waiting_for: { kind: "event" } });
  await api("PUT", "/secrets/S", { value: "secret-two" });
  await new Promise((resolve) => setTimeout(resolve, CACHED_MS));
  await api("POST", `/workflows/executions/${id}/events`, { name: "rotated" });
  await vi.waitFor(() => expect(heard.filter(({ person }) => person === "f41")).toHaveLength(2), { timeout: 60_000 });
  expect(heard.filter(({ person }) => person === "f41").map(({ secret }) => secret)).toEqual([
    "secret-one",
    "secret-two",
  ]);
  await api("DELETE", `/connections/${connection}`);
  await new Promise((resolve) => setTimeout(resolve, CACHED_MS));
  await api("POST", `/workflows/executions/${id}/events`, { name: "deleted" });
  await until(id, {
    status: "failed",
    error: { code: "UNAVAILABLE", details: { reason: "connection", connector: "acme/me" } },
  });
  expect(heard.filter(({ person }) => person === "f41")).toHaveLength(2);
}, 240_000);

/** Takes the copies of connections out of every tenant object of a platform that is down; answers how many there were. */
function loseCopies(name: string): number {
  const folder = join(platform.platform.dataDir, "objects/do/smartify-platform-Tenant");
  let lost = 0;
  for (const file of readdirSync(folder).filter((it) => /^[0-9a-f]{64}\.sqlite$/.test(it))) {
    const database = new DatabaseSync(join(folder, file));
    const holds = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'connections'").get() !== undefined;
    if (holds) lost += Number(database.prepare("DELETE FROM connections WHERE name = ?").run(name).changes);
    if (holds) database.exec("DELETE FROM connection_states");
    database.close();
  }
  return lost;
}

/** What whoever sent the request does next, and what they are told. */
const NEXT: [string, (body: object, id: string) => Promise<number>][] = [
  ["sends it again", (body) => statusOf("POST", "/connections", body)],
  ["lists connections", () => statusOf("GET", "/connections")],
  ["looks at it", (_, id) => statusOf("GET", `/connections/${id}`)],
  ["tests it", (_, id) => statusOf("POST", `/connections/${id}/test`)],
];

async function statusOf(method: string, path: string, body?: object): Promise<number> {
  const response = await request(method, path, body);
  await response.body?.cancel();
  return response.status;
}

test.each(NEXT)(
  "a connection whose making was cut off after its row is whole when its maker %s",
  async (how, next) => {
    const name = how.replaceAll(" ", "-");
    const body = { connector: "acme/me", name, type: "BEARER", values: { token: `t-${name}` } };
    const { id } = await api("POST", "/connections", body);
    await platform.platform.kill();
    expect(loseCopies(name)).toBe(1);
    await platform.restart();
    const run = async () => {
      const execution = await begin([step("s", { connection: name, input: { p: name } })]);
      // The first run of a platform that has just been started takes its time.
      await vi.waitFor(
        async () =>
          expect(["completed", "failed"]).toContain((await api("GET", `/workflows/executions/${execution}`)).status),
        { timeout: 60_000, interval: 100 },
      );
      return (await api("GET", `/workflows/executions/${execution}`)).status;
    };
    expect(await run()).toBe("failed");
    expect([200, 409]).toContain(await next(body, String(id)));
    expect(await run()).toBe("completed");
    expect(heard.filter(({ person }) => person === name).map(({ token }) => token)).toEqual([`Bearer t-${name}`]);
    await api("DELETE", `/connections/${id}`);
  },
  240_000,
);

/** When the platform dies after somebody has pressed the button, in ms. */
const KILLS = [0, 8, 25, 60, 150];

test("a platform that is killed while people connect: each execution goes on, its call is one request, its link leads to one connection", async () => {
  const links: string[] = [];
  for (const [index, afterMs] of KILLS.entries()) {
    const person = `killed-${index}`;
    const wanted = { connection: { end_user: person }, on_missing_connection: "wait", connection_timeout: "20m" };
    const id = await begin([step("s", { ...wanted, input: { p: person } })]);
    await until(id, { status: "waiting", waiting_for: { kind: "connection", end_user: person } });
    const { waiting_for } = (await api("GET", `/workflows/executions/${id}`)) as {
      waiting_for: { connect_url: string };
    };
    const link = waiting_for.connect_url;
    links.push(link);
    const press = () => fetch(link, { method: "POST", body: new URLSearchParams({ token: `token-${index}` }) });
    const pressed = press().then(
      ({ status }) => status,
      () => 0,
    );
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await platform.restart();
    await pressed;
    // A person who sees an error presses again, until the page says that it is done.
    await vi.waitFor(
      async () => {
        const { status } = await api("GET", `/workflows/executions/${id}`);
        if (status !== "completed") expect([200, 409]).toContain((await press()).status);
        expect((await api("GET", `/workflows/executions/${id}`)).status).toBe("completed");
      },
      { timeout: 90_000, interval: 500 },
    );
    const calls = heard.filter((call) => call.person === person);
    expect(new Set(calls.map(({ key }) => key)).size, `killed after ${afterMs} ms`).toBe(1);
    expect(new Set(calls.map(({ token }) => token))).toEqual(new Set([`Bearer token-${index}`]));
    const { data } = await api("GET", `/connections?end_user=${person}`);
    expect(data, `killed after ${afterMs} ms`).toMatchObject([{ end_user: person, status: "connected" }]);
  }
  for (const link of links) {
    const { status } = await fetch(link, { method: "POST", body: new URLSearchParams({ token: "another" }) });
    expect(status).toBe(409);
  }
}, 600_000);
