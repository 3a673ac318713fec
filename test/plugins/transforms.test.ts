import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../../engine/json.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import { type CodePlugin, type Language, startCodePlugin } from "./code-plugin.ts";

/* The code plugin in workerd: what the transform languages answer (sections 4 and 20, "Logic steps"). */

let plugin: CodePlugin;

beforeAll(async () => {
  plugin = await startCodePlugin();
});
afterAll(async () => {
  await plugin?.stop();
});

async function run(language: Language, expression: string, data: Json = null): Promise<ActionResult> {
  const [result] = await plugin.run([{ language, expression, data }]);
  if (result === undefined) throw new Error("no result");
  return result;
}

const ORDERS: Json = {
  items: [
    { name: "Hat", price: 9.5, tags: ["a", "b"] },
    { name: "Überzug", price: 20, tags: [] },
  ],
  "odd key": { "": 0 },
  __proto__: null,
};

/** Every type that JSON has, and what tends to be lost: order of keys, empty ones, large and small numbers, text in any script. */
const ANY_JSON: Json = {
  b: [null, true, false, 0, -1.5, 1e21, 1e-7, 9007199254740991],
  a: { "": {}, nested: [[], [[{}]]] },
  text: 'quote " backslash \\ line\nseparator \u2028 emoji 🎉 zero \u0000 lone',
  "10": "ten",
};

describe("values", () => {
  test.each<[Language, string, Json, Json]>([
    ["jq", ".items[0].name", ORDERS, "Hat"],
    ["jq", ".items | map(.price) | add", ORDERS, 29.5],
    [
      "jq",
      ".items | group_by(.price > 10) | map({n: length, first: .[0].name})",
      ORDERS,
      [
        { n: 1, first: "Hat" },
        { n: 1, first: "Überzug" },
      ],
    ],
    ["jq", ".items[].price", ORDERS, [9.5, 20]],
    ["jq", ".items[0].price", ORDERS, 9.5],
    ["jq", "empty", ORDERS, null],
    ["jq", "[.items[] | select(.price > 100)]", ORDERS, []],
    ["jq", '"2015-03-05T23:51:47Z" | fromdate', null, 1425599507],
    ["jq", '"10:20 Mon 5 March 2015" | strptime("%H:%M %a %d %B %Y") | mktime', null, 1425550800],
    ["jq", '"2024-060" | strptime("%Y-%j") | .[0:3]', null, [2024, 1, 29]],
    ["jq", "1425599507 | todate", null, "2015-03-05T23:51:47Z"],
    ["jq", "86400 | localtime | mktime", null, 86400],
    ["jq", '1425599507 | strflocaltime("%A %H:%M")', null, "Thursday 23:51"],
    ["jq", '[match("(?<x>a+)"; "g").captures[0].string]', "caat aaa", ["aa", "aaa"]],
    ["jq", 'ltrimstr("a"), @base64, @uri', "a b", [" b", "YSBi", "a%20b"]],
    ["jq", 'try error("x") catch .', null, "x"],
    ["jq", "[limit(3; repeat(1))]", null, [1, 1, 1]],
    ["jq", "nan, infinite", null, [null, 1.7976931348623157e308]],
    ["jsonata", "items[price > 10].name", ORDERS, "Überzug"],
    ["jsonata", "$sum(items.price)", ORDERS, 29.5],
    ["jsonata", "items.{ 'n': $uppercase(name) }", ORDERS, [{ n: "HAT" }, { n: "ÜBERZUG" }]],
    ["jsonata", "nothing.here", ORDERS, null],
    ["jsonata", "$map([1..3], function($x) { $x * $x })", null, [1, 4, 9]],
    ["jsonata", "$fromMillis(0)", null, "1970-01-01T00:00:00.000Z"],
    ["jsonata", "($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(10))", null, 3628800],
    ["javascript", "return context.items.map((item) => item.price * 2)", ORDERS, [19, 40]],
    ["javascript", "const { items: [{ name }] } = context;\nreturn `${name}!`", ORDERS, "Hat!"],
    ["javascript", "", ORDERS, null],
    ["javascript", "return undefined", null, null],
    ["javascript", "return { a: undefined, b: [undefined], c: null }", null, { b: [null], c: null }],
    ["javascript", "return new Date(0)", null, "1970-01-01T00:00:00.000Z"],
    ["javascript", "return Promise.resolve(context.n)", { n: 5 }, 5],
    ["javascript", "const n = await Promise.all([1, 2]); return n", null, [1, 2]],
    [
      "javascript",
      "return Object.keys(context)",
      { input: 1, inputs: 2, steps: 3, env: 4, item: 5, index: 6 },
      ["input", "inputs", "steps", "env", "item", "index"],
    ],
    ["javascript", "return Number((1234.5).toFixed(1)) + [..." + '"añb"' + "].length", null, 1237.5],
  ])("%s: %s", async (language, expression, data, output) => {
    expect(await run(language, expression, data)).toMatchObject({ ok: true, output });
  });

  test.each<[Language, string]>([
    ["jq", "."],
    ["jsonata", "$"],
    ["javascript", "return context"],
  ])("%s gives back any JSON as it was", async (language, expression) => {
    const result = await run(language, expression, ANY_JSON);
    expect(result.ok && JSON.stringify(result.output)).toBe(JSON.stringify(ANY_JSON));
  });

  test("a result may have a mebibyte", async () => {
    const result = await run("javascript", "return 'x'.repeat(1048574)");
    expect(result.ok && String(result.output).length).toBe(1_048_574);
  });

  test("two calls draw different random numbers", async () => {
    const first = await run("javascript", "return Math.random()");
    const second = await run("javascript", "return Math.random()");
    expect(first.ok && first.output).toBeTypeOf("number");
    expect(first.ok && first.output).not.toBe(second.ok && second.output);
  });
});

describe("failures", () => {
  test.each<[Language, string, string, number | undefined]>([
    ["jq", ".a |", "jq: syntax error, unexpected end of file (line 1)", 1],
    ["jq", ".a\n| nothing(1)", "jq: nothing/1 is not defined (line 2)", 2],
    ["jq", ".a.b", 'jq: Cannot index number with string ("b")', undefined],
    ["jq", 'error("mine")', "jq: mine", undefined],
    ["jsonata", "a[", 'JSONata: Expected "]" before end of expression (S0203) (line 1)', 1],
    ["jsonata", "\n$nothing(1)", "JSONata: Attempted to invoke a non-function (T1006) (line 2)", 2],
    ["jsonata", '$error("mine")', "JSONata: mine (D3137) (line 1)", 1],
    [
      "jsonata",
      "[function($x) { $x }]",
      'JSONata: the result has at "0" a function, which JSON cannot hold',
      undefined,
    ],
    ["javascript", "\nreturn (;", "JavaScript: SyntaxError: unexpected token in expression: ';' (line 2)", 2],
    ["javascript", "const a = 1;\n\nthrow new Error('mine')", "JavaScript: Error: mine (line 3)", 3],
    ["javascript", "throw 'mine'", "JavaScript: mine", undefined],
    ["javascript", "throw { code: 7 }", 'JavaScript: it threw {"code":7}', undefined],
    ["javascript", "return context.a.b.c", "JavaScript: TypeError: cannot read property 'c' of undefined (line 1)", 1],
    ["javascript", "return () => 1", "JavaScript: the result is a function, which JSON cannot hold", undefined],
    [
      "javascript",
      "return { a: 10n }",
      'JavaScript: the result has at "a" a BigInt, which JSON cannot hold',
      undefined,
    ],
    ["javascript", "return [0 / 0]", 'JavaScript: the result has at "0" NaN, which JSON cannot hold', undefined],
    ["javascript", "return new Map()", "JavaScript: the result is a Map, which JSON cannot hold", undefined],
    ["javascript", "const a = {}; a.a = a; return a", "JavaScript: TypeError: circular reference", undefined],
  ])("%s: %s", async (language, expression, message, line) => {
    const result = await run(language, expression, { a: 5 });
    const error =
      line === undefined ? { code: "VALIDATION", message } : { code: "VALIDATION", message, details: { line } };
    expect(result).toMatchObject({ ok: false, permanent: true });
    expect(result.ok ? result : result.error).toEqual(error);
  });

  test("what takes too long says after which time it was stopped, and trying again cannot help", async () => {
    const [result] = await plugin.run([{ language: "javascript", expression: "for (;;);", timeoutMs: 50 }]);
    expect(result).toMatchObject({
      ok: false,
      permanent: true,
      error: { code: "TIMEOUT", details: { timeout_ms: 50 } },
      usage: { compute_ms: expect.any(Number), egress_bytes: 0 },
    });
    expect(result?.usage?.compute_ms).toBeGreaterThanOrEqual(50);
  });

  test("no call gets more than a second, however long its timeout is", async () => {
    const [result] = await plugin.run([{ language: "jq", expression: "def f: f; f", timeoutMs: 600_000 }]);
    expect(result).toMatchObject({ ok: false, error: { code: "TIMEOUT", details: { timeout_ms: 1_000 } } });
  });

  test("the same endless expression is stopped at the same count every time", async () => {
    const expression = "let n = 0; for (;;) n += 1";
    const results = await plugin.run(Array(3).fill({ language: "javascript", expression, timeoutMs: 100 }));
    expect(results.map((result) => !result.ok && result.error.code)).toEqual(["TIMEOUT", "TIMEOUT", "TIMEOUT"]);
  });

  test("an expression of more than 64 KiB is refused", async () => {
    expect(await run("jq", `.${" ".repeat(65_536)}`)).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
  });
});

describe("isolated executions", () => {
  const transforms = [
    { language: "javascript", expression: "globalThis.n = 1; return 2" },
    { language: "jq", expression: ".a", data: { a: 3 } },
    { language: "jsonata", expression: "a", data: { a: 4 } },
  ] as const;

  test("each runs its transforms in an isolate that serves it alone, and says which", async () => {
    const isolates = new Set<string | undefined>();
    for (const executionId of ["exec_a", "exec_b"]) {
      const results = await plugin.run([...transforms], { isolated: true, executionId });
      expect(results.map((result) => result.ok && result.output)).toEqual([2, 3, 4]);
      const own = new Set(results.map(({ usage }) => usage?.isolate));
      expect(own.size).toBe(1);
      for (const isolate of own) isolates.add(isolate);
    }
    expect(isolates.size).toBe(2);
    expect(isolates.has(undefined)).toBe(false);
  });

  test("the others name no isolate", async () => {
    const results = await plugin.run([...transforms]);
    expect(results.map(({ usage }) => usage?.isolate)).toEqual([undefined, undefined, undefined]);
  });
});
