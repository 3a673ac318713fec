import { and, asc, eq, gt } from "drizzle-orm";
import type { TriggerView } from "../../../contracts/api/triggers.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { triggers } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { findTrigger, ownTriggers, unknownTrigger, viewsOf } from "./own-triggers.ts";

interface TriggerQuery {
  workflow?: string;
  type?: TriggerView["type"];
  status?: TriggerView["status"];
  cursor?: string;
  limit: number;
}

export async function listTriggers(context: Context, query: TriggerQuery): Promise<Result<Page<TriggerView>>> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1);
  if (after === null) return badCursor();
  const rows = await context.ports.database
    .select()
    .from(triggers)
    .where(
      and(
        ownTriggers(context),
        query.workflow === undefined ? undefined : eq(triggers.workflowSlug, query.workflow),
        query.type === undefined ? undefined : eq(triggers.type, query.type),
        statusIs(query.status),
        after?.[0] === undefined ? undefined : gt(triggers.id, after[0]),
      ),
    )
    .orderBy(asc(triggers.id))
    .limit(query.limit + 1);
  const page = rows.slice(0, query.limit);
  const more = rows.length > query.limit;
  return success({
    data: await viewsOf(context, page),
    has_more: more,
    next_cursor: more ? encodeCursor([page.at(-1)?.id ?? ""]) : null,
  });
}

function statusIs(status: TriggerView["status"] | undefined) {
  switch (status) {
    case undefined:
      return undefined;
    case "disabled":
      return eq(triggers.enabled, false);
    case "paused":
    case "active":
      return and(eq(triggers.enabled, true), eq(triggers.paused, status === "paused"));
    default:
      return status satisfies never;
  }
}

export async function getTrigger(context: Context, id: string): Promise<Result<TriggerView>> {
  const row = await findTrigger(context, id);
  const [view] = row === undefined ? [] : await viewsOf(context, [row]);
  return view === undefined ? unknownTrigger() : success(view);
}
