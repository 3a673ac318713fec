import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read } from "./json.ts";
import { outputOf, statusesOf, stepsOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const give = (id: string, value: Json, more: JsonMap = {}): JsonMap => ({ id, type: "output", value, ...more });
const fails = (id: string, more: JsonMap = {}): JsonMap => ({
  id,
  connector: "connector:community/calculator@1.0.0",
  action: "divide",
  input: { a: 1, b: 0 },
  ...more,
});
const run = (steps: Json[], inputs: JsonMap = {}, more: JsonMap = {}): Promise<JsonMap> =>
  outside.api.run({ name: "Outside logic", inputs: { n: {} }, steps, ...more }, inputs);

describe.concurrent("if and switch (section 4)", () => {
  const branches = { then: [give("a", 1), give("b", 2)], else: [give("c", 3)] };

  test.each([
    [5, "then", { "i.a": "completed", "i.b": "completed" }, ["i.c"]],
    [0, "else", { "i.c": "completed" }, ["i.a", "i.b"]],
  ])("with n = %j an if takes its %s", async (n, branch, ran, not) => {
    const record = await run([{ id: "i", type: "if", condition: "inputs.n > 1", ...branches }], { n });
    expect(outputOf(record, "i")).toEqual({ branch, conditionResult: branch === "then" });
    const statuses = statusesOf(record);
    expect(statuses).toMatchObject(ran);
    for (const path of not) expect(["pending", "skipped", undefined]).toContain(statuses[path]);
  });

  test("an if without else and a false condition gives null and runs nothing", async () => {
    const record = await run([{ id: "i", type: "if", condition: false, then: [fails("a")] }]);
    expect(record.status).toBe("completed");
    expect(outputOf(record, "i")).toEqual({ branch: null, conditionResult: false });
  });

  test("conditionResult is the truth of the condition, not its value", async () => {
    const record = await run([{ id: "i", type: "if", condition: "{{ 'text' }}", then: [give("a", 1)] }]);
    expect(outputOf(record, "i")).toEqual({ branch: "then", conditionResult: true });
  });

  test("a failure inside fails the block and the run, and names its step", async () => {
    const record = await run([{ id: "i", type: "if", condition: true, then: [fails("a"), give("b", 1)] }]);
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION", details: { step: "i.a" } } });
    expect(statusesOf(record)).toMatchObject({ i: "failed", "i.a": "failed" });
  });

  test.each<[Json, Json, Json]>([
    ["x", "x", 1],
    [1, "1", 2],
    [true, "true", 3],
    ["nothing", "default", 4],
  ])("a switch on %j takes the case %j", async (n, kind, value) => {
    const cases = { x: [give("a", 1)], "1": [give("b", 2)], true: [give("c", 3)] };
    const step = { id: "s", type: "switch", value: "{{ inputs.n }}", cases, default: [give("d", 4)] };
    const record = await run([step], { n });
    expect(outputOf(record, "s")).toEqual({ case: kind, matchedValue: n });
    const ran = [...stepsOf(record).values()].filter(
      (one) => read(one, "type") === "output" && read(one, "status") === "completed",
    );
    expect(ran.map((one) => read(one, "output.value"))).toEqual([value]);
  });

  test("a switch that nothing matches, without default, gives null", async () => {
    const record = await run([{ id: "s", type: "switch", value: "{{ inputs.n }}", cases: { a: [fails("x")] } }], {
      n: null,
    });
    expect(record.status).toBe("completed");
    expect(outputOf(record, "s")).toEqual({ case: null, matchedValue: null });
  });
});

describe.concurrent("forEach (section 4)", () => {
  test("scope, results in item order, counts", async () => {
    const value = ["{{ item }}", "{{ index }}", "{{ isFirst }}", "{{ isLast }}"];
    const record = await run([{ id: "f", type: "forEach", items: "{{ ['a', 'b', 'c'] }}", steps: [give("o", value)] }]);
    expect(outputOf(record, "f")).toEqual({
      results: [
        { status: "success", output: { value: ["a", 0, true, false] } },
        { status: "success", output: { value: ["b", 1, false, false] } },
        { status: "success", output: { value: ["c", 2, false, true] } },
      ],
      successCount: 3,
      errorCount: 0,
      totalCount: 3,
    });
  });

  test("a child is read inside its own iteration only", async () => {
    const record = await run(
      [
        {
          id: "f",
          type: "forEach",
          items: [1, 2, 3],
          steps: [give("a", "{{ item * 10 }}"), give("b", "{{ steps.a.output.value + 1 }}")],
        },
      ],
      {},
      { outputs: { all: "{{ steps.f.output.results | map(attribute='output.value') }}" } },
    );
    expect(read(record, "result.outputs.all")).toEqual([11, 21, 31]);
  });

  test("the slowest first: results stay in item order, and maxConcurrency holds", async () => {
    const key = "forEach order";
    const inner = flaky("s", "call", { key, after: "{{ 400 - item * 100 }}", n: "{{ item }}" });
    const record = await run([
      { id: "f", type: "forEach", items: [0, 1, 2, 3], maxConcurrency: 2, ordered: false, steps: [inner] },
    ]);
    const results = read(outputOf(record, "f"), "results");
    expect(Array.isArray(results) && results.map((one) => read(one, "output.n"))).toEqual([0, 1, 2, 3]);
    expect(outside.service.overlap(key)).toBe(2);
  });

  test("continueOnError: every item runs, the step completes and says which failed", async () => {
    const divide = { ...fails("d"), input: { a: 6, b: "{{ item }}" } };
    const record = await run([{ id: "f", type: "forEach", items: [1, 0, 3], continueOnError: true, steps: [divide] }]);
    expect(record.status).toBe("completed");
    expect(outputOf(record, "f")).toMatchObject({
      results: [
        { status: "success", output: { result: 6 } },
        { status: "error", error: { code: "VALIDATION" } },
        { status: "success", output: { result: 2 } },
      ],
      successCount: 2,
      errorCount: 1,
      totalCount: 3,
    });
  });

  test("without it the first failure fails the step and nothing more begins", async () => {
    const key = "forEach stops";
    const inner = [{ ...fails("d"), input: { a: 1, b: "{{ item }}" } }, flaky("s", "call", { key })];
    const record = await run([{ id: "f", type: "forEach", items: [1, 0, 1, 1], maxConcurrency: 1, steps: inner }]);
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
    expect(outside.service.calls(key)).toHaveLength(1);
  });

  test.each<[string, Json, Json]>([
    ["null", null, 0],
    ["an empty list", [], 0],
    ["a map", { k: "v" }, 1],
  ])("over %s", async (_name, n, count) => {
    const step = { id: "f", type: "forEach", items: "{{ inputs.n }}", steps: [give("o", "{{ item }}")] };
    const record = await run([step], { n });
    expect(outputOf(record, "f")).toMatchObject({ totalCount: count, errorCount: 0 });
    if (count === 1) expect(read(outputOf(record, "f"), "results.0.output.value")).toEqual({ key: "k", value: "v" });
  });

  test.each<Json>(["text", 5, true])("over %j is VALIDATION", async (n) => {
    const record = await run([{ id: "f", type: "forEach", items: "{{ inputs.n }}", steps: [give("o", 1)] }], { n });
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
  });

  test("loops in loops: each inner step sees its own items, and stands at its own path", async () => {
    const inner = { id: "g", type: "forEach", items: "{{ [item, item * 2] }}", steps: [give("o", "{{ item }}")] };
    const record = await run([{ id: "f", type: "forEach", items: [1, 10], steps: [inner] }]);
    expect(outputOf(record, "f[1].g[1].o")).toEqual({ value: 20 });
    const answer = await outside.api.get(
      `/workflows/executions/${String(record.execution_id)}/steps/${encodeURIComponent("f[1].g[0].o")}`,
    );
    expect(answer).toMatchObject({ status: 200, body: { path: "f[1].g[0].o", output: { value: 10 } } });
  });
});

describe.concurrent("parallel with branches (section 4)", () => {
  const branch = (key: string, after: number): Json[] => [
    flaky(`s_${key.replaceAll(" ", "_")}`, "call", { key: `branch ${key}`, after }),
  ];
  const parallel = (branches: JsonMap, more: JsonMap): JsonMap => ({ id: "p", type: "parallel", branches, ...more });

  test("all: every branch runs at once and is in the output by name", async () => {
    const record = await run([parallel({ x: branch("all x", 500), y: branch("all y", 500) }, { join: "all" })]);
    expect(outputOf(record, "p")).toMatchObject({
      branches: { x: { status: "success", output: { after: 500 } }, y: { status: "success" } },
      completedCount: 2,
      errorCount: 0,
      joinStrategy: "all",
    });
    expect(outside.service.overlap("branch all x", "branch all y")).toBe(2);
  });

  test("any: the first success is enough, the rest is canceled", async () => {
    const record = await run([
      parallel({ slow: branch("any slow", 20_000), quick: branch("any quick", 0) }, { join: "any" }),
    ]);
    expect(record.status).toBe("completed");
    expect(outputOf(record, "p")).toMatchObject({
      branches: { quick: { status: "success" }, slow: { status: "canceled" } },
      completedCount: 1,
      joinStrategy: "any",
    });
    expect(statusesOf(record)["p.s_any_slow"]).toBe("canceled");
  });

  test("count: two of three successes are enough, a failure beside them does not matter", async () => {
    const record = await run([
      parallel({ bad: [fails("bad")], one: [give("one", 1)], two: [give("two", 2)] }, { join: { count: 2 } }),
    ]);
    expect(record.status).toBe("completed");
    expect(outputOf(record, "p")).toMatchObject({ completedCount: 2, joinStrategy: "count" });
  });

  test("any of which none can succeed fails", async () => {
    const record = await run([parallel({ x: [fails("x")], y: [fails("y")] }, { join: "any" })]);
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
  });

  test("all with continueOnError completes and says which failed", async () => {
    const record = await run([
      parallel({ x: [fails("x")], y: [give("y", 1)] }, { join: "all", continueOnError: true }),
    ]);
    expect(outputOf(record, "p")).toMatchObject({
      branches: { x: { status: "error", error: { code: "VALIDATION" } }, y: { status: "success" } },
      completedCount: 1,
      errorCount: 1,
    });
  });

  test("its timeout fails the step with TIMEOUT and ends the branches", async () => {
    const record = await run([parallel({ x: branch("timed out", 20_000) }, { timeout: 1 })]);
    expect(record).toMatchObject({ status: "failed", error: { code: "TIMEOUT" } });
  });
});

describe.concurrent("try (section 4)", () => {
  test("a retry of the whole block begins again at its first step", async () => {
    const key = "try again";
    outside.service.script(`${key} b`, { body: { status: "error", code: "UNAVAILABLE", message: "not yet" } });
    const record = await run([
      {
        id: "t",
        type: "try",
        retry: { maxAttempts: 3, backoff: "fixed", initialDelayMs: 50 },
        steps: [
          flaky("a", "call", { key }),
          flaky("b", "call", { key: `${key} b`, n: 7 }, { retry: { max_attempts: 1 } }),
        ],
      },
    ]);
    expect(outputOf(record, "t")).toMatchObject({ status: "success", attempts: 2, output: { n: 7 } });
    expect(outside.service.calls(key)).toHaveLength(2);
    const headers = outside.service.calls(key).map((call) => call.headers["idempotency-key"]);
    expect(new Set(headers).size).toBe(headers.length);
    const path = encodeURIComponent("t~2.b");
    const step = await outside.api.get(`/workflows/executions/${String(record.execution_id)}/steps/${path}`);
    expect(step).toMatchObject({ status: 200, body: { path: "t~2.b", status: "completed" } });
  });

  test("catch sees the error and handles it; finally runs after it", async () => {
    const record = await run(
      [
        {
          id: "t",
          type: "try",
          steps: [fails("a")],
          catch: [give("c", "{{ error.code }}/{{ error.attemptCount }}/{{ error.message | length > 0 }}")],
          finally: [give("f", "{{ steps.c.output.value }}!")],
        },
        give("next", "{{ steps.t.output.status }}"),
      ],
      {},
      { outputs: { f: "{{ steps.f.output.value }}", next: "{{ steps.next.output.value }}" } },
    );
    expect(record).toMatchObject({
      status: "completed",
      result: { outputs: { f: "VALIDATION/1/true!", next: "error" } },
    });
    expect(outputOf(record, "t")).toMatchObject({ status: "error", attempts: 1, error: { code: "VALIDATION" } });
  });

  test("without catch the error goes on after finally has run", async () => {
    const key = "finally";
    const record = await run([
      { id: "t", type: "try", steps: [fails("a")], finally: [flaky("f", "call", { key })] },
      flaky("next", "call", { key: "never" }),
    ]);
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
    expect(outside.service.calls(key)).toHaveLength(1);
    expect(outside.service.calls("never")).toEqual([]);
  });

  test("an error inside catch goes on, after finally", async () => {
    const key = "finally after catch";
    const record = await run([
      {
        id: "t",
        type: "try",
        steps: [fails("a")],
        catch: [flaky("c", "call", { key: "bad catch" }, { retry: { max_attempts: 1 } })],
        finally: [flaky("f", "call", { key })],
      },
    ]);
    expect(record.status).toBe("completed");
    outside.service.script("worse catch", { body: { status: "error", code: "BACKEND_ERROR", message: "worse" } });
    const worse = await run([
      {
        id: "t",
        type: "try",
        steps: [fails("a")],
        catch: [flaky("c", "call", { key: "worse catch" }, { retry: { max_attempts: 1 } })],
        finally: [flaky("f", "call", { key })],
      },
    ]);
    expect(worse).toMatchObject({ status: "failed", error: { code: "BACKEND_ERROR" } });
    expect(outside.service.calls(key)).toHaveLength(2);
  });

  test("a block that succeeds reads as its last child's output", async () => {
    const record = await run([{ id: "t", type: "try", steps: [give("a", 1), give("b", 2)], catch: [fails("c")] }]);
    expect(outputOf(record, "t")).toEqual({ status: "success", attempts: 1, output: { value: 2 } });
  });
});

describe.concurrent("blocks in blocks", () => {
  test("forty levels of blocks complete, and the innermost stands at its path", async () => {
    let inner: JsonMap = give("core", "{{ inputs.n }}");
    for (let level = 20; level > 0; level--) {
      inner = { id: `i${level}`, type: "if", condition: true, then: [inner] };
      if (level % 2 === 0) inner = { id: `t${level}`, type: "try", steps: [inner] };
    }
    const record = await run([inner], { n: "deep" }, { outputs: { core: "{{ steps.core.output.value }}" } });
    expect(record).toMatchObject({ status: "completed", result: { outputs: { core: "deep" } } });
  });

  test("a step's output of a branch that was not taken is null", async () => {
    const record = await run(
      [{ id: "i", type: "if", condition: false, then: [give("a", 1)], else: [give("b", 2)] }],
      {},
      { outputs: { a: "{{ steps.a.output }}", b: "{{ steps.b.output.value }}", block: "{{ steps.i.branch }}" } },
    );
    expect(read(record, "result.outputs")).toEqual({ a: null, b: 2, block: "else" });
  });

  test("an agent step without a model is UNAVAILABLE, with what to do, and is not retried", async () => {
    const record = await run([{ id: "a", type: "agent", agent: "agent:outside/clerk@1.0.0", input: { text: "hi" } }]);
    expect(record).toMatchObject({ status: "failed", error: { code: "UNAVAILABLE" } });
    expect(read(stepsOf(record).get("a"), "attempt")).toBe(1);
  });
});
