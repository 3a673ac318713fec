import { tenantObjectName } from "../../../contracts/placement.ts";
import type { FeedPage } from "../../../contracts/webhooks-rpc.ts";
import type { Context } from "../context.ts";
import { ObjectUnavailable, onFeed } from "../object-calls.ts";
import type { OpenedFeed } from "./open-feed.ts";
import type { PlatformSocket } from "./platform-socket.ts";

const PAGE_EVENTS = 200;
/** Without news, it is read anyway after so long: the position moves on over what the filters hide, and a dead socket is found. */
const LOOK_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const GIVE_UP_MS = 120_000;

/** A socket to the feed object, by which it says that there is something to read. */
class NewsSocket {
  readonly #socket: PlatformSocket;
  closed = false;
  #told: (() => void) | undefined;

  constructor(socket: PlatformSocket) {
    this.#socket = socket;
    socket.onMessage(() => this.#told?.());
    socket.onClose(() => {
      this.closed = true;
      this.#told?.();
    });
  }

  /** Resolves when there is something after the position, or it is time to look. */
  async after(position: number, signal: AbortSignal): Promise<void> {
    if (this.closed || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#told?.(), LOOK_MS);
      const abort = (): void => this.#told?.();
      signal.addEventListener("abort", abort);
      this.#told = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        this.#told = undefined;
        resolve();
      };
      this.#socket.send(String(position));
    });
  }

  close(): void {
    if (!this.closed) this.#socket.close(1000, "done");
  }
}

async function openSocket({ ports, caller }: Context, { filter }: OpenedFeed): Promise<NewsSocket> {
  const path = `/?filter=${encodeURIComponent(JSON.stringify(filter))}`;
  const { socket, status } = await ports.streams.toFeed(tenantObjectName(caller), path);
  if (socket === null) throw new ObjectUnavailable(`a stream's socket was answered with ${status}`);
  return new NewsSocket(socket);
}

/**
 * The tenant's events from a position on, until `signal` says so: pages, read only as fast as this is asked. Throws when the
 * feed object cannot be reached for two minutes.
 */
export async function* followFeed(
  context: Context,
  opened: OpenedFeed,
  signal: AbortSignal,
): AsyncGenerator<FeedPage, void> {
  const { ports, caller } = context;
  let { position } = opened;
  /** The first page is shown, empty or not: who is cut off before the first event comes back to this position. */
  let first = true;
  let socket: NewsSocket | undefined;
  let pauseMs = 0;
  let reachedAt = ports.now();
  try {
    while (!signal.aborted) {
      try {
        const read = { ...opened.filter, after: position, limit: PAGE_EVENTS };
        const page = await onFeed(ports, caller, (feed) => feed.readFeed(read));
        reachedAt = ports.now();
        pauseMs = 0;
        const isNews = first || page.position !== position || page.gap;
        first = false;
        position = page.position;
        if (isNews) yield page;
        if (page.more) continue;
        if (socket === undefined || socket.closed) socket = await openSocket(context, opened);
        await socket.after(position, signal);
      } catch (error) {
        if (ports.now() - reachedAt > GIVE_UP_MS) throw error;
        await ports.wait(pauseMs);
        pauseMs = Math.min(Math.max(pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
      }
    }
  } finally {
    socket?.close();
  }
}
