import { describe, expect, test } from "vitest";
import { analysed, found } from "./analyse-for-test.ts";

const step = (id: string, more = "") => `{id: ${id}, plugin: p, action: a${more}}`;

describe("conditions that are decided before any run", () => {
  test("a step that is switched off is worth knowing, one whose condition is always false a mistake", () => {
    expect(found(`steps: [${step("a", ", condition: false")}]\n`)).toEqual(["info unreachable-step false"]);
    expect(found(`steps: [${step("a", ", condition: '{{ false }}'")}]\n`)).toEqual(["info unreachable-step '"]);
    expect(found(`steps: [${step("a", ", condition: 1 > 2")}]\n`)).toEqual(["warning unreachable-step 1"]);
    expect(found(`steps: [${step("a", ", condition: true")}]\n`)).toEqual([]);
    expect(found(`steps: [${step("a", ", condition: inputs.x > 2")}]\n`)).toEqual([]);
  });

  test("the branch that is never taken", () => {
    const choice = (condition: string) =>
      analysed(
        `steps: [{id: c, type: if, condition: ${condition}, then: [${step("a")}], else: [${step("b")}]}]\n`,
      ).findings.map(({ code, path }) => `${code} ${path}`);
    expect(choice("true")).toEqual(["unreachable-branch /steps/0/else"]);
    expect(choice("false")).toEqual(["unreachable-branch /steps/0/then"]);
    expect(choice("inputs.x")).toEqual([]);
    expect(found(`steps: [{id: c, type: if, condition: true, then: [${step("a")}]}]\n`)).toEqual([]);
    expect(found(`steps: [{id: c, type: if, condition: false, then: [${step("a")}]}]\n`)).toHaveLength(1);
  });

  test("the cases that a constant is not", () => {
    const cases = (value: string) =>
      analysed(
        `steps: [{id: c, type: switch, value: ${value}, cases: {a/b: [${step("a")}], "2": [${step("b")}]}, default: [${step("d")}]}]\n`,
      ).findings.map(({ code, path }) => `${code} ${path}`);
    expect(cases("2")).toEqual(["unreachable-branch /steps/0/cases/a~1b", "unreachable-branch /steps/0/default"]);
    expect(cases('"{{ 1 + 1 }}"')).toHaveLength(2);
    expect(cases("other")).toEqual(["unreachable-branch /steps/0/cases/a~1b", "unreachable-branch /steps/0/cases/2"]);
    expect(cases('"{{ inputs.x }}"')).toEqual([]);
  });

  test("a loop over nothing", () => {
    expect(found(`steps: [${step("a", ", for_each: []")}]\n`)).toEqual(["info unreachable-step ["]);
    expect(found(`steps: [${step("a", ", for_each: [1]")}]\n`)).toEqual([]);
    expect(found(`steps: [{id: f, type: forEach, items: "{{ {} }}", steps: [${step("a")}]}]\n`)).toEqual([
      'info unreachable-step "',
    ]);
  });
});

test("an expression that looks at nothing and fails, fails in every run", () => {
  const { findings } = analysed(`steps: [${step("a", ', input: {v: "n: {{ 1 / 0 }}"}')}]\n`);
  expect(findings).toMatchObject([{ code: "always-fails", severity: "warning", path: "/steps/0/input/v" }]);
  expect(found(`steps: [${step("a", ", condition: 1 / 0")}]\n`)).toEqual(["warning always-fails 1"]);
  expect(found(`steps: [${step("a", ', input: "{{ 1 / 2 }}"')}]\n`)).toEqual([]);
});

describe("graphs", () => {
  const graph = (edges: string, more = "") =>
    analysed(`${more}nodes: [${["a", "b", "c"].map((id) => step(id)).join(", ")}]\nedges: [${edges}]\n`).findings.map(
      ({ severity, code, path }) => `${severity} ${code} ${path}`,
    );

  test("a node to which no edges lead from the start", () => {
    expect(graph("{from: a, to: b}, {from: c, to: b}")).toEqual(["warning unreachable-node /nodes/2/id"]);
    expect(graph("{from: a, to: b}, {from: b, to: c}")).toEqual([]);
    expect(graph("{from: a, to: b}, {from: b, to: c}", "start: b\n")).toEqual(["warning unreachable-node /nodes/0/id"]);
  });

  test("an edge behind one that is always taken, and what only it leads to", () => {
    expect(graph("{from: a, to: b}, {from: a, to: c, when: output.x}")).toEqual([
      "warning unreachable-node /nodes/2/id",
      "warning unreachable-edge /edges/1",
    ]);
    expect(graph("{from: a, to: b}, {from: a, to: c, when: output.x, priority: -1}")).toEqual([]);
    expect(graph("{from: a, to: b, when: true}, {from: a, to: c}")).toHaveLength(2);
    expect(graph("{from: a, to: b}, {from: b, to: c}, {from: b, to: c, when: false}")).toEqual([
      "warning unreachable-edge /edges/2",
    ]);
  });

  test("a long-running graph takes every edge, and any node may be sent a message", () => {
    const long = "mode: long_running\nidle: complete\nbudget: {max_steps: 9}\n";
    expect(graph("{from: a, to: b}, {from: a, to: c}", long)).toEqual([]);
    expect(graph("", long)).toEqual([]);
  });
});
