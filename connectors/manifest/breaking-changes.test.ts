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

/** With members of the action, and of the connector. */
function withMembers(action: { output?: JsonObject | undefined }, connector: JsonObject = {}) {
  const handler = { http: { url: "https://example.com", method: "POST" } };
  const own: JsonObject = action.output === undefined ? {} : { output: action.output };
  const file: Json = {
    connector: { name: "c", namespace: "n", version: "1.0.0", ...connector },
    actions: [{ name: "go", handler, ...own }],
  };
  const read = readConnectorValue(file);
  if (read.manifest === undefined || read.problems.length > 0) throw new Error(JSON.stringify(read.problems));
  return read.manifest;
}

const paths = (before: JsonObject | undefined, now: JsonObject | undefined) =>
  breakingChanges(manifest(before), manifest(now)).map(({ path }) => path.replace("/actions/0/input", ""));

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more });
const text: JsonObject = { type: "string" };
const list = (items: JsonObject): JsonObject => ({ type: "array", items });

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
      "members that nothing lists any more, where others are refused",
      object({ a: text }, { additionalProperties: false }),
      { type: "object", additionalProperties: false },
      ["/properties/a"],
    ],
    [
      "members that have to be as all others are",
      object({ a: text }, { additionalProperties: { type: "number" } }),
      { type: "object", additionalProperties: { type: "number" } },
      ["/properties/a/type"],
    ],
    ["a secret that may no longer stand there", { type: "string", "x-secret": true }, text, ["/x-secret"]],
    ["nothing", object({ a: text }), object({ a: false }), ["/properties/a"]],
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

describe("what readers can no longer count on", () => {
  const outputs = (before: JsonObject | undefined, now: JsonObject | undefined) =>
    breakingChanges(withMembers({ output: before }), withMembers({ output: now })).map(({ path }) =>
      path.replace("/actions/0/output", ""),
    );
  const always = { required: ["a"] };
  const cases: [string, JsonObject | undefined, JsonObject | undefined, string[]][] = [
    ["a member that is gone", object({ a: text, b: text }), object({ a: text }), ["/properties/b"]],
    ["a member of which nothing was said", object({ a: {}, b: text }), object({ b: text }), ["/properties/a"]],
    ["all members", object({ a: text }), { type: "object" }, ["/properties/a"]],
    ["one that is gone inside a list", list(object({ a: text })), list(object({ b: text })), ["/items/properties/a"]],
    ["items of which nothing is said", list(object({ a: text })), { type: "array" }, ["/items"]],
    ["a member that may be absent", object({ a: text }, always), object({ a: text }), ["/required"]],
    ["another type", object({ a: text }), object({ a: { type: "number" } }), ["/properties/a/type"]],
    ["a wider type", object({ a: text }), object({ a: { type: ["string", "null"] } }), ["/properties/a/type"]],
    ["integer to number", { type: "integer" }, { type: "number" }, ["/type"]],
    ["no type any more", object({ a: text }), { properties: { a: text } }, ["/type"]],
    ["no schema any more", object({ a: text }), undefined, [""]],
    ["gone and required: said once", object({ a: text }, always), object({}), ["/properties/a"]],
  ];
  test.each(cases)("%s", (_, before, now, expected) => {
    expect(outputs(before, now)).toEqual(expected);
  });

  test.each<[string, JsonObject | undefined, JsonObject | undefined]>([
    ["one more member", object({ a: text }), object({ a: text, b: text })],
    ["a member that is always there now", object({ a: text }), object({ a: text }, always)],
    ["number to integer", { type: "number" }, { type: "integer" }],
    ["a schema where none was", undefined, object({ a: text })],
    ["other words", object({ a: text }, { title: "A" }), object({ a: { ...text, description: "b" } }, { title: "B" })],
    ["one more value", { type: "string", enum: ["a"] }, { type: "string", enum: ["a", "b"] }],
    ["less than was said", object({ a: {} }), object({ a: text })],
  ])("but not %s", (_, before, now) => {
    expect(outputs(before, now)).toEqual([]);
  });
});

describe("what has to be set up anew", () => {
  const setup = (before: JsonObject, now: JsonObject) =>
    breakingChanges(withMembers({}, before), withMembers({}, now)).map(({ path }) => path);
  const oauth = (scopes: Json) => ({ auth: { type: "oauth2", tokenUrl: "https://a.example/token", scopes } });
  const setting = (more: JsonObject) => ({ runtime: { environment: [{ name: "REGION", ...more }] } });

  test.each<[string, JsonObject, JsonObject, string[]]>([
    ["a connection where none was", {}, { auth: { type: "bearer" } }, ["/auth"]],
    ["a connection of another type", { auth: { type: "bearer" } }, { auth: { type: "basic" } }, ["/auth/type"]],
    ["one more scope", oauth(["read"]), oauth(["read", "write"]), ["/auth/scopes"]],
    ["one more scope, as a map", oauth({ read: "r" }), oauth({ read: "r", write: "w" }), ["/auth/scopes"]],
    ["one more scope, as a text", oauth("read"), oauth("read write"), ["/auth/scopes"]],
    ["a required setting", {}, setting({ required: true }), ["/runtime/environment"]],
  ])("%s", (_, before, now, expected) => {
    expect(setup(before, now)).toEqual(expected);
  });

  test.each<[string, JsonObject, JsonObject]>([
    ["no connection any more", { auth: { type: "bearer" } }, {}],
    ["fewer scopes", oauth(["read", "write"]), oauth(["read"])],
    ["another place for the key", { auth: { type: "apiKey", name: "A" } }, { auth: { type: "apiKey", name: "B" } }],
    ["a setting that has a default", {}, setting({ required: true, default: "eu" })],
    ["a setting that is optional", {}, setting({})],
  ])("but not %s", (_, before, now) => {
    expect(setup(before, now)).toEqual([]);
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
