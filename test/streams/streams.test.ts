import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import { send } from "../platform/api-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { authorized, onEvents, openSource, poll, Socket, until, wholeLog } from "./event-reader.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false, vars: { STREAM_DRAIN_MS: "2000" } });
});
afterAll(() => platform.close());

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
