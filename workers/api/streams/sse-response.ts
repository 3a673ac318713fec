import type { Ports } from "../../services/context.ts";
import { whenAborted } from "./when-aborted.ts";

/** How a stream of Server-Sent Events treats its reader. */
export interface SseOptions {
  /** Silence after which a comment line is sent. */
  keepAliveMs?: number;
  /** Of the request: aborted when its client has gone. */
  gone?: AbortSignal;
  /** What a browser waits before it comes back. */
  retryMs?: number;
  headers?: Readonly<Record<string, string>>;
}

/** Where a stream's events go. */
export interface SseSink {
  /** Aborted when the reader has gone, was too slow, or the stream is over. */
  readonly signal: AbortSignal;
  /** Frames (see `sseFrame`), written when the reader has taken what came before. False: it has gone; nothing more will pass. */
  send(frames: string): Promise<boolean>;
}

/** A reader that takes longer than `drainMs` for so much is cut off, and may come back. */
const CHUNK_BYTES = 65_536;
const KEEP_ALIVE_MS = 15_000;
const RETRY_MS = 2_000;
const COMMENT = ": keep-alive\n\n";
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/** Nothing is kept for a reader but the chunk that it has not taken yet: whoever writes waits for it. */
class Sink implements SseSink {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #drainMs: number;
  readonly #gone = new AbortController();
  /** Writes in order: a comment must not fall into an event. */
  #last: Promise<boolean> = Promise.resolve(true);
  readonly #keepAliveMs: number;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(writer: WritableStreamDefaultWriter<Uint8Array>, drainMs: number, keepAliveMs: number) {
    this.#writer = writer;
    this.#drainMs = drainMs;
    this.#keepAliveMs = keepAliveMs;
    this.signal.addEventListener("abort", () => this.#hush());
    writer.closed.catch(() => this.#gone.abort());
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  send(frames: string): Promise<boolean> {
    this.#hush();
    // Silence is broken when it is so long, whenever it began.
    if (!this.signal.aborted) this.#silence = setTimeout(() => void this.send(COMMENT), this.#keepAliveMs);
    this.#last = this.#last.then((open) => open && this.#write(new TextEncoder().encode(frames)));
    return this.#last;
  }

  #hush(): void {
    if (this.#silence !== undefined) clearTimeout(this.#silence);
  }

  /** The client has gone. */
  leave(): void {
    this.#gone.abort();
    void this.#writer.abort().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#last;
    if (!this.signal.aborted) await this.#writer.close().catch(() => undefined);
    this.#gone.abort();
  }

  async #write(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length && !this.signal.aborted; at += CHUNK_BYTES) {
      const taken = this.#writer.write(bytes.subarray(at, at + CHUNK_BYTES)).then(
        () => true,
        () => false,
      );
      if (await this.#inTime(taken)) continue;
      this.leave();
    }
    return !this.signal.aborted;
  }

  async #inTime(taken: Promise<boolean>): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.#drainMs);
    });
    const outcome = await Promise.race([taken, late]);
    if (timer !== undefined) clearTimeout(timer);
    return outcome;
  }
}

/**
 * A stream of Server-Sent Events: `write` sends until it returns, and the stream ends with it. Keep-alives, the pace of the
 * reader and its going away are seen to here.
 */
export function sseResponse(
  { streams, drainMs }: Pick<Ports, "streams" | "drainMs">,
  options: SseOptions,
  write: (sink: SseSink) => Promise<void>,
): Response {
  const { readable, writable } = streams.pipe();
  const sink = new Sink(writable.getWriter(), drainMs, options.keepAliveMs ?? KEEP_ALIVE_MS);
  if (options.gone) whenAborted(options.gone, () => sink.leave());
  void sink
    .send(`retry: ${options.retryMs ?? RETRY_MS}\n\n`)
    .then(() => write(sink))
    .catch((error: unknown) => console.error("a stream broke off", error))
    .then(() => sink.close());
  return new Response(readable, { headers: { ...HEADERS, ...options.headers } });
}
