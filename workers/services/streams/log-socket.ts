import {
  DIRECT_READERS,
  PING,
  PONG,
  readStreamFrame,
  RELAY_HEADER,
  RELAY_READERS,
  type StreamFrame,
} from "../../../contracts/stream-frames.ts";
import type { Ports } from "../context.ts";
import { ObjectUnavailable } from "../object-calls.ts";
import type { PlatformSocket } from "./platform-socket.ts";

/** A socket that has answered no ping for this long leads nowhere any more. */
const PING_MS = 20_000;

/** An execution's log, and how many readers it may have. */
export interface LogPlace {
  cell: string;
  executionId: string;
  most: number;
}

/** What came over a socket, and its length; `closed`: nothing more will. */
export type Received = { frame: StreamFrame; chars: number } | "closed";

/** The platform's end of a socket to a cell or relay: frames wait here until they are asked for, at most a window of them. */
export class LogSocket {
  readonly #socket: PlatformSocket;
  readonly #received: Received[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #waiting: (() => void) | undefined;
  #closed = false;
  /** This end has said that it goes. */
  #left = false;
  #answered = true;

  constructor(socket: PlatformSocket) {
    this.#socket = socket;
    socket.onMessage((data) => {
      if (data === PONG) this.#answered = true;
      else if (typeof data === "string") this.#take(data);
    });
    socket.onClose(() => this.#end());
    this.#timer = setInterval(() => this.#ping(), PING_MS);
  }

  /** The next frame; undefined when the signal came first. */
  async next(signal: AbortSignal): Promise<Received | undefined> {
    while (this.#received.length === 0 && !this.#closed && !signal.aborted) await this.#news(signal);
    if (signal.aborted) return undefined;
    return this.#received.shift() ?? "closed";
  }

  send(text: string): void {
    if (!this.#closed) this.#socket.send(text);
  }

  close(): void {
    if (this.#left) return;
    this.#left = true;
    this.#end();
    this.#socket.close(1000, "done");
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        this.#waiting = undefined;
        resolve();
      };
      this.#waiting = done;
      signal.addEventListener("abort", done);
    });
  }

  #take(text: string): void {
    const frame = readStreamFrame(text);
    if (frame === null) return;
    this.#received.push({ frame, chars: text.length });
    this.#waiting?.();
  }

  #ping(): void {
    if (!this.#answered) return this.close();
    this.#answered = false;
    this.send(PING);
  }

  #end(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#waiting?.();
  }
}

/**
 * A socket for what comes after `after`: of the execution's cell, or of a relay when that has enough readers. `full` when the
 * execution has as many readers as `most`.
 */
export async function openLogSocket(
  ports: Ports,
  { cell, executionId, most }: LogPlace,
  after: number,
): Promise<LogSocket | "full"> {
  const path = `/${executionId}?after=${after}&cell=${encodeURIComponent(cell)}`;
  let answer = await ports.streams.toCell(cell, path);
  while (answer.status === 409) {
    const relay = Number(answer.header(RELAY_HEADER));
    if (DIRECT_READERS + relay * RELAY_READERS >= most) return "full";
    answer = await ports.streams.toRelay(`${executionId}/${relay}`, path);
  }
  if (!answer.socket) throw new ObjectUnavailable(`a stream's socket was answered with ${answer.status}`);
  return new LogSocket(answer.socket);
}
