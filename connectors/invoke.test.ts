import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../engine/json.ts";
import type { ActionCall, ActionResult } from "../engine/run/types.ts";
import type { OpenConnection } from "./auth/credentials.ts";
import { FIRST_PARTY } from "./first-party/all-connectors.ts";
import { type InvokeDeps, invokeAction } from "./invoke.ts";
import { pinAction } from "./manifest/pin-action.ts";
import { readConnector } from "./manifest/read-connector.ts";

interface Sent {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
}

interface World {
  answer?: (sent: Sent, count: number) => Response | Promise<Response>;
  connection?: OpenConnection | null;
  secrets?: Record<string, string>;
  env?: Record<string, Json>;
}

const identity = {
  tenantId: "ten_1",
  environment: "live",
  executionId: "exec_1",
  workflowName: "W",
  workflowVersion: "1.0.0",
  runAttempt: 1,
  traceparent: "00-a-b-01",
};
const json = (body: Json, init: ResponseInit = {}) =>
  new Response(JSON.stringify(body), { headers: { "content-type": "application/json" }, ...init });

function depsOf(world: World, sent: Sent[]): InvokeDeps {
  return {
    findConnection: async () => world.connection ?? null,
    secrets: async (names) =>
      Object.fromEntries(
        names.flatMap((name) => (world.secrets?.[name] === undefined ? [] : [[name, world.secrets[name] ?? ""]])),
      ),
    env: async (names) =>
      Object.fromEntries(
        names.flatMap((name) => (world.env?.[name] === undefined ? [] : [[name, world.env[name] ?? null]])),
      ),
    policy: { developmentHosts: { "svc:8000": "127.0.0.1:1" } },
    fetch: async (target, init) => {
      const request = {
        url: String(target),
        method: init?.method ?? "",
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: init?.body?.toString(),
      };
      sent.push(request);
      return world.answer ? world.answer(request, sent.length) : json({ ok: true });
    },
    now: Date.now,
  };
}

function callOf(
  handler: string,
  input: Json,
  more: { auth?: string; schema?: string; output?: string; environment?: string } = {},
): ActionCall {
  const text = `connector: {name: plug, namespace: acme, version: 1.0.0${more.environment ? `, runtime: {environment: ${more.environment}}` : ""}}\n${more.auth ? `auth: ${more.auth}\n` : ""}actions:\n  - name: act\n    handler: {http: ${handler}}\n${more.schema ? `    input: ${more.schema}\n` : ""}${more.output ? `    output: ${more.output}\n` : ""}`;
  const { manifest, problems } = readConnector(text, "yaml");
  expect(problems).toEqual([]);
  const action = manifest && pinAction(manifest, "act");
  if (action === undefined) throw new Error("no such action");
  return withInput(action, input);
}

function withInput(action: ActionCall["action"], input: Json): ActionCall {
  return {
    path: "fetch[2]",
    stepId: "fetch",
    attempt: 3,
    action,
    input,
    idempotencyKey: "exec_1:1:fetch[2]",
    timeoutMs: 5_000,
    deadline: Date.now() + 5_000,
  };
}

function httpCall(name: string, input: Json): ActionCall {
  const http = FIRST_PARTY.find((manifest) => manifest.name === "http");
  const action = http && pinAction(http, name);
  if (action === undefined) throw new Error("no http connector");
  return withInput(action, input);
}

async function invoke(
  call: ActionCall,
  world: World = {},
): Promise<{ result: ActionResult; sent: Sent[]; first: Sent }> {
  const sent: Sent[] = [];
  const result = await invokeAction(call, identity, depsOf(world, sent));
  return { result, sent, first: sent[0] ?? { url: "", method: "", headers: {}, body: undefined } };
}

async function errorOf(call: ActionCall, world: World = {}) {
  const { result } = await invoke(call, world);
  if (result.ok) throw new Error(`was accepted: ${JSON.stringify(result.output)}`);
  return result;
}

const service = "{url: 'http://svc:8000/execute', method: POST}";
const direct = (url: string, rest = "") => `{url: '${url}', method: GET${rest}}`;
const bearer: OpenConnection = {
  id: "conn_1",
  type: "BEARER",
  config: { base_url: "https://api.example.com/v1/" },
  values: { token: "tok-12345" },
};

describe("a service call", () => {
  test("posts the envelope with the ids that let a service verify and deduplicate", async () => {
    const { result, first } = await invoke(callOf(service, { a: 1 }), {
      answer: () => json({ status: "success", data: { x: [1] } }),
    });
    expect(result).toMatchObject({ ok: true, output: { x: [1] } });
    expect(first.url).toBe("http://127.0.0.1:1/execute");
    expect(JSON.parse(first.body ?? "")).toMatchObject({
      action: "plug.act",
      input: { a: 1 },
      context: { execution_id: "exec_1", step_name: "fetch", attempt: 3 },
    });
    expect(first.headers).toMatchObject({
      "idempotency-key": "exec_1:1:fetch[2]",
      traceparent: "00-a-b-01",
      "x-smartify-execution-id": "exec_1",
      "x-smartify-step": "fetch[2]",
      "x-smartify-attempt": "3",
    });
    expect(result.usage?.egress_bytes).toBeGreaterThan(100);
  });

  test("uses a code of the taxonomy and keeps any other", async () => {
    const error = (body: JsonObject, status = 400) =>
      errorOf(callOf(service, {}), {
        answer: () => json({ status: "error", ...body }, { status, headers: { "content-type": "application/json" } }),
      });
    expect((await error({ code: "NOT_FOUND", message: "gone" }, 404)).error).toEqual({
      code: "NOT_FOUND",
      message: "gone",
      details: { status: 404, upstream_code: "NOT_FOUND" },
    });
    expect((await error({ code: "VALUE_ERROR", message: "no", details: { a: 1 } }, 200)).error).toEqual({
      code: "BACKEND_ERROR",
      message: "no",
      details: { status: 200, upstream_code: "VALUE_ERROR", upstream: { a: 1 } },
    });
    expect((await error({ message: "busy" }, 503)).error.code).toBe("UNAVAILABLE");
  });

  test("takes any data, counts reported usage, and refuses what is no envelope or comes later", async () => {
    const answer = (body: Json, status = 200) =>
      invoke(callOf(service, {}), {
        answer: () => json(body, { status, headers: { "content-type": "application/json" } }),
      });
    expect(
      (await answer({ status: "success", data: "text", usage: { input_tokens: 5, output_tokens: "x" } })).result,
    ).toMatchObject({ output: "text", usage: { input_tokens: 5 } });
    expect((await answer({ status: "success" })).result).toMatchObject({ ok: true, output: null });
    expect((await answer([1])).result).toMatchObject({ ok: false, error: { code: "BACKEND_ERROR" } });
    expect((await answer({ status: "pending", task_token: "t" }, 202)).result).toMatchObject({
      ok: false,
      permanent: true,
      error: { code: "UNAVAILABLE", details: { reason: "task_tokens" } },
    });
  });
});

describe("a direct call", () => {
  test("puts its input where the handler says, percent-encoded, and the rest into the body", async () => {
    const handler =
      "{method: PATCH, endpointTemplate: '/repos/{owner}/issues/${input.number}', query: {q: '${input.q}', n: '${input.none}', l: '${input.list}'}, headers: {X-A: '${input.a}'}}";
    const { first } = await invoke(
      callOf(handler, { owner: "a/b c", number: 7, q: "x&y", list: [1, 2], a: "h", title: "T", tags: ["t"] }),
      { connection: bearer },
    );
    expect(first.url).toBe("https://api.example.com/v1/repos/a%2Fb%20c/issues/7?q=x%26y&l=1&l=2");
    expect(first.headers).toMatchObject({
      authorization: "Bearer tok-12345",
      "x-a": "h",
      "content-type": "application/json",
    });
    expect(JSON.parse(first.body ?? "")).toEqual({ title: "T", tags: ["t"] });
  });

  test("keeps types in a body, and text stays text", async () => {
    const handler =
      "{url: 'https://a.example.com/', method: POST, body: {n: '${input.n}', s: 'n=${input.n}', all: '${input}', t: '{{ input.t }}', gone: '${input.gone}'}}";
    const input = { n: 1.5, t: "${secrets.K}" };
    const { first } = await invoke(callOf(handler, input));
    expect(JSON.parse(first.body ?? "")).toEqual({ n: 1.5, s: "n=1.5", all: input, t: "${secrets.K}" });
  });

  test("writes forms and text, takes members by schema", async () => {
    const form = await invoke(
      callOf(
        "{url: 'https://a.example.com/', method: POST, bodyType: form, bodySchema: {properties: {a: {}}}, querySchema: {properties: {b: {}}}}",
        { a: "x y", b: 2, c: 3 },
      ),
    );
    expect([form.first.url, form.first.body]).toEqual(["https://a.example.com/?b=2", "a=x+y"]);
    const text = await invoke(callOf("{url: 'https://a.example.com/', method: POST, body: 'id=${input.a}'}", { a: 1 }));
    expect([text.first.body, text.first.headers["content-type"]]).toEqual(["id=1", "text/plain;charset=UTF-8"]);
  });

  test("gives status, headers and parsed body, or what extract picks", async () => {
    const rows: Json = { rows: [{ id: 1 }, { id: 2 }] };
    const plain = await invoke(callOf(direct("https://a.example.com/"), {}), { answer: () => json(rows) });
    expect(plain.result).toMatchObject({
      ok: true,
      output: { status: 200, headers: { "content-type": "application/json" }, body: rows },
    });
    const picked = async (path: string) => {
      const { result } = await invoke(
        callOf(direct("https://a.example.com/", `, response: {extract: '${path}'}`), {}),
        { answer: () => json(rows) },
      );
      return result.ok ? result.output : result.error;
    };
    expect([await picked("$.rows[0].id"), await picked("$.rows[*].id"), await picked("$.none")]).toEqual([
      1,
      [1, 2],
      null,
    ]);
  });

  test("maps statuses to codes, unless they are expected, and reads Retry-After", async () => {
    const status = async (code: number, headers: Record<string, string> = {}) => {
      const { error, retryAfterMs } = await errorOf(callOf(direct("https://a.example.com/"), {}), {
        answer: () => new Response("no", { status: code, headers }),
      });
      return [error.code, retryAfterMs];
    };
    expect(await status(404)).toEqual(["BACKEND_ERROR", undefined]);
    expect(await status(500)).toEqual(["BACKEND_ERROR", undefined]);
    expect(await status(502)).toEqual(["UNAVAILABLE", undefined]);
    expect(await status(503, { "retry-after": "7" })).toEqual(["UNAVAILABLE", 7_000]);
    expect(await status(408)).toEqual(["TIMEOUT", undefined]);
    expect(await status(504)).toEqual(["TIMEOUT", undefined]);
    expect((await status(429, { "retry-after": new Date(Date.now() + 60_000).toUTCString() }))[0]).toBe("RATE_LIMITED");
    const expected = await invoke(callOf(direct("https://a.example.com/", ", response: {status: [404]}"), {}), {
      answer: () => new Response("no", { status: 404 }),
    });
    expect(expected.result).toMatchObject({ ok: true, output: { status: 404, body: "no" } });
  });

  test("is refused before anything is sent when its input or configuration does not do", async () => {
    for (const [handler, input] of [
      [direct("https://a.example.com/${input.id}"), {}],
      [direct("https://a.example.com/${input.id}"), { id: ".." }],
      [direct("https://a.example.com/", ", headers: {X: '${input.x}'}"), { x: "a\nb" }],
      [direct("https://a.example.com/", ", headers: {Host: x}"), {}],
      [direct("https://a.example.com/${UNDECLARED}"), {}],
      [direct("/relative"), {}],
      [direct("https://a.example.com/", ", headers: {A: '${secrets.NONE}'}"), {}],
    ] as [string, Json][]) {
      const { result, sent } = await invoke(callOf(handler, input));
      expect([result.ok, sent.length, result.ok ? "" : result.error.code], handler).toEqual([false, 0, "VALIDATION"]);
    }
  });

  test("uses env, secrets and declared names in its configuration", async () => {
    const handler =
      "{url: '${env.BASE}/x', method: GET, headers: {A: '${secrets.KEY}', B: 'Bearer ${GITHUB_TOKEN}', C: '${REGION}'}}";
    const environment = "[{name: GITHUB_TOKEN, required: true}, {name: REGION, default: eu}]";
    const { first } = await invoke(callOf(handler, {}, { environment }), {
      env: { BASE: "https://b.example.com" },
      secrets: { KEY: "key-1234", GITHUB_TOKEN: "gh-1234" },
    });
    expect(first).toMatchObject({
      url: "https://b.example.com/x",
      headers: { a: "key-1234", b: "Bearer gh-1234", c: "eu" },
    });
    expect(
      (
        await errorOf(callOf(handler, {}, { environment }), {
          env: { BASE: "https://b.example.com" },
          secrets: { KEY: "k" },
        })
      ).error.message,
    ).toContain("GITHUB_TOKEN");
  });
});

describe("the schemas of an action", () => {
  const schema = "{type: object, properties: {a: {type: integer}, b: {default: 5}}, required: [a]}";

  test("fill defaults in and refuse input before it is sent", async () => {
    const { first } = await invoke(callOf(service, { a: 1 }, { schema }), {
      answer: () => json({ status: "success", data: {} }),
    });
    expect(JSON.parse(first.body ?? "").input).toEqual({ a: 1, b: 5 });
    const { result, sent } = await invoke(callOf(service, { a: "1" }, { schema }));
    expect([result.ok, sent.length]).toEqual([false, 0]);
    expect(result).toMatchObject({ error: { code: "VALIDATION", details: { field: "/a" } } });
  });

  test("refuse an answer that does not fit", async () => {
    const call = callOf(service, {}, { output: "{type: object, required: [x]}" });
    expect((await errorOf(call, { answer: () => json({ status: "success", data: {} }) })).error.code).toBe(
      "VALIDATION",
    );
  });
});

describe("secrets", () => {
  const secrets = { TOKEN: "s3cret/+token ü" };
  const marked: Json = { $secret: { fn: "concat", args: ["Bearer ", { $secret: { name: "TOKEN" } }] } };

  test("are revealed in marked members at the request and masked in everything that comes back, in every form", async () => {
    const echo = ({ headers }: Sent) => {
      const token = (headers.authorization ?? "").replace("Bearer ", "");
      const forms = [
        token,
        encodeURIComponent(token),
        Buffer.from(token).toString("base64"),
        Buffer.from(`ab${token}`).toString("base64"),
        Buffer.from(token).toString("hex"),
        JSON.stringify({ [token]: token }),
      ];
      return json({ forms, [token]: 1 });
    };
    const ascii = { TOKEN: "s3cret/+token=" };
    const { result, first } = await invoke(
      httpCall("get", { url: "https://a.example.com/", headers: { Authorization: marked } }),
      { secrets: ascii, answer: echo },
    );
    expect(first.headers.authorization).toBe("Bearer s3cret/+token=");
    expect(result.ok).toBe(true);
    const text = JSON.stringify(result);
    for (const part of [
      "s3cret",
      encodeURIComponent("s3cret/+token="),
      "czNjcmV0LyttokZW4".slice(0, 8),
      Buffer.from("s3cret/").toString("hex"),
    ])
      expect(text).not.toContain(part);
    expect(text).toContain("***");
  });

  test("are masked in errors of services", async () => {
    const call = callOf("{url: 'https://a.example.com/', method: GET, headers: {A: '${secrets.TOKEN}'}}", {});
    const { error } = await errorOf(call, {
      secrets: { TOKEN: "tok-99887" },
      answer: ({ headers }) =>
        json({ denied: headers.a ?? "" }, { status: 401, headers: { "content-type": "application/json" } }),
    });
    expect(JSON.stringify(error)).not.toContain("tok-99887");
    expect(error.details).toEqual({ status: 401, body: { denied: "***" } });
  });

  test("may not stand anywhere else", async () => {
    const { result, sent } = await invoke(httpCall("get", { url: marked }), { secrets });
    expect([result.ok, sent.length]).toEqual([false, 0]);
    expect(result).toMatchObject({ error: { code: "VALIDATION", details: { field: "/url" } } });
  });
});

describe("connections", () => {
  const asked = (connection: OpenConnection | null, auth: string) =>
    invoke(callOf(direct("https://a.example.com/p?a=1"), {}, { auth }), { connection });
  const of = (type: string, values: JsonObject, config: JsonObject = {}): OpenConnection => ({
    id: "c",
    type,
    values,
    config,
  });

  test("sign in by every type", async () => {
    expect(
      (await asked(of("API_KEY", { api_key: "k-123" }), "{type: apiKey, in: header, name: X-Key, prefix: Token}")).first
        .headers["x-key"],
    ).toBe("Token k-123");
    expect((await asked(of("API_KEY", { api_key: "k 123" }), "{type: apiKey, in: query, name: key}")).first.url).toBe(
      "https://a.example.com/p?a=1&key=k+123",
    );
    expect(
      (await asked(of("API_KEY", { api_key: "k-123" }, { in: "cookie", name: "sid" }), "{type: apiKey}")).first.headers
        .cookie,
    ).toBe("sid=k-123");
    expect(
      (await asked(of("BASIC", { username: "ü", password: "p:w" }), "{type: basic}")).first.headers.authorization,
    ).toBe(`Basic ${Buffer.from("ü:p:w").toString("base64")}`);
    expect((await asked(of("BEARER", { token: "t" }), "{type: bearer}")).first.headers.authorization).toBe("Bearer t");
    expect(
      (await asked(of("CUSTOM_HEADER", { headers: { "X-A": "1", "X-B": "2" } }), "{type: custom}")).first.headers,
    ).toMatchObject({ "x-a": "1", "x-b": "2" });
  });

  test("that are missing or of a type that is not here yet say so and send nothing", async () => {
    for (const connection of [null, of("OAUTH2", {}), of("MTLS", {}), of("BEARER", {})]) {
      const { result, sent } = await asked(connection, "{type: bearer}");
      expect(result).toMatchObject({
        ok: false,
        permanent: true,
        error: { code: "UNAVAILABLE", details: { reason: "connection" } },
      });
      expect(sent).toHaveLength(0);
    }
  });
});

describe("the way out", () => {
  test("is closed to what is not public, redirects included", async () => {
    const refused = await invoke(httpCall("get", { url: "http://169.254.169.254/latest" }));
    expect(refused.result).toMatchObject({ error: { code: "FORBIDDEN", details: { reason: "egress" } } });
    expect(refused.sent).toHaveLength(0);
    const redirected = await invoke(httpCall("get", { url: "https://a.example.com/" }), {
      answer: () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1/" } }),
    });
    expect(redirected.result).toMatchObject({ error: { code: "FORBIDDEN", details: { reason: "egress" } } });
    expect(redirected.sent).toHaveLength(1);
  });

  test("follows at most five redirects and leaves credentials at their origin", async () => {
    const answer = (_: Sent, count: number) =>
      count === 1
        ? new Response(null, { status: 307, headers: { location: "https://b.example.com/x" } })
        : json({ ok: true });
    const headers = { Authorization: "Basic abc", "X-Key": { $secret: { name: "TOKEN" } }, "X-Plain": "p" };
    const { sent } = await invoke(httpCall("get", { url: "https://a.example.com/", headers }), {
      secrets: { TOKEN: "tok-4567" },
      answer,
    });
    expect(sent[0]?.headers).toMatchObject({ authorization: "Basic abc", "x-key": "tok-4567" });
    expect(sent[1]).toMatchObject({ url: "https://b.example.com/x", method: "GET" });
    expect(Object.keys(sent[1]?.headers ?? {})).not.toContain("authorization");
    expect(Object.keys(sent[1]?.headers ?? {})).not.toContain("x-key");
    expect(sent[1]?.headers["x-plain"]).toBe("p");
    const endless = await invoke(httpCall("get", { url: "https://a.example.com/" }), {
      answer: () => new Response(null, { status: 302, headers: { location: "/again" } }),
    });
    expect(endless.sent).toHaveLength(6);
    expect(endless.result).toMatchObject({ error: { code: "BACKEND_ERROR" } });
  });

  test("turns a POST that was seen elsewhere into a GET without its body", async () => {
    const answer = (_: Sent, count: number) =>
      count === 1 ? new Response(null, { status: 303, headers: { location: "/done" } }) : json({});
    const { sent } = await invoke(httpCall("post", { url: "https://a.example.com/", body: { a: 1 } }), { answer });
    expect(sent.map(({ method, body }) => [method, body])).toEqual([
      ["POST", '{"a":1}'],
      ["GET", undefined],
    ]);
  });
});

describe("what goes wrong on the way", () => {
  test("ends in TIMEOUT with both times, the outcome unknown", async () => {
    const call = { ...callOf(direct("https://a.example.com/"), {}), timeoutMs: 30 };
    const result = await errorOf(call, { answer: () => new Promise<Response>(() => undefined) });
    expect(result).toMatchObject({ outcomeUnknown: true, error: { code: "TIMEOUT", details: { timeout_ms: 30 } } });
    expect(Number(result.error.details?.elapsed_ms)).toBeGreaterThanOrEqual(30);
  });

  test("ends in TIMEOUT when a body never ends", async () => {
    const call = { ...callOf(direct("https://a.example.com/"), {}), timeoutMs: 30 };
    const endless = new ReadableStream({
      pull: (controller) => new Promise((next) => setTimeout(() => next(controller.enqueue(new Uint8Array(1))), 5)),
    });
    expect((await errorOf(call, { answer: () => new Response(endless) })).error.code).toBe("TIMEOUT");
  });

  test("is UNAVAILABLE when nothing answers, the outcome known only when no connection came about", async () => {
    const lost = (message: string) =>
      errorOf(callOf(direct("https://a.example.com/"), {}), { answer: () => Promise.reject(new TypeError(message)) });
    expect(await lost("Network connection lost.")).toMatchObject({
      outcomeUnknown: true,
      error: { code: "UNAVAILABLE", details: { backend: "a.example.com" } },
    });
    expect((await lost("connect ECONNREFUSED: Connection refused")).outcomeUnknown).toBeUndefined();
  });

  test("is an error, not a cut, when the answer is too large", async () => {
    const large = new Uint8Array(6 * 1024 * 1024 + 1);
    const declared = await errorOf(callOf(direct("https://a.example.com/"), {}), { answer: () => new Response(large) });
    expect(declared.error).toMatchObject({ code: "PAYLOAD_TOO_LARGE", details: { limit: "payload_bytes" } });
    const fits = await invoke(callOf(direct("https://a.example.com/"), {}), {
      answer: () => new Response(large.subarray(1)),
    });
    expect(fits.result.ok).toBe(true);
  });

  test("never throws when a lookup fails", async () => {
    const broken: InvokeDeps = {
      ...depsOf({}, []),
      findConnection: () => Promise.reject(new Error("boom at /secret/place")),
    };
    const result = await invokeAction(callOf(service, {}), identity, broken);
    expect(result).toMatchObject({ ok: false, error: { code: "UNAVAILABLE" } });
    expect(JSON.stringify(result)).not.toContain("boom");
  });
});
