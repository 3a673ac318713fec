import { beforeAll, describe, expect, test } from "vitest";
import { assertGapless, EventStream, type Frame, idsOf, wholeLog } from "./event-stream.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, read, readList, readText } from "./json.ts";
import { PlatformSocket } from "./platform-socket.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const path = (id: string, query = ""): string => `/workflows/executions/${id}/events${query}`;
const streamPath = (id: string, query = ""): string => `/workflows/executions/${id}/stream${query}`;

/** A finished run with a log of some length, and that log: shared by those who only read. */
let finished: { id: string; log: Frame[] } = { id: "", log: [] };

const waits = (more: JsonMap[] = []): JsonMap => ({
  name: "Outside stream",
  steps: [flaky("s", "call", { key: "stream" }), { id: "w", type: "wait", until: { event: "go" } }, ...more],
});

/** Starts a run, answers its id when it waits for `go`. */
async function waiting(more: JsonMap[] = []): Promise<string> {
  const id = await outside.api.begin(waits(more));
  await outside.api.waiting(id, "event");
  return id;
}

const go = async (id: string): Promise<void> => {
  expect((await outside.api.act(id, "events", { name: "go" })).status).toBe(202);
};

beforeAll(async () => {
  await publishFlaky(outside.api);
  const id = await outside.api.begin({
    name: "Outside stream",
    steps: [flaky("s", "call", { key: "stream" }, { for_each: [1, 2, 3] })],
  });
  await outside.api.finished(id);
  finished = { id, log: await wholeLog(outside.api, id) };
});

describe.concurrent("Server-Sent Events", () => {
  test("arrive while the run is under way, and the stream closes after the terminal event", async () => {
    const id = await waiting();
    const stream = await EventStream.open(outside.api, path(id));
    expect(stream.status).toBe(200);
    expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(stream.headers.get("cache-control")).toMatch(/no-(cache|store)/);
    expect(stream.headers.get("x-request-id")).toBeTruthy();
    const before = await stream.until(({ event }) => event === "step.waiting");
    await go(id);
    const frames = [...before, ...(await stream.until())];
    assertGapless(frames);
    expect(frames.at(-1)?.event).toBe("workflow.completed");
    expect(frames).toEqual(await wholeLog(outside.api, id));
  });

  test("go on behind every position, by Last-Event-ID as by ?after=, with nothing lost or repeated", async () => {
    const { id, log } = finished;
    assertGapless(log);
    for (let after = 0; after < log.length; after++) {
      const rest = log.slice(after);
      const byHeader = await EventStream.open(outside.api, path(id), { "last-event-id": String(after) });
      expect(await byHeader.until()).toEqual(rest);
      expect(await wholeLog(outside.api, id, `?after=${after}`)).toEqual(rest);
    }
  });

  test("a browser that comes back with Last-Event-ID goes on from there, whatever ?after= its URL still says", async () => {
    const { id, log } = finished;
    const stream = await EventStream.open(outside.api, path(id, "?after=1"), { "last-event-id": "4" });
    expect(await stream.until()).toEqual(log.slice(4));
  });

  test("who has seen the end is told 204, so that an EventSource does not come back", async () => {
    const { id, log } = finished;
    const stream = await EventStream.open(outside.api, path(id), { "last-event-id": String(log.length) });
    expect([stream.status, stream.text]).toEqual([204, ""]);
  });

  test.each([
    "-1",
    "1.5",
    "1e1",
    "0x1",
    "+1",
    "one",
    "null",
    "1;2",
    "1,2",
    "1 2",
    "../1",
    "9007199254740993",
    "1".repeat(400),
    "1' OR '1'='1",
    "%31",
    '{"after":1}',
    "100000",
  ])("Last-Event-ID %j, which is no event of this run, is refused", async (given) => {
    const stream = await EventStream.open(outside.api, path(finished.id), { "last-event-id": given });
    expect([stream.status, read(stream.body, "code")]).toEqual([400, "VALIDATION"]);
    stream.close();
  });

  test("another run's id in Last-Event-ID opens nothing of that run", async () => {
    const secret = await outside.other.begin({ name: "Theirs", steps: [{ id: "theirs", type: "output", value: 1 }] });
    for (const given of [secret, `${secret}:1`, `${secret}/1`]) {
      const stream = await EventStream.open(outside.api, path(finished.id), { "last-event-id": given });
      expect(stream.status).toBe(400);
      expect(stream.text).not.toContain("theirs");
    }
  });
});

describe.concurrent("who may read", () => {
  test("another tenant's id is answered as a made-up one, on every way in", async () => {
    const theirs = await outside.other.begin({ name: "Theirs", steps: [{ id: "o", type: "output", value: 1 }] });
    const madeUp = theirs.slice(0, -4) + (theirs.endsWith("0000") ? "1111" : "0000");
    for (const id of [theirs, madeUp, "exec_nothing", "x".repeat(150)]) {
      const stream = await EventStream.open(outside.api, path(id), { "last-event-id": "1" });
      expect([stream.status, read(stream.body, "code")]).toEqual([404, "NOT_FOUND"]);
      expect(await outside.api.get(path(id, "?wait=1"))).toMatchObject({ status: 404 });
      expect(await outside.api.get(`/workflows/executions/${id}/logs`)).toMatchObject({ status: 404 });
      expect(await PlatformSocket.open(outside.api, streamPath(id))).toBe(404);
    }
  });

  test("the API key is never taken from the URL", async () => {
    const key = encodeURIComponent(outside.api.key);
    for (const name of ["token", "key", "api_key", "apikey", "access_token", "authorization", "auth"]) {
      for (const query of [`?${name}=${key}`, `?${name}=Bearer%20${key}`]) {
        const stream = await EventStream.open(outside.api, path(finished.id, query), {}, null);
        expect([400, 401]).toContain(stream.status);
        expect(stream.text).not.toContain(outside.api.key);
        expect([400, 401]).toContain(
          await PlatformSocket.open(outside.api, streamPath(finished.id, query), { key: null }),
        );
      }
    }
  });

  test("a WebSocket without a key, or with a wrong one, is refused before it is one", async () => {
    expect(await PlatformSocket.open(outside.api, streamPath(finished.id), { key: null })).toBe(401);
    expect(await PlatformSocket.open(outside.api, streamPath(finished.id), { key: "sk_live_rubbish" })).toBe(401);
    expect(await PlatformSocket.open(outside.other, streamPath(finished.id))).toBe(404);
  });

  test("a key without executions:read reads no events", async () => {
    const made = await outside.api.post("/keys", { name: "w", environment: "live", scopes: ["keys:read"], roles: [] });
    const key = readText(made.body, "key");
    const stream = await EventStream.open(outside.api, path(finished.id), {}, key);
    expect([stream.status, read(stream.body, "code")]).toEqual([403, "FORBIDDEN"]);
    expect(await PlatformSocket.open(outside.api, streamPath(finished.id), { key })).toBe(403);
  });
});

describe.concurrent("the log by long poll", () => {
  test("answers what is there at once, waits for what is not, and says where to go on", async () => {
    const id = await waiting();
    const first = await outside.api.get(path(id, "?after=0&wait=20"));
    expect(first.status).toBe(200);
    expect(readList(first.body, "data").length).toBeGreaterThan(2);
    const last = Number(read(first.body, "last"));
    const begun = Date.now();
    const empty = await outside.api.get(path(id, `?after=${last}&wait=1`));
    expect(empty.body).toMatchObject({ data: [], last, ended: false });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(950);
    const next = outside.api.get(path(id, `?after=${last}&wait=30`));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await go(id);
    expect(readList((await next).body, "data")[0]).toMatchObject({ id: last + 1 });
    expect(Date.now() - begun).toBeLessThan(28_000);
  });

  test("page after page it is the same log as the stream's", async () => {
    const id = await waiting();
    const poll = (async () => {
      const events: JsonMap[] = [];
      for (let after = 0; ; ) {
        const answer = await outside.api.get(path(id, `?after=${after}&wait=10`));
        for (const event of readList(answer.body, "data")) events.push(Object(event));
        after = Number(read(answer.body, "last"));
        if (read(answer.body, "ended") === true) return events;
      }
    })();
    await go(id);
    expect(await poll).toEqual((await wholeLog(outside.api, id)).map(({ data }) => data));
  });
});

describe.concurrent("WebSocket", () => {
  test("sends the same events as JSON text, and closes with 1000 after the end", async () => {
    const id = await waiting();
    const socket = await PlatformSocket.opened(outside.api, streamPath(id));
    await socket.when(() => socket.events.some(({ type }) => type === "step.waiting"));
    await go(id);
    expect((await socket.closed).code).toBe(1000);
    expect(socket.events).toEqual((await wholeLog(outside.api, id)).map(({ data }) => data));
    expect(socket.messages.filter(({ type }) => type === "not JSON text")).toEqual([]);
  });

  test("resumes behind a number by ?after= and by message", async () => {
    const { id, log } = finished;
    const byQuery = await PlatformSocket.opened(outside.api, streamPath(id, "?after=3"));
    await byQuery.closed;
    expect(byQuery.events).toEqual(log.slice(3).map(({ data }) => data));
    const running = await waiting();
    const socket = await PlatformSocket.opened(outside.api, streamPath(running));
    await socket.when(() => socket.events.some(({ type }) => type === "step.waiting"));
    const seen = socket.events.length;
    socket.say({ type: "resume", after: 1 });
    await socket.when(() => socket.events.slice(seen).some((event) => event.id === seen));
    await go(running);
    await socket.closed;
    const ids = socket.events.map((event) => Number(event.id));
    // What was under way when the platform read the message comes before what it asks for.
    const again = ids.slice(ids.indexOf(2, seen));
    expect(again).toEqual(idsOf(await wholeLog(outside.api, running)).slice(1));
  });

  test("takes the commands cancel, event and message", async () => {
    const signalled = await waiting();
    const one = await PlatformSocket.opened(outside.api, streamPath(signalled));
    one.say({ type: "event", name: "go", payload: { by: "socket" } });
    await one.closed;
    expect(await outside.api.finished(signalled)).toMatchObject({ status: "completed" });
    expect(JSON.stringify(await outside.api.record(signalled))).toContain('"by":"socket"');

    const doomed = await waiting();
    const two = await PlatformSocket.opened(outside.api, streamPath(doomed));
    two.say({ type: "cancel" });
    await two.closed;
    expect(two.events.at(-1)).toMatchObject({ type: "workflow.canceled" });

    const actors = await outside.api.begin({
      name: "Outside stream of actors",
      mode: "long_running",
      budget: { max_messages: 50 },
      nodes: [{ id: "n", type: "output", value: 1, set: { got: "{{ input.value }}" } }],
      edges: [],
      state: { got: 0 },
      until: "{{ graph.state.got == 42 }}",
      outputs: { got: "{{ graph.state.got }}" },
    });
    const three = await PlatformSocket.opened(outside.api, streamPath(actors));
    three.say({ type: "message", node: "n", payload: { value: 42 } });
    await three.closed;
    expect(await outside.api.finished(actors)).toMatchObject({ status: "completed", result: { outputs: { got: 42 } } });
  });

  test("a key that may only read cannot act through it", async () => {
    const id = await waiting();
    const scopes = ["executions:read"];
    const made = await outside.api.post("/keys", { name: "r", environment: "live", scopes, roles: [] });
    const socket = await PlatformSocket.opened(outside.api, streamPath(id), readText(made.body, "key"));
    socket.say({ type: "cancel" });
    socket.say({ type: "event", name: "go" });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await outside.api.record(id)).toMatchObject({ status: "waiting" });
    socket.close();
    await outside.api.act(id, "cancel");
  });

  test.each<string>([
    "",
    "{",
    "null",
    "[]",
    '{"type":"nonsense"}',
    '{"type":"resume","after":-3}',
    "x".repeat(100_000),
  ])("what is no command (%.30j) is refused or closes the socket, and the run goes on", async (text) => {
    const id = await waiting();
    const socket = await PlatformSocket.opened(outside.api, streamPath(id));
    await socket.when(() => socket.events.length > 0);
    socket.say(text);
    await Promise.race([socket.closed, new Promise((resolve) => setTimeout(resolve, 300))]);
    await go(id);
    expect(await outside.api.finished(id)).toMatchObject({ status: "completed" });
    const { code } = await socket.closed;
    expect([1000, 1002, 1003, 1007, 1008, 1009, 4400]).toContain(code);
  });
});

describe.concurrent("many ways to one log", () => {
  test("a reader that changes its transport after every event sees each once", async () => {
    const id = await waiting([flaky("t", "call", { key: "stream" }, { for_each: [1, 2, 3] })]);
    const seen: number[] = [];
    const ways: (() => Promise<number | null>)[] = [
      async () => {
        const stream = await EventStream.open(outside.api, path(id), { "last-event-id": String(seen.at(-1) ?? 0) });
        const frame = stream.status === 204 ? null : await stream.next();
        stream.close();
        return frame === null ? null : Number(frame.id);
      },
      async () => {
        const socket = await PlatformSocket.opened(outside.api, streamPath(id, `?after=${seen.at(-1) ?? 0}`));
        let over = false;
        void socket.closed.then(() => {
          over = true;
        });
        await socket.when(() => socket.events.length > 0).catch(() => undefined);
        if (!over) socket.close();
        const first = socket.events[0];
        return first === undefined ? null : Number(first.id);
      },
      async () => {
        const answer = await outside.api.get(path(id, `?after=${seen.at(-1) ?? 0}&wait=10`));
        const first = readList(answer.body, "data")[0];
        return first === undefined ? null : Number(read(first, "id"));
      },
    ];
    setTimeout(() => void go(id), 300);
    for (let turn = 0; turn < 200; turn++) {
      const next = await ways[turn % ways.length]?.();
      if (typeof next !== "number") break;
      seen.push(next);
    }
    expect(seen).toEqual(idsOf(await wholeLog(outside.api, id)));
    expect(seen.length).toBeGreaterThan(8);
  });

  test("100 readers of one run, half of them sockets, see the same events, each once", async () => {
    const id = await waiting([flaky("t", "call", { key: "stream" }, { for_each: "{{ range(30) }}", parallel: true })]);
    const readers = Array.from({ length: 50 }, () => wholeLog(outside.api, id));
    const sockets = await Promise.all(
      Array.from({ length: 50 }, () => PlatformSocket.opened(outside.api, streamPath(id))),
    );
    await go(id);
    const logs = await Promise.all(readers);
    await Promise.all(sockets.map(({ closed }) => closed));
    const [first = []] = logs;
    assertGapless(first);
    expect(first.length).toBeGreaterThan(60);
    for (const log of logs) expect(idsOf(log)).toEqual(idsOf(first));
    for (const socket of sockets)
      expect(socket.events.map(({ id: number }) => String(number))).toEqual(first.map((f) => f.id));
  }, 60_000);
});
