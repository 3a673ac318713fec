import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { ADD, runClient, slowGraph, waitFor } from "./run-client.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;
let runs: ReturnType<typeof runClient>;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  runs = runClient(call, key);
});
afterAll(() => platform?.close());

const OUTPUTS = { got: "{{ steps.gate.output.eventReceived }}" };

test("an event wakes the wait that it fits, and no other", async () => {
  const gate = waitFor("paid", { filter: { order: "A-17" }, channel: "shop" });
  const id = await runs.start({ name: "Event", steps: [gate], outputs: OUTPUTS });
  await runs.until(id, { status: "waiting", waiting_for: { kind: "event" } });
  const event = { name: "paid", payload: { order: "A-17", amount: 40 }, channel: "shop" };
  for (const miss of [{ name: "refused" }, { channel: "office" }, { payload: { order: "B-1" } }])
    expect(await runs.act(id, "events", { ...event, ...miss })).toMatchObject({ status: 202 });
  expect((await runs.get(id)).body.status).toBe("waiting");
  expect(await runs.act(id, "events", event)).toMatchObject({
    status: 202,
    body: { status: "accepted", execution_id: id },
  });
  expect(await runs.end(id)).toMatchObject({ status: "completed", result: { outputs: { got: event.payload } } });
});

test("an event that comes before its wait is kept, each once", async () => {
  const second = { ...waitFor("two"), id: "second" };
  const outputs = { one: OUTPUTS.got, two: "{{ steps.second.output.eventReceived }}" };
  const id = await runs.start({ name: "Early event", steps: [waitFor("one"), second], outputs });
  await runs.until(id, { status: "waiting" });
  expect((await runs.act(id, "events", { name: "two", payload: 2 })).status).toBe(202);
  expect((await runs.act(id, "events", { name: "one" })).status).toBe(202);
  expect(await runs.end(id)).toMatchObject({ status: "completed", result: { outputs: { one: null, two: 2 } } });
});

test("an approval is decided by somebody with the role who did not start the run", async () => {
  const made = await call(key, "POST", "/keys", { body: { name: "second pair of eyes" } });
  const steps = [{ id: "sign", type: "approval", approvers: ["admin"], message: "Pay?" }];
  const outputs = { decision: "{{ steps.sign.output.decision }}", by: "{{ steps.sign.output.by }}" };
  const id = await runs.start({ name: "Approval", steps, outputs });
  await runs.until(id, { status: "waiting", waiting_for: { kind: "approval" } });
  const path = `/workflows/executions/${id}/approvals/sign`;
  const body = { decision: "approve", comment: "within budget" };
  expect(await call(String(made.body.key), "POST", path, { body })).toMatchObject({
    status: 200,
    body: { execution_id: id, step: "sign", by: made.body.id, ...body },
  });
  expect(await runs.end(id)).toMatchObject({
    status: "completed",
    result: { outputs: { decision: "approve", by: made.body.id } },
  });
});

test("a step in an iteration is approved by its run-time path", async () => {
  const made = await call(key, "POST", "/keys", { body: { name: "iterations" } });
  const steps = [
    {
      id: "each",
      type: "forEach",
      items: "{{ [1, 2] }}",
      maxConcurrency: 2,
      steps: [{ id: "sign", type: "approval", approvers: [] }],
    },
  ];
  const id = await runs.start({ name: "Approvals", steps });
  await runs.until(id, { status: "waiting" });
  for (const step of ["each%5B1%5D.sign", "each[0].sign"]) {
    expect(
      await call(String(made.body.key), "POST", `/workflows/executions/${id}/approvals/${step}`, {
        body: { decision: "approve" },
      }),
    ).toMatchObject({ status: 200, body: { step: decodeURIComponent(step), comment: null } });
  }
  expect(await runs.end(id)).toMatchObject({ status: "completed" });
});

test("a paused run takes events and begins nothing, until it is resumed", async () => {
  const id = await runs.start({ name: "Pause", steps: [waitFor("go"), ADD] });
  await runs.until(id, { status: "waiting" });
  expect(await runs.act(id, "pause", { reason: "repairs" })).toMatchObject({ status: 200, body: { status: "paused" } });
  expect((await runs.act(id, "events", { name: "go" })).status).toBe(202);
  expect((await runs.get(id)).body.status).toBe("paused");
  const resumed = await runs.act(id, "resume");
  expect(resumed.status).toBe(200);
  expect(resumed.body.status).not.toBe("paused");
  expect(await runs.end(id)).toMatchObject({ status: "completed" });
});

test("a canceled run undoes what it did when it is asked to", async () => {
  const steps = [{ ...ADD, compensate: [{ ...ADD, id: "undo", action: "subtract" }] }, waitFor("never")];
  const undone = await runs.start({ name: "Cancel", steps });
  const left = await runs.start({ name: "Cancel", steps });
  await runs.until(undone, { status: "waiting" });
  await runs.until(left, { status: "waiting" });
  expect((await runs.act(undone, "cancel", { compensate: true, reason: "withdrawn" })).status).toBe(200);
  expect(await runs.act(left, "cancel")).toMatchObject({ status: 200, body: { status: "canceled" } });
  expect(await runs.end(undone)).toMatchObject({
    status: "canceled",
    steps: expect.arrayContaining([expect.objectContaining({ path: "add.undo", status: "completed" })]),
  });
  expect((await runs.get(left)).body.steps).not.toContainEqual(
    expect.objectContaining({ path: "add.undo", status: "completed" }),
  );
});

test("a long-running graph takes messages, shows its visits and ends by shutdown", async () => {
  const graph = slowGraph({ size: 10 });
  const id = await runs.start({ ...graph, outputs: { last: "{{ steps.clerk.output.eventReceived }}" } });
  for (const payload of [1, 2])
    expect(await runs.act(id, "messages", { node: "clerk", payload })).toMatchObject({
      status: 202,
      body: { status: "accepted", execution_id: id },
    });
  for (const payload of ["a", "b"]) expect((await runs.act(id, "events", { name: "go", payload })).status).toBe(202);
  for (const path of ["clerk@2", "clerk%402"]) {
    await expect
      .poll(async () => (await call(key, "GET", `/workflows/executions/${id}/steps/${path}`)).body, { timeout: 40_000 })
      .toMatchObject({ id: "clerk", path: "clerk@2", status: "completed", output: { eventReceived: "b" } });
  }
  expect((await runs.act(id, "shutdown", { deadline: "10s" })).status).toBe(200);
  expect(await runs.end(id)).toMatchObject({
    status: "completed",
    result: { outputs: { last: "b" }, stop_reason: "shutdown" },
  });
});

test("a visit in hand is canceled by a shutdown that is not graceful", async () => {
  const id = await runs.start(slowGraph({ size: 10 }));
  expect((await runs.act(id, "messages", { node: "clerk" })).status).toBe(202);
  await runs.until(id, { steps: [{ path: "clerk", status: "waiting" }] });
  expect((await runs.act(id, "shutdown", { graceful: false })).status).toBe(200);
  expect(await runs.end(id)).toMatchObject({ status: "completed", steps: [{ path: "clerk", status: "canceled" }] });
});

test("a sender waits where a mailbox blocks, and is let in once there is room", async () => {
  const id = await runs.start(slowGraph({ size: 1, overflow: "block" }));
  expect((await runs.act(id, "messages", { node: "clerk", payload: 1 })).status).toBe(202);
  await runs.until(id, { steps: [{ path: "clerk", status: "waiting" }] });
  expect((await runs.act(id, "messages", { node: "clerk", payload: 2 })).status).toBe(202);
  const third = runs.act(id, "messages", { node: "clerk", payload: 3, timeout: 30 });
  expect((await runs.act(id, "events", { name: "go" })).status).toBe(202);
  expect((await third).status).toBe(202);
  expect((await runs.act(id, "cancel")).status).toBe(200);
});

test("a budget that was spent pauses the run, and a raise lets it go on", async () => {
  const graph = slowGraph({ size: 10 });
  const id = await runs.start({ ...graph, idle: "complete" }, { budget: { max_messages: 1, hold: "1h" } });
  for (let n = 0; n < 2; n += 1)
    expect((await runs.act(id, "messages", { node: "clerk", payload: n })).status).toBe(202);
  expect((await runs.act(id, "events", { name: "go" })).status).toBe(202);
  await runs.until(id, { status: "paused", waiting_for: { kind: "budget", budget: "max_messages", limit: 1 } });
  expect((await runs.act(id, "resume", { budget: { max_messages: 100 } })).status).toBe(200);
  expect((await runs.act(id, "events", { name: "go" })).status).toBe(202);
  expect(await runs.end(id)).toMatchObject({ status: "completed", result: { stop_reason: "idle" } });
});
