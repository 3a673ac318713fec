import type { InstanceHealth, ServiceInstance } from "../../contracts/services-rpc.ts";
import type { ObjectSql, Row } from "../object-sql.ts";

/** An instance and what probes and calls found of it. Times are epoch ms. */
export interface StoredInstance extends ServiceInstance {
  health: InstanceHealth;
  out: boolean;
  failures: number;
  failingSince: number | null;
  checkedAt: number | null;
  /** When it is probed next. */
  due: number;
}

/** The instances as they are stored. */
export class InstanceTable {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  all(connector?: string): StoredInstance[] {
    const rows =
      connector === undefined
        ? this.#sql.read("SELECT * FROM instances ORDER BY connector, id")
        : this.#sql.read("SELECT * FROM instances WHERE connector = ? ORDER BY id", connector);
    return rows.map(instanceOf);
  }

  find(connector: string, id: string): StoredInstance | undefined {
    const row = this.#sql.read("SELECT * FROM instances WHERE connector = ? AND id = ?", connector, id)[0];
    return row && instanceOf(row);
  }

  /** What is due, and what is due later than ever could be: the clock was ahead when that was decided. */
  due(now: number, latest: number, limit: number): StoredInstance[] {
    const query = "SELECT * FROM instances WHERE due <= ? OR due > ? ORDER BY due LIMIT ?";
    return this.#sql.read(query, now, latest, limit).map(instanceOf);
  }

  /** When the next probe is due. */
  next(): number | null {
    const due = this.#sql.read("SELECT min(due) AS due FROM instances")[0]?.due;
    return typeof due === "number" ? due : null;
  }

  put(instance: StoredInstance): void {
    const { health, out, failures, failingSince, checkedAt, due, ...record } = instance;
    this.#sql.write(
      "INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      record.connector,
      record.instanceId,
      JSON.stringify(record),
      health,
      out ? 1 : 0,
      failures,
      failingSince,
      checkedAt,
      due,
    );
  }

  /** False: there was none. */
  remove(connector: string, id: string): boolean {
    const query = "DELETE FROM instances WHERE connector = ? AND id = ? RETURNING id";
    return this.#sql.change(query, connector, id).length > 0;
  }
}

function instanceOf(row: Row): StoredInstance {
  return {
    ...(JSON.parse(String(row.record)) as ServiceInstance),
    // Written by `put` alone.
    health: String(row.health) as InstanceHealth,
    out: row.out === 1,
    failures: Number(row.failures),
    failingSince: numberOrNull(row.failing_since),
    checkedAt: numberOrNull(row.checked_at),
    due: Number(row.due),
  };
}

function numberOrNull(value: Row[string] | undefined): number | null {
  return typeof value === "number" ? value : null;
}
