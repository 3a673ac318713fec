import { describe, expect, test } from "vitest";
import { analysed, found } from "./analyse-for-test.ts";

describe("errors that nobody looks at", () => {
  const reading = (reads: string) =>
    found(
      `steps:\n  - {id: a, plugin: p, action: q, continue_on_error: true}\n  - {id: b, plugin: p, action: q, input: {v: "${reads}"}}\n`,
    );

  test("are worth knowing where the output is used as if the step could not fail", () => {
    expect(reading("{{ steps.a.output.n }}")).toEqual(["info error-unread true"]);
  });

  test.each([
    "{{ steps.a.output.n }} {{ steps.a.error }}",
    "{{ steps.a.output | default(1) }}",
    "nothing",
    "{{ steps.a }}",
  ])("else not: %s", (reads) => {
    expect(reading(reads)).toEqual([]);
  });
});

describe("inputs that nothing reads", () => {
  const unread = (steps: string, more = "") =>
    analysed(`inputs: {city: {type: string}}\nsteps: [${steps}]\n${more}`)
      .findings.filter(({ code }) => code === "unused-input")
      .map(({ severity, path, line }) => `${severity} ${path} ${line}`);

  test("are named at their declaration", () => {
    expect(unread("{id: a, plugin: p, action: q}")).toEqual(["info /inputs/city 1"]);
  });

  test.each([
    ['{id: a, plugin: p, action: q, input: "{{ inputs.city }}"}', ""],
    ['{id: a, plugin: p, action: q, input: "{{ input.city }}"}', ""],
    ['{id: a, plugin: p, action: q, input: "{{ inputs }}"}', ""],
    ['{id: a, plugin: p, action: q, condition: "inputs.city"}', ""],
    ["{id: a, type: transform, language: javascript, expression: 'return context.inputs.city'}", ""],
    ["{id: a, type: agent, agent: {prompt: 'in {{ inputs.city }}'}}", ""],
    ["{id: a, plugin: p, action: q}", 'outputs: {c: "{{ inputs.city }}"}\n'],
    ["{id: a, plugin: p, action: q}", 'concurrency: {key: "{{ inputs.city }}"}\n'],
  ])("are read by %s %s", (steps, more) => {
    expect(unread(steps, more)).toEqual([]);
  });

  test("are not named where an action is given them all with its context", () => {
    const text = "inputs: {city: {type: string}}\nsteps: [{id: a, plugin: p, action: q}]\n";
    expect(found(text, { q: { context: ["inputs"] } })).toEqual([]);
    expect(found(text, { q: { context: ["environment"] } })).toHaveLength(1);
  });
});

test("findings come in the order of the file, each once, and without a suggestion where there is none", () => {
  const { findings } = analysed(
    'inputs: {city: {type: string}}\nsteps:\n  - {id: a, plugin: p, action: q, condition: false}\n  - {id: b, plugin: p, action: q, input: {v: "{{ steps.a.x }}", w: "{{ steps.a.x }}"}}\n',
  );
  expect(findings.map(({ line, code }) => `${line} ${code}`)).toEqual([
    "1 unused-input",
    "3 unreachable-step",
    "4 unknown-member",
    "4 unknown-member",
  ]);
  expect(findings[0]).not.toHaveProperty("suggestion");
});
