import type { FeedWish, KnownWish } from "../../contracts/feed-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";
import { Facts } from "./facts.ts";
import type { FeedPorts } from "./feed-ports.ts";
import { within } from "./within.ts";

const WISH = "wish";
const VERSION = "wish_version";
/** When the oldest change was made that some cell may not know. */
const SINCE = "wish_since";
/** When the cells are told (again); absent once all of them know. */
const DUE = "wish_due";
const PATIENCE_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** Cells that are told at once. */
const WIDTH = 6;

/**
 * Tells the tenant's cells what the feed wants, until each has it. A cell that starts later asks by itself, after it has
 * registered with the tenant object: so it is either told or asks after the change. Answers may overtake each other, so each
 * has its version.
 */
export class CellsToTell {
  readonly #sql: ObjectSql;
  readonly #facts: Facts;
  readonly #ports: FeedPorts;
  readonly #changed: () => void;
  #telling: Promise<void> | undefined;
  #failures = 0;
  #pausedUntil = 0;

  constructor(sql: ObjectSql, ports: FeedPorts, changed: () => void) {
    this.#sql = sql;
    this.#facts = new Facts(sql);
    this.#ports = ports;
    this.#changed = changed;
  }

  wish(): KnownWish {
    const wish = JSON.parse(this.#facts.get(WISH) ?? "null") as FeedWish;
    const at = this.#facts.get(SINCE);
    return { version: this.#version, wish, ...(at === undefined ? {} : { at: Number(at) }) };
  }

  /** In a transaction with what changed it. */
  set(wish: FeedWish): void {
    const text = JSON.stringify(wish);
    if (text === (this.#facts.get(WISH) ?? "null")) return;
    this.#facts.put(WISH, text);
    this.#facts.put(VERSION, this.#version + 1);
    // A cell that missed the one before looks back as far as that.
    if (this.#facts.get(DUE) === undefined) this.#facts.put(SINCE, this.#ports.now());
    this.#facts.put(DUE, this.#ports.now());
  }

  nextDue(): number | null {
    const due = this.#facts.get(DUE);
    return due === undefined ? null : Math.max(Number(due), this.#pausedUntil);
  }

  /** Tells whoever does not know, if it is time. Resolves when each has been told the newest, or has failed to be. */
  async tell(): Promise<void> {
    for (;;) {
      const due = this.nextDue();
      if (due === null || due > this.#ports.now()) return;
      this.#telling ??= this.#round()
        .catch((error: unknown) => {
          // Not even written when to try again: this object must not do nothing else.
          this.#pausedUntil = this.#ports.now() + LONGEST_RETRY_MS;
          this.#ports.report("the cells could not be told what the feed wants", error);
        })
        .finally(() => {
          this.#telling = undefined;
          this.#changed();
        });
      await this.#telling;
    }
  }

  async #round(): Promise<void> {
    const wish = this.wish();
    const { version } = wish;
    const cells = await within(this.#ports, PATIENCE_MS, "the cells are not known", () => this.#ports.cells());
    let missed = cells === undefined;
    const left = (cells ?? []).filter((cell) => !this.#knows(cell, version));
    const work = async (): Promise<void> => {
      for (let cell = left.pop(); cell !== undefined; cell = left.pop()) {
        const name = cell;
        const told = await within(this.#ports, PATIENCE_MS, "a cell was not told what the feed wants", async () => {
          await this.#ports.cell(name).setFeed(wish);
          return true;
        });
        if (told) this.#sql.write("INSERT OR REPLACE INTO told VALUES (?, ?)", name, version);
        else missed = true;
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, work));
    this.#failures = missed ? this.#failures + 1 : 0;
    // Another change meanwhile has its own round.
    if (this.#version !== version) return;
    if (!missed) this.#facts.delete(DUE);
    else this.#facts.put(DUE, this.#ports.now() + this.#retryMs());
  }

  #retryMs(): number {
    return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10));
  }

  #knows(cell: string, version: number): boolean {
    return this.#sql.read("SELECT 1 FROM told WHERE cell = ? AND version = ?", cell, version).length > 0;
  }

  get #version(): number {
    return this.#facts.number(VERSION);
  }
}
