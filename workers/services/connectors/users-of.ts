import { and, eq, ne, or, type SQL, sql } from "drizzle-orm";
import { connectorInstallations, connectorPins } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { DEFAULT_NAMESPACE } from "./namespaces.ts";
import type { VersionName } from "./version-row.ts";

/** Whose published workflows count: where a version goes away those of its own tenant too, where it is hidden only the others'. */
type Pinning = "anybody" | "others";

/**
 * Who uses a version: other tenants that installed it, and published workflows that pin it. In `community`, where it is everybody's,
 * others of that name use their own.
 */
export function usersOf({ ports, caller }: Context, { namespace, name, version }: VersionName, pinning: Pinning) {
  const foreign = namespace === DEFAULT_NAMESPACE ? sql`false` : undefined;
  const users = (
    table: typeof connectorInstallations | typeof connectorPins,
    which: (others: SQL | undefined) => SQL | undefined,
  ) =>
    ports.database
      .select({ one: sql`1` })
      .from(table)
      .where(
        and(
          eq(table.environment, caller.environment),
          eq(table.namespace, namespace),
          eq(table.name, name),
          eq(table.version, version),
          which(and(ne(table.tenantId, caller.tenantId), foreign)),
        ),
      );
  return {
    installs: users(connectorInstallations, (others) => others),
    pins: users(connectorPins, (others) =>
      pinning === "others" ? others : or(eq(connectorPins.tenantId, caller.tenantId), others),
    ),
  };
}

/** How many they are. */
export async function countUsers(
  context: Context,
  version: VersionName,
  pinning: Pinning,
): Promise<{ installs: number; workflows: number }> {
  const { installs, pins } = usersOf(context, version, pinning);
  const [installed, pinned] = await context.ports.database.batch([installs, pins]);
  return { installs: installed.length, workflows: pinned.length };
}
