import type { DiscoverResult } from "@modelcontextprotocol/client";

/**
 * What an isolate knows of a server after a first call: how it is spoken to, without asking again. `modern` and `sessionless` hold
 * nothing of a call; a `session` is the server's, and serves one call at a time.
 */
export type KnownServer =
  | { kind: "modern"; discover: DiscoverResult }
  | { kind: "sessionless"; version: string }
  | Session;

export interface Session {
  kind: "session";
  id: string;
  /** The protocol's version that was agreed on. */
  version: string;
  /** Ids of requests may not come twice in a session. */
  nextId: number;
}

/** Longest that something is believed of a server without asking it again. */
const TRUSTED_MS = 300_000;
/** Sessions that nobody uses for so long are ended. */
const IDLE_MS = 10_000;
/** How long a request may look after the sessions that it leaves behind: the platform ends it after 30 s. */
const WATCH_MS = 25_000;
/** Callers whose servers are remembered, and idle sessions of one. */
const MOST_CALLERS = 500;
const MOST_IDLE = 10;

interface Caller {
  shared: { known: Exclude<KnownServer, Session>; until: number } | undefined;
  idle: { session: Session; since: number }[];
  /** Until then some request looks after the idle sessions. */
  watchedUntil: number;
}

/**
 * What is known of MCP servers, by who calls them: the key holds tenant, environment, connector, version, connection with its
 * credentials, address and headers, so nobody ever calls in a session that was opened with another's. Plain data alone: nothing of one
 * request may be used in another.
 */
export class KnownServers {
  readonly #callers = new Map<string, Caller>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How the server is spoken to; a session is the caller's alone until it is given back. */
  take(key: string): KnownServer | undefined {
    const caller = this.#callers.get(key);
    const session = caller?.idle.pop()?.session;
    if (session) return session;
    return caller?.shared && caller.shared.until > this.#now() ? caller.shared.known : undefined;
  }

  /** Remembers a server after a call. Sessions that it has too many of are answered: they are to be ended. */
  put(key: string, known: KnownServer): Session | undefined {
    const now = this.#now();
    const caller = this.#callers.get(key) ?? { shared: undefined, idle: [], watchedUntil: 0 };
    // The newest are the last.
    this.#callers.delete(key);
    this.#callers.set(key, caller);
    if (this.#callers.size > MOST_CALLERS) {
      const [oldest] = this.#callers.keys();
      if (oldest !== undefined) this.#callers.delete(oldest);
    }
    if (known.kind !== "session") {
      caller.shared = { known, until: now + TRUSTED_MS };
      return undefined;
    }
    caller.idle.push({ session: known, since: now });
    return caller.idle.length > MOST_IDLE ? caller.idle.shift()?.session : undefined;
  }

  /** What was believed of the server is wrong. */
  forget(key: string): void {
    const caller = this.#callers.get(key);
    if (caller) caller.shared = undefined;
  }

  /**
   * Ends sessions that nobody uses any more, for as long as a request may. Answers at once where another one does that long enough.
   * `end` may not throw.
   */
  async endIdle(
    key: string,
    end: (session: Session) => Promise<void>,
    wait: (ms: number) => Promise<void>,
  ): Promise<void> {
    const caller = this.#callers.get(key);
    const begun = this.#now();
    if (!caller || caller.watchedUntil >= begun + IDLE_MS) return;
    const watchedUntil = begun + WATCH_MS;
    caller.watchedUntil = watchedUntil;
    while (caller.idle.length > 0 && caller.watchedUntil === watchedUntil && this.#now() < watchedUntil) {
      const oldest = Math.min(...caller.idle.map(({ since }) => since));
      await wait(Math.max(50, oldest + IDLE_MS - this.#now()));
      const over = caller.idle.filter(({ since }) => since + IDLE_MS <= this.#now());
      caller.idle = caller.idle.filter((one) => !over.includes(one));
      await Promise.all(over.map(({ session }) => end(session)));
    }
    if (caller.watchedUntil === watchedUntil) caller.watchedUntil = 0;
  }
}
