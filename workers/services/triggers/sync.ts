import { and, eq } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Owner } from "../../../contracts/placement.ts";
import { triggers } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onTriggers } from "../object-calls.ts";
import { storedTriggerOf, type TriggerRow } from "./trigger-row.ts";

/**
 * Tells the triggers object of an owner what changed, then notes that it knows. A crash in between leaves rows that are
 * dirty, and the sweeper tells it again: a revision that the object has changes nothing.
 */
export async function syncTriggers(
  ports: Ports,
  owner: Owner,
  rows: readonly TriggerRow[],
): Promise<() => Promise<void>> {
  const gone = rows.filter(({ deleted }) => deleted);
  const there = rows.filter(({ deleted }) => !deleted);
  const { tenantId, environment } = owner;
  if (there.length > 0)
    await onTriggers(ports, owner, (it) => it.put({ tenantId, environment }, there.map(storedTriggerOf)));
  if (gone.length > 0)
    await onTriggers(ports, owner, (it) => it.remove(gone.map(({ id, revision }) => ({ id, revision }))));
  return () => noteTold(ports, there, gone);
}

async function noteTold(ports: Ports, there: readonly TriggerRow[], gone: readonly TriggerRow[]): Promise<void> {
  const { database } = ports;
  const same = ({ id, revision }: TriggerRow) => and(eq(triggers.id, id), eq(triggers.revision, revision));
  const [first, ...rest]: BatchItem<"pg">[] = [
    ...there.map((row) => database.update(triggers).set({ dirty: false }).where(same(row))),
    ...gone.map((row) => database.delete(triggers).where(same(row))),
  ];
  if (first !== undefined) await database.batch([first, ...rest]);
}
