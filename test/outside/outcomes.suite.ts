import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import type { JsonMap } from "./json.ts";
import type { Reply } from "./scripted-service.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const ONCE = { retry: { max_attempts: 1 } };

async function runStep(key: string, step: JsonMap, ...replies: Reply[]): Promise<JsonMap> {
  outside.service.script(key, ...replies);
  return outside.api.run({ name: "Outside outcome", steps: [step], outputs: { out: "{{ steps.s.output }}" } });
}

const calls = (key: string): number => outside.service.calls(key).length;

describe("an upstream status becomes a code (section 7)", () => {
  test.each([
    [400, "BACKEND_ERROR"],
    [401, "BACKEND_ERROR"],
    [404, "BACKEND_ERROR"],
    [408, "TIMEOUT"],
    [422, "BACKEND_ERROR"],
    [429, "RATE_LIMITED"],
    [500, "BACKEND_ERROR"],
    [501, "BACKEND_ERROR"],
    [502, "UNAVAILABLE"],
    [503, "UNAVAILABLE"],
    [504, "TIMEOUT"],
  ])("%i is %s, of a service and of a direct call", async (status, code) => {
    const reply: Reply = { status, body: { why: "upstream said no" } };
    for (const action of ["call", "fetch"]) {
      const key = `${status} ${action}`;
      const run = await runStep(key, flaky("s", action, { key, id: "1" }, ONCE), reply);
      expect(run).toMatchObject({ status: "failed", error: { code, details: { status } } });
      expect(JSON.stringify(run.error)).toContain("upstream said no");
    }
  });

  test("a host that does not exist is UNAVAILABLE or refused by the egress rules, never INTERNAL_ERROR", async () => {
    const run = await outside.api.run({
      name: "Outside nowhere",
      steps: [
        {
          id: "s",
          connector: "connector:community/http@1.0.0",
          action: "get",
          input: { url: "http://no-such-host.invalid/" },
          ...ONCE,
        },
      ],
    });
    expect(run.status).toBe("failed");
    expect(["UNAVAILABLE", "FORBIDDEN"]).toContain(
      run.error !== null && typeof run.error === "object" && "code" in run.error && run.error.code,
    );
  });

  test.each([
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1:1/",
    "http://localhost/",
    "http://10.0.0.1/",
    "http://[::1]/",
  ])("%s is refused by the egress rules", async (url) => {
    const run = await outside.api.run({
      name: "Outside egress",
      steps: [{ id: "s", connector: "connector:community/http@1.0.0", action: "get", input: { url }, ...ONCE }],
    });
    expect(run).toMatchObject({ status: "failed", error: { code: "FORBIDDEN", details: { reason: "egress" } } });
  });
});

describe("a service's own error (section 20, Connectors and services)", () => {
  test("a code of the taxonomy is the code", async () => {
    const reply: Reply = { body: { status: "error", code: "TIMEOUT", message: "too slow", details: { a: 1 } } };
    const run = await runStep("own code", flaky("s", "call", { key: "own code" }, ONCE), reply);
    expect(run).toMatchObject({
      status: "failed",
      error: { code: "TIMEOUT", message: expect.stringContaining("too slow"), details: { upstream: { a: 1 } } },
    });
  });

  test("any other code is BACKEND_ERROR and stands in upstream_code", async () => {
    const reply: Reply = { body: { status: "error", code: "NO_SUCH_CITY", message: "no such city" } };
    const run = await runStep("city", flaky("s", "call", { key: "city" }, ONCE), reply);
    expect(run).toMatchObject({ error: { code: "BACKEND_ERROR", details: { upstream_code: "NO_SUCH_CITY" } } });
  });

  test("an envelope's code in a 4xx is kept too", async () => {
    const reply: Reply = { status: 400, body: { status: "error", code: "BAD_CITY", message: "bad city" } };
    const run = await runStep("4xx", flaky("s", "call", { key: "4xx" }, ONCE), reply);
    expect(run).toMatchObject({ error: { code: "BACKEND_ERROR", details: { upstream_code: "BAD_CITY" } } });
  });

  test.each([
    ["no envelope", { body: { temperature: 3 } }],
    ["a list", { body: [1] }],
    ["text", { text: "hello" }],
    ["nothing", { text: "" }],
    ["half a JSON", { text: '{"status": "succ' }],
    ["an unknown status", { body: { status: "maybe", data: {} } }],
  ])("an answer that is %s is BACKEND_ERROR", async (key, reply) => {
    const run = await runStep(key, flaky("s", "call", { key }, ONCE), reply);
    expect(run).toMatchObject({ status: "failed", error: { code: "BACKEND_ERROR" } });
  });

  test.each([
    ["a number", 5],
    ["a list", [1, "a", null]],
    ["null", null],
    ["text", "hello"],
    ["a map", { a: { b: [true] } }],
  ])("data may be %s", async (key, data) => {
    const run = await runStep(`data ${key}`, flaky("s", "anything", { key: `data ${key}` }), {
      body: { status: "success", data },
    });
    expect(run).toMatchObject({ status: "completed" });
    expect(run.result).toStrictEqual({ outputs: { out: data } });
  });

  test("an output that breaks its schema fails the step with VALIDATION", async () => {
    const reply: Reply = { body: { status: "success", data: { n: "three" } } };
    const run = await runStep("typed", flaky("s", "typed", { key: "typed" }, ONCE), reply);
    expect(run).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
  });

  test("an input that breaks its schema fails the step before anything is called", async () => {
    const run = await outside.api.run(
      {
        name: "Outside schema",
        inputs: { count: { type: "integer" } },
        steps: [flaky("s", "strict", { key: "strict", count: "{{ inputs.count - 5 }}" })],
      },
      { count: 3 },
    );
    expect(run).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
    expect(calls("strict")).toBe(0);
  });
});

describe("timeouts", () => {
  test.each([
    ["the step's", flaky("s", "call", { key: "the step's" }, { timeout: 1, ...ONCE })],
    ["the step's with a unit", flaky("s", "call", { key: "the step's with a unit" }, { timeout: "1s", ...ONCE })],
    ["the action's", flaky("s", "hasty", { key: "the action's" }, ONCE)],
    ["the least of both", flaky("s", "patient", { key: "the least of both" }, { timeout: 1, ...ONCE })],
  ])("%s time limit bounds one attempt", async (key, step) => {
    const begun = performance.now();
    const run = await runStep(key, step, { after: 30_000 });
    expect(run).toMatchObject({
      status: "failed",
      error: { code: "TIMEOUT", details: { timeout_ms: 1000, elapsed_ms: expect.any(Number) } },
    });
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  test("a timed out attempt of a service is repeated with the same key", async () => {
    const retry = { max_attempts: 2, backoff: "fixed", initial_delay_ms: 20, jitter: false };
    const run = await runStep("again", flaky("s", "call", { key: "again" }, { timeout: 1, retry }), { after: 30_000 });
    expect(run).toMatchObject({ status: "completed" });
    expect(new Set(outside.service.calls("again").map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(calls("again")).toBe(2);
  });

  test("a workflow's time limit ends the run as timed_out", async () => {
    outside.service.script("whole", { after: 30_000 });
    const run = await outside.api.run({
      name: "Outside limit",
      timeout: 1,
      steps: [flaky("s", "patient", { key: "whole" })],
    });
    expect(run).toMatchObject({ status: "timed_out", error: { code: "TIMEOUT" } });
  });
});

describe("an action that is not idempotent and whose outcome is unknown", () => {
  const retry = { max_attempts: 3, backoff: "fixed", initial_delay_ms: 20, jitter: false };
  const lost: [string, Reply][] = [
    ["a reset after sending", { reset: true }],
    ["a timeout", { after: 30_000 }],
  ];

  test.each(lost)("%s: is not repeated", async (name, reply) => {
    const key = `lost ${name}`;
    const run = await runStep(key, flaky("s", "send", { key, text: "x" }, { retry, timeout: 1 }), reply);
    expect(run).toMatchObject({
      status: "failed",
      error: { code: "UNAVAILABLE", details: { reason: "outcome_unknown" } },
    });
    expect(calls(key)).toBe(1);
  });

  test.each(lost)("%s: is repeated when retry_on names UNKNOWN_OUTCOME", async (name, reply) => {
    const key = `risk ${name}`;
    const step = flaky(
      "s",
      "send",
      { key, text: "x" },
      { retry: { ...retry, retry_on: ["UNKNOWN_OUTCOME"] }, timeout: 1 },
    );
    const run = await runStep(key, step, reply);
    expect(run).toMatchObject({ status: "completed" });
    expect(calls(key)).toBe(2);
  });

  test.each(["fetch", "put", "call"])("%s is idempotent: a reset is repeated", async (action) => {
    const key = `safe ${action}`;
    const input = { key, id: "1", name: "n", size: 1 };
    const run = await runStep(key, flaky("s", action, input, { retry }), { reset: true });
    expect(run).toMatchObject({ status: "completed" });
    expect(calls(key)).toBe(2);
  });

  test("a clear 503 to it is repeated: nothing is unknown", async () => {
    const run = await runStep("clear", flaky("s", "send", { key: "clear", text: "x" }, { retry }), {
      status: 503,
      body: {},
    });
    expect(run).toMatchObject({ status: "completed" });
    expect(calls("clear")).toBe(2);
  });
});
