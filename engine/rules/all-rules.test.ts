import { describe, expect, test } from "vitest";
import { readWorkflows } from "../definition/read-workflows.ts";
import { secretProblems, secretReferences } from "./secret-references.ts";

const HEAD = "name: x\ninputs: {place: {type: string}}\nsteps:\n";

function problemsOf(steps: string, head = HEAD) {
  return readWorkflows(head + steps, "yaml").problems.map(({ line, column, message, suggestion }) => ({
    line,
    column,
    message,
    suggestion,
  }));
}

describe("references to steps", () => {
  test("an unknown step is reported on its exact place, with the nearest one", () => {
    expect(
      problemsOf(
        '  - {id: fetch, plugin: p, action: a}\n  - id: show\n    plugin: p\n    action: a\n    input: {text: "It is {{ steps.fetsh.output.warm }}"}\n',
      ),
    ).toEqual([
      { line: 8, column: 29, message: 'there is no step "fetsh"; did you mean "fetch"?', suggestion: "fetch" },
    ]);
  });

  test("a place inside a block text is exact", () => {
    const [problem] = problemsOf(
      "  - id: show\n    plugin: p\n    action: a\n    input:\n      text: |\n        Hello\n\n          so {{ steps.gone.output }}\n",
    );
    expect(problem).toMatchObject({ line: 11, column: 17 });
  });

  test("a step that comes later, or the step itself, has no output yet", () => {
    const step = (id: string, of: string) =>
      `  - {id: ${id}, plugin: p, action: a, input: {v: "{{ steps.${of}.output }}"}}\n`;
    expect(problemsOf(step("one", "two") + step("two", "two"))).toMatchObject([
      { line: 4, message: expect.stringContaining("runs after") },
      { line: 5, message: expect.stringContaining("itself") },
    ]);
    expect(
      problemsOf(
        "  - {id: one, plugin: p, action: a}\n  - {id: two, plugin: p, action: a, condition: \"steps.one.status == 'success'\"}\n",
      ),
    ).toEqual([]);
  });

  test("blocks: earlier ones may be read, the enclosing step may not, siblings that run at once may", () => {
    const block = (reference: string) => `  - {id: first, plugin: p, action: a}
  - id: both
    parallel:
      - {id: left, plugin: p, action: a}
      - {id: right, plugin: p, action: a, input: {v: "{{ steps.${reference} }}"}}
  - {id: last, plugin: p, action: a, input: {v: "{{ steps.both.left.output }}"}}
`;
    expect(problemsOf(block("first.output"))).toEqual([]);
    expect(problemsOf(block("left.output"))).toEqual([]);
    expect(problemsOf(block("both.left.output"))).toEqual([]);
    expect(
      problemsOf(
        block("first.output").replace(
          "id: left, plugin: p, action: a",
          "id: left, plugin: p, action: a, input: '{{ steps.right }}'",
        ),
      ),
    ).toEqual([]);
    expect(problemsOf(block("last.output"))).toMatchObject([{ message: expect.stringContaining("runs after") }]);
    expect(problemsOf(block("both.output"))).toMatchObject([{ message: expect.stringContaining("contains") }]);
  });

  test("a compensation sees its own step", () => {
    expect(
      problemsOf(
        '  - id: book\n    plugin: p\n    action: a\n    compensate: [{id: unbook, plugin: p, action: b, input: {v: "{{ steps.book.output.id }}"}}]\n',
      ),
    ).toEqual([]);
  });

  test("a compensation runs when the other steps are over, and its own steps in their order", () => {
    const book = (first: string, second: string) =>
      problemsOf(
        `  - id: book\n    plugin: p\n    action: a\n    compensate:\n      - {id: unbook, plugin: p, action: b, input: {v: "{{ steps.${first}.output }}"}}\n      - {id: tell, plugin: p, action: b, input: {v: "{{ steps.${second}.output }}"}}\n  - {id: pay, plugin: p, action: a}\n`,
      );
    expect(book("pay", "unbook")).toEqual([]);
    expect(book("tell", "pay")).toMatchObject([{ line: 8, message: expect.stringContaining("runs after") }]);
  });

  test("a graph may read any node: it goes in circles", () => {
    const nodes =
      'nodes:\n  - {id: a, plugin: p, action: q, input: {v: "{{ steps.b.output }}"}, set: {n: "{{ steps.a.output }}"}}\n  - {id: b, plugin: p, action: q}\n';
    expect(problemsOf(nodes, "name: x\n")).toEqual([]);
  });
});

describe("roots that need a place", () => {
  test("item stands only inside an iteration", () => {
    expect(problemsOf('  - {id: a, plugin: p, action: q, input: {v: "{{ item }}"}}\n')).toMatchObject([
      { line: 4, column: 50 },
    ]);
    expect(problemsOf('  - {id: a, plugin: p, action: q, for_each: "{{ item.all }}"}\n')).toMatchObject([{ line: 4 }]);
    expect(
      problemsOf(
        '  - {id: a, plugin: p, action: q, for_each: [1], condition: "index > 0", input: {v: "{{ item }}"}}\n',
      ),
    ).toEqual([]);
    expect(
      problemsOf(
        '  - {id: a, type: forEach, items: [1], steps: [{id: b, plugin: p, action: q, input: {v: "{{ item }}"}}]}\n',
      ),
    ).toEqual([]);
  });

  test("an undeclared input is reported with the nearest one, unless the workflow declares none", () => {
    const step = '  - {id: a, plugin: p, action: q, input: {v: "{{ inputs.plcae }}"}}\n';
    expect(problemsOf(step)).toMatchObject([{ suggestion: "place" }]);
    expect(problemsOf(step, "name: x\nsteps:\n")).toEqual([]);
  });

  test("graph and state belong to graphs", () => {
    expect(problemsOf('  - {id: a, plugin: p, action: q, input: {v: "{{ graph.state.n }}"}}\n')).toMatchObject([
      { line: 4 },
    ]);
  });

  test("fields of nodes are refused on other steps", () => {
    expect(problemsOf("  - {id: a, plugin: p, action: q, set: {n: 1}}\n")).toMatchObject([{ line: 4, column: 40 }]);
  });
});

describe("secrets", () => {
  test.each([
    ['  - {id: a, plugin: p, action: q, condition: "{{ secrets.KEY }}"}\n'],
    ['  - {id: a, plugin: p, action: q, for_each: "{{ secrets.KEY }}"}\n'],
    ['  - {id: a, type: transform, language: template, expression: "{{ secrets.KEY }}"}\n'],
    ['  - {id: a, workflow: other, input: {k: "{{ secrets.KEY }}"}}\n'],
    ['  - {id: a, plugin: p, action: q}\noutputs: {k: "{{ secrets.KEY }}"}\n'],
  ])("are refused outside an action's input: %s", (steps) => {
    expect(problemsOf(steps)).toMatchObject([{ message: expect.stringContaining("secret") }]);
  });

  test("in an action's input the action's schema decides", () => {
    const { workflows, problems } = readWorkflows(
      `${HEAD}  - {id: a, plugin: http, action: get, with: {headers: {Authorization: "Bearer {{ secrets.TOKEN }}"}, body: "{{ secrets.OTHER }}"}}\n`,
      "yaml",
    );
    expect(problems).toEqual([]);
    const [workflow] = workflows;
    if (workflow === undefined) throw new Error("no workflow");
    expect(secretReferences(workflow, "a").map(({ member, name }) => [member, name])).toEqual([
      ["/headers/Authorization", "TOKEN"],
      ["/body", "OTHER"],
    ]);
    expect(secretProblems(workflow, "a", ["/headers/*"])).toMatchObject([{ path: "/steps/0/with/body", line: 4 }]);
    expect(secretProblems(workflow, "a", ["/headers", "/body"])).toEqual([]);
  });
});
