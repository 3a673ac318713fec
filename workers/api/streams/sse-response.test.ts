import { afterEach, expect, test, vi } from "vitest";
import type { Ports } from "../../services/context.ts";
import type { Access } from "../middleware/access.ts";
import { sseFrame } from "./sse-frame.ts";
import { sseLines } from "./sse-lines.ts";
import { type SseSink, sseResponse } from "./sse-response.ts";
import { whenAborted } from "./when-aborted.ts";
import { whileAllowed } from "./while-allowed.ts";

/** A pipe that holds nothing: a write is over when it is read. */
const ports = (drainMs: number): Pick<Ports, "streams" | "drainMs"> => ({
  drainMs,
  streams: { pipe: () => new TransformStream<Uint8Array, Uint8Array>() } as unknown as Ports["streams"],
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(() => void vi.useRealTimers());

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
  vi.useFakeTimers();
  const response = sseResponse(ports(1_000), { keepAliveMs: 20 }, async (sink) => {
    await wait(300);
    await sink.send(sseFrame(1, "log", JSON.stringify("x".repeat(200_000))));
    await wait(50);
  });
  const [text] = await Promise.all([response.text(), vi.advanceTimersByTimeAsync(1_000)]);
  const blocks = text.split("\n\n");
  const comments = blocks.filter((block) => block === ": keep-alive").length;
  expect(comments).toBeGreaterThan(2);
  expect(blocks.filter((block) => block.startsWith("id: 1\n"))).toHaveLength(1);
  expect(blocks).toHaveLength(comments + 3);
});

test("the first comment comes one period after the last event, not at the end of the next", async () => {
  vi.useFakeTimers();
  const at: number[] = [];
  const comments: number[] = [];
  const response = sseResponse(ports(1_000), { keepAliveMs: 200 }, async (sink) => {
    await wait(100);
    await sink.send(sseFrame(1, "log", "{}"));
    at.push(Date.now());
    await wait(700);
  });
  const decoder = new TextDecoder();
  let text = "";
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.split(": keep-alive").length - 1 > comments.length) comments.push(Date.now());
    }
  };
  const over = read();
  await vi.advanceTimersByTimeAsync(1_000);
  await over;
  at.push(...comments);
  const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(gaps).toEqual([200, 200, 200]);
});

test("silence is of fifteen seconds, where nobody says otherwise", async () => {
  vi.useFakeTimers();
  const response = sseResponse(ports(1_000), {}, (sink) => {
    return new Promise<void>((done) => sink.signal.addEventListener("abort", () => done()));
  });
  const reader = response.body?.getReader();
  const seen: string[] = [];
  const read = async (): Promise<void> => {
    for (let part = await reader?.read(); part?.value; part = await reader?.read())
      seen.push(new TextDecoder().decode(part.value));
  };
  void read();
  await vi.advanceTimersByTimeAsync(14_900);
  expect(seen).toEqual(["retry: 2000\n\n"]);
  await vi.advanceTimersByTimeAsync(200);
  expect(seen.slice(1)).toEqual([": keep-alive\n\n"]);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(seen).toHaveLength(3);
  await reader?.cancel();
});

test("a reader that goes away while nothing is being sent is known to have gone at once, and what is held for it is freed", async () => {
  // Before anybody listens, too: the writer begins when the first chunk is taken.
  for (const hastily of [true, false]) {
    const freed = new Promise<void>((resolve) => {
      const response = sseResponse(ports(1_000), {}, (sink) => {
        whenAborted(sink.signal, () => resolve());
        return new Promise<void>((done) => whenAborted(sink.signal, done));
      });
      const reader = response.body?.getReader();
      void reader?.read().then(() => (hastily ? reader.cancel() : wait(20).then(() => reader.cancel())));
    });
    expect(await Promise.race([freed, wait(1_000).then(() => "late")]), String(hastily)).toBeUndefined();
  }
});

test("a client that had gone before its stream was opened is not waited for, and its key is not asked about for ever", async () => {
  vi.useFakeTimers();
  const gone = AbortSignal.abort();
  let freed = false;
  const asked = vi.fn(async () => true);
  sseResponse(ports(1_000), { gone }, async (sink) => {
    whenAborted(sink.signal, () => {
      freed = true;
    });
    whileAllowed({ holds: asked } as unknown as Access, sink.signal);
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(freed).toBe(true);
  expect(asked).not.toHaveBeenCalled();
});

test("a client that goes ends the stream at once, though nothing is being sent", async () => {
  const client = new AbortController();
  const ended = new Promise<void>((resolve) => {
    const response = sseResponse(ports(1_000), { gone: client.signal }, async (sink) => {
      sink.signal.addEventListener("abort", () => resolve());
      await new Promise<void>((done) => sink.signal.addEventListener("abort", () => done()));
    });
    void response.body?.getReader().read();
  });
  await wait(20);
  client.abort();
  await ended;
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
