import { expect, test } from "vitest";
import { splitValues } from "./connection-values.ts";

test("a connection shows where and how, and seals everything else", () => {
  expect(
    splitValues({ base_url: "https://a.example", name: "X-Key", in: "header", scopes: ["a"], token: "t" }),
  ).toEqual({
    config: { base_url: "https://a.example", name: "X-Key", in: "header", scopes: ["a"] },
    secret: { token: "t" },
  });
});

test("a structure or a whole cookie is sealed, whatever it is called", () => {
  const values = { header: { "X-Key": "k" }, cookie: "session=abc", base_url: { a: 1 } };
  expect(splitValues(values)).toEqual({ config: {}, secret: values });
  expect(splitValues({ cookie: "session" }).config).toEqual({ cookie: "session" });
});
