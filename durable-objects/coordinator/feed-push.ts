import type { FeedItem, FeedWish, KnownWish } from "../../contracts/feed-rpc.ts";
import { TERMINAL_EVENTS } from "../../contracts/execution-event.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import { LargeReader } from "../archive/large-reader.ts";
import type { CellStorage } from "./cell-storage.ts";
import { runAttemptAt } from "./epochs.ts";
import type { StoredHead } from "./execution-head.ts";
import type { PlanCache } from "./plan-cache.ts";
import { shownEvents } from "./shown-events.ts";

interface FeedPushDeps {
  storage: CellStorage;
  plans: PlanCache;
  timers: TimerQueue;
  /** Number of the last change in the cell's outbox. */
  lastChange(): number;
  push(items: FeedItem[]): Promise<void>;
  /** Asks the feed what it wants: of a cell that it does not tell. */
  askWish?(): Promise<KnownWish>;
  /** Something may now be unsent, or no longer. */
  keepAwake(): void;
  now(): number;
  report(message: string, error: unknown): void;
}

const WISH = "feed";
/** How long events gather before they are pushed. */
const GATHER_MS = 20;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 30_000;
/** Of one push: executions, and characters of their logs. */
const MOST_ITEMS = 100;
const MOST_CHARS = 2_000_000;
/** Who asks for the wish himself believes it so long. */
const BELIEVED_MS = 1_000;
/** Of so many changes the feed may want something, and of ends after the wish was made. */
const RECENT_CHANGES = 500;
/** The same of a wish that does not say when it was made. */
const RECENT_MS = 10_000;

/**
 * What the tenant's feed is told: events of executions, when it wants some, and the ends of executions with a callback. A
 * cell remembers how far the feed has each log; what it does not know to be there it pushes again, and the feed takes it once.
 */
export class FeedPush {
  readonly #deps: FeedPushDeps;
  #wish: FeedWish = null;
  /** Of the wish; -1 before one was heard. */
  #version = -1;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** Executions with events to push → the outbox's last change before the oldest of them. */
  readonly #waiting = new Map<string, number>();
  /** How far the feed has an execution, where that is known. */
  readonly #fed = new Map<string, number>();
  /** Looked back at while a push is under way: what that push read is not all that is wanted now. */
  readonly #lookedBack = new Set<string>();
  #scheduled = false;
  #failures = 0;

  constructor(deps: FeedPushDeps, mark: number) {
    this.#deps = deps;
    const { storage } = deps;
    const stored = storage.fact(WISH);
    if (stored !== undefined) ({ version: this.#version, wish: this.#wish } = readWish(stored));
    // What it would want now, a cell that is not told has to ask.
    const anything = this.#wish !== null || deps.askWish !== undefined;
    for (let after = mark; ; ) {
      const rows = storage.unfed(after, MOST_ITEMS);
      for (const { id, head } of rows) {
        if (anything || (JSON.parse(head) as StoredHead).callbackUrl !== undefined) this.#waiting.set(id, mark);
      }
      after = rows.at(-1)?.change ?? after;
      if (rows.length < MOST_ITEMS) break;
    }
    if (anything) for (const id of storage.awake()) this.#waiting.set(id, mark);
  }

  get drained(): boolean {
    return this.#waiting.size === 0;
  }

  /** Every execution changed up to here is with the feed, as far as it is wanted. */
  get mark(): number {
    let least = this.#deps.lastChange();
    for (const before of this.#waiting.values()) least = Math.min(least, before);
    return least;
  }

  /** One that is older than what is known comes late, and changes nothing. */
  setWish(known: KnownWish): void {
    const { storage, now } = this.#deps;
    this.#heardAt = now();
    const { version, wish } = known;
    if (version <= this.#version) return;
    const before = this.#wish;
    this.#version = version;
    this.#wish = wish;
    // Where nothing ever was wanted, nothing needs to be remembered.
    if (wish === null && storage.fact(WISH) === undefined) return;
    storage.prepare();
    storage.putFact(WISH, JSON.stringify(known));
    if (wantsMore(before, wish)) this.#lookBack(known.at ?? now() - RECENT_MS);
  }

  /** What happened after the wish was made and before it was heard here: the feed knows what it has, and what is too old. */
  #lookBack(since: number): void {
    const { storage, lastChange } = this.#deps;
    for (const { id, change, finishedAt } of storage.unfed(lastChange() - RECENT_CHANGES, RECENT_CHANGES)) {
      if (finishedAt !== null && finishedAt < since) continue;
      this.#fed.set(id, 0);
      this.#lookedBack.add(id);
      this.#waiting.set(id, Math.min(change - 1, this.#waiting.get(id) ?? change));
    }
    this.announce();
  }

  /** Events of an execution were written; `before`: the outbox's last change before that. */
  written({ executionId, callbackUrl }: StoredHead, events: readonly StampedEvent[], before: number): void {
    const stale = this.#isStale();
    if (!this.#wish && callbackUrl === undefined && !stale) return;
    if (!stale && !events.some(({ type }) => this.#isWanted(type, callbackUrl))) return;
    if (!this.#waiting.has(executionId)) this.#waiting.set(executionId, before);
    this.announce();
  }

  /** It goes on after its end: what the feed has of it, and nobody remembers of one that is over, is known again. */
  reopened({ executionId, callbackUrl }: StoredHead): void {
    const { storage } = this.#deps;
    const wanted = this.#wish !== null || callbackUrl !== undefined;
    if (wanted && !this.#waiting.has(executionId)) storage.putFed(executionId, storage.lastSeq(executionId));
  }

  /** Pushes soon what there is to push. */
  announce(): void {
    if (this.#scheduled || this.drained) return;
    this.#scheduled = true;
    const { timers, now } = this.#deps;
    const delay =
      this.#failures === 0 ? GATHER_MS : Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LONGEST_RETRY_MS);
    timers.at(now() + delay, () => void this.#pushAll());
  }

  async #pushAll(): Promise<void> {
    try {
      if (this.#isStale() && this.#deps.askWish) {
        const wish = await this.#deps.askWish();
        globalThis.faultPoint?.("feed.wish");
        this.setWish(wish);
      }
      while (!this.drained) await this.#pushSome();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures === 1) this.#deps.report("events could not be pushed to the tenant's feed", error);
    }
    this.#scheduled = false;
    this.#deps.keepAwake();
    this.announce();
  }

  async #pushSome(): Promise<void> {
    const { storage } = this.#deps;
    const items: FeedItem[] = [];
    const reached = new Map<string, { seq: number; end: boolean; finished: boolean; before: number }>();
    let left = MOST_CHARS;
    this.#lookedBack.clear();
    for (const [id, before] of [...this.#waiting].slice(0, MOST_ITEMS)) {
      if (left <= 0) break;
      const after = this.#fed.get(id) ?? storage.fed(id);
      const { item, seq, end, finished, chars } = this.#read(id, after, left);
      if (item) items.push(item);
      left -= chars;
      // What is written while the push is under way is waiting anew.
      this.#waiting.delete(id);
      reached.set(id, { seq, end, finished, before });
    }
    try {
      globalThis.faultPoint?.("feed.before");
      if (items.length > 0) await this.#deps.push(items);
      globalThis.faultPoint?.("feed.pushed");
    } catch (error) {
      for (const [id, { before }] of reached) this.#waiting.set(id, Math.min(before, this.#waiting.get(id) ?? before));
      throw error;
    }
    for (const [id, { seq, end, finished, before }] of reached) {
      if (this.#lookedBack.has(id)) continue;
      if (!end) this.#waiting.set(id, before);
      if (finished && end) {
        this.#fed.delete(id);
      } else {
        this.#fed.set(id, seq);
        storage.putFed(id, seq);
      }
    }
    globalThis.faultPoint?.("feed.marked");
  }

  #read(id: string, after: number, chars: number) {
    const { storage, plans } = this.#deps;
    const row = storage.execution(id);
    const plan = row && plans.find(row.plan);
    if (!row || !plan) return { item: undefined, seq: after, end: true, finished: true, chars: 0 };
    const head = JSON.parse(row.head) as StoredHead;
    // What is not wanted now is left as it is: it may be wanted while the execution goes on.
    if (!this.#wish && head.callbackUrl === undefined)
      return { item: undefined, seq: after, end: true, finished: true, chars: 0 };
    const page = storage.logAfter(id, after, chars, new LargeReader(storage, id, "notes"));
    // What is told with one run attempt belongs to it: the webhook's id names it.
    const runAttempt = runAttemptAt(head, after + 1);
    const events = page.events.filter(({ seq }) => runAttemptAt(head, seq) === runAttempt);
    const end = page.end && events.length === page.events.length;
    const wanted = events.filter(({ type }) => this.#isWanted(type, head.callbackUrl));
    const shown = shownEvents(plans, row, wanted);
    const { slug, name, version } = plan.definition;
    const { tenantId, environment, callbackUrl } = head;
    const workflow = { slug, name, version };
    const item: FeedItem = { executionId: id, tenantId, environment, workflow, runAttempt, callbackUrl, events: shown };
    return {
      item: shown.length > 0 ? item : undefined,
      seq: events.at(-1)?.seq ?? after,
      end,
      finished: row.finishedAt !== null,
      chars: JSON.stringify(shown).length,
    };
  }

  /** Only a cell that nobody tells knows too little after a while. */
  #isStale(): boolean {
    return this.#deps.askWish !== undefined && this.#deps.now() - this.#heardAt >= BELIEVED_MS;
  }

  #isWanted(type: string, callbackUrl: string | undefined): boolean {
    if (callbackUrl !== undefined && TERMINAL_EVENTS.has(type)) return true;
    if (!this.#wish) return false;
    const { types } = this.#wish;
    return (
      types === "all" ||
      types.some((wanted) => wanted === type || (wanted.endsWith(".*") && type.startsWith(wanted.slice(0, -1))))
    );
  }
}

/** Types that were not wanted before. */
function wantsMore(before: FeedWish, wish: FeedWish): boolean {
  if (wish === null || before?.types === "all") return false;
  if (wish.types === "all") return true;
  return wish.types.some((type) => before?.types.includes(type) !== true);
}

/** As it was stored; before there were versions, the wish stood alone. */
function readWish(stored: string): KnownWish {
  const read = JSON.parse(stored) as KnownWish | FeedWish;
  return read !== null && "version" in read ? read : { version: 0, wish: read };
}
