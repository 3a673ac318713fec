import { and, eq } from "drizzle-orm";
import { rcompare } from "semver";
import type { Page } from "../../../contracts/api/pages.ts";
import type { WorkflowVersion } from "../../../contracts/api/workflows.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { workflowVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";

type VersionSummary = Pick<WorkflowVersion, "version" | "digest" | "published_at" | "published_by" | "url">;
type Row = Pick<typeof workflowVersions.$inferSelect, "slug" | "version" | "digest" | "publishedAt" | "publishedBy">;

const SUMMARY = {
  slug: workflowVersions.slug,
  version: workflowVersions.version,
  digest: workflowVersions.digest,
  publishedAt: workflowVersions.publishedAt,
  publishedBy: workflowVersions.publishedBy,
};

function summaryOf(row: Row): VersionSummary {
  return {
    version: row.version,
    digest: row.digest,
    published_at: row.publishedAt.toISOString(),
    published_by: row.publishedBy,
    url: `/workflows/${encodeURIComponent(row.slug)}/versions/${encodeURIComponent(row.version)}`,
  };
}

function ofSlug({ caller }: Context, slug: string) {
  return and(
    eq(workflowVersions.tenantId, caller.tenantId),
    eq(workflowVersions.environment, caller.environment),
    eq(workflowVersions.slug, slug),
  );
}

/** Highest first. */
export async function listVersions(
  context: Context,
  slug: string,
  query: { cursor?: string; limit: number },
): Promise<Result<Page<VersionSummary>>> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1);
  if (after === null) return badCursor();
  const rows = await context.ports.database.select(SUMMARY).from(workflowVersions).where(ofSlug(context, slug));
  if (rows.length === 0) return failure("NOT_FOUND", `There is no workflow "${slug}".`);
  rows.sort((a, b) => rcompare(a.version, b.version));
  const from = after === undefined ? 0 : rows.findIndex((row) => row.version === after[0]) + 1;
  const page = rows.slice(from, from + query.limit);
  const more = rows.length > from + query.limit;
  return success({
    data: page.map(summaryOf),
    has_more: more,
    next_cursor: more ? encodeCursor([page.at(-1)?.version ?? ""]) : null,
  });
}

/** A version as it was published, with the connectors that it is pinned to. */
export async function getVersion(context: Context, slug: string, version: string): Promise<Result<WorkflowVersion>> {
  const [row] = await context.ports.database
    .select()
    .from(workflowVersions)
    .where(and(ofSlug(context, slug), eq(workflowVersions.version, version)));
  if (row === undefined) return failure("NOT_FOUND", `There is no version "${version}" of a workflow "${slug}".`);
  const { definition, pins }: { definition: JsonObject; pins: PlanSource["pins"] } = JSON.parse(row.plan);
  const connectors = Object.entries(pins).map(([key, pin]) => ({
    reference: key.slice(0, key.lastIndexOf("#")),
    connector: `${pin.namespace}/${pin.connector}`,
    version: pin.version,
    action: pin.action,
  }));
  return success({ slug: row.slug, name: row.name, ...summaryOf(row), definition, connectors });
}
