import { afterAll, beforeAll, expect, test } from "vitest";
import { send } from "../platform/api-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { askCell, STREAMING_PLATFORM } from "./ask-cell.ts";
import { authorized, Socket, until, wholeLog } from "./event-reader.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false, entries: STREAMING_PLATFORM });
});
afterAll(() => platform?.close());

const STAGES = 3;

test("an object sleeps under its open streams, and each event wakes it for all of them", {
  timeout: 180_000,
}, async () => {
  const steps = Array.from({ length: STAGES }, (_, n) => ({ id: `wait${n}`, type: "wait", until: { event: "go" } }));
  const { execution_id: id } = await send<{ execution_id: string }>(platform, "POST", "/workflows/executions", {
    definition: { name: "idle", steps },
  });
  const path = `/workflows/executions/${id}`;
  const readers = Array.from({ length: 4 }, () => new Socket(platform, `${path}/stream`));
  const streamed = fetch(`${platform.url}${path}/events`, { headers: authorized(platform) });
  const text = (await streamed).text();
  const boots = new Set<string>();
  for (let stage = 1; stage <= STAGES; stage += 1) {
    await until("the wait", () =>
      readers.every(({ events }) => events.filter(({ type }) => type === "workflow.waiting").length === stage),
    );
    const { boot, sockets } = await askCell<{ boot: string; sockets: number }>(platform, { kind: "boot" });
    expect(sockets).toBe(5);
    boots.add(boot);
    // workerd lets an object go that has done nothing for ten seconds.
    await new Promise((resolve) => setTimeout(resolve, 25_000));
    await send(platform, "POST", `${path}/events`, { name: "go" });
  }
  const log = await wholeLog(platform, id);
  for (const reader of readers) {
    expect((await reader.closed).code).toBe(1000);
    expect(reader.events).toEqual(log);
  }
  const ids = [...(await text).matchAll(/^id: (\d+)$/gm)].map(([, seen]) => Number(seen));
  expect(ids).toEqual(log.map((event) => event.id));
  expect(boots.size, "it was built anew for each event").toBe(STAGES);
});
