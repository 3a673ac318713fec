import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { isMap, type Json, type JsonMap, read, readList } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const ONCE = { max_attempts: 1 };

function run(steps: Json[], outputs: JsonMap, inputs: JsonMap = {}): Promise<JsonMap> {
  const declared = Object.fromEntries(Object.keys(inputs).map((name) => [name, {}]));
  return outside.api.run({ name: "Outside flow", inputs: declared, steps, outputs, retry: ONCE }, inputs);
}

const items = (key: string): Json[] => outside.service.calls(key).map(({ body }) => read(body, "input.item") ?? null);

describe("condition", () => {
  test.each([
    ["a template", "{{ inputs.n > 3 }}", true],
    ["a bare expression", "inputs.n > 3", true],
    ["a literal", false, false],
    ["a literal", true, true],
    ["an empty list", "{{ [] }}", false],
    ["zero", "{{ 0 }}", false],
    ["text", "{{ 'false' }}", true],
    ["&& and !", "inputs.n > 3 && !(inputs.n == 5)", false],
    ["a status", "steps.before.status == 'success'", true],
  ])("as %s: %j", async (_name, condition, holds) => {
    const key = `condition ${String(condition).replaceAll(/[{}]/g, "")}`;
    const result = await run(
      [flaky("before", "call", { key: "before" }), flaky("s", "call", { key, v: 1 }, { condition })],
      { status: "{{ steps.s.status }}", out: "{{ steps.s.output }}" },
      { n: 5 },
    );
    expect(result).toMatchObject({
      status: "completed",
      result: { outputs: holds ? { status: "success", out: { key, v: 1 } } : { status: "skipped", out: null } },
    });
    expect(outside.service.calls(key)).toHaveLength(holds ? 1 : 0);
    expect(read(result, "usage.step_runs")).toBe(holds ? 2 : 1);
  });
});

describe("continue_on_error", () => {
  test("the step is failed, the run goes on, the error can be read and printed", async () => {
    outside.service.script("goes on", { status: 500, body: { why: "no" } });
    const result = await run(
      [flaky("s", "call", { key: "goes on" }, { continue_on_error: true }), flaky("t", "call", { key: "after it" })],
      {
        status: "{{ steps.s.status }}",
        code: "{{ steps.s.error.code }}",
        message: "{{ steps.s.error.message }}",
        printed: "said: {{ steps.s.error }}",
        out: "{{ steps.s.output }}",
        after: "{{ steps.t.status }}",
      },
    );
    const message = read(result, "result.outputs.message");
    expect(result).toMatchObject({
      status: "completed",
      result: { outputs: { status: "failed", code: "BACKEND_ERROR", out: null, after: "success" } },
      steps: [
        { id: "s", status: "failed", error: { code: "BACKEND_ERROR" } },
        { id: "t", status: "completed" },
      ],
    });
    expect(read(result, "result.outputs.printed")).toBe(`said: ${message}`);
  });

  test("without it the run fails and later steps never start", async () => {
    outside.service.script("stops", { status: 500, body: {} });
    const result = await run([flaky("s", "call", { key: "stops" }), flaky("t", "call", { key: "never" })], {});
    expect(result).toMatchObject({ status: "failed", error: { code: "BACKEND_ERROR" } });
    expect(result.result).toBeUndefined();
    expect(outside.service.calls("never")).toHaveLength(0);
  });
});

describe("for_each", () => {
  test("runs one after the other, in order, with item and index", async () => {
    const result = await run(
      [
        flaky(
          "s",
          "call",
          { key: "sequential", item: "{{ item }}", at: "{{ index }}", edge: "{{ isFirst }}{{ isLast }}", after: 30 },
          {
            for_each: "{{ inputs.xs }}",
          },
        ),
      ],
      {
        out: "{{ steps.s.output | map('item') }}",
        at: "{{ steps.s.output | map('at') }}",
        edge: "{{ steps.s.output | map('edge') }}",
      },
      { xs: ["a", "b", "c"] },
    );
    expect(result.result).toStrictEqual({
      outputs: { out: ["a", "b", "c"], at: [0, 1, 2], edge: ["truefalse", "falsefalse", "falsetrue"] },
    });
    expect(items("sequential")).toEqual(["a", "b", "c"]);
    expect(outside.service.overlap("sequential")).toBe(1);
  });

  test("parallel: all at once, the output still in item order", async () => {
    const result = await run(
      [
        flaky(
          "s",
          "call",
          { key: "parallel", item: "{{ item.n }}", after: "{{ item.after }}" },
          {
            for_each: "{{ inputs.xs }}",
            parallel: true,
          },
        ),
      ],
      { out: "{{ steps.s.output | map('item') }}" },
      {
        xs: [
          { n: 1, after: 1800 },
          { n: 2, after: 5000 },
          { n: 3, after: 1600 },
          { n: 4, after: 1400 },
        ],
      },
    );
    expect(read(result, "result.outputs.out")).toEqual([1, 2, 3, 4]);
    expect(outside.service.overlap("parallel")).toBe(4);
  });

  test("max_concurrency bounds it", async () => {
    await run(
      [
        flaky(
          "s",
          "call",
          { key: "bounded", item: "{{ item }}", after: 500 },
          {
            for_each: "{{ range(8) }}",
            parallel: true,
            max_concurrency: 3,
          },
        ),
      ],
      {},
    );
    expect(outside.service.calls("bounded")).toHaveLength(8);
    expect(outside.service.overlap("bounded")).toBe(3);
  });

  test.each([
    ["an empty list", []],
    ["null", null],
  ])("over %s: an empty list, completed, nothing called", async (name, xs) => {
    const key = `over ${name}`;
    const result = await run(
      [flaky("s", "call", { key }, { for_each: "{{ inputs.xs }}" })],
      { out: "{{ steps.s.output }}", status: "{{ steps.s.status }}" },
      { xs },
    );
    expect(result).toMatchObject({ status: "completed", result: { outputs: { out: [], status: "success" } } });
    expect(outside.service.calls(key)).toHaveLength(0);
  });

  test("over a map: {key, value}", async () => {
    const result = await run(
      [flaky("s", "call", { key: "map", item: "{{ item }}" }, { for_each: "{{ inputs.m }}" })],
      { out: "{{ steps.s.output | map('item') }}" },
      { m: { a: 1, b: [2] } },
    );
    expect(read(result, "result.outputs.out")).toStrictEqual([
      { key: "a", value: 1 },
      { key: "b", value: [2] },
    ]);
  });

  test.each([5, "text", true])("over %j: VALIDATION", async (xs) => {
    const result = await run([flaky("s", "call", { key: "scalar" }, { for_each: "{{ inputs.xs }}" })], {}, { xs });
    expect(result).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
    expect(outside.service.calls("scalar")).toHaveLength(0);
  });

  test("one failing iteration fails the step", async () => {
    outside.service.script("one fails", {}, { status: 500, body: {} });
    const result = await run(
      [flaky("s", "call", { key: "one fails", item: "{{ item }}" }, { for_each: "{{ [1, 2, 3] }}" })],
      {},
    );
    expect(result).toMatchObject({ status: "failed", error: { code: "BACKEND_ERROR" } });
    expect(items("one fails")).toEqual([1, 2]);
  });

  test("with continue_on_error every iteration runs and a failed one leaves null", async () => {
    outside.service.script("some fail", {}, { status: 500, body: {} }, {});
    const result = await run(
      [
        flaky(
          "s",
          "call",
          { key: "some fail", item: "{{ item }}" },
          {
            for_each: "{{ [1, 2, 3] }}",
            continue_on_error: true,
          },
        ),
        flaky("t", "call", { key: "after some" }),
      ],
      {
        first: "{{ steps.s.output[0].item }}",
        second: "{{ steps.s.output[1] }}",
        third: "{{ steps.s.output[2].item }}",
        status: "{{ steps.s.status }}",
        count: "{{ steps.s.output | length }}",
      },
    );
    expect(result.result).toStrictEqual({
      outputs: { first: 1, second: null, third: 3, status: "failed", count: 3 },
    });
    expect(result.status).toBe("completed");
    expect(items("some fail")).toEqual([1, 2, 3]);
  });

  test("a condition that does not mention the item is judged once, before the loop", async () => {
    const result = await run(
      [flaky("s", "call", { key: "judged once" }, { for_each: "{{ 5 }}", condition: "{{ false }}" })],
      { status: "{{ steps.s.status }}", out: "{{ steps.s.output }}" },
    );
    expect(result.result).toStrictEqual({ outputs: { status: "skipped", out: null } });
  });

  test("a condition that mentions the item is judged for each; false leaves null", async () => {
    const result = await run(
      [
        flaky(
          "s",
          "call",
          { key: "judged each", item: "{{ item }}" },
          {
            for_each: "{{ [1, 2, 3, 4] }}",
            condition: "{{ item is even }}",
          },
        ),
      ],
      { out: "{{ steps.s.output }}" },
    );
    expect(read(result, "result.outputs.out")).toStrictEqual([
      null,
      { key: "judged each", item: 2 },
      null,
      { key: "judged each", item: 4 },
    ]);
  });

  test("each iteration is a step of its own in the record, with its index in the path", async () => {
    const result = await run([flaky("s", "call", { key: "paths" }, { for_each: "{{ [1, 2] }}" })], {});
    const paths = readList(result, "steps").map((step) => (isMap(step) ? step.path : null));
    expect(paths).toEqual(expect.arrayContaining(["s[0]", "s[1]"]));
  });
});

describe("a parallel list", () => {
  test("runs its children at once; both addresses read a child", async () => {
    const result = await run(
      [
        {
          id: "group",
          parallel: [
            flaky("one", "call", { key: "at once", v: 1, after: 5000 }),
            flaky("two", "call", { key: "at once", v: 2, after: 5000 }),
            flaky("three", "call", { key: "at once", v: 3, after: 5000 }),
          ],
        },
        flaky("last", "call", { key: "afterwards", sum: "{{ steps.one.output.v + steps.group.two.output.v }}" }),
      ],
      {
        inner: "{{ steps.group.three.output.v }}",
        outer: "{{ steps.three.output.v }}",
        sum: "{{ steps.last.output.sum }}",
      },
    );
    expect(result.result).toStrictEqual({ outputs: { inner: 3, outer: 3, sum: 3 } });
    expect(outside.service.overlap("at once")).toBe(3);
  });

  test("one failing child fails the run; a child with continue_on_error does not", async () => {
    outside.service.script("child fails", { status: 500, body: {} });
    const failed = await run(
      [
        {
          id: "group",
          parallel: [flaky("one", "call", { key: "child fails" }), flaky("two", "call", { key: "sound" })],
        },
      ],
      {},
    );
    expect(failed).toMatchObject({ status: "failed", error: { code: "BACKEND_ERROR" } });

    outside.service.script("child goes on", { status: 500, body: {} });
    const completed = await run(
      [
        {
          id: "group",
          parallel: [
            flaky("one", "call", { key: "child goes on" }, { continue_on_error: true }),
            flaky("two", "call", { key: "sound" }),
          ],
        },
      ],
      { one: "{{ steps.group.one.status }}", two: "{{ steps.group.two.status }}" },
    );
    expect(completed.result).toStrictEqual({ outputs: { one: "failed", two: "success" } });
  });
});

describe("direct requests (section 7)", () => {
  test("GET fills and encodes path parameters and the query", async () => {
    const result = await run([flaky("s", "fetch", { key: "get one", id: "a/b ü" })], { out: "{{ steps.s.output }}" });
    const [call] = outside.service.calls("get one");
    expect(call?.method).toBe("GET");
    expect(call?.url.replace("+", "%20")).toBe("/things/a%2Fb%20%C3%BC?key=get%20one");
    expect(result).toMatchObject({
      status: "completed",
      result: { outputs: { out: { status: 200, body: { status: "success" } } } },
    });
    expect(read(result, "result.outputs.out.headers.content-type")).toContain("application/json");
  });

  test("a template that is one expression keeps its type in a body", async () => {
    const input = { key: "put one", id: 7, name: "n", size: 3 };
    await run([flaky("s", "put", input)], {});
    const [call] = outside.service.calls("put one");
    expect(call).toMatchObject({ method: "PUT", body: { name: "n", size: 3, note: "size 3" } });
  });

  test("without a body a POST sends the members that were not used elsewhere", async () => {
    await run([flaky("s", "rest", { key: "rest one", id: "x", a: 1, b: [2] })], {});
    const [call] = outside.service.calls("rest one");
    expect(call).toMatchObject({ method: "POST", body: { a: 1, b: [2] } });
    expect(Object.keys(isMap(call?.body) ? call.body : {})).toEqual(["a", "b"]);
  });

  test.each([
    ["several matches are a list", { items: [{ id: 1 }, { id: 2 }] }, [1, 2]],
    ["one is the value", { items: [{ id: 1 }] }, 1],
    ["none is null", { items: [] }, null],
  ])("extract: %s", async (key, body, picked) => {
    outside.service.script(key, { body });
    const result = await run([flaky("s", "pick", { key })], { out: "{{ steps.s.output }}" });
    expect(result.result).toStrictEqual({ outputs: { out: picked } });
  });

  test("a status that response.status lists is no failure", async () => {
    outside.service.script("expected", { status: 404, body: { gone: true } });
    const result = await run([flaky("s", "tolerant", { key: "expected" })], { out: "{{ steps.s.output.status }}" });
    expect(result.result).toStrictEqual({ outputs: { out: 404 } });
  });
});
