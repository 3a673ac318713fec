import { audit } from "../database/tables.ts";
import { auditRow } from "./audit-entry.ts";
import type { Context } from "./context.ts";

/** Waits between tries: together less than what a request may go on after its answer. */
const AGAIN_MS = [500, 2_000, 5_000, 15_000] as const;

/**
 * Audits behind the answer what changed nothing in Postgres that could carry the entry: a refusal, a campaign. It is tried again while Postgres is away,
 * under one id, so that an answer that was lost makes no second entry.
 */
export function auditLater(context: Context, action: string, subject: string): void {
  const row = auditRow(context, action, subject);
  const { database, wait } = context.ports;
  const write = async (): Promise<void> => {
    for (const pauseMs of AGAIN_MS) {
      const failed = await database
        .insert(audit)
        .values(row)
        .onConflictDoNothing()
        .then(
          () => false,
          () => true,
        );
      if (!failed) return;
      await wait(pauseMs);
    }
    await database.insert(audit).values(row).onConflictDoNothing();
  };
  context.background(write());
}
