import type { FeedItem, FeedWish } from "../../contracts/feed-rpc.ts";
import { executionEvent, TERMINAL_EVENTS } from "../../contracts/execution-event.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import type { PlanCache } from "./plan-cache.ts";

interface FeedPushDeps {
  storage: CellStorage;
  plans: PlanCache;
  timers: TimerQueue;
  /** Number of the last change in the cell's outbox. */
  lastChange(): number;
  push(items: FeedItem[]): Promise<void>;
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

/**
 * What the tenant's feed is told: events of executions, when it wants some, and the ends of executions with a callback. A
 * cell remembers how far the feed has each log; what it does not know to be there it pushes again, and the feed takes it once.
 */
export class FeedPush {
  readonly #deps: FeedPushDeps;
  #wish: FeedWish;
  /** Executions with events to push → the outbox's last change before the oldest of them. */
  readonly #waiting = new Map<string, number>();
  /** How far the feed has an execution, where that is known. */
  readonly #fed = new Map<string, number>();
  #scheduled = false;
  #failures = 0;

  constructor(deps: FeedPushDeps, mark: number) {
    this.#deps = deps;
    const { storage } = deps;
    this.#wish = JSON.parse(storage.fact(WISH) ?? "null") as FeedWish;
    for (let after = mark; ; ) {
      const rows = storage.unfed(after, MOST_ITEMS);
      for (const { id, head } of rows) {
        if (this.#wish || (JSON.parse(head) as StoredHead).callbackUrl !== undefined) this.#waiting.set(id, mark);
      }
      after = rows.at(-1)?.change ?? after;
      if (rows.length < MOST_ITEMS) break;
    }
    if (this.#wish) for (const id of storage.awake()) this.#waiting.set(id, mark);
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

  setWish(wish: FeedWish): void {
    this.#deps.storage.prepare();
    this.#deps.storage.putFact(WISH, JSON.stringify(wish));
    this.#wish = wish;
  }

  /** Events of an execution were written; `before`: the outbox's last change before that. */
  written({ executionId, callbackUrl }: StoredHead, events: readonly StampedEvent[], before: number): void {
    if (!this.#wish && callbackUrl === undefined) return;
    if (!events.some(({ type }) => this.#isWanted(type, callbackUrl))) return;
    if (!this.#waiting.has(executionId)) this.#waiting.set(executionId, before);
    this.announce();
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
      if (items.length > 0) await this.#deps.push(items);
    } catch (error) {
      for (const [id, { before }] of reached) this.#waiting.set(id, Math.min(before, this.#waiting.get(id) ?? before));
      throw error;
    }
    for (const [id, { seq, end, finished, before }] of reached) {
      if (!end) this.#waiting.set(id, before);
      if (finished && end) {
        this.#fed.delete(id);
      } else {
        this.#fed.set(id, seq);
        storage.putFed(id, seq);
      }
    }
  }

  #read(id: string, after: number, chars: number) {
    const { storage, plans } = this.#deps;
    const row = storage.execution(id);
    const plan = row && plans.find(row.plan);
    if (!row || !plan) return { item: undefined, seq: after, end: true, finished: true, chars: 0 };
    const head = JSON.parse(row.head) as StoredHead;
    const { events, end } = storage.logAfter(id, after, chars);
    const wanted = events.filter(({ type }) => this.#isWanted(type, head.callbackUrl));
    const shown = wanted.map((event) => executionEvent(plan, id, event));
    const { slug, name, version } = plan.definition;
    const { tenantId, environment, runAttempt, callbackUrl } = head;
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
