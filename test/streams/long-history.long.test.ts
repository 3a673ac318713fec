import { afterAll, beforeAll, expect, test } from "vitest";
import { send } from "../platform/api-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { askCell, STREAMING_PLATFORM } from "./ask-cell.ts";
import { BareReader } from "./bare-reader.ts";
import { poll, until } from "./event-reader.ts";

/*
 * F40: a history of 100,000 events, and a reader that takes a kilobyte a second. It is cut off in a way that can be gone on
 * from, holds up nobody, and a reader that comes back by id gets each event once.
 */

const LOOPS = 5;
const ITEMS = 10_000;
const EVENTS = 100_000;

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform({
    services: false,
    entries: STREAMING_PLATFORM,
    vars: { STREAM_DRAIN_MS: "10000", STEP_LIMIT: "60000" },
  });
});
afterAll(() => platform?.close());

const LONG = {
  name: "long",
  steps: [
    { id: "ready", type: "wait", until: { event: "go" } },
    ...Array.from({ length: LOOPS }, (_, index) => ({
      id: `loop${index}`,
      for_each: `{{ range(${ITEMS}) }}`,
      type: "output",
      value: "{{ item }}",
    })),
  ],
};

const counted = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index + 1);

test("a reader of a kilobyte a second on a history of 100,000 events is cut and resumes by id", {
  timeout: 900_000,
}, async () => {
  const { execution_id: id } = await send<{ execution_id: string }>(platform, "POST", "/workflows/executions", {
    definition: LONG,
  });
  const path = `/workflows/executions/${id}/events`;
  const slow = new BareReader(platform, path);
  const slowly = await slow.slow();
  const fast = await new BareReader(platform, path).fast();
  const begun = Date.now();
  await send(platform, "POST", path, { name: "go" });
  await until("the fast reader's end", () => fast.closed, 400_000);
  const took = Date.now() - begun;
  const last = fast.ids.length;
  expect(last).toBeGreaterThanOrEqual(EVENTS);
  expect(fast.ids).toEqual(counted(0, last));
  expect((await poll(platform, id, last - 1)).ended).toBe(true);

  const left = async (): Promise<boolean> =>
    (await askCell<{ sockets: number }>(platform, { kind: "boot" })).sockets === 0;
  await until("the slow reader to be left", left, 150_000);
  await slowly.drain();
  await until("its connection's end", () => slow.closed, 150_000);
  const had = slow.ids.length;
  expect(slow.ids).toEqual(counted(0, had));
  expect(had, "it was cut off before the end").toBeLessThan(last);
  const again = await new BareReader(platform, path, had).fast();
  await until("the rest", () => again.closed, 150_000);
  expect(again.ids).toEqual(counted(had, last));
  console.log(`${last} events in ${took} ms beside a slow reader; it had ${had} when it was cut`);
});
