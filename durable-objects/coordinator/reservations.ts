import type { Allowances } from "./allowances.ts";

/** What an execution was promised and has not written yet. */
export class Reservations {
  readonly #allowances: Allowances;
  readonly #taken = new Map<string, number>();

  constructor(allowances: Allowances) {
    this.#allowances = allowances;
  }

  /** False when there is no room. */
  take(name: string): boolean {
    if (!this.#allowances.reserve(name)) return false;
    this.#taken.set(name, (this.#taken.get(name) ?? 0) + 1);
    return true;
  }

  /** It is counted now, or never will be. */
  drop(): void {
    for (const [name, amount] of this.#taken) this.#allowances.release(name, amount);
    this.#taken.clear();
  }
}
