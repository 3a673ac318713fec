import { packArchive, type Row, unpackArchive } from "./archive-file.ts";
import { ArchiveDamaged } from "./archive-damaged.ts";
import { ArchiveTable, type Candidate } from "./archive-table.ts";
import type { CellStorage } from "../coordinator/cell-storage.ts";
import { LargeTable } from "./large-table.ts";
import type { ObjectStore } from "./object-store.ts";
import type { PlanCache } from "../coordinator/plan-cache.ts";
import { sha256Hex } from "./sha256-hex.ts";

export interface ArchiveDeps {
  storage: CellStorage;
  plans: PlanCache;
  /** Where archived executions lie; a host without one keeps all of them. */
  objects?: ObjectStore;
  /** Begins every key of this cell's executions. */
  objectsPrefix?: string;
  now(): number;
  /** It is in memory: what is stored of it may not be all. */
  isHere(executionId: string): boolean;
  /** Every execution changed up to here is with the sink and with the feed. */
  mark(): number;
  lastChange(): number;
  /** Writes down how far the sink and the feed are: no later row of these will. */
  storeMark(): void;
  /** It is being purged, or was. */
  isPurged(executionId: string): boolean;
  report(message: string, error: unknown): void;
}

/** Rows that are looked at together; how many executions are put away at once; and how long a round goes on: another comes each minute. */
const LOOKED_AT = 200;
const PUT_AT_ONCE = 6;
const ROUND_MS = 50_000;
/** How long one that was asked for stays, and how many may; where there are more, how long at least. */
const GUEST_MS = 3_600_000;
const MOST_GUESTS = 500;
const MOST_GUEST_BYTES = 134_217_728;
const SHORT_MS = 60_000;
/** What is fetched is whole in memory, packed: so many at once. */
const MOST_FETCHES = 2;
/** Looking for plans that nobody needs reads every row: so often at most. */
const PLANS_EVERY_MS = 86_400_000;
const PLANS_LOOKED_AT = "plans_looked_at";
const MOST_PLANS = 1_000;

/**
 * Executions that ended long ago leave the cell for the object storage, whole: put there first, and deleted here only when that is
 * certain. Whoever asks for one brings it back, as a guest: everything finds it where it was.
 */
export class Archive {
  readonly #deps: ArchiveDeps;
  readonly #table: ArchiveTable;
  readonly #large: LargeTable;
  readonly #coming = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #fetching = 0;
  /** Up to this change, what has ended is archived or was passed over for good. */
  #cursor = 0;
  /** Passed over for now, or to be put away again. */
  readonly #later = new Set<string>();
  /** Being put away, until the promise resolves. */
  readonly #going = new Map<string, Promise<void>>();
  #round: Promise<void> | undefined;
  /** Of the oldest that is still too young, when it ended. */
  #oldest: number | undefined;
  #failed = false;

  constructor(deps: ArchiveDeps) {
    this.#deps = deps;
    this.#table = new ArchiveTable(deps.storage);
    this.#large = new LargeTable(deps.storage);
  }

  /** When the oldest that a round left here ended; undefined when it left none, or there was no round yet. */
  get oldest(): number | undefined {
    return this.#oldest;
  }

  /** The last round did not do all that it was to do. */
  get unfinished(): boolean {
    return this.#failed || this.#later.size > 0;
  }

  /** When the first of those that came back leaves again; infinity when none is here. */
  get guestsLeave(): number {
    return (this.#table.returnedBefore(Number.MAX_SAFE_INTEGER, 1)[0]?.at ?? Number.POSITIVE_INFINITY) + GUEST_MS;
  }

  /** Archives what ended longer than `retentionMs` ago, a bounded number of executions; one round at a time. */
  round(retentionMs: number): Promise<void> {
    this.#round ??= this.#archiveOld(retentionMs)
      .then(
        () => {
          this.#failed = false;
        },
        (error: unknown) => {
          this.#failed = true;
          this.#deps.report("executions could not be archived", error);
        },
      )
      .finally(() => {
        this.#round = undefined;
      });
    return this.#round;
  }

  /** Resolves when one of these is not being put away any more; undefined when none is. */
  underWay(executionIds: readonly string[]): Promise<void> | undefined {
    for (const id of executionIds) {
      const going = this.#going.get(id);
      if (going) return going;
    }
    return undefined;
  }

  /** What is stored of a guest is more than what was put away: it is no guest any more, and is put away again. */
  hasMore(executionId: string): void {
    const row = this.#table.find(executionId);
    if (!row || !this.#table.isGuest(row)) return;
    this.#table.forgetReturned(executionId);
    this.#later.add(executionId);
  }

  /**
   * Makes sure that all of an execution is here, archived or with outputs that lie elsewhere; undefined when it is. Throws
   * `ArchiveDamaged` for what is not as it was put away. `texts`: of its large outputs, too.
   */
  bring(executionId: string, texts = true): Promise<void> | undefined {
    const { storage, objects, isHere, isPurged } = this.#deps;
    if (!objects || isHere(executionId)) return undefined;
    const here = storage.execution(executionId) !== undefined;
    if (here) {
      if (!texts || this.#large.lacking(executionId).length === 0) return undefined;
      return this.#once(`${executionId} texts`, () => this.#fetchLarge(objects, executionId));
    }
    if (isPurged(executionId)) return undefined;
    const rows = this.#once(`${executionId} rows`, () => this.#fetchRows(objects, executionId));
    return texts ? rows.then(() => (storage.execution(executionId) ? this.bring(executionId) : undefined)) : rows;
  }

  #once(what: string, task: () => Promise<void>): Promise<void> {
    let coming = this.#coming.get(what);
    if (!coming) {
      coming = this.#inTurn(task).finally(() => this.#coming.delete(what));
      this.#coming.set(what, coming);
    }
    return coming;
  }

  async #inTurn(task: () => Promise<void>): Promise<void> {
    while (this.#fetching >= MOST_FETCHES) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#fetching += 1;
    try {
      await task();
    } finally {
      this.#fetching -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Where all that belongs to an execution lies in the object storage. */
  folder(executionId: string): string {
    return `${this.#deps.objectsPrefix ?? ""}${executionId}/`;
  }

  async #fetchLarge(objects: ObjectStore, executionId: string): Promise<void> {
    const { storage, now } = this.#deps;
    const texts = new Map<string, string>();
    let bytes = 0;
    for (const sha256 of this.#large.lacking(executionId)) {
      const key = `${this.folder(executionId)}outputs/${sha256}`;
      const object = await objects.get(key);
      globalThis.faultPoint?.("restore.text");
      const found = object && (await sha256Hex(object.bytes));
      globalThis.faultPoint?.("restore.text_checked");
      if (!object || found !== sha256)
        throw new ArchiveDamaged(key, object ? "its bytes are not those that were stored" : "it is gone");
      texts.set(sha256, new TextDecoder().decode(object.bytes));
      bytes += object.bytes.length;
    }
    const row = this.#table.find(executionId);
    if (!row || texts.size === 0) return;
    storage.atomically(() => {
      for (const [sha256, json] of texts) this.#large.putText(executionId, sha256, json);
      globalThis.faultPoint?.("restore.texts_inside");
      this.#table.putReturned({ id: executionId, change: row.change, at: now(), whole: false }, bytes);
    });
    globalThis.faultPoint?.("restore.texts_here");
    this.#makeRoom();
  }

  async #fetchRows(objects: ObjectStore, executionId: string): Promise<void> {
    const key = this.#key(executionId);
    const object = await objects.get(key);
    if (!object) return;
    globalThis.faultPoint?.("restore.fetched");
    const found = await sha256Hex(object.bytes);
    globalThis.faultPoint?.("restore.checked");
    if (found !== object.sha256) throw new ArchiveDamaged(key, "its bytes are not those that were archived");
    try {
      await this.#restore(executionId, object.bytes);
    } catch (error) {
      if (!this.#deps.storage.execution(executionId)) this.#table.forgetRestored(executionId);
      throw new ArchiveDamaged(key, error instanceof Error ? error.message : String(error));
    }
    this.#makeRoom();
  }

  /** Line by line; its row comes last, so a kill leaves no half of an execution to be seen, and who fetches it again writes the same. */
  async #restore(executionId: string, packed: Uint8Array<ArrayBuffer>): Promise<void> {
    const { storage, now, isPurged } = this.#deps;
    const isWanted = () => !storage.execution(executionId) && !isPurged(executionId);
    let row: Row | undefined;
    let bytes = 0;
    storage.prepare();
    for await (const line of unpackArchive(packed, executionId)) {
      globalThis.faultPoint?.("restore.line");
      if (!isWanted()) break;
      if ("row" in line) row = line.row;
      else this.#table.restore(line, executionId);
      if ("log" in line) bytes += String(line.log.events).length;
    }
    if (isPurged(executionId)) return this.#table.forgetRestored(executionId);
    if (!isWanted()) return;
    const last = row;
    if (!last) throw new Error("it has no row");
    globalThis.faultPoint?.("restore.before_row");
    storage.atomically(() => this.#table.restoreRow(executionId, last, now(), bytes));
    globalThis.faultPoint?.("restore.here");
  }

  #makeRoom(): void {
    const { count, bytes } = this.#table.guests();
    if (count > MOST_GUESTS || bytes > MOST_GUEST_BYTES) this.#sendHome(this.#deps.now() - SHORT_MS);
  }

  /** Guests that came before `before` leave again. One that went on meanwhile has become one of ours. */
  #sendHome(before: number): void {
    const { storage, isHere } = this.#deps;
    for (const { id, change, whole } of this.#table.returnedBefore(before, MOST_GUESTS)) {
      const row = this.#table.find(id);
      if (row?.change === change && isHere(id)) continue;
      storage.atomically(() => {
        if (row?.change === change && whole) return this.#leave([id]);
        if (row?.change === change) this.#large.dropTexts(id);
        this.#table.forgetReturned(id);
      });
    }
  }

  async #archiveOld(retentionMs: number): Promise<void> {
    const { objects, now, mark } = this.#deps;
    if (!objects) return;
    this.#sendHome(now() - GUEST_MS);
    const [until, end] = [now() - retentionMs, now() + ROUND_MS];
    this.#oldest = undefined;
    await this.#putAway(objects, this.#foundAgain(), until);
    for (let rows: Candidate[] = []; now() < end; ) {
      rows = this.#table.changed(this.#cursor, mark(), LOOKED_AT);
      const isYoung = (row: Candidate) =>
        row.finishedAt !== null && row.finishedAt > until && !this.#table.isGuest(row);
      const young = rows.find(isYoung);
      const old = young ? rows.slice(0, rows.indexOf(young)) : rows;
      // What has not ended comes up again when it does; what a step started goes with the execution above it.
      const goes = (row: Candidate) => row.finishedAt !== null && !this.#hasParent(row) && !this.#table.isGuest(row);
      await this.#putAway(objects, old.filter(goes), until);
      this.#cursor = old.at(-1)?.change ?? this.#cursor;
      this.#oldest = young?.finishedAt ?? undefined;
      if (young || rows.length < LOOKED_AT) break;
    }
    this.#cleanPlans();
  }

  #foundAgain(): Candidate[] {
    const found: Candidate[] = [];
    for (const id of [...this.#later]) {
      const again = this.#table.find(id);
      if (again) found.push(again);
      else this.#later.delete(id);
    }
    return found;
  }

  /** A few at once. After a failure nothing further is begun. */
  async #putAway(objects: ObjectStore, roots: Candidate[], until: number): Promise<void> {
    const open = [...roots];
    let failed: { error: unknown } | undefined;
    const worker = async (): Promise<void> => {
      for (let root = open.shift(); root && !failed; root = open.shift()) {
        try {
          if ((await this.#archiveTree(objects, root, until)) === "later") this.#later.add(root.id);
          else this.#later.delete(root.id);
        } catch (error) {
          failed = { error };
        }
      }
    };
    await Promise.all(Array.from({ length: PUT_AT_ONCE }, worker));
    if (failed) throw failed.error;
  }

  #hasParent({ parent }: Candidate): boolean {
    return parent !== null && this.#table.find(parent) !== undefined;
  }

  /** An execution and those that its steps started: all of them are put away before the first is deleted. */
  async #archiveTree(objects: ObjectStore, root: Candidate, until: number): Promise<"done" | "later"> {
    const { storage, isHere, mark } = this.#deps;
    const tree = this.#tree(root.id);
    const isOld = ({ id, finishedAt, change }: Candidate) =>
      finishedAt !== null && finishedAt <= until && change <= mark() && !isHere(id);
    if (!tree.every(isOld) || storage.children(root.id).length > 0) return "later";
    let gone = (): void => undefined;
    const going = new Promise<void>((resolve) => {
      gone = resolve;
    });
    for (const { id } of tree) this.#going.set(id, going);
    try {
      for (const { id, change } of tree) {
        const orphans = this.#large.of(id, false).map(({ sha256 }) => `${this.folder(id)}outputs/${sha256}`);
        if (orphans.length > 0) await objects.delete(orphans);
        globalThis.faultPoint?.("archive.orphans");
        // It may have been asked to go on meanwhile, and have put one of them, or be about to.
        if (isHere(id) || this.#table.find(id)?.change !== change) return "later";
        this.#large.forgetIntended(id);
        await this.#put(objects, id);
      }
      // It may have been asked to go on, or have taken the key of an act, while it was packed.
      const isAsItWas = ({ id, change, headChars }: Candidate) => {
        const now = this.#table.find(id);
        return now?.change === change && now.headChars === headChars && !isHere(id);
      };
      if (!tree.every(isAsItWas)) return "later";
      globalThis.faultPoint?.("archive.before_leave");
      storage.atomically(() => this.#leave(tree.map(({ id }) => id)));
      globalThis.faultPoint?.("archive.left");
      return "done";
    } finally {
      for (const { id } of tree) this.#going.delete(id);
      gone();
    }
  }

  async #put(objects: ObjectStore, id: string): Promise<void> {
    const bytes = await packArchive(id, this.#table.lines(id));
    globalThis.faultPoint?.("archive.packed");
    const sha256 = await sha256Hex(bytes);
    globalThis.faultPoint?.("archive.before_put");
    await objects.put(this.#key(id), bytes, sha256);
    globalThis.faultPoint?.("archive.put");
  }

  #leave(ids: readonly string[]): void {
    const { storage, lastChange, storeMark } = this.#deps;
    storage.putLastChange(lastChange());
    storeMark();
    for (const id of ids) {
      for (const plan of this.#table.plansOf(id)) this.#table.putLeftPlan(plan);
      this.#table.remove(id);
      globalThis.faultPoint?.("archive.leaving");
    }
  }

  /** The execution and, as far as they are here, all that were started below it. */
  #tree(id: string): Candidate[] {
    const found = new Map<string, Candidate>();
    const open = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const row = found.has(next) ? undefined : this.#table.find(next);
      if (!row) continue;
      found.set(next, row);
      open.push(...this.#table.children(next));
    }
    return [...found.values()];
  }

  #key(executionId: string): string {
    return `${this.folder(executionId)}log.gz`;
  }

  /** Plans that only archived executions had go, once a day: each archive has its own. */
  #cleanPlans(): void {
    const { storage, now } = this.#deps;
    const lookedAt = Number(storage.fact(PLANS_LOOKED_AT) ?? 0);
    if (now() - lookedAt < PLANS_EVERY_MS) return;
    const digests = this.#table.leftPlans(MOST_PLANS);
    if (digests.length === 0) return;
    storage.atomically(() => {
      this.removePlans(digests);
      this.#table.forgetLeftPlans(digests);
      storage.putFact(PLANS_LOOKED_AT, String(now()));
    });
  }

  /** Those of these plans that no execution here has any more. */
  removePlans(digests: readonly string[]): void {
    for (const { digest, source } of this.#table.removeUnusedPlans(digests)) this.#deps.plans.removed(digest, source);
  }
}
