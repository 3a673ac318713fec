import { type ChainLink, LINK_EVERY } from "../../contracts/execution-history.ts";
import type { CellStorage } from "./cell-storage.ts";
import { text } from "./stored-values.ts";

/** Links of the chains over logs that somebody has asked for. */
export class LinkTable {
  readonly #storage: CellStorage;

  constructor(storage: CellStorage) {
    this.#storage = storage;
  }

  /** The last at or before the event `seq`. */
  before(execution: string, seq: number): ChainLink | undefined {
    const query = "SELECT seq, hash FROM links WHERE execution = ? AND seq <= ? ORDER BY seq DESC LIMIT 1";
    return this.#links(query, execution, seq)[0];
  }

  /** Those after the event `after` up to that of `upTo`. */
  between(execution: string, after: number, upTo: number): ChainLink[] {
    const query = "SELECT seq, hash FROM links WHERE execution = ? AND seq > ? AND seq <= ? ORDER BY seq";
    return this.#links(query, execution, after, upTo);
  }

  /** What is there stays; of those between the regular ones, only the last. `fresh` is called in the transaction that adds some. */
  put(execution: string, links: readonly ChainLink[], fresh: () => void): void {
    this.#storage.atomically(() => {
      const known = new Set(this.between(execution, 0, links.at(-1)?.seq ?? 0).map(({ seq }) => seq));
      if (links.every(({ seq }) => known.has(seq))) return;
      fresh();
      for (const { seq, hash } of links)
        this.#storage.write("INSERT OR IGNORE INTO links VALUES (?, ?, ?)", execution, seq, hash);
      const others = `seq % ${LINK_EVERY} <> 0 AND seq < (SELECT max(seq) FROM links WHERE execution = ?)`;
      this.#storage.write(`DELETE FROM links WHERE execution = ? AND ${others}`, execution, execution);
    });
  }

  #links(query: string, ...bindings: (string | number)[]): ChainLink[] {
    return this.#storage.read(query, ...bindings).map(({ seq, hash }) => ({ seq: Number(seq), hash: text(hash) }));
  }
}
