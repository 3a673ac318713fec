import type { ObjectSql } from "../object-sql.ts";

/** Single values of a feed object. */
export class Facts {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  get(name: string): string | undefined {
    const value = this.#sql.read("SELECT value FROM facts WHERE name = ?", name)[0]?.value;
    return value === undefined ? undefined : String(value);
  }

  number(name: string): number {
    return Number(this.get(name) ?? 0);
  }

  put(name: string, value: string | number): void {
    this.#sql.write("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, String(value));
  }

  delete(name: string): void {
    this.#sql.write("DELETE FROM facts WHERE name = ?", name);
  }
}
