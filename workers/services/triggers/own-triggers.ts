import { and, eq } from "drizzle-orm";
import type { TriggerView } from "../../../contracts/api/triggers.ts";
import { failure, type Failure } from "../../../contracts/errors.ts";
import { triggers } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { onTriggers } from "../object-calls.ts";
import { syncTriggers } from "./sync.ts";
import { type TriggerRow, triggerViewOf } from "./trigger-row.ts";

/** Rows that the caller may see at all. */
export function ownTriggers({ caller }: Context) {
  return and(
    eq(triggers.tenantId, caller.tenantId),
    eq(triggers.environment, caller.environment),
    eq(triggers.deleted, false),
  );
}

export function unknownTrigger(): Failure {
  return failure("NOT_FOUND", "There is no such trigger.");
}

export async function findTrigger(context: Context, id: string): Promise<TriggerRow | undefined> {
  const [row] = await context.ports.database
    .select()
    .from(triggers)
    .where(and(ownTriggers(context), eq(triggers.id, id)));
  return row;
}

/** Rows as they are shown, with what their object knows of them. */
export async function viewsOf(context: Context, rows: readonly TriggerRow[]): Promise<TriggerView[]> {
  if (rows.length === 0) return [];
  const { ports, caller } = context;
  const states = await onTriggers(ports, caller, (it) => it.states(rows.map(({ id }) => id)));
  return rows.map((row) => triggerViewOf(row, states[row.id], ports.now()));
}

/** Tells the object of a row that was just written. That it knows is noted after the answer. */
export async function tellTriggers(context: Context, rows: readonly TriggerRow[]): Promise<void> {
  const note = await syncTriggers(context.ports, context.caller, rows);
  context.background(note().catch(() => undefined));
}
