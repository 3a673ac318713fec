import type { Result } from "../../contracts/errors.ts";
import type { LeftInCell, Purged } from "../../contracts/purged.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import type { Resident } from "../coordinator/resident.ts";
import { ArchiveDamaged } from "./archive-damaged.ts";
import { Archive } from "./archive.ts";
import type { CellStorage } from "../coordinator/cell-storage.ts";
import type { ObjectStore } from "./object-store.ts";
import type { PlanCache } from "../coordinator/plan-cache.ts";
import { type Giver, LargeOutputs } from "./large-outputs.ts";
import { namedFaults } from "./named-faults.ts";
import { Purges } from "./purges.ts";

interface RetentionDeps {
  storage: CellStorage;
  plans: PlanCache;
  objects?: ObjectStore;
  objectsPrefix?: string;
  /** It is there for one isolated execution. */
  single?: boolean;
  retentionMs?(): Promise<number>;
  now(): number;
  wait(ms: number): Promise<void>;
  isHere(executionId: string): boolean;
  mark(): number;
  lastChange(): number;
  storeMark(): void;
  report(message: string, error: unknown): void;
}

/** When a cell that nobody tells looks for the first time how long what has ended stays. */
const FIRST_LOOK_MS = 60_000;

/** How long executions of a cell that have ended are kept, and how they go: into the archive, or for good. */
export class Retention {
  readonly #deps: RetentionDeps;
  readonly #archive: Archive;
  readonly #purges: Purges;
  readonly #outputs: LargeOutputs;
  /** What was last heard. */
  #retentionMs: number | undefined;

  constructor(given: RetentionDeps) {
    const deps = given.objects ? { ...given, objects: namedFaults(given.objects) } : given;
    this.#deps = deps;
    this.#outputs = new LargeOutputs(deps);
    this.#archive = new Archive({ ...deps, isPurged: (id) => this.#purges.has(id) });
    this.#purges = new Purges({ ...deps, archive: this.#archive });
  }

  /** Makes sure that all of an execution is here; undefined when it is. See `Archive.bring`. */
  readonly bring = (executionId: string, texts?: boolean): Promise<void> | undefined =>
    this.#archive.bring(executionId, texts);

  /** What is stored of an execution beside its log is more now: see `Archive.hasMore`. */
  readonly hasMore = (executionId: string): void => this.#archive.hasMore(executionId);

  /** Likewise, but for its large outputs; one that is damaged is not brought: whoever needs it finds nothing. */
  async bringRows(executionIds: readonly string[]): Promise<void> {
    for (const id of executionIds) {
      try {
        await this.#archive.bring(id, false);
      } catch (error) {
        if (!(error instanceof ArchiveDamaged)) throw error;
        this.#deps.report(`execution ${id} cannot be read`, error);
      }
    }
  }

  /** A result that may be counted on: what is large of it is stored. */
  readonly keep = (resident: Resident, giver: Giver, result: ActionResult): Promise<ActionResult> =>
    this.#outputs.keep(resident, giver, result);

  /** Archives some of what ended longer ago than executions stay. */
  async round(retentionMs?: number): Promise<void> {
    const { report } = this.#deps;
    try {
      this.#retentionMs = retentionMs ?? (await this.#deps.retentionMs?.());
    } catch (error) {
      report("nobody could be asked how long executions stay", error);
    }
    if (this.#retentionMs !== undefined) await this.#archive.round(this.#retentionMs);
  }

  /** When a cell that nobody wakes is to archive or purge what it has; infinity where somebody does, or there is nothing. */
  nextRound(now: number): number {
    if (!this.#deps.single) return Number.POSITIVE_INFINITY;
    return Math.max(Math.min(this.#nextArchiving(now), this.#purges.nextDue), now + FIRST_LOOK_MS);
  }

  #nextArchiving(now: number): number {
    const { objects, lastChange } = this.#deps;
    if (!objects || lastChange() === 0) return Number.POSITIVE_INFINITY;
    const { oldest, guestsLeave, unfinished } = this.#archive;
    if (this.#retentionMs === undefined || unfinished) return now + FIRST_LOOK_MS;
    return Math.min(guestsLeave, oldest === undefined ? Number.POSITIVE_INFINITY : oldest + this.#retentionMs);
  }

  /** Some purge is to be looked at. */
  hasDuePurges(now: number): boolean {
    return this.#purges.nextDue <= now;
  }

  /** See `CoordinatorRpc.purge`. */
  purge(executionId: string, actor: string): Promise<Result<Purged> | null> {
    return this.#purges.purge(executionId, actor);
  }

  duePurges(): Promise<Purged[]> {
    return this.#purges.due();
  }

  /** See `CoordinatorRpc.leftOf`. */
  leftOf(executions: readonly string[]): Promise<LeftInCell> {
    return this.#purges.leftOf(executions);
  }

  purged(executions: readonly string[]): void {
    globalThis.faultPoint?.("purge.before_done");
    this.#purges.done(executions);
    globalThis.faultPoint?.("purge.done");
  }
}
