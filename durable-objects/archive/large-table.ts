import type { CellStorage } from "../coordinator/cell-storage.ts";
import { SURELY_SMALL } from "../coordinator/row-size.ts";
import { text } from "../coordinator/stored-values.ts";

/** A large output as the object storage has it. */
export interface LargeOutput {
  sha256: string;
  bytes: number;
}

/**
 * SQL of large outputs. Which ones an execution has stands here for good; their texts, in parts that rows can hold, only while
 * it runs or is read: the object storage has them.
 */
export class LargeTable {
  readonly #storage: Pick<CellStorage, "read" | "write">;

  constructor(storage: Pick<CellStorage, "read" | "write">) {
    this.#storage = storage;
  }

  /** Those that its log holds; or, of a put that came to nothing, that may lie in the object storage. */
  of(execution: string, kept = true): LargeOutput[] {
    const statement = `SELECT sha256, bytes FROM large_outputs WHERE execution = ? AND kept = ${kept ? 1 : 0}`;
    return this.#storage.read(statement, execution).map((row) => ({
      sha256: text(row.sha256),
      bytes: Number(row.bytes),
    }));
  }

  has(execution: string): boolean {
    return this.#storage.read("SELECT 1 FROM large_outputs WHERE execution = ? LIMIT 1", execution).length > 0;
  }

  /** Those whose texts are not here. */
  lacking(execution: string): string[] {
    const statement = `SELECT sha256 FROM large_outputs AS it WHERE execution = ? AND kept = 1 AND NOT EXISTS (
      SELECT 1 FROM large_parts WHERE execution = it.execution AND sha256 = it.sha256)`;
    return this.#storage.read(statement, execution).map((row) => text(row.sha256));
  }

  /** It is about to be put into the object storage. */
  intend(execution: string, { sha256, bytes }: LargeOutput): void {
    this.#storage.write("INSERT OR IGNORE INTO large_outputs VALUES (?, ?, ?, 0)", execution, sha256, bytes);
  }

  /** The log holds it. */
  keep(execution: string, { sha256, bytes }: LargeOutput): void {
    this.#storage.write("INSERT OR REPLACE INTO large_outputs VALUES (?, ?, ?, 1)", execution, sha256, bytes);
  }

  /** Nothing that was not kept is left of it. */
  forgetIntended(execution: string): void {
    this.#storage.write("DELETE FROM large_outputs WHERE execution = ? AND kept = 0", execution);
  }

  putText(execution: string, sha256: string, json: string): void {
    for (let at = 0; at < json.length; ) {
      // Between the halves of a character, each would be stored as another.
      const end = at + PART - (isHigh(json.charCodeAt(at + PART - 1)) ? 1 : 0);
      const piece = json.slice(at, end);
      this.#storage.write("INSERT OR IGNORE INTO large_parts VALUES (?, ?, ?, ?)", execution, sha256, at, piece);
      at = end;
    }
  }

  /** Its text; undefined when that is not here. */
  text(execution: string, sha256: string): string | undefined {
    const statement = "SELECT json FROM large_parts WHERE execution = ? AND sha256 = ? ORDER BY part";
    const parts = this.#storage.read(statement, execution, sha256);
    return parts.length === 0 ? undefined : parts.map((row) => text(row.json)).join("");
  }

  dropTexts(execution: string): void {
    this.#storage.write("DELETE FROM large_parts WHERE execution = ?", execution);
  }

  remove(execution: string): void {
    this.dropTexts(execution);
    this.#storage.write("DELETE FROM large_outputs WHERE execution = ?", execution);
  }
}

const PART = Math.floor(SURELY_SMALL);

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
