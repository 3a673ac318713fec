import { isSubscribed } from "../../contracts/event-types.ts";
import type { FeedFilter } from "../../contracts/webhooks-rpc.ts";

/** The slice of a hibernating socket that is used here. */
export interface ReaderSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** What a socket waits for: something after `after` that passes the filter. Null: its reader is reading. */
interface Waiting {
  filter: FeedFilter;
  after: number | null;
}

export interface LoggedEvent {
  type: string;
  workflow: string;
  executionId: string;
}

/** Says that there is something to read, and nothing else: a reader that is slow is sent nothing that could pile up. */
const NEWS = "news";
const BAD_MESSAGE = 1007;

export function passes(filter: FeedFilter, { type, workflow, executionId }: LoggedEvent): boolean {
  return (
    (filter.types ?? []).every((list) => isSubscribed(list, type)) &&
    (filter.workflow === undefined || filter.workflow === workflow) &&
    (filter.executionId === undefined || filter.executionId === executionId)
  );
}

/**
 * Readers of the tenant's stream, each on a hibernating socket. The protocol: the reader has read everything up to a position
 * and sends it; once there is more for it, it is sent `news`, once, and reads by `readFeed`.
 */
export class ReaderSockets {
  readonly #sockets: () => ReaderSocket[];

  constructor(sockets: () => ReaderSocket[]) {
    this.#sockets = sockets;
  }

  get count(): number {
    return this.#sockets().length;
  }

  join(socket: ReaderSocket, filter: FeedFilter): void {
    socket.serializeAttachment({ filter, after: null } satisfies Waiting);
  }

  /** `last`: the newest position there is. */
  onMessage(socket: ReaderSocket, message: string, last: number): void {
    const after = Number(message);
    if (!Number.isSafeInteger(after) || after < 0) return socket.close(BAD_MESSAGE, "not a position");
    const { filter } = waitingOf(socket);
    if (last > after) this.#wake(socket, filter);
    else socket.serializeAttachment({ filter, after } satisfies Waiting);
  }

  onLogged(events: readonly LoggedEvent[]): void {
    for (const socket of this.#sockets()) {
      const { filter, after } = waitingOf(socket);
      if (after !== null && events.some((event) => passes(filter, event))) this.#wake(socket, filter);
    }
  }

  #wake(socket: ReaderSocket, filter: FeedFilter): void {
    socket.serializeAttachment({ filter, after: null } satisfies Waiting);
    try {
      socket.send(NEWS);
    } catch {
      // It is closing: its reader comes back with its own position.
    }
  }
}

/** What this class itself attached. */
function waitingOf(socket: ReaderSocket): Waiting {
  return socket.deserializeAttachment() as Waiting;
}
