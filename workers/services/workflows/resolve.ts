import { and, eq } from "drizzle-orm";
import { maxSatisfying, rsort, validRange } from "semver";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import { compilePlan } from "../../../engine/plan/compile-plan.ts";
import { workflowVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { freshRead } from "../fresh-read.ts";
import { tenantObjectName } from "../placement.ts";
import type { PlannedWorkflow, ResolvedReference } from "./planned-workflow.ts";
import { stepsOf } from "./steps-of.ts";

/** What a bare slug means: the highest release, or the highest of all when there are only pre-releases. */
export function latestOf(versions: readonly string[]): string | undefined {
  const sorted = rsort([...versions]);
  return sorted.find((version) => !version.includes("-")) ?? sorted[0];
}

export function splitReference(reference: string): { slug: string; wanted?: string } {
  const at = reference.lastIndexOf("@");
  return at > 0 ? { slug: reference.slice(0, at), wanted: reference.slice(at + 1) } : { slug: reference };
}

async function loadReference(
  context: Context,
  slug: string,
  wanted: string | undefined,
): Promise<ResolvedReference | undefined> {
  const { tenantId, environment } = context.caller;
  const rows = await context.ports.database
    .select({ version: workflowVersions.version, digest: workflowVersions.digest })
    .from(workflowVersions)
    .where(
      and(
        eq(workflowVersions.tenantId, tenantId),
        eq(workflowVersions.environment, environment),
        eq(workflowVersions.slug, slug),
      ),
    );
  const versions = rows.map((row) => row.version);
  const version =
    wanted === undefined
      ? latestOf(versions)
      : versions.includes(wanted)
        ? wanted
        : (maxSatisfying(versions, wanted) ?? undefined);
  const row = rows.find((it) => it.version === version);
  return row && { slug, version: row.version, digest: row.digest };
}

/** A stored plan source: what `publish` wrote, after it had validated it. */
function storedPlan(text: string): PlanSource {
  return JSON.parse(text);
}

/** Keeps a plan under its digest, with the `env` names it needs. Throws when the source does not compile: a bug. */
export function rememberPlan(context: Context, digest: string, source: PlanSource): PlannedWorkflow {
  const asksWho = [...stepsOf(source.definition)].some((step) => step.authorization !== undefined);
  const planned = { digest, source, envNames: compilePlan(source).envNames, asksWho };
  context.ports.plans.set(digest, planned, context.ports.now());
  return planned;
}

async function loadPlan(
  context: Context,
  { slug, version, digest }: ResolvedReference,
): Promise<PlannedWorkflow | undefined> {
  const { tenantId, environment } = context.caller;
  const [row] = await context.ports.database
    .select({ plan: workflowVersions.plan })
    .from(workflowVersions)
    .where(
      and(
        eq(workflowVersions.tenantId, tenantId),
        eq(workflowVersions.environment, environment),
        eq(workflowVersions.slug, slug),
        eq(workflowVersions.version, version),
      ),
    );
  return row && rememberPlan(context, digest, storedPlan(row.plan));
}

/** A published workflow, ready to start. Warm, it asks nobody; a publish in this isolate is seen at once, elsewhere in 2 s. */
export async function resolveWorkflow(context: Context, reference: string): Promise<Result<PlannedWorkflow>> {
  const { slug, wanted } = splitReference(reference);
  if (wanted === "" || (wanted !== undefined && validRange(wanted) === null)) {
    return failure("VALIDATION", `"${wanted}" is not a version.`, {
      problems: [{ path: "/workflow", message: `"${wanted}" is not a version.` }],
      field: "workflow",
    });
  }
  const key = `${tenantObjectName(context.caller)}/${reference}`;
  const resolved = await freshRead(context, context.ports.references, key, () => loadReference(context, slug, wanted));
  const planned = resolved && (context.ports.plans.get(resolved.digest)?.value ?? (await loadPlan(context, resolved)));
  if (planned !== undefined) return success(planned);
  return failure(
    "NOT_FOUND",
    wanted === undefined
      ? `There is no workflow "${slug}".`
      : `There is no version "${wanted}" of a workflow "${slug}".`,
    {
      workflow: reference,
    },
  );
}

/** Forgets what the isolate believes of a slug: after publishing or deleting it here. */
export function forgetWorkflow(context: Context, slug: string): void {
  const bare = `${tenantObjectName(context.caller)}/${slug}`;
  context.ports.references.deleteWhere((key) => key === bare || key.startsWith(`${bare}@`));
}
