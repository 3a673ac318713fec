import { EventSource } from "eventsource";
import { beforeAll, describe, expect, test } from "vitest";
import { CuttingProxy } from "./cutting-proxy.ts";
import { EventStream, idsOf, wholeLog } from "./event-stream.ts";
import { publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, readText } from "./json.ts";
import { PlatformSocket } from "./platform-socket.ts";
import { EVENT_TYPES, streamToken, ticking } from "./stream-token.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const eventsPath = (id: string): string => `/workflows/executions/${id}/events`;
const streamPath = (id: string): string => `/workflows/executions/${id}/stream`;

const statusOf = async (query: string, id: string, headers: Record<string, string> = {}): Promise<number> => {
  const stream = await EventStream.open(outside.api, `${eventsPath(id)}${query}`, headers, null);
  stream.close();
  return stream.status;
};

/** Starts a run that waits until it is canceled. */
async function standing(): Promise<string> {
  const id = await outside.api.begin({
    name: "Outside standing",
    steps: [{ id: "w", type: "wait", until: { event: "never" } }],
  });
  await outside.api.waiting(id, "event");
  return id;
}

describe.concurrent("the eventsource package", () => {
  /** Follows until the package says that it is over; answers the ids that came. */
  function follow(url: string, init: ConstructorParameters<typeof EventSource>[1], opened = (): void => undefined) {
    const source = new EventSource(url, init);
    const ids: number[] = [];
    const over = new Promise<void>((resolve) => {
      source.addEventListener("error", () => {
        if (source.readyState === source.CLOSED) resolve();
      });
    });
    source.addEventListener("open", opened);
    for (const type of EVENT_TYPES) source.addEventListener(type, ({ lastEventId }) => ids.push(Number(lastEventId)));
    return { ids, over, source };
  }

  test("with the key in a header follows a run to its end, and does not come back after it", async () => {
    const id = await outside.api.begin(ticking());
    const { ids, over } = follow(outside.api.baseUrl + eventsPath(id), {
      fetch: (input, init) =>
        fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${outside.api.key}` } }),
    });
    await over;
    expect(ids).toEqual(idsOf(await wholeLog(outside.api, id)));
    expect(await outside.api.record(id)).toMatchObject({ status: "completed" });
  });

  test("whose connection is cut again and again sees every event once", async () => {
    const proxy = await CuttingProxy.start(outside.api.baseUrl);
    const id = await outside.api.begin(ticking(40, 100));
    const { token: ticket } = await streamToken(outside.api, { execution_id: id, ttl: "2m" });
    let opened = 0;
    const { ids, over } = follow(`${proxy.url}${eventsPath(id)}?token=${ticket}`, {}, () => {
      opened++;
      // The first events are there: cut amid the rest.
      setTimeout(() => opened < 4 && proxy.cut(), 250);
    });
    await over;
    await proxy.stop();
    expect(opened).toBeGreaterThanOrEqual(3);
    expect(ids).toEqual(idsOf(await wholeLog(outside.api, id)));
  }, 60_000);
});

describe.concurrent("a stream token", () => {
  test("opens the stream that its url names, with nothing else beside it", async () => {
    const id = await outside.api.begin(ticking());
    const made = await streamToken(outside.api, { execution_id: id });
    expect(made.url).toContain(made.token);
    expect(made.token).not.toContain(outside.api.key);
    const seconds = (Date.parse(made.expires_at) - Date.now()) / 1000;
    expect([seconds > 50, seconds < 61]).toEqual([true, true]);
    const stream = await EventStream.open(outside.api, made.url, {}, null);
    expect(idsOf(await stream.until())).toEqual(idsOf(await wholeLog(outside.api, id)));
  });

  test("opens no other execution, of no tenant, and is no key", async () => {
    const [id, second] = [await standing(), await standing()];
    const { token: ticket } = await streamToken(outside.api, { execution_id: id });
    expect(await statusOf(`?token=${ticket}`, id)).toBe(200);
    expect([401, 403, 404]).toContain(await statusOf(`?token=${ticket}`, second));
    const theirs = await outside.other.begin({ name: "Theirs", steps: [{ id: "o", type: "output", value: 1 }] });
    const all = await streamToken(outside.api, {});
    expect([403, 404]).toContain(await statusOf(`?token=${all.token}`, theirs));
    expect(await statusOf(`?token=${all.token}`, second)).toBe(200);
    for (const [method, path] of [
      ["GET", `/workflows/executions/${id}`],
      ["GET", "/workflows/executions"],
      ["GET", "/keys"],
      ["POST", `/workflows/executions/${id}/cancel`],
      ["POST", "/streams/tokens"],
    ] as const) {
      const inUrl = await outside.api.request(method, `${path}?token=${all.token}`, { key: null });
      expect([path, inUrl.status]).toEqual([path, 401]);
      const asKey = await outside.api.request(method, path, { key: all.token });
      expect([path, asKey.status]).toEqual([path, 401]);
    }
    for (const run of [id, second]) await outside.api.act(run, "cancel");
  });

  test("is refused after its time, changed, or made for nobody's execution", async () => {
    const id = await standing();
    const { token: ticket } = await streamToken(outside.api, { execution_id: id, ttl: 1 });
    const open = await EventStream.open(outside.api, `${eventsPath(id)}?token=${ticket}`, {}, null);
    expect(open.status).toBe(200);
    for (const at of [0, Math.floor(ticket.length / 2), ticket.length - 3]) {
      const changed = ticket.slice(0, at) + (ticket[at] === "a" ? "b" : "a") + ticket.slice(at + 1);
      expect(await statusOf(`?token=${changed}`, id)).toBe(401);
    }
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(await statusOf(`?token=${ticket}`, id)).toBe(401);
    await outside.api.act(id, "cancel");
    // An open one goes on.
    expect((await open.until()).at(-1)?.event).toBe("workflow.canceled");
    const theirs = await outside.other.begin({ name: "Theirs", steps: [{ id: "o", type: "output", value: 1 }] });
    expect(await outside.api.post("/streams/tokens", { execution_id: theirs })).toMatchObject({ status: 404 });
    const wrong: JsonMap[] = [
      { ttl: -1 },
      { ttl: "soon" },
      { ttl: "400d" },
      { types: [] },
      { origins: ["nonsense"] },
      { x: 1 },
    ];
    for (const body of wrong) {
      expect(await outside.api.post("/streams/tokens", body)).toMatchObject({ status: 400 });
    }
  });

  test("for some types shows only these, whatever the reader asks for", async () => {
    const id = await outside.api.begin(ticking());
    await outside.api.finished(id);
    const { token: ticket } = await streamToken(outside.api, { execution_id: id, types: ["workflow.*"] });
    for (const query of ["", "&types=step.*,workflow.started", "&types=workflow.started"]) {
      const stream = await EventStream.open(outside.api, `${eventsPath(id)}?token=${ticket}${query}`, {}, null);
      if (stream.status === 200) for (const { event } of await stream.until()) expect(event).toMatch(/^workflow\./);
      else expect([400, 403]).toContain(stream.status);
    }
  });

  test("acts only where it was made to, and only by a key that may", async () => {
    const id = await standing();
    const quiet = await streamToken(outside.api, { execution_id: id });
    const reading = await PlatformSocket.open(outside.api, `${streamPath(id)}?token=${quiet.token}`, { key: null });
    if (typeof reading === "number") throw new Error(`refused with ${reading}`);
    reading.say({ type: "cancel" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await outside.api.record(id)).toMatchObject({ status: "waiting" });
    reading.close();
    const scopes = ["executions:read"];
    const made = await outside.api.post("/keys", { name: "r", environment: "live", scopes, roles: [] });
    const key = readText(made.body, "key");
    const refused = await outside.api.post("/streams/tokens", { execution_id: id, commands: true }, { key });
    expect(refused).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
    const acting = await streamToken(outside.api, { execution_id: id, commands: true });
    const socket = await PlatformSocket.open(outside.api, `${streamPath(id)}?token=${acting.token}`, { key: null });
    if (typeof socket === "number") throw new Error(`refused with ${socket}`);
    socket.say({ type: "cancel" });
    await socket.closed;
    expect(await outside.api.finished(id)).toMatchObject({ status: "canceled" });
  });
});
