import type { Result } from "../../contracts/errors.ts";
import type {
  HookAnswer,
  HookDelivery,
  StoredTrigger,
  TriggerEvent,
  TriggerState,
} from "../../contracts/triggers-rpc.ts";
import type { Environment } from "../../contracts/execution.ts";
import type { ObjectSql } from "../object-sql.ts";
import { EventIntake } from "./event-intake.ts";
import { HookIntake } from "./hook-intake.ts";
import { Paces } from "./paces.ts";
import { Schedules } from "./schedules.ts";
import { Starter } from "./starter.ts";
import { TakenNames } from "./taken-names.ts";
import type { TriggerPorts } from "./trigger-ports.ts";
import { TriggerTable } from "./trigger-table.ts";

/**
 * All triggers of a tenant and environment. What is due or has come is on disk before anything is started; the one alarm is
 * set for the first of what has a time. Nothing is kept in memory that a kill would lose.
 */
export class TriggerBoard {
  readonly #sql: ObjectSql;
  readonly #ports: TriggerPorts;
  readonly #triggers: TriggerTable;
  readonly #taken: TakenNames;
  readonly #paces: Paces;
  readonly #starter: Starter;
  readonly #schedules: Schedules;
  readonly #events: EventIntake;
  readonly #hooks: HookIntake;
  /** When the alarm will ring, as far as this life of the object knows. */
  #alarmAt: number | undefined;

  constructor(sql: ObjectSql, ports: TriggerPorts) {
    this.#sql = sql;
    this.#ports = ports;
    this.#triggers = new TriggerTable(sql);
    this.#taken = new TakenNames(sql);
    this.#paces = new Paces(sql);
    this.#starter = new Starter(sql, this.#triggers, this.#taken, ports, () => this.#arm());
    this.#schedules = new Schedules(sql, this.#triggers, this.#starter.firings);
    this.#events = new EventIntake(sql, this.#triggers, this.#taken, this.#paces, this.#starter);
    this.#hooks = new HookIntake(sql, this.#triggers, this.#taken, this.#paces, this.#starter, ports);
  }

  put(owner: { tenantId: string; environment: Environment }, triggers: readonly StoredTrigger[]): void {
    this.#sql.atomically(() => {
      this.#triggers.setOwner(owner.tenantId, owner.environment);
      for (const record of triggers) {
        if (this.#triggers.revision(record.id) >= record.revision) continue;
        const before = this.#triggers.find(record.id);
        this.#triggers.put(record, this.#schedules.nextDueOf(record, before, this.#ports.now()));
      }
    });
    this.#arm();
  }

  remove(triggers: readonly { id: string; revision: number }[]): void {
    this.#sql.atomically(() => {
      for (const { id, revision } of triggers)
        if (this.#triggers.revision(id) < revision) this.#triggers.remove(id, revision, this.#ports.now());
    });
    this.#arm();
  }

  states(ids: readonly string[]): Record<string, TriggerState> {
    return Object.fromEntries(ids.map((id) => [id, this.#state(id)]));
  }

  findHook(path: string): StoredTrigger | null {
    return this.#triggers.findHook(path) ?? null;
  }

  async deliver(delivery: HookDelivery): Promise<HookAnswer> {
    const answering = this.#hooks.deliver(delivery);
    this.#arm();
    return answering;
  }

  publish(event: TriggerEvent): Result<number> {
    const taken = this.#events.publish(event, this.#ports.now());
    this.#starter.pump();
    this.#arm();
    return taken;
  }

  wake(): number {
    this.onAlarm();
    return this.#starter.firings.waiting();
  }

  onAlarm(): void {
    this.#alarmAt = undefined;
    try {
      const now = this.#ports.now();
      this.#schedules.fireDue(now);
      this.#events.closeDue(now);
      this.#forget(now);
      this.#starter.pump();
    } finally {
      this.#arm();
    }
  }

  #forget(now: number): void {
    this.#sql.atomically(() => {
      this.#taken.forgetExpired(now);
      this.#paces.forgetExpired(now);
      this.#triggers.forgetGone(now);
    });
  }

  #state(id: string): TriggerState {
    return {
      revision: this.#triggers.revision(id),
      nextDue: this.#triggers.find(id)?.nextDue ?? null,
      runs: this.#triggers.runs(id),
      waiting: this.#starter.firings.waiting(id),
      dropped: this.#triggers.dropped(id),
    };
  }

  /** An alarm that rings for nothing costs less than one that is set at every change. */
  #arm(): void {
    const dues = [
      this.#triggers.nextDue(),
      this.#starter.nextDue(),
      this.#events.windows.nextDue(),
      this.#taken.nextExpiry(),
      this.#paces.nextExpiry(),
    ].filter((due) => due !== null);
    const due = dues.length === 0 ? undefined : Math.min(...dues);
    if (due === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= due)) return;
    this.#alarmAt = due;
    this.#ports.setAlarm(due);
  }
}
