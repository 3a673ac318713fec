import { describe, expect, test } from "vitest";
import { analysed, sourceOf, type TestPins } from "./analyse-for-test.ts";

const PINS: TestPins = {
  send: {
    input: {
      type: "object",
      properties: {
        to: { type: "string", minLength: 1 },
        count: { type: "integer" },
        urgent: { type: "boolean" },
        tags: { type: "array", items: { type: "string" } },
        level: { type: "string", default: "low" },
        free: {},
        either: { anyOf: [{ type: "string" }, { type: "number" }] },
        key: { type: "number", "x-secret": true },
        open: { type: "object", properties: { a: { type: "string" } } },
        marks: { type: "object", patternProperties: { "^x": {} }, additionalProperties: false },
      },
      required: ["to", "level"],
      additionalProperties: false,
    },
    output: {
      type: "object",
      properties: {
        id: { type: "string" },
        open: { type: "object" },
        items: { type: "array", items: { type: "number" } },
      },
      additionalProperties: false,
    },
  },
};

const INPUTS = `inputs:
  name: {type: string}
  n: {type: number, required: true}
  flag: {type: boolean}
  list: {type: array, items: {type: object, properties: {city: {type: string}}, additionalProperties: false}}
  any: {}
`;

/** What is said of one step's input, without the unused inputs. */
function said(input: string, more = ""): string[] {
  const { findings } = analysed(
    `${INPUTS}steps:\n  - {id: first, plugin: p, action: send, with: {to: a}}\n  - {id: second, plugin: p, action: send${more}, with: ${input}}\n`,
    PINS,
  );
  return findings
    .filter(({ code }) => code !== "unused-input")
    .map(({ code, path, suggestion }) => `${code} ${path}${suggestion === undefined ? "" : ` → ${suggestion}`}`);
}

describe("an input and its action's schema", () => {
  test.each([
    ["{to: 5}", "input-does-not-fit /steps/1/with/to"],
    ['{to: ""}', "input-does-not-fit /steps/1/with/to"],
    ["{}", "input-does-not-fit /steps/1/with/to"],
    ['{count: "{{ inputs.n }}"}', "input-does-not-fit /steps/1/with/to"],
    ['{to: a, tgas: ["{{ inputs.name }}"]}', "input-does-not-fit /steps/1/with/tgas → tags"],
    ["{to: a, tgas: [x]}", "input-does-not-fit /steps/1/with/tgas"],
    ['{to: a, tags: [1, "{{ inputs.name }}"]}', "input-does-not-fit /steps/1/with/tags/0"],
    ['{to: a, tags: {x: "{{ inputs.name }}"}}', "input-does-not-fit /steps/1/with/tags"],
    ["{to: a, either: true}", "input-does-not-fit /steps/1/with/either"],
    ['{to: a, count: "{{ inputs.name }}"}', "input-type /steps/1/with/count"],
    ['{to: "{{ inputs.n }}"}', "input-type /steps/1/with/to"],
    ['{to: a, urgent: "{{ inputs.n + 1 }}"}', "input-type /steps/1/with/urgent"],
    ["{to: a, count: \"{{ inputs.list | map('city') }}\"}", "input-type /steps/1/with/count"],
    ['{to: a, count: "{{ steps.first.output.id }}"}', "input-type /steps/1/with/count"],
    ['{to: "{{ steps.first.output.items[0] }}"}', "input-type /steps/1/with/to"],
    ['{to: a, count: "{{ inputs.n }} "}', "input-type /steps/1/with/count → {{ inputs.n }}"],
    ['{to: a, count: "about {{ inputs.n }}"}', "input-type /steps/1/with/count"],
    ['{to: a, tags: ["{{ inputs.flag }}"]}', "input-type /steps/1/with/tags/0"],
    ['{to: "{{ inputs.flag ? 1 : 2 }}"}', "input-type /steps/1/with/to"],
    ['"{{ inputs.name }}"', "input-type /steps/1/with"],
  ])("do not fit: %s", (input, finding) => {
    expect(said(input)).toEqual([finding]);
  });

  test.each([
    '{to: "{{ inputs.name }}"}',
    '{to: "{{ inputs.n }} times"}',
    '{to: a, count: "{{ inputs.n }}"}',
    '{to: a, count: "{{ inputs.any }}"}',
    '{to: a, count: "{{ inputs.any.deep[0] }}"}',
    '{to: a, count: "{{ inputs.name | int }}"}',
    '{to: a, count: "{{ inputs.list | length }}"}',
    "{to: a, urgent: \"{{ inputs.name == 'x' }}\"}",
    '{to: a, urgent: "{{ inputs.any or inputs.name }}"}',
    '{to: a, tags: "{{ inputs.list }}"}',
    '{to: a, free: "{{ inputs.list }}", either: "{{ inputs.flag }}"}',
    '{to: a, key: "{{ inputs.name }}"}',
    '{to: a, open: {b: "{{ inputs.name }}"}, marks: {x1: "{{ inputs.name }}"}}',
    '{to: a, count: "{{ inputs.name | int(\'none\') }}", urgent: "{{ int(inputs.name, false) }}"}',
    '{to: a, count: "{{ steps.first.output.open.anything }}"}',
    '"{{ inputs.any }}"',
  ])("fit, or may: %s", (input) => {
    expect(said(input)).toEqual([]);
  });

  test("nothing is said of an action whose schema is not known", () => {
    expect(analysed(`steps: [{id: a, plugin: p, action: other, input: {x: 1}}]\n`, PINS).findings).toEqual([]);
  });
});

describe("members that are never there", () => {
  test.each([
    ["steps.first.output.nothing", "unknown-member /steps/1/with/free"],
    ["steps.first.output.ids", "unknown-member /steps/1/with/free → id"],
    ["steps.first.id", "unknown-member /steps/1/with/free → steps.first.output.id"],
    ["steps.first.error.mesage", "unknown-member /steps/1/with/free → message"],
    ["steps.first.output.id.part", "unknown-member /steps/1/with/free"],
    ["inputs.name.first", "unknown-member /steps/1/with/free"],
    ["inputs.list.city", "unknown-member /steps/1/with/free"],
    ["inputs.list[0].town", "unknown-member /steps/1/with/free"],
  ])("%s", (path, finding) => {
    expect(said(`{to: a, free: "{{ ${path} }}"}`)).toEqual([finding]);
  });

  test.each([
    "steps.first.output.open.x.y",
    "steps.first.output.items[0]",
    "steps.first.status",
    "steps.first.error.message",
    "inputs.list[0].city",
    "inputs.any.x",
    "inputs.name[0]",
  ])("%s is there, or may be", (path) => {
    expect(said(`{to: a, free: "{{ ${path} }}"}`)).toEqual([]);
  });

  const logic = (block: string, path: string) =>
    analysed(`steps: [${block}]\noutputs: {v: "{{ steps.x.${path} | default(1) }}"}\n`)
      .findings.filter(({ code }) => code === "unknown-member")
      .map(({ line }) => line);
  const a = "{id: a, plugin: p, action: q}";

  test.each([
    [`{id: x, type: if, condition: inputs.y, then: [${a}]}`, "output.branch", "output.result"],
    [`{id: x, type: switch, value: "{{ inputs.y }}", cases: {k: [${a}]}}`, "output.matchedValue.z", "output.value"],
    [`{id: x, type: forEach, items: [1], steps: [${a}]}`, "output.results[0].output", "output[0]['length']"],
    [`{id: x, type: parallel, branches: {k: [${a}]}}`, "output.branches.k.output.z", "output.branches.j"],
    ["{id: x, type: wait, duration: 1}", "output.waitedFor", "output.seconds"],
    [`{id: x, type: try, steps: [${a}]}`, "output.error.message", "output.result"],
    ["{id: x, type: transform, language: jq, expression: .}", "output.result.z", "output.z"],
    ["{id: x, type: approval, approvers: [r]}", "output.decision", "output.approved"],
    ["{id: x, type: output, value: 1}", "output.value", "output.result"],
    ["{id: x, type: handoff, agent: r}", "output.agentResponse.z", "output.answer"],
    [`{id: x, parallel: [${a}]}`, "a.output.z", "b.output"],
  ])("the output of %s has %s and not %s", (block, there, missing) => {
    expect(logic(block, there)).toEqual([]);
    if (!missing.includes("[0]")) expect(logic(block, missing)).toEqual([2]);
  });

  test("the output of a step with for_each is the list of its outputs", () => {
    const each = (path: string) =>
      analysed(
        `steps: [{id: x, plugin: p, action: send, for_each: [1], input: {to: a}}]\noutputs: {v: "{{ steps.x.${path} }}"}\n`,
        PINS,
      ).findings.map(({ code }) => code);
    expect(each("output[0].id")).toEqual([]);
    expect(each("output[0].idd")).toEqual(["unknown-member"]);
    expect(each("output.id")).toEqual(["unknown-member"]);
  });
});

test("a called workflow's inputs and outputs are known where it is pinned", () => {
  const child = sourceOf(
    "name: Child\ninputs: {n: {type: number, required: true}, note: {type: string}}\nsteps: [{id: o, type: output, value: 1}]\noutputs: {sum: 1}\n",
  );
  const call = (input: string, path: string) =>
    analysed(
      `steps: [{id: c, workflow: child, input: ${input}}]\noutputs: {v: "{{ steps.c.${path} }}"}\n`,
      {},
      { "child@": child },
    ).findings.map(({ code, path: at }) => `${code} ${at}`);
  expect(call("{n: 1, note: null}", "outputs.sum")).toEqual([]);
  expect(call("{n: 1}", "output.outputs.sum")).toEqual([]);
  expect(call("{}", "output.execution_id")).toEqual(["input-does-not-fit /steps/0/input/n"]);
  expect(call('{n: "{{ 1 }}", m: "{{ 2 }}"}', "outputs.sun")).toEqual([
    "input-does-not-fit /steps/0/input/m",
    "unknown-member /outputs/v",
  ]);
});

test("a loop goes over a list or a map", () => {
  const over = (items: string) =>
    analysed(`${INPUTS}steps: [{id: a, plugin: p, action: q, for_each: ${items}}]\n`)
      .findings.filter(({ code }) => code === "not-a-list")
      .map(({ severity, path }) => `${severity} ${path}`);
  expect(over("inputs.n")).toEqual(["warning /steps/0/for_each"]);
  expect(over('"{{ inputs.name }}"')).toEqual(["warning /steps/0/for_each"]);
  expect(over('"all of {{ inputs.list }}"')).toEqual(["warning /steps/0/for_each"]);
  expect(over("5")).toEqual(["warning /steps/0/for_each"]);
  expect(over("inputs.list")).toEqual([]);
  expect(over("inputs.any")).toEqual([]);
  expect(over('"{{ range(3) }}"')).toEqual([]);
});
