import type { CachedOutput, CacheMaker } from "../../contracts/cached-output.ts";
import type { Json } from "../../engine/json.ts";
import type { ExchangePorts } from "./exchange-ports.ts";
import type { TenantSql } from "./tenant-sql.ts";

/** A key is a hash that the cell makes. */
const LONGEST_KEY = 256;
const MOST_BYTES = 262_144;
const MOST_ROWS = 10_000;
const BATCH = 200;
/** Expired outputs are deleted together: they are not answered any more, so nothing depends on the moment. */
const SWEEP_MS = 60_000;

/** Outputs of steps with a `cache` (section 3). What it does not want to keep is a miss. */
export class StepCache {
  readonly #sql: TenantSql;
  readonly #ports: Pick<ExchangePorts, "now">;
  readonly #changed: () => void;
  #rows: number | undefined;

  constructor(sql: TenantSql, ports: Pick<ExchangePorts, "now">, changed: () => void) {
    this.#sql = sql;
    this.#ports = ports;
    this.#changed = changed;
  }

  get(key: string, by?: string): CachedOutput | null {
    const query = "SELECT output, made FROM step_cache WHERE key = ? AND expires_at > ?";
    const row = this.#sql.read(query, key, this.#ports.now())[0];
    if (row === undefined) return null;
    const output = JSON.parse(String(row.output)) as Json;
    const made = typeof row.made === "string" ? (JSON.parse(row.made) as CacheMaker) : undefined;
    return made !== undefined && made.by === by ? { output, own: { usage: made.usage } } : { output };
  }

  put(key: string, output: Json, expiresAt: number, made?: CacheMaker): void {
    if (key.length > LONGEST_KEY || expiresAt <= this.#ports.now()) return;
    const text = JSON.stringify(output);
    if (text.length > MOST_BYTES || new TextEncoder().encode(text).length > MOST_BYTES) return;
    this.#sql.atomically(() => {
      // The newest row is the last to go.
      const replaced = this.#sql.change("DELETE FROM step_cache WHERE key = ? RETURNING 1", key).length;
      const maker = made === undefined ? null : JSON.stringify(made);
      const insert = "INSERT INTO step_cache (key, output, expires_at, made) VALUES (?, ?, ?, ?)";
      this.#sql.write(insert, key, text, expiresAt, maker);
      this.#rows = this.#rows === undefined ? this.#count() : this.#rows + 1 - replaced;
      if (this.#rows <= MOST_ROWS) return;
      this.#sql.write(
        "DELETE FROM step_cache WHERE seq IN (SELECT seq FROM step_cache ORDER BY seq LIMIT ?)",
        this.#rows - MOST_ROWS,
      );
      this.#rows = this.#count();
    });
    this.#changed();
  }

  /** Answers how many of them there were. */
  forget(keys: readonly string[]): number {
    const statement = "DELETE FROM step_cache WHERE key IN (SELECT value FROM json_each(?)) RETURNING 1 AS n";
    const gone = this.#sql.change(statement, JSON.stringify(keys));
    this.#rows = undefined;
    this.#changed();
    return gone.length;
  }

  nextDue(): number | null {
    const first = this.#sql.read("SELECT min(expires_at) AS at FROM step_cache")[0]?.at;
    return first === null || first === undefined ? null : Math.ceil(Number(first) / SWEEP_MS) * SWEEP_MS;
  }

  onAlarm(): void {
    this.#sql.change(
      "DELETE FROM step_cache WHERE seq IN (SELECT seq FROM step_cache WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
      this.#ports.now(),
      BATCH,
    );
    this.#rows = undefined;
  }

  #count(): number {
    return Number(this.#sql.read("SELECT count(*) AS n FROM step_cache")[0]?.n ?? 0);
  }
}
