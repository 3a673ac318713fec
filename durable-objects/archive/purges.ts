import { failure, success, type Failure, type Result } from "../../contracts/errors.ts";
import type { LeftInCell, Purged } from "../../contracts/purged.ts";
import { cacheKeyOf, formerCacheKeyOf } from "../../engine/run/cache-key.ts";
import { addressOf } from "../../engine/run/path.ts";
import type { Archive } from "./archive.ts";
import { ArchiveDamaged } from "./archive-damaged.ts";
import { ArchiveTable } from "./archive-table.ts";
import type { CellStorage } from "../coordinator/cell-storage.ts";
import { planAt } from "../coordinator/epochs.ts";
import type { StoredHead } from "../coordinator/execution-head.ts";
import type { ObjectStore } from "./object-store.ts";
import type { PlanCache } from "../coordinator/plan-cache.ts";
import { PurgeTable } from "./purge-table.ts";
import { sha256Hex } from "./sha256-hex.ts";

interface PurgeDeps {
  storage: CellStorage;
  plans: PlanCache;
  archive: Archive;
  objects?: ObjectStore;
  now(): number;
  wait(ms: number): Promise<void>;
  isHere(executionId: string): boolean;
  /** Every execution changed up to here is with the sink and with the feed. */
  mark(): number;
  lastChange(): number;
  /** Writes down how far the sink and the feed are: no later row of these will. */
  storeMark(): void;
  report(message: string, error: unknown): void;
}

/** What is purged is removed everywhere once more after so long: a write that was under way may have come after the first time. */
const AGAIN_MS = 600_000;
/** A purge that could not be finished is looked at again after so long. */
const UNFINISHED_MS = 60_000;
/** How long it is remembered that an execution was purged. */
const REMEMBERED_MS = 86_400_000;
/** How long a purge waits for the sink and the feed to have what they are to have, and how often it looks. */
const WAIT_MS = 5_000;
const LOOK_MS = 50;
const RETRY_AFTER_S = 2;
const MOST_DUE = 50;

/**
 * Executions whose every trace is to go. That one is purged is written in the transaction that deletes its rows, and stays until
 * everybody else has said that nothing is left: a kill at any point leaves a purge that goes on, never half an execution.
 */
export class Purges {
  readonly #deps: PurgeDeps;
  readonly #table: PurgeTable;
  readonly #rows: ArchiveTable;

  constructor(deps: PurgeDeps) {
    this.#deps = deps;
    this.#table = new PurgeTable(deps.storage);
    this.#rows = new ArchiveTable(deps.storage);
  }

  has(executionId: string): boolean {
    return this.#table.has(executionId);
  }

  /** Null: there is no such execution. Repeating it answers the same. */
  async purge(executionId: string, actor: string): Promise<Result<Purged> | null> {
    const { archive, now, wait } = this.#deps;
    for (const until = now() + WAIT_MS; ; ) {
      const known = this.#table.find(executionId);
      if (known) {
        const objects = await this.#removeObjects(known.executions);
        globalThis.faultPoint?.("purge.removed");
        return success({ ...known, objects: this.#table.find(executionId)?.objects ?? objects });
      }
      const tree = await this.#bringTree(executionId);
      globalThis.faultPoint?.("purge.brought");
      if (tree === null) return null;
      if (!Array.isArray(tree)) return tree;
      const cached = await this.#cachedBy(tree);
      globalThis.faultPoint?.("purge.known");
      // What is being put away must not come after what takes it away.
      for (let going = archive.underWay(tree); going; going = archive.underWay(tree)) await going;
      const refusal = this.#refusal(tree);
      if (!refusal) {
        this.#remove({ executions: tree, actor, cached });
        globalThis.faultPoint?.("purge.written");
        continue;
      }
      if (refusal !== "untold") return refusal;
      if (now() >= until) return untold();
      await wait(LOOK_MS);
    }
  }

  /** Purges of which something may still be somewhere; in the object storage there is nothing left of them. */
  async due(): Promise<Purged[]> {
    const { now, report } = this.#deps;
    this.#table.forget(now() - REMEMBERED_MS);
    const gone: Purged[] = [];
    for (const purged of this.#table.due(now(), MOST_DUE, UNFINISHED_MS)) {
      try {
        const objects = await this.#removeObjects(purged.executions);
        gone.push({ ...purged, objects: Math.max(purged.objects, objects) });
      } catch (error) {
        report(`what is stored of ${purged.executions[0]} could not be removed`, error);
      }
    }
    return gone;
  }

  /** When a purge is to be looked at next; infinity when there is none. */
  get nextDue(): number {
    return this.#table.nextDue() ?? Number.POSITIVE_INFINITY;
  }

  done(executions: readonly string[]): void {
    this.#table.done(executions, this.#deps.now(), AGAIN_MS);
  }

  /** The execution and all that its steps started, brought back where they are archived. */
  async #bringTree(executionId: string): Promise<string[] | Failure | null> {
    const { storage, archive } = this.#deps;
    const tree: string[] = [];
    const open = [executionId];
    for (let id = open.shift(); id !== undefined; id = open.shift()) {
      if (tree.includes(id)) continue;
      const damaged = await archive.bring(id)?.then(() => false, isDamage);
      const row = storage.execution(id);
      if (!row) {
        // It cannot be read, but it can go: what its steps started has ids of its own.
        if (damaged === true) tree.push(id);
        else if (id === executionId) return null;
        continue;
      }
      const { parent } = JSON.parse(row.head) as StoredHead;
      if (id === executionId && parent) {
        await archive.bring(parent.executionId)?.catch(() => undefined);
        if (storage.execution(parent.executionId)) return belongsToParent(parent.executionId);
      }
      tree.push(id);
      open.push(...this.#rows.children(id), ...storage.children(id));
    }
    return tree;
  }

  #refusal(tree: readonly string[]): Failure | "untold" | undefined {
    const { isHere, mark } = this.#deps;
    for (const id of tree) {
      const row = this.#rows.find(id);
      if (isHere(id) || row?.finishedAt === null) return running(id, tree[0] ?? id);
      if (row && row.change > mark()) return "untold";
    }
    return undefined;
  }

  #remove(purged: Omit<Purged, "rows" | "objects">): void {
    const { storage, archive, lastChange, storeMark, now } = this.#deps;
    const { executions } = purged;
    storage.prepare();
    storage.atomically(() => {
      storage.putLastChange(lastChange());
      storeMark();
      const own = new Set(executions.flatMap((id) => this.#ownPlans(id)));
      const stored = executions.reduce((sum, id) => sum + this.#table.rowsOf(id), 0);
      const rows = stored + this.#table.removeTraces(executions);
      for (const id of executions) this.#rows.remove(id);
      if (own.size > 0) archive.removePlans([...own]);
      globalThis.faultPoint?.("purge.inside");
      this.#table.put({ ...purged, rows }, now());
    });
  }

  /** Plans that may stand nowhere else, and so have to go now. Those of published versions go with the next look for such that nobody needs. */
  #ownPlans(id: string): string[] {
    const row = this.#deps.storage.execution(id);
    if (!row) return [];
    const plans = this.#rows.plansOf(id);
    if ((JSON.parse(row.head) as StoredHead).published !== true) return plans;
    for (const plan of plans) this.#rows.putLeftPlan(plan);
    return [];
  }

  /** Answers how many there were. */
  async #removeObjects(executions: readonly string[]): Promise<number> {
    const { objects } = this.#deps;
    if (!objects) return 0;
    const keys = await this.#keysOf(objects, executions);
    this.#table.countObjects(executions[0] ?? "", keys.length);
    globalThis.faultPoint?.("purge.counted");
    if (keys.length > 0) await objects.delete(keys);
    globalThis.faultPoint?.("purge.deleted");
    return keys.length;
  }

  async #keysOf(objects: ObjectStore, executions: readonly string[]): Promise<string[]> {
    const keys = new Set<string>();
    for (const id of executions) {
      for (const key of await objects.keys(this.#deps.archive.folder(id))) keys.add(key);
      globalThis.faultPoint?.("purge.listed");
    }
    return [...keys];
  }

  /** What there is of these executions. */
  async leftOf(executions: readonly string[]): Promise<LeftInCell> {
    const { objects } = this.#deps;
    const keys = objects ? await this.#keysOf(objects, executions) : [];
    const rows = executions.reduce((sum, id) => sum + this.#table.rowsOf(id), this.#table.keysOf(executions));
    return { rows, objects: keys.length };
  }

  /** Under what the tenant's cache may have what these executions' steps gave. */
  async #cachedBy(tree: readonly string[]): Promise<string[]> {
    const { storage, plans } = this.#deps;
    const keys = new Set<string>();
    for (const id of tree) {
      const row = storage.execution(id);
      if (!row) continue;
      const head = JSON.parse(row.head) as StoredHead;
      try {
        for (const event of storage.log(id)) {
          if (event.type !== "step.started") continue;
          const plan = plans.find(planAt(head, row.plan, event.seq));
          const step = plan?.byAddress.get(addressOf(event.path));
          if (!plan || !step?.cache) continue;
          for (const keyOf of [cacheKeyOf, formerCacheKeyOf]) keys.add(keyOf(plan.definition.slug, step, event));
        }
      } catch (error) {
        // A large output of it is lost. What it was kept under ends with its time in the cache.
        this.#deps.report(`the log of ${id} could not be read whole before it was purged`, error);
      }
    }
    return Promise.all([...keys].map((key) => sha256Hex(key)));
  }
}

/** Anything else that went wrong is thrown on. */
function isDamage(error: unknown): true {
  if (error instanceof ArchiveDamaged) return true;
  throw error;
}

function running(id: string, root: string): Failure {
  const which = id === root ? "The execution has" : `${id}, which a step of it started, has`;
  return failure("CONFLICT", `${which} not ended: cancel it first, then purge it.`, { execution: id });
}

function belongsToParent(parent: string): Failure {
  const message = `The execution belongs to a step of ${parent}: it goes when that one is purged.`;
  return failure("CONFLICT", message, { parent });
}

function untold(): Failure {
  const message =
    "What the execution has used, or what endpoints are to be told of it, is not with them yet. Try again.";
  return { ...failure("UNAVAILABLE", message), retryAfter: RETRY_AFTER_S };
}
