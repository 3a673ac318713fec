import { expect, test } from "vitest";
import { readHosts } from "./read-hosts.ts";

test("names of local services are read as they are written, and what is none is said", () => {
  expect(readHosts(undefined)).toEqual({});
  expect(readHosts("letters.test:8080=127.0.0.1:8700, Other=127.0.0.1:1")).toEqual({
    "letters.test:8080": "127.0.0.1:8700",
    other: "127.0.0.1:1",
  });
  for (const wrong of ["letters.test", "letters.test=10.0.0.1:80", "a=127.0.0.1", "=127.0.0.1:80"])
    expect(() => readHosts(wrong), wrong).toThrow("name:port=127.0.0.1:port");
});
