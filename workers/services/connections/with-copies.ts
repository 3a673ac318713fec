import { inArray } from "drizzle-orm";
import type { ConnectionState } from "../../../contracts/rpc.ts";
import { connections } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { deleteCopy } from "./delete-copy.ts";
import { type ConnectionRow, sealedConnectionOf } from "./connection-view.ts";

/**
 * What is known of connections, after each has its copy in the tenant's object, where calls look. Whoever wrote a row may have been
 * stopped before the copy: whoever reads the row next makes it good.
 */
export async function withCopies(
  { ports, caller }: Context,
  rows: readonly ConnectionRow[],
): Promise<Record<string, ConnectionState>> {
  const ids = rows.map(({ id }) => id);
  const states = await onTenant(ports, caller, (tenant) => tenant.connectionStates(ids));
  const behind = rows.filter(({ id, updatedAt }) => (states[id]?.copyOf ?? -1) < updatedAt.getTime());
  if (behind.length === 0) return states;
  for (const row of behind) await onTenant(ports, caller, (tenant) => tenant.putConnection(sealedConnectionOf(row)));
  // One that was deleted in between would be used again, by calls alone.
  const still = await ports.database
    .select({ id: connections.id })
    .from(connections)
    .where(
      inArray(
        connections.id,
        behind.map(({ id }) => id),
      ),
    );
  const gone = behind.filter(({ id }) => !still.some((it) => it.id === id));
  for (const { id } of gone) await deleteCopy(ports, caller, id);
  return onTenant(ports, caller, (tenant) => tenant.connectionStates(ids));
}
