import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onceUp } from "../support/once-up.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

/* A master key that is replaced while steps run: none fails, and afterwards the old key opens nothing that is left. */

const [OLD, NEW] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
const vars: Record<string, string> = { MASTER_KEY: `old:${OLD}` };
const dataDir = mkdtempSync(join(tmpdir(), "smartify-rotation-"));
const seen = { right: 0, wrong: 0 };
let server: Server;
let platform: TestPlatform;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === "/hook") return void response.end("{}");
    const right =
      request.headers.authorization === "Bearer b3arer-value" && request.headers["x-secret"] === "s3cret-value";
    seen[right ? "right" : "wrong"] += 1;
    response.writeHead(right ? 200 : 403, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  platform = await startTestPlatform({ dataDir, services: false, vars, hosts: { "api.test": `127.0.0.1:${port}` } });
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
        input: {},
        handler: {
          http: { url: "http://api.test/me", method: "GET", style: "direct", headers: { "x-secret": "${secrets.S}" } },
        },
      },
    ],
  });
  await api("POST", "/connections", {
    connector: "acme/me",
    name: "default",
    type: "BEARER",
    values: { token: "b3arer-value" },
  });
  await api("PUT", "/secrets/S", { value: "s3cret-value" });
});
afterAll(async () => {
  await platform?.close();
  server?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function api(method: string, path: string, body?: unknown, authorization = `Bearer ${platform.tenant.apiKey}`) {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const read = (await response.json()) as Record<string, unknown>;
  expect(response.status, JSON.stringify(read)).toBeLessThan(300);
  return read;
}

async function call(times: number): Promise<unknown> {
  const steps = [
    {
      id: "me",
      for_each: `{{ range(${times}) }}`,
      connector: "connector:acme/me@1",
      action: "get",
      retry: { max_attempts: 1 },
    },
  ];
  const started = await api("POST", "/workflows/executions", { definition: { name: "Me", steps } });
  for (const until = Date.now() + 150_000; ; ) {
    const { status, finished_at: end } = await api("GET", `/workflows/executions/${started.execution_id}?wait=50`);
    if (end !== null || Date.now() > until) return status;
  }
}

/** Starts again, and has answered from its database: what counts what it does is asked once. */
async function comesUp(): Promise<void> {
  await platform.restart();
  const headers = { authorization: `Bearer ${platform.tenant.apiKey}` };
  const response = await onceUp(() => fetch(`${platform.url}/connections`, { headers }));
  expect(response.status, await response.text()).toBe(200);
}

function rotate() {
  const { BOOTSTRAP_TOKEN } = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8"));
  return api("POST", "/internal/vault/rotate", {}, `Bootstrap ${BOOTSTRAP_TOKEN}`);
}

test("a rotation fails no step, leaves nothing under the old key, and does nothing when it is repeated", async () => {
  expect(await call(3)).toBe("completed");
  await api("POST", "/webhooks/endpoints", { url: "http://api.test/hook", event_types: ["workflow.completed"] });
  const signing = async () => [
    await api("GET", "/webhooks/secret"),
    await api("GET", "/plugins/acme--me/signing-secret"),
  ];
  const before = await signing();
  vars.MASTER_KEY = `new:${NEW},old:${OLD}`;
  await comesUp();
  const running = call(200);
  const { resealed, ...rest } = await rotate();
  expect(rest).toEqual({ current: "new", left: 0 });
  // A connection, a secret, and what signs webhooks, callbacks and calls to services; others of this file besides.
  expect(resealed).toBeGreaterThanOrEqual(5);
  expect(await running).toBe("completed");
  expect(await rotate()).toEqual({ current: "new", resealed: 0, left: 0 });
  // Without the old key.
  vars.MASTER_KEY = `new:${NEW}`;
  await comesUp();
  expect(await call(3)).toBe("completed");
  expect(seen.wrong).toBe(0);
  expect(await signing()).toEqual(before);
}, 240_000);
