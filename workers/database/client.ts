import { neon, neonConfig } from "@neondatabase/serverless";
import { drizzle, type NeonHttpDatabase } from "drizzle-orm/neon-http";

export type Database = NeonHttpDatabase<Record<string, never>>;

/** Longer than any query here takes; a Postgres that hangs must not hold a request. */
const QUERY_TIMEOUT_MS = 5_000;

/** The database over Neon's HTTP protocol: one request a query, one a batch (a batch is a transaction). */
export function connectDatabase(url: string, neonLocal: string | undefined): Database {
  if (neonLocal !== undefined) neonConfig.fetchEndpoint = () => `http://${neonLocal}/sql`;
  neonConfig.fetchFunction = (input: string, init: RequestInit) =>
    fetch(input, { ...init, signal: AbortSignal.timeout(QUERY_TIMEOUT_MS) });
  return drizzle(neon(url));
}
