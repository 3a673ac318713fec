import { describe, expect, test } from "vitest";
import { type Json, type JsonMap, read } from "./json.ts";
import { outputOf, stepsOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const transform = (language: string, expression: Json, more: JsonMap = {}): JsonMap => ({
  id: "t",
  type: "transform",
  language,
  expression,
  ...more,
});
const run = (step: JsonMap, input: Json = null): Promise<JsonMap> =>
  outside.api.run(
    {
      name: "Outside transforms",
      inputs: { x: {} },
      steps: [step],
      outputs: { result: "{{ steps.t.output.result }}" },
    },
    { x: input },
  );
const X = { input: "{{ inputs.x }}" };

describe.concurrent("transforms (section 4)", () => {
  const data = {
    rows: [
      { id: 1, tags: ["a"] },
      { id: 2, tags: [] },
    ],
    "odd name": "ü😀",
    n: null,
  };
  const table: [string, Json, Json][] = [
    ["jsonpath", "$.rows[*].id", [1, 2]],
    ["jsonpath", "$.nothing", []],
    ["jsonpath", "$['odd name']", ["ü😀"]],
    ["jsonpath", "$.rows[?@.id > 1].id", [2]],
    ["jq", ".rows | map(.id)", [1, 2]],
    ["jq", ".rows[].id", [1, 2]],
    ["jq", "empty", null],
    ["jq", ".rows[0]", { id: 1, tags: ["a"] }],
    ["jsonata", "$sum(rows.id)", 3],
    ["jsonata", "nothing", null],
    ["javascript", "return context.input.rows.length;", 2],
    ["javascript", "return undefined;", null],
    ["javascript", "return await Promise.resolve(context.input['odd name']);", "ü😀"],
    [
      "javascript",
      "const {rows} = context.input; return rows.map((row) => ({...row, tags: row.tags.join()}));",
      [
        { id: 1, tags: "a" },
        { id: 2, tags: "" },
      ],
    ],
    ["template", "{{ input.x.rows | length }}", 2],
    ["template", { deep: ["{{ inputs.x.rows | map('id') }}", "n is {{ inputs.x.n }}"] }, { deep: [[1, 2], "n is "] }],
  ];
  test.each(table)("%s %j gives %j", async (language, expression, result) => {
    const record = await run(transform(language, expression, language === "template" ? {} : X), data);
    expect(record).toMatchObject({ status: "completed" });
    expect(outputOf(record, "t")).toStrictEqual({ result });
  });

  test("without input: inputs, steps, env and trigger", async () => {
    const expressions: [string, string, Json][] = [
      ["jq", ".inputs.x", 7],
      ["jsonata", "inputs.x", 7],
      ["jsonpath", "$.inputs.x", [7]],
      ["javascript", "return context.inputs.x;", 7],
    ];
    for (const [language, expression, result] of expressions) {
      expect(outputOf(await run(transform(language, expression), 7), "t")).toEqual({ result });
    }
  });

  test("in a loop each item by itself; the script of one does not reach the next", async () => {
    const expression =
      "globalThis.left = (globalThis.left ?? 0) + 1; return [globalThis.left, context.item, context.index];";
    const step = transform("javascript", expression, { for_each: ["a", "b", "c"], parallel: true });
    const record = await run(step);
    expect([0, 1, 2].map((at) => read(outputOf(record, `t[${at}]`), "result"))).toEqual([
      [1, "a", 0],
      [1, "b", 1],
      [1, "c", 2],
    ]);
  });

  const failing: [string, string, Json, string, JsonMap][] = [
    ["an endless loop", "javascript", "for (;;) {}", "TIMEOUT", {}],
    ["an endless recursion", "javascript", "const f = () => f() + 1; return f();", "VALIDATION", { limit: "depth" }],
    [
      "memory without end",
      "javascript",
      "const a = []; for (;;) a.push('x'.repeat(100000) + a.length);",
      "VALIDATION",
      { limit: "memory" },
    ],
    [
      "a result of 2 MB",
      "javascript",
      "return 'x'.repeat(2_000_000);",
      "PAYLOAD_TOO_LARGE",
      { limit: "payload_bytes" },
    ],
    ["an endless jq", "jq", "def f: f; f", "TIMEOUT", {}],
    ["an endless jsonata", "jsonata", "($f := function($n) { $f($n + 1) }; $f(1))", "TIMEOUT", {}],
  ];
  test.each(failing)("%s ends the step alone", async (_name, language, expression, code, details) => {
    const record = await run(transform(language, expression, X), 1);
    expect(record).toMatchObject({ status: "failed", error: { code, details } });
    expect(read(stepsOf(record).get("t"), "attempt")).toBe(1);
  });

  const refused: [string, string, string][] = [
    ["a function", "javascript", "return () => 1;"],
    ["a BigInt", "javascript", "return 1n;"],
    ["not a number", "javascript", "return 0 / 0;"],
    ["a circle", "javascript", "const a = {}; a.a = a; return a;"],
    ["what it throws", "javascript", "throw new Error('my own words');"],
    ["network", "javascript", "return await fetch('https://example.com');"],
    ["a module", "javascript", "return await import('node:fs');"],
    ["a require", "javascript", "return require('fs');"],
    ["the process", "javascript", "return process.env;"],
    ["a mark of a secret", "javascript", "return {$secret: 'API_TOKEN'};"],
    ["a script that cannot be read", "javascript", "return {"],
    ["a jq program that cannot be read", "jq", ".["],
    ["a jsonata that cannot be read", "jsonata", "$sum("],
    ["a jq error", "jq", 'error("mine")'],
    ["a jq module", "jq", 'import "a" as a; a::f'],
    ["a jsonata error", "jsonata", "$error('mine')"],
  ];
  test.each(refused)("%s (%s) is VALIDATION, once", async (_name, language, expression) => {
    const record = await run(transform(language, expression, X), 1);
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
    expect(read(stepsOf(record).get("t"), "attempt")).toBe(1);
    expect(JSON.stringify(record)).not.toMatch(/\.ts:\d|node_modules/);
  });

  test.each([
    ["python", "return 1"],
    ["cobol", "x"],
    ["jsonpath", "$..["],
  ])("%s %j is refused when it is started", async (language, expression) => {
    const answer = await outside.api.start({
      definition: { name: "Refused", steps: [transform(language, expression)] },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });

  test("a constructor's way out finds nothing", async () => {
    const expression =
      "const F = (() => 1).constructor; const g = F('return globalThis')(); return Object.getOwnPropertyNames(g).filter((name) => /fetch|process|require|Deno|Bun|env|WebSocket|caches/i.test(name));";
    expect(outputOf(await run(transform("javascript", expression)), "t")).toEqual({ result: [] });
  });

  test("secrets are not among what a script sees", async () => {
    const answer = await outside.api.start({
      definition: {
        name: "Refused",
        steps: [transform("javascript", "return 1", { input: "{{ secrets.API_TOKEN }}" })],
      },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(outputOf(await run(transform("javascript", "return Object.keys(context).sort();")), "t")).toEqual({
      result: expect.not.arrayContaining(["secrets"]),
    });
  });
});
