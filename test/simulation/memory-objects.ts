import type { ObjectStore, StoredObject } from "../../durable-objects/archive/object-store.ts";

/** An object storage in memory, which remembers what was put under each key. */
export class MemoryObjects implements ObjectStore {
  readonly objects = new Map<string, StoredObject>();
  /** Digests of what was ever put under a key. */
  readonly puts = new Map<string, Set<string>>();
  /** It cannot be reached. */
  down = false;
  /** Keys that name this cannot be listed. */
  unreachable: string | undefined;
  /** Called when something was put, before whoever put it knows. */
  onPut: (() => void) | undefined;
  /** What a put waits for. */
  slow: Promise<void> | undefined;

  async put(key: string, bytes: Uint8Array<ArrayBuffer>, sha256: string): Promise<void> {
    this.#answer();
    await this.slow;
    this.objects.set(key, { bytes, sha256 });
    this.puts.set(key, (this.puts.get(key) ?? new Set()).add(sha256));
    this.onPut?.();
  }

  async get(key: string): Promise<StoredObject | null> {
    this.#answer();
    return this.objects.get(key) ?? null;
  }

  async keys(prefix: string): Promise<string[]> {
    this.#answer();
    if (this.unreachable !== undefined && prefix.includes(this.unreachable)) throw new Error(`${prefix} is down`);
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix));
  }

  async delete(keys: readonly string[]): Promise<void> {
    this.#answer();
    for (const key of keys) this.objects.delete(key);
  }

  #answer(): void {
    if (this.down) throw new Error("the object storage is down");
  }
}
