import { isUniqueViolation } from "../../database/query-errors.ts";
import type { Context } from "../context.ts";
import { betweenReleases } from "../between-releases.ts";
import { onTenant } from "../object-calls.ts";

/**
 * Writes the row of a connection, after the tenant's object was told that it is being written: a platform that is killed before the copy
 * leaves a note by which the next call finds the row. Where the write failed for certain the note goes; where nobody knows, it stays.
 */
export async function writtenAhead<T>(
  { ports, caller }: Context,
  { id, connector }: { id: string; connector: string },
  at: Date,
  write: () => Promise<T>,
): Promise<T> {
  const isNoted = await onTenant(ports, caller, async (tenant) => {
    await tenant.beginConnectionWrite({ id, connector, at: at.getTime() });
    return true;
  }).catch((error: unknown) => {
    // An object of the release before, while this one is being deployed, keeps no notes: it is written as that did.
    if (betweenReleases(error) === "other_release") return false;
    throw error;
  });
  try {
    return await write();
  } catch (error) {
    if (isNoted && isUniqueViolation(error))
      await onTenant(ports, caller, (tenant) => tenant.endConnectionWrite(id, at.getTime()));
    throw error;
  }
}
