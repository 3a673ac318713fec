interface Entry<Value> {
  value: Value;
  storedAt: number;
  renewing?: boolean;
}

/** What an isolate remembers, bounded in number: the oldest entry goes first. How old is too old, the reader says. */
export class IsolateCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): Readonly<Entry<Value>> | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value, now: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, storedAt: now });
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  /** True for the first who asks since the entry was stored: that one renews it. */
  claimRenewal(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.renewing === true) return false;
    entry.renewing = true;
    return true;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  deleteWhere(test: (key: string, value: Value) => boolean): void {
    for (const [key, entry] of this.#entries) if (test(key, entry.value)) this.#entries.delete(key);
  }
}
