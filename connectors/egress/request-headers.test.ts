import { expect, test } from "vitest";
import { RequestHeaders } from "./request-headers.ts";

test("names are of one spelling, the last value counts, and what is deleted is gone", () => {
  const headers = new RequestHeaders([["Accept", "text/plain"]]);
  headers.set("ACCEPT", "application/json");
  headers.set("X-One", "1");
  headers.delete("x-ONE");
  expect([...headers]).toEqual([["accept", "application/json"]]);
  expect(headers.get("aCCept")).toBe("application/json");
  expect([headers.has("accept"), headers.has("x-one"), headers.get("x-one")]).toEqual([true, false, null]);
});

test("a copy changes by itself", () => {
  const first = new RequestHeaders([["a", "1"]]);
  const copy = new RequestHeaders(first);
  copy.set("a", "2");
  expect([first.get("a"), copy.get("a")]).toEqual(["1", "2"]);
});

test.each([
  ["a line break in a value", "x-a", "one\r\nx-b: two"],
  ["a line feed alone", "x-a", "one\ntwo"],
  ["a null character", "x-a", "one\u0000"],
  ["a name with a blank", "x a", "1"],
  ["a name with a colon", "x:a", "1"],
  ["a name with a line break", "x-a\r\nx-b", "1"],
  ["an empty name", "", "1"],
  ["a name that is no ASCII", "x-ä", "1"],
])("%s is refused as the runtime refuses it", (_, name, value) => {
  expect(() => new Headers([[name, value]])).toThrow();
  expect(() => new RequestHeaders().set(name, value)).toThrow();
});

test.each(["", " padded\t", "a b\tc", "~!@#$%^&*()", "caf\u00e9"])(
  "%j is written as the runtime writes it",
  (value) => {
    const headers = new RequestHeaders();
    headers.set("x-a", value);
    expect(headers.get("x-a")).toBe(new Headers([["x-a", value]]).get("x-a"));
  },
);
