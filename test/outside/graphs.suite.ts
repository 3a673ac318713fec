import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { give, graph, lasting } from "./graph-definitions.ts";
import { type Json, type JsonMap, read } from "./json.ts";
import { outputOf, statusesOf, stepsOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const send = async (id: string, node: string, payload: Json): Promise<number> =>
  (await outside.api.act(id, "messages", { node, payload })).status;

describe.concurrent("the seed's four graphs", () => {
  test("extract, transform, load: one node after the other, each gets what the one before gave", async () => {
    const key = "seed etl";
    const nodes = [
      flaky("extract", "call", { key, reply: { data: [1, 2, 3] } }),
      {
        id: "transform",
        type: "transform",
        language: "jsonata",
        input: "{{ input }}",
        expression: '{ "data": [data.($ * 2)] }',
      },
      flaky("load", "call", { key, loaded: "{{ input.result.data | length }}", data: "{{ input.result.data }}" }),
    ];
    const edges: JsonMap[] = [
      { from: "extract", to: "transform" },
      { from: "transform", to: "load" },
    ];
    const record = await outside.api.run(
      graph(nodes, edges, { start: "extract", outputs: { loaded: "{{ steps.load.output.loaded }}" } }),
    );
    expect(read(record, "result.outputs")).toEqual({ loaded: 3 });
    expect(read(outside.service.calls(key)[1]?.body, "input.data")).toEqual([2, 4, 6]);
    expect(outside.service.overlap(key)).toBe(1);
  });

  test("sensor, analyzer, actuator: a loop of actors that ends by its state", async () => {
    const nodes = [
      give("sensor", "{{ graph.state.readings }}", { set: { readings: "graph.state.readings + 1" } }),
      give("analyzer", { anomaly: "{{ input.value % 2 == 1 }}", data: "{{ input.value }}" }),
      give("actuator", "{{ input.value.data }}", { set: { alerts: "graph.state.alerts + [output.value]" } }),
    ];
    const edges: JsonMap[] = [
      { from: "sensor", to: "analyzer" },
      { from: "analyzer", to: "actuator", when: "output.value.anomaly == true" },
      { from: "analyzer", to: "sensor", when: "not output.value.anomaly" },
      { from: "actuator", to: "sensor" },
    ];
    const record = await outside.api.run(
      lasting(nodes, edges, {
        start: "sensor",
        state: { readings: 0, alerts: [] },
        until: "graph.state.alerts | length >= 3",
        outputs: { alerts: "{{ graph.state.alerts }}" },
      }),
    );
    expect(record).toMatchObject({
      status: "completed",
      result: { outputs: { alerts: [1, 3, 5] }, stop_reason: "until" },
    });
  });

  test("hybrid: a long-running graph whose node runs a standard one", async () => {
    const inner = graph(
      [give("double", "{{ input.n * 2 }}"), give("more", "{{ input.value + 1 }}")],
      [{ from: "double", to: "more" }],
      { name: "Inner standard", inputs: { n: { type: "integer" } }, outputs: { n: "{{ steps.more.output.value }}" } },
    );
    const outer = lasting(
      [
        {
          id: "sub",
          workflow: "inner-standard",
          input: { n: "{{ input.n }}" },
          set: { seen: "graph.state.seen + [output.outputs.n]" },
        },
      ],
      [],
      {
        name: "Outer",
        state: { seen: [] },
        until: "graph.state.seen | length == 3",
        outputs: { seen: "{{ graph.state.seen }}" },
      },
    );
    const id = await outside.api.begin({ workflows: [outer, inner] }, {}, { workflow_name: "Outer" });
    for (const n of [1, 2, 3]) expect(await send(id, "sub", { n })).toBe(202);
    expect(read(await outside.api.finished(id), "result.outputs.seen")).toEqual([3, 5, 7]);
  });

  test.each([
    [5, "processed small workload"],
    [500, "requires long-running mode"],
  ])("adaptive: a workload of %d", async (size, said) => {
    const nodes = [
      give("measure", "{{ input.workload_size }}"),
      give("small", "processed small workload"),
      give("large", "requires long-running mode"),
    ];
    const edges: JsonMap[] = [
      { from: "measure", to: "small", when: "output.value < 100" },
      { from: "measure", to: "large" },
    ];
    const record = await outside.api.run(graph(nodes, edges, { inputs: { workload_size: { type: "integer" } } }), {
      workload_size: size,
    });
    expect(read(record, "result.outputs")).toEqual({ value: said });
  });
});

describe.concurrent("standard mode (section 5)", () => {
  const count = give("count", "{{ state.n | default(0) }}", {
    keep: { n: "(state.n | default(0)) + 1" },
    set: { total: "graph.state.total + 1" },
  });

  test("a cycle keeps its own and the shared state; its visits have paths of their own", async () => {
    const record = await outside.api.run(
      graph([count], [{ from: "count", to: "count", when: "graph.state.total < 5" }], {
        state: { total: 0 },
        outputs: { last: "{{ steps.count.output.value }}", total: "{{ graph.state.total }}" },
      }),
    );
    expect(read(record, "result.outputs")).toEqual({ last: 4, total: 5 });
    expect([...stepsOf(record).keys()]).toEqual(["count", "count@2", "count@3", "count@4", "count@5"]);
    for (const [path, value] of [
      ["count", 0],
      ["count@3", 2],
    ] as const) {
      for (const sent of [path, encodeURIComponent(path)]) {
        const answer = await outside.api.get(`/workflows/executions/${String(record.execution_id)}/steps/${sent}`);
        expect(answer).toMatchObject({ status: 200, body: { path, output: { value } } });
      }
    }
  });

  test("a loop in a node: each visit's iterations have paths of their own", async () => {
    const node = {
      id: "x",
      type: "forEach",
      items: [1, 2],
      steps: [give("y", "{{ item * 10 + graph.state.n }}")],
      set: { n: "graph.state.n + 1" },
    };
    const record = await outside.api.run(
      graph([node], [{ from: "x", to: "x", when: "graph.state.n < 2" }], { state: { n: 0 } }),
    );
    for (const [path, value] of [
      ["x[0].y", 10],
      ["x[1].y", 20],
      ["x@2[1].y", 21],
    ] as const) {
      const answer = await outside.api.get(`/workflows/executions/${String(record.execution_id)}/steps/${path}`);
      expect(answer).toMatchObject({ status: 200, body: { path, output: { value } } });
    }
  });

  test("edges by priority, then by order; the first that holds is taken alone", async () => {
    const nodes = ["a", "x", "y", "z"].map((id) => give(id, id));
    const edges: JsonMap[] = [
      { from: "a", to: "x", priority: 5 },
      { from: "a", to: "y", priority: 1, when: "output.value == 'never'" },
      { from: "a", to: "z", priority: 2 },
    ];
    const record = await outside.api.run(graph(nodes, edges));
    expect(read(record, "result.outputs")).toEqual({ value: "z" });
    expect(statusesOf(record)).toMatchObject({ x: "pending", y: "pending", z: "completed" });
  });

  test("a node that fails fails the run; with continue_on_error null goes on and nothing is set", async () => {
    const bad = {
      id: "bad",
      connector: "connector:community/calculator@1.0.0",
      action: "divide",
      input: { a: 1, b: 0 },
      set: { n: 9 },
    };
    const next = give("next", "{{ [input, graph.state.n] }}");
    const edges: JsonMap[] = [{ from: "bad", to: "next" }];
    expect(await outside.api.run(graph([bad, next], edges))).toMatchObject({
      status: "failed",
      error: { code: "VALIDATION" },
    });
    const on = await outside.api.run(graph([{ ...bad, continue_on_error: true }, next], edges, { state: { n: 1 } }));
    expect(outputOf(on, "next")).toEqual({ value: [null, 1] });
  });

  test("max_seconds is timed_out; a spent max_steps pauses, a raise goes on", async () => {
    const slow = { id: "w", type: "wait", duration: "30s" };
    const timed = await outside.api.run(graph([slow], [], { budget: { max_seconds: 1 } }));
    expect(timed).toMatchObject({ status: "timed_out", error: { code: "TIMEOUT" } });
    const id = await outside.api.begin(
      graph([count], [{ from: "count", to: "count", when: "graph.state.total < 6" }], {
        state: { total: 0 },
        budget: { max_steps: 3 },
      }),
    );
    const paused = await outside.api.waiting(id, "budget");
    expect(paused).toMatchObject({
      status: "paused",
      waiting_for: { kind: "budget", budget: "max_steps", used: 3, limit: 3 },
    });
    const low = await outside.api.act(id, "resume", { budget: { max_steps: 3 } });
    expect([200, 409]).toContain(low.status);
    expect(await outside.api.waiting(id, "budget")).toMatchObject({
      status: "paused",
      waiting_for: { used: 3, limit: 3 },
    });
    expect((await outside.api.act(id, "resume", { budget: { max_steps: 100 } })).status).toBe(200);
    expect((await outside.api.finished(id)).status).toBe("completed");
  });

  test("a budget that nobody raises fails after its hold with QUOTA_EXCEEDED", async () => {
    const record = await outside.api.run(
      graph([count], [{ from: "count", to: "count" }], { state: { total: 0 }, budget: { max_steps: 3, hold: 1 } }),
    );
    expect(record).toMatchObject({ status: "failed", error: { code: "QUOTA_EXCEEDED" } });
  });

  test("a cycle without an end stops at the step limit", async () => {
    const record = await outside.api.run(graph([give("a", 1)], [{ from: "a", to: "a" }]));
    expect(record).toMatchObject({ status: "failed", error: { code: "QUOTA_EXCEEDED", details: { limit: "steps" } } });
  });

  const wrong: [string, JsonMap][] = [
    ["an edge to nowhere", graph([give("a", 1)], [{ from: "a", to: "b" }])],
    ["an edge from nowhere", graph([give("a", 1)], [{ from: "b", to: "a" }])],
    ["a start that is no node", graph([give("a", 1)], [], { start: "b" })],
    ["two nodes of a name", graph([give("a", 1), give("a", 2)], [])],
    ["steps and nodes", graph([give("a", 1)], [], { steps: [give("b", 1)] })],
    ["a long-running graph without budget or until", graph([give("a", 1)], [], { mode: "long_running" })],
    ["a long-running graph whose budget bounds nothing", lasting([give("a", 1)], [], { budget: { hold: 60 } })],
    ["a mode that is none", graph([give("a", 1)], [], { mode: "sometimes" })],
    ["a mailbox of no size", lasting([give("a", 1, { mailbox: { size: 0 } })], [])],
    ["an overflow that is none", lasting([give("a", 1, { mailbox: { size: 1, overflow: "explode" } })], [])],
    ["a negative budget", graph([give("a", 1)], [], { budget: { max_steps: -1 } })],
  ];
  test.each(wrong)("%s is refused when it is started", async (_name, definition) => {
    expect(await outside.api.start({ definition })).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });
});
