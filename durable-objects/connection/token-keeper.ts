import type {
  GivenUp,
  KeptToken,
  PendingAuthorization,
  TokenAnswer,
  TokenAsk,
} from "../../contracts/connection-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";

/** A renewal that takes longer is lost: its token request is given up well before. */
export const LEASE_MS = 20_000;

/** How long a provider that refused a client is not asked again. */
export const REST_MS = 30_000;

export interface KeeperPorts {
  now(): number;
  /** Runs `task` after `ms` unless that is taken back. */
  later(ms: number, task: () => void): () => void;
  newLease(): string;
}

interface Kept {
  status: "pending" | "connected" | "needs_reconnect" | "deleted";
  reason: string | null;
  token: KeptToken | null;
  lastVersion: number;
  /** Versions up to this one were promised before everything was forgotten: their tokens are taken no more. */
  forgotten: number;
  lease: string | null;
  leaseUntil: number;
}

const NOTHING: Kept = {
  status: "pending",
  reason: null,
  token: null,
  lastVersion: 0,
  forgotten: 0,
  lease: null,
  leaseUntil: 0,
};

const STATUSES: readonly Kept["status"][] = ["pending", "connected", "needs_reconnect", "deleted"];

type Waiter = (failure: string | null) => void;

/** One renewal at a time (threat T18): who comes meanwhile waits for it, and gets what it gave, a failure too. */
export class TokenKeeper {
  readonly #sql: ObjectSql;
  readonly #ports: KeeperPorts;
  #waiters: Waiter[] = [];
  /** Not stored: another life of the object may ask once more. */
  #rest = { until: 0, message: "" };

  constructor(sql: ObjectSql, ports: KeeperPorts) {
    this.#sql = sql;
    this.#ports = ports;
  }

  async token(ask: TokenAsk): Promise<TokenAnswer> {
    for (;;) {
      const kept = this.#read();
      const answer = this.#answer(kept, ask);
      if (answer) return answer;
      const failure = await this.#renewed(kept.leaseUntil);
      if (failure !== null) return { kind: "failed", message: failure };
    }
  }

  /** Undefined: another caller renews it. */
  #answer(kept: Kept, { stale, mint = false, of }: TokenAsk): TokenAnswer | undefined {
    const now = this.#ports.now();
    if (kept.status === "deleted") return { kind: "failed", message: "it has been deleted" };
    // Whoever still holds the connection as it was may have minted by that, after everything was forgotten.
    const minted = mint && of !== undefined && kept.token !== null ? (kept.token.of ?? 0) - of : 0;
    if (minted > 0) return { kind: "failed", message: "it has just been changed" };
    const token = minted < 0 ? null : kept.token;
    if (kept.status === "needs_reconnect" && !mint) return { kind: "needs_reconnect", reason: kept.reason ?? "" };
    if (token === null && !mint) return { kind: "not_connected" };
    const refused = token !== null && token.version === stale;
    if (token !== null && !refused && now < (token.refreshAt ?? Number.POSITIVE_INFINITY))
      return { kind: "token", token };
    const leased = kept.lease !== null && now < kept.leaseUntil;
    const rests = now < this.#rest.until;
    // It is due, but it has not ended: nobody needs to wait for the next one.
    if ((leased || rests) && token !== null && !refused && now < (token.expiresAt ?? 0))
      return { kind: "token", token };
    if (leased) return undefined;
    if (rests) return { kind: "failed", message: this.#rest.message };
    const lease = this.#ports.newLease();
    const version = kept.lastVersion + 1;
    this.#write({ ...kept, lease, leaseUntil: now + LEASE_MS, lastVersion: version });
    return { kind: "renew", lease, version, token };
  }

  #renewed(until: number): Promise<string | null> {
    return new Promise((resolve) => {
      const forget = this.#ports.later(Math.max(1, until - this.#ports.now() + 1), () => {
        this.#waiters = this.#waiters.filter((it) => it !== waiter);
        resolve(null);
      });
      const waiter: Waiter = (failure) => {
        forget();
        resolve(failure);
      };
      this.#waiters.push(waiter);
    });
  }

  #wake(failure: string | null): void {
    const woken = this.#waiters;
    this.#waiters = [];
    for (const waiter of woken) waiter(failure);
  }

  store(lease: string, token: KeptToken): boolean {
    const kept = this.#read();
    if (kept.lease !== lease) return false;
    this.#write({ ...kept, status: "connected", reason: null, token, lease: null, leaseUntil: 0 });
    this.#wake(null);
    return true;
  }

  giveUp(lease: string, { message, reconnect, rests = false }: GivenUp): boolean {
    const kept = this.#read();
    if (kept.lease !== lease) return false;
    if (rests) this.#rest = { until: this.#ports.now() + REST_MS, message };
    const lost = reconnect ? ({ status: "needs_reconnect", reason: message } as const) : {};
    this.#write({ ...kept, lease: null, leaseUntil: 0, ...lost });
    this.#wake(reconnect ? null : message);
    return true;
  }

  beginAuthorization({ nonce, sealed, expiresAt }: PendingAuthorization): void {
    if (this.#read().status === "deleted") return;
    this.#sql.write("DELETE FROM pending WHERE expires_at <= ?", this.#ports.now());
    this.#sql.write("INSERT INTO pending VALUES (?, ?, ?)", nonce, sealed, expiresAt);
  }

  takeAuthorization(nonce: string): { sealed: string; version: number } | null {
    const [row] = this.#sql.change("DELETE FROM pending WHERE nonce = ? RETURNING sealed, expires_at", nonce);
    if (row === undefined || Number(row.expires_at) <= this.#ports.now()) return null;
    const kept = this.#read();
    const version = kept.lastVersion + 1;
    this.#write({ ...kept, lastVersion: version });
    return { sealed: String(row.sealed), version };
  }

  grant(token: KeptToken): boolean {
    const kept = this.#read();
    // The code was traded while the connection was changed or deleted: consent was given to what it was.
    if (token.version <= kept.forgotten || kept.status === "deleted") return false;
    if (kept.token !== null && kept.token.version > token.version && kept.status === "connected") return false;
    // A renewal under way is of the grant before: what it brings is not taken any more.
    this.#write({ ...kept, status: "connected", reason: null, token, lease: null, leaseUntil: 0 });
    this.#wake(null);
    return true;
  }

  kept(): KeptToken | null {
    return this.#read().token;
  }

  reseal(token: KeptToken): boolean {
    const kept = this.#read();
    if (kept.token?.version !== token.version) return false;
    this.#write({ ...kept, token: { ...kept.token, sealed: token.sealed } });
    return true;
  }

  forget({ deleted }: { deleted: boolean } = { deleted: false }): void {
    const { lastVersion, status } = this.#read();
    const isOver = deleted || status === "deleted";
    this.#sql.change("DELETE FROM pending");
    this.#sql.change("DELETE FROM connection");
    // A number stays: versions are never given twice, so what was promised before is known by its own.
    if (isOver) this.#write({ ...NOTHING, status: "deleted", lastVersion, forgotten: lastVersion });
    else if (lastVersion > 0) this.#write({ ...NOTHING, lastVersion, forgotten: lastVersion });
    this.#rest = { until: 0, message: "" };
    this.#wake(null);
  }

  #read(): Kept {
    const [row] = this.#sql.read("SELECT * FROM connection");
    if (row === undefined) return NOTHING;
    return {
      status: STATUSES.find((it) => it === row.status) ?? "pending",
      reason: row.reason === null ? null : String(row.reason),
      token: row.token === null ? null : readToken(String(row.token)),
      lastVersion: Number(row.last_version),
      forgotten: Number(row.forgotten),
      lease: row.lease === null ? null : String(row.lease),
      leaseUntil: Number(row.lease_until ?? 0),
    };
  }

  #write({ status, reason, token, lastVersion, forgotten, lease, leaseUntil }: Kept): void {
    this.#sql.write(
      `INSERT OR REPLACE INTO connection (one, status, reason, token, last_version, lease, lease_until, forgotten)
       VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
      status,
      reason,
      token === null ? null : JSON.stringify(token),
      lastVersion,
      lease,
      leaseUntil,
      forgotten,
    );
  }
}

/** JSON that this class wrote. */
function readToken(text: string): KeptToken {
  return JSON.parse(text) as KeptToken;
}
