import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "./client.ts";
import { eventually } from "./eventually.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const ADD: JsonMap = {
  id: "add",
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input: { a: 1, b: 2 },
};
const loop = (id: string, count: number): JsonMap => ({
  ...ADD,
  id,
  for_each: `{{ range(${count}) }}`,
  parallel: true,
});

describe("limits (section 15)", () => {
  test("10,000 steps a run: one more fails it with QUOTA_EXCEEDED, and no step beyond it ran", async () => {
    const run = await outside.api.run({ name: "Outside steps", steps: [loop("one", 6000), loop("two", 6000)] });
    expect(run).toMatchObject({ status: "failed", error: { code: "QUOTA_EXCEEDED", details: { limit: "steps" } } });
    expect(Number(read(run, "usage.step_runs"))).toBeLessThanOrEqual(10_000);
  });

  test("a list that is too long for one loop: QUOTA_EXCEEDED before anything runs", async () => {
    const run = await outside.api.run({ name: "Outside fan", steps: [loop("one", 20_000)] });
    expect(run).toMatchObject({ status: "failed", error: { code: "QUOTA_EXCEEDED" }, usage: { step_runs: 0 } });
  });

  test("2,000 at once complete, each output in its place", async () => {
    const step = { ...ADD, for_each: "{{ range(2000) }}", parallel: true, input: { a: "{{ item }}", b: 1 } };
    const run = await outside.api.run({
      name: "Outside wide",
      steps: [step],
      outputs: { sum: "{{ steps.add.output | map('result') | sum }}", last: "{{ steps.add.output[-1].result }}" },
    });
    expect(run).toMatchObject({
      status: "completed",
      result: { outputs: { sum: 2_001_000, last: 2000 } },
      usage: { step_runs: 2000 },
    });
  });

  test("at most 100 calls of one execution are open", async () => {
    const step = flaky("s", "call", { key: "hundred", after: 700 }, { for_each: "{{ range(130) }}", parallel: true });
    await outside.api.run({ name: "Outside hundred", steps: [step] });
    expect(outside.service.calls("hundred")).toHaveLength(130);
    expect(outside.service.overlap("hundred")).toBeLessThanOrEqual(100);
  });

  test("an output of 900 kB travels whole, from step to step", async () => {
    outside.service.script("large", { body: { status: "success", data: { text: "ü".repeat(300_000) } } });
    const run = await outside.api.run({
      name: "Outside large",
      steps: [
        flaky("s", "call", { key: "large" }),
        flaky("t", "call", { key: "large next", text: "{{ steps.s.output.text }}" }),
      ],
      outputs: { length: "{{ steps.t.output.text | length }}" },
    });
    expect(run).toMatchObject({ status: "completed", result: { outputs: { length: 300_000 } } });
  });

  test("an output over the inline limit travels whole, from step to step, and comes back by every path", async () => {
    const text = `${"x".repeat(1_200_001)}${"😀".repeat(300_000)}`;
    outside.service.script("over", { body: { status: "success", data: { text, n: [1, { two: 2 }] } } });
    const run = await outside.api.run({
      name: "Outside over",
      steps: [
        flaky("s", "call", { key: "over" }),
        flaky("t", "call", {
          key: "over next",
          text: "{{ steps.s.output.text }}",
          two: "{{ steps.s.output.n[1].two }}",
        }),
      ],
      outputs: { all: "{{ steps.s.output }}", length: "{{ steps.t.output.text | length }}" },
    });
    expect(run.status, JSON.stringify(run.error)).toBe("completed");
    const all = { text, n: [1, { two: 2 }] };
    const path = `/workflows/executions/${run.execution_id}`;
    const again = (await outside.api.get(path)).body as typeof run;
    const step = (await outside.api.get(`${path}/steps/s`)).body as { output: unknown };
    const events = JSON.stringify((await outside.api.get(`${path}/events?wait=0`)).body);
    const same = [read(run, "result.outputs"), read(again, "result.outputs"), step.output].map((it) =>
      JSON.stringify(it),
    );
    const whole = JSON.stringify({ all, length: 1_500_001 });
    expect(same.map((it, at) => it === (at === 2 ? JSON.stringify(all) : whole))).toEqual([true, true, true]);
    expect(events.includes(JSON.stringify(text))).toBe(true);
  });

  test.each([7_000_000, 20_000_000])(
    "an answer of %i bytes fails its step by name, and the platform lives on",
    async (size) => {
      const key = `huge ${size}`;
      outside.service.script(key, { body: { status: "success", data: { text: "x".repeat(size) } } });
      const run = await outside.api.run({
        name: "Outside huge",
        retry: { max_attempts: 1 },
        steps: [flaky("s", "call", { key })],
      });
      expect(run).toMatchObject({
        status: "failed",
        error: { code: "PAYLOAD_TOO_LARGE", details: { limit: "payload_bytes" } },
      });
    },
  );
});

describe("values at the edge", () => {
  const values: [string, Json][] = [
    ["a zero character", "a\u0000b"],
    ["all of Unicode's corners", "\ufeff\u2028\u2029\u200d😀 e\u0301"],
    ["an empty name", { "": 1 }],
    ["names of Object's own", { constructor: 1, toString: 2, hasOwnProperty: 3, valueOf: 4 }],
    ["numbers", [0, -0.5, 1e21, 5e-324, 1.7976931348623157e308, 9007199254740991]],
    ["deep lists", Array.from({ length: 50 }).reduce<Json>((inner) => [inner], "x")],
    ["a text that looks like a template", "{{ secrets.X }} {% raw %}"],
    ["a long text", "x".repeat(500_000)],
  ];
  test.each(values)("%s goes in, through a step and out unchanged", async (_name, value) => {
    const run = await outside.api.run(
      {
        name: "Outside values",
        inputs: { value: {} },
        steps: [flaky("s", "anything", { key: "values", reply: "{{ inputs.value }}" })],
        outputs: { in: "{{ inputs.value }}", out: "{{ steps.s.output }}" },
      },
      { value },
      { metadata: { about: typeof value === "string" ? value.slice(0, 20) : "value" } },
    );
    expect(run.status).toBe("completed");
    expect(run.result).toStrictEqual({ outputs: { in: value, out: value } });
  });

  test("and all of them are in the list a little later", async () => {
    const count = async (): Promise<number> => {
      const path = "/workflows/executions?workflow=outside-values&status=completed&limit=100";
      return readList((await outside.api.get(path)).body, "data").length;
    };
    await eventually(async () => (await count()) >= values.length);
    expect(await count()).toBeGreaterThanOrEqual(values.length);
  });

  test("a number that no JSON reader can hold is refused", async () => {
    const raw = `{"definition": ${JSON.stringify({ name: "x", inputs: { n: {} }, steps: [ADD] })}, "inputs": {"n": 1e400}}`;
    const answer = await outside.api.request("POST", "/workflows/executions", { raw });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });
});

describe("many at once", () => {
  test("300 sync starts of two tenants: each gets its own answer", async () => {
    const definition = {
      name: "Outside many",
      inputs: { n: { type: "integer" } },
      steps: [{ ...ADD, input: { a: "{{ inputs.n }}", b: 1 } }],
      outputs: { n: "{{ steps.add.output.result }}" },
    };
    const round = randomUUID();
    let refused = 0;
    // A machine that is busy for seconds may answer 503 to one of so many: asked again with its key it is the same execution.
    const insist = async (n: number): Promise<Answer> => {
      const body = { definition, inputs: { n }, execution_mode: "sync", timeout: 60 };
      const call = { upstream: true, headers: { "idempotency-key": `${round} ${n}` } };
      for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 1_000))) {
        const answer = await (n % 2 === 0 ? outside.api : outside.other).start(body, call);
        if (answer.status !== 503 || Date.now() > end) return answer;
        refused += 1;
      }
    };
    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => insist(n)));
    expect(answers.map((answer) => read(answer.body, "result.outputs.n"))).toEqual(answers.map((_, n) => n + 1));
    expect(new Set(answers.map((answer) => readText(answer.body, "execution_id"))).size).toBe(300);
    if (refused > 0) console.log(`${refused} of 300 starts were answered 503 first`);
    // A slow machine refuses some dozens of 300 at once; a platform that cannot take them refuses most, again and again.
    expect(refused, "starts that were refused for the moment").toBeLessThanOrEqual(100);
  });
});

describe("authorization (section 2)", () => {
  test.each([
    ["roles", { authorization: { roles: ["nobody-has-this"] } }],
    ["permissions", { authorization: { permissions: ["nobody:has-this"] } }],
  ])("of a workflow by %s: whoever lacks them does not start it", async (_name, more) => {
    const answer = await outside.api.start({ definition: { name: "Barred", steps: [ADD], ...more } });
    expect(answer).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
  });

  test("of a step: the step fails with FORBIDDEN and calls nothing", async () => {
    const step = flaky("s", "call", { key: "barred" }, { authorization: { permissions: ["nobody:has-this"] } });
    const run = await outside.api.run({ name: "Barred", steps: [step] });
    expect(run).toMatchObject({ status: "failed", error: { code: "FORBIDDEN", details: { step: "s" } } });
    expect(outside.service.calls("barred")).toEqual([]);
  });
});
