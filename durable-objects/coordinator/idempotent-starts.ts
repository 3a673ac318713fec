import type { CellStorage, IdempotentStart } from "./cell-storage.ts";

/** Keys are honoured this long after their execution was created (section 11). */
export const KEPT_MS = 24 * 3_600_000;

/** Longer than the edge sends starts by a map from before its bucket moved. */
const CLAIM_KEPT_MS = KEPT_MS + 600_000;
/** Stands in place of an execution where a key has gone to another cell. */
const CLAIMED = "claimed by ";

export interface Idempotency {
  key: string;
  bodyHash: string;
}

/** Starts by their Idempotency-Key: those on disk, and those on their way there, so that two racers meet. */
export class IdempotentStarts {
  readonly #storage: CellStorage;
  readonly #underWay = new Map<string, IdempotentStart>();

  constructor(storage: CellStorage) {
    this.#storage = storage;
  }

  find(key: string, now: number): IdempotentStart | undefined {
    const found = this.#underWay.get(key) ?? this.#storage.idempotent(key, now);
    return found?.execution.startsWith(CLAIMED) ? undefined : found;
  }

  /** The cell to which a key has gone. */
  claimedBy(key: string, now: number): string | undefined {
    const found = this.#storage.idempotent(key, now)?.execution;
    return found?.startsWith(CLAIMED) ? found.slice(CLAIMED.length) : undefined;
  }

  /** From now on a key is another cell's. */
  giveUp(key: string, cell: string, now: number): void {
    this.#storage.prepare();
    this.#storage.putIdempotent(key, "", `${CLAIMED}${cell}`, now + CLAIM_KEPT_MS);
  }

  begin({ key, bodyHash }: Idempotency, execution: string): void {
    this.#underWay.set(key, { bodyHash, execution });
  }

  store({ key, bodyHash }: Idempotency, execution: string, createdAt: number): void {
    this.#storage.putIdempotent(key, bodyHash, execution, createdAt + KEPT_MS);
  }

  stored(key: string): void {
    this.#underWay.delete(key);
  }

  /** The start did not come about: the key is free again. */
  forget(key: string): void {
    this.#underWay.delete(key);
  }
}
