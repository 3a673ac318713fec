import { describe, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { isMap, type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const SUM: JsonMap = {
  name: "Outside keys",
  steps: [{ id: "add", connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 2 } }],
};

const makeKey = (body: JsonMap): Promise<{ status: number; body: Json | undefined; text: string }> =>
  outside.api.post("/keys", body);

describe("a key", () => {
  test("is shown once, when it is made, with all its members", async () => {
    const answer = await makeKey({ name: "ci", environment: "live", scopes: ["executions:read"], roles: [] });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      id: expect.stringMatching(/^key_/),
      key: expect.stringMatching(/^sk_live_/),
      name: "ci",
      environment: "live",
      scopes: ["executions:read"],
      roles: [],
      created_at: expect.stringMatching(/^\d{4}-/),
    });
    const list = await outside.api.get("/keys");
    expect(list.status).toBe(200);
    expect(list.text).not.toContain(readText(answer.body, "key"));
    for (const key of readList(list.body, "data")) expect(Object.keys(isMap(key) ? key : {})).not.toContain("key");
  });

  test("of the test environment begins with sk_test_ and sees nothing of live", async () => {
    const answer = await makeKey({ name: "t", environment: "test", scopes: ["executions:read", "executions:write"] });
    const key = readText(answer.body, "key");
    expect(key).toMatch(/^sk_test_/);
    const started = await outside.api.start({ definition: SUM, execution_mode: "sync" });
    const path = `/workflows/executions/${readText(started.body, "execution_id")}`;
    expect(await outside.api.get(path, { key })).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    const list = await outside.api.get("/workflows/executions", { key });
    expect(readList(list.body, "data")).toEqual([]);
  });

  test("does only what its scopes say", async () => {
    const reader = readText(
      (await makeKey({ name: "r", environment: "live", scopes: ["executions:read"] })).body,
      "key",
    );
    expect((await outside.api.get("/workflows/executions", { key: reader })).status).toBe(200);
    const bodies: Record<string, JsonMap> = {
      "/workflows/executions": { definition: SUM },
      "/workflows": SUM,
      "/plugins": {},
      "/keys": { name: "more", environment: "live", scopes: ["executions:read"] },
      "/execute": { action: "calculator.add", input: { a: 1, b: 2 } },
    };
    for (const [path, body] of Object.entries(bodies)) {
      const answer = await outside.api.post(path, body, { key: reader });
      expect([path, answer.status, read(answer.body, "code")]).toEqual([path, 403, "FORBIDDEN"]);
    }
    for (const path of ["/workflows", "/keys"]) {
      expect((await outside.api.get(path, { key: reader })).status).toBe(403);
    }
  });

  test("makes no key that may do more than it may", async () => {
    const scopes = ["keys:read", "keys:write", "executions:read"];
    const maker = readText((await makeKey({ name: "m", environment: "live", scopes, roles: [] })).body, "key");
    const same = await outside.api.post(
      "/keys",
      { name: "s", environment: "live", scopes: ["executions:read"], roles: [] },
      { key: maker },
    );
    expect(same.status).toBe(201);
    for (const more of [
      { scopes: ["executions:write"], roles: [] },
      { scopes: ["executions:read"], roles: ["admin"] },
    ]) {
      const answer = await outside.api.post("/keys", { name: "x", environment: "live", ...more }, { key: maker });
      expect(answer).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
    }
  });

  test("that is revoked is refused everywhere within 30 seconds", async () => {
    const made = await makeKey({ name: "gone", environment: "live", scopes: ["executions:read"] });
    const key = readText(made.body, "key");
    for (let call = 0; call < 5; call++)
      expect((await outside.api.get("/workflows/executions", { key })).status).toBe(200);
    const revoked = await outside.api.request("DELETE", `/keys/${readText(made.body, "id")}`);
    expect([200, 204]).toContain(revoked.status);
    const begun = Date.now();
    while ((await outside.api.get("/workflows/executions", { key })).status !== 401) {
      expect(Date.now() - begun).toBeLessThan(30_000);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    // Longer than anything may remember who the key was: it stays refused.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    for (let call = 0; call < 5; call++)
      expect((await outside.api.get("/workflows/executions", { key })).status).toBe(401);
  }, 60_000);

  test("that never was is NOT_FOUND when revoked", async () => {
    const answer = await outside.api.request("DELETE", "/keys/key_00000000000000000000000000");
    expect(answer).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  });
});

describe("without a valid key", () => {
  const calls: [
    string,
    (api: Client, headers: Record<string, string>) => Promise<{ status: number; body: Json | undefined }>,
  ][] = [
    ["GET /workflows", (api, headers) => api.get("/workflows", { key: null, headers })],
    ["GET an execution", (api, headers) => api.get("/workflows/executions/exec_x", { key: null, headers })],
    ["POST a start", (api, headers) => api.start({ definition: SUM }, { key: null, headers })],
    [
      "POST /execute",
      (api, headers) =>
        api.post("/execute", { action: "calculator.add", input: { a: 1, b: 2 } }, { key: null, headers }),
    ],
  ];
  const credentials: [string, () => Record<string, string>][] = [
    ["none", () => ({})],
    ["an empty one", () => ({ authorization: "Bearer " })],
    ["another scheme", () => ({ authorization: `Basic ${btoa("a:b")}` })],
    ["rubbish", () => ({ authorization: "Bearer rubbish" })],
    ["a well-formed stranger", () => ({ authorization: `Bearer sk_live_${"a".repeat(26)}${"b".repeat(50)}` })],
    ["one letter changed", () => ({ authorization: `Bearer ${changed(outside.api.key)}` })],
    ["one letter more", () => ({ authorization: `Bearer ${outside.api.key}x` })],
    [
      "the other environment's prefix",
      () => ({ authorization: `Bearer ${outside.api.key.replace("sk_live_", "sk_test_")}` }),
    ],
    ["a very long one", () => ({ authorization: `Bearer sk_live_${"x".repeat(5000)}` })],
  ];
  for (const [name, call] of calls) {
    test.each(credentials)(`${name} with %s: 401 UNAUTHENTICATED`, async (_name, headers) => {
      const answer = await call(outside.api, headers());
      expect(answer).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED" } });
    });
  }

  test.each(["/healthz", "/openapi.json", "/docs"])("%s is open", async (path) => {
    expect((await outside.api.get(path, { key: null })).status).toBe(200);
  });
});

function changed(key: string): string {
  const at = key.length - 12;
  return key.slice(0, at) + (key[at] === "a" ? "b" : "a") + key.slice(at + 1);
}

describe("another tenant", () => {
  /** An error body without what differs from request to request. */
  const shape = (body: Json | undefined): Json => {
    if (!isMap(body)) return null;
    const { request_id: _id, ...rest } = body;
    return rest;
  };

  test("an execution's id of another tenant is answered as a made-up one is", async () => {
    const started = await outside.other.start({ definition: SUM, execution_mode: "sync" });
    const foreign = readText(started.body, "execution_id");
    const madeUp = foreign.slice(0, -4) + (foreign.endsWith("0000") ? "1111" : "0000");
    for (const [method, suffix] of [
      ["GET", ""],
      ["GET", "?wait=1"],
      ["POST", "/cancel"],
      ["GET", "/steps/add"],
    ] as const) {
      const theirs = await outside.api.request(method, `/workflows/executions/${foreign}${suffix}`);
      const nobodys = await outside.api.request(method, `/workflows/executions/${madeUp}${suffix}`);
      expect(theirs.status).toBe(404);
      expect(theirs.status).toBe(nobodys.status);
      expect(JSON.stringify(shape(theirs.body)).replaceAll(foreign, "ID")).toBe(
        JSON.stringify(shape(nobodys.body)).replaceAll(madeUp, "ID"),
      );
    }
    expect(await outside.other.finished(foreign)).toMatchObject({ status: "completed" });
  });

  test("workflows, keys, connections and private connectors of another tenant are not there", async () => {
    const name = `Private thing ${Date.now()}`;
    const slug = name.toLowerCase().replaceAll(" ", "-");
    expect((await outside.other.post("/workflows", { ...SUM, name })).status).toBe(201);
    for (const path of [`/workflows/${slug}`, `/workflows/${slug}/versions`]) {
      const answer = await outside.api.get(path);
      expect(answer).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    }
    expect(await outside.api.start({ workflow: slug })).toMatchObject({ status: 404 });
    expect((await outside.api.get("/workflows?limit=100")).text).not.toContain(slug);
    expect(await outside.api.request("DELETE", `/workflows/${slug}`)).toMatchObject({ status: 404 });
    expect((await outside.other.get(`/workflows/${slug}`)).status).toBe(200);

    const key = await outside.other.post("/keys", { name: "theirs", environment: "live", scopes: ["executions:read"] });
    expect(await outside.api.request("DELETE", `/keys/${readText(key.body, "id")}`)).toMatchObject({ status: 404 });
    expect((await outside.other.get("/workflows/executions", { key: readText(key.body, "key") })).status).toBe(200);
  });

  test("nobody publishes into a namespace that belongs to another tenant or to the platform", async () => {
    const connector = (namespace: string, version: string): JsonMap => ({
      connector: {
        type: "connector",
        kind: "http",
        name: "mine",
        namespace,
        version,
        displayName: "M",
        description: "m",
      },
      actions: [
        {
          name: "go",
          description: "g",
          input: {},
          output: {},
          handler: { http: { url: "https://example.com/execute", method: "POST" } },
        },
      ],
    });
    const namespace = `owned${Date.now()}`;
    expect((await outside.other.post("/plugins", connector(namespace, "1.0.0"))).status).toBe(201);
    for (const wanted of [namespace, "smartify", "official"]) {
      expect(await outside.api.post("/plugins", connector(wanted, "1.0.1"))).toMatchObject({
        status: 403,
        body: { code: "FORBIDDEN" },
      });
    }
  });
});
