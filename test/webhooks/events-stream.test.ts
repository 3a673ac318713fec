import { EventSource } from "eventsource";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { callerOf } from "./webhook-world.ts";

let platform: TestPlatform;
let call: ReturnType<typeof callerOf>;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = callerOf(platform);
});
afterAll(() => platform?.close());

const ADD = {
  name: "Sum",
  steps: [{ id: "add", connector: "calculator", action: "add", input: { a: 1, b: 2 } }],
};

interface Seen {
  cursor: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into
  event: any;
}

/** What a client of the stream has got; open until it is closed. */
class Reader {
  readonly seen: Seen[] = [];
  readonly source: EventSource;
  readonly opened: Promise<void>;

  constructor(query = "", apiKey = platform.tenant.apiKey, lastEventId?: string) {
    this.source = new EventSource(`${platform.url}/events/stream${query}`, {
      fetch: (url, init) => {
        const headers = new Headers(init.headers as Record<string, string>);
        if (apiKey !== "") headers.set("authorization", `Bearer ${apiKey}`);
        if (lastEventId !== undefined && !headers.has("last-event-id")) headers.set("last-event-id", lastEventId);
        return fetch(url, { ...init, headers } as RequestInit);
      },
    });
    for (const type of ["workflow.started", "workflow.completed", "step.started", "step.completed", "stream.gap"])
      this.source.addEventListener(type, ({ lastEventId: cursor, data }) => {
        this.seen.push({ cursor, type, event: JSON.parse(data) });
      });
    this.opened = new Promise((resolve, reject) => {
      this.source.addEventListener("open", () => resolve());
      this.source.addEventListener("error", ({ code, message }) => reject(new Error(`${code} ${message}`)));
    });
    this.opened.catch(() => undefined);
  }

  async until(count: number, seconds = 15): Promise<Seen[]> {
    for (const end = Date.now() + seconds * 1_000; this.seen.length < count && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 20));
    return this.seen;
  }

  close(): void {
    this.source.close();
  }
}

async function run(tenant = call, more: object = {}): Promise<string> {
  const started = await tenant("POST", "/workflows/executions", {
    definition: { ...ADD, ...more },
    execution_mode: "sync",
  });
  expect(started.status, JSON.stringify(started.body)).toBe(200);
  return started.body.execution_id;
}

test("a reader gets the events of every execution of its tenant, in order within each, and of no other tenant", async () => {
  const reader = new Reader();
  await reader.opened;
  const stranger = await platform.newTenant("stranger");
  const foreign = new Reader("", stranger.apiKey);
  await foreign.opened;
  const ids = await Promise.all([run(), run(), run()]);
  await reader.until(12);
  for (const id of ids) {
    const own = reader.seen.filter(({ event }) => event.execution_id === id);
    expect(own.map(({ type }) => type)).toEqual([
      "workflow.started",
      "step.started",
      "step.completed",
      "workflow.completed",
    ]);
    expect(own.map(({ event }) => event.id)).toEqual([1, 2, 3, 4]);
  }
  expect(reader.seen).toHaveLength(12);
  expect(foreign.seen).toEqual([]);
  reader.close();
  foreign.close();
});

test("filters by type, workflow and execution; a foreign execution is not found", async () => {
  const ends = new Reader("?types=workflow.completed,step.*");
  const other = new Reader("?workflow=other");
  await Promise.all([ends.opened, other.opened]);
  const id = await run();
  await run(call, { name: "Other" });
  expect((await ends.until(6)).map(({ type }) => type).sort()).toEqual(
    ["step.completed", "step.started", "workflow.completed"].flatMap((type) => [type, type]),
  );
  expect((await other.until(4)).every(({ event }) => event.workflow_id === "other")).toBe(true);
  expect(other.seen).toHaveLength(4);
  const cursor = ends.seen[0]?.cursor ?? "";
  const one = new Reader(`?execution=${id}&after=${cursor}`);
  expect((await one.until(2)).every(({ event }) => event.execution_id === id)).toBe(true);
  for (const reader of [ends, other, one]) reader.close();
  const stranger = callerOf(platform, (await platform.newTenant("stranger 2")).apiKey);
  expect((await stranger("GET", `/events/stream?execution=${id}`)).status).toBe(404);
});

test.each([
  ["?after=nonsense", "/after"],
  ["?types=weird", "/types"],
  ["?colour=red", "/colour"],
])("%s is refused, and the answer names the member", async (query, path) => {
  expect(await call("GET", `/events/stream${query}`)).toMatchObject({
    status: 400,
    body: { details: { problems: [expect.objectContaining({ path })] } },
  });
});

test.each(["-1", "1e3", "0x10", "1; DROP TABLE log", "../../exec_1", "exec_1", "WyIxZTMiXQ", "WyItMSJd", "W10"])(
  "a Last-Event-ID of %s is refused",
  async (id) => {
    const headers = { authorization: `Bearer ${platform.tenant.apiKey}`, "last-event-id": id };
    expect((await fetch(`${platform.url}/events/stream`, { headers })).status).toBe(400);
  },
);

test("Last-Event-ID goes on behind an event, also over a kill of the platform", async () => {
  const reader = new Reader();
  await reader.opened;
  const first = await run();
  await reader.until(4);
  const cursor = reader.seen[1]?.cursor ?? "";
  reader.close();
  const second = await run();
  await platform.restart();
  const back = new Reader("", platform.tenant.apiKey, cursor);
  await back.until(6);
  const seen = back.seen.map(({ event }) => `${event.execution_id} ${event.id}`);
  expect(seen.slice(0, 2)).toEqual([`${first} 3`, `${first} 4`]);
  expect([...new Set(seen.slice(2))]).toEqual([1, 2, 3, 4].map((id) => `${second} ${id}`));
  const third = await run();
  await back.until(seen.length + 4);
  expect(back.seen.filter(({ event }) => event.execution_id === third)).toHaveLength(4);
  back.close();
});

test("a stream token opens it from where no header can be sent, with its types; one for an execution does not", async () => {
  const { token } = (await call("POST", "/streams/tokens", { types: ["workflow.*"] })).body;
  const reader = new Reader(`?token=${token}`, "");
  await reader.opened;
  const id = await run();
  expect((await reader.until(2)).map(({ type }) => type)).toEqual(["workflow.started", "workflow.completed"]);
  reader.close();
  const narrow = (await call("POST", "/streams/tokens", { execution_id: id })).body.token;
  const response = await fetch(`${platform.url}/events/stream?token=${narrow}`);
  expect(response.status).toBe(403);
  expect((await fetch(`${platform.url}/events/stream`)).status).toBe(401);
});
