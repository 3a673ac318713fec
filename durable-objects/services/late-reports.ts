import type { ObjectSql } from "../object-sql.ts";

const NAME = "late_reports";

/** How often services said something of attempts that nobody waited for any more. */
export class LateReports {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  count(): void {
    this.#sql.write("INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", NAME);
  }

  get total(): number {
    return Number(this.#sql.read("SELECT value FROM counters WHERE name = ?", NAME)[0]?.value ?? 0);
  }
}
