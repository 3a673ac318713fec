import type { CellStorage, IdempotentStart } from "./cell-storage.ts";

/** Keys are honoured this long (section 11). */
const KEPT_MS = 24 * 3_600_000;

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
    return this.#underWay.get(key) ?? this.#storage.idempotent(key, now);
  }

  begin({ key, bodyHash }: Idempotency, execution: string): void {
    this.#underWay.set(key, { bodyHash, execution });
  }

  store({ key, bodyHash }: Idempotency, execution: string, now: number): void {
    this.#storage.putIdempotent(key, bodyHash, execution, now + KEPT_MS);
  }

  stored(key: string): void {
    this.#underWay.delete(key);
  }

  /** The start did not come about: the key is free again. */
  forget(key: string): void {
    this.#underWay.delete(key);
  }
}
