import { and, asc, eq, gt, ilike, inArray, or } from "drizzle-orm";
import type { Page } from "../../../contracts/api/pages.ts";
import type { WorkflowSummary } from "../../../contracts/api/workflows.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { workflows, workflowVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { slugPattern } from "../like-pattern.ts";
import { latestOf } from "./published-versions.ts";

type Row = typeof workflows.$inferSelect;

async function latestVersions({ ports, caller }: Context, slugs: readonly string[]): Promise<Map<string, string>> {
  const rows =
    slugs.length === 0
      ? []
      : await ports.database
          .select({ slug: workflowVersions.slug, version: workflowVersions.version })
          .from(workflowVersions)
          .where(
            and(
              eq(workflowVersions.tenantId, caller.tenantId),
              eq(workflowVersions.environment, caller.environment),
              inArray(workflowVersions.slug, [...slugs]),
            ),
          );
  const latest = new Map<string, string>();
  for (const slug of slugs)
    latest.set(slug, latestOf(rows.filter((row) => row.slug === slug).map((row) => row.version)) ?? "");
  return latest;
}

function summaryOf(row: Row, version: string): WorkflowSummary {
  return {
    slug: row.slug,
    name: row.name,
    description: row.description,
    version,
    url: `/workflows/${encodeURIComponent(row.slug)}`,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** The published workflows, by slug. */
export async function listWorkflows(
  context: Context,
  query: { q?: string; cursor?: string; limit: number },
): Promise<Result<Page<WorkflowSummary>>> {
  const { ports, caller } = context;
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1);
  if (after === null) return badCursor();
  const pattern = query.q === undefined ? undefined : slugPattern(query.q);
  const rows = await ports.database
    .select()
    .from(workflows)
    .where(
      and(
        eq(workflows.tenantId, caller.tenantId),
        eq(workflows.environment, caller.environment),
        after?.[0] === undefined ? undefined : gt(workflows.slug, after[0]),
        pattern === undefined ? undefined : or(ilike(workflows.slug, pattern), ilike(workflows.name, pattern)),
      ),
    )
    .orderBy(asc(workflows.slug))
    .limit(query.limit + 1);
  const page = rows.slice(0, query.limit);
  const latest = await latestVersions(
    context,
    page.map((row) => row.slug),
  );
  const more = rows.length > query.limit;
  return success({
    data: page.map((row) => summaryOf(row, latest.get(row.slug) ?? "")),
    has_more: more,
    next_cursor: more ? encodeCursor([page.at(-1)?.slug ?? ""]) : null,
  });
}

/** One of them. */
export async function getWorkflow(context: Context, slug: string): Promise<Result<WorkflowSummary>> {
  const { ports, caller } = context;
  const [row] = await ports.database
    .select()
    .from(workflows)
    .where(
      and(
        eq(workflows.tenantId, caller.tenantId),
        eq(workflows.environment, caller.environment),
        eq(workflows.slug, slug),
      ),
    );
  if (row === undefined) return failure("NOT_FOUND", `There is no workflow "${slug}".`);
  return success(summaryOf(row, (await latestVersions(context, [slug])).get(slug) ?? ""));
}
