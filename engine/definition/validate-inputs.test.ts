import { describe, expect, test } from "vitest";
import type { Scope } from "../expressions/types.ts";
import type { JsonObject } from "../json.ts";
import { readWorkflows } from "./read-workflows.ts";
import { prepareInputs } from "./validate-inputs.ts";

const SCOPE: Scope = { root: () => undefined, now: Date.UTC(2026, 10, 20, 9), seed: "exec", strict: false };

function prepared(inputs: string, given: JsonObject) {
  const { workflows, problems } = readWorkflows(`name: x\ninputs:\n${inputs}\n`, "yaml");
  expect(problems).toEqual([]);
  const [workflow] = workflows;
  if (workflow === undefined) throw new Error("no workflow");
  return prepareInputs(workflow.definition, given, SCOPE);
}

describe("what a run gets as inputs", () => {
  test("defaults are filled in, templates evaluated, the rest is null", () => {
    expect(
      prepared(
        '  day: {type: string, default: "{{ today }}"}\n  n: {type: number, default: 3}\n  note: {type: string}',
        {},
      ),
    ).toEqual({
      ok: true,
      inputs: { day: "2026-11-20", n: 3, note: null },
    });
  });

  test("data that poses as a secret of the tenant is refused, wherever it stands", () => {
    expect(prepared("  x: {type: object}", { x: { a: [{ $secret: { name: "API_TOKEN" } }] } })).toMatchObject({
      ok: false,
      problems: [{ path: "/inputs/x/a/0/$secret" }],
    });
  });

  test("a default satisfies required; without one a required input must be given", () => {
    expect(prepared("  a: {type: string, required: true, default: x}", {})).toEqual({ ok: true, inputs: { a: "x" } });
    expect(prepared("  a: {type: string, required: true}", {})).toEqual({
      ok: false,
      problems: [{ path: "/inputs/a", message: "a is required" }],
    });
  });

  test("null is accepted where the type says so, or where an optional input has no default", () => {
    expect(prepared("  a: {type: string}", { a: null })).toEqual({ ok: true, inputs: { a: null } });
    expect(prepared("  a: {type: [string, 'null'], required: true}", { a: null })).toEqual({
      ok: true,
      inputs: { a: null },
    });
    expect(prepared("  a: {type: string, required: true}", { a: null })).toMatchObject({
      problems: [{ path: "/inputs/a", message: "a must be string, got null" }],
    });
    expect(prepared("  a: {type: string, default: x}", { a: null })).toMatchObject({
      problems: [{ path: "/inputs/a" }],
    });
  });

  test("an undeclared input is refused with the nearest declared one", () => {
    expect(prepared("  location: {type: string}", { locaton: "x", far: 1 })).toEqual({
      ok: false,
      problems: [
        {
          path: "/inputs/locaton",
          message: 'there is no input "locaton"; did you mean "location"?',
          suggestion: "location",
        },
        { path: "/inputs/far", message: 'there is no input "far"' },
      ],
    });
    expect(prepared("  a: {type: string}", { constructor: 1 })).toMatchObject({
      problems: [{ path: "/inputs/constructor" }],
    });
  });

  test("enum and any JSON Schema keyword count, and all problems come at once", () => {
    const inputs =
      "  unit: {type: string, enum: [m, ft]}\n  code: {type: string, pattern: '^[A-Z]{3}$'}\n  who: {type: object, required: [name], properties: {name: {type: string}}}";
    expect(prepared(inputs, { unit: "km", code: "abc", who: { name: 3 } })).toMatchObject({
      ok: false,
      problems: [
        { path: "/inputs/unit" },
        { path: "/inputs/code" },
        { path: "/inputs/who/name", message: "must be string, got number" },
      ],
    });
    expect(prepared(inputs, { who: {} })).toMatchObject({
      problems: [{ path: "/inputs/who/name", message: "name is required" }],
    });
    expect(prepared(inputs, { unit: "m", code: "ABC", who: { name: "x" } })).toMatchObject({ ok: true });
  });

  test("a key named __proto__ and endless nesting are refused wherever they stand", () => {
    const hostile: JsonObject = JSON.parse('{"a": [{"b": {"__proto__": 1}}]}');
    expect(prepared("  a: {}", hostile)).toEqual({
      ok: false,
      problems: [{ path: "/inputs/a/0/b/__proto__", message: 'a key must not be named "__proto__"' }],
    });
    const deep: JsonObject = JSON.parse(`{"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    expect(prepared("  a: {}", deep)).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringContaining("nested") }],
    });
  });

  test("text that looks like a template stays text: given values are never evaluated", () => {
    expect(prepared("  a: {type: string}", { a: "{{ today }}" })).toEqual({ ok: true, inputs: { a: "{{ today }}" } });
  });

  test("a default template that gives the wrong type is a problem of the input", () => {
    expect(prepared('  n: {type: number, default: "{{ today }}"}', {})).toMatchObject({
      ok: false,
      problems: [{ path: "/inputs/n" }],
    });
  });
});
