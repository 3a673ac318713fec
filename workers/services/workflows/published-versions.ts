import { and, eq } from "drizzle-orm";
import { maxSatisfying, rsort } from "semver";
import type { PlanSource } from "../../../engine/plan/types.ts";
import { workflowVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";

/** What a bare slug means: the highest release, or the highest of all when there are only pre-releases. */
export function latestOf(versions: readonly string[]): string | undefined {
  const sorted = rsort([...versions]);
  return sorted.find((version) => !version.includes("-")) ?? sorted[0];
}

/** The version that `wanted` (exact, or a range of npm's kind) means among `versions`. */
export function versionMeant(versions: readonly string[], wanted: string | undefined): string | undefined {
  if (wanted === undefined) return latestOf(versions);
  return versions.includes(wanted) ? wanted : (maxSatisfying(versions, wanted) ?? undefined);
}

function ofSlug({ caller }: Context, slug: string) {
  return and(
    eq(workflowVersions.tenantId, caller.tenantId),
    eq(workflowVersions.environment, caller.environment),
    eq(workflowVersions.slug, slug),
  );
}

/** Versions of a slug with their digests, straight from Postgres. */
export function publishedVersions(context: Context, slug: string): Promise<{ version: string; digest: string }[]> {
  return context.ports.database
    .select({ version: workflowVersions.version, digest: workflowVersions.digest })
    .from(workflowVersions)
    .where(ofSlug(context, slug));
}

/** A stored plan source: what `publish` wrote, after it had validated it. */
function storedPlan(text: string): PlanSource {
  return JSON.parse(text);
}

/** The plan source of a version. */
export async function publishedSource(
  context: Context,
  slug: string,
  version: string,
): Promise<PlanSource | undefined> {
  const [row] = await context.ports.database
    .select({ plan: workflowVersions.plan })
    .from(workflowVersions)
    .where(and(ofSlug(context, slug), eq(workflowVersions.version, version)));
  return row && storedPlan(row.plan);
}
