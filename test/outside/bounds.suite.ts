import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read } from "./json.ts";
import { outputOf, stepsOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const run = (steps: Json[], more: JsonMap = {}, inputs: JsonMap = {}): Promise<JsonMap> =>
  outside.api.run({ name: `Outside bounds ${randomUUID()}`, steps, ...more }, inputs);

describe.concurrent("cache (sections 3, 20)", () => {
  const cached = (key: string, cache: JsonMap): JsonMap => ({
    name: `Cached ${key}`,
    inputs: { n: { type: "integer", default: 1 }, noise: {} },
    steps: [flaky("s", "call", { key, n: "{{ inputs.n }}" }, { cache })],
    outputs: { n: "{{ steps.s.output.n }}" },
  });

  test("the second run with the same input is a hit: completed, cached, not metered", async () => {
    const key = `hit ${randomUUID()}`;
    const first = await outside.api.run(cached(key, { ttl: 60 }));
    expect(read(stepsOf(first).get("s"), "cached") ?? false).toBe(false);
    const second = await outside.api.run(cached(key, { ttl: 60 }));
    expect(second).toMatchObject({ status: "completed", result: { outputs: { n: 1 } }, usage: { step_runs: 0 } });
    expect(stepsOf(second).get("s")).toMatchObject({ status: "completed", cached: true });
    expect(await outside.api.run(cached(key, { ttl: 60 }), { n: 2 })).toMatchObject({ result: { outputs: { n: 2 } } });
    expect(outside.service.calls(key)).toHaveLength(2);
  });

  test("another tenant's equal workflow has a cache of its own", async () => {
    const definition = {
      name: `Chance ${randomUUID()}`,
      steps: [
        { id: "s", type: "transform", language: "javascript", expression: "return Math.random();", cache: { ttl: 60 } },
      ],
      outputs: { chance: "{{ steps.s.output.result }}" },
    };
    const chance = async (api: Client): Promise<Json | undefined> =>
      read(await api.run(definition), "result.outputs.chance");
    const mine = await chance(outside.api);
    expect(mine).toEqual(expect.any(Number));
    expect(await chance(outside.api)).toBe(mine);
    expect(await chance(outside.other)).not.toBe(mine);
  });

  test("by a key of its own, whatever the input is; it ends with its ttl", async () => {
    const key = `keyed ${randomUUID()}`;
    const definition = cached(key, { ttl: 2, key: "{{ inputs.noise }}" });
    await outside.api.run(definition, { n: 1, noise: "a" });
    expect(read(await outside.api.run(definition, { n: 2, noise: "a" }), "result.outputs.n")).toBe(1);
    expect(read(await outside.api.run(definition, { n: 3, noise: "b" }), "result.outputs.n")).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 2300));
    expect(read(await outside.api.run(definition, { n: 4, noise: "a" }), "result.outputs.n")).toBe(4);
  });

  test("a failure is not kept", async () => {
    const key = `failure ${randomUUID()}`;
    outside.service.script(key, { body: { status: "error", code: "BACKEND_ERROR", message: "no" } });
    const definition = { ...cached(key, { ttl: 60 }), retry: { max_attempts: 1 } };
    expect((await outside.api.run(definition)).status).toBe("failed");
    expect((await outside.api.run(definition)).status).toBe("completed");
    expect(outside.service.calls(key)).toHaveLength(2);
  });
});

describe.concurrent("guardrails and budgets", () => {
  test("an output that does not fit outputSchema is VALIDATION, once", async () => {
    const key = `schema ${randomUUID()}`;
    const guardrails = { outputSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } };
    const bad = await run([flaky("s", "call", { key, n: "text" }, { guardrails })]);
    expect(bad).toMatchObject({ status: "failed", error: { code: "VALIDATION", details: { step: "s" } } });
    expect(outside.service.calls(key)).toHaveLength(1);
    expect((await run([flaky("s", "call", { key, n: 5 }, { guardrails })])).status).toBe("completed");
  });

  test("timeLimit bounds all attempts together", async () => {
    const key = `time limit ${randomUUID()}`;
    const no = { body: { status: "error", code: "UNAVAILABLE", message: "no" } };
    outside.service.script(key, ...Array.from({ length: 50 }, () => no));
    const retry = { max_attempts: 50, backoff: "fixed", initial_delay_ms: 300, jitter: false };
    const record = await run([flaky("s", "call", { key }, { retry, guardrails: { timeLimit: 1 } })]);
    expect(record).toMatchObject({ status: "failed", error: { code: "TIMEOUT" } });
    expect(outside.service.calls(key).length).toBeLessThan(8);
  });

  const costly = (key: string, n: number, usage: JsonMap): void => {
    const body = { status: "success", data: { ok: true }, usage };
    outside.service.script(key, ...Array.from({ length: n }, () => ({ body })));
  };

  test("reported usage counts: max_tokens pauses before the next call, a raise goes on", async () => {
    const key = `tokens ${randomUUID()}`;
    costly(key, 3, { input_tokens: 60, output_tokens: 50 });
    const steps = ["a", "b", "c"].map((id) => flaky(id, "call", { key }));
    const id = await outside.api.begin({ name: "Tokens", budget: { max_tokens: 100 }, steps });
    const paused = await outside.api.waiting(id, "budget");
    expect(paused).toMatchObject({
      status: "paused",
      waiting_for: { budget: "max_tokens", used: 110, limit: 100 },
      usage: { ai_tokens: 110 },
    });
    expect(outside.service.calls(key)).toHaveLength(1);
    await outside.api.act(id, "resume", { budget: { max_tokens: 1000 } });
    expect(await outside.api.finished(id)).toMatchObject({ status: "completed", usage: { ai_tokens: 330 } });
  });

  test("max_cost too; a start's budget goes over the workflow's, member by member", async () => {
    const key = `cost ${randomUUID()}`;
    costly(key, 2, { cost: 0.75 });
    const steps = ["a", "b"].map((id) => flaky(id, "call", { key }));
    const definition = { name: "Cost", budget: { max_cost: 10, max_steps: 50 }, steps };
    const id = await outside.api.begin(definition, {}, { budget: { max_cost: 0.5 } });
    const paused = await outside.api.waiting(id, "budget");
    expect(paused).toMatchObject({ waiting_for: { budget: "max_cost", used: 0.75, limit: 0.5 } });
    await outside.api.act(id, "cancel");
    expect((await outside.api.finished(id)).status).toBe("canceled");
    expect(outside.service.calls(key)).toHaveLength(1);
  });

  test("a budget of a workflow of steps: max_steps", async () => {
    const steps = ["a", "b", "c"].map((id) => ({ id, type: "output", value: id }));
    const id = await outside.api.begin({ name: "Few steps", budget: { max_steps: 2 }, steps });
    expect(await outside.api.waiting(id, "budget")).toMatchObject({
      status: "paused",
      waiting_for: { budget: "max_steps", used: 2, limit: 2 },
    });
    await outside.api.act(id, "resume", { budget: { max_steps: 3 } });
    expect((await outside.api.finished(id)).status).toBe("completed");
  });

  test.each<[string, JsonMap]>([
    ["a negative one", { max_steps: -1 }],
    ["zero", { max_tokens: 0 }],
    ["text", { max_cost: "much" }],
    ["an unknown member", { max_colours: 1 }],
    ["infinity in disguise", { max_seconds: 1e300 }],
  ])("a start's budget with %s is refused", async (_name, budget) => {
    const definition = { name: "Bad budget", steps: [{ id: "o", type: "output", value: 1 }] };
    expect(await outside.api.start({ definition, budget })).toMatchObject({
      status: 400,
      body: { code: "VALIDATION" },
    });
  });
});

describe.concurrent("limits of logic steps (section 15)", () => {
  const give = (id: string): JsonMap => ({ id, type: "output", value: "{{ item }}" });

  test("a forEach over more than 10,000 items, and more than 10,000 steps, are QUOTA_EXCEEDED", async () => {
    const wide = await run([{ id: "f", type: "forEach", items: "{{ range(10001) }}", steps: [give("o")] }]);
    expect(wide).toMatchObject({ status: "failed", error: { code: "QUOTA_EXCEEDED", details: { limit: "fan_out" } } });
    const many = await run([
      { id: "f", type: "forEach", items: "{{ range(4000) }}", steps: [give("o"), give("p"), give("q")] },
    ]);
    expect(many).toMatchObject({ status: "failed", error: { code: "QUOTA_EXCEEDED", details: { limit: "steps" } } });
  });

  test("3,000 iterations of logic complete, each with its own value", async () => {
    const record = await run([{ id: "f", type: "forEach", items: "{{ range(3000) }}", steps: [give("o")] }], {
      outputs: { sum: "{{ steps.f.output.results | map(attribute='output.value') | sum }}" },
    });
    expect(read(record, "result.outputs.sum")).toBe(4_498_500);
    expect(outputOf(record, "f")).toMatchObject({ successCount: 3000, errorCount: 0 });
  });

  test("100 calls of one execution are open at most, in branches and loops together", async () => {
    const key = `hundred ${randomUUID()}`;
    const loop = (id: string): Json[] => [
      { id, type: "forEach", items: "{{ range(70) }}", steps: [flaky(`${id}_s`, "patient", { key, after: 900 })] },
    ];
    const record = await run([{ id: "p", type: "parallel", branches: { x: loop("x"), y: loop("y") } }]);
    expect(record.status).toBe("completed");
    expect(outside.service.calls(key)).toHaveLength(140);
    expect(outside.service.overlap(key)).toBeLessThanOrEqual(100);
    expect(outside.service.overlap(key)).toBeGreaterThan(50);
  });

  test("an output of more than 1 MiB fails its step, not the run", async () => {
    const big = { id: "big", type: "output", value: Array.from({ length: 6 }, () => "{{ inputs.x }}") };
    const steps = [
      { ...big, continue_on_error: true },
      { id: "o", type: "output", value: "{{ steps.big.error.code }}" },
    ];
    const record = await run(steps, { inputs: { x: {} } }, { x: "x".repeat(400_000) });
    expect(outputOf(record, "o")).toEqual({ value: "PAYLOAD_TOO_LARGE" });
  });
});
