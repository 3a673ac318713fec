import { beforeAll, describe, expect, test } from "vitest";
import { EventStream, type Frame, wholeLog } from "./event-stream.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, readText } from "./json.ts";
import { streamToken } from "./stream-token.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const stamp = Date.now().toString(36);
beforeAll(() => publishFlaky(outside.api));

const definition: JsonMap = {
  name: `Outside tenant stream ${stamp}`,
  steps: [flaky("s", "call", { key: "tenant stream" }), { id: "o", type: "output", value: 1 }],
};
const begin = (): Promise<string> => outside.api.begin(definition);
const mine = `workflow=outside-tenant-stream-${stamp}`;

/** Reads until every one of these executions has ended. */
function untilEnded(stream: EventStream, ids: readonly string[]): Promise<Frame[]> {
  const open = new Set(ids);
  return stream.until(({ event, data }) => {
    if (event === "workflow.completed") open.delete(String(data.execution_id));
    return open.size === 0;
  });
}

/** The sequence numbers of one execution's events, each once, as they came first. */
const sequence = (frames: readonly Frame[], id: string): number[] => [
  ...new Set(frames.filter(({ data }) => data.execution_id === id).map(({ data }) => Number(data.id))),
];

async function judged(frames: readonly Frame[], ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const log = await wholeLog(outside.api, id);
    expect(sequence(frames, id)).toEqual(log.map((frame) => Number(frame.id)));
  }
}

describe.concurrent("GET /events/stream", () => {
  test("has every event of every execution, each execution's in order", async () => {
    const stream = await EventStream.open(outside.api, `/events/stream?${mine}`);
    expect(stream.status).toBe(200);
    const ids = await Promise.all(Array.from({ length: 20 }, begin));
    await judged(await untilEnded(stream, ids), ids);
    stream.close();
  });

  test("goes on behind a cursor by Last-Event-ID and by ?after=, with nothing lost", async () => {
    const first = await EventStream.open(outside.api, `/events/stream?${mine}`);
    const ids = [await begin(), await begin()];
    const seen = await untilEnded(first, ids);
    first.close();
    const middle = seen[Math.floor(seen.length / 2)];
    const rest = seen.slice(Math.floor(seen.length / 2) + 1).map(({ data }) => data);
    // While nobody reads, more happens.
    ids.push(await begin());
    await outside.api.finished(ids[2] ?? "");
    const third = ids.slice(2);
    const ending = (data: JsonMap): string => `${data.execution_id} ${data.id}`;
    for (const [query, headers] of [
      [`&after=${encodeURIComponent(middle?.id ?? "")}`, {}],
      ["", { "last-event-id": middle?.id ?? "" }],
    ] as const) {
      const again = await EventStream.open(outside.api, `/events/stream?${mine}${query}`, headers);
      const missing = new Set(rest.map(ending));
      let over = false;
      const frames = await again.until(({ event, data }) => {
        missing.delete(ending(data));
        over ||= event === "workflow.completed" && third.includes(String(data.execution_id));
        return over && missing.size === 0;
      });
      again.close();
      await judged([...seen, ...frames], ids);
    }
  });

  test("filters by type, workflow and execution", async () => {
    const [id, other] = [await begin(), await begin()];
    const ends = await EventStream.open(outside.api, `/events/stream?${mine}&types=workflow.*`);
    const third = await begin();
    for (const { event } of await untilEnded(ends, [third])) expect(event).toMatch(/^workflow\./);
    ends.close();
    await Promise.all([id, other].map((one) => outside.api.finished(one)));
    const fourth = await outside.api.begin({
      ...definition,
      steps: [{ id: "w", type: "wait", until: { event: "go" } }],
    });
    const one = await EventStream.open(outside.api, `/events/stream?execution=${fourth}`);
    const noise = await begin();
    await outside.api.finished(noise);
    await outside.api.waiting(fourth, "event");
    await outside.api.act(fourth, "events", { name: "go" });
    for (const { data } of await untilEnded(one, [fourth])) expect(data.execution_id).toBe(fourth);
    one.close();
  });

  test("shows nothing of another tenant, and takes no cursor that is none", async () => {
    const stream = await EventStream.open(outside.other, "/events/stream");
    const id = await begin();
    await outside.api.finished(id);
    const theirs = await outside.other.begin({ name: "Theirs", steps: [{ id: "o", type: "output", value: 1 }] });
    const frames = await untilEnded(stream, [theirs]);
    for (const { data } of frames) expect(data.execution_id).toBe(theirs);
    stream.close();
    for (const cursor of ["nonsense", "1", "-1", "WyI5OTk5OTk5Il", "../..", `${id}:1`]) {
      const refused = await EventStream.open(outside.api, "/events/stream", { "last-event-id": cursor });
      expect([cursor, refused.status]).toEqual([cursor, 400]);
    }
    const foreign = await EventStream.open(outside.api, `/events/stream?execution=${theirs}`);
    if (foreign.status !== 200) expect([400, 404]).toContain(foreign.status);
    foreign.close();
  });

  test("is opened by a stream token for every execution, not by one for a single one, never by the key in the URL", async () => {
    const open = async (query: string, key?: null): Promise<number> => {
      const stream = await EventStream.open(outside.api, `/events/stream${query}`, {}, key);
      stream.close();
      return stream.status;
    };
    const all = await streamToken(outside.api, {});
    expect(await open(`?token=${all.token}`, null)).toBe(200);
    const single = await streamToken(outside.api, { execution_id: await begin() });
    expect([401, 403]).toContain(await open(`?token=${single.token}`, null));
    expect([400, 401]).toContain(await open(`?token=${outside.api.key}`, null));
    expect([400, 401]).toContain(await open(`?key=${outside.api.key}`, null));
    expect(await open("", null)).toBe(401);
    const scopes = ["keys:read"];
    const made = await outside.api.post("/keys", { name: "k", environment: "live", scopes, roles: [] });
    const poor = await EventStream.open(outside.api, "/events/stream", {}, readText(made.body, "key"));
    expect(poor.status).toBe(403);
  });
});
