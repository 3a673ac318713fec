import { expect, test } from "vitest";
import { canonicalJson } from "../engine/canonical-json.ts";
import { digestOf } from "./canonical-json.ts";

test("member order and blanks do not count, list order does", () => {
  expect(digestOf(JSON.parse('{"b": 1, "a": {"d": [1,2], "c": null}}'))).toBe(
    digestOf({ a: { c: null, d: [1, 2] }, b: 1 }),
  );
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
});

test("texts that only look alike stay apart", () => {
  expect(canonicalJson({ 'a"': "1", b: 1 })).toBe('{"a\\"":"1","b":1}');
  expect(digestOf({ a: "1" })).not.toBe(digestOf({ a: 1 }));
});

test("members that are undefined are left out, as JSON does", () => {
  const holed: Record<string, string> = { a: "1" };
  Reflect.set(holed, "b", undefined);
  expect(canonicalJson(holed)).toBe('{"a":"1"}');
});
