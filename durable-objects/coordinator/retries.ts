import { failure, type Failure, success, type Result } from "../../contracts/errors.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import type { Admissions } from "./admissions.ts";
import type { StoredHead } from "./execution-head.ts";
import type { FeedPush } from "./feed-push.ts";
import type { PlanCache } from "./plan-cache.ts";
import type { Reservations } from "./reservations.ts";
import type { Residents } from "./residents.ts";
import type { TenantPort } from "./tenant-port.ts";

interface RetryDeps {
  residents: Residents;
  admissions: Admissions;
  plans: PlanCache;
  feed: FeedPush;
  tenant: TenantPort;
}

type Retry = Extract<RunCommand, { type: "retry" }>;

/** Seconds until somebody who found the key taken may find it free. */
const RETRY_AFTER_S = 5;

/** Executions that go on after their end: as the same execution, in their next run attempt. */
export class Retries {
  readonly #deps: RetryDeps;

  constructor(deps: RetryDeps) {
    this.#deps = deps;
  }

  /** Answers when it is on the disk; null where there is no such execution. `source`: of another plan that it goes on with. */
  async retry(executionId: string, command: Retry, source?: PlanSource): Promise<Result<void> | null> {
    const { residents } = this.#deps;
    const live = residents.get(executionId);
    if (live) {
      const refusal = live.driver.deliver(command);
      residents.rest(live);
      await residents.committed(live);
      return refusal ? failure(refusal.code, refusal.message, refusal.details) : success(undefined);
    }
    const before = await residents.read(executionId, (head, _plan, { acts }) => ({ head, acts }));
    if (!before) return null;
    const { head, acts } = before;
    // Before anybody is asked for room: it is there already, or has been used.
    if (command.act && acts.get(command.act.key) === command.act.body) return success(undefined);
    if (head.parent) return belongsToParent(head.parent.executionId);
    globalThis.faultPoint?.("retry.before");
    const room = await this.#room(executionId, head);
    globalThis.faultPoint?.("retry.room");
    if ("ok" in room) return room;
    return this.#goOn(executionId, command, room, source);
  }

  async #goOn(
    executionId: string,
    command: Retry,
    room: Reservations,
    source: PlanSource | undefined,
  ): Promise<Result<void> | null> {
    const { residents, plans, feed } = this.#deps;
    const plan = command.plan === undefined ? undefined : plans.find(command.plan, source);
    if (command.plan !== undefined && !plan)
      throw new Error("a plan that an execution is to go on with was not sent along");
    const next = plan && command.plan !== undefined ? { digest: command.plan, plan } : undefined;
    const resident = residents.reopen(executionId, room, next);
    if (!resident) {
      // Somebody was faster.
      room.drop();
      return this.retry(executionId, command, source);
    }
    globalThis.faultPoint?.("retry.reopened");
    feed.reopened(resident.head);
    const { runAttempt } = resident.head;
    const refusal = resident.driver.deliver(command);
    if (resident.pending.length === 0) {
      residents.letGo(resident);
      this.#giveBack(resident.head);
      return refusal ? failure(refusal.code, refusal.message, refusal.details) : success(undefined);
    }
    globalThis.faultPoint?.("retry.delivered");
    await residents.committed(resident);
    globalThis.faultPoint?.("retry.committed");
    const now = await residents.read(executionId, (_head, _plan, state) => state.identity.runAttempt);
    return (now ?? 0) >= runAttempt
      ? success(undefined)
      : failure("UNAVAILABLE", "The retry could not be stored. Try again.");
  }

  /** A place among the tenant's running executions, and a slot of its own concurrency key. */
  async #room(executionId: string, head: StoredHead): Promise<Reservations | Failure> {
    const room = await this.#deps.admissions.mayGoOn();
    if ("ok" in room || !head.concurrency) return room;
    const { key, limit } = head.concurrency;
    const answer = await this.#deps.tenant
      .acquireSlot(executionId, head.concurrency, head.priority ?? 0)
      .catch(() => undefined);
    globalThis.faultPoint?.("retry.slot");
    if (answer?.kind === "granted") return room;
    room.drop();
    this.#giveBack(head);
    const message = answer
      ? `Executions with the concurrency key "${key}" are at their limit of ${limit}: ask again when one has ended.`
      : "The tenant's concurrency keys cannot be asked for right now. Try again.";
    const refused = failure(answer ? "RATE_LIMITED" : "UNAVAILABLE", message, {
      limit: "concurrency",
      key,
      max: limit,
    });
    return { ...refused, retryAfter: RETRY_AFTER_S };
  }

  /** Its slot, or its place in the queue. May be lost: the tenant object looks who is alive. */
  #giveBack({ executionId, concurrency }: StoredHead): void {
    if (concurrency) void this.#deps.tenant.releaseSlot(executionId).catch(() => undefined);
  }
}

function belongsToParent(parent: string): Failure {
  const message = `The execution belongs to a step of ${parent}: retry that one, from the step that started this.`;
  return failure("CONFLICT", message, { parent });
}
