import type { Row, TenantSql } from "./tenant-sql.ts";

/** What a holder has of an account. */
export interface Lease {
  account: string;
  holder: string;
  used: number;
  granted: number;
  mark: number;
  /** It was given less than it needs. */
  wanting: boolean;
}

const COLUMNS = "account, holder, used, granted, mark, wanting";

/** What stands for the holders that are gone for ever. */
const GONE = "";

/** SQL of the leases. A lease with a `due` is one whose holder is to be asked what it has used. */
export class LeaseTable {
  readonly #sql: TenantSql;

  constructor(sql: TenantSql) {
    this.#sql = sql;
  }

  /** Seq of the newest question of a holder. */
  seq(holder: string): number {
    return Number(this.#sql.read("SELECT seq FROM lease_holders WHERE holder = ?", holder)[0]?.seq ?? 0);
  }

  putSeq(holder: string, seq: number): void {
    this.#sql.write("INSERT OR REPLACE INTO lease_holders VALUES (?, ?)", holder, seq);
  }

  find(account: string, holder: string): Lease | undefined {
    return this.#sql
      .read(`SELECT ${COLUMNS} FROM leases WHERE account = ? AND holder = ?`, account, holder)
      .map(leaseOf)[0];
  }

  /** What all others may go up to, or have gone to. */
  others(account: string, holder: string): number {
    const row = this.#sql.read(
      "SELECT sum(max(granted, used)) AS n FROM leases WHERE account = ? AND holder <> ?",
      account,
      holder,
    )[0];
    return Number(row?.n ?? 0);
  }

  total(account: string): number {
    return Number(this.#sql.read("SELECT sum(used) AS n FROM leases WHERE account = ?", account)[0]?.n ?? 0);
  }

  /** Used of an account in shards: isolated executions have objects of their own. */
  inShards(account: string): number {
    const row = this.#sql.read(
      "SELECT sum(used) AS n FROM leases WHERE account = ? AND holder GLOB '*/s[0-9]*'",
      account,
    )[0];
    return Number(row?.n ?? 0);
  }

  put({ account, holder, used, granted, mark, wanting }: Lease, due: number | null): void {
    this.#sql.write(
      "INSERT OR REPLACE INTO leases (account, holder, used, granted, mark, wanting, due, tries) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
      account,
      holder,
      used,
      granted,
      mark,
      wanting ? 1 : 0,
      due,
    );
  }

  /** Others that may have something left of an account; `shrinks`: what they have said of its use may be too much by now. */
  withSlack(account: string, holder: string, shrinks: boolean, atMost: number): Lease[] {
    return this.#sql
      .read(
        `SELECT ${COLUMNS} FROM leases WHERE account = ? AND holder <> ? AND holder <> '' AND granted > ${shrinks ? "0" : "used"} ORDER BY granted - used DESC LIMIT ?`,
        account,
        holder,
        atMost,
      )
      .map(leaseOf);
  }

  /** All who hold or have held something of an account. */
  ofAccount(account: string, atMost: number): Lease[] {
    return this.#sql
      .read(`SELECT ${COLUMNS} FROM leases WHERE account = ? AND holder <> '' LIMIT ?`, account, atMost)
      .map(leaseOf);
  }

  wanting(account: string, atMost: number): string[] {
    return this.#sql
      .read("SELECT holder FROM leases WHERE account = ? AND wanting = 1 LIMIT ?", account, atMost)
      .map(({ holder }) => String(holder));
  }

  /** Who was given less than it needed, of whatever. */
  allWanting(): string[] {
    return this.#sql.read("SELECT DISTINCT holder FROM leases WHERE wanting = 1").map(({ holder }) => String(holder));
  }

  holders(): string[] {
    return this.#sql.read("SELECT DISTINCT holder FROM leases WHERE holder <> ''").map(({ holder }) => String(holder));
  }

  accounts(): string[] {
    return this.#sql.read("SELECT DISTINCT account FROM leases").map(({ account }) => String(account));
  }

  /** What a holder has used stays counted when it is gone. */
  close({ account, holder }: Lease, used: number, keeps: boolean): void {
    this.#sql.change("DELETE FROM leases WHERE account = ? AND holder = ?", account, holder);
    if (keeps && used > 0)
      this.#sql.write(
        `INSERT INTO leases (account, holder, used, granted, mark, wanting, due, tries) VALUES (?, '${GONE}', ?, 0, 0, 0, NULL, 0)
         ON CONFLICT (account, holder) DO UPDATE SET used = used + excluded.used`,
        account,
        used,
      );
    if (this.#sql.read("SELECT 1 FROM leases WHERE holder = ? LIMIT 1", holder).length === 0)
      this.#sql.change("DELETE FROM lease_holders WHERE holder = ?", holder);
  }

  forget(account: string): void {
    this.#sql.change("DELETE FROM leases WHERE account = ?", account);
  }

  /** Whom to ask: each is due later from now on. */
  claimDue(now: number, atMost: number, delay: (tries: number) => number): Lease[] {
    const rows = this.#sql.read(
      `SELECT ${COLUMNS}, tries FROM leases WHERE due <= ? ORDER BY due LIMIT ?`,
      now,
      atMost,
    );
    return rows.map((row) => {
      const lease = leaseOf(row);
      const tries = Number(row.tries) + 1;
      this.#sql.write(
        "UPDATE leases SET due = ?, tries = ? WHERE account = ? AND holder = ?",
        now + delay(tries),
        tries,
        lease.account,
        lease.holder,
      );
      return lease;
    });
  }

  /** A cell that has to be told of a change, by `due`. */
  tell(holder: string, due: number): void {
    this.#sql.write("INSERT OR REPLACE INTO lease_notices VALUES (?, ?, 0)", holder, due);
  }

  told(holder: string): void {
    this.#sql.change("DELETE FROM lease_notices WHERE holder = ?", holder);
  }

  claimNotices(now: number, atMost: number, delay: (tries: number) => number): string[] {
    const rows = this.#sql.read(
      "SELECT holder, tries FROM lease_notices WHERE due <= ? ORDER BY due LIMIT ?",
      now,
      atMost,
    );
    return rows.map(({ holder, tries }) => {
      const next = Number(tries) + 1;
      this.#sql.write(
        "UPDATE lease_notices SET due = ?, tries = ? WHERE holder = ?",
        now + delay(next),
        next,
        String(holder),
      );
      return String(holder);
    });
  }

  nextDue(): number | null {
    const row = this.#sql.read(
      `SELECT min(coalesce((SELECT min(due) FROM leases WHERE due IS NOT NULL), 9e15),
                  coalesce((SELECT min(due) FROM lease_notices), 9e15)) AS due`,
    )[0];
    return row === undefined || Number(row.due) === 9e15 ? null : Number(row.due);
  }
}

function leaseOf(row: Row): Lease {
  return {
    account: String(row.account),
    holder: String(row.holder),
    used: Number(row.used),
    granted: Number(row.granted),
    mark: Number(row.mark),
    wanting: Number(row.wanting) === 1,
  };
}
