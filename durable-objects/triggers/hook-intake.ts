import type { HookAnswer, HookDelivery, StoredTrigger } from "../../contracts/triggers-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";
import { MOST_WAITING } from "./event-intake.ts";
import type { Paces } from "./paces.ts";
import type { Starter } from "./starter.ts";
import type { Taken, TakenNames } from "./taken-names.ts";
import type { TriggerPorts } from "./trigger-ports.ts";
import type { TriggerTable } from "./trigger-table.ts";

/** A caller is told the execution when it could be started within this. */
const PATIENCE_MS = 8_000;
/** When a sender comes again that was sent away because too much waits. */
const TOO_MUCH_MS = 10_000;

type Decision = HookAnswer | { kind: "take"; firing: string; replayed: boolean };

/** Webhook calls that have proved who they are from: each delivery starts one execution, however often it comes. */
export class HookIntake {
  readonly #sql: ObjectSql;
  readonly #triggers: TriggerTable;
  readonly #taken: TakenNames;
  readonly #paces: Paces;
  readonly #starter: Starter;
  readonly #ports: TriggerPorts;

  constructor(
    sql: ObjectSql,
    triggers: TriggerTable,
    taken: TakenNames,
    paces: Paces,
    starter: Starter,
    ports: TriggerPorts,
  ) {
    this.#sql = sql;
    this.#triggers = triggers;
    this.#taken = taken;
    this.#paces = paces;
    this.#starter = starter;
    this.#ports = ports;
  }

  /** Durable when it answers; waits a little for the execution to be started. */
  async deliver(delivery: HookDelivery): Promise<HookAnswer> {
    const decision = this.#sql.atomically(() => this.#decide(delivery));
    if (decision.kind !== "take") return decision;
    const { firing, replayed } = decision;
    const outcome = await this.#starter.startNow(firing, PATIENCE_MS);
    switch (outcome?.kind) {
      case "started":
        return { kind: "accepted", executionId: outcome.executionId, replayed };
      case "refused":
        return { kind: "refused", code: outcome.code, message: outcome.message };
      case "skipped":
        return { kind: "refused", code: "CONFLICT", message: outcome.message };
      case "later":
      case undefined:
        return { kind: "accepted", executionId: null, replayed };
      default:
        return outcome satisfies never;
    }
  }

  #decide({ triggerId, names, rememberMs, callId, at, came }: HookDelivery): Decision {
    const now = this.#ports.now();
    const trigger = this.#triggers.find(triggerId)?.record;
    if (trigger?.spec.type !== "webhook" || !trigger.active) return { kind: "inactive" };
    const before = this.#taken.find(triggerId, names, now);
    if (before) return again(before);
    const { rate } = trigger.spec;
    const wait = rate === undefined ? 0 : this.#paces.takeToken(triggerId, rate, now);
    if (wait > 0) return { kind: "rate_limited", retryAfterMs: wait };
    if (this.#starter.firings.waiting() >= MOST_WAITING) return { kind: "rate_limited", retryAfterMs: TOO_MUCH_MS };
    const firing = `${triggerId}:${callId}`;
    this.#taken.add(triggerId, names, firing, now + rememberMs);
    this.#starter.firings.add({ key: firing, triggerId, dueAt: at, body: rootOf(trigger, at, came), due: now });
    return { kind: "take", firing, replayed: false };
  }
}

function again({ firing, execution }: Taken): Decision {
  if (execution === null) return { kind: "take", firing, replayed: true };
  return { kind: "accepted", executionId: execution, replayed: true };
}

function rootOf({ id, name }: StoredTrigger, at: number, came: HookDelivery["came"]) {
  return { type: "webhook", trigger_id: id, trigger_name: name, at: new Date(at).toISOString(), ...came };
}
