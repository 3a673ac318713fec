import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EventSource } from "eventsource";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import { send } from "../platform/api-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { askCell, STREAMING_PLATFORM } from "./ask-cell.ts";
import { authorized, onEvents, openSource, poll, Socket, until, wholeLog } from "./event-reader.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform({
    services: false,
    entries: STREAMING_PLATFORM,
    vars: { STREAM_DRAIN_MS: "5000" },
  });
});
afterAll(() => platform?.close());

const WAITING = {
  name: "waiting",
  steps: [
    { id: "first", type: "wait", until: { event: "go" } },
    { id: "loop", for_each: "{{ range(30) }}", plugin: "logging", action: "info", input: { message: "{{ item }}" } },
    { id: "second", type: "wait", until: { event: "go" } },
    { id: "last", plugin: "logging", action: "info", input: { message: "done" } },
  ],
};

async function start(definition: object = WAITING, inputs: object = {}): Promise<string> {
  const started = await send<{ execution_id: string }>(platform, "POST", "/workflows/executions", {
    definition,
    inputs,
  });
  return started.execution_id;
}

const environmentOf = (key: string): string | undefined => /^sk_(live|test)_/.exec(key)?.[1];

interface Token {
  token: string;
  expires_at: string;
  url: string;
}

const idsOf = (events: readonly ExecutionEvent[]): number[] => events.map(({ id }) => id);
const go = (id: string) => send(platform, "POST", `/workflows/executions/${id}/events`, { name: "go" });
const tokenFor = (body: object): Promise<Token> => send<Token>(platform, "POST", "/streams/tokens", body);
const sockets = async (): Promise<number> => (await askCell<{ sockets: number }>(platform, { kind: "boot" })).sockets;

const READ_IN_BROWSER = `async ({ sse, ws }) => {
  const bySource = [];
  const bySocket = [];
  const source = new EventSource(sse);
  const socket = new WebSocket(ws);
  socket.onmessage = ({ data }) => {
    const said = JSON.parse(data);
    if (said.type === "workflow.waiting") socket.send(JSON.stringify({ type: "event", name: "go" }));
    if (typeof said.id === "number") bySocket.push(said.id);
  };
  const types = ["workflow.started", "workflow.waiting", "workflow.completed", "step.started", "step.waiting"];
  for (const type of [...types, "step.completed", "signal.received", "log"])
    source.addEventListener(type, ({ lastEventId }) => bySource.push(Number(lastEventId)));
  const code = await new Promise((resolve) => {
    socket.onclose = (closed) => resolve(closed.code);
  });
  // The browser comes back after the end by itself, and is told that there is no more.
  while (source.readyState !== EventSource.CLOSED) await new Promise((resolve) => setTimeout(resolve, 50));
  return { bySource, bySocket, code };
}`;

/** A reader with a token of its own fetch: no header is sent. */
function sourceOf(url: string): { events: ExecutionEvent[]; source: EventSource } {
  const events: ExecutionEvent[] = [];
  const source = new EventSource(platform.url + url);
  onEvents(source, (event) => events.push(event));
  return { events, source };
}

describe("many readers of one execution", () => {
  test("share eight sockets to its cell and relays for the others, and each has every event once", async () => {
    const id = await start();
    await until("no sockets of others", async () => (await sockets()) === 0);
    const readers = Array.from({ length: 30 }, () => new Socket(platform, `/workflows/executions/${id}/stream`));
    await Promise.all(readers.map((reader) => reader.opened()));
    await until("what there is", () => readers.every(({ events }) => events.at(-1)?.type === "workflow.waiting"));
    expect(await sockets(), "eight and a relay's").toBe(9);
    // The cell is aborted under all of them: they come back, and so does the relay.
    const abortedAt = Date.now();
    await askCell(platform, { kind: "abort" });
    await go(id);
    await until("the loop", async () => (await poll(platform, id, 0, 0, "&types=workflow.waiting")).data.length === 2);
    // Its sockets close, and the relay, which is not touched, opens its own anew.
    await askCell(platform, { kind: "hang up" });
    await go(id);
    await Promise.all(readers.map((reader) => reader.closed));
    expect(Date.now() - abortedAt, "nobody had to wait for an alarm").toBeLessThan(18_000);
    const log = idsOf(await wholeLog(platform, id));
    for (const reader of readers) expect(idsOf(reader.events)).toEqual(log);
    await until("they have left the cell", async () => (await sockets()) === 0);
  });

  test("are as many as the tenant may have", async () => {
    const { tenantId, apiKey } = await platform.newTenant("small");
    const limits = { tenant_id: tenantId, environment: environmentOf(apiKey), limits: { streams_per_execution: 8 } };
    const changed = await fetch(`${platform.url}/internal/limits`, {
      method: "PUT",
      headers: { authorization: `Bootstrap ${platform.platform.bootstrapToken}`, "content-type": "application/json" },
      body: JSON.stringify(limits),
    });
    expect(changed.status).toBe(200);
    const headers = { ...authorized(platform, apiKey), "content-type": "application/json" };
    const body = JSON.stringify({ definition: WAITING });
    const started = await fetch(`${platform.url}/workflows/executions`, { method: "POST", headers, body });
    const { execution_id: id } = (await started.json()) as { execution_id: string };
    const path = `/workflows/executions/${id}`;
    const readers = Array.from(
      { length: 8 },
      () => new Socket(platform, `${path}/stream`, authorized(platform, apiKey)),
    );
    await Promise.all(readers.map((reader) => reader.opened()));
    const ninth = await fetch(`${platform.url}${path}/events`, { headers });
    expect([ninth.status, ninth.headers.get("retry-after")]).toEqual([429, "5"]);
    expect(await ninth.json()).toMatchObject({ code: "RATE_LIMITED", details: { limit: "streams_per_execution" } });
    expect((await fetch(`${platform.url}${path}/events?wait=0`, { headers })).status, "pages are no streams").toBe(200);
    for (const reader of readers) reader.socket.close();
    await until("there is room again", async () => {
      const again = await fetch(`${platform.url}${path}/events`, { headers });
      await again.body?.cancel();
      return again.status === 200;
    });
  });
});

describe("a stream token", () => {
  test("opens its execution's streams and nothing else, without a key", async () => {
    const id = await start();
    const other = await start();
    const { token, url, expires_at } = await tokenFor({ execution_id: id, types: ["workflow.*"], ttl: "2m" });
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(100_000);
    expect(url).toBe(`/workflows/executions/${id}/events?token=${token}`);
    const { events, source } = sourceOf(url);
    await until("its events", () => events.some(({ type }) => type === "workflow.waiting"));
    expect(events.map(({ type }) => type)).toEqual(["workflow.started", "workflow.waiting"]);
    source.close();
    const status = async (path: string, init?: RequestInit): Promise<number> => {
      const response = await fetch(platform.url + path, init);
      await response.body?.cancel();
      return response.status;
    };
    expect(await status(`/workflows/executions/${other}/events?token=${token}`)).toBe(403);
    expect(await status(`/workflows/executions/${id}?token=${token}`), "the record is no stream").toBe(401);
    expect(await status(`/workflows/executions/${id}/events?token=${token.slice(0, -1)}x`)).toBe(401);
    expect(await status(`/workflows/executions/${id}/events?token=${token}`, { headers: authorized(platform) })).toBe(
      400,
    );
    expect(
      await status(`/workflows/executions/${id}/events?token=${platform.tenant.apiKey}`),
      "a key is no token",
    ).toBe(400);
    expect(await status(`/workflows/executions/${id}/events?api_key=${platform.tenant.apiKey}`)).toBe(400);
    const short = await tokenFor({ execution_id: id, ttl: 0.2 });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await status(short.url)).toBe(401);
    expect(
      (
        await fetch(`${platform.url}/streams/tokens`, {
          method: "POST",
          headers: { ...authorized(platform), "content-type": "application/json" },
          body: '{"ttl": 601}',
        })
      ).status,
    ).toBe(400);
    const stranger = await platform.newTenant("stranger");
    const foreign = await fetch(`${platform.url}/streams/tokens`, {
      method: "POST",
      headers: { ...authorized(platform, stranger.apiKey), "content-type": "application/json" },
      body: JSON.stringify({ execution_id: id }),
    });
    expect(foreign.status).toBe(404);
    await Promise.all([go(id), go(id), go(other), go(other)]);
  });

  test("is for pages of the origins it names, acts only when it was asked for that, and lets no other page read", async () => {
    const id = await start();
    const named = await tokenFor({ execution_id: id, origins: ["https://app.example.com"] });
    const from = (origin: string | undefined, url: string) =>
      fetch(platform.url + url, { headers: { ...(origin ? { origin } : {}), accept: "application/json" } });
    const allowed = await from("https://app.example.com", named.url);
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([
      200,
      "https://app.example.com",
    ]);
    expect((await from("https://evil.example.com", named.url)).status).toBe(403);
    const unnamed = await tokenFor({ execution_id: id });
    expect((await from("https://any.example.com", unnamed.url)).status).toBe(200);
    const keyed = await fetch(`${platform.url}/workflows/executions/${id}/events?wait=0`, {
      headers: { ...authorized(platform), origin: "https://any.example.com" },
    });
    expect([keyed.status, keyed.headers.get("access-control-allow-origin")]).toEqual([200, null]);
    const stream = ({ token }: Token): string => `/workflows/executions/${id}/stream?token=${token}`;
    await expect(new Socket(platform, stream(unnamed), { origin: "https://evil.example.com" }).closed).rejects.toThrow(
      "403",
    );
    const reading = await new Socket(platform, stream(named), { origin: "https://app.example.com" }).opened();
    reading.say({ type: "cancel" });
    await until("its refusal", () => reading.answers.length === 1);
    expect(reading.answers[0]).toMatchObject({ code: "FORBIDDEN" });
    const acting = await new Socket(
      platform,
      stream(await tokenFor({ execution_id: id, commands: true })),
      {},
    ).opened();
    acting.say({ type: "cancel" });
    expect((await reading.closed).code).toBe(1000);
    expect((await acting.closed).code).toBe(1000);
    const made = await send<{ key: string }>(platform, "POST", "/keys", {
      name: "reader",
      scopes: ["executions:read"],
    });
    const beyond = await fetch(`${platform.url}/streams/tokens`, {
      method: "POST",
      headers: { ...authorized(platform, made.key), "content-type": "application/json" },
      body: JSON.stringify({ execution_id: id, commands: true }),
    });
    expect(beyond.status).toBe(403);
  });

  describe("in a browser", () => {
    let browser: Browser;
    let pages: Server;
    let origin: string;

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
      pages = createServer((_request, response) => {
        response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>reader</title>");
      });
      await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
      origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    });
    afterAll(async () => {
      await browser?.close();
      pages?.close();
    });

    test("lets an EventSource and a WebSocket of another origin follow an execution to its end", async () => {
      const id = await start();
      const { url, token } = await tokenFor({ execution_id: id, origins: [origin], commands: true });
      const page = await browser.newPage();
      await page.goto(origin);
      // As text: what a compiler does to a function of a test is not for a browser.
      const read = page.evaluate(
        `(${READ_IN_BROWSER})(${JSON.stringify({
          sse: platform.url + url,
          ws: `${platform.url.replace("http", "ws")}/workflows/executions/${id}/stream?token=${token}`,
        })})`,
      ) as Promise<{ bySource: number[]; bySocket: number[]; code: number }>;
      const { bySource, bySocket, code } = await read;
      const log = idsOf(await wholeLog(platform, id));
      expect(code).toBe(1000);
      expect(bySource).toEqual(log);
      expect(bySocket).toEqual(log);
    });
  });
});

describe("a reader that does not read", () => {
  const LARGE = {
    name: "large",
    inputs: { text: { type: "string" } },
    steps: [
      {
        id: "fill",
        for_each: "{{ range(1000) }}",
        plugin: "logging",
        action: "info",
        input: { message: "{{ item }}", context: { text: "{{ inputs.text }}" } },
      },
      { id: "hold", type: "wait", until: { event: "go" } },
      { id: "more", for_each: "{{ range(300) }}", plugin: "logging", action: "info", input: { message: "{{ item }}" } },
    ],
  };

  test("is cut off and may resume, while the run goes on to its end", async () => {
    const id = await start(LARGE, { text: "x".repeat(4_000) });
    await until("a history of thousands of events", async () => {
      const { data } = await poll(platform, id, 0, 20, "&types=workflow.waiting");
      return data.length > 0;
    });
    const slow = connect({ port: platform.platform.port, host: "127.0.0.1", highWaterMark: 1_024 } as never);
    let received = "";
    let closed = false;
    slow.on("close", () => {
      closed = true;
    });
    slow.on("error", () => undefined);
    slow.write(
      `GET /workflows/executions/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${platform.tenant.apiKey}\r\n\r\n`,
    );
    slow.pause();
    const reading = setInterval(() => {
      received += slow.read(100)?.toString() ?? "";
    }, 100);
    await go(id);
    await until(
      "the run's end",
      async () => (await poll(platform, id, 0, 5, "&types=workflow.completed")).data.length > 0,
    );
    expect(closed, "the run has not waited for its reader").toBe(false);
    await until("it has been left", async () => (await sockets()) === 0, 30_000);
    clearInterval(reading);
    slow.on("data", (chunk) => {
      received += chunk.toString();
    });
    slow.resume();
    await until("the connection is closed", () => closed);
    const ids = [...received.matchAll(/^id: (\d+)$/gm)].map(([, seen]) => Number(seen));
    const log = idsOf(await wholeLog(platform, id));
    expect(ids.length).toBeGreaterThan(10);
    expect(ids.length, "it was cut off before the end").toBeLessThan(log.length);
    // The last frame may be half there: a reader goes on behind the last whole one.
    const whole = received.slice(0, received.lastIndexOf("\n\n"));
    const last = Number([...whole.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1]);
    const rest: number[] = [];
    const source = openSource(platform, `/workflows/executions/${id}/events?after=${last}`);
    onEvents(source, (event) => rest.push(event.id));
    await until("the rest", () => rest.at(-1) === log.at(-1));
    source.close();
    expect([...ids.filter((seen) => seen <= last), ...rest]).toEqual(log);
  });

  test("and acknowledges over its WebSocket is sent a window at a time", async () => {
    const id = await start(LARGE, { text: "y" });
    await until(
      "its history",
      async () => (await poll(platform, id, 0, 20, "&types=workflow.waiting")).data.length > 0,
    );
    const socket = new Socket(platform, `/workflows/executions/${id}/stream?acks=true`);
    const closed = await socket.closed;
    expect(closed).toEqual({ code: 1013, reason: "too slow: resume with after" });
    expect(socket.events.length).toBeLessThanOrEqual(256);
    const last = socket.events.at(-1)?.id ?? 0;
    const again = new Socket(platform, `/workflows/executions/${id}/stream?after=${last}&acks=true`);
    again.socket.on("message", () => {
      const newest = again.events.at(-1)?.id ?? 0;
      if (newest % 50 === 0) again.say({ type: "ack", id: newest });
    });
    await until("all that there is", () => again.events.at(-1)?.type === "workflow.waiting");
    await go(id);
    expect((await again.closed).code).toBe(1000);
    expect(idsOf([...socket.events, ...again.events])).toEqual(idsOf(await wholeLog(platform, id)));
  });
});

test("the end of its key ends an open stream within 30 seconds, and no other", async () => {
  const id = await start();
  const made = await send<{ key: string; id: string }>(platform, "POST", "/keys", { name: "short" });
  const mine = new Socket(platform, `/workflows/executions/${id}/stream`);
  const theirs = new Socket(platform, `/workflows/executions/${id}/stream`, authorized(platform, made.key));
  const response = await fetch(`${platform.url}/workflows/executions/${id}/events`, {
    headers: authorized(platform, made.key),
  });
  const streamed = response.text();
  const granted = await fetch(`${platform.url}/streams/tokens`, {
    method: "POST",
    headers: { ...authorized(platform, made.key), "content-type": "application/json" },
    body: JSON.stringify({ execution_id: id, ttl: "5m" }),
  });
  const { url } = (await granted.json()) as Token;
  const byToken = (await fetch(platform.url + url)).text();
  await Promise.all([mine.opened(), theirs.opened()]);
  const revokedAt = Date.now();
  await send(platform, "DELETE", `/keys/${made.id}`);
  expect((await fetch(platform.url + url)).status, "its tokens end with it").toBe(401);
  expect(await theirs.closed).toEqual({ code: 4401, reason: "the key was revoked" });
  await Promise.all([streamed, byToken]);
  expect(Date.now() - revokedAt).toBeLessThan(30_000);
  await go(id);
  await until("the loop", () => mine.events.filter(({ type }) => type === "workflow.waiting").length === 2);
  await go(id);
  expect((await mine.closed).code).toBe(1000);
  expect(idsOf(mine.events)).toEqual(idsOf(await wholeLog(platform, id)));
});
