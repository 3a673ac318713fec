import { audit } from "../database/tables.ts";
import type { Context } from "./context.ts";
import { newId } from "./new-id.ts";

/** The audit row of a change, to be written in the batch of the change. */
export function auditEntry({ ports, caller }: Context, action: string, subject: string) {
  return ports.database.insert(audit).values({
    id: newId(ports, "audit"),
    tenantId: caller.tenantId,
    environment: caller.environment,
    actor: caller.keyId,
    action,
    subject,
    at: new Date(ports.now()),
  });
}
