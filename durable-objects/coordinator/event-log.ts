import { executionEvent } from "../../contracts/execution-event.ts";
import type { ChainLink, EventPage, HistoryPart } from "../../contracts/execution-history.ts";
import { type EventLine, eventLine, WINDOW_CHARS } from "../../contracts/stream-frames.ts";
import { isObject } from "../../engine/json.ts";
import type { Plan } from "../../engine/plan/types.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import type { Following } from "../fan-out/fan-out.ts";
import { LargeTable } from "../archive/large-table.ts";
import type { CellStorage } from "./cell-storage.ts";
import { runAttemptAt } from "./epochs.ts";
import type { StoredHead } from "./execution-head.ts";
import { LinkTable } from "./link-table.ts";
import type { PlanCache } from "./plan-cache.ts";
import { shownEvents } from "./shown-events.ts";
import type { TimerQueue } from "../timer-queue.ts";

interface EventLogDeps {
  storage: CellStorage;
  plans: PlanCache;
  timers: TimerQueue;
  /** Makes sure that all of an execution is here; undefined when it is. */
  bring(executionId: string, texts?: boolean): Promise<void> | undefined;
  /** More is stored of an execution now than its log: where it is archived, that is to go there, too. */
  hasMore(executionId: string): void;
  now(): number;
  report(message: string, error: unknown): void;
}

/** What one commit has added to an execution's log. */
interface Written {
  executionId: string;
  plan: Plan;
  events: readonly StampedEvent[];
  ended: boolean;
}

/** About how many characters of events one page holds. */
const PAGE_CHARS = 1_000_000;

/** The logs of a cell's executions as readers see them: what is written, in pages, and word of what comes. */
export class EventLog {
  readonly #deps: EventLogDeps;
  readonly #links: LinkTable;
  readonly #watchers = new Map<string, Set<() => void>>();
  /** While those who follow it are told. */
  #written: Written | undefined;

  constructor(deps: EventLogDeps) {
    this.#deps = deps;
    this.#links = new LinkTable(deps.storage);
  }

  /** Events after the sequence `after`; null when there is no such execution. */
  page(executionId: string, after: number, chars = PAGE_CHARS): EventPage | null {
    const { storage, plans } = this.#deps;
    const row = storage.execution(executionId);
    const plan = row && plans.find(row.plan);
    if (!row || !plan) return null;
    const { events, end } = storage.logAfter(executionId, after, chars);
    return {
      events: shownEvents(plans, row, events),
      last: events.at(-1)?.seq ?? after,
      ended: end && row.finishedAt !== null,
      types: streamedTypes(plan),
    };
  }

  has(executionId: string): boolean {
    return this.#deps.storage.execution(executionId) !== undefined;
  }

  /** Sequence of the last event that is written. */
  tip(executionId: string): number {
    return this.#deps.storage.lastSeq(executionId);
  }

  /** What is written after a sequence, serialised; null when that is more than a window, or the execution is not here. */
  following(executionId: string, after: number): Following | null {
    const { storage, plans } = this.#deps;
    // Pages hold more than a frame may, and are read when all of it is here.
    if (new LargeTable(storage).has(executionId)) return null;
    const written = this.#written;
    if (written?.executionId === executionId && written.events[0]?.seq === after + 1)
      return { lines: linesOf(written.plan, executionId, written.events), ended: written.ended };
    const row = storage.execution(executionId);
    const plan = row && plans.find(row.plan);
    if (!row || !plan) return null;
    const { events, end } = storage.logAfter(executionId, after, WINDOW_CHARS);
    if (!end) return null;
    return { lines: shownEvents(plans, row, events).map(eventLine), ended: row.finishedAt !== null };
  }

  /** Likewise; waits for the next when there are none yet. */
  async read(executionId: string, after: number, waitMs = 0): Promise<EventPage | null> {
    await this.#deps.bring(executionId);
    const page = this.page(executionId, after);
    if (!page || page.events.length > 0 || page.ended || waitMs <= 0) return page;
    await this.#next(executionId, waitMs);
    globalThis.faultPoint?.("events.awaited");
    await this.#deps.bring(executionId);
    return this.page(executionId, after);
  }

  /** See `CoordinatorRpc.readHistory`. */
  history(executionId: string, after: number, exact: boolean, upTo = Number.MAX_SAFE_INTEGER): HistoryPart | null {
    const { storage, plans } = this.#deps;
    const row = storage.execution(executionId);
    const plan = row && plans.find(row.plan);
    if (!row || !plan) return null;
    const from = exact ? null : (this.#links.before(executionId, after) ?? null);
    const begin = exact ? after : (from?.seq ?? 0);
    const read = storage.logAfter(executionId, begin, PAGE_CHARS);
    const events = read.events.filter(({ seq }) => seq <= upTo);
    const end = read.end && events.length === read.events.length;
    const last = events.at(-1)?.seq ?? begin;
    const { slug, version } = plan.definition;
    const runAttempt = runAttemptAt(JSON.parse(row.head) as StoredHead, last);
    return {
      from,
      events: shownEvents(plans, row, events),
      kept: this.#links.between(executionId, begin, last),
      end: end ? { status: row.status, runAttempt, workflow: { slug, version } } : null,
    };
  }

  /** See `CoordinatorRpc.keepLinks`. */
  async keepLinks(executionId: string, links: readonly ChainLink[]): Promise<void> {
    await this.#deps.bring(executionId, false);
    if (this.has(executionId)) this.#links.put(executionId, links, () => this.#deps.hasMore(executionId));
  }

  /** Calls `listener` in the turn that has written events of the execution; answers how to take that back. */
  watch(executionId: string, listener: () => void): () => void {
    const watchers = this.#watchers.get(executionId) ?? new Set();
    this.#watchers.set(executionId, watchers.add(listener));
    return () => {
      watchers.delete(listener);
      if (watchers.size === 0 && this.#watchers.get(executionId) === watchers) this.#watchers.delete(executionId);
    };
  }

  /** Events of an execution were written: who follows it is told, and need not read them again. */
  written(written: Written): void {
    const watchers = this.#watchers.get(written.executionId);
    if (!watchers) return;
    this.#written = written;
    try {
      for (const listener of [...watchers]) listener();
    } catch (error) {
      // What was written stands, whoever could not be told.
      this.#deps.report("readers of an execution could not be told", error);
    }
    this.#written = undefined;
  }

  #next(executionId: string, waitMs: number): Promise<void> {
    const { timers, now } = this.#deps;
    return new Promise((resolve) => {
      const done = (): void => {
        takeBack();
        forget();
        resolve();
      };
      const forget = this.watch(executionId, done);
      const takeBack = timers.at(now() + waitMs, done);
    });
  }
}

/** `execution.streaming.events` of a workflow. */
function streamedTypes({ definition }: Plan): string[] | undefined {
  const streaming = definition.execution?.streaming;
  const events = isObject(streaming) ? streaming.events : undefined;
  return Array.isArray(events) ? events.map(String) : undefined;
}

function linesOf(plan: Plan, executionId: string, events: readonly StampedEvent[]): EventLine[] {
  return events.map((event) => eventLine(executionEvent(plan, executionId, event)));
}
