import { describe, expect, test } from "vitest";
import { analysed, found } from "./analyse-for-test.ts";

const read = (id: string, of: string) => `{id: ${id}, plugin: p, action: a, input: {v: "{{ steps.${of} }}"}}`;
const step = (id: string) => `{id: ${id}, plugin: p, action: a}`;

describe("a step of another branch", () => {
  test("of the same if or switch cannot have run", () => {
    expect(
      found(`steps:
  - {id: q, plugin: p, action: a}
  - id: choice
    type: if
    condition: steps.q.output
    then: [${step("left")}]
    else:
      - ${read("right", "left.output")}
`),
    ).toEqual(["warning step-cannot-have-run steps.left.output"]);
    const { findings } = analysed(`steps:
  - id: choice
    type: switch
    value: "{{ inputs.x }}"
    cases:
      low: [${step("low_one")}]
      high: [${read("high_one", "low_one.status")}]
`);
    expect(findings).toMatchObject([
      {
        code: "step-cannot-have-run",
        path: "/steps/0/cases/high/0/input/v",
        message: expect.stringContaining('"choice" runs either case "low" or case "high", never both'),
      },
    ]);
  });

  test("is only worth knowing where the expression provides for its absence", () => {
    const otherwise = (input: string) =>
      found(`steps:
  - {id: c, type: if, condition: inputs.x, then: [${step("a")}], else: [{id: b, plugin: p, action: q, input: {v: "${input}"}}]}
`).map((line) => line.split(" ", 2).join(" "));
    expect(otherwise("{{ steps.a.output | default(1) }}")).toEqual(["info step-cannot-have-run"]);
    expect(otherwise("{{ steps.a.output or 1 }}")).toEqual(["info step-cannot-have-run"]);
    expect(otherwise("{{ steps.a.output is defined }}")).toEqual(["info step-cannot-have-run"]);
    expect(otherwise("{{ steps.a.output }}")).toEqual(["warning step-cannot-have-run"]);
  });

  test("that runs at the same time may not be done", () => {
    expect(found(`steps:\n  - {id: both, parallel: [${step("l")}, ${read("r", "l.output")}]}\n`)).toEqual([
      "warning step-order-not-guaranteed steps.l.output",
    ]);
    expect(
      found(
        `steps:\n  - {id: both, type: parallel, branches: {x: [${step("l")}], y: [${step("m")}, ${read("r", "l.output")}]}}\n`,
      ),
    ).toHaveLength(1);
    expect(
      found(`steps:\n  - {id: both, parallel: [${step("l")}, ${step("r")}]}\n  - ${read("s", "l.output")}\n`),
    ).toEqual([]);
  });

  test("of the same branch, and one before the branches, may be read", () => {
    expect(
      found(
        `steps:\n  - ${step("q")}\n  - {id: c, type: if, condition: inputs.x, then: [${step("a")}, ${read("b", "a.output")}, ${read("d", "q.output")}]}\n`,
      ),
    ).toEqual([]);
  });
});

describe("try", () => {
  const block = (tried: string, handler: string, always: string) =>
    found(
      `steps:\n  - id: t\n    type: try\n    steps: [${tried}]\n    catch: [${handler}]\n    finally: [${always}]\n`,
    );

  test("what is tried does not see catch or finally, and catch does not see finally", () => {
    expect(block(read("a", "b.output"), step("b"), step("c"))).toEqual(["warning step-cannot-have-run steps.b.output"]);
    expect(block(read("a", "c.output"), step("b"), step("c"))).toEqual(["warning step-cannot-have-run steps.c.output"]);
    expect(block(step("a"), read("b", "c.output"), step("c"))).toEqual(["warning step-cannot-have-run steps.c.output"]);
  });

  test("catch and finally see what was tried", () => {
    expect(block(step("a"), read("b", "a.error"), read("c", "a.output"))).toEqual([]);
  });

  test("error has a value in catch and finally only", () => {
    const says = (place: string) => `{id: ${place}, plugin: p, action: a, input: {v: "{{ error.message }}"}}`;
    expect(block(step("a"), says("b"), says("c"))).toEqual([]);
    expect(found(`steps:\n  - ${says("a")}\n`)).toEqual(["warning error-outside-catch error.message"]);
  });
});

describe("loops", () => {
  test("a step inside of a loop is null from outside", () => {
    const { findings } = analysed(
      `steps:\n  - {id: f, type: forEach, items: [1], steps: [${step("a")}]}\n  - ${read("b", "a.output")}\noutputs: {v: "{{ steps.a.output | default(0) }}"}\n`,
    );
    expect(findings).toMatchObject([
      { code: "step-inside-loop", severity: "warning", line: 3, suggestion: "steps.f.output" },
      { code: "step-inside-loop", severity: "warning", line: 4 },
    ]);
    expect(
      found(
        `steps:\n  - {id: both, for_each: [1], parallel: [${step("a")}, ${step("c")}]}\n  - ${read("b", "both.a.output")}\n`,
      ),
    ).toEqual([]);
  });

  test("inside of its own iteration it is there", () => {
    expect(
      found(`steps:\n  - {id: f, type: forEach, items: [1], steps: [${step("a")}, ${read("b", "a.output")}]}\n`),
    ).toEqual([]);
  });
});

describe("compensations", () => {
  const undo = (inner: string) => `{id: book, plugin: p, action: a, compensate: [${inner}]}`;

  test("what a compensation did is seen by compensations only", () => {
    expect(found(`steps:\n  - ${undo(step("unbook"))}\n  - ${read("b", "unbook.output")}\n`)).toEqual([
      "warning step-cannot-have-run steps.unbook.output",
    ]);
    expect(
      found(
        `steps:\n  - ${undo(step("unbook"))}\n  - {id: b, plugin: p, action: a, compensate: [${read("c", "unbook.output")}]}\n`,
      ),
    ).toEqual([]);
  });

  test("a compensation sees what ran at the same time as its step, and after it", () => {
    expect(found(`steps:\n  - {id: both, parallel: [${step("l")}, ${undo(read("u", "l.output"))}]}\n`)).toEqual([]);
    expect(
      found(
        `steps:\n  - {id: both, type: parallel, branches: {x: [${step("l")}], y: [${undo(read("u", "l.output"))}]}}\n`,
      ),
    ).toEqual([]);
    expect(
      found(`steps:\n  - {id: t, type: try, steps: [${undo(read("u", "h.output"))}], catch: [${step("h")}]}\n`),
    ).toEqual(["info step-may-be-skipped steps.h.output"]);
  });
});

test("nothing has run when defaults and the concurrency key are evaluated", () => {
  expect(
    found(
      `inputs: {x: {default: "{{ steps.a.output }}"}}\nsteps: [{id: a, plugin: p, action: q, input: "{{ inputs.x }}"}]\n`,
    ),
  ).toEqual(["warning step-cannot-have-run steps.a.output"]);
});

describe("graphs", () => {
  const graph = (edges: string, nodes: string, more = "") => `${more}nodes: [${nodes}]\nedges: [${edges}]\n`;

  test("a node that no edges lead from cannot have run before", () => {
    const text = graph("{from: a, to: b}", `${read("a", "b.output")}, ${step("b")}`);
    expect(found(text)).toEqual(["warning step-cannot-have-run steps.b.output"]);
    expect(found(graph("{from: a, to: b}", `${step("a")}, ${read("b", "a.output")}`))).toEqual([]);
    expect(
      found(graph("{from: a, to: b}, {from: b, to: a, when: output.more}", `${read("a", "b.output")}, ${step("b")}`)),
    ).toEqual([]);
  });

  test("what a node does at shutdown is seen by the outputs, not by other nodes", () => {
    const nodes = `{id: a, plugin: p, action: q, on_shutdown: [${step("bye")}]}`;
    const long = "mode: long_running\nidle: complete\nbudget: {max_steps: 5}\n";
    expect(found(`${long}nodes: [${nodes}]\noutputs: {v: "{{ steps.bye.output }}"}\n`)).toEqual([]);
    expect(found(`${long}nodes: [${nodes}, ${read("b", "bye.output")}]\n`)).toEqual([
      "warning step-cannot-have-run steps.bye.output",
    ]);
  });

  test("a node that is visited once does not see itself, but for set, keep and its edges", () => {
    expect(found(graph("", read("a", "a.output")))).toEqual(["warning step-cannot-have-run steps.a.output"]);
    expect(found(graph("{from: a, to: a, when: steps.a.output}", read("a", "a.output")))).toEqual([]);
    expect(
      found(
        graph(
          "{from: a, to: b, when: steps.a.output.x}",
          `{id: a, plugin: p, action: q, set: {n: "{{ steps.a.output }}"}}, ${step("b")}`,
        ),
      ),
    ).toEqual([]);
  });

  test("in a long-running graph any node may have run", () => {
    const text = graph(
      "{from: a, to: b}",
      `${read("a", "b.output")}, ${step("b")}`,
      "mode: long_running\nidle: complete\nbudget: {max_steps: 5}\n",
    );
    expect(found(text)).toEqual([]);
  });
});
