import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../engine/json.ts";
import { breakingChanges } from "./breaking-changes.ts";
import { readConnectorValue } from "./read-connector.ts";

function manifest(input: JsonObject | undefined, name = "go") {
  const handler = { http: { url: "https://example.com", method: "POST" } };
  const action: JsonObject = input === undefined ? { name, handler } : { name, input, handler };
  const file: Json = { connector: { name: "c", namespace: "n", version: "1.0.0" }, actions: [action] };
  const read = readConnectorValue(file);
  if (read.manifest === undefined || read.problems.length > 0) throw new Error(JSON.stringify(read.problems));
  return read.manifest;
}

const paths = (before: JsonObject | undefined, now: JsonObject | undefined) =>
  breakingChanges(manifest(before), manifest(now)).map(({ path }) => path.replace("/actions/0/input", ""));

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more });
const text: JsonObject = { type: "string" };

describe("what callers can no longer send", () => {
  const cases: [string, JsonObject | undefined, JsonObject, string[]][] = [
    ["a new required member", object({ a: text }), object({ a: text, b: text }, { required: ["b"] }), ["/required"]],
    ["a member that becomes required", object({ a: text }), object({ a: text }, { required: ["a"] }), ["/required"]],
    ["a removed member", object({ a: text, b: text }), object({ a: text }), ["/properties/b"]],
    ["another type", object({ a: text }), object({ a: { type: "number" } }), ["/properties/a/type"]],
    ["a narrower type", object({ a: { type: ["string", "null"] } }), object({ a: text }), ["/properties/a/type"]],
    ["number to integer", { type: "number" }, { type: "integer" }, ["/type"]],
    ["a type where none was", undefined, { type: "object" }, ["/type"]],
    ["a value of an enum that is gone", { enum: ["a", "b"] }, { enum: ["a"] }, ["/enum"]],
    ["an enum where none was", text, { type: "string", enum: ["a"] }, ["/enum"]],
    ["a higher minimum", { minimum: 1 }, { minimum: 2 }, ["/minimum"]],
    ["a lower maximum", { maxLength: 9 }, { maxLength: 8 }, ["/maxLength"]],
    ["a bound where none was", text, { type: "string", maxLength: 8 }, ["/maxLength"]],
    ["a pattern where none was", text, { type: "string", pattern: "^a" }, ["/pattern"]],
    ["no further members", object({}), object({}, { additionalProperties: false }), ["/additionalProperties"]],
    ["narrower items", { items: { type: "number" } }, { items: { type: "integer" } }, ["/items/type"]],
    ["an alternative that is gone", { anyOf: [text, { type: "null" }] }, { anyOf: [text] }, ["/anyOf"]],
    ["one more of allOf", {}, { allOf: [text] }, ["/allOf"]],
    [
      "everything at once, inside too",
      object({ a: object({ x: text, y: text }), b: text }),
      object({ a: object({ x: { type: "null" } }) }),
      ["/properties/a/properties/x/type", "/properties/a/properties/y", "/properties/b"],
    ],
  ];
  test.each(cases)("%s", (_, before, now, expected) => {
    expect(paths(before, now)).toEqual(expected);
  });

  test("an action that is gone", () => {
    expect(breakingChanges(manifest({}, "go"), manifest({}, "run"))).toEqual([
      { path: "/actions", message: 'the action "go" is gone' },
    ]);
  });
});

describe("what takes as much as before", () => {
  const cases: [string, JsonObject | undefined, JsonObject | undefined][] = [
    ["the same", object({ a: text }, { required: ["a"] }), object({ a: text }, { required: ["a"] })],
    ["a new optional member", object({ a: text }), object({ a: text, b: text })],
    ["a new required member with a default", object({}), object({ b: { ...text, default: "x" } }, { required: ["b"] })],
    ["a member that becomes optional", object({ a: text }, { required: ["a"] }), object({ a: text })],
    ["a wider type", { type: "integer" }, { type: ["number", "null"] }],
    ["no schema any more", object({ a: text }), undefined],
    ["one more value", { enum: ["a"] }, { enum: ["b", "a"] }],
    ["wider bounds", { minimum: 2, maxLength: 8 }, { minimum: 1, maxLength: 9 }],
    ["a bound that bounds nothing", text, { type: "string", minLength: 0 }],
    ["other words", object({ a: text }), object({ a: { ...text, description: "An a", title: "A" } })],
    ["one more alternative", { anyOf: [text] }, { anyOf: [{ type: "null" }, text] }],
    ["one less of allOf", { allOf: [text] }, {}],
    ["further members", object({}, { additionalProperties: false }), object({ a: text })],
  ];
  test.each(cases)("%s", (_, before, now) => {
    expect(paths(before, now)).toEqual([]);
  });
});
