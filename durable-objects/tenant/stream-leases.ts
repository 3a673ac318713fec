import { failure, type Failure, success } from "../../contracts/errors.ts";
import type { Limits } from "../../contracts/limits.ts";
import { STREAM_LEASE_MS, type StreamLease } from "../../contracts/quota-rpc.ts";
import type { TenantSql } from "./tenant-sql.ts";

/** Open streams of a tenant, each until its holder gives it back or does not renew it. */
export class StreamLeases {
  readonly #sql: TenantSql;

  constructor(sql: TenantSql) {
    this.#sql = sql;
  }

  lease({ streamId, executionId = "" }: StreamLease, limits: Limits, now: number): { ok: true; value: null } | Failure {
    this.#sql.change("DELETE FROM stream_leases WHERE expires_at <= ?", now);
    const renewed = this.#sql.change(
      "UPDATE stream_leases SET expires_at = ? WHERE id = ? RETURNING id",
      now + STREAM_LEASE_MS,
      streamId,
    );
    if (renewed.length > 0) return success(null);
    if (this.count(now) >= limits.streams) return tooMany("streams", limits.streams);
    if (executionId !== "" && this.count(now, executionId) >= limits.streams_per_execution)
      return tooMany("streams_per_execution", limits.streams_per_execution);
    this.#sql.write("INSERT INTO stream_leases VALUES (?, ?, ?)", streamId, executionId, now + STREAM_LEASE_MS);
    return success(null);
  }

  giveBack(streamId: string): void {
    this.#sql.change("DELETE FROM stream_leases WHERE id = ?", streamId);
  }

  count(now: number, executionId?: string): number {
    const [row] =
      executionId === undefined
        ? this.#sql.read("SELECT count(*) AS n FROM stream_leases WHERE expires_at > ?", now)
        : this.#sql.read(
            "SELECT count(*) AS n FROM stream_leases WHERE expires_at > ? AND execution = ?",
            now,
            executionId,
          );
    return Number(row?.n ?? 0);
  }
}

function tooMany(limit: "streams" | "streams_per_execution", most: number): Failure {
  const message = `There are ${most} open streams already: close one, or ask the log (\`?after=&wait=\`) instead.`;
  return { ...failure("RATE_LIMITED", message, { limit, max: most }), retryAfter: 5 };
}
