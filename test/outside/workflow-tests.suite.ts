import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const fetched = (key: string): JsonMap => flaky("fetch", "call", { key, amount: 1 });
const tax: JsonMap = {
  id: "tax",
  connector: "connector:community/calculator@1.0.0",
  action: "multiply",
  input: { a: "{{ steps.fetch.output.amount }}", b: 0.5 },
};

/** Publishes a workflow with these fixtures and answers its slug. */
async function publish(more: JsonMap): Promise<string> {
  await publishFlaky(outside.api);
  const workflow = {
    name: `Tested ${randomUUID()}`,
    version: "1.0.0",
    inputs: { order: { type: "string", default: "A" } },
    steps: [fetched("never called"), tax],
    outputs: {
      amount: "{{ steps.fetch.output.amount }}",
      tax: "{{ steps.tax.output.result }}",
      order: "{{ inputs.order }}",
    },
    ...more,
  };
  const answer = await outside.api.post("/workflows", { workflows: [workflow] });
  if (answer.status !== 201) throw new Error(answer.text);
  return readText(answer.body, "workflows.0.slug");
}

const mockData = { fetch: { amount: 100 }, "calculator.multiply": { result: 50 } };
const testing = (fixtures: Json[], dryRun: JsonMap = { mockData }): JsonMap => ({ testing: { dryRun, fixtures } });
const fixture = (name: string, expectedOutputs?: JsonMap, inputs: JsonMap = {}): JsonMap => ({
  name,
  inputs,
  ...(expectedOutputs === undefined ? {} : { expectedOutputs }),
});
const check = (slug: string, body: Json = {}) => outside.api.post(`/workflows/${slug}/test`, body);

describe.concurrent("POST /workflows/{slug}/test", () => {
  test("runs every fixture with the mocks: passed, failed, and where they differ; nothing is called", async () => {
    const slug = await publish(
      testing([
        fixture("good", { amount: 100, tax: 50, order: "B" }, { order: "B" }),
        fixture("part", { tax: 50 }),
        fixture("bad", { tax: 51, amount: 100 }),
        fixture("only completes"),
      ]),
    );
    const answer = await check(slug);
    expect(answer).toMatchObject({ status: 200, body: { passed: 3, failed: 1 } });
    expect(readList(answer.body, "results")).toMatchObject([
      { name: "good", passed: true, status: "completed", outputs: { tax: 50 }, differences: [] },
      { name: "part", passed: true },
      { name: "bad", passed: false, differences: [{ expected: 51, actual: 50 }] },
      { name: "only completes", passed: true },
    ]);
    expect(outside.service.calls("never called")).toEqual([]);
  });

  test("calls say what they were given and what answered", async () => {
    const slug = await publish(testing([fixture("one")], { mockData: { fetch: { amount: 8 } } }));
    const result = read((await check(slug)).body, "results.0");
    expect(readList(result, "calls")).toMatchObject([
      { path: "fetch", attempt: 1, input: { key: "never called" }, answered_by: "mock_data", output: { amount: 8 } },
      { path: "tax", action: "community/calculator.multiply", input: { a: 8, b: 0.5 }, answered_by: "schema" },
    ]);
  });

  test("the request's mock_data comes first; inputs run once; fixtures by name", async () => {
    const slug = await publish(testing([fixture("one", { amount: 100 }), fixture("two", { amount: 7 })]));
    const answer = await check(slug, { fixtures: ["two"], mock_data: { fetch: { amount: 7 } } });
    expect(answer.body).toMatchObject({ passed: 1, failed: 0, results: [{ name: "two", passed: true }] });
    const once = await check(slug, { inputs: { order: "Z" } });
    expect(once.body).toMatchObject({ passed: 1, results: [{ name: "inputs", outputs: { order: "Z" } }] });
  });

  test("a mocked error is retried by the step's policy and fails the run", async () => {
    const mock = { fetch: { $error: { code: "UNAVAILABLE", message: "closed" } } };
    const retry = { retry: { max_attempts: 3, backoff: "fixed", initial_delay_ms: 60_000 } };
    const slug = await publish({ ...testing([fixture("one")], { mockData: mock }), ...retry });
    const result = read((await check(slug)).body, "results.0");
    expect(result).toMatchObject({ passed: false, status: "failed", error: { code: "UNAVAILABLE" } });
    expect(readList(result, "calls")).toHaveLength(3);
  });

  test("a wait of thirty days takes none; the clock begins at 2026-01-01 and moves by it", async () => {
    const steps: Json = [
      { id: "w", type: "wait", duration: "30d" },
      { id: "o", type: "output", value: "{{ now() }}" },
    ];
    const outputs = { at: "{{ steps.o.output.value }}", waited: "{{ steps.w.waitedFor }}" };
    const expected = { at: "2026-01-31T00:00:00.000Z", waited: 2_592_000 };
    const slug = await publish({ steps, outputs, ...testing([fixture("month", expected)]) });
    expect((await check(slug)).body).toMatchObject({ passed: 1, failed: 0 });
  });

  test("what waits for nobody is reported at once as TIMEOUT, with what it waits for", async () => {
    const steps: JsonMap[] = [{ id: "w", type: "wait", until: { event: "never" } }];
    const slug = await publish({ steps, outputs: {}, ...testing([fixture("waits")]) });
    expect(read((await check(slug)).body, "results.0")).toMatchObject({
      passed: false,
      error: { code: "TIMEOUT", details: { waiting_for: [{ kind: "event", event: "never", step: "w" }] } },
    });
  });

  test("graphs, compensation and called workflows are run too", async () => {
    const nodes = [
      flaky("a", "call", { key: "never called" }, { compensate: [flaky("undo", "call", { key: "never called" })] }),
      { id: "b", connector: "connector:community/calculator@1.0.0", action: "divide", input: { a: 1, b: 0 } },
    ];
    const answer = await outside.api.post("/workflows", {
      workflows: [
        {
          name: `Tested graph ${randomUUID()}`,
          version: "1.0.0",
          nodes,
          edges: [{ from: "a", to: "b" }],
          ...testing([fixture("fails")], { mockData: { b: { $error: { code: "BACKEND_ERROR", message: "no" } } } }),
        },
      ],
    });
    const result = read((await check(readText(answer.body, "workflows.0.slug"))).body, "results.0");
    expect(result).toMatchObject({ passed: false, status: "failed", error: { code: "BACKEND_ERROR" } });
    expect(readList(result, "calls").map((one) => read(one, "path"))).toEqual(["a", "b", "a.undo"]);
    expect(outside.service.calls("never called")).toEqual([]);
  });

  test("nothing of a test is in the list of executions", async () => {
    const slug = await publish(testing([fixture("one")]));
    await check(slug);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const list = await outside.api.get(`/workflows/executions?workflow=${slug}`);
    expect(readList(list.body, "data")).toEqual([]);
  });

  test.each<[string, Json, number]>([
    ["an unknown fixture", { fixtures: ["nope"] }, 400],
    ["no fixtures at all", { fixtures: [] }, 400],
    ["51 names", { fixtures: Array.from({ length: 51 }, () => "one") }, 400],
    ["an unknown member", { colour: 1 }, 400],
    ["mock data that is a list", { mock_data: [] }, 400],
    ["a mock that poses as a secret", { mock_data: { fetch: { amount: { $secret: "X" } } } }, 200],
    ["inputs that do not fit", { inputs: { order: 5 } }, 200],
    ["inputs that nobody declared", { inputs: { nothing: 5 } }, 200],
  ])("%s", async (_name, body, status) => {
    const slug = await publish(testing([fixture("one")]));
    const answer = await check(slug, body);
    expect([status, 400]).toContain(answer.status);
    if (answer.status === 200) expect(answer.body).toMatchObject({ passed: 0, failed: 1 });
  });

  test("another tenant's workflow, and none, are 404; a reader may not test", async () => {
    const slug = await publish(testing([fixture("one")]));
    expect((await outside.other.post(`/workflows/${slug}/test`, {})).status).toBe(404);
    expect((await check("no-such-workflow")).status).toBe(404);
    expect((await outside.api.post(`/workflows/${slug}/test?version=9`, {})).status).toBe(404);
    const made = await outside.api.post("/keys", {
      name: "r",
      environment: "live",
      scopes: ["workflows:read"],
      roles: [],
    });
    const key = readText(made.body, "key");
    expect((await outside.api.post(`/workflows/${slug}/test`, {}, { key })).status).toBe(403);
  });
});
