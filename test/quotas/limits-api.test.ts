import { afterAll, beforeAll, expect, test } from "vitest";
import { changeLimits } from "../../scripts/change-limits.ts";
import { startTestPlatform, type TestPlatform, type TestTenant } from "../support/test-platform.ts";

let running: TestPlatform;

beforeAll(async () => {
  running = await startTestPlatform({ services: false });
}, 120_000);
afterAll(() => running?.close());

async function call(key: string, method: string, path: string, options: { body?: unknown; headers?: object } = {}) {
  const response = await fetch(`${running.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...options.headers },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}

async function limited(name: string, limits: Record<string, number>): Promise<TestTenant> {
  const tenant = await running.newTenant(name);
  await changeLimits(running.platform.dataDir, running.url, tenant.tenantId, limits);
  return tenant;
}

test("past its requests per second a tenant is answered 429 with Retry-After and RateLimit fields, others are not", async () => {
  const { apiKey } = await limited("fast", { requests_per_second: 1, requests_burst: 5 });
  const first = await call(apiKey, "GET", "/limits");
  // At once: one after the other they would be given more, the longer they take.
  const answers = await Promise.all(Array.from({ length: 11 }, () => call(apiKey, "GET", "/limits")));
  expect(first.status).toBe(200);
  expect(first.headers.get("ratelimit-policy")).toMatch(/^"tenant";q=5;w=5, "key";q=\d+;w=\d+$/);
  expect(first.headers.get("ratelimit")).toMatch(/^"tenant";r=\d+;t=\d+, "key";r=\d+;t=\d+$/);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(5);
  expect(refused[0]?.body).toMatchObject({
    status: "error",
    code: "RATE_LIMITED",
    details: { limit: "requests_per_second" },
  });
  expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(refused[0]?.headers.get("ratelimit")).toMatch(/^"tenant";r=0;t=5/);
  expect((await call(running.tenant.apiKey, "GET", "/limits")).status).toBe(200);
});

test("one key's limit does not stop another key of its tenant", async () => {
  const { apiKey } = await limited("keys", { key_requests_per_second: 1, key_requests_burst: 4 });
  const made = await call(apiKey, "POST", "/keys", { body: { name: "other", scopes: ["limits:read"] } });
  expect(made.status).toBe(201);
  const answers = await Promise.all(Array.from({ length: 8 }, () => call(apiKey, "GET", "/limits")));
  expect(answers.map(({ status }) => status)).toContain(429);
  expect((await call(made.body.key, "GET", "/limits")).status).toBe(200);
});

test("keys that are no good are looked at only so often for one address; a good key that is known passes", async () => {
  const headers = { "cf-connecting-ip": "203.0.113.7" };
  expect((await call(running.tenant.apiKey, "GET", "/limits", { headers })).status).toBe(200);
  const statuses = new Set<number>();
  let limitedAnswer: Awaited<ReturnType<typeof call>> | undefined;
  // The address gets ten further tries a second while these come: so until it is refused.
  for (let round = 0; round < 12 && limitedAnswer === undefined; round += 1) {
    const keys = Array.from({ length: 50 }, (_, n) => `sk_live_${round}_${n}`);
    const answers = await Promise.all(keys.map((key) => call(key, "GET", "/limits", { headers })));
    for (const { status } of answers) statuses.add(status);
    limitedAnswer = answers.find(({ status }) => status === 429);
  }
  expect([...statuses].sort()).toEqual([401, 429]);
  expect(limitedAnswer?.headers.get("retry-after")).toBe("1");
  expect(limitedAnswer?.body.code).toBe("RATE_LIMITED");
  expect((await call(running.tenant.apiKey, "GET", "/limits", { headers })).status).toBe(200);
  expect((await call("sk_live_other", "GET", "/limits")).status).toBe(401);
});

test("a tenant sees its limits: the default, what was changed, how far it can be raised", async () => {
  const { apiKey, tenantId } = await limited("shown", { payload_bytes: 2_000 });
  const { body } = await call(apiKey, "GET", "/limits");
  const found = Object.fromEntries(body.data.map((it: { name: string }) => [it.name, it]));
  expect(found.payload_bytes).toMatchObject({ limit: 2_000, default: 1_048_576, maximum: 1_048_576, unit: "bytes" });
  expect(found.streams).toMatchObject({ limit: 5_000, used: 0 });
  const secret = await call(apiKey, "PUT", "/env/long", { body: { value: "x".repeat(2_000) } });
  expect(secret.status).toBe(413);
  expect(secret.body.details).toEqual({ limit: "payload_bytes", max_bytes: 2_000 });
  const back = await changeLimits(running.platform.dataDir, running.url, tenantId, { payload_bytes: null });
  expect(back).toEqual({ limits: {} });
});

test("so many streams may be open together, of executions and of the tenant; one that ends makes room", async () => {
  const { apiKey } = await limited("streams", { streams: 2 });
  const definition = { name: "w", version: "1.0.0", steps: [{ id: "w", type: "wait", until: { event: "go" } }] };
  const started = await call(apiKey, "POST", "/workflows/executions", { body: { definition } });
  const path = `/workflows/executions/${started.body.execution_id}/events`;
  const open = async (from: string): Promise<number> => {
    const headers = { authorization: `Bearer ${apiKey}`, accept: "text/event-stream" };
    const { status, body } = await fetch(`${running.url}${from}`, { headers });
    // Read to its end, as a client does.
    void body?.pipeTo(new WritableStream()).catch(() => undefined);
    return status;
  };
  expect([await open(path), await open("/events/stream")]).toEqual([200, 200]);
  const refused = await call(apiKey, "GET", path, { headers: { accept: "text/event-stream" } });
  expect(refused).toMatchObject({ status: 429, body: { code: "RATE_LIMITED", details: { limit: "streams", max: 2 } } });
  expect(refused.headers.get("retry-after")).toBe("5");
  const ended = await call(apiKey, "POST", `/workflows/executions/${started.body.execution_id}/events`, {
    body: { name: "go" },
  });
  expect(ended.status).toBe(202);
  await expect.poll(() => open("/events/stream"), { interval: 100 }).toBe(200);
});

test("limits beyond the table's maximum, unknown names, unknown tenants and wrong tokens are refused", async () => {
  const change = (body: unknown, token = running.platform.bootstrapToken) =>
    fetch(`${running.url}/internal/limits`, {
      method: "PUT",
      headers: { authorization: `Bootstrap ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    }).then((response) => response.status);
  const { tenantId } = running.tenant;
  expect(await change({ tenant_id: tenantId, limits: { payload_bytes: 1e12 } })).toBe(400);
  expect(await change({ tenant_id: tenantId, limits: { wishes: 3 } })).toBe(400);
  expect(await change({ tenant_id: "ten_none", limits: { streams: 3 } })).toBe(404);
  expect(await change({ tenant_id: tenantId, limits: { streams: 3 } }, "wrong")).toBe(401);
});
