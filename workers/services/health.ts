import { sql } from "drizzle-orm";
import type { Ports } from "./context.ts";

/** The data plane needs no Postgres: without it the platform is degraded, not down. */
export async function checkHealth(
  ports: Ports,
): Promise<{ status: "ok" | "degraded"; version: string; checks: { database: string } }> {
  const database = await ports.database.execute(sql`select 1`).then(
    () => "ok",
    () => "unreachable",
  );
  return { status: database === "ok" ? "ok" : "degraded", version: "0.1.0", checks: { database } };
}
