import type {
  CampaignItem,
  CampaignItemState,
  CampaignOutcome,
  CampaignStatus,
  CampaignSteering,
  CampaignStepsRpc,
  CampaignView,
  NewCampaign,
} from "../../contracts/campaigns-rpc.ts";
import { failure, type Failure, success, type Result } from "../../contracts/errors.ts";
import type { ObjectSql } from "../object-sql.ts";
import { CampaignTable } from "./campaign-table.ts";

export interface CampaignPorts {
  now(): number;
  wait(ms: number): Promise<void>;
  steps: CampaignStepsRpc;
  setAlarm(at: number): void;
  report(message: string, error: unknown): void;
}

/** What is asked again when nothing was heard for so long: the object, or the Worker, was killed meanwhile. */
const RECOVERY_MS = 10_000;
/**
 * Between two steps. Those that follow each other without ever waiting for the world keep workerd's event loop busy, and it looks at its
 * sockets only when it is not: nobody could watch a campaign, or stop it, before it is over.
 */
const TICK_MS = 1;
const KEPT_MS = 30 * 86_400_000;
const MOST_UNFINISHED = 20;
const LISTED = 100;
/** Keys of pauses, resumes and stops that one keeps. */
const MOST_STEERINGS = 1_000;
const KEY_IS_TAKEN = "This Idempotency-Key was used with another request body";

/**
 * One act on many executions, a few at a time. Nothing is in memory that is not on the disk: which executions are still to be acted on
 * stands in their rows, and acting twice on one is acting once, because the campaign's id goes with it.
 */
export class CampaignBoard {
  readonly #table: CampaignTable;
  readonly #ports: CampaignPorts;
  #working = false;

  constructor(sql: ObjectSql, ports: CampaignPorts) {
    this.#table = new CampaignTable(sql);
    this.#ports = ports;
  }

  create(campaign: NewCampaign): CampaignView | Failure {
    const now = this.#ports.now();
    const known = this.#table.get(campaign.order.id);
    if (known && known.bodyHash !== campaign.bodyHash) return failure("CONFLICT", KEY_IS_TAKEN);
    if (known) return viewed(known);
    if (this.#table.unfinished() >= MOST_UNFINISHED)
      return failure("CONFLICT", `There are ${MOST_UNFINISHED} unfinished campaigns: stop one, or wait for one.`);
    this.#table.forgetFinished(now - KEPT_MS);
    this.#table.insert(campaign, now);
    this.#goOn();
    return viewed(this.#known(campaign.order.id));
  }

  get(id: string): CampaignView | null {
    const view = this.#table.get(id);
    return view ? viewed(view) : null;
  }

  list(): CampaignView[] {
    return this.#table.list(LISTED).map(viewed);
  }

  items(
    id: string,
    { state, after, limit }: { state?: CampaignItemState; after: number; limit: number },
  ): { items: CampaignItem[]; more: boolean } | null {
    if (!this.#table.get(id)) return null;
    const items = this.#table.items(id, state, after, limit + 1);
    return { items: items.slice(0, limit), more: items.length > limit };
  }

  /** What was asked of an execution already, and not answered yet, may still happen. */
  steer(id: string, how: CampaignSteering, key?: string): Result<CampaignView> | null {
    const view = this.#table.get(id);
    if (!view) return null;
    const before = key === undefined ? undefined : this.#table.steeredBy(id, key);
    if (before === how) return success(viewed(view));
    if (before !== undefined) return failure("CONFLICT", KEY_IS_TAKEN);
    const wanted: CampaignStatus = how === "pause" ? "paused" : how === "stop" ? "stopped" : "running";
    if (view.status !== wanted) {
      if (view.status === "completed" || view.status === "stopped")
        return failure("CONFLICT", `The campaign is ${view.status}: it cannot ${how} now.`, { status: view.status });
    }
    if (key !== undefined && this.#table.steerings(id) >= MOST_STEERINGS) {
      const message = `The campaign keeps ${MOST_STEERINGS} Idempotency-Keys already: send this without one.`;
      return failure("RATE_LIMITED", message, { limit: "acts", max: MOST_STEERINGS });
    }
    this.#table.steer(
      id,
      view.status === wanted ? undefined : wanted,
      key === undefined ? undefined : { key, how },
      this.#ports.now(),
    );
    if (view.status !== wanted) this.#goOn();
    return success(viewed(this.#known(id)));
  }

  onAlarm(): void {
    this.#goOn();
  }

  /** Resolves when nothing is due any more. */
  async work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        await this.#step(next);
        await this.#ports.wait(TICK_MS);
      }
    } finally {
      this.#working = false;
      this.#arm();
    }
  }

  #next(): CampaignView | undefined {
    return this.#table.nextRunning(this.#ports.now());
  }

  async #step({ order, atOnce }: CampaignView): Promise<void> {
    const { now, steps } = this.#ports;
    const items = this.#table.due(order.id, now(), atOnce);
    const outcomes = await steps
      .step(
        order,
        items.map(({ executionId }) => executionId),
      )
      .catch((error: unknown) => {
        this.#ports.report("a campaign's step failed", error);
        return items.map(() => UNREACHED);
      });
    const settled = items.map(({ position }, index) => ({ position, outcome: outcomes[index] ?? UNREACHED }));
    this.#table.settle(order.id, settled, now());
  }

  #goOn(): void {
    this.#arm();
    void this.work().catch((error: unknown) => this.#ports.report("campaigns stand still", error));
  }

  #arm(): void {
    const due = this.#table.nextDue();
    if (due !== undefined) this.#ports.setAlarm(Math.max(due, this.#ports.now() + (this.#working ? RECOVERY_MS : 0)));
  }

  #known(id: string): CampaignView & { bodyHash: string } {
    const view = this.#table.get(id);
    if (!view) throw new Error(`campaign ${id} is gone`);
    return view;
  }
}

const UNREACHED: CampaignOutcome = {
  kind: "later",
  code: "UNAVAILABLE",
  message: "The platform could not be reached.",
};

function viewed({
  order,
  filter,
  atOnce,
  status,
  createdAt,
  finishedAt,
  total,
  done,
  refused,
}: CampaignView): CampaignView {
  return { order, filter, atOnce, status, createdAt, finishedAt, total, done, refused };
}
