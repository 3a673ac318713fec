import type { ConnectionQuery, ConnectionState, KeyedWait, SealedConnection } from "../../contracts/rpc.ts";
import type { ConnectionWrite } from "../../contracts/connection-copies-rpc.ts";
import { connectionKeys } from "../../engine/run/connection-waits.ts";
import type { Row, TenantSql } from "./tenant-sql.ts";

/** A use is written down once in so long: calls find a connection at most every 10 s an isolate anyway. */
const USE_MS = 60_000;
const MOST_TOLD = 1_000;
const MOST_READ = 1_000;
const MOST_NAMES = 10;
const MOST_WRITES = 100;
/** How long a deletion is remembered, and how many are: longer than any request lasts that may still bring a copy (`WRITE_OVER_MS`). */
export const GONE_MS = 3_600_000;
export const MOST_GONE = 2_000;

/** Copies of the tenant's connections, what became of them, and notes that may be used once. */
export class ConnectionTable {
  readonly #sql: TenantSql;
  readonly #now: () => number;
  readonly #told = new Map<string, number>();

  constructor(sql: TenantSql, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  /** Of two that were written at once, the newer stays, in whichever order they come: false where this one does not. */
  put(connection: SealedConnection): boolean {
    const { id, connector, name, changedAt = 0 } = connection;
    if (this.#isGone(id)) return false;
    if ((this.get(id)?.changedAt ?? 0) > changedAt) return false;
    this.#sql.write(
      "INSERT OR REPLACE INTO connections VALUES (?, ?, ?, ?)",
      id,
      connector,
      name,
      JSON.stringify(connection),
    );
    this.#sql.change("DELETE FROM connection_writes WHERE id = ? AND at <= ?", id, changedAt);
    return true;
  }

  /** Its row is about to be written: see `copies.ts`. */
  beginWrite({ id, connector, at }: ConnectionWrite): void {
    this.#sql.write("INSERT OR REPLACE INTO connection_writes VALUES (?, ?, ?)", id, connector, at);
  }

  endWrite(id: string, at: number): void {
    this.#sql.change("DELETE FROM connection_writes WHERE id = ? AND at <= ?", id, at);
  }

  /** Rows of the connector's connections of which nobody has said yet that their copies are as they are. */
  writes(connector: string): ConnectionWrite[] {
    return this.#sql
      .read("SELECT * FROM connection_writes WHERE connector = ? ORDER BY at LIMIT ?", connector, MOST_WRITES)
      .map((row) => ({ id: String(row.id), connector, at: Number(row.at) }));
  }

  /** Whoever read or wrote the row just before may still bring its copy, or say what became of it; no id is given twice. */
  delete(id: string): void {
    const now = this.#now();
    this.#sql.change("DELETE FROM connections_gone WHERE at <= ?", now - GONE_MS);
    const [{ seq } = {}] = this.#sql.write(
      "INSERT OR REPLACE INTO connections_gone (id, at) VALUES (?, ?) RETURNING seq",
      id,
      now,
    );
    this.#sql.change("DELETE FROM connections_gone WHERE seq <= ?", Number(seq) - MOST_GONE);
    this.#sql.change("DELETE FROM connections WHERE id = ?", id);
    this.#sql.change("DELETE FROM connection_states WHERE id = ?", id);
    this.#sql.change("DELETE FROM connection_writes WHERE id = ?", id);
  }

  #isGone(id: string): boolean {
    return this.#sql.read("SELECT 1 FROM connections_gone WHERE id = ?", id).length > 0;
  }

  get(id: string): SealedConnection | undefined {
    const [row] = this.#sql.read("SELECT record FROM connections WHERE id = ?", id);
    return row && read(row);
  }

  /** A person's own connection is found by that person, or by its id; never as the connector's default, nor by its name. */
  find({ connector, ref, endUser }: ConnectionQuery): SealedConnection | null {
    const all = this.#sql.read("SELECT record FROM connections WHERE connector = ?", connector).map(read);
    const ofUser = (user: string) => all.find((it) => it.endUser === user);
    const common = all.filter((it) => it.endUser === undefined);
    if (endUser !== undefined) return ofUser(endUser) ?? null;
    if (ref !== undefined) {
      return ofUser(ref) ?? all.find((it) => it.id === ref) ?? common.find((it) => it.name === ref) ?? null;
    }
    return (common.length === 1 ? common[0] : common.find(({ name }) => name === "default")) ?? null;
  }

  /** What a step may name: the connector's connections that are nobody's own. */
  names(connector: string): string[] {
    return this.#sql
      .read("SELECT record FROM connections WHERE connector = ? ORDER BY name LIMIT ?", connector, MOST_READ)
      .map(read)
      .flatMap(({ name, endUser }) => (endUser === undefined ? [name] : []))
      .slice(0, MOST_NAMES);
  }

  /**
   * True where a connection that the wait may mean is connected: said once in a while for each wait, for the call that then misses
   * it all the same would wait again at once.
   */
  isThere({ executionId, path, key }: Pick<KeyedWait, "executionId" | "path" | "key">): boolean {
    const now = this.#now();
    const wait = `${executionId} ${path}`;
    if (now - (this.#told.get(wait) ?? Number.NEGATIVE_INFINITY) < USE_MS) return false;
    const [connector = ""] = JSON.parse(key) as string[];
    const there = this.#sql
      .read("SELECT record FROM connections WHERE connector = ?", connector)
      .map(read)
      .some((it) => connectionKeys(it).includes(key) && this.states([it.id])[it.id]?.status === "connected");
    if (!there) return false;
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.set(wait, now);
    return true;
  }

  used(id: string): void {
    if (this.get(id) === undefined) return;
    const now = this.#now();
    this.#sql.write(
      `INSERT INTO connection_states VALUES (?, NULL, NULL, ?)
       ON CONFLICT (id) DO UPDATE SET last_used_at = excluded.last_used_at WHERE last_used_at IS NULL OR last_used_at < ?`,
      id,
      now,
      now - USE_MS,
    );
  }

  /** One that there is no copy of, and nothing known of, is left out. */
  states(ids: string[]): Record<string, ConnectionState> {
    const found: Record<string, ConnectionState> = {};
    for (const id of ids) {
      const [row] = this.#sql.read("SELECT * FROM connection_states WHERE id = ?", id);
      const copy = this.get(id);
      if (!row && !copy) continue;
      const { status: said, reason = null, last_used_at: lastUsedAt = null } = row ?? {};
      const fallback = copy?.type === "OAUTH2" ? "pending" : "connected";
      found[id] = {
        status: said === "connected" || said === "needs_reconnect" ? said : fallback,
        ...(reason === null ? {} : { reason: String(reason) }),
        ...(lastUsedAt === null ? {} : { lastUsedAt: Number(lastUsedAt) }),
        ...(copy === undefined ? {} : { copyOf: copy.changedAt ?? 0 }),
      };
    }
    return found;
  }

  putState(id: string, { status, reason = null }: { status: string; reason?: string | null }): void {
    if (this.#isGone(id)) return;
    this.#sql.write(
      `INSERT INTO connection_states VALUES (?, ?, ?, NULL)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason`,
      id,
      status,
      reason,
    );
  }

  takeOnce(nonce: string, expiresAt: number): boolean {
    this.#sql.write("DELETE FROM taken_once WHERE expires_at <= ?", this.#now());
    return (
      this.#sql.write("INSERT OR IGNORE INTO taken_once VALUES (?, ?) RETURNING nonce", nonce, expiresAt).length > 0
    );
  }

  /** What was taken for a short time, while something was done, is taken for good. */
  keepTaken(nonce: string, expiresAt: number): void {
    this.#sql.write("INSERT OR REPLACE INTO taken_once VALUES (?, ?)", nonce, expiresAt);
  }

  /** Only what was taken until then: after that another may have taken it, and have used it. */
  giveBack(nonce: string, expiresAt: number | undefined): void {
    // Callers of the release before do not say it: theirs is over by itself.
    this.#sql.change("DELETE FROM taken_once WHERE nonce = ? AND expires_at = ?", nonce, expiresAt ?? null);
  }

  isTaken(nonce: string): boolean {
    return this.#sql.read("SELECT 1 FROM taken_once WHERE nonce = ? AND expires_at > ?", nonce, this.#now()).length > 0;
  }
}

/** JSON that this class wrote. */
function read({ record }: Row): SealedConnection {
  return JSON.parse(String(record)) as SealedConnection;
}
