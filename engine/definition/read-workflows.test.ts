import { describe, expect, test } from "vitest";
import type { Json } from "../json.ts";
import { readWorkflows, readWorkflowValue } from "./read-workflows.ts";

/** Reads a text that must be valid and gives its only workflow. */
function valid(text: string) {
  const { workflows, problems } = readWorkflows(text, "yaml");
  expect(problems).toEqual([]);
  const [workflow] = workflows;
  if (workflow === undefined) throw new Error("no workflow");
  return workflow;
}

function problemsOf(text: string) {
  return readWorkflows(text, "yaml").problems;
}

const HARBOUR = `
workflows:
  - name: Harbour Tide Board
    version: 2.1.0
    description: What the harbour shows each morning
    inputs:
      harbours:
        type: array
        default: [Kiel, Oban]
      unit:
        type: string
        enum: [m, ft]
        default: m
    steps:
      - name: read_tides
        connector: connector:community/tides@^1.2.0
        action: read
        for_each: "{{ inputs.harbours }}"
        parallel: true
        max_concurrency: 4
        timeout: 90s
        retry:
          max_attempts: 4
          backoff: exponential
          initial_delay_ms: 200
          retry_on: [timeout, rate_limit]
        with:
          harbour: "{{ item }}"
          unit: "{{ inputs.unit }}"
      - id: board
        plugin: text
        operation: template
        condition: "{{ steps.read_tides.output | length > 0 }}"
        continueOnError: true
        input:
          template: |
            {% for tide in steps.read_tides.output %}{{ tide.height }}
            {% endfor %}
    outputs:
      text: "{{ steps.board.output.text }}"
      count:
        value: "{{ steps.read_tides.output | length }}"
        description: Harbours on the board
`;

describe("what a workflow file becomes", () => {
  test("aliases, durations and forms are normalised", () => {
    const { definition, pointerOf, pointer } = valid(HARBOUR);
    expect(definition).toMatchObject({ name: "Harbour Tide Board", slug: "harbour-tide-board", version: "2.1.0" });
    expect(definition.steps).toEqual([
      {
        kind: "action",
        id: "read_tides",
        connector: "connector:community/tides@^1.2.0",
        action: "read",
        forEach: "{{ inputs.harbours }}",
        parallel: true,
        maxConcurrency: 4,
        timeoutMs: 90_000,
        retry: { maxAttempts: 4, backoff: "exponential", initialDelayMs: 200, retryOn: ["TIMEOUT", "RATE_LIMITED"] },
        input: { harbour: "{{ item }}", unit: "{{ inputs.unit }}" },
      },
      {
        kind: "action",
        id: "board",
        connector: "text",
        action: "template",
        condition: "{{ steps.read_tides.output | length > 0 }}",
        continueOnError: true,
        input: { template: "{% for tide in steps.read_tides.output %}{{ tide.height }}\n{% endfor %}\n" },
      },
    ]);
    expect(definition.outputs).toEqual({
      text: { value: "{{ steps.board.output.text }}" },
      count: { value: "{{ steps.read_tides.output | length }}", description: "Harbours on the board" },
    });
    expect(definition.inputs.unit).toEqual({
      type: "string",
      default: "m",
      schema: { type: "string", enum: ["m", "ft"] },
    });
    expect(pointer).toBe("/workflows/0");
    expect(pointerOf("board")).toBe("/workflows/0/steps/1");
    expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
  });

  test("the three forms of a file mean the same", () => {
    const body = { name: "One", steps: [{ id: "a", connector: "text", action: "upper" }] };
    const written: Json[] = [{ workflows: [body] }, { workflow: body }, body];
    const forms = written.map((form) => readWorkflowValue(form));
    for (const { problems, workflows } of forms) {
      expect(problems).toEqual([]);
      expect(workflows.map(({ definition }) => definition.slug)).toEqual(["one"]);
    }
  });

  test("id names a workflow and its slug; name stays its title", () => {
    expect(valid("id: tide-board\nname: The Board\nsteps: []").definition).toMatchObject({
      name: "The Board",
      slug: "tide-board",
    });
    expect(valid("id: tide-board\nsteps: []").definition).toMatchObject({ name: "tide-board", slug: "tide-board" });
    expect(valid("name: Überblick — 3. Stück\nsteps: []").definition.slug).toBe("uberblick-3-stuck");
  });

  test("durations take units, and a number is seconds", () => {
    const at = (timeout: string) => valid(`name: x\ntimeout: ${timeout}\nsteps: []`).definition.timeoutMs;
    expect([at("30"), at("30s"), at("5m"), at("1h30m"), at("2d"), at("500ms"), at('"7"')]).toEqual([
      30_000, 30_000, 300_000, 5_400_000, 172_800_000, 500, 7_000,
    ]);
  });

  test("the action engine's retry words are accepted", () => {
    const text =
      "name: x\nsteps: [{id: a, plugin: p, action: q, retryStrategy: FIXED, maxAttempts: 2, initialDelayMs: 10, maxDelayMs: 20}]";
    expect(valid(text).definition.steps[0]?.retry).toEqual({
      backoff: "fixed",
      maxAttempts: 2,
      initialDelayMs: 10,
      maxDelayMs: 20,
    });
  });
});

describe("what is refused", () => {
  test("an unknown key is named with its own place and the nearest known key", () => {
    expect(problemsOf("name: x\nsteps:\n  - id: a\n    conector: text\n    action: upper\n")).toEqual([
      {
        path: "/steps/0/conector",
        line: 4,
        column: 5,
        message: expect.stringContaining('"conector"'),
        suggestion: "connector",
      },
    ]);
  });

  test("a slip in a type is read as what was meant, so that the steps inside count", () => {
    const steps =
      "[{id: a, type: forech, items: [1], steps: [{id: b, plugin: p, action: q}]}, {id: c, plugin: p, action: q, input: '{{ steps.b.output }}'}]";
    expect(problemsOf(`name: x\nsteps: ${steps}`)).toMatchObject([{ path: "/steps/0/type", suggestion: "forEach" }]);
  });

  test("keys under metadata and keys that begin with x- are free", () => {
    valid(
      "name: x\nx-team: blue\nmetadata: {anything: {goes: 1}}\nsteps: [{id: a, plugin: p, action: q, x-note: hi, metadata: {n: 1}}]",
    );
  });

  test("all problems of a file come at once, in the order of the file", () => {
    const problems = problemsOf(
      [
        "name: x",
        "version: one",
        "timout: 3",
        "steps:",
        "  - id: a",
        "    plugin: p",
        "    timeout: soon",
        "  - id: a",
        "    type: waiting",
        "    duration: 5s",
      ].join("\n"),
    );
    expect(problems.map(({ line, path }) => [line, path])).toEqual([
      [2, "/version"],
      [3, "/timout"],
      [5, "/steps/0/action"],
      [7, "/steps/0/timeout"],
      [8, "/steps/1/id"],
      [9, "/steps/1/type"],
    ]);
    expect(problems[4]?.message).toContain("line 5");
  });

  test("problems of JSON have path and message only", () => {
    for (const problem of readWorkflows('{"name": "x", "step": []}', "json").problems)
      expect(Object.keys(problem).sort()).toEqual(["message", "path", "suggestion"]);
  });

  test("step ids are unique over every block of a workflow", () => {
    const [problem] = problemsOf(
      "name: x\nsteps:\n  - id: a\n    parallel:\n      - {id: b, plugin: p, action: q}\n  - {id: b, plugin: p, action: q}\n",
    );
    expect(problem).toMatchObject({ path: "/steps/1/id", line: 6, message: expect.stringContaining("line 5") });
  });

  test("steps and nodes together, edges without nodes, and unknown nodes", () => {
    expect(problemsOf("name: x\nsteps: []\nnodes: [{id: a, plugin: p, action: q}]")).toMatchObject([
      { path: "/nodes" },
    ]);
    expect(problemsOf("name: x\nedges: [{from: a, to: b}]")).toMatchObject([{ path: "/edges" }]);
    expect(
      problemsOf(
        "name: x\nnodes: [{id: alpha, plugin: p, action: q}]\nedges: [{from: alpha, to: alpah}]\nstart: nowhere",
      ),
    ).toMatchObject([{ path: "/edges/0/to", suggestion: "alpha" }, { path: "/start" }]);
  });

  test("a long-running graph needs an end", () => {
    const graph = "name: x\nmode: long_running\nnodes: [{id: a, plugin: p, action: q}]\n";
    expect(problemsOf(graph)).toMatchObject([{ path: "/mode" }]);
    valid(`${graph}budget: {max_seconds: 5}\n`);
    valid(`${graph}until: graph.state.done\n`);
  });

  test.each([
    ["max_attempts: 0", "/steps/0/retry/max_attempts"],
    ["max_attempts: 1.5", "/steps/0/retry/max_attempts"],
    ["max_attempts: 1000", "/steps/0/retry/max_attempts"],
    ["backoff: sometimes", "/steps/0/retry/backoff"],
    ["initial_delay_ms: -1", "/steps/0/retry/initial_delay_ms"],
    ["backoff_factor: -1", "/steps/0/retry/backoff_factor"],
    ["jitter: maybe", "/steps/0/retry/jitter"],
    ["retry_on: [TIMEOUTS]", "/steps/0/retry/retry_on"],
    ["attempts: 3", "/steps/0/retry/attempts"],
  ])("retry {%s} is refused at its member", (retry, path) => {
    expect(problemsOf(`name: x\nsteps: [{id: a, plugin: p, action: q, retry: {${retry}}}]`)).toMatchObject([{ path }]);
  });

  test("two names of one field together are refused", () => {
    expect(problemsOf("name: x\nsteps: [{id: a, plugin: p, action: q, input: {}, with: {}}]")).toMatchObject([
      { path: "/steps/0/with" },
    ]);
  });

  test.each([
    "",
    "null",
    "[]",
    "3",
    "just text",
    "workflows: {}",
    "workflows: []",
    "workflows: [3]",
    "{}",
    "name: [x]",
  ])("%j is no workflow file", (text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
  });

  test("control characters in names are refused", () => {
    expect(problemsOf('name: "a\\u0007b"\nsteps: []')).toMatchObject([{ path: "/name" }]);
    expect(problemsOf('name: a\nsteps: [{id: "a\\nb", plugin: p, action: q}]')).toMatchObject([
      { path: "/steps/0/id" },
    ]);
  });

  test("the declaration of an input is checked as a schema, and its default against it", () => {
    expect(problemsOf("name: x\ninputs: {n: {type: strng}}")).toMatchObject([{ path: "/inputs/n/type" }]);
    expect(problemsOf("name: x\ninputs: {n: {type: number, default: many}}")).toMatchObject([
      { path: "/inputs/n/default" },
    ]);
    expect(problemsOf("name: x\ninputs: {n: {type: number, requred: true}}")).toMatchObject([
      { path: "/inputs/n/requred", suggestion: "required" },
    ]);
    expect(problemsOf('name: x\ninputs: {n: {$ref: "https://example.com/schema"}}')).toMatchObject([
      { path: "/inputs/n/$ref" },
    ]);
  });
});
