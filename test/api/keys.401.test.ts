import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { SUM, YAML } from "./documents.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  await call(key, "POST", "/workflows", { raw: SUM, type: YAML });
});
afterAll(() => platform?.close());

interface OpenApi {
  paths: Record<string, Record<string, { security?: object[] }>>;
}

async function guarded(): Promise<[string, string][]> {
  const { paths }: OpenApi = JSON.parse(await (await fetch(`${platform.url}/openapi.json`)).text());
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security }]): [string, string][] =>
      (security ?? []).length > 0 ? [[method.toUpperCase(), path.replaceAll(/\{\w+\}/g, "x1")]] : [],
    ),
  );
}

test("every route that needs a key refuses none, a broken one and one that never was", async () => {
  const routes = await guarded();
  expect(routes.length).toBeGreaterThan(30);
  const never = key.slice(0, -6);
  for (const [method, path] of routes) {
    for (const wrong of [null, "nonsense", `${never}000000`, `${key}x`]) {
      const answer = await call(wrong, method, path);
      expect([method, path, wrong, answer.status]).toEqual([method, path, wrong, 401]);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  }
});

test("every route that needs a scope refuses a key without it, naming the scope", async () => {
  const bare = await call(key, "POST", "/keys", { body: { name: "bare", scopes: [], roles: [] } });
  expect(bare.status).toBe(201);
  for (const [method, path] of await guarded()) {
    const answer = await call(String(bare.body.key), method, path);
    expect([method, path, answer.status]).toEqual([method, path, 403]);
    expect(JSON.stringify(answer.body)).toMatch(/lacks the scope [a-z]+:(read|write)/);
  }
});

test("a key cannot give what it has not got", async () => {
  const scopes = ["keys:write", "executions:read"];
  const limited = String((await call(key, "POST", "/keys", { body: { name: "limited", scopes, roles: [] } })).body.key);
  for (const more of [{ scopes: ["keys:write", "workflows:write"] }, { roles: ["admin"] }, { permissions: ["x"] }]) {
    expect(await call(limited, "POST", "/keys", { body: { name: "more", ...more } })).toMatchObject({
      status: 403,
      body: { code: "FORBIDDEN" },
    });
  }
  expect(await call(limited, "POST", "/keys", { body: { name: "same" } })).toMatchObject({
    status: 201,
    body: { scopes, roles: [] },
  });
});

test("a test key makes no live key, and test and live share no workflow, run or secret", async () => {
  const made = await call(key, "POST", "/keys", { body: { name: "t", environment: "test" } });
  const testKey = String(made.body.key);
  expect(testKey).toMatch(/^sk_test_/);
  expect((await call(testKey, "POST", "/keys", { body: { name: "l", environment: "live" } })).status).toBe(403);
  expect((await call(testKey, "GET", "/workflows/sum")).status).toBe(404);
  expect(
    (await call(testKey, "POST", "/workflows/executions", { body: { workflow: "sum", inputs: { a: 1 } } })).status,
  ).toBe(404);
  const run = await call(key, "POST", "/workflows/executions", { body: { workflow: "sum", inputs: { a: 1 } } });
  expect((await call(testKey, "GET", String(run.body.poll_url))).status).toBe(404);
  await call(key, "PUT", "/secrets/ONLY_LIVE", { body: { value: "x" } });
  expect((await call(testKey, "GET", "/secrets/ONLY_LIVE")).status).toBe(404);
});

test("a revoked key is refused, everywhere and for good", async () => {
  const made = await call(key, "POST", "/keys", { body: { name: "short-lived" } });
  const other = String(made.body.key);
  expect((await call(other, "GET", "/workflows")).status).toBe(200);
  expect((await call(key, "DELETE", `/keys/${made.body.id}`)).status).toBe(200);
  expect((await call(other, "GET", "/workflows")).status).toBe(401);
  await platform.restart();
  expect((await call(other, "GET", "/workflows")).status).toBe(401);
  expect((await call(key, "GET", "/workflows")).status).toBe(200);
});

test("a key is shown once and never in a list, and refused in a URL", async () => {
  const list = await call(key, "GET", "/keys?limit=100");
  expect(JSON.stringify(list.body)).not.toMatch(/sk_(live|test)_/);
  expect(await call(null, "GET", `/workflows?api_key=${key}`)).toMatchObject({
    status: 400,
    body: { code: "VALIDATION" },
  });
});

test("another tenant's things are as unknown as things that never were", async () => {
  const other = await platform.newTenant("other");
  const run = await call(key, "POST", "/workflows/executions", { body: { workflow: "sum", inputs: { a: 1 } } });
  const id = String(run.body.execution_id);
  const forged = id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
  const paths = (it: string): [string, string][] => [
    ["GET", `/workflows/executions/${it}`],
    ["POST", `/workflows/executions/${it}/cancel`],
    ["GET", `/workflows/executions/${it}/steps/sum`],
  ];
  for (const [n, [method, path]] of paths(id).entries()) {
    const foreign = await call(other.apiKey, method, path);
    const unknown = await call(key, method, paths(forged)[n]?.[1] ?? "");
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, request_id: "" }).toEqual({ ...unknown.body, request_id: "" });
  }
  expect((await call(key, "GET", `/workflows/executions/${id}?wait=20`)).body.status).toBe("completed");
});
