import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../engine/json.ts";
import type { OpenConnection } from "./auth/credentials.ts";
import { callOf, direct, errorOf, invoke, json, service } from "./testing/world.ts";

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

  test("is told the env values that its connector declares, where `context` says so", async () => {
    const declared = "[{name: REGION, default: eu}, LEVEL, {name: MUST, required: true}]";
    const call = callOf(service, {}, { environment: declared });
    const told = { ...call, action: { ...call.action, context: ["environment"] } };
    const env = { LEVEL: 3, MUST: "x", OTHER: "no" };
    const contextOf = async (asked: typeof call) =>
      JSON.parse((await invoke(asked, { env, answer: () => json({ status: "success", data: 1 }) })).first.body ?? "")
        .context;
    expect((await contextOf(told)).environment).toEqual({ REGION: "eu", LEVEL: 3, MUST: "x" });
    expect(await contextOf(call)).not.toHaveProperty("environment");
    expect((await errorOf(told, { env: {} })).error).toMatchObject({ code: "VALIDATION", details: { env: "MUST" } });
  });

  test("is told the limits that it alone can keep", async () => {
    const call = callOf(service, {}, { resources: "{cpu: 2, storage: {maxSize: 1GB}, concurrent: 3}" });
    const { first } = await invoke(call, { answer: () => json({ status: "success", data: 1 }) });
    expect(JSON.parse(first.body ?? "").context.resources).toEqual({
      cpu: "2",
      memory: "512MB",
      storage: { maxSize: "1GB", bandwidth: "10MB/s" },
      network: { bandwidth: "10MB/s" },
    });
  });

  test("that has no connection to go on with is no step run, and one whose credential was refused is", async () => {
    const call = callOf(service, {}, { auth: "{type: bearer}" });
    const missing = await errorOf(call, { connection: null });
    expect(missing.error).toMatchObject({ code: "UNAVAILABLE", details: { reason: "connection" } });
    expect(missing.usage).toBeUndefined();
    const refused = await errorOf(call, { connection: bearer, answer: () => json({}, { status: 401 }) });
    expect(refused.usage?.egress_bytes).toBeGreaterThan(0);
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
    // A gateway's envelope says no more of what became of it than its status; a code of the taxonomy is the service's word.
    for (const status of [504, 524]) {
      expect(await error({}, status)).toMatchObject({ error: { code: "TIMEOUT" }, outcomeUnknown: true });
      expect(await error({ code: "UPSTREAM" }, status)).toMatchObject({ outcomeUnknown: true });
      expect((await error({ code: "CONFLICT" }, status)).outcomeUnknown).toBeUndefined();
    }
    expect((await error({}, 503)).outcomeUnknown).toBeUndefined();
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
    const unknown = async (code: number) => {
      const failed = await errorOf(callOf(direct("https://a.example.com/"), {}), {
        answer: () => new Response("no", { status: code }),
      });
      return failed.outcomeUnknown === true;
    };
    // Whoever answers 504 or 524 has waited for somebody who has got the request.
    expect(await Promise.all([504, 524].map(unknown))).toEqual([true, true]);
    expect(await Promise.all([408, 500, 502, 503, 521, 522, 530].map(unknown))).not.toContain(true);
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
    const environment =
      "[{name: KEY, secret: true}, {name: GITHUB_TOKEN, required: true}, {name: REGION, default: eu}]";
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

test("a declared name is looked for where the connector says that it stands", async () => {
  const handler = direct("https://a.example.com/", ", headers: {A: '${SAME}'}");
  const world = { secrets: { SAME: "the-secret" }, env: { SAME: "the-value" } };
  const sentBy = async (environment: string) =>
    (await invoke(callOf(handler, {}, { environment }), world)).first.headers.a;
  expect(await sentBy("[SAME]")).toBe("the-secret");
  expect(await sentBy("[{name: SAME, secret: true}]")).toBe("the-secret");
  expect(await sentBy("[{name: SAME, secret: false}]")).toBe("the-value");
  const required = callOf(handler, {}, { environment: "[{name: SAME, secret: true, required: true}]" });
  expect((await errorOf(required, { env: world.env })).error.message).toBe(
    "The connector needs SAME: set it with PUT /secrets/SAME",
  );
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
