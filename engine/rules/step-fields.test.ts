import { describe, expect, test } from "vitest";
import { readWorkflows } from "../definition/read-workflows.ts";

function problemsOf(steps: string, head = "name: x\nsteps:\n") {
  return readWorkflows(head + steps, "yaml").problems.map(({ path, line, message, suggestion }) => ({
    path,
    line,
    message,
    suggestion,
  }));
}

describe("cache", () => {
  test.each([
    "  - {id: a, type: wait, duration: 1, cache: {ttl: 60}}\n",
    "  - {id: a, type: output, value: 1, cache: {ttl: 60}}\n",
    "  - {id: a, type: transform, language: template, expression: hello, cache: {ttl: 60}}\n",
    "  - {id: a, type: transform, language: jsonpath, expression: $.a, cache: {ttl: 60}}\n",
    "  - {id: a, parallel: [{id: b, plugin: p, action: q}], cache: {ttl: 60}}\n",
  ])("is refused where there is no call: %s", (step) => {
    expect(problemsOf(step)).toMatchObject([
      { path: "/steps/0/cache", line: 3, message: expect.stringContaining("cache") },
    ]);
  });

  test.each([
    "  - {id: a, plugin: p, action: q, cache: {ttl: 60}}\n",
    "  - {id: a, workflow: other, cache: {ttl: 60}}\n",
    "  - {id: a, type: agent, agent: {model: m}, cache: {ttl: 60}}\n",
    "  - {id: a, type: transform, language: jq, expression: .a, cache: {ttl: 60}}\n",
    "  - {id: a, type: transform, language: javascript, expression: return 1, cache: {ttl: 60}}\n",
  ])("stands where there is one: %s", (step) => {
    expect(problemsOf(step)).toEqual([]);
  });
});

describe("jsonpath", () => {
  test("an expression that cannot be parsed is refused with what is wrong in it", () => {
    expect(problemsOf("  - {id: a, type: transform, language: jsonpath, expression: '$.a['}\n")).toEqual([
      {
        path: "/steps/0/expression",
        line: 3,
        message: "this is not a JSONPath: unclosed bracketed selection at character 5",
        suggestion: undefined,
      },
    ]);
    expect(problemsOf("  - {id: a, type: transform, language: jsonpath, expression: ''}\n")).toMatchObject([
      { message: "this is not a JSONPath: it is empty" },
    ]);
    expect(problemsOf("  - {id: a, type: transform, language: jsonpath, expression: '$[?nothing(@)]'}\n")).toHaveLength(
      1,
    );
  });

  test("one that can be parsed is not", () => {
    expect(problemsOf("  - {id: a, type: transform, language: jsonpath, expression: '$..a[?@.b > 1].c'}\n")).toEqual(
      [],
    );
  });
});

describe("mailbox", () => {
  const node = (mailbox: string) =>
    problemsOf(`  - {id: a, plugin: p, action: q, mailbox: ${mailbox}}\n`, "name: x\nmode: standard\nnodes:\n");

  test("is bounded, and what it does when it is full is one of three", () => {
    expect(node("{size: 0}")).toMatchObject([{ path: "/nodes/0/mailbox/size", line: 4 }]);
    expect(node("{size: 1001}")).toMatchObject([{ path: "/nodes/0/mailbox/size" }]);
    expect(node("{size: 1.5}")).toMatchObject([{ path: "/nodes/0/mailbox/size" }]);
    expect(node("{overflow: drop_oldst}")).toMatchObject([
      { path: "/nodes/0/mailbox/overflow", suggestion: "drop_oldest" },
    ]);
    expect(node("{size: 1, overflow: block}")).toEqual([]);
    expect(node("{size: 1000, overflow: reject}")).toEqual([]);
  });
});

test("two edges between the same nodes are no problem", () => {
  expect(
    problemsOf(
      "  - {id: a, plugin: p, action: q}\n  - {id: b, plugin: p, action: q}\nedges: [{from: a, to: b, when: output.x}, {from: a, to: b}]\n",
      "name: x\nnodes:\n",
    ),
  ).toEqual([]);
});
