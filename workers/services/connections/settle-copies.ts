import { and, eq, inArray } from "drizzle-orm";
import { type ConnectionWrite, WRITE_OVER_MS } from "../../../contracts/connection-copies-rpc.ts";
import type { Owner } from "../../../contracts/placement.ts";
import { connections } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { deleteCopy } from "./delete-copy.ts";
import { sealedConnectionOf } from "./connection-view.ts";

/**
 * Makes copies as their rows are, of connections whose rows were being written when a call asked for them: whoever wrote may have been stopped
 * before the copy. One who is only slow writes the same copy again.
 */
export async function settleCopies(
  ports: Pick<Ports, "database" | "tenant" | "oauth" | "now">,
  owner: Owner,
  writes: readonly ConnectionWrite[],
): Promise<void> {
  const ids = writes.map(({ id }) => id);
  // Copies first: one that is there, and whose row is not there after that, was deleted.
  const states = await onTenant(ports, owner, (tenant) => tenant.connectionStates(ids));
  const own = and(eq(connections.tenantId, owner.tenantId), eq(connections.environment, owner.environment));
  const rows = await ports.database
    .select()
    .from(connections)
    .where(and(own, inArray(connections.id, ids)));
  const made: string[] = [];
  for (const { id, at } of writes) {
    const row = rows.find((it) => it.id === id);
    const copyOf = states[id]?.copyOf;
    if (row !== undefined && row.updatedAt.getTime() >= Math.max(at, (copyOf ?? -1) + 1)) {
      await onTenant(ports, owner, (tenant) => tenant.putConnection(sealedConnectionOf(row)));
      made.push(id);
    } else if (row === undefined && copyOf !== undefined) await deleteCopy(ports, owner, id);
    else if (ports.now() - at > WRITE_OVER_MS)
      await onTenant(ports, owner, (tenant) => tenant.endConnectionWrite(id, at));
  }
  if (made.length === 0) return;
  // One that was deleted in between, copy and all, would be used again: by calls alone, which nobody sees.
  const still = await ports.database
    .select({ id: connections.id })
    .from(connections)
    .where(and(own, inArray(connections.id, made)));
  for (const id of made) if (!still.some((it) => it.id === id)) await deleteCopy(ports, owner, id);
}
