import { expect, test } from "vitest";
import { prepareInputs } from "../definition/validate-inputs.ts";
import { readWorkflows } from "../definition/read-workflows.ts";

test.each(["", "# only a comment", "---\n"])("an empty file has its problem at a place: %j", (text) => {
  expect(readWorkflows(text, "yaml").problems).toMatchObject([{ path: "", line: 1, column: expect.any(Number) }]);
});

test("a message about a broken file does not quote the whole of it", () => {
  const { problems } = readWorkflows(`a: 1\n}${"x".repeat(100_000)}`, "yaml");
  expect(problems.length).toBeGreaterThan(0);
  for (const { message } of problems) expect(message.length).toBeLessThan(600);
  const [number] = readWorkflows(`name: ${"9".repeat(10_000)}`, "yaml").problems;
  expect(number?.message.length).toBeLessThan(600);
});

test("a number that JSON cannot hold is refused, not stored as null", () => {
  const { problems } = readWorkflows('{"name": "x", "steps": [], "metadata": {"a": [1e999]}}', "json");
  expect(problems).toMatchObject([{ path: "/metadata/a/0", message: expect.stringContaining("JSON can hold") }]);
  const scope = { root: () => undefined, now: 0, seed: "", strict: false };
  const inputs = { n: { type: "number", schema: { type: "number" } } };
  expect(prepareInputs({ inputs }, JSON.parse('{"n": -1e999}'), scope)).toMatchObject({
    ok: false,
    problems: [{ path: "/inputs/n" }],
  });
});
