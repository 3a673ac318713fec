import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StepReport } from "../../contracts/rpc.ts";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import { send } from "../platform/api-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { COUNTING_CONNECTOR, CountingService } from "../faults/counting-service.ts";
import { askCell, STREAMING_PLATFORM } from "./ask-cell.ts";
import { authorized, onEvents, openSource, poll, Socket, until, wholeLog } from "./event-reader.ts";

let platform: TestPlatform;

let service: CountingService;

beforeAll(async () => {
  service = await CountingService.start();
  platform = await startTestPlatform({
    services: false,
    entries: STREAMING_PLATFORM,
    hosts: { "counting-service:9000": service.address },
    vars: { STREAM_DRAIN_MS: "2000" },
  });
  const body = COUNTING_CONNECTOR;
  const headers = { ...authorized(platform), "content-type": "application/yaml" };
  expect((await fetch(`${platform.url}/plugins`, { method: "POST", headers, body })).status).toBe(201);
});
afterAll(async () => {
  await platform?.close();
  service?.close();
});

const LINES = {
  name: "lines",
  steps: [
    { id: "first", plugin: "logging", action: "info", input: { message: "hello" } },
    { id: "pause", type: "wait", until: { event: "go" } },
    { id: "second", plugin: "logging", action: "warn", input: { message: "good-bye", context: { n: 1 } } },
  ],
};

async function start(definition: object = LINES): Promise<string> {
  const started = await send<{ execution_id: string }>(platform, "POST", "/workflows/executions", { definition });
  return started.execution_id;
}

const idsOf = (events: readonly ExecutionEvent[]): number[] => events.map(({ id }) => id);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const go = (id: string) => send(platform, "POST", `/workflows/executions/${id}/events`, { name: "go" });

describe("the events of an execution", () => {
  test("come by SSE, WebSocket and polling as they stand in its log, and end with it", async () => {
    const id = await start();
    const source = openSource(platform, `/workflows/executions/${id}/events`);
    const events: ExecutionEvent[] = [];
    onEvents(source, (event) => events.push(event));
    await until("the wait", () => events.some(({ type }) => type === "workflow.waiting"));
    const socket = await new Socket(platform, `/workflows/executions/${id}/stream?after=2`).opened();
    const polled = poll(platform, id, events.length, 20);
    await go(id);
    expect(await socket.closed).toEqual({ code: 1000, reason: "the execution is over" });
    await until("the end", () => events.some(({ type }) => type === "workflow.completed"));
    await until("an EventSource that comes back is told that there is no more", () => source.readyState === 2);
    const log = await wholeLog(platform, id);
    expect(idsOf(log)).toEqual(upTo(12));
    expect(events).toEqual(log);
    expect(socket.events).toEqual(log.slice(2));
    expect((await polled).data[0]).toEqual(log[6]);
    expect(await poll(platform, id, 12)).toEqual({ data: [], last: 12, ended: true });
  });

  test("that are log lines are its log, by level and as lines of JSON", async () => {
    const id = await start();
    const lines = (query: string, accept = "application/json") =>
      fetch(`${platform.url}/workflows/executions/${id}/logs${query}`, {
        headers: { ...authorized(platform), accept },
      });
    await go(id);
    await until("the end", async () => (await poll(platform, id, 0, 5)).ended);
    const hello = { id: 3, level: "info", message: "hello", step_name: "first", step_path: "first" };
    const goodBye = { level: "warn", message: "good-bye", step_path: "second", context: { n: 1 } };
    expect(await (await lines("")).json()).toMatchObject({ data: [hello, goodBye], last: 12, ended: true });
    expect(await (await lines("?level=warn")).json()).toMatchObject({ data: [goodBye] });
    expect(await (await lines("?after=3&step=first")).json()).toMatchObject({ data: [] });
    const text = await (await lines("", "application/x-ndjson")).text();
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([hello, goodBye]);
  });
});

describe("a reader", () => {
  const FILTERED = { ...LINES, name: "filtered", execution: { streaming: { enabled: true, events: ["step.*"] } } };
  const typesOf = (events: readonly ExecutionEvent[]): string[] => [...new Set(events.map(({ type }) => type))].sort();

  test("is shown the types and the step it asks for, and what the workflow says where it asks for none", async () => {
    const id = await start(FILTERED);
    await go(id);
    const whole = await poll(platform, id, 0, 10, "&types=workflow.*,log");
    expect(typesOf(whole.data)).toEqual(["log", "workflow.completed", "workflow.started", "workflow.waiting"]);
    expect(typesOf((await poll(platform, id, 0)).data)).toEqual(["step.completed", "step.started", "step.waiting"]);
    const second = (await poll(platform, id, 0, 0, "&step=second&types=log,step.*")).data;
    expect(second.map(({ type }) => type)).toEqual(["step.started", "log", "step.completed"]);
    const stream = (query: string) =>
      fetch(`${platform.url}/workflows/executions/${id}/events${query}`, { headers: authorized(platform) });
    const text = await (await stream("?types=log")).text();
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)).toEqual(["log", "log"]);
    expect(text.trimEnd().endsWith("id: 12"), "it comes back behind what it was not shown").toBe(true);
    expect((await stream("?types=log&after=10")).status, "nothing of what it wants is left").toBe(204);
    for (const query of ["?types=nonsense", "?types=step", "?after=-1", "?after=1.5", "?wait=121", "?token=x"])
      expect((await stream(query)).status, query).toBe(400);
  });

  test("that names an event which is none of this execution is refused, however it writes it", async () => {
    const id = await start();
    const other = await start();
    const hostile = [
      "13",
      "999999999999999",
      "-1",
      "1e3",
      "0x1",
      "2 ",
      `${other}:2`,
      "2\u00002".replace("\u0000", "%00"),
      "٣",
      "' OR 1=1",
      "9".repeat(5_000),
    ];
    for (const value of hostile) {
      const headers = { ...authorized(platform), "last-event-id": Buffer.from(value).toString("latin1") };
      const response = await fetch(`${platform.url}/workflows/executions/${id}/events`, { headers });
      // A header's own blanks are no part of its value.
      if (value === "2 ") expect(response.status).toBe(200);
      else expect(response.status, value).toBe(400);
      await response.body?.cancel();
    }
    const socket = new Socket(platform, `/workflows/executions/${id}/stream?after=50`);
    await expect(socket.closed).rejects.toThrow("400");
    await Promise.all([go(id), go(other)]);
  });

  test("of another tenant finds nothing, whatever the transport", async () => {
    const id = await start();
    const { apiKey } = await platform.newTenant("stranger");
    for (const path of ["events", "events?wait=1", "logs", "stream"]) {
      const headers = { ...authorized(platform, apiKey), ...(path === "stream" ? { upgrade: "websocket" } : {}) };
      const url = `${platform.url}/workflows/executions/${id}/${path}`;
      if (path !== "stream") expect((await fetch(url, { headers })).status, path).toBe(404);
    }
    const socket = new Socket(platform, `/workflows/executions/${id}/stream`, authorized(platform, apiKey));
    await expect(socket.closed).rejects.toThrow("404");
    await go(id);
  });

  test("may change the transport at every event, and has each once", async () => {
    const definition = {
      name: "counted",
      steps: [
        {
          id: "each",
          for_each: "{{ [1,2,3,4,5,6] }}",
          connector: "community/counting",
          action: "work",
          input: { ms: 60 },
          parallel: false,
        },
      ],
    };
    const id = await start(definition);
    const seen: number[] = [];
    const last = (): number => seen.at(-1) ?? 0;
    const path = (kind: string): string => `/workflows/executions/${id}/${kind}?after=${last()}`;
    let ended = false;
    const bySource = (): Promise<void> =>
      new Promise((resolve) => {
        const source = openSource(platform, path("events"));
        let left = 3;
        const stop = (): void => {
          source.close();
          resolve();
        };
        source.addEventListener("error", stop);
        onEvents(source, ({ id: event, type }) => {
          if (left <= 0) return;
          seen.push(event);
          ended ||= type === "workflow.completed";
          left -= 1;
          if (left === 0) stop();
        });
      });
    const bySocket = async (): Promise<void> => {
      const socket = new Socket(platform, path("stream"));
      await Promise.race([socket.closed, until("three events", () => socket.events.length >= 3)]);
      socket.socket.terminate();
      const got = socket.events.slice(0, 3);
      seen.push(...idsOf(got));
      ended ||= got.some(({ type }) => type === "workflow.completed");
    };
    const byPoll = async (): Promise<void> => {
      const page = await poll(platform, id, last(), 10);
      const got = page.data.slice(0, 2);
      seen.push(...idsOf(got));
      ended ||= got.some(({ type }) => type === "workflow.completed");
    };
    while (!ended) for (const read of [bySource, bySocket, byPoll]) if (!ended) await read();
    expect(seen).toEqual(idsOf(await wholeLog(platform, id)));
    expect(seen.length).toBeGreaterThan(14);
  });

  test("over a WebSocket goes back with resume, and is answered", async () => {
    const id = await start();
    const socket = await new Socket(platform, `/workflows/executions/${id}/stream?after=4`).opened();
    await until("the rest", () => socket.events.length === 2);
    socket.say({ type: "resume", after: 0 });
    await until("all of it", () => socket.events.length === 8);
    expect(idsOf(socket.events)).toEqual([5, 6, 1, 2, 3, 4, 5, 6]);
    socket.say({ type: "ping", ref: "p" });
    socket.say({ type: "resume", after: 500, ref: "r" });
    socket.say({ type: "dance" });
    socket.socket.send("no json");
    socket.socket.send(Buffer.from([1, 2]), { binary: true });
    await until("its answers", () => socket.answers.length === 5);
    expect(socket.answers).toContainEqual({ type: "pong", ref: "p" });
    expect(socket.answers).toContainEqual(expect.objectContaining({ type: "error", code: "VALIDATION", ref: "r" }));
    expect(socket.answers.filter(({ type }) => type === "error")).toHaveLength(4);
    socket.say({ type: "event", name: "go", payload: { by: "socket" }, ref: "e" });
    expect((await socket.closed).code).toBe(1000);
    expect(socket.answers).toContainEqual({ type: "accepted", command: "event", ref: "e" });
    expect(socket.events.find(({ type }) => type === "signal.received")?.data.payload).toEqual({ by: "socket" });
  });

  test("may act over a WebSocket only with the scope for it", async () => {
    const id = await start();
    const made = await send<{ key: string }>(platform, "POST", "/keys", {
      name: "reader",
      scopes: ["executions:read"],
    });
    const reader = await new Socket(
      platform,
      `/workflows/executions/${id}/stream`,
      authorized(platform, made.key),
    ).opened();
    for (const command of [{ type: "cancel" }, { type: "event", name: "go" }, { type: "message", node: "n" }])
      reader.say(command);
    await until("its refusals", () => reader.answers.length === 3);
    expect(reader.answers.map(({ code }) => code)).toEqual(["FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]);
    const socket = await new Socket(platform, `/workflows/executions/${id}/stream`).opened();
    socket.say({ type: "message", node: "n", ref: "m" });
    socket.say({ type: "cancel", reason: "enough" });
    await Promise.all([socket.closed, reader.closed]);
    expect(socket.answers.map(({ type, ref }) => [type, ref])).toEqual([
      ["error", "m"],
      ["accepted", undefined],
    ]);
    expect(socket.events.at(-1)?.type).toBe("workflow.canceled");
    expect(reader.events).toEqual(socket.events);
  });

  test("waits on a record that it knows until it changes", async () => {
    const id = await start();
    await poll(platform, id, 5, 10);
    const url = `${platform.url}/workflows/executions/${id}`;
    const first = await fetch(url, { headers: authorized(platform) });
    const record = (await first.json()) as { last_event_id: number };
    expect(record.last_event_id).toBe(6);
    const etag = String(first.headers.get("etag"));
    const known = { ...authorized(platform), "if-none-match": etag };
    expect((await fetch(`${url}?wait=0`, { headers: known })).status).toBe(304);
    const waiting = fetch(`${url}?wait=20`, { headers: known });
    await go(id);
    const changed = await waiting;
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });
});

describe("a step that runs", () => {
  test("reports its progress and log lines, of its current attempt alone", async () => {
    // Long enough for all its reports, one after the other.
    const id = await start({
      name: "reporting",
      steps: [{ id: "long", connector: "community/counting", action: "work", input: { ms: 8_000 } }],
    });
    await until("the call", () => service.calls.some(({ execution }) => execution === id));
    const report = (what: StepReport, attempt = 1) =>
      askCell<boolean>(platform, { kind: "report", executionId: id, path: "long", attempt, report: what });
    expect(await report({ kind: "progress", percent: 1 }, 2)).toBe(false);
    const secret = { kind: "log", level: "info", message: "half", context: { key: { $secret: "X" }, n: 1 } } as const;
    expect(await report(secret)).toBe(true);
    const begun = performance.now();
    for (let percent = 0; percent <= 60; percent += 1)
      expect(await report({ kind: "progress", percent, message: `${percent} of 60` })).toBe(true);
    const tookMs = performance.now() - begun;
    await until("the end", async () => (await poll(platform, id, 0, 5)).ended);
    const log = await wholeLog(platform, id);
    const progress = log.filter(({ type }) => type === "step.progress");
    expect(progress.length).toBeGreaterThan(0);
    // One each 100 ms.
    expect(progress.length).toBeLessThan(4 + tookMs / 100);
    expect(progress.at(-1)).toMatchObject({
      percent: 60,
      message: "60 of 60",
      step_path: "long",
      data: { percent: 60 },
    });
    expect(log.find(({ type }) => type === "log")?.data).toEqual({
      level: "info",
      message: "half",
      context: { key: "***", n: 1 },
    });
    expect(log.findIndex(({ type }) => type === "step.completed")).toBeGreaterThan(
      log.findLastIndex(({ type }) => type === "step.progress"),
    );
    expect(await report({ kind: "progress", percent: 99 })).toBe(false);
  });
});

test("kill -9 of the platform costs no reader an event, and gives it none twice", async () => {
  const id = await start({
    name: "killed",
    steps: [
      {
        id: "each",
        for_each: "{{ range(60) }}",
        connector: "community/counting",
        action: "work",
        input: { ms: 50 },
        parallel: false,
      },
    ],
  });
  const stream = `/workflows/executions/${id}`;
  const bySource: number[] = [];
  const source = openSource(platform, `${stream}/events`);
  onEvents(source, (event) => bySource.push(event.id));
  const bySocket: number[] = [];
  let codes: number[] = [];
  const followBySocket = async (): Promise<void> => {
    for (;;) {
      const socket = new Socket(platform, `${stream}/stream?after=${bySocket.at(-1) ?? 0}`);
      const code = await socket.closed.then(
        (closed) => closed.code,
        () => 0,
      );
      bySocket.push(...idsOf(socket.events));
      codes = [...codes, code];
      if (code === 1000) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const byPoll: number[] = [];
  const followByPoll = async (): Promise<void> => {
    for (;;) {
      const page = await poll(platform, id, byPoll.at(-1) ?? 0, 10).catch(() => undefined);
      byPoll.push(...idsOf(page?.data ?? []));
      if (page?.ended) return;
      if (!page) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const followed = Promise.all([followBySocket(), followByPoll()]);
  for (const enough of [15, 60]) {
    await until(`${enough} events`, () => bySource.length > enough && byPoll.length > enough);
    await platform.restart();
  }
  await followed;
  await until("the EventSource's end", () => source.readyState === 2);
  const log = idsOf(await wholeLog(platform, id));
  expect(log).toEqual(upTo(log.length));
  expect(bySource).toEqual(log);
  expect(bySocket).toEqual(log);
  expect(byPoll).toEqual(log);
  expect(codes.length).toBeGreaterThan(2);
});
