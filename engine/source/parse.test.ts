import { describe, expect, test } from "vitest";
import { parseDocuments, parseSource } from "./parse.ts";
import { Locator } from "./locator.ts";
import { type MapNode, type ScalarNode, toJson } from "./tree.ts";

function messages(text: string): string[] {
  return parseSource(text, "yaml").problems.map(({ message }) => message);
}

describe("YAML 1.2 core", () => {
  test("values have their core types; what YAML 1.1 would guess stays text", () => {
    const { tree, problems } = parseSource(
      "a: yes\nb: 010\nc: 2026-11-20\nd: 1.50\ne: ~\nf: True\ng: 0x1F\nh: '1'\n",
      "yaml",
    );
    expect(problems).toEqual([]);
    expect(tree && toJson(tree.root)).toEqual({
      a: "yes",
      b: 10,
      c: "2026-11-20",
      d: 1.5,
      e: null,
      f: true,
      g: 31,
      h: "1",
    });
  });

  test("anchors and aliases give copies of a value", () => {
    const { tree, problems } = parseSource("base: &b {n: [1, 2]}\none: *b\ntwo: *b\n", "yaml");
    expect(problems).toEqual([]);
    expect(tree && toJson(tree.root)).toEqual({ base: { n: [1, 2] }, one: { n: [1, 2] }, two: { n: [1, 2] } });
  });

  test("keys that are no texts keep their writing", () => {
    const { tree } = parseSource("200: ok\ntrue: yes\n1.0: x\n", "yaml");
    expect(tree && toJson(tree.root)).toEqual({ 200: "ok", true: "yes", "1.0": "x" });
  });

  test("a body may have a second document only where it is asked for", () => {
    expect(parseSource("a: 1\n---\nb: 2\n", "yaml").problems).toMatchObject([
      { line: 2, message: expect.stringContaining("one document") },
    ]);
    expect(parseDocuments("a: 1\n---\nb: 2\n").trees.map(({ root }) => toJson(root))).toEqual([{ a: 1 }, { b: 2 }]);
    expect(parseDocuments("a: 1\n---\nb: 2\n---\nc: 3\n").problems).toHaveLength(1);
  });

  test("places in a second document count from the top of the text", () => {
    const { trees } = parseDocuments("a: 1\n---\nb: 2\nc: 3\n");
    const [, second] = trees;
    if (second === undefined) throw new Error("no second document");
    expect(new Locator(second).pointer("/c")).toEqual({ line: 4, column: 4 });
  });
});

describe("what is refused, with its place", () => {
  test.each([
    ["a: !!str 1", 1, 4, "tags"],
    ["a: 1\nb: !custom {}", 2, 4, "tags"],
    ["%TAG ! tag:x,2000:\n---\na: 1", 1, 1, "directives"],
    ["%YAML 1.1\n---\na: yes", 1, 1, "directives"],
    ["x: &x {a: 1}\ny:\n  <<: *x", 3, 3, "merge"],
    ["a: 1\nb: 2\na: 3", 3, 1, "twice (first on line 1)"],
    ["a: {b: 1, b: 2}", 1, 11, "twice"],
    ["__proto__: {x: 1}", 1, 1, "__proto__"],
    ["a:\n  __proto__: 1", 2, 3, "__proto__"],
    ["a:\n  - {$secret: {name: K}}", 2, 6, "$secret"],
    ['"a\\u0000b": 1', 1, 1, "control"],
    ["a: &a [*a]", 1, 8, "itself"],
    ["a: *nowhere", 1, 4, "anchor"],
    ["a: .nan", 1, 4, "JSON"],
    ["? {a: 1}\n: 2", 1, 3, "plain name"],
    ["a: [1, 2", 1, 9, "YAML"],
    ["a: 1\n b: 2", 1, 4, "YAML"],
    ["a: 'open", 1, 9, "YAML"],
  ])("%j is refused at its place", (text, line, column, part) => {
    const { problems } = parseSource(text, "yaml");
    expect(problems[0]).toMatchObject({ line, column, message: expect.stringContaining(part) });
  });

  test("refusals that do not end the reading come together", () => {
    expect(messages("a: !!str 1\na: 2\n<<: {}\nb: *c\n")).toHaveLength(4);
  });

  test("JSON: syntax, repeated keys, __proto__, without places", () => {
    expect(parseSource('{"a": 1, "a": 2, "b": [0, {"c": 1, "c": 2}]}', "json").problems).toEqual([
      { path: "/a", message: "this key is given twice" },
      { path: "/b/1/c", message: "this key is given twice" },
    ]);
    expect(parseSource('{"__proto__": 1, "t": "\\"a\\": {"}', "json").problems.map(({ path }) => path)).toEqual([
      "/__proto__",
    ]);
    expect(parseSource("{a: 1}", "json")).toMatchObject({
      problems: [{ path: "", message: expect.stringContaining("JSON") }],
    });
  });
});

describe("places inside scalars", () => {
  function at(text: string, offset: number) {
    const { tree } = parseSource(text, "yaml");
    if (tree?.root.kind !== "map") throw new Error("no map");
    const node = (tree.root satisfies MapNode).entries[0]?.value;
    if (node?.kind !== "scalar") throw new Error("no scalar");
    return new Locator(tree).inScalar(node satisfies ScalarNode, offset);
  }

  test.each([
    ["k: one two\n", 4, 1, 8],
    ["k: 'it''s two'\n", 5, 1, 11],
    ['k: "a\\u0041\\tb c"\n', 5, 1, 16],
    ['k: "a\\x41b"\n', 2, 1, 10],
    ["k: |\n  one\n\n    two\n", 7, 4, 5],
    ["k: >-\n  one\n  two\n", 4, 3, 3],
    ["k: one\n   two\n", 4, 2, 4],
    ["k: |2\n    one\n", 2, 2, 5],
  ])("%j at %i", (text, offset, line, column) => {
    expect(at(text, offset)).toEqual({ line, column });
  });
});
