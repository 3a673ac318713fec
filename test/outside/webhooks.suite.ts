import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { eventually } from "./eventually.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { signedHeaders, verified } from "./received-webhook.ts";
import type { ReceivedCall } from "./scripted-service.ts";
import { SERVICE_HOST, usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

interface Endpoint {
  id: string;
  secret: string;
  key: string;
}

/** Makes an endpoint at our receiver; `key` is what its calls are filed under. */
async function endpoint(types: string[], more: JsonMap = {}, api: Client = outside.api): Promise<Endpoint> {
  const key = randomUUID();
  const url = `http://${SERVICE_HOST}/hooks?key=${key}`;
  const answer = await api.post("/webhooks/endpoints", { url, event_types: types, ...more });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return { id: readText(answer.body, "id"), secret: readText(answer.body, "secret"), key };
}

const endpointPath = ({ id }: Endpoint, verb = ""): string => `/webhooks/endpoints/${id}${verb}`;

async function gone(...endpoints: Endpoint[]): Promise<void> {
  for (const one of endpoints) expect((await outside.api.request("DELETE", endpointPath(one))).status).toBe(200);
}

/** What came to an endpoint about one execution, when there is enough of it: other tests' runs come too. */
async function callsOf({ key }: Endpoint, id: string, count = 1): Promise<ReceivedCall[]> {
  const look = (): ReceivedCall[] => outside.service.calls(key).filter(({ text }) => text.includes(id));
  // A second attempt comes after five seconds at the earliest, and its turn among all that tests send.
  await eventually(async () => look().length >= count, 45);
  return look();
}

const run = async (more: JsonMap = {}): Promise<string> => {
  const steps = [flaky("s", "call", { key: "webhook run" }), { id: "o", type: "output", value: 1 }];
  return readText(await outside.api.run({ name: "Outside webhooks", steps, ...more }), "execution_id");
};

const typeOf = (call: ReceivedCall): Json | undefined => read(call.body, "type");

async function deliveriesOf({ id }: Endpoint, execution: string): Promise<Json[]> {
  const path = `/webhooks/deliveries?endpoint=${id}&execution=${execution}&limit=100`;
  return readList((await outside.api.get(path)).body, "data");
}

/** The one delivery of an event when it is as wanted. */
async function delivery(hook: Endpoint, execution: string, status: string): Promise<Json> {
  let rows: Json[] = [];
  await eventually(async () => {
    rows = await deliveriesOf(hook, execution);
    return read(rows[0], "status") === status;
  });
  expect(rows).toMatchObject([{ status, execution_id: execution }]);
  return rows[0] ?? null;
}

describe.concurrent("a webhook endpoint", () => {
  test("has a whsec_ secret of its own, shown when it is made and never again", async () => {
    const [one, two] = [await endpoint(["workflow.failed"]), await endpoint(["workflow.failed"])];
    expect(one.secret).toMatch(/^whsec_[A-Za-z0-9+/]+={0,2}$/);
    expect(Buffer.from(one.secret.slice(6), "base64").length).toBeGreaterThanOrEqual(24);
    expect(one.secret).not.toBe(two.secret);
    for (const path of ["/webhooks/endpoints", endpointPath(one)]) {
      const answer = await outside.api.get(path);
      expect(answer.text).toContain(one.id);
      expect(answer.text).not.toContain(one.secret.slice(6));
    }
    await gone(one, two);
  });

  test("gets the events of the types it names, of every execution, signed with its secret", async () => {
    const hook = await endpoint(["workflow.completed", "step.completed"]);
    const ids = await Promise.all([run(), run(), run()]);
    for (const id of ids) {
      const calls = await callsOf(hook, id, 3);
      expect(calls.map(typeOf).sort()).toEqual(["step.completed", "step.completed", "workflow.completed"]);
      for (const call of calls) expect(verified(hook.secret, call)).toMatchObject({ type: typeOf(call) });
      const webhookIds = calls.map((call) => String(call.headers["webhook-id"]));
      expect(new Set(webhookIds).size).toBe(3);
      expect(webhookIds).toContain(`${id}:1:workflow.completed`);
    }
    await gone(hook);
  });

  test("of step.* gets every event of steps and no other, as the log has them", async () => {
    const hook = await endpoint(["step.*"]);
    const id = await run();
    const page = await outside.api.get(`/workflows/executions/${id}/events?wait=0&types=step.*`);
    const wanted = readList(page.body, "data").map((event) => read(event, "type"));
    const calls = await callsOf(hook, id, wanted.length);
    expect(calls.map(typeOf).sort()).toEqual([...wanted].sort());
    await gone(hook);
  });

  test("after a rotation is signed for with both secrets", async () => {
    const hook = await endpoint(["workflow.completed"]);
    const rotated = await outside.api.post(endpointPath(hook, "/rotate"), {});
    expect(rotated.status).toBe(200);
    const fresh = readText(rotated.body, "secret");
    expect(fresh).not.toBe(hook.secret);
    const hours = (Date.parse(readText(rotated.body, "old_valid_until")) - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(24);
    const [call] = await callsOf(hook, await run());
    verified(fresh, call);
    verified(hook.secret, call);
    expect(String(call?.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    await gone(hook);
  });

  test("that is off or deleted gets nothing", async () => {
    const off = await endpoint(["workflow.completed"], { enabled: false });
    const deleted = await endpoint(["workflow.completed"]);
    await gone(deleted);
    const hook = await endpoint(["workflow.completed"]);
    const id = await run();
    expect(await callsOf(hook, id)).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const one of [off, deleted]) expect(await callsOf(one, id, 0)).toEqual([]);
    expect(await outside.api.get(endpointPath(deleted))).toMatchObject({ status: 404 });
    await gone(off, hook);
  });

  test("of another tenant is not there, and hears nothing of ours", async () => {
    const theirs = await endpoint(["workflow.*"], {}, outside.other);
    const ours = await endpoint(["workflow.completed"]);
    const id = await run();
    await callsOf(ours, id);
    const since: JsonMap = { since: "2026-01-01T00:00:00Z" };
    for (const [method, verb, json] of [
      ["GET", "", undefined],
      ["PATCH", "", { enabled: false }],
      ["POST", "/rotate", {}],
      ["POST", "/test", {}],
      ["POST", "/resend", since],
      ["DELETE", "", undefined],
    ] as const) {
      const answer = await outside.api.request(method, endpointPath(theirs, verb), { json });
      expect([method, verb, answer.status]).toEqual([method, verb, 404]);
    }
    expect((await outside.api.get("/webhooks/endpoints")).text).not.toContain(theirs.id);
    const [row] = await deliveriesOf(ours, id);
    for (const [method, verb] of [
      ["GET", ""],
      ["POST", "/resend"],
    ] as const) {
      const path = `/webhooks/deliveries/${readText(row, "id")}${verb}`;
      expect(await outside.other.request(method, path)).toMatchObject({ status: 404 });
    }
    expect(readList((await outside.other.get(`/webhooks/deliveries?execution=${id}`)).body, "data")).toEqual([]);
    expect(await callsOf(theirs, id, 0)).toEqual([]);
    await gone(ours);
    expect((await outside.other.request("DELETE", endpointPath(theirs))).status).toBe(200);
  });

  test.each<[string, JsonMap]>([
    ["http to elsewhere", { url: "http://example.com/hook" }],
    ["another scheme", { url: "ftp://example.com/hook" }],
    ["no address", { url: "nonsense" }],
    ["credentials in the address", { url: "https://user:pass@example.com/hook" }],
    ["no types", { event_types: [] }],
    ["an unknown type", { event_types: ["workflow.exploded"] }],
    ["an unknown member", { colour: "red" }],
    ["an address of the network itself", { url: "https://169.254.169.254/hook" }],
    ["a private address", { url: "https://10.1.2.3/hook" }],
    ["this machine", { url: "https://[::1]/hook" }],
  ])("with %s is refused", async (_name, more) => {
    const body = { url: `http://${SERVICE_HOST}/hooks?key=refused`, event_types: ["workflow.completed"], ...more };
    const answer = await outside.api.post("/webhooks/endpoints", body);
    expect([400, 403]).toContain(answer.status);
  });
});

describe("a receiver", () => {
  test("that fails gets the event again; the delivery shows request and answers, no secret, no signature", async () => {
    const hook = await endpoint(["workflow.completed"]);
    outside.service.script(hook.key, { status: 502, text: "x".repeat(40_000) });
    await run();
    // Runs of other tests end beside it: whose event came first was answered 502.
    await eventually(async () => outside.service.calls(hook.key).length > 0);
    const id = String(read(outside.service.calls(hook.key)[0]?.body ?? null, "execution_id"));
    const calls = await callsOf(hook, id, 2);
    const [first, second] = calls;
    expect(second?.text).toBe(first?.text);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    verified(hook.secret, second);
    const row = await delivery(hook, id, "delivered");
    const answer = await outside.api.get(`/webhooks/deliveries/${readText(row, "id")}`);
    expect(answer.body).toMatchObject({
      webhook_id: `${id}:1:workflow.completed`,
      endpoint_id: hook.id,
      execution_id: id,
      event_type: "workflow.completed",
      attempts: 2,
      request: { method: "POST", body: first?.text, truncated: false },
      log: [
        { number: 1, response: { status: 502, truncated: true }, error: null },
        { number: 2, response: { status: 200, truncated: false }, error: null },
      ],
    });
    expect(readText(answer.body, "log.0.response.body").length).toBeLessThanOrEqual(16_384);
    expect(answer.text).not.toContain(hook.secret.slice(6));
    for (const { headers } of calls) {
      const signatures = String(headers["webhook-signature"]).split(" ");
      for (const signature of signatures) expect(answer.text).not.toContain(signature.slice(3));
    }
    await gone(hook);
  });

  test("that answers 410 is gone: its endpoint is disabled, until it is enabled again", async () => {
    const hook = await endpoint(["workflow.completed"]);
    outside.service.script(hook.key, { status: 410 });
    const id = await run();
    expect(await delivery(hook, id, "failed")).toMatchObject({ reason: "gone", attempts: 1 });
    expect((await outside.api.get(endpointPath(hook))).body).toMatchObject({
      enabled: false,
      disabled_reason: "gone",
    });
    const unheard = await run();
    await new Promise((resolve) => setTimeout(resolve, 700));
    await outside.api.request("PATCH", endpointPath(hook), { json: { enabled: true } });
    expect((await outside.api.get(endpointPath(hook))).body).toMatchObject({ enabled: true, disabled_reason: null });
    expect(await callsOf(hook, await run())).toHaveLength(1);
    expect(await callsOf(hook, unheard, 0)).toEqual([]);
    await gone(hook);
  });

  test("of an ordered endpoint gets an execution's events one after the other, also after a failure", async () => {
    const hook = await endpoint(["step.*", "workflow.*"], { ordered: true });
    outside.service.script(hook.key, { after: 300 }, { status: 503 });
    const id = await run();
    const log = readList((await outside.api.get(`/workflows/executions/${id}/events?wait=0`)).body, "data");
    const expected = log.map((event) => read(event, "type"));
    const calls = await callsOf(hook, id, expected.length + 1);
    // The second came twice: it was refused first.
    expect(calls.map(typeOf)).toEqual([...expected.slice(0, 2), ...expected.slice(1)]);
    expect(outside.service.overlap(hook.key)).toBe(1);
    await gone(hook);
  });

  test("that sends back what it got puts no signature and no secret into the delivery log", async () => {
    const hook = await endpoint(["workflow.completed"]);
    outside.service.script(hook.key, { status: 200, echo: true });
    const tried = await outside.api.post(endpointPath(hook, "/test"), {});
    const [call] = outside.service.calls(hook.key);
    expect(readText(tried.body, "log.0.response.body")).toContain(String(call?.headers["webhook-id"]));
    expect(tried.text).not.toContain(String(call?.headers["webhook-signature"]).slice(3));
    await gone(hook);
  });

  test("can be tried: a test event comes at once, signed, and the answer says what came of it", async () => {
    const hook = await endpoint(["workflow.failed"]);
    const good = await outside.api.post(endpointPath(hook, "/test"), {});
    expect(good.body).toMatchObject({
      status: "delivered",
      endpoint_id: hook.id,
      log: [{ response: { status: 200 } }],
    });
    expect(outside.service.calls(hook.key)).toHaveLength(1);
    verified(hook.secret, outside.service.calls(hook.key)[0]);
    outside.service.script(hook.key, { status: 500, text: "not today" });
    const bad = await outside.api.post(endpointPath(hook, "/test"), {});
    expect(bad).toMatchObject({ status: 200, body: { log: [{ response: { status: 500, body: "not today" } }] } });
    // One attempt, now: nothing is left to be tried again.
    expect(bad.body).toMatchObject({ status: "failed", next_attempt_at: null });
    await gone(hook);
  });
});

describe("deliveries", () => {
  test("are sent again, one or all since a time, with the same ids and bodies", async () => {
    const hook = await endpoint(["workflow.completed"]);
    const since = new Date(Date.now() - 1000).toISOString();
    const ids = [await run(), await run(), await run()];
    const [id = ""] = ids;
    for (const one of ids) await delivery(hook, one, "delivered");
    const [first] = await callsOf(hook, id);
    const [row] = await deliveriesOf(hook, id);
    expect((await outside.api.post(`/webhooks/deliveries/${readText(row, "id")}/resend`, {})).status).toBe(202);
    const [, again] = await callsOf(hook, id, 2);
    verified(hook.secret, again);
    expect([again?.text, again?.headers["webhook-id"]]).toEqual([first?.text, first?.headers["webhook-id"]]);
    if (again !== undefined) expect(Number(signedHeaders(again)["webhook-timestamp"])).toBeGreaterThan(0);
    const all = await outside.api.post(endpointPath(hook, "/resend"), { since });
    expect(all).toMatchObject({ status: 202, body: { resent: 3 } });
    for (const one of ids.slice(1)) expect(await callsOf(hook, one, 2)).toHaveLength(2);
    const none = await outside.api.post(endpointPath(hook, "/resend"), { since: "2199-01-01T00:00:00Z" });
    expect(none.body).toMatchObject({ resent: 0 });
    await gone(hook);
  });

  test("are listed by pages, newest first, and by status and execution", async () => {
    const hook = await endpoint(["workflow.*", "step.*"]);
    const id = await run();
    const log = readList((await outside.api.get(`/workflows/executions/${id}/events?wait=0`)).body, "data");
    await eventually(async () => (await deliveriesOf(hook, id)).length >= log.length);
    const whole = await deliveriesOf(hook, id);
    expect(whole.map((row) => read(row, "event_type")).sort()).toEqual(log.map((event) => read(event, "type")).sort());
    const paged: Json[] = [];
    for (let cursor = ""; ; ) {
      const query = `endpoint=${hook.id}&execution=${id}&limit=2${cursor}`;
      const page = await outside.api.get(`/webhooks/deliveries?${query}`);
      paged.push(...readList(page.body, "data").map((row) => read(row, "id") ?? null));
      if (read(page.body, "has_more") !== true) break;
      cursor = `&cursor=${encodeURIComponent(readText(page.body, "next_cursor"))}`;
    }
    expect(paged).toEqual(whole.map((row) => read(row, "id")));
    const times = whole.map((row) => readText(row, "created_at"));
    expect(times).toEqual([...times].sort().reverse());
    for (const query of ["status=lost", "limit=0", "limit=101", "cursor=nonsense"]) {
      expect([query, (await outside.api.get(`/webhooks/deliveries?${query}`)).status]).toEqual([query, 400]);
    }
    await gone(hook);
  });

  test("of 60 executions at once: each event once, none lost", async () => {
    const hook = await endpoint(["workflow.completed"]);
    const items = Array.from({ length: 60 }, (_, n) => ({
      definition: { name: "Outside webhooks", steps: [{ id: "o", type: "output", value: n }] },
    }));
    const batch = await outside.api.post("/workflows/executions/batch", { items });
    const ids = readList(batch.body, "data").map((row) => readText(row, "execution_id"));
    await eventually(async () => outside.service.calls(hook.key).length >= ids.length);
    const seen = outside.service.calls(hook.key).map((call) => String(call.headers["webhook-id"]));
    expect(seen.sort()).toEqual(ids.map((id) => `${id}:1:workflow.completed`).sort());
    await gone(hook);
  });
});
