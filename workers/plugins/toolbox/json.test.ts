import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../engine/json.ts";
import { json } from "./json.ts";

async function run(action: string, input: JsonObject) {
  const outcome = await json[action]?.(input);
  if (outcome === undefined) throw new Error(`no ${action}`);
  return outcome;
}
async function data(action: string, input: JsonObject): Promise<Json> {
  const outcome = await run(action, input);
  if (!outcome.ok) throw new Error(outcome.error.message);
  return (outcome.output as JsonObject).data ?? null;
}
const patched = (document: Json, patch: JsonObject[]) => data("patch", { data: document, patch });
const refused = async (document: Json, patch: JsonObject[]) => {
  const outcome = await run("patch", { data: document, patch });
  return outcome.ok ? "was accepted" : outcome.error.message;
};

describe("a JSON patch", () => {
  test("does what the examples of RFC 6902's appendix say", async () => {
    expect(await patched({ foo: ["bar", "baz"] }, [{ op: "add", path: "/foo/1", value: "qux" }])).toEqual({
      foo: ["bar", "qux", "baz"],
    });
    expect(await patched({ foo: ["bar", "qux", "baz"] }, [{ op: "remove", path: "/foo/1" }])).toEqual({
      foo: ["bar", "baz"],
    });
    expect(
      await patched({ foo: { bar: "baz", waldo: "fred" }, qux: { corge: "grault" } }, [
        { op: "move", from: "/foo/waldo", path: "/qux/thud" },
      ]),
    ).toEqual({ foo: { bar: "baz" }, qux: { corge: "grault", thud: "fred" } });
    expect(
      await patched({ foo: ["all", "grass", "cows", "eat"] }, [{ op: "move", from: "/foo/1", path: "/foo/3" }]),
    ).toEqual({
      foo: ["all", "cows", "eat", "grass"],
    });
    expect(await refused({ baz: "qux" }, [{ op: "test", path: "/baz", value: "bar" }])).toContain(
      "not the one tested for",
    );
    expect(await refused({ foo: "bar" }, [{ op: "add", path: "/baz/bat", value: "qux" }])).toContain("/baz/bat");
    expect(await patched({ "/": 9, "~1": 10 }, [{ op: "test", path: "/~01", value: 10 }])).toEqual({
      "/": 9,
      "~1": 10,
    });
    expect(await refused({ "/": 9, "~1": 10 }, [{ op: "test", path: "/~01", value: "10" }])).toContain("tested for");
    expect(await patched({ foo: ["bar"] }, [{ op: "add", path: "/foo/-", value: ["abc", "def"] }])).toEqual({
      foo: ["bar", ["abc", "def"]],
    });
    expect(await patched({ a: 1 }, [{ op: "replace", path: "", value: [2] }])).toEqual([2]);
  });

  test("is all or nothing, and leaves its input as it was", async () => {
    const document = { list: [1, { deep: true }] };
    const before = structuredClone(document);
    expect(
      await refused(document, [
        { op: "remove", path: "/list/0" },
        { op: "remove", path: "/gone" },
      ]),
    ).toContain("Operation 1");
    await patched(document, [{ op: "replace", path: "/list/1/deep", value: false }]);
    expect(document).toEqual(before);
  });

  test("reaches nothing that a prototype has", async () => {
    for (const path of [
      "/__proto__/polluted",
      "/constructor/prototype/polluted",
      "/toString/polluted",
      "/list/length/x",
    ]) {
      expect(await refused({ list: [] }, [{ op: "add", path, value: 1 }]), path).not.toBe("was accepted");
    }
    expect(await refused({}, [{ op: "copy", from: "/constructor", path: "/x" }])).toContain("nothing at");
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.keys(Object.prototype.toString)).toEqual([]);
    expect(await patched({}, [{ op: "add", path: "/constructor", value: 1 }])).toEqual({ constructor: 1 });
  });

  test("refuses indexes that are none, a move into itself, and copies without end", async () => {
    for (const segment of ["01", "-1", "1e0", "4", " 0"]) {
      expect(await refused([1, 2, 3], [{ op: "add", path: `/${segment}`, value: 0 }]), segment).not.toBe(
        "was accepted",
      );
    }
    expect(await refused({ a: { b: 1 } }, [{ op: "move", from: "/a", path: "/a/b" }])).toContain("into itself");
    expect(
      await refused(
        [[1]],
        Array.from({ length: 60 }, () => ({ op: "copy", from: "", path: "/-" })),
      ),
    ).toContain("copies too much");
  });
});

test("a diff leads from one document to the other, whatever they are", async () => {
  let seed = 7;
  const chance = (most: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % most;
  };
  const random = (depth: number): Json => {
    const kind = chance(depth > 3 ? 3 : 5);
    if (kind === 3) return Array.from({ length: chance(5) }, () => random(depth + 1));
    if (kind === 4)
      return Object.fromEntries(["a", "b/c", "d~e"].slice(0, chance(4)).map((name) => [name, random(depth + 1)]));
    return [null, chance(4), `t${chance(3)}`][kind] ?? null;
  };
  for (let times = 0; times < 500; times += 1) {
    const [before, after] = [random(0), random(0)];
    const outcome = await run("diff", { before, after });
    const patch = outcome.ok ? (outcome.output as { patch: JsonObject[] }).patch : [];
    expect(await patched(before, patch)).toEqual(after);
  }
});

test("a merge patch does what the table of RFC 7396's appendix says", async () => {
  const rows: [Json, Json, Json][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [document, patch, wanted] of rows) expect(await data("merge", { data: document, patch })).toEqual(wanted);
});

describe("JSON text and pointers", () => {
  test("text that no value can be is refused", async () => {
    for (const text of [
      "{",
      '{"__proto__": 1}',
      '{"\\u005f_proto__": {"a": 1}}',
      "1e999",
      `${"[".repeat(2_000)}${"]".repeat(2_000)}`,
    ]) {
      expect((await run("parse", { text })).ok, text.slice(0, 30)).toBe(false);
    }
    expect(await run("parse", { text: " [1, null] " })).toMatchObject({ ok: true, output: { value: [1, null] } });
  });

  test("a pointer finds null, and no member that is inherited", async () => {
    expect(await run("get", { data: { a: null }, pointer: "/a" })).toMatchObject({
      output: { found: true, value: null },
    });
    expect(await run("get", { data: {}, pointer: "/toString" })).toMatchObject({ output: { found: false } });
    expect(await run("get", { data: {}, pointer: "a" })).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
    expect(await run("get", { data: {}, pointer: "/~2" })).toMatchObject({ ok: false });
  });

  test("set puts, replaces and makes the way only when it is told to", async () => {
    expect(await data("set", { data: [1, 2], pointer: "/0", value: 9 })).toEqual([9, 2]);
    expect(await data("set", { data: [1], pointer: "/-", value: 9 })).toEqual([1, 9]);
    expect((await run("set", { data: {}, pointer: "/a/b", value: 1 })).ok).toBe(false);
    expect((await run("set", { data: { a: 1 }, pointer: "/a/b", value: 1, create: true })).ok).toBe(false);
  });

  test("what was flattened comes back, empty lists and maps included", async () => {
    const document = { a: [1, { b: [] }], c: {}, d: "x" };
    const flat = await data("flatten", { data: document, separator: "/" });
    expect(flat).toEqual({ "a/0": 1, "a/1/b": [], c: {}, d: "x" });
    expect(await data("unflatten", { data: flat, separator: "/" })).toEqual(document);
    expect((await run("unflatten", { data: { "a.b": 1, a: 2 }, separator: "." })).ok).toBe(false);
    expect((await run("unflatten", { data: { "__proto__.x": 1 }, separator: "." })).ok).toBe(false);
  });
});
