import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, read } from "./json.ts";
import type { Reply } from "./scripted-service.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

/** How much later than due a repeat may come on a busy machine. */
const LATE_MS = 1_500;
/** What only a busy machine can have made late is tried again; what is early never passes. */
const AGAIN = { retry: 3 };
/** A timer may be early by its clock's resolution. */
const EARLY_MS = 3;

async function runStep(key: string, step: JsonMap, ...replies: Reply[]): Promise<JsonMap> {
  outside.service.script(key, ...replies);
  return outside.api.run({
    name: "Outside retry",
    steps: [step],
    outputs: { out: "{{ steps.s.output }}", status: "{{ steps.s.status }}" },
  });
}

function exactly(key: string, ...delays: number[]): void {
  const gaps = outside.service.gaps(key);
  expect(gaps).toHaveLength(delays.length);
  delays.forEach((delay, at) => {
    expect(gaps[at]).toBeGreaterThanOrEqual(delay - EARLY_MS);
    expect(gaps[at]).toBeLessThan(delay + LATE_MS);
  });
}

const DOWN: Reply = { status: 503, body: {} };
const BROKEN: Reply = { status: 500, body: { why: "broken" } };
const downs = (count: number): Reply[] => Array.from({ length: count }, () => DOWN);

describe("the delay before a repeat is exact when jitter is off", () => {
  const policies: [string, JsonMap, number[]][] = [
    ["fixed", { backoff: "fixed", initial_delay_ms: 300 }, [300, 300]],
    ["linear", { backoff: "linear", initial_delay_ms: 200 }, [200, 400]],
    ["exponential", { backoff: "exponential", initial_delay_ms: 200 }, [200, 400]],
    ["exponential with a factor", { backoff: "exponential", initial_delay_ms: 100, backoff_factor: 5 }, [100, 500]],
    [
      "at most max_delay_ms",
      { backoff: "exponential", initial_delay_ms: 200, backoff_factor: 10, max_delay_ms: 350 },
      [200, 350],
    ],
  ];
  test.each(policies)("%s", AGAIN, async (name, policy, delays) => {
    const key = `delay ${name}`;
    const step = flaky("s", "call", { key }, { retry: { max_attempts: 3, jitter: false, ...policy } });
    const run = await runStep(key, step, DOWN, DOWN);
    expect(run).toMatchObject({ status: "completed", steps: [{ id: "s", status: "completed", attempt: 3 }] });
    exactly(key, ...delays);
  });

  test("the action engine's names mean the same", AGAIN, async () => {
    const retry = { retryStrategy: "FIXED", maxAttempts: 2, initialDelayMs: 400, maxDelayMs: 1000, jitter: false };
    const run = await runStep("engine names", flaky("s", "call", { key: "engine names" }, { retry }), ...downs(5));
    expect(run).toMatchObject({ status: "failed", error: { code: "UNAVAILABLE" } });
    exactly("engine names", 400);
  });

  test("with jitter it stays within 20 %", AGAIN, async () => {
    const retry = { max_attempts: 2, backoff: "fixed", initial_delay_ms: 500 };
    await runStep("jitter", flaky("s", "call", { key: "jitter" }, { retry }), DOWN);
    const [gap] = outside.service.gaps("jitter");
    expect(gap).toBeGreaterThanOrEqual(400 - EARLY_MS);
    expect(gap).toBeLessThan(600 + LATE_MS);
  });
});

describe("what is repeated", () => {
  const attempts = (key: string): number => outside.service.calls(key).length;
  const fast = { backoff: "fixed", initial_delay_ms: 20, jitter: false };
  const many = (reply: Reply): Reply[] => Array.from({ length: 6 }, () => reply);

  test("with no retry anywhere UNAVAILABLE is tried three times, from 500 ms on", async () => {
    const run = await runStep("default", flaky("s", "call", { key: "default" }), ...many(DOWN));
    expect(run).toMatchObject({ status: "failed", error: { code: "UNAVAILABLE" } });
    expect(attempts("default")).toBe(3);
    const [first = 0, second = 0] = outside.service.gaps("default");
    expect(first).toBeGreaterThanOrEqual(400 - EARLY_MS);
    expect(second).toBeGreaterThanOrEqual(800 - EARLY_MS);
  });

  test("with no retry anywhere BACKEND_ERROR is final", async () => {
    const run = await runStep("default 500", flaky("s", "call", { key: "default 500" }), ...many(BROKEN));
    expect(run).toMatchObject({ status: "failed", error: { code: "BACKEND_ERROR" } });
    expect(attempts("default 500")).toBe(1);
  });

  test("a retry without retry_on repeats BACKEND_ERROR too", async () => {
    const step = flaky("s", "call", { key: "explicit" }, { retry: { max_attempts: 2, ...fast } });
    await runStep("explicit", step, ...many(BROKEN));
    expect(attempts("explicit")).toBe(2);
  });

  test("retry_on repeats only what it names", async () => {
    const retry = { max_attempts: 4, retry_on: ["BACKEND_ERROR"], ...fast };
    const run = await runStep("named", flaky("s", "call", { key: "named" }, { retry }), BROKEN, DOWN, BROKEN);
    expect(run).toMatchObject({ status: "failed", error: { code: "UNAVAILABLE" } });
    expect(attempts("named")).toBe(2);
  });

  test.each(["VALIDATION", "FORBIDDEN", "CANCELED"])("%s is never repeated, even when named", async (code) => {
    const retry = { max_attempts: 4, retry_on: [code, "BACKEND_ERROR"], ...fast };
    const refusal: Reply = { body: { status: "error", code, message: "no" } };
    const run = await runStep(code, flaky("s", "call", { key: code }, { retry }), ...many(refusal));
    expect(run).toMatchObject({ status: "failed", error: { code } });
    expect(attempts(code)).toBe(1);
  });

  test.each([
    ["retryStrategy NONE", { retryStrategy: "NONE", max_attempts: 5 }],
    ["backoff none", { backoff: "none", max_attempts: 5 }],
    ["max_attempts 1", { max_attempts: 1 }],
  ])("%s: one attempt", async (key, retry) => {
    await runStep(key, flaky("s", "call", { key }, { retry }), ...many(DOWN));
    expect(attempts(key)).toBe(1);
  });

  test("the step's policy wins over the action's, the action's over the workflow's", async () => {
    await runStep("of the action", flaky("s", "stubborn", { key: "of the action" }), ...many(DOWN));
    expect(attempts("of the action")).toBe(2);
    const step = flaky("s", "stubborn", { key: "of the step" }, { retry: { max_attempts: 4, ...fast } });
    await runStep("of the step", step, ...many(DOWN));
    expect(attempts("of the step")).toBe(4);
    outside.service.script("of the workflow", ...many(DOWN));
    await outside.api.run({
      name: "Outside policy",
      retry: { max_attempts: 5, ...fast },
      steps: [flaky("s", "call", { key: "of the workflow" })],
    });
    expect(attempts("of the workflow")).toBe(5);
  });
});

describe("Retry-After", () => {
  test("is honoured up to max_delay_ms", AGAIN, async () => {
    const retry = { max_attempts: 2, backoff: "fixed", initial_delay_ms: 20, max_delay_ms: 5000, jitter: false };
    const busy: Reply = { status: 429, headers: { "retry-after": "1" }, body: {} };
    const run = await runStep("after", flaky("s", "call", { key: "after" }, { retry }), busy);
    expect(run).toMatchObject({ status: "completed" });
    exactly("after", 1000);
  });

  test("beyond max_delay_ms waits max_delay_ms", AGAIN, async () => {
    const retry = { max_attempts: 2, backoff: "fixed", initial_delay_ms: 20, max_delay_ms: 300, jitter: false };
    const busy: Reply = { status: 429, headers: { "retry-after": "3600" }, body: {} };
    await runStep("too long", flaky("s", "call", { key: "too long" }, { retry }), busy);
    exactly("too long", 300);
  });
});

describe("what every attempt carries", () => {
  test("one Idempotency-Key over all attempts, the attempt's number, the execution, the step, a trace", async () => {
    const retry = { max_attempts: 3, backoff: "fixed", initial_delay_ms: 20, jitter: false };
    const run = await runStep("headers", flaky("s", "call", { key: "headers" }, { retry }), DOWN, DOWN);
    const calls = outside.service.calls("headers");
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(calls[0]?.headers["idempotency-key"]).toBeTruthy();
    expect(calls.map(({ headers }) => headers["x-smartify-attempt"])).toEqual(["1", "2", "3"]);
    for (const { headers, body } of calls) {
      expect(headers["x-smartify-execution-id"]).toBe(run.execution_id);
      expect(headers["x-smartify-step"]).toBe("s");
      expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
      expect(body).toMatchObject({ action: "flaky.call", input: { key: "headers" } });
    }
    expect(new Set(calls.map(({ body }) => JSON.stringify(read(body, "input")))).size).toBe(1);
  });

  test("a call carries the signature of Standard Webhooks", async () => {
    await runStep("signed", flaky("s", "call", { key: "signed" }));
    const [call] = outside.service.calls("signed");
    expect(call?.headers["webhook-id"]).toBeTruthy();
    expect(call?.headers["webhook-timestamp"]).toMatch(/^\d+$/);
    expect(call?.headers["webhook-signature"]).toMatch(/^v1,/);
  });

  test("another step, another run and another iteration have another key", async () => {
    const definition = {
      name: "Outside keys",
      steps: [
        flaky("a", "call", { key: "distinct" }),
        flaky("b", "call", { key: "distinct", n: "{{ item }}" }, { for_each: "{{ [1, 2] }}" }),
      ],
    };
    await outside.api.run(definition);
    await outside.api.run(definition);
    const keys = outside.service.calls("distinct").map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(6);
    expect(new Set(keys).size).toBe(6);
  });
});
