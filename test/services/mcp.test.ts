import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { ISSUER, type OAuthProvider, startOAuthProvider } from "../connections/oauth-provider.ts";
import { HOSTILE } from "./hostile-servers.ts";
import { toldServers } from "./mcp-context.ts";
import { McpServers, PNG } from "./mcp-servers.ts";

/* Connectors of kind mcp-server, on a whole platform, against servers of the official SDK and hostile ones. */

let running: TestPlatform;
let servers: McpServers;
let idp: OAuthProvider;
const HOST = "mcp.services:8080";

beforeAll(async () => {
  servers = await new McpServers().start();
  idp = await startOAuthProvider(600, "http://127.0.0.1:1/callback");
  running = await startTestPlatform({
    hosts: { "idp.test": idp.address, [HOST]: `127.0.0.1:${servers.port}`, "gone.services:8080": "127.0.0.1:9" },
    services: false,
  });
  for (const name of ["stateless", "session"])
    expect(await publish(name, { server: `http://${HOST}/${name}` })).toMatchObject({ status: 201 });
}, 120_000);

afterAll(async () => {
  await running?.close();
  await servers?.stop();
  await idp?.close();
});

beforeEach(() => {
  servers.seen.length = 0;
});

interface Answered {
  status: string;
  code?: string;
  message?: string;
  version?: string;
  details?: Record<string, unknown>;
  data?: { text?: string; content?: Record<string, unknown>[]; [member: string]: unknown };
  actions?: {
    name: string;
    description?: string;
    input?: Record<string, unknown>;
    output?: object;
    idempotent?: boolean;
  }[];
  execution_id: string;
}

async function ask(method: string, path: string, body?: unknown, key = running.tenant.apiKey) {
  const response = await fetch(new URL(path, running.url), {
    method,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      authorization: `Bearer ${key}`,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) as Answered, text };
}

const BASE = {
  kind: "mcp-server",
  namespace: "tides",
  version: "1.0.0",
  displayName: "An MCP server",
  description: "An MCP server",
};

function publish(name: string, more: object, outer: object = {}) {
  const connector = { ...BASE, name, ...more };
  return ask("POST", "/plugins", { connector, ...outer });
}

const call = (action: string, input: object = {}) => ask("POST", "/execute", { action, input });

test.each(["stateless", "session"])("the tools of a %s server become actions with schemas, and run", async (name) => {
  const { body } = await ask("GET", `/plugins/${name}`);
  const actions = Object.fromEntries((body.actions ?? []).map((action) => [action.name, action]));
  expect(Object.keys(actions).sort()).toEqual(["broken", "chart", "count", "high_water", "slow"]);
  expect(actions.high_water).toMatchObject({
    description: "When the water is high",
    input: { type: "object", properties: { port: { type: "string", minLength: 1 } }, required: ["port"] },
  });
  expect(await call(`${name}.high_water`, { port: "Dover", days: 2 })).toMatchObject({
    status: 200,
    body: { data: { port: "Dover", hours: [6, 7] } },
  });
  expect(await call(`${name}.high_water`, { days: 2 })).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  const { data } = (await call(`${name}.chart`)).body;
  expect(data?.text).toBe("one\ntwo");
  expect(data?.content?.[1]).toEqual({ type: "image", data: PNG, mimeType: "image/png" });
  expect(await call(`${name}.broken`, { why: "storm" })).toMatchObject({
    status: 502,
    body: { code: "BACKEND_ERROR", message: "It broke: storm", details: { tool: "broken" } },
  });
});

const posts = () => servers.seen.filter(({ method, path }) => method === "POST" && path === "/session");

const databasePort = () => running.platform.databasePort;
toldServers({ ask, publish, call, server: `http://${HOST}/session`, servers: () => servers, databasePort });

test("a session serves one call after the other with one request each, and never two at once", async () => {
  await call("session.count");
  servers.seen.length = 0;
  servers.mostInSession = 0;
  for (let n = 0; n < 5; n += 1) expect((await call("session.count")).status).toBe(200);
  expect(posts().map(({ rpc }) => rpc?.method)).toEqual(Array(5).fill("tools/call"));
  expect(new Set(posts().map(({ headers }) => headers["mcp-session-id"])).size).toBe(1);
  await Promise.all(Array.from({ length: 6 }, () => call("session.count")));
  expect(servers.mostInSession).toBe(1);
  // An id may not come twice in a session.
  const ids = posts().flatMap(({ headers, rpc }) => {
    const session = headers["mcp-session-id"];
    return session === undefined || rpc?.id === undefined ? [] : [`${String(session)} ${String(rpc.id)}`];
  });
  expect(ids.length).toBeGreaterThanOrEqual(11);
  expect(new Set(ids).size).toBe(ids.length);
  await call("stateless.chart");
  servers.seen.length = 0;
  for (let n = 0; n < 3; n += 1) await call("stateless.chart");
  expect(servers.seen.map(({ method }) => method)).toEqual(["POST", "POST", "POST"]);
});

test("a session that the server has lost is opened anew, and the tool runs once", async () => {
  await call("session.count");
  servers.forgetSessions();
  servers.seen.length = 0;
  const before = servers.counted;
  expect(await call("session.count")).toMatchObject({ status: 200, body: { data: { text: String(before + 1) } } });
  expect(servers.counted).toBe(before + 1);
  // What kind of server it is was not asked again.
  expect(posts().map(({ rpc }) => rpc?.method)).toEqual([
    "tools/call",
    "initialize",
    "notifications/initialized",
    "tools/call",
  ]);
});

test("tenants and connections call in sessions of their own", async () => {
  await call("session.chart");
  const ours = new Set(posts().map(({ headers }) => headers["mcp-session-id"]));
  servers.seen.length = 0;
  const { apiKey } = await running.newTenant("stranger");
  const own = await ask(
    "POST",
    "/plugins",
    { connector: { ...BASE, name: "session", namespace: "strangers", server: `http://${HOST}/session` } },
    apiKey,
  );
  expect(own.status, own.text).toBe(201);
  servers.seen.length = 0;
  expect((await ask("POST", "/execute", { action: "session.chart", input: {} }, apiKey)).status).toBe(200);
  const theirs = posts().flatMap(({ headers }) => headers["mcp-session-id"] ?? []);
  expect(theirs.length).toBeGreaterThan(0);
  for (const id of theirs) expect(ours.has(id)).toBe(false);
});

test("an OAuth2 connection signs each call, and a token that was revoked is renewed once", async () => {
  const auth = { type: "oauth2", issuer: ISSUER, flow: "client_credentials" };
  const made = () =>
    ask("POST", "/connections", {
      connector: "tides/oauth",
      name: "default",
      type: "OAUTH2",
      values: { client_id: "app", client_secret: "app-s3cr3t-of-client", flow: "client_credentials", scopes: [] },
    });
  expect(await publish("oauth", { server: `http://${HOST}/oauth` }, { auth })).toMatchObject({ status: 201 });
  expect((await made()).status).toBe(201);
  const tokens = new Set<string>();
  servers.takesToken = async (token) => {
    const found = await idp.provider.ClientCredentials.find(token);
    if (found) tokens.add(token);
    return found !== undefined;
  };
  const refreshed = await ask("POST", "/plugins/oauth/refresh");
  expect(refreshed.body, refreshed.text).toMatchObject({ status: "updated", actions: 5 });
  expect(await call("oauth.high_water", { port: "Dover" })).toMatchObject({ status: 200 });
  expect(tokens.size).toBe(1);
  for (const token of tokens) await (await idp.provider.ClientCredentials.find(token))?.destroy();
  const again = await call("oauth.count");
  expect(again).toMatchObject({ status: 200 });
  expect(tokens.size).toBe(2);
  for (const token of tokens) expect(again.text).not.toContain(token);
  // A server that takes none is asked twice and no more.
  servers.takesToken = async () => false;
  servers.seen.length = 0;
  const refused = await call("oauth.count");
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(servers.seen.length).toBeLessThan(8);
}, 30_000);

test("a call that takes too long is a TIMEOUT, and the server is told", async () => {
  const before = servers.canceled;
  const steps = [
    {
      id: "it",
      connector: "tides/session",
      action: "slow",
      input: { ms: 40_000 },
      timeout: 8,
      retry: { max_attempts: 1, retry_on: ["UNKNOWN_OUTCOME"] },
    },
  ];
  const ended = await ask("POST", "/workflows/executions", {
    definition: { name: "Too slow", steps },
    execution_mode: "sync",
  });
  expect(ended.text).toContain('"TIMEOUT"');
  await expect.poll(() => servers.canceled).toBe(before + 1);
});

test("an isolated execution calls its tools from its own isolate", async () => {
  const steps = [{ id: "it", connector: "tides/stateless", action: "high_water", input: { port: "Calais" } }];
  const started = await ask("POST", "/workflows/executions", {
    definition: { name: "Alone", steps, outputs: { it: "{{ steps.it.output }}" } },
    execution_mode: "isolated",
  });
  await expect
    .poll(async () => (await ask("GET", `/workflows/executions/${started.body.execution_id}`)).text)
    .toContain('"hours":[6]');
});

test("a server that asks for credentials gives its tools when there are some; the credential reaches it and nothing else", async () => {
  const auth = { type: "API_KEY", in: "header", name: "X-Key" };
  expect(await publish("key", { server: `http://${HOST}/key` }, { auth })).toMatchObject({ status: 201 });
  expect((await ask("GET", "/plugins/key")).body.actions).toEqual([]);
  expect((await ask("POST", "/plugins/key/refresh")).status).toBe(503);
  const made = await ask("POST", "/connections", {
    connector: "tides/key",
    name: "default",
    type: "API_KEY",
    values: { api_key: "tide-key-123456" },
  });
  expect(made.status, made.text).toBe(201);
  // The plugin knows for 10 s that there was no connection.
  await expect
    .poll(async () => (await ask("POST", "/plugins/key/refresh")).body, { interval: 1_000 })
    .toMatchObject({ status: "updated", version: "1.1.0", previous_version: "1.0.0", actions: 5 });
  expect(await call("key.high_water", { port: "Dover" })).toMatchObject({ status: 200 });
  expect(servers.seen.at(-1)?.headers["x-key"]).toBe("tide-key-123456");
  expect((await ask("POST", "/plugins/key/refresh")).body).toMatchObject({ status: "unchanged", version: "1.1.0" });
});

test("a refresh publishes what is new as a minor version, and what is gone as a major one; what is pinned stays", async () => {
  expect(await publish("growing", { server: `http://${HOST}/stateless` })).toMatchObject({ status: 201 });
  servers.extraTools = ["ebb"];
  expect((await ask("POST", "/plugins/growing/refresh")).body).toMatchObject({
    status: "updated",
    version: "1.1.0",
    actions: 6,
  });
  expect((await call("growing.ebb")).body.data?.text).toBe("ebb");
  servers.extraTools = [];
  expect((await ask("POST", "/plugins/growing/refresh")).body).toMatchObject({
    status: "updated",
    version: "2.0.0",
    actions: 5,
  });
  expect((await ask("GET", "/plugins/growing?version=1.1.0")).body.actions).toHaveLength(6);
});

test.each(HOSTILE.bombs)(
  "a server whose tools are a bomb (%s) is refused, and says why",
  async (name, script, reason) => {
    servers.scripts[name] = script;
    const refused = await publish(name, { server: `http://${HOST}/hostile/${name}` });
    expect(refused.status, refused.text).toBeGreaterThanOrEqual(400);
    expect(refused.status).not.toBe(500);
    expect(refused.body.message).toContain(reason);
  },
);

test("names that are none for actions are changed, texts lose what people cannot see, and tools keep their own names", async () => {
  const description = "plain\u0000 \u001b[31mred\u202egnisrever\u200b";
  servers.scripts.odd = {
    tools: [HOSTILE.tool("9 lives!", { description }), HOSTILE.tool("9_lives?")],
    call: (response, id) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "meow" }] } }));
    },
  };
  expect(await publish("odd", { server: `http://${HOST}/hostile/odd` })).toMatchObject({ status: 201 });
  const { actions } = (await ask("GET", "/plugins/odd")).body;
  expect(actions?.map(({ name }) => name)).toEqual(["_9_lives_", "_9_lives__2"]);
  expect(actions?.[0]?.description).toBe("plain [31mredgnisrever");
  expect((await call("odd._9_lives_")).body.data?.text).toBe("meow");
});

test("answers without an end, too large, that redirect or are no protocol end as errors, within the call's time", async () => {
  Object.assign(servers.scripts, HOSTILE.answers);
  const names = ["endless", "flood", "noise", "moved", "cut", "gateway"];
  for (const name of names) {
    const timeout = name === "endless" ? 3 : 20;
    const published = await publish(name, { server: { url: `http://${HOST}/hostile/${name}`, timeout } });
    expect(published.status, published.text).toBe(201);
  }
  const begun = performance.now();
  const codes = await Promise.all(names.map(async (name) => [name, (await call(`${name}.go`)).body] as const));
  const seen = Object.fromEntries(codes);
  for (const late of [seen.endless, seen.gateway])
    expect(late?.details).toMatchObject({ reason: "outcome_unknown", cause: "TIMEOUT" });
  // Broken off when it is too large, before its time is over.
  expect(seen.flood?.code).toBe("PAYLOAD_TOO_LARGE");
  expect(performance.now() - begun).toBeLessThan(20_000);
  expect(seen.noise?.code).toBe("BACKEND_ERROR");
  expect(seen.moved).toMatchObject({ code: "FORBIDDEN", details: { reason: "egress" } });
  expect(seen.cut).toMatchObject({ code: "UNAVAILABLE", details: { reason: "outcome_unknown" } });
});

test("a server that the egress rules refuse, or that is not there, publishes nothing", async () => {
  expect(await publish("inside", { server: "http://10.0.0.1/mcp" })).toMatchObject({
    status: 403,
    body: { details: { field: "server.url" } },
  });
  expect((await publish("nowhere", { server: "http://gone.services:8080/mcp" })).status).toBe(503);
  expect((await ask("POST", "/plugins/odd-one-out/refresh")).status).toBe(404);
});

test("the connector and the step of the guide are what they say", async () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/guide/mcp-connectors.md"), "utf8");
  const here = guide.replaceAll("https://mcp.example.com/tides", `http://${HOST}/stateless`);
  const [connector, step, byHand] = [...here.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) =>
    parse(block ?? ""),
  );
  expect((await ask("POST", "/plugins", connector)).body).toMatchObject({ status: "published" });
  const run = async () =>
    ask("POST", "/workflows/executions", {
      execution_mode: "sync",
      definition: { name: "Tide", ...step, outputs: { tide: "{{ steps.tide.output }}" } },
    });
  const ended = await run();
  expect(ended.text).toContain('"tide":{"port":"Dover","hours":[6,7]}');
  const description = { displayName: "By hand", description: "By hand", name: "by-hand", namespace: "acme" };
  const made = { connector: { ...connector.connector, ...description, server: undefined }, ...byHand };
  expect((await ask("POST", "/plugins", made)).status).toBe(201);
  expect((await call("by-hand.high_water", { port: "Calais" })).body.data).toEqual({ port: "Calais", hours: [6] });
});

test("what a tool hides in names and schemas is refused, and in texts it is taken out", async () => {
  const hidden = "\u{e0041}\u{e0042}";
  const described = { type: "string", description: `a${hidden}b\u202ec`, enum: [`x${hidden}`] };
  servers.scripts.sly = {
    tools: [HOSTILE.tool("plain", { inputSchema: { type: "object", properties: { description: described } } })],
  };
  expect(await publish("sly", { server: `http://${HOST}/hostile/sly` })).toMatchObject({ status: 201 });
  const [action] = (await ask("GET", "/plugins/sly")).body.actions ?? [];
  expect(action?.input).toMatchObject({ properties: { description: { description: "abc", enum: [`x${hidden}`] } } });
  servers.scripts.hiddenName = { tools: [HOSTILE.tool(`pay${hidden}`)] };
  servers.scripts.hiddenMember = {
    tools: [HOSTILE.tool("pay", { inputSchema: { type: "object", properties: { [`to${hidden}`]: {} } } })],
  };
  for (const name of ["hiddenName", "hiddenMember"])
    expect(await publish(name.toLowerCase(), { server: `http://${HOST}/hostile/${name}` })).toMatchObject({
      status: 400,
      body: { code: "VALIDATION", message: expect.stringContaining("hides characters") },
    });
});

test("a tool that is gone fails its pinned step with the server's word, and progress without an end is bounded", async () => {
  servers.extraTools = ["fleeting"];
  expect(await publish("fleeting", { server: `http://${HOST}/stateless` })).toMatchObject({ status: 201 });
  servers.extraTools = [];
  expect(await call("fleeting.fleeting")).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  servers.scripts.chatty = HOSTILE.chatty;
  expect(await publish("chatty", { server: `http://${HOST}/hostile/chatty` })).toMatchObject({ status: 201 });
  const steps = [{ id: "it", connector: "tides/chatty", action: "go" }];
  const started = await ask("POST", "/workflows/executions", {
    definition: { name: "Chatty", steps },
    execution_mode: "sync",
  });
  expect(started.body.status, started.text).toBe("completed");
  const { text } = await ask("GET", `/workflows/executions/${started.body.execution_id}/events`);
  expect(text.split('"step.progress"').length - 1).toBeLessThan(60);
  expect(text).not.toContain("\\u0007");
});
