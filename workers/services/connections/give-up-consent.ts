import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { type ConnectionRow, sealedConnectionOf } from "./connection-view.ts";

/** Consent was given to what it was: a token of it must not go with other addresses. Who is stopped after that leaves one that says so. */
export async function giveUpConsent({ ports, caller }: Context, row: ConnectionRow): Promise<void> {
  const { [row.id]: before } = await onTenant(ports, caller, (tenant) => tenant.connectionStates([row.id]));
  await onTenant(ports, caller, (tenant) => tenant.putConnectionState(row.id, { status: "pending" }));
  try {
    await ports.oauth.revokeConnection(caller, sealedConnectionOf(row));
  } catch (error) {
    // What was stopped may have been done, or not: then nothing is changed, and nobody would say again what it still is.
    const isKept = await ports.oauth.isKept(caller, row.id).catch(() => false);
    if (before !== undefined && isKept) {
      const { status, reason } = before;
      const state = reason === undefined ? { status } : { status, reason };
      await onTenant(ports, caller, (tenant) => tenant.putConnectionState(row.id, state));
    }
    throw error;
  }
}
