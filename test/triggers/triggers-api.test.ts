import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestedTrigger, TriggerView } from "../../contracts/api/triggers.ts";
import { isObject } from "../../engine/json.ts";
import { eventually, TriggerPlatform } from "./trigger-platform.ts";

/* Triggers by their API, on a real platform: records, schedules of seconds, events, kills. */

let platform: TriggerPlatform;

beforeAll(async () => {
  platform = await TriggerPlatform.start();
});

afterAll(() => platform?.close());

const EVERY_2_S = { type: "schedule", name: "tick", cron: "*/2 * * * * *" };

test("a schedule of a published workflow starts it at its time, with the time in trigger.at", async () => {
  const inputs = { order: "at {{ trigger.at }}" };
  expect((await platform.publishEcho("Ticker", [{ ...EVERY_2_S, timezone: "Europe/Berlin", inputs }])).status).toBe(
    201,
  );
  const [trigger] = await platform.triggersOf("ticker");
  expect(trigger).toMatchObject({ type: "schedule", name: "tick", status: "active", origin: "workflow", url: null });
  expect(trigger?.next_runs).toHaveLength(10);
  const executions = await platform.started(trigger?.id ?? "", 2);
  const records = await Promise.all(executions.map((id) => platform.record(id)));
  expect(new Set(records.map(({ inputs }) => inputs.order)).size).toBe(executions.length);
  for (const { execution_id: id, inputs } of records) {
    const { at } = await platform.triggerIn(id);
    expect(Date.parse(String(at)) % 2_000).toBe(0);
    expect(inputs.order).toBe(`at ${at}`);
  }
  await platform.ok("POST", `/triggers/${trigger?.id}/pause`);
});

test("a paused schedule starts nothing and shows no next times; resumed it goes on", async () => {
  await platform.publishEcho("Pausing", [{ ...EVERY_2_S, cron: "* * * * * *" }]);
  const [{ id = "" } = {}] = await platform.triggersOf("pausing");
  await platform.started(id, 1);
  expect(await platform.ok("POST", `/triggers/${id}/pause`)).toMatchObject({ status: "paused", next_runs: [] });
  const pausedAt = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 3_700));
  // What was due before the pause may have been on its way still.
  const { executions: before } = await platform.trigger(id);
  for (const started of before)
    expect(Date.parse(String((await platform.triggerIn(started)).at))).toBeLessThanOrEqual(pausedAt);
  expect(await platform.ok("POST", `/triggers/${id}/resume`)).toMatchObject({ status: "active" });
  await eventually(async () => {
    const { executions } = await platform.trigger(id);
    return executions.filter((started) => !before.includes(started)).length >= 2 || undefined;
  }, 45_000);
  await platform.ok("POST", `/triggers/${id}/pause`);
});

test("the newest version's triggers take the place of the older one's; a deleted workflow has none", async () => {
  const nightly = { type: "schedule", name: "nightly", cron: "0 3 * * *" };
  await platform.publishEcho("Versions", [nightly, { type: "event", topic: "old" }], { version: "1.0.0" });
  const first = await platform.triggersOf("versions");
  expect(first.map(({ name }) => name).sort()).toEqual(["event-1", "nightly"]);
  const id = first.find(({ name }) => name === "nightly")?.id ?? "";
  await platform.ok("POST", `/triggers/${id}/pause`);
  await platform.publishEcho("Versions", [{ ...nightly, cron: "0 4 * * *" }], { version: "1.1.0" });
  const second = await platform.triggersOf("versions");
  expect(second.map(({ id, name, status, config }) => [id, name, status, config.cron])).toEqual([
    [id, "nightly", "paused", "0 4 * * *"],
  ]);
  // An older line goes on being published beside it: its triggers are not in force.
  await platform.publishEcho("Versions", [{ ...nightly, cron: "0 5 * * *" }], { version: "1.0.1" });
  expect((await platform.triggersOf("versions"))[0]?.config.cron).toBe("0 4 * * *");
  expect((await platform.request("POST", "/events", { name: "old", payload: {} })).body).toMatchObject({
    triggered: 0,
  });
  await platform.ok("DELETE", "/workflows/versions");
  expect(await platform.triggersOf("versions")).toEqual([]);
  expect((await platform.request("GET", `/triggers/${id}`)).status).toBe(404);
  await platform.publishEcho("Versions", [nightly], { version: "2.0.0" });
  expect(await platform.triggersOf("versions")).toEqual([expect.objectContaining({ id, status: "active" })]);
});

test("webhooks of a file swap their paths with the next version; a path of its own or another's is refused with its place", async () => {
  const hook = (name: string, path: string) => ({ type: "webhook", name, path });
  const paths = async () =>
    Object.fromEntries((await platform.triggersOf("swaps")).map(({ name, url }) => [name, url?.split("/").at(-1)]));
  await platform.publishEcho("Swaps", [hook("a", "one"), hook("b", "two")], { version: "1.0.0" });
  expect(await paths()).toEqual({ a: "one", b: "two" });
  await platform.publishEcho("Swaps", [hook("a", "two"), hook("b", "one"), hook("c", "three")], { version: "1.1.0" });
  expect(await paths()).toEqual({ a: "two", b: "one", c: "three" });
  // Another name for the same path: the one before it is gone, and its path with it.
  await platform.publishEcho("Swaps", [hook("d", "two"), hook("b", "one")], { version: "1.2.0" });
  expect(await paths()).toEqual({ d: "two", b: "one" });
  const twice = await platform.publishEcho("Swaps", [hook("b", "one"), hook("e", "one")], { version: "1.3.0" });
  expect(twice.body).toMatchObject({ details: { problems: [{ path: "/triggers/1/path" }] } });
  const other = await platform.publishEcho("Taking", [hook("x", "one")]);
  expect(other).toMatchObject({ status: 400, body: { details: { problems: [{ path: "/triggers/0/path" }] } } });
  expect(await paths()).toEqual({ d: "two", b: "one" });
  const body = { workflow: "swaps", type: "webhook", name: "own", path: "two" };
  expect((await platform.request("POST", "/triggers", body)).status).toBe(400);
  const own = await platform.ok<TriggerView>("POST", "/triggers", { ...body, path: "three" });
  expect((await platform.request("PATCH", `/triggers/${own.id}`, { path: "one" })).status).toBe(400);
});

test("a trigger made by a request is changed, paused and deleted; one of a file is published", async () => {
  await platform.publishEcho("Made", [{ type: "manual" }]);
  const body = { workflow: "made", type: "schedule", name: "own", cron: "0 7 * * 1-5", timezone: "Europe/Oslo" };
  const made = await platform.ok<TriggerView>("POST", "/triggers", body);
  expect(made).toMatchObject({ origin: "api", status: "active", config: { cron: "0 7 * * 1-5" }, workflow: "made" });
  const changed = await platform.ok<TriggerView>("PATCH", `/triggers/${made.id}`, {
    cron: "* * * * * *",
    timezone: null,
  });
  expect(changed.config).toEqual({ type: "schedule", name: "own", cron: "* * * * * *" });
  await platform.started(made.id, 1);
  for (const [members, path] of [
    [{ type: "event" }, "/type"],
    [{ cron: "99 * * * *" }, "/cron"],
    [{ overlap: "sometimes" }, "/overlap"],
  ] as const)
    expect(await platform.request("PATCH", `/triggers/${made.id}`, members)).toMatchObject({
      status: 400,
      body: { details: { problems: [expect.objectContaining({ path })] } },
    });
  expect(await platform.ok("PATCH", `/triggers/${made.id}`, { enabled: false })).toMatchObject({ status: "disabled" });
  expect(await platform.ok("DELETE", `/triggers/${made.id}`)).toEqual({ status: "deleted", id: made.id });
  for (const method of ["GET", "DELETE", "PATCH"])
    expect((await platform.request(method, `/triggers/${made.id}`, method === "PATCH" ? {} : undefined)).status).toBe(
      404,
    );
  const [manual] = await platform.triggersOf("made");
  expect(manual).toMatchObject({ type: "manual", origin: "workflow" });
  expect((await platform.request("DELETE", `/triggers/${manual?.id}`)).status).toBe(409);
  expect((await platform.request("PATCH", `/triggers/${manual?.id}`, { name: "x" })).status).toBe(409);
});

test("what is wrong with a trigger is said with its place, all of it at once", async () => {
  const text = `
name: Wrong
inputs: { order: { type: string } }
triggers:
  - type: schedule
    cron: "61 * * * *"
    timezone: Mars/Olympus
    overlap: maybe
    backfill: { max: 5000 }
    inputs: { ordr: 1 }
  - type: webhook
    path: a b
    method: FETCH
    auth: { type: hmac-md5 }
    security: { ipAllowlist: [10.0.0.0/8, 10.0.0.0/40], replayWindow: soon }
  - type: event
    filter: [large]
    batch: { max_size: 3 }
    debounce: { period: 3s }
steps: []
`;
  const { status, body } = await platform.request("POST", "/workflows", text);
  expect(status).toBe(400);
  const problems = isObject(body.details ?? null) && isObject(body.details) ? body.details.problems : [];
  const found = (Array.isArray(problems) ? problems : []).map((it) => (isObject(it) ? `${it.path} ${it.line}` : ""));
  for (const place of [
    "/triggers/0/cron 6",
    "/triggers/0/timezone 7",
    "/triggers/0/overlap 8",
    "/triggers/0/backfill 9",
    "/triggers/0/inputs/ordr 10",
    "/triggers/1/path 12",
    "/triggers/1/method 13",
    "/triggers/1/auth/type 14",
    "/triggers/1/auth/secret_name 14",
    "/triggers/1/security/ipAllowlist/1 15",
    "/triggers/1/security/replayWindow 15",
    "/triggers/2/topic 16",
    "/triggers/2/filter 17",
    "/triggers/2/debounce 19",
  ])
    expect(found).toContain(place);
  expect(await platform.request("POST", "/triggers", { workflow: "no-such", type: "manual" })).toMatchObject({
    status: 400,
    body: { details: { problems: [expect.objectContaining({ path: "/workflow" })] } },
  });
});

test("triggers are nobody else's: another tenant sees none, and a key without the scope may not", async () => {
  const other = await platform.platform.newTenant("other");
  await platform.publishEcho("Ours", [{ type: "manual" }]);
  const [mine] = await platform.triggersOf("ours");
  expect(mine?.id).toMatch(/^trg_/);
  const as = (method: string, path: string, key: string) =>
    platform.request(method, path, method === "GET" ? undefined : {}, key);
  expect((await as("GET", "/triggers", other.apiKey)).body.data).toEqual([]);
  for (const [method, path] of [
    ["GET", `/triggers/${mine?.id}`],
    ["PATCH", `/triggers/${mine?.id}`],
    ["POST", `/triggers/${mine?.id}/pause`],
    ["POST", `/triggers/${mine?.id}/test`],
  ] as const)
    expect((await as(method, path, other.apiKey)).status, `${method} ${path}`).toBe(404);
  const poor = await platform.ok<{ key: string }>("POST", "/keys", { name: "poor", scopes: ["workflows:read"] });
  expect((await as("GET", "/triggers", poor.key)).status).toBe(403);
});

test("a trigger is tried with a sample: dry it shows its inputs, else it starts as the trigger would", async () => {
  const hookInputs = { order: "{{ trigger.payload.id }}-{{ trigger.headers.x }}" };
  await platform.publishEcho("Tried", [
    { type: "webhook", name: "hook", path: "tried", inputs: hookInputs },
    { type: "event", name: "event", topic: "tried", inputs: { order: "{{ trigger.event.id }}" } },
    { type: "schedule", name: "plan", cron: "0 0 1 1 *", inputs: { order: "{{ trigger.timezone }}" } },
    { type: "webhook", name: "plain", path: "tried-plain" },
  ]);
  const ids = new Map((await platform.triggersOf("tried")).map(({ name, id }) => [name, id]));
  const attempt = (name: string, body: object) =>
    platform.ok<TestedTrigger>("POST", `/triggers/${ids.get(name)}/test`, JSON.parse(JSON.stringify(body)));
  const dry = await attempt("hook", { payload: { id: "A" }, headers: { x: "1" }, dry_run: true });
  expect(dry).toMatchObject({
    status: "rendered",
    execution_id: null,
    inputs: { order: "A-1" },
    trigger: { type: "webhook" },
  });
  const started = await attempt("event", { payload: { id: "B" } });
  expect((await platform.record(started.execution_id ?? "")).inputs).toEqual({ order: "B", amount: null });
  expect(await platform.triggerIn(started.execution_id ?? "")).toMatchObject({
    test: true,
    event: { id: "B" },
    topic: "tried",
  });
  expect((await attempt("plan", { dry_run: true })).inputs).toEqual({ order: "UTC" });
  // Without inputs of its own: members of the payload that are declared, and no others.
  expect((await attempt("plain", { payload: { order: "C", other: 1 }, dry_run: true })).inputs).toEqual({ order: "C" });
  expect((await platform.request("POST", `/triggers/${ids.get("plain")}/test`, { payload: { order: 5 } })).status).toBe(
    400,
  );
});

test("an event without a key starts what listens, once for its id; one with a key starts nothing", async () => {
  await platform.publishEcho("Listening", [
    { type: "event", name: "big", topic: "order.placed", filter: { size: ["large", "huge"] } },
    { type: "event", name: "batched", topic: "order.placed", batch: { max_size: 2, timeout: "30s" } },
    { type: "event", name: "kafka", source: "kafka", topic: "order.placed" },
  ]);
  const ids = new Map((await platform.triggersOf("listening")).map(({ name, id }) => [name, id]));
  const event = (id: string, payload: object, more: object = {}) =>
    platform.ok("POST", "/events", JSON.parse(JSON.stringify({ name: "order.placed", id, payload, ...more })));
  expect(await event("e1", { size: "huge", order: "A" })).toMatchObject({ event_id: "e1", triggered: 2 });
  expect(await event("e1", { size: "huge", order: "A" })).toMatchObject({ event_id: "e1", triggered: 2 });
  expect(await event("e2", { size: "small" }, { source: "kafka" })).toMatchObject({ triggered: 2 });
  const [big] = await platform.started(ids.get("big") ?? "", 1);
  expect(await platform.triggerIn(big ?? "")).toMatchObject({
    event: { size: "huge", order: "A" },
    event_id: "e1",
    topic: "order.placed",
  });
  expect((await platform.record(big ?? "")).inputs).toEqual({ order: "A", amount: null });
  const [batch] = await platform.started(ids.get("batched") ?? "", 1);
  expect(await platform.triggerIn(batch ?? "")).toMatchObject({
    count: 2,
    events: [{ event_id: "e1" }, { event_id: "e2" }],
  });
  await platform.started(ids.get("kafka") ?? "", 1);
  expect(await platform.ok("POST", "/events", { name: "order.placed", key: "k", payload: { size: "huge" } })).toEqual({
    event_id: expect.any(String),
    delivered: 0,
  });
  expect((await platform.trigger(ids.get("big") ?? "")).executions).toHaveLength(1);
});

test("events that lead to one another are counted by the execution that publishes them, and end after sixteen", async () => {
  await platform.publishEcho("Chain", [{ type: "event", topic: "chain" }]);
  const [{ id = "" } = {}] = await platform.triggersOf("chain");
  let publisher = "exec_of_nobody";
  const answers: number[] = [];
  for (let n = 0; n < 18; n++) {
    const response = await fetch(`${platform.url}/events`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${platform.tenant.apiKey}`,
        "content-type": "application/json",
        "x-smartify-execution-id": publisher,
      },
      body: JSON.stringify({ name: "chain", payload: { n } }),
    });
    answers.push(response.status);
    if (response.status === 202) [publisher = ""] = await platform.started(id, n + 1);
  }
  expect(answers).toEqual([...new Array(17).fill(202), 400]);
  expect(await platform.triggerIn(publisher)).toMatchObject({ depth: 16, event: { n: 16 } });
});

test("an overlapping run is skipped, queued or replaced, as the trigger says", async () => {
  const policies = ["skip", "queue", "cancel_running"] as const;
  const wait = { steps: [{ id: "nap", type: "wait", duration: "10m" }], outputs: {} };
  for (const overlap of policies)
    await platform.publishEcho(`Lap ${overlap}`, [{ type: "schedule", cron: "* * * * * *", overlap }], wait);
  const ids = new Map<string, string>();
  for (const overlap of policies) {
    const [{ id = "" } = {}] = await platform.triggersOf(`lap-${overlap.replace("_", "-")}`);
    ids.set(overlap, id);
  }
  const skipped = await eventually(async () => {
    const { last_run: run } = await platform.trigger(ids.get("skip") ?? "");
    return run?.status === "skipped" ? run : undefined;
  });
  expect(skipped).toMatchObject({ execution_id: null, error: { code: "CONFLICT" } });
  expect((await platform.trigger(ids.get("skip") ?? "")).executions).toHaveLength(1);
  const queued = await platform.started(ids.get("queue") ?? "", 3);
  const statuses = await Promise.all(
    queued.map(async (id) => (await platform.ok("GET", `/workflows/executions/${id}`)).status),
  );
  expect(statuses.filter((status) => status === "pending").length).toBeGreaterThanOrEqual(statuses.length - 1);
  const replaced = await platform.started(ids.get("cancel_running") ?? "", 3);
  await eventually(async () => {
    const { status } = await platform.ok("GET", `/workflows/executions/${replaced.at(-1)}`);
    return status === "canceled" ? true : undefined;
  });
  for (const id of ids.values()) await platform.ok("POST", `/triggers/${id}/pause`);
});

test("a kill -9 over a due time: each second's run comes once, none is lost, and what a crash left undone is repaired", async () => {
  await platform.publishEcho("Killed", [{ type: "schedule", cron: "* * * * * *" }]);
  await platform.publishEcho("Left behind", [{ type: "event", topic: "left" }]);
  const [{ id = "" } = {}] = await platform.triggersOf("killed");
  const [first = ""] = await platform.started(id, 1);
  const since = Date.parse(String((await platform.triggerIn(first)).at));
  // As if the platform had died between publishing and putting the trigger in force, and between the record and the object.
  await platform.sql("DELETE FROM triggers WHERE workflow_slug = 'left-behind'");
  await platform.sql("UPDATE workflows SET triggers_installed = -1 WHERE slug = 'left-behind'");
  for (let kill = 0; kill < 2; kill++) await platform.platform.restart();
  const seen = new Map<string, string[]>();
  const until = Date.now() + 1_000;
  await eventually(async () => {
    for (const execution of (await platform.trigger(id)).executions) {
      if ([...seen.values()].flat().includes(execution)) continue;
      const at = String((await platform.triggerIn(execution)).at);
      seen.set(at, [...(seen.get(at) ?? []), execution]);
    }
    return [...seen.keys()].some((at) => Date.parse(at) >= until) ? true : undefined;
  }, 30_000);
  await platform.ok("POST", `/triggers/${id}/pause`);
  const list = await platform.ok<{ data: { execution_id: string }[] }>(
    "GET",
    "/workflows/executions?workflow=killed&limit=100",
  );
  const times = new Map<string, number>();
  for (const { execution_id: execution } of list.data) {
    const at = String((await platform.triggerIn(execution)).at);
    times.set(at, (times.get(at) ?? 0) + 1);
  }
  for (let time = since; time <= until; time += 1_000) {
    const at = new Date(Math.floor(time / 1_000) * 1_000).toISOString();
    expect(times.get(at), `${at} of ${[...times.keys()].sort().join(" ")}`).toBe(1);
  }
  expect([...times.values()].every((count) => count === 1)).toBe(true);
  const [left] = await platform.triggersOf("left-behind");
  expect(left).toMatchObject({ status: "active" });
  expect(await platform.ok("POST", "/events", { name: "left" })).toMatchObject({ triggered: 1 });
});
