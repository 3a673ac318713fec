import type { JsonObject } from "../../engine/json.ts";

type Steps = JsonObject[];

/** A call of the soak's service. `input`: `ms` it takes, how often it `fails` or is `cut` first, its `value`. */
function work(id: string, input: JsonObject, more: JsonObject = {}): JsonObject {
  const retry = { max_attempts: 6, backoff: "fixed", initial_delay_ms: 150 };
  return { id, connector: "connector:community/soak@1.0.0", action: "work", input, retry, ...more };
}

function add(id: string, a: string | number, b: string | number): JsonObject {
  return { id, connector: "connector:community/calculator@1.0.0", action: "add", input: { a, b } };
}

const INPUTS: JsonObject = { n: { type: "integer" }, key: { type: "string" } };
/** Templates that read what a step answered. */
const nonce = (id: string): string => `{{ steps.${id}.output.nonce }}`;
const GO: JsonObject = { id: "w", type: "wait", until: { event: "go" } };

function workflow(name: string, steps: Steps, outputs: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return { name, version: "1.0.0", inputs: INPUTS, steps, outputs, ...more };
}

/** What the soak runs: every kind of thing that a kill could hurt in a way of its own. */
export const SOAK_WORKFLOWS: readonly JsonObject[] = [
  workflow("Short", [work("a", { ms: 20, value: "{{ inputs.n }}" }), add("b", "{{ inputs.n }}", 1)], {
    sum: "{{ steps.b.output.result }}",
    a: nonce("a"),
  }),
  workflow(
    "Retrying",
    [
      work("a", { ms: 60, fails: 2, value: "a" }),
      work("b", { ms: 80, cuts: 1, value: nonce("a") }),
      work("c", { ms: 120, fails: 1, value: nonce("b") }),
      work("d", { ms: 200, value: nonce("c") }),
      work("e", { ms: 50, fails: 3, value: nonce("d") }),
    ],
    { last: nonce("e") },
  ),
  workflow(
    "Fan",
    [
      work("each", { ms: 90, value: "{{ item }}" }, { for_each: "{{ range(8) }}", parallel: true }),
      work("join", { ms: 30, value: "{{ steps.each.output[7].nonce }}" }),
    ],
    { all: "{{ steps.each.output | map(attribute='nonce') }}", last: nonce("join") },
  ),
  workflow(
    "Branches",
    [
      { id: "both", parallel: [work("left", { ms: 90, fails: 1, value: 1 }), work("right", { ms: 140, value: 2 })] },
      {
        id: "loop",
        type: "forEach",
        items: "{{ range(4) }}",
        maxConcurrency: 2,
        steps: [
          work("first", { ms: 40, value: "{{ item }}" }),
          {
            id: "odd",
            type: "if",
            condition: "{{ item % 2 == 1 }}",
            then: [work("second", { ms: 30, value: nonce("first") })],
          },
        ],
      },
      add("end", 1, "{{ steps.loop.output.successCount }}"),
    ],
    { left: nonce("left"), count: "{{ steps.end.output.result }}" },
  ),
  workflow(
    "Napping",
    [
      work("a", { ms: 20, value: 1 }),
      { id: "nap", type: "wait", duration: "400ms" },
      work("b", { ms: 20, value: nonce("a") }),
      { id: "sleep", type: "wait", duration: "6s" },
      work("c", { ms: 20, value: nonce("b") }),
    ],
    { last: nonce("c") },
  ),
  workflow("Told", [GO, work("a", { ms: 30, value: "{{ steps.w.output.eventReceived.n }}" })], {
    got: "{{ steps.w.output.eventReceived }}",
    last: nonce("a"),
  }),
  workflow(
    "Keyed",
    [
      work("a", { ms: 30, value: 1 }),
      { id: "w", type: "wait", until: { event: "paid", key: "{{ inputs.key }}" } },
      work("b", { ms: 30, value: "{{ steps.w.output.eventReceived.n }}" }),
    ],
    { got: "{{ steps.w.output.eventReceived }}" },
  ),
  workflow(
    "Approved",
    [
      { id: "ok", type: "approval", approvers: ["admin"], allow_self: true, continue_on_error: true },
      work("a", { ms: 30, value: "{{ steps.ok.output.decision | default('none') }}" }),
    ],
    { comment: "{{ steps.ok.output.comment | default('none') }}", last: nonce("a") },
  ),
  workflow(
    "Child",
    [
      work("each", { ms: 50, value: "{{ item }}", fails: 1 }, { for_each: "{{ range(3) }}", parallel: true }),
      add("sum", "{{ inputs.n }}", 10),
    ],
    { sum: "{{ steps.sum.output.result }}" },
  ),
  workflow(
    "Parent",
    [
      {
        id: "kids",
        workflow: "child",
        input: { n: "{{ item }}", key: "of a parent" },
        for_each: [1, 2],
        parallel: true,
      },
      { id: "one", workflow: "child", input: { n: "{{ inputs.n }}", key: "alone" } },
    ],
    { sums: "{{ steps.kids.output | map(attribute='outputs.sum') }}", one: "{{ steps.one.outputs.sum }}" },
  ),
  {
    name: "Graph",
    version: "1.0.0",
    inputs: INPUTS,
    state: { n: 0 },
    nodes: [
      work("count", { ms: 30, value: "{{ graph.state.n }}", fails: 1 }, { set: { n: "{{ graph.state.n + 1 }}" } }),
      work("done", { ms: 20, value: "{{ graph.state.n }}" }),
    ],
    edges: [
      { from: "count", to: "count", when: "graph.state.n < 4" },
      { from: "count", to: "done" },
    ],
    outputs: { n: "{{ graph.state.n }}", last: nonce("done") },
  },
  {
    name: "Actors",
    version: "1.0.0",
    mode: "long_running",
    budget: { max_seconds: 3600 },
    idle: "complete",
    inputs: INPUTS,
    state: { seen: 0 },
    nodes: [
      work("first", { ms: 20, value: "{{ input.n | default(0) }}" }),
      work("left", { ms: 40, value: "left" }, { set: { left: "{{ output.nonce }}" } }),
      work("right", { ms: 70, value: "right", fails: 1 }, { set: { right: "{{ output.nonce }}" } }),
    ],
    edges: [
      { from: "first", to: "left" },
      { from: "first", to: "right" },
    ],
    outputs: { state: "{{ graph.state }}" },
  },
  workflow("Undone", [
    work("a", { ms: 30, value: 1 }, { compensate: [work("undo_a", { ms: 40, value: nonce("a"), fails: 1 })] }),
    work("b", { ms: 30, value: 2 }, { compensate: [work("undo_b", { ms: 40, value: nonce("b") })] }),
    work("c", { ms: 30, broken: 9 }, { retry: { max_attempts: 2, backoff: "fixed", initial_delay_ms: 100 } }),
  ]),
  workflow(
    "Again",
    [
      work("a", { ms: 30, value: 1 }),
      work("b", { ms: 30, broken: 1, value: nonce("a") }, { retry: { max_attempts: 1 } }),
      work("c", { ms: 30, value: nonce("b") }),
    ],
    { last: nonce("c") },
  ),
  workflow("Withdrawn", [
    work("a", { ms: 30, value: 1 }, { compensate: [work("undo_a", { ms: 40, value: nonce("a") })] }),
    GO,
    work("never", { ms: 10 }),
  ]),
  workflow("Held", [work("a", { ms: 20, value: 1 }), GO, work("b", { ms: 30, value: nonce("a") })], {
    last: nonce("b"),
  }),
  workflow(
    "Charged",
    [
      { ...work("pay", { ms: 150, value: "{{ inputs.n }}" }, { continue_on_error: true }), action: "charge" },
      work("after", { ms: 20, value: "{{ steps.pay.status }}" }),
    ],
    { status: "{{ steps.pay.status }}" },
  ),
  workflow(
    "Caught",
    [
      {
        id: "t",
        type: "try",
        steps: [
          work("a", { ms: 20, value: 1 }),
          work("b", { ms: 20, broken: 9 }, { retry: { max_attempts: 2, backoff: "fixed", initial_delay_ms: 80 } }),
        ],
        catch: [work("c", { ms: 20, value: nonce("a") })],
        finally: [work("d", { ms: 20, value: "always" })],
      },
    ],
    { status: "{{ steps.t.output.status }}" },
  ),
  // Nothing that a kill could stop before its time is over.
  workflow("Late", [{ id: "w", type: "wait", duration: "1h" }], {}, { timeout: "4s" }),
];
