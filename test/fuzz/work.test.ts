import { expect, test } from "vitest";
import { readWorkflows } from "../../engine/definition/read-workflows.ts";
import { compileTemplate } from "../../engine/expressions/compile.ts";
import { compileSchema } from "../../engine/schema/validate.ts";
import { queryJson } from "../../engine/steps/transform/query-json.ts";
import { countedWork } from "./counted-work.ts";

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}

const step = (index: number, rest: string): string => `  - {id: s${index}, plugin: p, action: a, ${rest}}`;

/** What each reads, at a size. Twice the size may be twice the work and a little more, not four times. */
const WORK: Readonly<Record<string, [size: number, work: (size: number) => unknown]>> = {
  "many steps": [
    100,
    (size) => readWorkflows(`name: x\nsteps:\n${lines(size, (index) => step(index, "input: 1"))}`, "yaml"),
  ],
  "many templates": [
    100,
    (size) =>
      readWorkflows(
        `name: x\nsteps:\n${lines(size, (index) => step(index, 'input: "{{ inputs.a | default(1) }}"'))}`,
        "yaml",
      ),
  ],
  "many unknown keys": [
    400,
    (size) => readWorkflows(`name: x\nsteps: []\n${lines(size, (index) => `stepz${index}: 1`)}`, "yaml"),
  ],
  "many unknown steps": [
    100,
    (size) =>
      readWorkflows(
        `name: x\nsteps:\n${lines(size, (index) => step(index, `input: "{{ steps.t${index}x.output }}"`))}`,
        "yaml",
      ),
  ],
  "many inputs": [
    150,
    (size) =>
      readWorkflows(
        `name: x\nsteps: []\ninputs:\n${lines(size, (index) => `  i${index}: {type: string, default: a}`)}`,
        "yaml",
      ),
  ],
  "many edges": [
    100,
    (size) =>
      readWorkflows(
        `name: x\nnodes:\n${lines(size, (index) => step(index, "input: 1"))}\nedges:\n${lines(size - 1, (index) => `  - {from: s${index}, to: s${index + 1}}`)}`,
        "yaml",
      ),
  ],
  "a long folded text": [
    500,
    (size) => readWorkflows(`name: x\nsteps: []\ndescription: >\n${lines(size, () => "  words and words")}`, "yaml"),
  ],
  "many mistakes in one template": [
    100,
    (size) => readWorkflows(`name: x\nsteps:\n${step(0, `input: "${"{{ nothing }} ".repeat(size)}"`)}`, "yaml"),
  ],
  "a large JSON": [
    400,
    (size) =>
      readWorkflows(JSON.stringify({ name: "x", steps: [], metadata: { list: Array(size).fill({ a: [1] }) } }), "json"),
  ],
  "a long template": [400, (size) => compileTemplate("{{ inputs.a }} text ".repeat(size))],
  "a long expression": [400, (size) => compileTemplate(`{{ ${Array(size).fill("inputs.a").join(" + ")} }}`)],
  "open brackets": [400, (size) => compileTemplate(`{{ ${"[".repeat(size)} }}`)],
  "open tags": [200, (size) => compileTemplate("{% if inputs.a %}".repeat(size))],
  "quotes without an end": [400, (size) => compileTemplate(`{{ '${"\\'".repeat(size)} }}`)],
  "a value against a schema": [
    150,
    (size) =>
      compileSchema({ type: "array", uniqueItems: false, items: { type: "object", required: ["a"] } }).validate(
        Array(size).fill({ a: 1 }),
      ),
  ],
  "a pattern that could backtrack": [
    100,
    (size) => compileSchema({ type: "string", pattern: "^(a+)+$" }).validate(`${"a".repeat(size)}!`),
  ],
  "a descent": [400, (size) => queryJson("$..a", Array(size).fill({ a: 1 }))],
};

test.each(Object.entries(WORK))("twice as much of this is about twice the work: %s", (_, [size, work]) => {
  // The first time, caches and tables are filled.
  work(size);
  const once = countedWork(() => work(size));
  const twice = countedWork(() => work(2 * size));
  expect(once).toBeGreaterThan(10);
  expect(twice / once, `${once} → ${twice}`).toBeLessThan(2.6);
});
