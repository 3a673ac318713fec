import { failure, success, type Result } from "../../contracts/errors.ts";
import type { StoredTrigger, TriggerEvent } from "../../contracts/triggers-rpc.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import { fitsFilter } from "../../engine/triggers/fits-filter.ts";
import { triggerKey } from "../../engine/triggers/trigger-inputs.ts";
import type { EventSpec } from "../../engine/triggers/trigger-spec.ts";
import type { ObjectSql } from "../object-sql.ts";
import { type ClosedWindow, EventWindows } from "./event-windows.ts";
import type { Paces } from "./paces.ts";
import type { Starter } from "./starter.ts";
import type { TakenNames } from "./taken-names.ts";
import type { TriggerTable } from "./trigger-table.ts";

/** An event of a known id starts nothing again, for so long. */
const REMEMBERED_MS = 24 * 3_600_000;
/** Event triggers that may lead to one another (section 20). */
const DEEPEST_CHAIN = 16;
/** What may wait to be started, of one object: more is refused. */
export const MOST_WAITING = 100_000;
const WINDOWS_AT_ONCE = 100;

/** Events that start workflows: filtered, counted, collected and put off as their triggers say. */
export class EventIntake {
  readonly windows: EventWindows;
  readonly #sql: ObjectSql;
  readonly #triggers: TriggerTable;
  readonly #taken: TakenNames;
  readonly #paces: Paces;
  readonly #starter: Starter;

  constructor(sql: ObjectSql, triggers: TriggerTable, taken: TakenNames, paces: Paces, starter: Starter) {
    this.#sql = sql;
    this.windows = new EventWindows(sql);
    this.#triggers = triggers;
    this.#taken = taken;
    this.#paces = paces;
    this.#starter = starter;
  }

  /** Takes an event for every trigger that it is for. Answers how many have it, also from before. */
  publish(event: TriggerEvent, now: number): Result<number> {
    if (event.depth > DEEPEST_CHAIN)
      return failure("VALIDATION", `An event led to another more than ${DEEPEST_CHAIN} times.`, { limit: "depth" });
    if (this.#starter.firings.waiting() >= MOST_WAITING)
      return { ...failure("RATE_LIMITED", "Too many executions wait to be started."), retryAfter: 10 };
    return success(
      this.#sql.atomically(() => {
        const listening = this.#triggers.ofTopic(event.name).filter((it) => isFor(it, event));
        for (const trigger of listening) this.#take(trigger, event, now);
        return listening.length;
      }),
    );
  }

  /** Windows that are over become firings. */
  closeDue(now: number): void {
    this.#sql.atomically(() => {
      for (const window of this.windows.closeDue(now, WINDOWS_AT_ONCE)) this.#fireWindow(window, now);
    });
  }

  #take(trigger: StoredTrigger, event: TriggerEvent, now: number): void {
    const { spec, id } = trigger;
    if (spec.type !== "event") return;
    const name = `event:${event.id}`;
    if (this.#taken.find(id, [name], now)) return;
    const firing = `${id}:${event.id}`;
    this.#taken.add(id, [name], firing, now + REMEMBERED_MS);
    const root = rootOf(trigger, event);
    const keyOf = (template: Json | undefined) => triggerKey(template, { trigger: root, now, seed: firing });
    const { rateLimit, batch, debounce } = spec;
    if (rateLimit && !this.#paces.admits(id, keyOf(rateLimit.key), rateLimit, now)) {
      this.#triggers.addDropped(id);
      return;
    }
    if (debounce) {
      const collected = this.windows.debounce(trigger, keyOf(debounce.key), root, debounce, now);
      for (const window of collected) this.#fireWindow(window, now);
    } else if (batch) {
      const closed = this.windows.addToBatch(trigger, keyOf(batch.key), root, batch, now);
      for (const window of closed) this.#fireWindow(window, now);
    } else this.#fire(trigger, spec, firing, root, event.at, now);
  }

  #fireWindow({ trigger, events, seq, openedAt }: ClosedWindow, now: number): void {
    const { spec, id } = trigger;
    const last = events.at(-1);
    if (spec.type !== "event" || last === undefined) return;
    if (spec.batch) {
      const root = { ...last, events: events.map(inBatch), count: events.length };
      this.#fire(trigger, spec, `${id}#${seq}`, root, openedAt, now);
      return;
    }
    // A debounce holds one. More than that were collected before the trigger was changed, and none of them is lost.
    for (const [index, event] of events.entries())
      this.#fire(trigger, spec, index === 0 ? `${id}#${seq}` : `${id}#${seq}.${index}`, event, openedAt, now);
  }

  #fire({ id }: StoredTrigger, spec: EventSpec, key: string, body: JsonObject, dueAt: number, now: number): void {
    const { throttle } = spec;
    const due = throttle
      ? this.#paces.nextStart(id, triggerKey(throttle.key, { trigger: body, now, seed: key }), throttle, now)
      : now;
    this.#starter.firings.add({ key, triggerId: id, dueAt, body, due });
  }
}

function isFor({ spec }: StoredTrigger, { source, payload }: TriggerEvent): boolean {
  if (spec.type !== "event" || (spec.source !== undefined && spec.source !== source)) return false;
  return fitsFilter(spec.filter, payload);
}

/** `trigger.event` is what the event carries; what it is stands beside it. */
function rootOf({ id, name }: StoredTrigger, event: TriggerEvent): JsonObject {
  return {
    type: "event",
    trigger_id: id,
    trigger_name: name,
    at: new Date(event.at).toISOString(),
    event_id: event.id,
    topic: event.name,
    source: event.source,
    event: event.payload,
    depth: event.depth,
  };
}

function inBatch({ event_id = null, topic = null, source = null, at = null, event = null }: JsonObject): JsonObject {
  return { event_id, topic, source, at, event };
}
