import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { assertGapless, EventStream, type Frame, wholeLog } from "./event-stream.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read, readList } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const give = (id: string, more: JsonMap = {}): JsonMap => ({ id, type: "output", value: 1, ...more });
const until = (event: string, more: JsonMap = {}): JsonMap => ({
  id: "w",
  type: "wait",
  until: { event, ...more },
});
const workflow = (...steps: Json[]): JsonMap => ({ name: "Outside events", steps });
const quick: JsonMap = { max_attempts: 2, backoff: "fixed", initial_delay_ms: 20, jitter: false };
const down = { status: 503, body: { status: "error", code: "UNAVAILABLE", message: "down", details: {} } };
const broken = { status: 200, body: { status: "error", code: "VALIDATION", message: "never", details: {} } };

const TERMINAL = ["workflow.completed", "workflow.failed", "workflow.canceled", "workflow.timed_out"];

/** The events of one step, by their types. */
const typesOf = (frames: readonly Frame[], path: string): string[] =>
  frames.filter(({ data }) => data.step_path === path).map(({ event }) => event);
const typesIn = (frames: readonly Frame[]): string[] => frames.map(({ event }) => event);

/** What holds for every log: it begins with the start, it ends with the only terminal event, and every event has its form. */
async function judged(id: string, end: string): Promise<Frame[]> {
  const frames = await wholeLog(outside.api, id);
  assertGapless(frames);
  expect(frames[0]?.event).toBe("workflow.started");
  expect(frames.filter(({ event }) => TERMINAL.includes(event))).toEqual([frames.at(-1)]);
  expect(frames.at(-1)?.event).toBe(end);
  let before = "";
  for (const { data } of frames) {
    expect(data).toMatchObject({
      id: expect.any(Number),
      type: expect.stringMatching(/^(log|[a-z]+\.[a-z_]+)$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      workflow_id: expect.any(String),
      execution_id: id,
      data: expect.any(Object),
    });
    expect(Object.keys(data)).toEqual(expect.arrayContaining(["step_name", "step_path"]));
    expect(String(data.timestamp) >= before).toBe(true);
    before = String(data.timestamp);
  }
  return frames;
}

describe.concurrent("the log of an execution (section 12)", () => {
  test("a step that succeeds: started, completed, and the run's end after it", async () => {
    const id = await outside.api.begin(workflow(flaky("s", "call", { key: "log plain" })));
    const frames = await judged(id, "workflow.completed");
    const types = typesOf(frames, "s");
    expect(types.filter((type) => type !== "step.queued")).toEqual(["step.started", "step.completed"]);
    expect(frames.find(({ event }) => event === "step.completed")?.data).toMatchObject({
      step_name: "s",
      step_path: "s",
    });
  });

  test("a step that is tried again: step.retrying between its attempts", async () => {
    outside.service.script("log retry", down);
    const id = await outside.api.begin(workflow(flaky("s", "call", { key: "log retry" }, { retry: quick })));
    const types = typesOf(await judged(id, "workflow.completed"), "s");
    expect(types).toContain("step.retrying");
    expect(types.indexOf("step.retrying")).toBeGreaterThan(types.indexOf("step.started"));
    expect(types.at(-1)).toBe("step.completed");
    expect(types.filter((type) => type === "step.completed")).toHaveLength(1);
  });

  test("a step that fails: step.failed, then workflow.failed with the error", async () => {
    outside.service.script("log failed", broken);
    const id = await outside.api.begin(workflow(flaky("s", "call", { key: "log failed" }), give("never")));
    const frames = await judged(id, "workflow.failed");
    expect(typesOf(frames, "s").at(-1)).toBe("step.failed");
    expect(typesOf(frames, "never")).not.toContain("step.started");
    expect(JSON.stringify(frames.at(-1)?.data)).toContain("VALIDATION");
  });

  test("a step whose condition does not hold: step.skipped, and it never starts", async () => {
    const id = await outside.api.begin(workflow(give("s", { condition: false }), give("t")));
    const frames = await judged(id, "workflow.completed");
    expect(typesOf(frames, "s")).toEqual(["step.skipped"]);
  });

  test("a wait for an event: step.waiting, signal.received, step.completed", async () => {
    const id = await outside.api.begin(workflow(until("go")));
    await outside.api.waiting(id, "event");
    await outside.api.act(id, "events", { name: "go", payload: { n: 7 } });
    const frames = await judged(id, "workflow.completed");
    const interesting = ["step.waiting", "signal.received", "step.completed"];
    expect(typesIn(frames).filter((type) => interesting.includes(type))).toEqual(interesting);
  });

  test("an approval: approval.decided says how and by whom", async () => {
    const step = { id: "sign", type: "approval", approvers: ["admin"], allow_self: true };
    const id = await outside.api.begin(workflow(step));
    await outside.api.waiting(id, "approval");
    expect((await outside.api.act(id, "approvals/sign", { decision: "approve" })).status).toBe(200);
    const frames = await judged(id, "workflow.completed");
    const decided = frames.find(({ event }) => event === "approval.decided");
    expect(JSON.stringify(decided?.data.data)).toMatch(/approve/);
  });

  test("pause and resume, and a cancel that ends what runs", async () => {
    const id = await outside.api.begin(workflow(until("never")));
    await outside.api.waiting(id, "event");
    for (const verb of ["pause", "resume", "cancel"]) expect((await outside.api.act(id, verb)).status).toBe(200);
    const frames = await judged(id, "workflow.canceled");
    const steering = ["workflow.paused", "workflow.resumed", "workflow.canceled"];
    expect(typesIn(frames).filter((type) => steering.includes(type))).toEqual(steering);
    expect(typesOf(frames, "w").at(-1)).toBe("step.canceled");
  });

  test("a run that takes too long: workflow.timed_out", async () => {
    const id = await outside.api.begin({ ...workflow(until("never")), timeout: 1 });
    await judged(id, "workflow.timed_out");
  });

  test("compensation stands before the terminal event, in reverse order", async () => {
    outside.service.script("log undo", broken);
    const undo = (id: string): JsonMap => ({ compensate: [flaky(id, "call", { key: "log undone" })] });
    const id = await outside.api.begin(
      workflow(
        flaky("a", "call", { key: "log done" }, undo("undo_a")),
        flaky("b", "call", { key: "log done" }, undo("undo_b")),
        flaky("c", "call", { key: "log undo" }),
      ),
    );
    const frames = await judged(id, "workflow.failed");
    const compensated = frames.filter(({ event }) => event === "step.compensated");
    expect(typesIn(frames)).toContain("step.compensating");
    expect(compensated).toHaveLength(2);
    expect(String(compensated[0]?.data.step_path)).toMatch(/b/);
    expect(String(compensated[1]?.data.step_path)).toMatch(/a/);
  });

  test("messages of a long-running graph: message.accepted for each", async () => {
    const definition = {
      name: "Outside log of actors",
      mode: "long_running",
      budget: { max_messages: 50 },
      nodes: [{ ...give("count"), set: { n: "{{ (graph.state.n or 0) + input.add }}" } }],
      edges: [],
      state: { n: 0 },
      until: "{{ graph.state.n >= 3 }}",
    };
    const id = await outside.api.begin(definition);
    for (const add of [1, 2]) await outside.api.act(id, "messages", { node: "count", payload: { add } });
    const frames = await judged(id, "workflow.completed");
    expect(typesIn(frames).filter((type) => type === "message.accepted").length).toBeGreaterThanOrEqual(2);
  });

  test("iterations have paths of their own, each with its start before its end", async () => {
    const step = flaky(
      "s",
      "call",
      { key: "log loop", n: "{{ item }}" },
      { for_each: "{{ range(20) }}", parallel: true },
    );
    const frames = await judged(await outside.api.begin(workflow(step)), "workflow.completed");
    for (let at = 0; at < 20; at++) {
      const types = typesOf(frames, `s[${at}]`);
      expect([at, types.indexOf("step.started") >= 0]).toEqual([at, true]);
      expect(types.indexOf("step.completed")).toBeGreaterThan(types.indexOf("step.started"));
    }
  });

  test("what the record says of the steps is what the log says", async () => {
    outside.service.script("log equal", down);
    const id = await outside.api.begin(
      workflow(
        flaky("a", "call", { key: "log equal" }, { retry: quick }),
        give("b", { condition: false }),
        flaky("c", "call", { key: "log equal" }, { for_each: [1, 2] }),
      ),
    );
    const frames = await judged(id, "workflow.completed");
    const record = await outside.api.record(id);
    const last = new Map<string, string>();
    for (const { data, event } of frames) {
      if (typeof data.step_path === "string" && event.startsWith("step.")) last.set(data.step_path, event.slice(5));
    }
    for (const step of readList(record, "steps")) {
      expect([read(step, "path"), last.get(String(read(step, "path")))]).toEqual([
        read(step, "path"),
        read(step, "status"),
      ]);
    }
    expect(frames[0]?.data.workflow_id).toBe(frames.at(-1)?.data.workflow_id);
  });
});

describe.concurrent("a subscription", () => {
  const run = async (): Promise<string> => {
    const key = randomUUID();
    outside.service.script(key, down);
    const id = await outside.api.begin(
      workflow(
        flaky("first", "call", { key }, { retry: quick }),
        flaky("second", "call", { key }, { for_each: [1, 2, 3] }),
        give("second_best"),
      ),
    );
    await outside.api.finished(id);
    return id;
  };

  test("of some types gets these, with the numbers they have in the log", async () => {
    const id = await run();
    const all = await wholeLog(outside.api, id);
    for (const [types, wanted] of [
      ["step.completed", /^step\.completed$/],
      ["step.*", /^step\./],
      ["step.retrying,workflow.started", /^(step\.retrying|workflow\.started)$/],
    ] as const) {
      const some = await wholeLog(outside.api, id, `?types=${types}`);
      const expected = all.filter(({ event }) => wanted.test(event));
      expect(some).toEqual(expected);
      expect(expected.length).toBeGreaterThan(0);
    }
  });

  test("of a step gets its events and its iterations'", async () => {
    const id = await run();
    const all = await wholeLog(outside.api, id);
    const expected = all.filter(({ data }) => /^second(\[|$)/.test(String(data.step_path)));
    expect(expected.length).toBeGreaterThan(6);
    const some = await wholeLog(outside.api, id, "?step=second");
    expect(some).toEqual(expected);
  });

  test("execution.streaming.events of the workflow filters when the reader does not", async () => {
    const definition = {
      ...workflow(flaky("s", "call", { key: "log declared" }), give("t")),
      execution: { streaming: { events: ["step.completed", "workflow.completed"] } },
    };
    const id = await outside.api.begin(definition);
    const frames = await wholeLog(outside.api, id);
    expect(typesIn(frames)).toEqual(["step.completed", "step.completed", "workflow.completed"]);
    expect(typesIn(await wholeLog(outside.api, id, "?types=workflow.started"))).toContain("workflow.started");
  });

  test.each(["?types=nonsense.event", "?types=", "?after=-1", "?after=x", "?wait=x", "?wait=-1", "?step="])(
    "with %s is refused with 400, or is answered as a stream that ends: never a server error",
    async (query) => {
      const id = await run();
      const stream = await EventStream.open(outside.api, `/workflows/executions/${id}/events${query}`);
      if (stream.status === 200) await stream.until();
      else expect([stream.status, read(stream.body, "code")]).toEqual([400, "VALIDATION"]);
      if (/after|wait/.test(query)) expect(stream.status).toBe(400);
    },
  );
});
