import {
  type EventLine,
  readReaderFrame,
  WINDOW_CHARS,
  WINDOW_EVENTS,
  writeBehind,
  writeEvents,
} from "../../contracts/stream-frames.ts";
import type { ReaderSocket } from "./reader-socket.ts";

/** What a reader was told, kept with its socket. */
interface Position {
  channel: string;
  /** A relay: it counts apart from readers. */
  relay: boolean;
  /** The last event that was sent. */
  sent: number;
  /** Events and characters sent that it has not said it took. */
  events: number;
  chars: number;
  /** False: it reads the log in pages, and nothing is pushed until it says where it is. */
  live: boolean;
}

/** What comes after a sequence, as one frame. */
export interface Following {
  lines: readonly EventLine[];
  ended: boolean;
}

export interface FanOutDeps {
  /** Events of a channel after a sequence; null when they are more than a window, or not here: they are read in pages. */
  following(channel: string, after: number): Following | null;
  /** The last event of a channel. */
  tip(channel: string): number;
  /** The first reader of a channel has come, or the last has gone. */
  opened(channel: string): void;
  closed(channel: string): void;
}

interface Frame {
  text: string;
  count: number;
  chars: number;
  last: number;
}

/**
 * Pushes what comes to the sockets of many readers, each at its own pace: no further ahead of what it has taken than a window.
 * A reader that is further behind is told once, and reads the log itself. Positions stand with the sockets, so that an object
 * that was evicted goes on where it was.
 */
export class FanOut {
  readonly #deps: FanOutDeps;
  readonly #channels = new Map<string, Map<ReaderSocket, Position>>();

  /** `sockets`: those that outlived the object's memory. */
  constructor(deps: FanOutDeps, sockets: Iterable<ReaderSocket>) {
    this.#deps = deps;
    for (const socket of sockets) {
      const position = socket.deserializeAttachment() as Position | null;
      if (position) this.#join(socket, position);
    }
  }

  /** Readers of a channel that are served here, without relays. */
  readers(channel: string): number {
    return this.#count(channel, false);
  }

  relays(channel: string): number {
    return this.#count(channel, true);
  }

  get channels(): string[] {
    return [...this.#channels.keys()];
  }

  /** A reader that has everything up to `after`. */
  attach(socket: ReaderSocket, channel: string, after: number, relay: boolean): void {
    const position = { channel, relay, sent: after, events: 0, chars: 0, live: true };
    this.#join(socket, position);
    this.#push(socket, position, new Map());
    socket.serializeAttachment(position);
  }

  /** What a reader says. */
  receive(socket: ReaderSocket, text: string): void {
    const position = this.#positionOf(socket);
    const frame = readReaderFrame(text);
    if (!position || !frame) return;
    if (frame.kind === "resume") {
      Object.assign(position, { sent: frame.id, events: 0, chars: 0, live: true });
      this.#push(socket, position, new Map());
    } else {
      position.events = Math.min(position.events, Math.max(0, position.sent - frame.id));
      position.chars = Math.max(0, position.chars - frame.chars);
    }
    socket.serializeAttachment(position);
  }

  drop(socket: ReaderSocket): void {
    const position = this.#positionOf(socket);
    if (!position) return;
    const { channel } = position;
    const readers = this.#channels.get(channel);
    readers?.delete(socket);
    if (readers?.size !== 0) return;
    this.#channels.delete(channel);
    this.#deps.closed(channel);
  }

  /** Something was added to a channel. */
  flush(channel: string): void {
    const frames = new Map<number, Frame | null>();
    for (const [socket, position] of this.#channels.get(channel) ?? []) {
      if (!position.live) continue;
      this.#push(socket, position, frames);
      socket.serializeAttachment(position);
    }
  }

  /** What was lost for all readers of a channel, they read in pages. */
  fallBehind(channel: string): void {
    for (const [socket, position] of this.#channels.get(channel) ?? []) {
      if (!position.live) continue;
      this.#leaveBehind(socket, position);
      socket.serializeAttachment(position);
    }
  }

  #join(socket: ReaderSocket, position: Position): void {
    const { channel } = position;
    const readers = this.#channels.get(channel);
    if (readers) {
      readers.set(socket, position);
      return;
    }
    this.#channels.set(channel, new Map([[socket, position]]));
    this.#deps.opened(channel);
  }

  #count(channel: string, relay: boolean): number {
    let count = 0;
    for (const position of this.#channels.get(channel)?.values() ?? []) if (position.relay === relay) count += 1;
    return count;
  }

  #positionOf(socket: ReaderSocket): Position | undefined {
    const attached = socket.deserializeAttachment() as Position | null;
    if (!attached) return undefined;
    const known = this.#channels.get(attached.channel)?.get(socket);
    if (!known) this.#join(socket, attached);
    return known ?? attached;
  }

  /** `frames`: those of this turn, by what they follow: readers that are at one place share one. */
  #push(socket: ReaderSocket, position: Position, frames: Map<number, Frame | null>): void {
    const { channel, sent } = position;
    let frame = frames.get(sent);
    if (frame === undefined) {
      frame = frameOf(this.#deps.following(channel, sent), sent);
      frames.set(sent, frame);
    }
    if (frame === null) return this.#leaveBehind(socket, position);
    if (frame.text === "") return;
    const { count, chars, last, text } = frame;
    const full = position.events + count > WINDOW_EVENTS || position.chars + chars > WINDOW_CHARS;
    if (full) return this.#leaveBehind(socket, position);
    position.sent = last;
    position.events += count;
    position.chars += chars;
    trySend(socket, text);
  }

  #leaveBehind(socket: ReaderSocket, position: Position): void {
    position.live = false;
    trySend(socket, writeBehind(this.#deps.tip(position.channel)));
  }
}

function frameOf(following: Following | null, after: number): Frame | null {
  if (!following) return null;
  const { lines, ended } = following;
  const last = lines.at(-1)?.id ?? after;
  if (lines.length === 0 && !ended) return { text: "", count: 0, chars: 0, last };
  const text = writeEvents(lines, ended);
  if (lines.length > WINDOW_EVENTS || text.length > WINDOW_CHARS) return null;
  return { text, count: lines.length, chars: text.length, last };
}

/** One that is closing says no; its close is told by the platform. */
function trySend(socket: ReaderSocket, text: string): void {
  try {
    socket.send(text);
  } catch {}
}
