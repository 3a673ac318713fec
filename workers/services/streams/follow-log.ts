import {
  type EventLine,
  eventLine,
  WINDOW_CHARS,
  WINDOW_EVENTS,
  writeResume,
  writeTaken,
} from "../../../contracts/stream-frames.ts";
import type { Context } from "../context.ts";
import { type LogSocket, openLogSocket, type Received } from "./log-socket.ts";
import { type OpenedLog, readOn } from "./read-log.ts";

/** Pauses between tries to reach an execution's object again, and for how long that goes on. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const GIVE_UP_MS = 120_000;

/** Events that follow each other, serialised. */
export type Lines = readonly EventLine[];

/** One reader's way along one execution's log. */
class Follower {
  readonly #context: Context;
  readonly #executionId: string;
  readonly #cell: string;
  readonly #signal: AbortSignal;
  #last: number;
  #ended = false;
  #socket: LogSocket | undefined;
  #reachedAt: number;
  /** Taken of the socket and not yet said. */
  #events = 0;
  #chars = 0;

  constructor(context: Context, executionId: string, { cell, page }: OpenedLog, signal: AbortSignal) {
    this.#context = context;
    this.#executionId = executionId;
    this.#cell = cell;
    this.#signal = signal;
    this.#last = page.last;
    this.#ended = page.ended;
    this.#reachedAt = context.ports.now();
  }

  /** Pages until there are no more, then what the socket brings, and again: until the log or the reader is at its end. */
  async *follow(): AsyncGenerator<Lines, void> {
    const { ports } = this.#context;
    let pauseMs = 0;
    try {
      while (!this.#over) {
        try {
          yield* this.#pages();
          if (this.#over) return;
          await this.#connect();
          pauseMs = 0;
          yield* this.#live();
        } catch (error) {
          this.#disconnect();
          if (ports.now() - this.#reachedAt > GIVE_UP_MS) throw error;
        }
        if (this.#socket || this.#over) continue;
        await ports.wait(pauseMs);
        pauseMs = Math.min(Math.max(pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
      }
    } finally {
      this.#disconnect();
    }
  }

  get #over(): boolean {
    return this.#ended || this.#signal.aborted;
  }

  async *#pages(): AsyncGenerator<Lines, void> {
    while (!this.#over) {
      const page = await readOn(this.#context, this.#cell, this.#executionId, this.#last);
      if (!page.ok) throw new Error(`the log of ${this.#executionId} is gone`);
      const { events, last, ended } = page.value;
      this.#reachedAt = this.#context.ports.now();
      this.#last = last;
      this.#ended = ended;
      if (events.length === 0) return;
      yield events.map(eventLine);
    }
  }

  async #connect(): Promise<void> {
    this.#events = 0;
    this.#chars = 0;
    if (this.#socket) this.#socket.send(writeResume(this.#last));
    else this.#socket = await openLogSocket(this.#context.ports, this.#cell, this.#executionId, this.#last);
  }

  /** Until it falls behind, the socket closes, or the end. */
  async *#live(): AsyncGenerator<Lines, void> {
    while (!this.#over) {
      const received = await this.#socket?.next(this.#signal);
      this.#reachedAt = this.#context.ports.now();
      if (received === "closed") this.#disconnect();
      if (received === undefined || received === "closed" || received.frame.kind === "behind") return;
      const { lines, ended } = received.frame;
      const fresh = lines.filter(({ id }) => id > this.#last);
      const [first] = fresh;
      // The log has no holes: one here is a fault of ours, and is read again.
      if (first && first.id !== this.#last + 1) return;
      this.#last = fresh.at(-1)?.id ?? this.#last;
      this.#ended = ended;
      if (fresh.length > 0) yield fresh;
      this.#sayTaken(received, lines.length);
    }
  }

  #sayTaken({ chars }: Exclude<Received, "closed">, events: number): void {
    this.#events += events;
    this.#chars += chars;
    if (this.#events < WINDOW_EVENTS / 2 && this.#chars < WINDOW_CHARS / 2) return;
    this.#socket?.send(writeTaken(this.#last, this.#chars));
    this.#events = 0;
    this.#chars = 0;
  }

  #disconnect(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

/**
 * An execution's log from an opened page on, to its end: every event once and in order, however often its object is reset. What
 * is there is read in pages, what comes arrives by a socket; both only as fast as this is asked. Ends without the end of
 * the log when `signal` says so; throws when the object cannot be reached for two minutes.
 */
export async function* followLog(
  context: Context,
  executionId: string,
  opened: OpenedLog,
  signal: AbortSignal,
): AsyncGenerator<Lines, void> {
  if (opened.page.events.length > 0) yield opened.page.events.map(eventLine);
  yield* new Follower(context, executionId, opened, signal).follow();
}
