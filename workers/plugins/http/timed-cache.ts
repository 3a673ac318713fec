/**
 * Remembers answers for a short time, so that a warm call asks nobody. Only settled values are kept: a promise of one
 * request may not be awaited in another.
 */
export class TimedCache<Value> {
  readonly #ttlMs: number;
  readonly #most: number;
  readonly #entries = new Map<string, { until: number; value: Value }>();

  constructor(ttlMs: number, most: number) {
    this.#ttlMs = ttlMs;
    this.#most = most;
  }

  get(key: string, now: number): Value | undefined {
    const found = this.#entries.get(key);
    return found !== undefined && found.until > now ? found.value : undefined;
  }

  set(key: string, value: Value, now: number): void {
    if (this.#entries.size >= this.#most) this.#entries.clear();
    this.#entries.set(key, { until: now + this.#ttlMs, value });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** The remembered value, or the loaded one. */
  async through(key: string, now: number, load: () => Promise<Value>): Promise<Value> {
    const known = this.get(key, now);
    if (known !== undefined) return known;
    const value = await load();
    this.set(key, value, now);
    return value;
  }
}
