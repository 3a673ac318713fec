import {
  type EventLine,
  eventLine,
  WINDOW_CHARS,
  WINDOW_EVENTS,
  writeResume,
  writeTaken,
} from "../../../contracts/stream-frames.ts";
import type { Context } from "../context.ts";
import { type LogPlace, type LogSocket, openLogSocket, type Received } from "./log-socket.ts";
import type { OpenedStream } from "./open-stream.ts";
import { readOn } from "./read-log.ts";

/** Pauses between tries to reach an execution's object again, and for how long that goes on. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const GIVE_UP_MS = 120_000;

/** Events that follow each other, serialised. */
export type Lines = readonly EventLine[];

/** One reader's way along one execution's log. */
class Follower {
  readonly #context: Context;
  readonly #place: LogPlace;
  readonly #signal: AbortSignal;
  #last: number;
  #ended = false;
  #socket: LogSocket | undefined;
  #reachedAt: number;
  /** Taken of the socket and not yet said. */
  #events = 0;
  #chars = 0;

  constructor(context: Context, { place, page, socket }: OpenedStream, signal: AbortSignal) {
    this.#context = context;
    this.#place = place;
    this.#socket = socket;
    this.#signal = signal;
    this.#last = page.last;
    this.#ended = page.ended;
    this.#reachedAt = context.ports.now();
  }

  /** What the socket brings, and pages whenever it is behind: until the log or the reader is at its end. */
  async *follow(): AsyncGenerator<Lines, void> {
    const { ports } = this.#context;
    let pauseMs = 0;
    try {
      if (this.#socket) yield* this.#live();
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
      const page = await readOn(this.#context, this.#place, this.#last);
      if (!page.ok) throw new Error(`the log of ${this.#place.executionId} is gone`);
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
    if (this.#socket) return this.#socket.send(writeResume(this.#last));
    const socket = await openLogSocket(this.#context.ports, this.#place, this.#last);
    if (socket === "full") throw new Error(`${this.#place.executionId} has too many readers`);
    this.#socket = socket;
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
 * An execution's log from where it was opened, to its end: every event once and in order, however often its object is reset.
 * What is there is read in pages, what comes arrives by a socket; both only as fast as this is asked. Ends without the end of
 * the log when `signal` says so; throws when the object cannot be reached for two minutes.
 */
export async function* followLog(
  context: Context,
  opened: OpenedStream,
  signal: AbortSignal,
): AsyncGenerator<Lines, void> {
  const { events } = opened.page;
  try {
    if (events.length > 0) yield events.map(eventLine);
    yield* new Follower(context, opened, signal).follow();
  } finally {
    opened.socket?.close();
  }
}
