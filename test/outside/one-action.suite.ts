import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const execute = (action: string, input: JsonMap): ReturnType<typeof outside.api.post> =>
  outside.api.post("/execute", { action, input }, { upstream: true });

describe("POST /execute", () => {
  test("answers the service envelope and the execution that it was", async () => {
    const answer = await execute("flaky.call", { key: "one", reply: { a: [1, null] } });
    expect(answer.status).toBe(200);
    const id = readText(answer.body, "execution_id");
    expect(answer.body).toStrictEqual({ status: "success", data: { a: [1, null] }, execution_id: id });
    expect(await outside.api.finished(id)).toMatchObject({
      status: "completed",
      usage: { executions: 1, step_runs: 1 },
    });
    expect(outside.service.calls("one")).toHaveLength(1);
  });

  test.each([
    ["the name", "flaky.call"],
    ["namespace and name", "outside/flaky.call"],
    ["name and version", "flaky.call@1.0.1"],
    ["all of it", "outside/flaky.call@1.0.1"],
    ["a range", "outside/flaky.call@^1.0.0"],
  ])("takes an action by %s", async (_name, action) => {
    expect(await execute(action, {})).toMatchObject({ status: 200, body: { status: "success", data: {} } });
  });

  const failures: [string, JsonMap | string, number, number, string][] = [
    ["a 500", {}, 500, 502, "BACKEND_ERROR"],
    ["a 404", {}, 404, 502, "BACKEND_ERROR"],
    ["a 503", {}, 503, 503, "UNAVAILABLE"],
    ["a 504", {}, 504, 504, "TIMEOUT"],
    ["a 429", {}, 429, 429, "RATE_LIMITED"],
    ["an error envelope", { status: "error", code: "VALIDATION", message: "no such place" }, 200, 400, "VALIDATION"],
    ["an answer that is none", "hello", 200, 502, "BACKEND_ERROR"],
  ];
  test.each(failures)(
    "%s of the service: the same code, and the execution's id",
    async (name, body, sent, status, code) => {
      const reply = typeof body === "string" ? { status: sent, text: body } : { status: sent, body };
      outside.service.script(name, reply, reply, reply);
      const answer = await execute("flaky.stubborn", { key: name });
      expect(answer).toMatchObject({ status, body: { status: "error", code } });
      const id = read(answer.body, "details.execution_id") ?? read(answer.body, "execution_id");
      expect(await outside.api.finished(String(id))).toMatchObject({ status: "failed", error: { code } });
    },
  );

  test("input that breaks the action's schema: VALIDATION that names the member, nothing is called", async () => {
    const answer = await execute("flaky.strict", { key: "strict one", count: 0, more: 1 });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(answer.text).toContain("count");
    expect(outside.service.calls("strict one")).toHaveLength(0);
  });
});

describe("the older and the other names of a step's fields", () => {
  const forms: [string, JsonMap][] = [
    [
      "id, connector, action, input",
      { id: "s", connector: "connector:outside/flaky@1.0.1", action: "call", input: { a: 1 } },
    ],
    ["name instead of id", { name: "s", connector: "connector:outside/flaky@1.0.1", action: "call", input: { a: 1 } }],
    ["operation and with", { id: "s", connector: "connector:outside/flaky@1.0.1", operation: "call", with: { a: 1 } }],
    ["inputs", { id: "s", connector: "connector:outside/flaky@1.0.1", action: "call", inputs: { a: 1 } }],
    ["plugin", { id: "s", plugin: "flaky", action: "call", input: { a: 1 } }],
    ["no version", { id: "s", connector: "connector:outside/flaky", action: "call", input: { a: 1 } }],
    ["a caret range", { id: "s", connector: "connector:outside/flaky@^1.0.0", action: "call", input: { a: 1 } }],
    ["a major version", { id: "s", connector: "connector:outside/flaky@1", action: "call", input: { a: 1 } }],
    [
      "type: action",
      { id: "s", type: "action", connector: "connector:outside/flaky@1.0.1", action: "call", input: { a: 1 } },
    ],
  ];
  test.each(forms)("%s", async (_name, step) => {
    const run = await outside.api.run({
      name: "Outside forms",
      steps: [step],
      outputs: { out: "{{ steps.s.output }}" },
    });
    expect(run).toMatchObject({ status: "completed", result: { outputs: { out: { a: 1 } } } });
  });
});

describe("more of starting", () => {
  const definition = {
    name: "Outside start",
    inputs: { who: { type: "string" } },
    steps: [flaky("s", "call", {})],
    outputs: { who: "{{ inputs.who }}" },
  };

  test("a YAML body's inputs may stand in the query", async () => {
    const yaml = `name: Outside query
inputs: {who: {type: string}}
steps: [{id: s, plugin: flaky, action: call, input: {}}]
outputs: {who: "{{ inputs.who }}"}
`;
    const answer = await outside.api.yaml("/workflows/executions?who=Ann%20B", yaml);
    expect(answer.status).toBe(202);
    expect(await outside.api.finished(readText(answer.body, "execution_id"))).toMatchObject({
      result: { outputs: { who: "Ann B" } },
    });
  });

  test("a sync start repeated with its Idempotency-Key gives the first one's record", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const body = { definition, inputs: { who: "x" }, execution_mode: "sync" };
    const first = await outside.api.start(body, { headers });
    const second = await outside.api.start(body, { headers });
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toStrictEqual(first.body);
  });

  test("two sync starts at once with one key: one run, both get its record or are told to come again", async () => {
    const key = `both ${randomUUID()}`;
    const headers = { "idempotency-key": randomUUID() };
    const body = {
      definition: { name: "Outside both", steps: [flaky("s", "call", { key, after: 800 })] },
      execution_mode: "sync",
    };
    const answers = await Promise.all([outside.api.start(body, { headers }), outside.api.start(body, { headers })]);
    for (const answer of answers) {
      expect([200, 202, 409]).toContain(answer.status);
      if (answer.status === 409) expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(outside.service.calls(key)).toHaveLength(1);
  });

  test("metadata comes back as it was given; progress and one step can be read", async () => {
    const metadata = { order: "7", nested: { list: [1, null, true] } };
    const answer = await outside.api.start({ definition, execution_mode: "sync", metadata });
    expect(read(answer.body, "metadata")).toStrictEqual(metadata);
    const id = readText(answer.body, "execution_id");
    const [step] = readList(answer.body, "steps");
    expect((await outside.api.get(`/workflows/executions/${id}/steps/s`)).body).toStrictEqual(step);
    expect(await outside.api.get(`/workflows/executions/${id}/steps/absent`)).toMatchObject({ status: 404 });
  });

  test("overrides: the run's own time limit", async () => {
    const answer = await outside.api.start({
      definition: { name: "Outside limit", steps: [flaky("s", "patient", { after: 6000 })] },
      overrides: { timeout: 1 },
      execution_mode: "sync",
    });
    if (answer.status === 400) expect(answer.text).toContain("overrides");
    else expect(answer.body).toMatchObject({ status: "timed_out", error: { code: "TIMEOUT" } });
  });
});

describe("the documentation", () => {
  test("/docs is a page that loads nothing from elsewhere", async () => {
    const answer = await outside.api.get("/docs", { key: null });
    expect(answer.headers.get("content-type")).toContain("text/html");
    const loaded: Json[] = [...answer.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? "");
    expect(loaded.filter((url) => /^(https?:)?\/\//.test(String(url)))).toEqual([]);
  });

  test("/openapi.json names every operation once, with an id, a summary and its security", async () => {
    const answer = await outside.api.get("/openapi.json", { key: null });
    expect(read(answer.body, "openapi")).toMatch(/^3\.1/);
    const operations = outside.api.openApi.operations();
    expect(operations.length).toBeGreaterThan(30);
    expect(new Set(operations.map((operation) => operation.replaceAll(/\{[^}]*\}/g, "{}"))).size).toBe(
      operations.length,
    );
  });
});
