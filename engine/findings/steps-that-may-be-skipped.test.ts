import { expect, test } from "vitest";
import { analysed, found } from "./analyse-for-test.ts";

const maybe = "{id: a, plugin: p, action: q, condition: inputs.x}";
const reads = (input: string, more = "") => `{id: b, plugin: p, action: q, input: {v: "${input}"}${more}}`;
const both = (second: string) => found(`steps:\n  - ${maybe}\n  - ${second}\n`);

test("the output of a step that has a condition may be null", () => {
  expect(both(reads("{{ steps.a.output.n }}"))).toEqual(["info step-may-be-skipped steps.a.output.n"]);
  expect(analysed(`steps: [${maybe}]\noutputs: {n: "{{ steps.a.output.n }}"}\n`).findings).toMatchObject([
    { code: "output-may-be-null", severity: "info", line: 2, suggestion: "steps.a.output.n | default(…)" },
  ]);
});

test.each([
  "{{ steps.a.output.n | default(1) }}",
  "{{ steps.a.output | length }}",
  "{{ steps.a.output.n if steps.a.output else 1 }}",
  "{{ steps.a.output.n or 1 }}",
  "{% if steps.a.output %}{{ steps.a.output.n }}{% endif %}",
  "{% for x in steps.a.output %}{{ x }}{% endfor %}",
  "{{ steps.a.status }}",
])("who provides for it is left alone: %s", (input) => {
  expect(both(reads(input))).toEqual([]);
});

test.each(["condition: steps.a.output", "condition: \"{{ steps.a.status == 'success' }}\"", "condition: inputs.x"])(
  "so is who only runs when it has run: %s",
  (condition) => {
    expect(both(reads("{{ steps.a.output.n }}", `, ${condition}`))).toEqual([]);
  },
);

test("a condition around the step, its branch, and a catch are such reasons too", () => {
  const inside = (block: string) => found(`steps:\n  - ${block}\n  - ${reads("{{ steps.a.output }}")}\n`);
  const a = "{id: a, plugin: p, action: q}";
  expect(inside(`{id: c, type: if, condition: inputs.x, then: [${a}]}`)).toEqual([
    "info step-may-be-skipped steps.a.output",
  ]);
  expect(inside(`{id: c, type: switch, value: "{{ inputs.x }}", cases: {k: [${a}]}}`)).toHaveLength(1);
  expect(inside(`{id: c, type: try, steps: [], catch: [${a}]}`)).toHaveLength(1);
  expect(inside(`{id: c, parallel: [${a}], condition: inputs.x}`)).toHaveLength(1);
  expect(inside(`{id: c, parallel: [${a}]}`)).toEqual([]);
  expect(inside(`{id: c, type: try, steps: [${a}]}`)).toEqual([]);
  expect(inside(`{id: c, parallel: [${a}], condition: true}`)).toEqual([]);
});

test("steps behind one condition, and steps of one branch, know each other", () => {
  const a = "{id: a, plugin: p, action: q}";
  expect(
    found(`steps: [{id: c, type: if, condition: inputs.x, then: [${a}, ${reads("{{ steps.a.output }}")}]}]\n`),
  ).toEqual([]);
});
