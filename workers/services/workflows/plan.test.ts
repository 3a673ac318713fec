import { expect, test } from "vitest";
import { readWorkflows } from "../../../engine/definition/read-workflows.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { Context } from "../context.ts";
import { planDocument } from "./plan.ts";
import { planNeeds } from "./plan-needs.ts";

/** Nothing of the world: these documents name no connector and no workflow that is not in them. */
const NOWHERE = { ports: {}, caller: {} } as unknown as Context;

async function planned(text: string) {
  return planDocument(NOWHERE, readWorkflows(text, "yaml"));
}

function sourceOf(plannings: readonly { source: PlanSource }[], slug: string): PlanSource {
  const found = plannings.find((it) => it.source.definition.slug === slug);
  if (found === undefined) throw new Error(`no planning of ${slug}`);
  return found.source;
}

const CHAIN = `
workflows:
  - name: Outer
    steps:
      - {id: call, workflow: Inner One, input: {n: 1}}
      - {id: again, workflow: outer}
  - name: Inner One
    version: 1.2.0
    inputs: {n: {type: integer, required: true}, note: {type: string}}
    steps: [{id: leaf, workflow: leaf, version: ^1.0.0}]
  - name: Leaf
    version: 1.4.0
    steps:
      - {id: out, type: output, value: 1, authorization: {roles: [admin]}}
    outputs: {region: "{{ env.REGION }}"}
`;

test("a called workflow of the same document is pinned whole, whatever the order, and the own name is self", async () => {
  const { plannings, problems } = await planned(CHAIN);
  expect(problems).toEqual([]);
  expect(plannings.map((it) => it.source.definition.slug)).toEqual(["outer", "inner-one", "leaf"]);
  const leaf = sourceOf(plannings, "leaf");
  const inner = sourceOf(plannings, "inner-one");
  expect(leaf.workflows).toBeUndefined();
  expect(inner.workflows).toEqual({ "leaf@^1.0.0": leaf });
  expect(sourceOf(plannings, "outer").workflows).toEqual({ "Inner One@": inner, "outer@": "self" });
});

test("the digest changes with what is pinned", async () => {
  const before = await planned(CHAIN);
  const after = await planned(CHAIN.replace("env.REGION", "env.ZONE"));
  const digests = (it: typeof before) => it.plannings.map((planning) => planning.digest);
  expect(new Set([...digests(before), ...digests(after)]).size).toBe(6);
});

test("a start brings what the called workflows read", async () => {
  const { plannings } = await planned(CHAIN);
  expect(planNeeds(sourceOf(plannings, "outer"))).toEqual({ envNames: ["REGION"], asksWho: true });
});

test("a workflow that only one of the document calls is planned with it, others are not", async () => {
  const read = readWorkflows(CHAIN, "yaml");
  const { plannings } = await planDocument(NOWHERE, read, read.workflows.slice(0, 1));
  expect(plannings.map((it) => it.source.definition.slug)).toEqual(["outer"]);
  expect(Object.keys(plannings[0]?.source.workflows ?? {})).toEqual(["Inner One@", "outer@"]);
});

test("steps inside blocks, of graph nodes, of compensations and of shutdowns pin theirs too", async () => {
  const { plannings, problems } = await planned(`
workflows:
  - name: graph
    mode: long_running
    until: "{{ graph.state.done }}"
    nodes:
      - {id: node, workflow: leaf, on_shutdown: [{id: bye, workflow: leaf, version: 1.0.0}]}
      - id: branch
        type: if
        condition: "{{ true }}"
        then: [{id: deep, workflow: leaf, version: "1", compensate: [{id: undo, workflow: leaf, version: "1.x"}]}]
    edges: []
  - name: leaf
    steps: [{id: out, type: output, value: 1}]
`);
  expect(problems).toEqual([]);
  const keys = Object.keys(sourceOf(plannings, "graph").workflows ?? {});
  expect(keys.sort()).toEqual(["leaf@", "leaf@1", "leaf@1.0.0", "leaf@1.x"]);
});

test("workflows that call each other are refused where the circle closes", async () => {
  const { problems } = await planned(`workflows:
  - name: a
    steps: [{id: one, workflow: b}]
  - name: b
    steps: [{id: two, workflow: c}]
  - name: c
    steps: [{id: three, workflow: a}]
`);
  expect(problems).toMatchObject([{ path: "/workflows/2/steps/0/workflow", line: 7, column: 35 }]);
  expect(problems[0]?.message).toContain("a calls b calls c calls a");
});

test("a version that is none is refused", async () => {
  const { problems } = await planned(`
workflows:
  - {name: a, steps: [{id: x, workflow: a, version: newest}]}
`);
  expect(problems).toMatchObject([
    { path: "/workflows/0/steps/0/version", message: expect.stringContaining("newest") },
  ]);
});

test("an input that the called workflow does not have, and one that it requires, are refused where they stand", async () => {
  const { problems } = await planned(`workflows:
  - name: outer
    steps:
      - id: slip
        workflow: inner
        input:
          cty: Rome
          "a/b": 1
      - {id: bare, workflow: inner}
      - {id: template, workflow: inner, input: "{{ inputs }}"}
      - {id: fine, workflow: inner, input: {city: "{{ inputs.x }}"}}
  - name: inner
    inputs: {city: {type: string, required: true}, unit: {type: string, required: true, default: C}}
    steps: [{id: out, type: output, value: 1}]
`);
  expect(problems).toMatchObject([
    { path: "/workflows/0/steps/0/input", message: 'The workflow "inner" requires the input "city".' },
    { path: "/workflows/0/steps/0/input/cty", line: 7, suggestion: "city" },
    { path: "/workflows/0/steps/0/input/a~1b", line: 8 },
    { path: "/workflows/0/steps/1/workflow", line: 9 },
  ]);
});

/** Workflows w0 … w<count>, each calling the next. */
function chain(count: number): string {
  const calls = Array.from({ length: count }, (_, at) => `  - {name: w${at}, steps: [{id: s, workflow: w${at + 1}}]}`);
  return `workflows:\n${calls.join("\n")}\n  - {name: w${count}, steps: [{id: s, type: output, value: 1}]}\n`;
}

test("sixteen levels of subworkflows are pinned, the seventeenth is refused", async () => {
  expect((await planned(chain(16))).problems).toEqual([]);
  expect((await planned(chain(17))).problems).toMatchObject([
    { path: "/workflows/0/steps/0/workflow", message: "Subworkflows may nest 16 levels deep, not more." },
  ]);
});

test("a plan that doubles with every level is refused by its size before it is written out", async () => {
  const level = (at: number) =>
    `  - {name: w${at}, steps: [{id: a, workflow: w${at + 1}}, {id: b, workflow: w${at + 1}, version: "1"}]}`;
  const levels = Array.from({ length: 12 }, (_, at) => level(at)).join("\n");
  const text = `workflows:\n${levels}\n  - {name: w12, steps: [{id: s, type: output, value: ${"x".repeat(2_000)}}]}\n`;
  const { problems } = await planned(text);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.map((problem) => problem.path)).toContain("/workflows/0");
  expect(problems.every((problem) => problem.message.includes("bytes"))).toBe(true);
});

test("python and guardrails of agents are refused by name, the other guardrails and kinds are not", async () => {
  const { problems, unavailable } = await planned(`workflow:
  name: kinds
  concurrency: {key: "{{ inputs.x }}", limit: 1}
  inputs: {x: {type: string}}
  budget: {max_steps: 10}
  steps:
    - {id: py, type: transform, language: python, expression: "1"}
    - {id: js, type: transform, language: javascript, expression: "return 1", cache: {ttl: 5}}
    - {id: jq, type: transform, language: jq, expression: ".", guardrails: {outputSchema: {type: object}, timeLimit: 5, maxCost: 1, maxTokens: 5}}
    - {id: talk, type: agent, agent: helper, guardrails: {blockedTopics: [war]}}
    - {id: hold, type: wait, duration: 1s, guardrails: {blockedTopics: [war], timeLimit: 5}}
    - {id: ask, type: approval, approvers: [boss]}
`);
  expect(problems).toEqual([]);
  expect(unavailable).toMatchObject([
    {
      path: "/workflow/steps/0/language",
      line: 7,
      message: expect.stringMatching(/^python .* javascript, jsonata or jq/),
    },
    { path: "/workflow/steps/4/guardrails/blockedTopics", message: "guardrails.blockedTopics belongs to agent steps." },
  ]);
});
