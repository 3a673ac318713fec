import { EventSource } from "eventsource";
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { Client } from "./client.ts";
import { EventStream, idsOf, wholeLog } from "./event-stream.ts";
import { eventually } from "./eventually.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, parseJson, read, readList, readText } from "./json.ts";
import { OpenApi } from "./openapi.ts";
import { PlatformSocket } from "./platform-socket.ts";
import { verified } from "./received-webhook.ts";
import { ScriptedService } from "./scripted-service.ts";
import { EVENT_TYPES, ticking } from "./stream-token.ts";
import { SERVICE_HOST } from "./use-platform.ts";

/*
 * What needs a kill of the platform, or minutes: `npm run test:long`.
 */
let platform: TestPlatform;
let service: ScriptedService;
let api: Client;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  service = await ScriptedService.start(0);
  platform = await startTestPlatform({
    hosts: { [SERVICE_HOST]: `127.0.0.1:${service.port}` },
    // So long is a run held up that waits for its reader: longer than any machine takes for the run itself.
    vars: { STREAM_DRAIN_MS: "120000" },
  });
  const response = await fetch(new URL("/openapi.json", platform.url));
  api = new Client(platform.url, platform.tenant.apiKey, new OpenApi(parseJson(await response.text())));
  await publishFlaky(api);
}, 120_000);

afterAll(async () => {
  await platform.close();
  await service.stop();
}, 120_000);

/** Until the platform answers again. */
const restarted = async (): Promise<void> => {
  await platform.restart();
  await eventually(async () => (await fetch(`${platform.url}/healthz`).catch(() => null))?.status === 200, 60);
};

describe("across a kill of the whole platform", () => {
  test("an EventSource sees every event of a run once", async () => {
    const id = await api.begin(ticking(60, 200));
    const ids: number[] = [];
    const source = new EventSource(`${platform.url}/workflows/executions/${id}/events`, {
      fetch: (input, init) =>
        fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${api.key}` } }),
    });
    for (const type of EVENT_TYPES) source.addEventListener(type, ({ lastEventId }) => ids.push(Number(lastEventId)));
    await eventually(async () => ids.length > 10);
    await restarted();
    const seen = ids.length;
    // The package gives up where it could not connect at all: whoever uses it opens another, behind the last event.
    let follower = source;
    for (const end = Date.now() + 90_000; Date.now() < end; await sleep(100)) {
      if (follower.readyState !== EventSource.CLOSED) continue;
      if ((await api.record(id)).status === "completed" && ids.length === (await wholeLog(api, id)).length) break;
      follower = new EventSource(`${platform.url}/workflows/executions/${id}/events?after=${ids.at(-1)}`, {
        fetch: (input, init) =>
          fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${api.key}` } }),
      });
      for (const type of EVENT_TYPES) {
        follower.addEventListener(type, ({ lastEventId }) => ids.push(Number(lastEventId)));
      }
    }
    follower.close();
    expect(seen).toBeGreaterThan(10);
    expect(ids).toEqual(idsOf(await wholeLog(api, id)));
    expect(await api.record(id)).toMatchObject({ status: "completed" });
  }, 200_000);

  test("a schedule starts at most one execution for each due time, and those of the outage start late", async () => {
    const name = `killed-${Date.now()}`;
    await api.post("/workflows", {
      name,
      inputs: { due: {} },
      steps: [{ id: "o", type: "output", value: 1 }],
      triggers: [{ type: "schedule", cron: "* * * * * *", inputs: { due: "{{ trigger.at }}" } }],
    });
    const runs = async (): Promise<string[]> => {
      const rows = readList((await api.get(`/workflows/executions?workflow=${name}&limit=100`)).body, "data");
      const ids = rows.map((row) => readText(row, "execution_id"));
      return (await Promise.all(ids.map((id) => api.finished(id)))).map((run) => readText(run, "inputs.due"));
    };
    await eventually(async () => (await runs()).length > 3);
    await restarted();
    const before = (await runs()).length;
    await eventually(async () => (await runs()).length > before + 4, 40);
    const trigger = readList((await api.get(`/triggers?workflow=${name}`)).body, "data")[0];
    await api.post(`/triggers/${readText(trigger, "id")}/pause`, {});
    await sleep(4000);
    const dues = (await runs()).sort();
    expect(new Set(dues).size).toBe(dues.length);
    const first = Date.parse(dues[0] ?? "");
    expect(dues).toEqual(dues.map((_, at) => new Date(first + at * 1000).toISOString()));
  }, 240_000);

  test("a webhook that was to be tried again still is, with the same id and body", async () => {
    const secret = readText((await api.get("/webhooks/secret")).body, "secret");
    const key = randomUUID();
    service.script(key, { status: 503 });
    const definition: JsonMap = { name: "Told", steps: [{ id: "o", type: "output", value: 1 }] };
    const id = await api.begin(definition, {}, { callback_url: `http://${SERVICE_HOST}/callback?key=${key}` });
    await eventually(async () => service.calls(key).length === 1);
    await restarted();
    await eventually(async () => service.calls(key).length >= 2, 40);
    const [first, second] = service.calls(key);
    for (const call of [first, second]) expect(verified(secret, call)).toMatchObject({ execution_id: id });
    expect(second?.text).toBe(first?.text);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  }, 240_000);

  test("a delivery to a trigger that comes again is the same execution, also after a restart", async () => {
    const name = `hooked-${Date.now()}`;
    await api.post("/workflows", {
      name,
      steps: [{ id: "o", type: "output", value: 1 }],
      triggers: [{ type: "webhook", path: name, idempotency: { header: "X-Delivery" } }],
    });
    const trigger = readList((await api.get(`/triggers?workflow=${name}`)).body, "data")[0];
    const headers = { "X-Delivery": randomUUID() };
    const call = async (): Promise<string> => {
      const answer = await api.request("POST", readText(trigger, "url"), { key: null, json: {}, headers });
      return readText(answer.body, "execution_id");
    };
    const first = await call();
    await restarted();
    expect(await call()).toBe(first);
    await sleep(2500);
    expect(readList((await api.get(`/workflows/executions?workflow=${name}`)).body, "data")).toHaveLength(1);
  }, 240_000);

  test("usage is what the executions say, after 300 of them and three kills", async () => {
    const from = new Date().toISOString();
    const definition: JsonMap = {
      name: "Counted",
      retry: { max_attempts: 5, initial_delay_ms: 100, retry_on: ["UNAVAILABLE", "UNKNOWN_OUTCOME"] },
      steps: [
        flaky("a", "call", { key: "counted", after: 100 }),
        {
          id: "b",
          connector: "connector:community/calculator@1.0.0",
          action: "add",
          input: { a: 1, b: 2 },
          for_each: [1, 2],
        },
      ],
    };
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      const items = Array.from({ length: 100 }, () => ({ definition }));
      const batch = await api.post("/workflows/executions/batch", { items });
      for (const row of readList(batch.body, "data")) ids.push(readText(row, "execution_id"));
      await sleep(500 + round * 400);
      await restarted();
    }
    const records = await Promise.all(ids.map((id) => api.finished(id, 120)));
    const settled = Date.now();
    const own = records.reduce((sum, record) => sum + Number(read(record, "usage.step_runs")), 0);
    for (const record of records) expect(record).toMatchObject({ status: "completed", usage: { executions: 1 } });
    let row: unknown;
    await eventually(async () => {
      const { body } = await api.get(`/usage?from=${from.slice(0, 10)}&group_by=workflow`);
      row = readList(body, "data").find((one) => read(one, "group") === "counted");
      return Date.parse(readText(body, "as_of")) > settled;
    }, 60);
    expect(row).toMatchObject({ executions: 300, step_runs: own });
    expect(own).toBeGreaterThanOrEqual(900);
  }, 280_000);
});

describe("what takes its time", () => {
  const standing = async (): Promise<string> => {
    const id = await api.begin({ name: "Standing", steps: [{ id: "w", type: "wait", until: { event: "go" } }] });
    await api.waiting(id, "event");
    return id;
  };

  test("a stream with nothing to say says that it is there, again and again", async () => {
    const id = await standing();
    const stream = await EventStream.open(api, `/workflows/executions/${id}/events`);
    const reading = stream.until();
    await sleep(50_000);
    await api.act(id, "cancel");
    expect(stream.comments.length).toBeGreaterThanOrEqual(2);
    expect((await reading).at(-1)?.event).toBe("workflow.canceled");
  }, 90_000);

  test("a key that is revoked closes its open streams within 30 s", async () => {
    const id = await standing();
    const made = await api.post("/keys", { name: "s", environment: "live", scopes: ["executions:read"], roles: [] });
    const key = readText(made.body, "key");
    const stream = await EventStream.open(api, `/workflows/executions/${id}/events`, {}, key);
    const socket = await PlatformSocket.opened(api, `/workflows/executions/${id}/stream`, key);
    const wide = await EventStream.open(api, "/events/stream", {}, key);
    await socket.when(() => socket.events.length > 0);
    await api.request("DELETE", `/keys/${readText(made.body, "id")}`);
    const begun = Date.now();
    const ended = (reading: Promise<unknown>): Promise<number> =>
      reading.then(
        () => Date.now() - begun,
        () => Date.now() - begun,
      );
    const late = new Promise<number>((resolve) => setTimeout(() => resolve(Number.POSITIVE_INFINITY), 40_000));
    for (const reading of [stream.until(), wide.until(), socket.closed]) {
      expect(await Promise.race([ended(reading), late])).toBeLessThan(30_500);
    }
    expect((await socket.closed).code).toBe(4401);
    await api.act(id, "cancel");
  }, 120_000);

  test("a reader that does not read never slows the run, and resumes behind what it has", async () => {
    const text = "x".repeat(2000);
    const steps = [
      flaky("s", "anything", { key: "unread", reply: text }, { for_each: "{{ range(3000) }}", parallel: true }),
    ];
    const id = await api.begin({
      name: "Unread",
      steps: [{ id: "w", type: "wait", until: { event: "go" } }, ...steps],
    });
    await api.waiting(id, "event");
    const { port } = new URL(platform.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.pause();
    socket.write(
      `GET /workflows/executions/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\n\r\n`,
    );
    const begun = Date.now();
    await api.act(id, "events", { name: "go" });
    const watched = await api.finished(id, 200);
    const slowest = Date.now() - begun;
    expect(watched.status).toBe("completed");
    let received = "";
    socket.on("data", (data) => {
      received += String(data);
    });
    socket.resume();
    await Promise.race([new Promise((resolve) => socket.on("close", resolve)), sleep(5000)]);
    socket.destroy();
    const numbers = [...received.matchAll(/^id: (\d+)$/gm)].map(([, number]) => Number(number));
    const last = numbers.slice(0, -1).at(-1) ?? 0;
    const rest = await wholeLog(api, id, `?after=${last}`);
    const ids = [...numbers.slice(0, -1), ...idsOf(rest)];
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, at) => at + 1));
    expect(ids.length).toBeGreaterThan(6000);
    const alone = Date.now();
    const unwatched = await api.begin({ name: "Unread", steps });
    await api.finished(unwatched, 200);
    expect(slowest).toBeLessThan(5 * (Date.now() - alone) + 20_000);
  }, 280_000);
});
