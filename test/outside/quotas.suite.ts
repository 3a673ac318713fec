import { EventStream } from "./event-stream.ts";
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Answer, Client } from "./client.ts";
import { eventually } from "./eventually.ts";
import { awayFromMidnight } from "../support/away-from-midnight.ts";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { useTenants } from "./use-tenants.ts";

awayFromMidnight();
const tenants = useTenants();
const give: JsonMap = { id: "o", type: "output", value: 1 };
const quick: JsonMap = { name: "Quick", steps: [give] };
const waits = (name: string): JsonMap => ({ name, steps: [{ id: "w", type: "wait", until: { event: "go" } }] });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const go = (api: Client, id: string): Promise<Answer> => api.act(id, "events", { name: "go" });

/** `"name";r=1;t=2, "other";…` as structured fields are written: each item's parameters by its name. */
function limitItems(header: string | null, parameters: string): Map<string, Record<string, number>> {
  const items = (header ?? "").split(/, ?/).map((item) => {
    const [, name, rest] = /^"([a-z_-]+)"((?:;[a-z]+=\d+)+)$/.exec(item) ?? [];
    if (name === undefined || rest === undefined) throw new Error(`not a RateLimit item: ${item}`);
    const pairs = rest
      .slice(1)
      .split(";")
      .map((pair) => pair.split("="));
    expect(pairs.map(([key]) => key).join()).toBe(parameters);
    return [name, Object.fromEntries(pairs.map(([key, value]) => [key ?? "", Number(value)]))] as const;
  });
  return new Map(items);
}

async function limitOf(api: Client, name: string): Promise<Json | undefined> {
  const rows = readList((await api.get("/limits")).body, "data");
  return rows.find((row) => read(row, "name") === name);
}

describe.concurrent("requests per second", () => {
  test("past the tenant's, 429 with Retry-After and RateLimit headers, and after that time it is answered again", async () => {
    const { api } = await tenants.tenant("rate", { requests_per_second: 5, requests_burst: 20 });
    await sleep(1500);
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 80 }, () => api.get("/workflows/executions?limit=1")));
    const seconds = (performance.now() - begun) / 1000;
    const refused = answers.filter(({ status }) => status === 429);
    const taken = answers.filter(({ status }) => status === 200);
    expect(refused.length + taken.length).toBe(80);
    expect(taken.length).toBeLessThanOrEqual(20 + 5 * (seconds + 1));
    expect(taken.length).toBeGreaterThanOrEqual(5);
    for (const answer of answers) {
      const policy = limitItems(answer.headers.get("ratelimit-policy"), "q,w").get("tenant");
      expect(Number(policy?.q) / Number(policy?.w)).toBeCloseTo(5, 5);
    }
    for (const answer of refused) {
      expect(answer.body).toMatchObject({ code: "RATE_LIMITED" });
      expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      expect(limitItems(answer.headers.get("ratelimit"), "r,t").get("tenant")?.r).toBe(0);
    }
    await sleep(1000 * Number(refused[0]?.headers.get("retry-after")));
    expect((await api.get("/workflows/executions?limit=1")).status).toBe(200);
  });

  test("a key's limit is its own, and what every answer says of it is written as structured fields are", async () => {
    const { api } = await tenants.tenant("key-rate", { key_requests_per_second: 1, key_requests_burst: 10 });
    const made = await api.post("/keys", { name: "b", environment: "live", scopes: ["executions:read"], roles: [] });
    const key = readText(made.body, "key");
    const answers = await Promise.all(Array.from({ length: 60 }, () => api.get("/workflows/executions?limit=1")));
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    expect((await api.get("/workflows/executions?limit=1", { key })).status).toBe(200);
    for (const { headers } of answers) {
      const policy = limitItems(headers.get("ratelimit-policy"), "q,w");
      for (const [name, { r }] of limitItems(headers.get("ratelimit"), "r,t")) {
        expect([name, Number(r) <= Number(policy.get(name)?.q)]).toEqual([name, true]);
      }
    }
  });

  test("of one tenant are nothing to another, and what is open to everybody stays open", async () => {
    const { api } = await tenants.tenant("noisy", { requests_per_second: 1, requests_burst: 2 });
    const neighbour = await tenants.tenant("neighbour");
    const [noise, answers] = await Promise.all([
      Promise.all(Array.from({ length: 60 }, () => api.get("/workflows/executions?limit=1"))),
      Promise.all(Array.from({ length: 30 }, () => neighbour.api.get("/workflows/executions?limit=1"))),
    ]);
    expect(noise.filter(({ status }) => status === 429).length).toBeGreaterThan(40);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect((await api.get("/healthz", { key: null })).status).toBe(200);
  });
});

describe.concurrent("concurrent executions", () => {
  test("past the limit they queue, say so, and go on one by one as others end", async () => {
    const { api } = await tenants.tenant("queue", { concurrent_executions: 2 });
    const ids: string[] = [];
    for (let at = 0; at < 4; at++) ids.push(await api.begin(waits("Queued")));
    const [one = "", two = "", three = "", four = ""] = ids;
    await Promise.all([one, two].map((id) => api.waiting(id, "event")));
    for (const id of [three, four]) {
      const record = await api.waiting(id, "concurrency");
      expect(record).toMatchObject({ status: "pending", started_at: null });
    }
    expect(await limitOf(api, "concurrent_executions")).toMatchObject({ limit: 2, used: 2 });
    const sync = await api.start({ definition: quick, execution_mode: "sync", timeout: 1 });
    expect(sync.status).toBe(202);
    await go(api, one);
    await api.waiting(three, "event");
    expect(await api.record(four)).toMatchObject({ status: "pending" });
    // One that queues can be canceled, and takes nobody's place.
    expect((await api.act(four, "cancel")).status).toBe(200);
    expect(await api.finished(four)).toMatchObject({ status: "canceled" });
    await go(api, two);
    expect(await api.finished(readText(sync.body, "execution_id"))).toMatchObject({ status: "completed" });
    await go(api, three);
    await api.finished(three);
  });

  test("a workflow with a long queue does not keep another one waiting behind all of it", async () => {
    const { api } = await tenants.tenant("fair", { concurrent_executions: 1 });
    const first = await api.begin(waits("Many"));
    await api.waiting(first, "event");
    const many: string[] = [];
    for (let at = 0; at < 6; at++) many.push(await api.begin({ ...quick, name: "Many" }));
    const few = await api.begin({ ...quick, name: "Few" });
    await go(api, first);
    const ends = await Promise.all([...many, few].map((id) => api.finished(id)));
    const order = ends
      .map((record) => ({ name: read(record, "workflow.name"), at: readText(record, "started_at") }))
      .sort((one, other) => (one.at < other.at ? -1 : 1))
      .map(({ name }) => name);
    expect(order.indexOf("Few")).toBeLessThanOrEqual(2);
  });

  test("what steps start does not count: a run that calls a workflow does not wait for itself", async () => {
    const { api } = await tenants.tenant("nested", { concurrent_executions: 1 });
    expect((await api.post("/workflows", { ...quick, name: "Inner" })).status).toBe(201);
    const record = await api.run({ name: "Outer", steps: [{ id: "c", workflow: "inner", input: {} }] });
    expect(record).toMatchObject({ status: "completed" });
  });
});

describe.concurrent("quotas of a month (section 16)", () => {
  const start = (api: Client): Promise<Answer> => api.start({ definition: quick });

  test("past executions_per_month a start is QUOTA_EXCEEDED, and what runs goes on", async () => {
    const { api } = await tenants.tenant("monthly", { executions_per_month: 6 });
    const running = await api.begin(waits("Goes on"));
    await api.waiting(running, "event");
    const statuses: number[] = [];
    for (let at = 0; at < 10; at++) statuses.push((await start(api)).status);
    expect(statuses).toEqual([202, 202, 202, 202, 202, 402, 402, 402, 402, 402]);
    expect(await start(api)).toMatchObject({ status: 402, body: { code: "QUOTA_EXCEEDED" } });
    const month = await limitOf(api, "executions_per_month");
    expect(month).toMatchObject({ limit: 6, used: 6 });
    const reset = new Date(readText(month, "resets_at"));
    expect([reset.getUTCDate(), reset.getTime() > Date.now()]).toEqual([1, true]);
    const batch = await api.post("/workflows/executions/batch", {
      items: [{ definition: quick }, { definition: quick }],
    });
    expect(readList(batch.body, "data")).toMatchObject([{ code: "QUOTA_EXCEEDED" }, { code: "QUOTA_EXCEEDED" }]);
    await go(api, running);
    expect(await api.finished(running)).toMatchObject({ status: "completed" });
    const refused = await api.post("/execute", { action: "calculator.add", input: { a: 1, b: 2 } });
    expect(refused).toMatchObject({ status: 402, body: { code: "QUOTA_EXCEEDED" } });
  });

  test("40 starts at once never pass it", async () => {
    const { api } = await tenants.tenant("rush", { executions_per_month: 15 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => start(api)));
    const taken = answers.filter(({ status }) => status === 202).length;
    expect(taken).toBe(15);
    expect(answers.filter(({ status }) => ![202, 402].includes(status))).toEqual([]);
  });

  test("a start that was refused does not take its Idempotency-Key, nor does a repetition count twice", async () => {
    const { api } = await tenants.tenant("repeated", { executions_per_month: 2 });
    const headers = { "idempotency-key": randomUUID() };
    const answers = [];
    for (let at = 0; at < 4; at++) answers.push(await api.start({ definition: quick }, { headers }));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set(answers.map((answer) => readText(answer.body, "execution_id"))).size).toBe(1);
    expect((await start(api)).status).toBe(202);
    expect((await start(api)).status).toBe(402);
    expect((await api.start({ definition: quick }, { headers })).status).toBe(202);
  });

  test("past steps_per_month nothing new starts, and what runs goes on to its end", async () => {
    const { api, step } = await tenants.tenant("steps", { steps_per_month: 5 });
    const record = await api.run({
      name: "Long",
      steps: [step("s", "call", { key: "steps month" }, { for_each: "{{ range(12) }}" })],
    });
    expect(record).toMatchObject({ status: "completed", usage: { step_runs: 12 } });
    await eventually(async () => (await start(api)).status === 402, 10);
    expect(await start(api)).toMatchObject({ status: 402, body: { code: "QUOTA_EXCEEDED" } });
  });

  test("a schedule that is due past the quota starts nothing, and says why", async () => {
    const { api } = await tenants.tenant("scheduled", { executions_per_month: 1 });
    const cron = { type: "schedule", cron: "* * * * * *" };
    expect((await api.post("/workflows", { ...quick, name: "Ticks", triggers: [cron] })).status).toBe(201);
    let trigger: Json | undefined;
    await eventually(async () => {
      trigger = readList((await api.get("/triggers?workflow=ticks")).body, "data")[0];
      return read(trigger, "last_run.status") === "refused";
    });
    expect(trigger).toMatchObject({ last_run: { status: "refused", error: { code: "QUOTA_EXCEEDED" } } });
    await api.post(`/triggers/${readText(trigger, "id")}/pause`, {});
    expect(readList((await api.get("/workflows/executions?workflow=ticks")).body, "data")).toHaveLength(1);
  });
});

describe.concurrent("budgets that executions share", () => {
  test("a spent one pauses what runs, says what of, and a raise lets it go on", async () => {
    const { api, step } = await tenants.tenant("budget");
    const put = await api.request("PUT", "/budgets/tenant", { json: { max_steps: 5, period: "month" } });
    expect(put).toMatchObject({ status: 200, body: { scope: "tenant", limits: { max_steps: 5 } } });
    const loop = step("s", "call", { key: "budget" }, { for_each: "{{ range(12) }}" });
    const id = await api.begin({ name: "Spends", steps: [loop] });
    const paused = await api.waiting(id, "budget");
    expect(paused).toMatchObject({
      status: "paused",
      waiting_for: { budget: expect.stringMatching(/max_steps$/), limit: 5 },
    });
    expect(tenants.service.calls("budget").length).toBeLessThanOrEqual(5);
    const second = await api.begin({ name: "Another", steps: [loop] });
    await api.waiting(second, "budget");
    expect(tenants.service.calls("budget").length).toBeLessThanOrEqual(5);
    expect((await api.request("PUT", "/budgets/tenant", { json: { max_steps: 1000, period: "month" } })).status).toBe(
      200,
    );
    for (const run of [id, second]) expect(await api.finished(run)).toMatchObject({ status: "completed" });
    expect(tenants.service.calls("budget")).toHaveLength(24);
    const used = Number(read((await api.get("/budgets/tenant")).body, "used.max_steps"));
    expect(used).toBeGreaterThanOrEqual(24);
  });

  test("many at once never pass it by more than what was in flight", async () => {
    const { api, step } = await tenants.tenant("crowd");
    await api.request("PUT", "/budgets/tenant", { json: { max_steps: 10, period: "total" } });
    const wide = step("s", "call", { key: "crowd", after: 50 }, { for_each: "{{ range(20) }}", parallel: true });
    const ids = await Promise.all(Array.from({ length: 4 }, () => api.begin({ name: "Crowd", steps: [wide] })));
    await Promise.all(ids.map((id) => api.waiting(id, "budget")));
    expect(tenants.service.calls("crowd").length).toBeLessThanOrEqual(10);
    expect((await api.request("DELETE", "/budgets/tenant")).status).toBe(200);
    for (const id of ids) expect(await api.finished(id)).toMatchObject({ status: "completed" });
    expect(tenants.service.calls("crowd")).toHaveLength(80);
  });

  test("of a workflow is that workflow's alone; money and tokens count by what services report", async () => {
    const { api, step } = await tenants.tenant("money");
    const usage = { input_tokens: 30, output_tokens: 20, cost: 0.5 };
    const reply = { body: { status: "success", data: {}, usage } };
    tenants.service.script("cost", ...Array.from({ length: 12 }, () => reply));
    tenants.service.script("tokens used", ...Array.from({ length: 12 }, () => reply));
    await api.request("PUT", "/budgets/workflow:costly", { json: { max_cost: 1, period: "day" } });
    await api.request("PUT", "/budgets/workflow:wordy", { json: { max_tokens: 100, period: "day" } });
    const six = { for_each: "{{ range(6) }}" };
    const costly = await api.begin({ name: "Costly", steps: [step("s", "call", { key: "cost" }, six)] });
    const wordy = await api.begin({ name: "Wordy", steps: [step("s", "call", { key: "tokens used" }, six)] });
    expect(await api.waiting(costly, "budget")).toMatchObject({
      waiting_for: { budget: expect.stringMatching(/max_cost$/), limit: 1 },
    });
    expect(await api.waiting(wordy, "budget")).toMatchObject({
      waiting_for: { budget: expect.stringMatching(/max_tokens$/), limit: 100 },
    });
    // Two calls spend it; one more may have been under way.
    expect(tenants.service.calls("cost").length).toBeLessThanOrEqual(3);
    expect(tenants.service.calls("tokens used").length).toBeLessThanOrEqual(3);
    expect(await api.run({ ...quick, name: "Free" })).toMatchObject({ status: "completed" });
    await api.request("PUT", "/budgets/workflow:costly", { json: { max_cost: 50, period: "day" } });
    expect(await api.finished(costly)).toMatchObject({ status: "completed" });
    expect(await api.record(wordy)).toMatchObject({ status: "paused" });
    await api.act(wordy, "cancel");
  });

  test("that nobody raises fails what it paused, with QUOTA_EXCEEDED, after its hold", async () => {
    const { api, step } = await tenants.tenant("hold");
    await api.request("PUT", "/budgets/tenant", { json: { max_steps: 2, period: "month", hold: "1s" } });
    const loop = step("s", "call", { key: "hold" }, { for_each: "{{ range(5) }}" });
    const id = await api.begin({ name: "Held", steps: [loop] });
    expect(await api.finished(id)).toMatchObject({ status: "failed", error: { code: "QUOTA_EXCEEDED" } });
    expect(tenants.service.calls("hold").length).toBeLessThanOrEqual(2);
  });

  test.each<[string, JsonMap]>([
    ["tenant", { max_steps: 0, period: "month" }],
    ["tenant", { max_steps: 5, period: "year" }],
    ["tenant", { period: "month", colour: "red" }],
    ["tenant", { max_cost: -1, period: "month" }],
    ["nonsense", { max_steps: 5, period: "month" }],
    ["workflow:", { max_steps: 5, period: "month" }],
  ])("of %s with %j is refused", async (scope, json) => {
    const { api } = await tenants.tenant(`refused-${randomUUID().slice(0, 8)}`);
    expect(await api.request("PUT", `/budgets/${scope}`, { json })).toMatchObject({ status: 400 });
    expect((await api.get("/budgets")).body).toMatchObject({ data: [] });
  });
});

describe("streams", () => {
  test("past the limit of an execution, and of the tenant, one more is 429, and a closed one makes room", async () => {
    const { api } = await tenants.tenant("streams", { streams: 4, streams_per_execution: 3 });
    const [id, second] = [await api.begin(waits("Watched")), await api.begin(waits("Watched"))];
    const open = (run: string): Promise<EventStream> => EventStream.open(api, `/workflows/executions/${run}/events`);
    const streams = [await open(id), await open(id), await open(id)];
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await open(id);
    expect([refused.status, read(refused.body, "code")]).toEqual([429, "RATE_LIMITED"]);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    const fourth = await open(second);
    expect(fourth.status).toBe(200);
    expect((await open(second)).status).toBe(429);
    for (const stream of [...streams, fourth]) stream.close();
    let status = 0;
    await eventually(async () => {
      const again = await open(id);
      status = again.status;
      again.close();
      return status === 200;
    });
    expect(status).toBe(200);
    for (const run of [id, second]) await api.act(run, "cancel");
  });
});
