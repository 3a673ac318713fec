import type { JsonObject } from "../../engine/json.ts";
import { CronSchedule } from "../../engine/triggers/cron-schedule.ts";
import type { ScheduleSpec, TriggerSpec } from "../../engine/triggers/trigger-spec.ts";
import type { StoredTrigger } from "../../contracts/triggers-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";
import type { FiringTable } from "./firing-table.ts";
import type { KnownTrigger, TriggerTable } from "./trigger-table.ts";

/** Later than this a due time is missed: made up for only where `backfill` says so. */
export const LATE_MS = 60_000;
/** Due times of one trigger within `LATE_MS`: a schedule of every second has so many. */
const MOST_LATE = 60;
/** Schedules seen to in one turn. */
const AT_ONCE = 200;
const SCHEDULES_KEPT = 2_000;

/**
 * Schedules. What is due is written down as a firing in the same commit that moves the schedule on: a kill before it finds
 * the due time again, a kill after it finds the firing. The firing's key is the trigger and the due time.
 */
export class Schedules {
  readonly #sql: ObjectSql;
  readonly #triggers: TriggerTable;
  readonly #firings: FiringTable;
  readonly #parsed = new Map<string, CronSchedule>();

  constructor(sql: ObjectSql, triggers: TriggerTable, firings: FiringTable) {
    this.#sql = sql;
    this.#triggers = triggers;
    this.#firings = firings;
  }

  /** When a trigger is due next after it was changed; one whose times stay keeps its place. */
  nextDueOf(record: StoredTrigger, before: KnownTrigger | undefined, now: number): number | null {
    const { spec, active } = record;
    if (spec.type !== "schedule" || !active) return null;
    if (before && before.nextDue !== null && sameTimes(spec, before.record.spec)) return before.nextDue;
    return this.#schedule(spec).next(Math.max(now, before?.lastDue ?? 0));
  }

  /** Writes down what is due, of so many schedules; the rest is due at once again. */
  fireDue(now: number): void {
    this.#sql.atomically(() => {
      const known = new Map<string, Turn>();
      for (const trigger of this.#triggers.due(now, AT_ONCE)) this.#fire(trigger, now, known);
    });
  }

  #fire({ record, nextDue, lastDue }: KnownTrigger, now: number, known: Map<string, Turn>): void {
    const { id, spec } = record;
    if (spec.type !== "schedule" || nextDue === null) {
      this.#triggers.setDue(id, lastDue, null);
      return;
    }
    // Many schedules of one text are due together: each is reckoned once.
    const same = `${spec.cron}\n${spec.timezone}\n${spec.backfill}\n${nextDue}`;
    const turn = known.get(same) ?? turnOf(this.#schedule(spec), spec, nextDue, now);
    known.set(same, turn);
    for (const { due, missed } of turn.dues) {
      const body = rootOf(record, due, missed);
      this.#firings.add({ key: `${id}@${due}`, triggerId: id, dueAt: due, body, due: now });
    }
    this.#triggers.setDue(id, Math.max(now, nextDue), turn.next);
  }

  #schedule({ cron, timezone }: ScheduleSpec): CronSchedule {
    const name = `${cron}\n${timezone}`;
    const known = this.#parsed.get(name) ?? CronSchedule.of(cron, timezone);
    if (known === undefined) throw new Error("the cron text of a validated trigger is not one");
    if (this.#parsed.size >= SCHEDULES_KEPT) this.#parsed.clear();
    this.#parsed.set(name, known);
    return known;
  }
}

/** What a schedule does that is due. */
interface Turn {
  dues: { due: number; missed: boolean }[];
  next: number | null;
}

/** What is to be started of the due times from `first` up to now: what was missed as far as the policy says, then the late. */
function turnOf(schedule: CronSchedule, { backfill }: ScheduleSpec, first: number, now: number): Turn {
  const next = schedule.next(Math.max(now, first));
  const onTime = now - LATE_MS;
  const late = schedule.between(Math.max(first - 1, onTime), now, MOST_LATE);
  const missed = schedule.between(first - 1, onTime, backfill);
  const dues = [...missed.map((due) => ({ due, missed: true })), ...late.map((due) => ({ due, missed: false }))];
  return { dues, next };
}

function sameTimes(a: ScheduleSpec, b: TriggerSpec): boolean {
  return b.type === "schedule" && a.cron === b.cron && a.timezone === b.timezone;
}

function rootOf({ id, name, spec }: StoredTrigger, due: number, missed: boolean): JsonObject {
  const timezone = spec.type === "schedule" ? spec.timezone : "UTC";
  return { type: "schedule", trigger_id: id, trigger_name: name, at: new Date(due).toISOString(), timezone, missed };
}
