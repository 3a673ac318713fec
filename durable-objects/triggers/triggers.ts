import { DurableObject } from "cloudflare:workers";
import type { Result } from "../../contracts/errors.ts";
import type { Environment } from "../../contracts/execution.ts";
import type {
  HookAnswer,
  HookDelivery,
  StoredTrigger,
  TriggerEvent,
  TriggersRpc,
  TriggerStartsRpc,
  TriggerState,
} from "../../contracts/triggers-rpc.ts";
import { ObjectSql } from "../object-sql.ts";
import { TRIGGERS_MIGRATIONS } from "./migrations.ts";
import { TriggerBoard } from "./trigger-board.ts";

/** The entrypoint of this object's own Worker that starts executions, as the runtime offers what `main.ts` exports. */
function startsOf(ctx: DurableObjectState): TriggerStartsRpc {
  const { exports } = ctx as unknown as { exports: { TriggerStarts: TriggerStartsRpc } };
  return exports.TriggerStarts;
}

/** The triggers of one tenant and environment: what is due, what has come, what was started by it. */
export class Triggers extends DurableObject implements TriggersRpc {
  readonly #board: TriggerBoard;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.#board = new TriggerBoard(new ObjectSql(ctx.storage, TRIGGERS_MIGRATIONS), {
      now: Date.now,
      starts: { start: (owner, firings) => startsOf(ctx).start(owner, firings) },
      later(ms, task) {
        const timer = setTimeout(task, ms);
        return () => clearTimeout(timer);
      },
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      report: (message, error) => console.error(message, error),
    });
  }

  async put(owner: { tenantId: string; environment: Environment }, triggers: StoredTrigger[]): Promise<void> {
    this.#board.put(owner, triggers);
  }

  async remove(triggers: { id: string; revision: number }[]): Promise<void> {
    this.#board.remove(triggers);
  }

  async states(ids: string[]): Promise<Record<string, TriggerState>> {
    return this.#board.states(ids);
  }

  async findHook(path: string): Promise<StoredTrigger | null> {
    return this.#board.findHook(path);
  }

  async deliver(delivery: HookDelivery): Promise<HookAnswer> {
    return this.#board.deliver(delivery);
  }

  async publish(event: TriggerEvent): Promise<Result<number>> {
    return this.#board.publish(event);
  }

  async wake(): Promise<number> {
    return this.#board.wake();
  }

  override async alarm(): Promise<void> {
    this.#board.onAlarm();
  }
}
