import { afterAll, beforeAll, expect, test } from "vitest";
import { send } from "../platform/api-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { askCell, STREAMING_PLATFORM } from "./ask-cell.ts";
import { BareReader } from "./bare-reader.ts";
import { Socket, until, wholeLog } from "./event-reader.ts";

const MANY = Number(process.env.READERS ?? 1_000);

/** A thousand readers take a busy machine a while; one that is forgotten is found all the same. */
const PATIENCE_MS = 180_000;

let platform: TestPlatform;

beforeAll(async () => {
  const limits = { requests_per_second: 50_000, requests_burst: 100_000 };
  const ofKey = { key_requests_per_second: 50_000, key_requests_burst: 100_000 };
  platform = await startTestPlatform({
    services: false,
    entries: STREAMING_PLATFORM,
    vars: { DEFAULT_LIMITS: JSON.stringify({ ...limits, ...ofKey }) },
  });
});
afterAll(() => platform?.close());

const WAITING = {
  name: "waiting",
  steps: [
    { id: "wait", type: "wait", until: { event: "go" } },
    { id: "loop", for_each: "{{ range(20) }}", plugin: "logging", action: "info", input: { message: "{{ item }}" } },
    { id: "again", type: "wait", until: { event: "go" } },
    { id: "last", plugin: "logging", action: "info", input: { message: "done" } },
  ],
};

async function start(): Promise<string> {
  const { execution_id } = await send<{ execution_id: string }>(platform, "POST", "/workflows/executions", {
    definition: WAITING,
  });
  return execution_id;
}

/** Does `work` for each of `items`, forty at a time. */
async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 40 }, worker));
}

const go = (id: string) => send(platform, "POST", `/workflows/executions/${id}/events`, { name: "go" });
const waitings = ({ events }: Socket): number => events.filter(({ type }) => type === "workflow.waiting").length;
const idsOf = ({ events }: Socket): number[] => events.map(({ id }) => id);

function say(what: string, figures: Record<string, number>): void {
  console.log(what, JSON.stringify(figures));
}

test(`${MANY} readers follow one execution`, { timeout: 600_000 }, async () => {
  const id = await start();
  const readers: Socket[] = [];
  const begun = Date.now();
  await each([...Array(MANY).keys()], async () => {
    const reader = new Socket(platform, `/workflows/executions/${id}/stream`);
    readers.push(reader);
    await reader.opened();
  });
  await until("what there is", () => readers.every((reader) => waitings(reader) === 1), PATIENCE_MS);
  const opened = Date.now() - begun;
  const { sockets } = await askCell<{ sockets: number }>(platform, { kind: "boot" });
  const said = Date.now();
  await go(id);
  await until("the loop", () => readers.every((reader) => waitings(reader) === 2), PATIENCE_MS);
  const looped = Date.now() - said;
  await go(id);
  await Promise.all(readers.map(({ closed }) => closed));
  expect(readers).toHaveLength(MANY);
  const log = (await wholeLog(platform, id)).map((event) => event.id);
  for (const reader of readers) expect(idsOf(reader)).toEqual(log);
  say("readers of one execution", {
    readers: MANY,
    opened_ms: opened,
    sockets_of_the_cell: sockets,
    loop_to_all_ms: looped,
  });
  expect(sockets).toBeLessThan(20);
});

test(`${MANY} readers follow one execution by SSE`, { timeout: 600_000 }, async () => {
  const id = await start();
  const readers: BareReader[] = [];
  const begun = Date.now();
  await each([...Array(MANY).keys()], async () => {
    const reader = await new BareReader(platform, `/workflows/executions/${id}/events`).fast();
    readers.push(reader);
    await until("its first event", () => reader.ids.length > 0, PATIENCE_MS);
  });
  const opened = Date.now() - begun;
  const { sockets } = await askCell<{ sockets: number }>(platform, { kind: "boot" });
  const before = readers[0]?.ids.length ?? 0;
  const said = Date.now();
  await go(id);
  await until("the loop", () => readers.every(({ ids }) => ids.length > before + 40), PATIENCE_MS);
  const looped = Date.now() - said;
  await go(id);
  await until("their ends", () => readers.every(({ closed }) => closed), PATIENCE_MS);
  const log = (await wholeLog(platform, id)).map((event) => event.id);
  for (const reader of readers) expect(reader.ids).toEqual(log);
  say("readers of one execution by SSE", {
    readers: MANY,
    opened_ms: opened,
    sockets_of_the_cell: sockets,
    loop_to_all_ms: looped,
  });
  expect(sockets).toBeLessThan(20);
});

test(`${MANY} executions have a reader each`, { timeout: 600_000 }, async () => {
  const ids: string[] = [];
  await each([...Array(MANY).keys()], async () => ids.push(await start()));
  const readers = new Map<string, Socket>();
  const begun = Date.now();
  await each(ids, async (id) => {
    const reader = new Socket(platform, `/workflows/executions/${id}/stream`);
    readers.set(id, reader);
    await reader.opened();
  });
  await until("what there is", () => [...readers.values()].every((reader) => waitings(reader) === 1), PATIENCE_MS);
  const opened = Date.now() - begun;
  const said = Date.now();
  await each(ids, go);
  await until("the loops", () => [...readers.values()].every((reader) => waitings(reader) === 2), PATIENCE_MS);
  const looped = Date.now() - said;
  await each(ids, go);
  await Promise.all([...readers.values()].map(({ closed }) => closed));
  expect(readers.size).toBe(MANY);
  for (const reader of readers.values()) {
    const seen = idsOf(reader);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1));
    expect(reader.events.at(-1)?.type).toBe("workflow.completed");
  }
  say("executions with a reader each", { executions: MANY, opened_ms: opened, loops_to_all_ms: looped });
});
