import { expect, test } from "vitest";
import { wantedFormat } from "./wanted-format.ts";

test.each([
  [undefined, undefined],
  ["*/*", undefined],
  ["text/html", undefined],
  ["application/json", "json"],
  ["Application/YAML; charset=utf-8", "yaml"],
  ["text/html, text/yaml;q=0.9, */*;q=0.8", "yaml"],
  ["application/json;q=0.2, application/x-yaml;q=0.4", "yaml"],
  ["application/json;q=0, */*", undefined],
  ["constructor", undefined],
])("Accept %s wants %s", (accept, wanted) => {
  expect(wantedFormat(accept)).toBe(wanted);
});
