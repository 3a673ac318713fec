import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { give, graph, lasting } from "./graph-definitions.ts";
import { type Json, type JsonMap, read } from "./json.ts";
import { statusesOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const send = async (id: string, node: string, payload: Json): Promise<number> =>
  (await outside.api.act(id, "messages", { node, payload })).status;

describe.concurrent("long-running mode (section 5)", () => {
  test("one message at a time, in order; results go along every edge that holds", async () => {
    const key = "actor order";
    const nodes = [
      flaky("work", "call", { key, n: "{{ input.n }}", after: 30 }, { set: { seen: "graph.state.seen + [output.n]" } }),
      give("odd", "{{ input.n }}", { set: { odd: "graph.state.odd + [output.value]" } }),
      give("all", "{{ input.n }}", { set: { all: "graph.state.all + 1" } }),
    ];
    const edges: JsonMap[] = [
      { from: "work", to: "odd", when: "output.n % 2 == 1" },
      { from: "work", to: "all" },
    ];
    const id = await outside.api.begin(
      lasting(nodes, edges, {
        state: { seen: [], odd: [], all: 0 },
        until: "graph.state.all == 8",
        outputs: { seen: "{{ graph.state.seen }}", odd: "{{ graph.state.odd }}" },
      }),
    );
    for (let n = 0; n < 8; n++) expect(await send(id, "work", { n })).toBe(202);
    const done = await outside.api.finished(id);
    expect(read(done, "result")).toEqual({
      outputs: { seen: [0, 1, 2, 3, 4, 5, 6, 7], odd: [1, 3, 5, 7] },
      stop_reason: "until",
    });
    expect(outside.service.overlap(key)).toBe(1);
  });

  test("nodes work at the same time", async () => {
    const nodes = ["x", "y", "z"].map((id) => flaky(id, "call", { key: `actor ${id}`, after: 700 }));
    const id = await outside.api.begin(lasting(nodes, [], { idle: "complete" }));
    await Promise.all(["x", "y", "z"].map((node) => send(id, node, null)));
    expect(await outside.api.finished(id)).toMatchObject({ status: "completed", result: { stop_reason: "idle" } });
    expect(outside.service.overlap("actor x", "actor y", "actor z")).toBe(3);
  });

  test("a full mailbox that rejects is 429 with Retry-After; drop_oldest keeps the newest", async () => {
    const slow = (overflow: string): JsonMap =>
      flaky(
        "a",
        "patient",
        { key: `full ${overflow}`, n: "{{ input }}", after: 1500 },
        {
          mailbox: { size: 2, overflow },
          set: { seen: "graph.state.seen + [output.n]" },
        },
      );
    const start = (overflow: string): Promise<string> =>
      outside.api.begin(
        lasting([slow(overflow)], [], {
          state: { seen: [] },
          idle: "complete",
          outputs: { seen: "{{ graph.state.seen }}" },
        }),
      );
    const [rejecting, dropping] = await Promise.all([start("reject"), start("drop_oldest")]);
    await Promise.all([send(rejecting, "a", 0), send(dropping, "a", 0)]);
    await outside.api.when(rejecting, () => outside.service.calls("full reject").length === 1);
    await outside.api.when(dropping, () => outside.service.calls("full drop_oldest").length === 1);
    for (const n of [1, 2]) expect(await send(rejecting, "a", n)).toBe(202);
    const full = await outside.api.act(rejecting, "messages", { node: "a", payload: 3 });
    expect(full).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
    expect(full.headers.get("retry-after")).toMatch(/^\d+$/);
    for (const n of [1, 2, 3, 4]) expect(await send(dropping, "a", n)).toBe(202);
    expect(read(await outside.api.finished(rejecting), "result.outputs.seen")).toEqual([0, 1, 2]);
    expect(read(await outside.api.finished(dropping), "result.outputs.seen")).toEqual([0, 3, 4]);
  });

  test("a full mailbox that blocks makes the sender wait until there is room, or 429 after its timeout", async () => {
    const node = flaky(
      "a",
      "patient",
      { key: "blocking", after: 1200 },
      {
        mailbox: { size: 1, overflow: "block" },
        set: { n: "graph.state.n + 1" },
      },
    );
    const id = await outside.api.begin(lasting([node], [], { state: { n: 0 }, until: "graph.state.n == 3" }));
    await send(id, "a", 1);
    await outside.api.when(id, () => outside.service.calls("blocking").length === 1);
    expect(await send(id, "a", 2)).toBe(202);
    const hasty = await outside.api.act(id, "messages", { node: "a", payload: 3, timeout: 0.1 });
    expect(hasty).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
    const patient = await outside.api.act(id, "messages", { node: "a", payload: 4, timeout: 20 });
    expect(patient.status).toBe(202);
    expect((await outside.api.finished(id)).status).toBe("completed");
    expect(outside.service.calls("blocking")).toHaveLength(3);
  });

  test("shutdown lets the message in hand finish, takes no other, and runs on_shutdown", async () => {
    const key = "shut down";
    const node = flaky(
      "a",
      "patient",
      { key, n: "{{ input }}", after: 1000 },
      {
        set: { seen: "graph.state.seen + [output.n]" },
        on_shutdown: [flaky("bye", "call", { key, n: "bye" })],
      },
    );
    const id = await outside.api.begin(
      lasting([node], [], {
        state: { seen: [] },
        outputs: { seen: "{{ graph.state.seen }}", bye: "{{ steps.bye.output.n }}" },
      }),
    );
    for (const n of [1, 2, 3]) await send(id, "a", n);
    await outside.api.when(id, () => outside.service.calls(key).length === 1);
    expect((await outside.api.act(id, "shutdown")).status).toBe(200);
    expect([409, 202]).toContain(await send(id, "a", 4));
    const done = await outside.api.finished(id);
    expect(done).toMatchObject({
      status: "completed",
      result: { outputs: { seen: [1], bye: "bye" }, stop_reason: "shutdown" },
    });
    expect(outside.service.calls(key).map((call) => read(call.body, "input.n"))).toEqual([1, "bye"]);
  });

  test("a shutdown that is not graceful cancels what is in hand", async () => {
    const node = flaky("a", "patient", { key: "cut short", after: 25_000 });
    const id = await outside.api.begin(lasting([node], []));
    await send(id, "a", 1);
    await outside.api.when(id, () => outside.service.calls("cut short").length === 1);
    await outside.api.act(id, "shutdown", { graceful: false });
    const done = await outside.api.finished(id, 15);
    expect(done).toMatchObject({ status: "completed", result: { stop_reason: "shutdown" } });
    expect(statusesOf(done).a).toBe("canceled");
  });

  test("max_seconds ends it gracefully: completed, stop_reason budget", async () => {
    const record = await outside.api.run(lasting([give("a", 1)], [], { budget: { max_seconds: 1 } }));
    expect(record).toMatchObject({ status: "completed", result: { stop_reason: "budget" } });
  });

  test("max_messages pauses; a raise goes on with the message that waited", async () => {
    const node = give("a", "{{ input }}", { set: { seen: "graph.state.seen + [output.value]" } });
    const id = await outside.api.begin(
      lasting([node], [], {
        state: { seen: [] },
        budget: { max_messages: 2 },
        until: "graph.state.seen | length == 3",
      }),
    );
    const statuses = [];
    for (const n of [1, 2, 3]) statuses.push(await send(id, "a", n));
    expect(statuses.slice(0, 2)).toEqual([202, 202]);
    await outside.api.when(id, (record) => record.status === "paused");
    expect((await outside.api.act(id, "resume", { budget: { max_messages: 10 } })).status).toBe(200);
    if (statuses[2] !== 202) expect(await send(id, "a", 3)).toBe(202);
    expect(await outside.api.finished(id)).toMatchObject({ status: "completed", result: { stop_reason: "until" } });
  });

  test("every runs a node by itself", async () => {
    const node = give("tick", 1, { every: "1s", set: { n: "graph.state.n + 1" } });
    const record = await outside.api.run(lasting([node], [], { state: { n: 0 }, until: "graph.state.n == 2" }));
    expect(record).toMatchObject({ status: "completed", result: { stop_reason: "until" } });
  });

  test("the start node gets the inputs; without inputs and start nothing runs until a message comes", async () => {
    const nodes = [give("a", "{{ input.n }}", { set: { n: "output.value" } })];
    const more = {
      inputs: { n: { type: "integer" } },
      state: { n: 0 },
      until: "graph.state.n > 0",
      outputs: { n: "{{ graph.state.n }}" },
    };
    expect(read(await outside.api.run(lasting(nodes, [], more), { n: 4 }), "result.outputs.n")).toBe(4);
    const id = await outside.api.begin(lasting(nodes, [], more));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(statusesOf(await outside.api.record(id)).a).toBe("pending");
    await send(id, "a", { n: 6 });
    expect(read(await outside.api.finished(id), "result.outputs.n")).toBe(6);
  });

  test("500 messages from many senders at once: each handled once, a counter counts them all", async () => {
    const node = give("a", "{{ input }}", {
      mailbox: { size: 1000 },
      set: { n: "graph.state.n + 1", sum: "graph.state.sum + output.value" },
    });
    const id = await outside.api.begin(
      lasting([node], [], {
        state: { n: 0, sum: 0 },
        until: "graph.state.n == 500",
        outputs: { n: "{{ graph.state.n }}", sum: "{{ graph.state.sum }}" },
      }),
    );
    for (let from = 0; from < 500; from += 50) {
      const all = await Promise.all(Array.from({ length: 50 }, (_, at) => send(id, "a", from + at)));
      expect(new Set(all)).toEqual(new Set([202]));
    }
    expect(read(await outside.api.finished(id), "result.outputs")).toEqual({ n: 500, sum: 124_750 });
  });

  test.each<[string, Json, number]>([
    ["an unknown node", { node: "b", payload: 1 }, 404],
    ["no node", { payload: 1 }, 400],
    ["a control character", { node: "a\u0000", payload: 1 }, 400],
    ["__proto__ as node", { node: "__proto__", payload: 1 }, 404],
    ["a payload that poses as a secret", { node: "a", payload: [{ $secret: "X" }] }, 400],
    ["a timeout beyond 30 s", { node: "a", payload: 1, timeout: 3600 }, 400],
    ["an unknown member", { node: "a", colour: 1 }, 400],
  ])("a message with %s", async (_name, body, status) => {
    const id = await outside.api.begin(lasting([give("a", 1)], []));
    const answer = await outside.api.act(id, "messages", body);
    expect([answer.status, answer.text]).toEqual([status, answer.text]);
    await outside.api.act(id, "cancel");
  });

  test("messages and shutdown of a workflow of steps, and of a standard graph: 409", async () => {
    for (const definition of [
      { name: "Steps", steps: [{ id: "w", type: "wait", duration: "30s" }] },
      graph([{ id: "w", type: "wait", duration: "30s" }], []),
    ]) {
      const id = await outside.api.begin(definition);
      expect(await send(id, "w", 1)).toBe(409);
      if ("steps" in definition) expect((await outside.api.act(id, "shutdown")).status).toBe(409);
      await outside.api.act(id, "cancel");
    }
  });
});
