import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const ADD: JsonMap = {
  name: "Outside sum",
  version: "1.2.0",
  inputs: { a: { type: "number", required: true }, b: { type: "number", default: 10 } },
  steps: [
    {
      id: "add",
      connector: "connector:community/calculator@1.0.0",
      action: "add",
      input: { a: "{{ inputs.a }}", b: "{{ inputs.b }}" },
    },
  ],
  outputs: { total: { value: "{{ steps.add.output.result }}", description: "a + b" } },
};

const slow = (key: string, after = 5000): JsonMap => ({
  name: "Outside slow",
  steps: [flaky("s", "patient", { key, after })],
});

beforeAll(async () => {
  await publishFlaky(outside.api);
  const published = await outside.api.post("/workflows", { workflows: [ADD] });
  expect([200, 201, 409]).toContain(published.status);
});

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);

describe("starting", () => {
  test("async is the default: 202 with exactly the promised members", async () => {
    const answer = await outside.api.start({ workflow: "outside-sum", inputs: { a: 1 } });
    expect(answer.status).toBe(202);
    const id = readText(answer.body, "execution_id");
    expect(id).toMatch(/^exec_/);
    expect(answer.body).toMatchObject({ status: "pending", poll_url: `/workflows/executions/${id}` });
    expect(readText(answer.body, "stream_url")).toContain(id);
    expect(readText(answer.body, "cancel_url")).toContain(id);
    const record = await outside.api.finished(id);
    expect(record).toMatchObject({ status: "completed", result: { outputs: { total: 11 } } });
  });

  test("sync: 200 with the whole final record", async () => {
    const answer = await outside.api.start({
      workflow: "outside-sum@1.2.0",
      inputs: { a: 2, b: 3 },
      execution_mode: "sync",
      metadata: { order: "7" },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      status: "completed",
      workflow: { name: "Outside sum", version: "1.2.0" },
      execution_mode: "sync",
      inputs: { a: 2, b: 3 },
      progress: { completed: 1, total: 1 },
      result: { outputs: { total: 5 } },
      started_at: ISO,
      finished_at: ISO,
      elapsed_ms: expect.any(Number),
      steps: [
        {
          id: "add",
          path: "add",
          name: "add",
          type: "action",
          status: "completed",
          attempt: 1,
          started_at: ISO,
          finished_at: ISO,
          output: { result: 5 },
          error: null,
        },
      ],
      usage: {
        executions: 1,
        step_runs: 1,
        compute_ms: expect.any(Number),
        egress_bytes: expect.any(Number),
        ai_tokens: 0,
      },
    });
    expect(read(answer.body, "error") ?? null).toBeNull();
  });

  test("sync that is not done within its timeout: 202, and the run goes on", async () => {
    const begun = performance.now();
    const definition = slow("sync timeout", 12_000);
    const answer = await outside.api.start({ definition, execution_mode: "sync", timeout: 1 });
    const answered = outside.service.calls("sync timeout").filter(({ answeredAt }) => answeredAt <= performance.now());
    expect(answer.status).toBe(202);
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(answered, "it was not waited for what the run waits for").toEqual([]);
    const record = await outside.api.finished(readText(answer.body, "execution_id"));
    expect(record.status).toBe("completed");
  });

  test("isolated answers as async does and completes", async () => {
    const answer = await outside.api.start({ workflow: "outside-sum", inputs: { a: 4 }, execution_mode: "isolated" });
    expect(answer.status).toBe(202);
    const record = await outside.api.finished(readText(answer.body, "execution_id"));
    expect(record).toMatchObject({
      status: "completed",
      execution_mode: "isolated",
      result: { outputs: { total: 14 } },
    });
  });

  test("a YAML body is a definition; a second document holds the inputs", async () => {
    const yaml = `name: Outside yaml
inputs: {who: {type: string}}
steps:
  - id: up
    connector: connector:community/text@1.0.0
    action: template
    input: {template: "Hello {{ inputs.who }}"}
outputs: {text: "{{ steps.up.output.text }}"}
---
inputs: {who: Ann}
execution_mode: sync
`;
    const answer = await outside.api.yaml("/workflows/executions", yaml);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: "completed", result: { outputs: { text: "Hello Ann" } } });
  });

  test("one of several workflows in a definition is picked by workflow_name", async () => {
    const definition = {
      workflows: [
        { ...ADD, name: "First" },
        { ...ADD, name: "Second", outputs: { which: "second" } },
      ],
    };
    const answer = await outside.api.start({
      definition,
      workflow_name: "Second",
      inputs: { a: 1 },
      execution_mode: "sync",
    });
    expect(answer.body).toMatchObject({ workflow: { name: "Second" }, result: { outputs: { which: "second" } } });
    const none = await outside.api.start({ definition, workflow_name: "Third", inputs: { a: 1 } });
    expect([400, 404]).toContain(none.status);
  });

  test.each(["no-such-workflow", "outside-sum@9.9.9"])("%s is NOT_FOUND", async (workflow) => {
    const answer = await outside.api.start({ workflow, inputs: { a: 1 } });
    expect(answer).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  });
});

describe("Idempotency-Key", () => {
  test("the same key and body give the same execution", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const first = await outside.api.start({ workflow: "outside-sum", inputs: { a: 1 } }, { headers });
    const second = await outside.api.start({ workflow: "outside-sum", inputs: { a: 1 } }, { headers });
    expect(second.status).toBe(first.status);
    expect(read(second.body, "execution_id")).toBe(readText(first.body, "execution_id"));
  });

  test("the same key with another body is CONFLICT", async () => {
    const headers = { "idempotency-key": randomUUID() };
    await outside.api.start({ workflow: "outside-sum", inputs: { a: 1 } }, { headers });
    const other = await outside.api.start({ workflow: "outside-sum", inputs: { a: 2 } }, { headers });
    expect(other).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  });

  test("another tenant's equal key is another key", async () => {
    const headers = { "idempotency-key": randomUUID() };
    await outside.other.post("/workflows", { workflows: [ADD] });
    const mine = await outside.api.start({ workflow: "outside-sum", inputs: { a: 1 } }, { headers });
    const theirs = await outside.other.start({ workflow: "outside-sum", inputs: { a: 2 } }, { headers });
    expect(theirs.status).toBe(202);
    expect(readText(theirs.body, "execution_id")).not.toBe(readText(mine.body, "execution_id"));
  });

  test("a start that was refused does not take its key", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const refused = await outside.api.start({ workflow: "outside-sum", inputs: {} }, { headers });
    expect(refused.status).toBe(400);
    const accepted = await outside.api.start({ workflow: "outside-sum", inputs: { a: 1 } }, { headers });
    expect(accepted.status).toBe(202);
  });

  test("64 equal starts at once are one execution", async () => {
    const key = `sixty-four ${randomUUID()}`;
    const headers = { "idempotency-key": randomUUID() };
    const body = { definition: { name: "Outside once", steps: [flaky("s", "call", { key })] } };
    const answers = await Promise.all(Array.from({ length: 64 }, () => outside.api.start(body, { headers })));
    const ids = new Set<string>();
    for (const answer of answers) {
      if (answer.status === 202) ids.add(readText(answer.body, "execution_id"));
      else {
        expect(answer.status).toBe(409);
        expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
      }
    }
    expect(ids.size).toBe(1);
    const [id = ""] = ids;
    await outside.api.finished(id);
    expect(outside.service.calls(key)).toHaveLength(1);
  });
});

describe("reading", () => {
  test("?wait long-polls: it answers when the run ends, or after the wait", async () => {
    const started = await outside.api.start({ definition: slow("long poll") });
    const id = readText(started.body, "execution_id");
    const begun = performance.now();
    const early = await outside.api.get(`/workflows/executions/${id}?wait=1`);
    expect(read(early.body, "status")).not.toBe("completed");
    expect(performance.now() - begun).toBeGreaterThan(850);
    const late = await outside.api.get(`/workflows/executions/${id}?wait=30`);
    expect(read(late.body, "status")).toBe("completed");
    expect(performance.now() - begun).toBeLessThan(25_000);
  });

  test.each(["abc", "-1", "1000000", "1.5", ""])("?wait=%s is refused and named", async (wait) => {
    const answer = await outside.api.get(`/workflows/executions/exec_x?wait=${wait}`);
    expect([400, 404]).toContain(answer.status);
  });

  test("an ETag that still holds is answered 304 without a body", async () => {
    const answer = await outside.api.start({ workflow: "outside-sum", inputs: { a: 1 }, execution_mode: "sync" });
    const path = `/workflows/executions/${readText(answer.body, "execution_id")}`;
    const first = await outside.api.get(path);
    const etag = first.headers.get("etag");
    expect(etag).toMatch(/^(W\/)?"[^"]+"$/);
    const second = await outside.api.get(path, { headers: { "if-none-match": etag ?? "" } });
    expect(second).toMatchObject({ status: 304, text: "" });
    const third = await outside.api.get(path, { headers: { "if-none-match": '"other"' } });
    expect(third.status).toBe(200);
  });

  test.each(["exec_nothing", "nothing", "exec_..%2F..", `exec_${"0".repeat(40)}`])(
    "an id that was never given out (%s) is NOT_FOUND",
    async (id) => {
      const answer = await outside.api.get(`/workflows/executions/${id}`);
      expect(answer).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    },
  );

  test.each(["exec_%00", "exec_%0A"])("control characters in an id (%s) are refused", async (id) => {
    const answer = await outside.api.get(`/workflows/executions/${id}`);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });
});

describe("cancelling", () => {
  test("ends a run as canceled, with canceled_at, and keeps what it had", async () => {
    const started = await outside.api.start({
      definition: {
        name: "Outside cancel",
        steps: [
          flaky("a", "call", { key: "cancel a" }),
          flaky("b", "patient", { key: "cancel b", after: 30_000 }),
          flaky("c", "call", { key: "cancel c" }),
        ],
      },
    });
    const id = readText(started.body, "execution_id");
    while (outside.service.calls("cancel b").length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const answer = await outside.api.request("POST", `/workflows/executions/${id}/cancel`);
    expect([200, 202]).toContain(answer.status);
    const record = await outside.api.finished(id, 30);
    expect(record).toMatchObject({
      status: "canceled",
      error: { code: "CANCELED", details: { canceled_at: ISO } },
      steps: [
        { id: "a", status: "completed" },
        { id: "b", status: "canceled" },
        { id: "c", status: "pending" },
      ],
    });
    expect(outside.service.calls("cancel c")).toHaveLength(0);
    const again = await outside.api.request("POST", `/workflows/executions/${id}/cancel`);
    expect([200, 202, 409]).toContain(again.status);
    expect(await outside.api.finished(id)).toMatchObject({ status: "canceled", finished_at: record.finished_at });
  });

  test("a run that has completed stays completed", async () => {
    const run = await outside.api.start({ workflow: "outside-sum", inputs: { a: 1 }, execution_mode: "sync" });
    const id = readText(run.body, "execution_id");
    const answer = await outside.api.request("POST", `/workflows/executions/${id}/cancel`);
    expect([200, 202, 409]).toContain(answer.status);
    expect(await outside.api.finished(id)).toMatchObject({ status: "completed" });
  });
});

describe("batch", () => {
  test("each item has its own result, in order", async () => {
    const answer = await outside.api.post("/workflows/executions/batch", {
      items: [
        { workflow: "outside-sum", inputs: { a: 1 } },
        { workflow: "outside-sum", inputs: { a: "one" } },
        { workflow: "no-such-workflow" },
        { workflow: "outside-sum", inputs: { a: 2 } },
      ],
    });
    expect([200, 202, 207]).toContain(answer.status);
    expect(readList(answer.body, "data")).toMatchObject([
      { index: 0, status: "accepted", execution_id: expect.stringMatching(/^exec_/), poll_url: expect.any(String) },
      { index: 1, status: "error", code: "VALIDATION", message: expect.any(String) },
      { index: 2, status: "error", code: "NOT_FOUND", message: expect.any(String) },
      { index: 3, status: "accepted" },
    ]);
    const record = await outside.api.finished(readText(answer.body, "data.3.execution_id"));
    expect(record).toMatchObject({ result: { outputs: { total: 12 } } });
  });

  test.each([
    ["1,001 items", { items: Array.from({ length: 1001 }, () => ({ workflow: "outside-sum", inputs: { a: 1 } })) }],
    ["no items", {}],
    ["items that are no list", { items: "x" }],
    ["an unknown member", { items: [], more: 1 }],
  ])("%s: 400", async (_name, body) => {
    const answer = await outside.api.post("/workflows/executions/batch", body);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });
});
