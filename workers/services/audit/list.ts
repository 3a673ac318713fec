import { and, desc, eq, gte, like, lt, sql } from "drizzle-orm";
import type { AuditQuery, AuditRow } from "../../../contracts/api/audit.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { audit } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { auditUses } from "../settings/audit-uses.ts";
import { catchUp } from "../executions/catch-up.ts";

/** `key.*` asks for all that begin with `key.`. */
function actionIs(action: string) {
  if (!action.endsWith("*")) return eq(audit.action, action);
  return like(audit.action, `${action.slice(0, -1).replaceAll(/[\\%_]/g, "\\$&")}%`);
}

/** Who changed what in the key's environment, newest first. */
export async function listAudit(
  context: Context,
  query: AuditQuery,
): Promise<Result<Page<AuditRow> & { as_of: string }>> {
  const { ports, caller } = context;
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 2);
  const time = new Date(after?.[0] ?? 0);
  if (after === null || Number.isNaN(time.getTime())) return badCursor();
  const [asOf] = await Promise.all([catchUp(context), auditUses(ports, caller)]);
  const rows = await ports.database
    .select()
    .from(audit)
    .where(
      and(
        eq(audit.tenantId, caller.tenantId),
        eq(audit.environment, caller.environment),
        query.actor === undefined ? undefined : eq(audit.actor, query.actor),
        query.action === undefined ? undefined : actionIs(query.action),
        query.since === undefined ? undefined : gte(audit.at, new Date(query.since)),
        query.until === undefined ? undefined : lt(audit.at, new Date(query.until)),
        after && sql`(${audit.at}, ${audit.id}) < (${time.toISOString()}::timestamptz, ${after[1]})`,
      ),
    )
    .orderBy(desc(audit.at), desc(audit.id))
    .limit(query.limit + 1);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const more = rows.length > query.limit;
  return success({
    data: page.map(({ id, at, actor, action, subject, environment }) => ({
      id,
      at: at.toISOString(),
      actor,
      action,
      subject,
      environment: environment === "live" ? "live" : "test",
    })),
    has_more: more,
    next_cursor: more && last ? encodeCursor([last.at.toISOString(), last.id]) : null,
    as_of: new Date(asOf).toISOString(),
  });
}
