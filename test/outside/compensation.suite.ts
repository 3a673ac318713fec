import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read } from "./json.ts";
import { statusesOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

/** A step that is done under a key, with what undoes it under the same key. */
const done = (id: string, key: string, more: JsonMap = {}): JsonMap =>
  flaky(
    id,
    "call",
    { key, did: id },
    {
      compensate: [flaky(`undo_${id}`, "call", { key, undid: `{{ steps.${id}.output.did }}` })],
      ...more,
    },
  );
const FAIL: JsonMap = {
  id: "fail",
  connector: "connector:community/calculator@1.0.0",
  action: "divide",
  input: { a: 1, b: 0 },
};

/** What the service was asked, in order: `a`, `-a` for its undoing. */
const story = (key: string): Json[] =>
  outside.service.calls(key).map((call) => {
    const undid = read(call.body, "input.undid");
    return undid === undefined ? String(read(call.body, "input.did")) : `-${String(undid)}`;
  });

const run = (steps: Json[], more: JsonMap = {}): Promise<JsonMap> =>
  outside.api.run({ name: "Outside compensation", steps, ...more });

describe.concurrent("compensation (section 20)", () => {
  test("what was completed is undone in reverse order, seeing its own output; the run stays failed with its error", async () => {
    const record = await run([done("a", "undo"), done("b", "undo"), FAIL, done("c", "undo")]);
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION", details: { step: "fail" } } });
    expect(story("undo")).toEqual(["a", "b", "-b", "-a"]);
    expect(statusesOf(record)).toMatchObject({ "a.undo_a": "completed", "b.undo_b": "completed", c: "pending" });
  });

  test("a run that completes, and a cancel without compensate, undo nothing", async () => {
    expect((await run([done("a", "kept")])).status).toBe("completed");
    const id = await outside.api.begin({
      name: "Kept",
      steps: [done("b", "kept"), { id: "w", type: "wait", duration: "60s" }],
    });
    await outside.api.waiting(id, "time");
    await outside.api.act(id, "cancel");
    expect((await outside.api.finished(id)).status).toBe("canceled");
    expect(story("kept")).toEqual(["a", "b"]);
  });

  test("a cancel with compensate undoes, shows its phase, and ends canceled", async () => {
    const key = "undo on cancel";
    const undo = flaky("undo_a", "patient", { key, undid: "a", after: 1500 });
    const id = await outside.api.begin({
      name: "Undone",
      steps: [done("a", key, { compensate: [undo] }), { id: "w", type: "wait", duration: "60s" }],
    });
    await outside.api.waiting(id, "time");
    await outside.api.act(id, "cancel", { compensate: true, reason: "withdrawn" });
    const record = await outside.api.when(id, (one) => one.phase === "compensating");
    expect(record.status).toBe("running");
    await outside.api.act(id, "cancel");
    expect(await outside.api.finished(id)).toMatchObject({ status: "canceled", error: { code: "CANCELED" } });
    expect(story(key)).toEqual(["a", "-a"]);
  });

  test("an undo that fails is retried by its policy, then recorded, and the rest go on", async () => {
    const key = "bad undo";
    const bad = { body: { status: "error", code: "UNAVAILABLE", message: "no" } };
    outside.service.script(`${key} b`, {}, bad, bad);
    const retry = { max_attempts: 2, backoff: "fixed", initial_delay_ms: 20 };
    const undo = flaky("undo_b", "call", { key: `${key} b`, undid: "b" }, { retry });
    const b = flaky("b", "call", { key: `${key} b`, did: "b" }, { compensate: [undo] });
    const record = await run([done("a", key), b, FAIL]);
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION", details: { step: "fail" } } });
    expect(story(`${key} b`)).toEqual(["b", "-b", "-b"]);
    expect(story(key)).toEqual(["a", "-a"]);
    expect(statusesOf(record)).toMatchObject({ "b.undo_b": "failed", "a.undo_a": "completed" });
  });

  test("each iteration undoes its own", async () => {
    const key = "undo each";
    const step = done("a", key, { for_each: [1, 2, 3] });
    const record = await run([{ ...step, input: { key, did: "{{ item }}" } }, FAIL]);
    expect(record.status).toBe("failed");
    const asked = story(key);
    expect(asked.slice(0, 3)).toEqual(["1", "2", "3"]);
    expect(asked).toHaveLength(6);
    expect(asked.slice(3)).toEqual(["-3", "-2", "-1"]);
  });

  test("a skipped, a failed and a handled failure have nothing to undo", async () => {
    const key = "nothing to undo";
    await run([
      done("a", key, { condition: false }),
      { ...FAIL, id: "f", continue_on_error: true, compensate: [flaky("u", "call", { key, undid: "f" })] },
      done("b", key),
      FAIL,
    ]);
    expect(story(key)).toEqual(["b", "-b"]);
  });

  test("a workflow's timeout undoes too, and stays timed_out", async () => {
    const key = "undo on timeout";
    const record = await run([done("a", key), { id: "w", type: "wait", duration: "60s" }], { timeout: 1 });
    expect(record.status).toBe("timed_out");
    expect(story(key)).toEqual(["a", "-a"]);
  });

  test("inside of blocks and graphs what completed is undone too", async () => {
    const key = "undo in blocks";
    await run([{ id: "i", type: "if", condition: true, then: [done("a", key), done("b", key)] }, FAIL]);
    expect(story(key)).toEqual(["a", "b", "-b", "-a"]);
    const nodes = [done("x", `${key} x`), done("y", `${key} x`), FAIL];
    const edges = [
      { from: "x", to: "y" },
      { from: "y", to: "fail" },
    ];
    const graph = await outside.api.run({ name: "Undone graph", nodes, edges });
    expect(graph.status).toBe("failed");
    expect(story(`${key} x`)).toEqual(["x", "y", "-y", "-x"]);
  });
});
