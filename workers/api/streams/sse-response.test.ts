import { expect, test } from "vitest";
import type { Ports } from "../../services/context.ts";
import { sseFrame } from "./sse-frame.ts";
import { sseLines } from "./sse-lines.ts";
import { type SseSink, sseResponse } from "./sse-response.ts";

/** A pipe that holds nothing: a write is over when it is read. */
const ports = (drainMs: number): Pick<Ports, "streams" | "drainMs"> => ({
  drainMs,
  streams: { pipe: () => new TransformStream<Uint8Array, Uint8Array>() } as unknown as Ports["streams"],
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("a stream is what was sent, and ends with who writes it", async () => {
  const response = sseResponse(ports(1_000), { retryMs: 500 }, async (sink) => {
    await sink.send(sseFrame(1, "log", "{}"));
    await sink.send(sseFrame(2, "log", '{"a":1}'));
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await response.text()).toBe(
    'retry: 500\n\nid: 1\nevent: log\ndata: {}\n\nid: 2\nevent: log\ndata: {"a":1}\n\n',
  );
});

test("silence is broken by comments, between events and never inside of one", async () => {
  const response = sseResponse(ports(1_000), { keepAliveMs: 20 }, async (sink) => {
    await wait(90);
    await sink.send(sseFrame(1, "log", JSON.stringify("x".repeat(200_000))));
    await wait(50);
  });
  const blocks = (await response.text()).split("\n\n");
  const comments = blocks.filter((block) => block === ": keep-alive").length;
  expect(comments).toBeGreaterThan(2);
  expect(blocks.filter((block) => block.startsWith("id: 1\n"))).toHaveLength(1);
  expect(blocks).toHaveLength(comments + 3);
});

test("a reader that does not take a chunk in time is gone, and whoever writes is told", async () => {
  const outcome: { sink?: SseSink; sent?: boolean } = {};
  const response = sseResponse(ports(50), {}, async (sink) => {
    outcome.sink = sink;
    outcome.sent = await sink.send(sseFrame(1, "log", JSON.stringify("x".repeat(1_000_000))));
  });
  const reader = response.body?.getReader();
  await reader?.read();
  await wait(300);
  expect(outcome.sent).toBe(false);
  expect(outcome.sink?.signal.aborted).toBe(true);
});

test("a reader that goes away ends the writing", async () => {
  const outcome: { sent?: boolean } = {};
  const response = sseResponse(ports(5_000), {}, async (sink) => {
    for (let id = 1; ; id += 1) {
      outcome.sent = await sink.send(sseFrame(id, "log", "{}"));
      if (!outcome.sent) return;
    }
  });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await wait(50);
  expect(outcome.sent).toBe(false);
});

test("behind events that are not shown stands their id alone", () => {
  const lines = [1, 2, 3].map((id) => ({ id, type: id === 2 ? "log" : "step.started", json: "{}" }));
  const shown = (type: string): string => sseLines(lines, (line) => line.type === type);
  expect(shown("log")).toBe("id: 2\nevent: log\ndata: {}\n\nid: 3\n\n");
  expect(shown("step.started").endsWith("id: 3\nevent: step.started\ndata: {}\n\n")).toBe(true);
  expect(shown("nothing")).toBe("id: 3\n\n");
});
