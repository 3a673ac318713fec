import type { ObjectSql } from "../object-sql.ts";

export interface Lease {
  /** `<attempt>/…`. */
  id: string;
  place: string;
  /** Epoch ms. */
  until: number;
}

/** Places that attempts hold which their services finish later: longer than an object stays in memory. */
export class LeaseTable {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  all(): Lease[] {
    return this.#sql
      .read("SELECT * FROM pending_leases")
      .map(({ id, place, until }) => ({ id: String(id), place: String(place), until: Number(until) }));
  }

  put({ id, place, until }: Lease): void {
    this.#sql.write("INSERT OR REPLACE INTO pending_leases VALUES (?, ?, ?)", id, place, until);
  }

  remove(id: string): void {
    this.#sql.write("DELETE FROM pending_leases WHERE id = ?", id);
  }
}
