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

test("an execution that failed goes on, keeps what was done, and is the same one", async () => {
  const divide = {
    ...ADD,
    id: "split",
    action: "divide",
    input: { a: "{{ steps.add.output.result }}", b: "{{ inputs.by }}" },
  };
  const definition = {
    name: "Retried",
    inputs: { by: { type: "integer" } },
    steps: [ADD, divide],
    outputs: { v: "{{ steps.split.output.result }}" },
  };
  const id = await runs.start(definition, { inputs: { by: 0 } });
  expect(await runs.end(id)).toMatchObject({
    status: "failed",
    error: { code: "VALIDATION" },
    usage: { step_runs: 2 },
  });
  const path = `/workflows/executions/${id}/retry`;
  const again = { body: { inputs: { by: 2 } }, headers: { "Idempotency-Key": `retry-${id}` } };
  expect(await call(key, "POST", path, again)).toMatchObject({
    status: 200,
    body: { execution_id: id, run_attempt: 2 },
  });
  expect(await runs.end(id)).toMatchObject({
    status: "completed",
    result: { outputs: { v: 1.5 } },
    inputs: { by: 2 },
    usage: { executions: 1, step_runs: 3 },
  });
  // The answer was lost: the same request changes nothing, another one with its key is refused.
  expect(await call(key, "POST", path, again)).toMatchObject({ status: 200, body: { run_attempt: 2 } });
  expect(await call(key, "POST", path, { ...again, body: { inputs: { by: 3 } } })).toMatchObject({ status: 409 });
  expect(await call(key, "POST", path, { body: {} })).toMatchObject({ status: 409 });
  expect(
    await call(key, "POST", path, { body: { from_step: "split", outputs: { split: { result: 9 } } } }),
  ).toMatchObject({ status: 200 });
  expect(await runs.end(id)).toMatchObject({ result: { outputs: { v: 9 } }, run_attempt: 3, usage: { step_runs: 3 } });
});

test("an execution that failed goes on with a newer version of its workflow", async () => {
  const steps = (b: number) => [ADD, { ...ADD, id: "split", action: "divide", input: { a: 1, b } }];
  const publish = async (version: string, b: number) =>
    call(key, "POST", "/workflows", {
      body: { name: "Mended", version, steps: steps(b), outputs: { v: "{{ steps.split.output.result }}" } },
    });
  expect((await publish("1.0.0", 0)).status).toBe(201);
  const started = await call(key, "POST", "/workflows/executions", { body: { workflow: "mended" } });
  const id = String(started.body.execution_id);
  expect(await runs.end(id)).toMatchObject({ status: "failed" });
  expect((await publish("1.1.0", 4)).status).toBe(201);
  expect(await runs.act(id, "retry", { version: "9" })).toMatchObject({ status: 404 });
  expect(await runs.act(id, "retry", { version: "1.1.0" })).toMatchObject({
    status: 200,
    body: { workflow: { version: "1.1.0" }, run_attempt: 2 },
  });
  expect(await runs.end(id)).toMatchObject({ status: "completed", result: { outputs: { v: 0.25 } } });
});

test("a waiting execution goes on with another version, after a report of what that means", async () => {
  const publish = async (version: string, steps: object[]) =>
    call(key, "POST", "/workflows", { body: { name: "Moved", version, steps, outputs: OUTPUTS } });
  expect((await publish("1.0.0", [ADD, waitFor("go")])).status).toBe(201);
  const started = await call(key, "POST", "/workflows/executions", { body: { workflow: "moved" } });
  const id = String(started.body.execution_id);
  await runs.until(id, { status: "waiting" });
  expect((await publish("1.1.0", [ADD, waitFor("go"), { ...ADD, id: "more" }])).status).toBe(201);
  expect((await publish("2.0.0", [waitFor("go"), ADD])).status).toBe(201);
  expect(await runs.act(id, "migrate", { version: "2.0.0", dry_run: true })).toMatchObject({
    status: 200,
    body: { compatible: false, migrated: false, problems: [{ reason: "order" }] },
  });
  expect(await runs.act(id, "migrate", { version: "2.0.0" })).toMatchObject({
    status: 409,
    body: { details: { problems: [{ reason: "order" }] } },
  });
  expect(await runs.act(id, "migrate", { version: "1.1.0" })).toMatchObject({
    status: 200,
    body: { migrated: true, from: "1.0.0", to: "1.1.0", added: ["more"], open: ["gate"] },
  });
  expect((await runs.act(id, "events", { name: "go", payload: 1 })).status).toBe(202);
  expect(await runs.end(id)).toMatchObject({
    status: "completed",
    workflow: { version: "1.1.0" },
    result: { outputs: { got: 1 } },
    progress: { completed: 3 },
  });
  expect(await runs.act(id, "migrate", { version: "1.0.0" })).toMatchObject({ status: 409 });
});

test("a campaign retries what a filter finds, each once, and cancels what it is told to", async () => {
  const publish = async (version: string, b: number) =>
    call(key, "POST", "/workflows", {
      body: { name: "Swept", version, steps: [{ ...ADD, id: "split", action: "divide", input: { a: 1, b } }] },
    });
  expect((await publish("1.0.0", 0)).status).toBe(201);
  const items = [1, 2, 3].map(() => ({ workflow: "swept" }));
  const batch = await call(key, "POST", "/workflows/executions/batch", { body: { items } });
  const started: { execution_id: string }[] = JSON.parse(JSON.stringify(batch.body.data));
  const ids = started.map(({ execution_id }) => execution_id);
  for (const id of ids) expect(await runs.end(id)).toMatchObject({ status: "failed" });
  expect((await publish("1.1.0", 2)).status).toBe(201);
  const body = { action: "retry", filter: { workflow: "swept", status: "failed" }, version: "latest" };
  await expect
    .poll(async () => (await call(key, "POST", "/campaigns", { body: { ...body, dry_run: true } })).body)
    .toMatchObject({ matched: 3 });
  const begin = { body, headers: { "Idempotency-Key": "sweep" } };
  const begun = await call(key, "POST", "/campaigns", begin);
  expect(begun).toMatchObject({ status: 201, body: { total: 3, created_by: expect.stringMatching(/^key_/) } });
  const path = `/campaigns/${begun.body.id}`;
  await expect
    .poll(async () => (await call(key, "GET", path)).body, { timeout: 30_000 })
    .toMatchObject({ status: "completed", done: 3, refused: 0, pending: 0 });
  for (const id of ids) expect(await runs.end(id)).toMatchObject({ status: "completed", run_attempt: 2 });
  expect(await call(key, "POST", "/campaigns", begin)).toMatchObject({
    status: 201,
    body: { id: begun.body.id, total: 3 },
  });
  expect((await call(key, "GET", `${path}/items?state=done`)).body.data).toMatchObject([{ state: "done" }, {}, {}]);
  expect(await call(key, "POST", `${path}/stop`)).toMatchObject({ status: 409 });
  expect((await call(key, "GET", "/campaigns")).body.data).toMatchObject([{ id: begun.body.id }]);
  expect((await call(key, "GET", "/campaigns/camp_nobody")).status).toBe(404);
  const refused = await call(key, "POST", "/campaigns", { body: { action: "migrate", filter: {} } });
  expect(refused).toMatchObject({ status: 400 });
});

test("a campaign cancels what waits, and one migrates; each execution says whose act it was and refuses clearly", async () => {
  const publish = async (version: string, steps: object[]) =>
    call(key, "POST", "/workflows", { body: { name: "Many", version, steps } });
  expect((await publish("1.0.0", [waitFor("go")])).status).toBe(201);
  const begin = async () => {
    const started = await call(key, "POST", "/workflows/executions", { body: { workflow: "many" } });
    return String(started.body.execution_id);
  };
  const [ended, first, second] = [await begin(), await begin(), await begin()];
  for (const id of [ended, first, second]) await runs.until(id, { status: "waiting" });
  expect((await publish("1.1.0", [waitFor("go"), ADD])).status).toBe(201);
  const campaign = async (body: object, done: object) => {
    const matched = { body: { ...body, filter: { workflow: "many" } } };
    const begun = await call(key, "POST", "/campaigns", matched);
    expect(begun, begun.text).toMatchObject({ status: 201, body: { total: 3 } });
    const path = `/campaigns/${begun.body.id}`;
    await expect
      .poll(async () => (await call(key, "GET", path)).body, { timeout: 30_000 })
      .toMatchObject({ status: "completed", pending: 0, ...done });
    const items: { data: { execution_id: string; tries: number }[] } = JSON.parse(
      (await call(key, "GET", `${path}/items`)).text,
    );
    return new Map(items.data.map((item) => [item.execution_id, item]));
  };
  expect((await runs.act(ended, "events", { name: "go" })).status).toBe(202);
  await runs.end(ended);
  await expect
    .poll(async () => (await call(key, "GET", "/workflows/executions?workflow=many&status=completed")).body)
    .toMatchObject({ data: [{ execution_id: ended }] });
  const migrated = await campaign({ action: "migrate", version: "1.1.0" }, { done: 2, refused: 1 });
  expect(migrated.get(ended)).toMatchObject({ state: "refused", error: { code: "CONFLICT" } });
  // One that could not be asked is asked again: a further try. The log says how often each was acted on.
  for (const { tries } of migrated.values()) expect(tries).toBeGreaterThanOrEqual(1);
  expect(migrated.get(first)).toMatchObject({ state: "done", error: null });
  const canceled = await campaign({ action: "cancel", reason: "withdrawn" }, { done: 2, refused: 1 });
  expect(canceled.get(ended)).toMatchObject({ error: { message: expect.stringContaining("completed") } });
  const actor = expect.stringMatching(/^key_/);
  for (const id of [first, second]) {
    expect((await runs.get(id)).body).toMatchObject({ status: "canceled", workflow: { version: "1.1.0" } });
    expect(await runs.acts(id)).toEqual([
      ["workflow.migrated", actor],
      ["workflow.canceled", actor],
    ]);
  }
  expect((await runs.get(ended)).body).toMatchObject({ status: "completed", workflow: { version: "1.0.0" } });
});

test("every act with an Idempotency-Key counts once, stands in the log with its actor, and is refused with another body", async () => {
  const steps = [{ ...ADD, id: "split", action: "divide", input: { a: 1, b: "{{ inputs.by }}" } }, waitFor("go")];
  const definition = { name: "Acted on", inputs: { by: { type: "integer" } }, steps };
  expect((await call(key, "POST", "/workflows", { body: { ...definition, version: "1.0.0" } })).status).toBe(201);
  const body = { workflow: "acted-on", inputs: { by: 0 } };
  const failed = String((await call(key, "POST", "/workflows/executions", { body })).body.execution_id);
  await runs.end(failed);
  const graph = await runs.start(slowGraph({ size: 3 }));
  const acts: [id: string, act: string, body: object, other: object, event: string][] = [
    [failed, "retry", { inputs: { by: 2 } }, {}, "workflow.retried"],
    [failed, "pause", { reason: "a" }, { reason: "b" }, "workflow.paused"],
    [failed, "migrate", { version: "1.0.0" }, { version: "1.0.0", inputs: {} }, "workflow.migrated"],
    [failed, "resume", {}, { budget: { max_steps: 9 } }, "workflow.resumed"],
    [failed, "cancel", { reason: "a" }, { reason: "b" }, "workflow.canceled"],
    [graph, "messages", { node: "clerk", payload: 1 }, { node: "clerk", payload: 2 }, "message.accepted"],
    [graph, "events", { name: "other" }, { name: "another" }, "signal.received"],
    [graph, "shutdown", { graceful: false }, { graceful: true }, "workflow.stopping"],
  ];
  const done: string[] = [];
  const answers = (act: string) => (act === "messages" || act === "events" ? 202 : 200);
  for (const [id, act, given, other, event] of acts) {
    const headers = { "Idempotency-Key": `once-${act}` };
    const path = `/workflows/executions/${id}/${act}`;
    if (act === "pause") await runs.until(id, { status: "waiting" });
    for (let times = 0; times < 2; times++)
      expect(await call(key, "POST", path, { body: given, headers }), act).toMatchObject({ status: answers(act) });
    expect(await call(key, "POST", path, { body: other, headers }), act).toMatchObject({ status: 409 });
    if (id === failed) done.push(event);
  }
  // Long after they were done too: what was lost was only the answer.
  for (const [id, act, given] of acts)
    expect(
      await call(key, "POST", `/workflows/executions/${id}/${act}`, {
        body: given,
        headers: { "Idempotency-Key": `once-${act}` },
      }),
      act,
    ).toMatchObject({ status: answers(act) });
  const actor = expect.stringMatching(/^key_/);
  expect(await runs.acts(failed)).toEqual(done.map((type) => [type, actor]));
  expect(await runs.acts(graph)).toEqual(
    ["message.accepted", "signal.received", "workflow.stopping"].map((type) => [type, actor]),
  );
  for (const [act, given] of [["pause"], ["resume"], ["shutdown"], ["migrate", { version: "1.0.0" }]] as const)
    expect(await runs.act(failed, act, given ?? {}), act).toMatchObject({
      status: 409,
      body: { code: "CONFLICT", message: expect.stringMatching(/canceled|long_running/) },
    });
});
