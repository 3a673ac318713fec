import { describe, expect, test } from "vitest";
import { trustedName } from "../../../connectors/functions/trusted-names.ts";
import { FIRST_PARTY } from "../../../connectors/first-party/all-connectors.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { compileSchema } from "../../../engine/schema/validate.ts";
import { TOOLS } from "./all-tools.ts";
import { runTool } from "./run-tool.ts";

function callOf(name: string, input: Json): ActionCall {
  const [connector = "", action = ""] = name.split(".");
  return {
    path: "step",
    stepId: "step",
    attempt: 1,
    action: {
      namespace: "community",
      connector,
      version: "1.0.0",
      action,
      plugin: "toolbox",
      idempotent: true,
      handler: { kind: "function", function: name },
    },
    input,
    idempotencyKey: "exec_1:1:step",
    timeoutMs: 1000,
    deadline: 1000,
  };
}

function run(name: string, input: Json): ActionResult {
  const result = runTool(callOf(name, input), () => 0);
  if (result instanceof Promise) throw new Error(`${name} did not answer at once`);
  const tool = TOOLS.get(name);
  if (result.ok && tool) expect(compileSchema(tool.output).validate(result.output)).toEqual([]);
  return result;
}

function output(name: string, input: Json): Json {
  const result = run(name, input);
  if (!result.ok) throw new Error(result.error.message);
  return result.output;
}

function refusal(name: string, input: Json): string {
  const result = run(name, input);
  if (result.ok) throw new Error("was accepted");
  expect(result.error.code).toBe("VALIDATION");
  return result.error.message;
}

const weather: JsonObject[] = [
  { location: "Oslo", temperature: 4, windspeed: 60 },
  { location: "Cairo", temperature: 38, windspeed: 10 },
  { location: "Lima", temperature: 20, windspeed: 12 },
];

describe("the toolbox", () => {
  test("has code for every function of the first-party manifests, and no other", () => {
    const declared = FIRST_PARTY.flatMap((manifest) =>
      manifest.actions.flatMap((action) => {
        const name = action.handler.kind === "function" ? action.handler.function : undefined;
        return name === undefined || trustedName(name) !== undefined ? [] : [name];
      }),
    );
    expect([...TOOLS.keys()].sort()).toEqual(declared.sort());
  });

  test("answers UNAVAILABLE, for good, for a function it does not have", () => {
    const result = runTool(callOf("calculator.integrate", {}), () => 0);
    expect(result).toMatchObject({ ok: false, permanent: true, error: { code: "UNAVAILABLE" } });
  });

  test("refuses a marked secret anywhere in an input", () => {
    expect(refusal("text.template", { template: { $secret: { name: "K" } } })).toContain("secret");
  });

  test("names every member that is wrong", () => {
    const result = run("calculator.add", { a: "1" });
    expect(result).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
    const paths = result.ok ? [] : JSON.stringify(result.error.details);
    expect(paths).toContain("/a");
    expect(paths).toContain("b");
  });
});

describe("calculator", () => {
  test("computes", () => {
    expect(output("calculator.add", { a: 2, b: 3 })).toEqual({ result: 5 });
    expect(output("calculator.subtract", { a: 2, b: 3 })).toEqual({ result: -1 });
    expect(output("calculator.multiply", { a: 2, b: 3 })).toEqual({ result: 6 });
    expect(output("calculator.divide", { a: 3, b: 2 })).toEqual({ result: 1.5 });
    expect(output("calculator.power", { base: 2, exponent: 10 })).toEqual({ result: 1024 });
    expect(output("calculator.sqrt", { value: 81 })).toEqual({ result: 9 });
    expect(output("calculator.percentage", { value: 30, percent: 15 })).toEqual({ result: 4.5 });
  });

  test("refuses what has no number as its result", () => {
    expect(refusal("calculator.divide", { a: 1, b: 0 })).toContain("divide by zero");
    refusal("calculator.sqrt", { value: -4 });
    refusal("calculator.power", { base: 10, exponent: 400 });
    refusal("calculator.power", { base: -8, exponent: 0.5 });
  });
});

describe("data", () => {
  test("filter keeps an item when any condition holds, unless all must", () => {
    const conditions = [
      { field: "temperature", operator: ">", value: 35 },
      { field: "windspeed", operator: ">", value: 50 },
    ];
    expect(output("data.filter", { data: weather, conditions })).toEqual([weather[0], weather[1]]);
    expect(output("data.filter", { data: weather, conditions, match: "all" })).toEqual([]);
  });

  test("filter never orders values of different types, and reaches inside by dots", () => {
    const data: Json[] = [{ a: { b: "9" } }, { a: { b: 9 } }, {}];
    expect(output("data.filter", { data, conditions: [{ field: "a.b", operator: ">=", value: 5 }] })).toEqual([
      { a: { b: 9 } },
    ]);
    expect(output("data.filter", { data, conditions: [{ field: "a", operator: "not_exists" }] })).toEqual([{}]);
    expect(output("data.filter", { data, conditions: [{ field: "constructor", operator: "exists" }] })).toEqual([]);
  });

  test("filter knows words, membership and text operators", () => {
    const data = [{ t: "ab" }, { t: "bc" }, { t: ["x"] }];
    const by = (operator: string, value: Json) =>
      output("data.filter", { data, conditions: [{ field: "t", operator, value }] });
    expect(by("contains", "b")).toEqual([{ t: "ab" }, { t: "bc" }]);
    expect(by("contains", "x")).toEqual([{ t: ["x"] }]);
    expect(by("in", ["ab", ["x"]])).toEqual([{ t: "ab" }, { t: ["x"] }]);
    expect(by("starts_with", "a")).toEqual([{ t: "ab" }]);
    expect(by("ne", "ab")).toEqual([{ t: "bc" }, { t: ["x"] }]);
    refusal("data.filter", { data, conditions: [{ field: "t", operator: "~", value: 1 }] });
  });

  test("sort is stable, puts missing members last either way and refuses mixed types", () => {
    const data: Json[] = [{ n: 2, i: 0 }, { i: 1 }, { n: 1, i: 2 }, { n: 2, i: 3 }];
    expect(output("data.sort", { data, by: "n" })).toEqual([data[2], data[0], data[3], data[1]]);
    expect(output("data.sort", { data, by: "n", order: "desc" })).toEqual([data[0], data[3], data[2], data[1]]);
    refusal("data.sort", { data: [1, "a"] });
  });

  test("group, unique, pick, omit, merge, flatten, slice and map", () => {
    const rows = [
      { k: "a", v: 1 },
      { k: "b", v: 2 },
      { k: "a", v: 3 },
    ];
    expect(output("data.group", { data: rows, by: "k" })).toEqual([
      { key: "a", items: [rows[0], rows[2]] },
      { key: "b", items: [rows[1]] },
    ]);
    expect(output("data.unique", { data: rows, by: "k" })).toEqual([rows[0], rows[1]]);
    expect(
      output("data.unique", {
        data: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      }),
    ).toEqual([{ a: 1, b: 2 }]);
    expect(output("data.pick", { data: rows, fields: ["v"] })).toEqual([{ v: 1 }, { v: 2 }, { v: 3 }]);
    expect(output("data.omit", { data: { a: 1, b: { c: 2, d: 3 } }, fields: ["a", "b.c"] })).toEqual({ b: { d: 3 } });
    expect(output("data.merge", { objects: [{ a: { x: 1 } }, { a: { y: 2 } }], deep: true })).toEqual({
      a: { x: 1, y: 2 },
    });
    expect(output("data.merge", { objects: [{ a: { x: 1 } }, { a: { y: 2 } }] })).toEqual({ a: { y: 2 } });
    expect(output("data.flatten", { data: [1, [2, [3]]] })).toEqual([1, 2, [3]]);
    expect(output("data.slice", { data: [1, 2, 3], start: -2, count: 1 })).toEqual([2]);
    expect(output("data.map", { data: rows, field: "v" })).toEqual([1, 2, 3]);
  });
});

describe("analytics", () => {
  test("names a figure by its type, and by type and field where a type stands twice", () => {
    const operations = [
      { type: "max", field: "temperature" },
      { type: "min", field: "temperature" },
      { type: "average", field: "temperature" },
    ];
    expect(output("analytics.compute", { data: weather, operations })).toEqual({ max: 38, min: 4, average: 62 / 3 });
    const twice = [...operations, { type: "max", field: "windspeed" }];
    expect(output("analytics.compute", { data: weather, operations: twice })).toMatchObject({
      max_temperature: 38,
      max_windspeed: 60,
    });
  });

  test("leaves nulls out and refuses what is no number", () => {
    expect(
      output("analytics.compute", { data: [1, null, 3], operations: [{ type: "average" }, { type: "count" }] }),
    ).toEqual({ average: 2, count: 2 });
    expect(
      output("analytics.compute", {
        data: [],
        operations: [
          { type: "max", field: "x" },
          { type: "sum", field: "x" },
        ],
      }),
    ).toEqual({ max: null, sum: 0 });
    expect(
      refusal("analytics.compute", { data: [{ t: "warm" }], operations: [{ type: "max", field: "t" }] }),
    ).toContain("warm");
  });

  test("takes metrics over the only number of the rows", () => {
    const sales = [
      { product: "a", total: 10 },
      { product: "b", total: 30 },
    ];
    expect(output("analytics.compute", { data: sales, metrics: ["total", "average", "top_products"] })).toEqual({
      total: 40,
      average: 20,
      top_products: [sales[1], sales[0]],
    });
    expect(refusal("analytics.compute", { data: weather, metrics: ["total"] })).toContain("temperature, windspeed");
    expect(refusal("analytics.compute", { data: sales, metrics: ["averge"] })).toContain('"average"');
  });

  test("knows the order statistics", () => {
    const operations: Json[] = [
      { type: "median" },
      { type: "percentile", percent: 25, as: "p25" },
      { type: "stddev" },
      { type: "range" },
      { type: "distinct" },
    ];
    expect(output("analytics.compute", { data: [2, 4, 4, 4, 5, 5, 7, 9], operations })).toEqual({
      median: 4.5,
      p25: 4,
      stddev: 2,
      range: 7,
      distinct: 5,
    });
  });
});

describe("text and logging", () => {
  test("template gives its text as it is and never evaluates it again", () => {
    expect(output("text.template", { template: "{{ secrets.K }}" })).toEqual({ text: "{{ secrets.K }}" });
    expect(output("text.template", { template: 4.5 })).toEqual({ text: "4.5" });
  });

  test("changes text literally", () => {
    expect(output("text.replace", { text: "a.b.c", search: ".", replacement: "$&" })).toEqual({ text: "a$&b$&c" });
    expect(output("text.replace", { text: "a.b.c", search: ".", replacement: "", all: false })).toEqual({
      text: "ab.c",
    });
    expect(output("text.title", { text: "it's über cool" })).toEqual({ text: "It's Über Cool" });
    expect(output("text.truncate", { text: "weather", length: 4 })).toEqual({ text: "wea…" });
    expect(output("text.split", { text: "a,b" })).toEqual({ parts: ["a", "b"] });
    expect(output("text.join", { items: ["a", 1, null, true], separator: "-" })).toEqual({ text: "a-1--true" });
    expect(output("text.length", { text: "🌤x" })).toEqual({ length: 2 });
    expect(output("text.contains", { text: "abc", search: "bc" })).toEqual({ result: true });
  });

  test("logs at every level", () => {
    expect(output("logging.log_error", { message: "bad", context: { a: 1 } })).toEqual({
      logged: true,
      level: "error",
      message: "bad",
      context: { a: 1 },
    });
    expect(output("logging.log", { message: "hm" })).toMatchObject({ level: "info" });
    expect(output("logging.warn", { message: { a: 1 } })).toMatchObject({ level: "warn", message: '{"a":1}' });
  });
});
