import { and, eq, inArray, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { PublishAnswer } from "../../../contracts/api/workflows.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { readWorkflows } from "../../../engine/definition/read-workflows.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { SourceFormat } from "../../../engine/source/parse.ts";
import { connectorPins, workflows, workflowVersions } from "../../database/tables.ts";
import { isRefusedByGuard, isUniqueViolation } from "../../database/query-errors.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { installTriggers } from "../triggers/install.ts";
import { hookPathProblems, hookPathWrites } from "./hook-paths.ts";
import { planDocument } from "./plan.ts";
import { withCalled } from "./plan-needs.ts";
import type { Planning } from "./planning.ts";
import { stillThere } from "./still-there.ts";
import { RESERVED_SLUGS } from "./reserved-slugs.ts";
import { forgetWorkflow, rememberPlan } from "./resolve.ts";

async function planAll(context: Context, text: string, format: SourceFormat): Promise<Planning[] | Failure> {
  const read = readWorkflows(text, format);
  const { plannings, problems, unavailable } = await planDocument(context, read);
  const refused = [...problems, ...unavailable];
  for (const workflow of read.workflows) {
    if (!RESERVED_SLUGS.has(workflow.definition.slug)) continue;
    const path = `${workflow.pointer}/name`;
    refused.push({
      path,
      ...workflow.locate(path),
      message: `"${workflow.definition.slug}" is a word of the API: choose another name.`,
    });
  }
  if (refused.length === 0) refused.push(...(await hookPathProblems(context, read.workflows)));
  return refused.length > 0 ? validationFailure(refused) : plannings;
}

/** What this leaves undone the sweeper does: the version is published. */
async function installAll(context: Context, plannings: readonly Planning[]): Promise<void> {
  for (const { source } of plannings) {
    const { slug } = source.definition;
    try {
      await installTriggers(context.ports, context.caller, slug);
    } catch (error) {
      console.error(
        JSON.stringify({ level: "warn", message: "triggers were not installed", slug, error: String(error) }),
      );
    }
  }
}

function versionUrl(slug: string, version: string): string {
  return `/workflows/${encodeURIComponent(slug)}/versions/${encodeURIComponent(version)}`;
}

async function conflict(context: Context, plannings: readonly Planning[]): Promise<Failure> {
  const { tenantId, environment } = context.caller;
  const rows = await context.ports.database
    .select({ slug: workflowVersions.slug, version: workflowVersions.version, digest: workflowVersions.digest })
    .from(workflowVersions)
    .where(
      and(
        eq(workflowVersions.tenantId, tenantId),
        eq(workflowVersions.environment, environment),
        inArray(
          workflowVersions.slug,
          plannings.map((it) => it.source.definition.slug),
        ),
      ),
    );
  const taken = plannings.find(({ source: { definition } }) =>
    rows.some((row) => row.slug === definition.slug && row.version === definition.version),
  );
  if (taken === undefined) return failure("CONFLICT", "Another publication of the same workflow came first.");
  const { slug, version } = taken.source.definition;
  const same = rows.some((row) => row.slug === slug && row.version === version && row.digest === taken.digest);
  return failure(
    "CONFLICT",
    `Version ${version} of "${slug}" is already published, and versions are immutable: raise \`version\`.`,
    {
      slug,
      version,
      same_content: same,
    },
  );
}

/** Which connector versions the workflow pins, itself and by what it calls: held, so that none is taken away meanwhile. */
function pinRows(context: Context, source: PlanSource): BatchItem<"pg">[] {
  const { ports, caller } = context;
  const { slug: workflowSlug, version: workflowVersion } = source.definition;
  const owner = { tenantId: caller.tenantId, environment: caller.environment, workflowSlug, workflowVersion };
  const rows = new Map(
    [...withCalled(source)]
      .flatMap((plan) => Object.values(plan.pins))
      .map(({ namespace, connector: name, version }) => [
        `${namespace}/${name}@${version}`,
        { ...owner, namespace, name, version },
      ]),
  );
  if (rows.size === 0) return [];
  return [
    ...stillThere(context, [...rows.values()]),
    ports.database
      .insert(connectorPins)
      .values([...rows.values()])
      .onConflictDoNothing(),
  ];
}

function writes(context: Context, { source, digest }: Planning): BatchItem<"pg">[] {
  const { ports, caller } = context;
  const { slug, version, name, description } = source.definition;
  const owner = { tenantId: caller.tenantId, environment: caller.environment };
  const now = new Date(ports.now());
  const shown = { name, description: description ?? null, updatedAt: now };
  return [
    ports.database.insert(workflowVersions).values({
      ...owner,
      slug,
      version,
      name,
      digest,
      plan: JSON.stringify(source),
      publishedBy: caller.keyId,
      publishedAt: now,
    }),
    ports.database
      .insert(workflows)
      .values({ ...owner, slug, ...shown, triggersWanted: 1, createdAt: now })
      .onConflictDoUpdate({
        target: [workflows.tenantId, workflows.environment, workflows.slug],
        set: { ...shown, triggersWanted: sql`${workflows.triggersWanted} + 1` },
      }),
    auditEntry(context, "workflow.published", `${slug}@${version}`),
    ...pinRows(context, source),
  ];
}

/** Publishes every workflow of a document, or none of them. */
export async function publishWorkflows(
  context: Context,
  text: string,
  format: SourceFormat,
): Promise<Result<PublishAnswer>> {
  const plannings = await planAll(context, text, format);
  if (!Array.isArray(plannings)) return plannings;
  const paths = await Promise.all(plannings.map((planning) => hookPathWrites(context, planning)));
  const [first, ...rest] = [...plannings.flatMap((planning) => writes(context, planning)), ...paths.flat()];
  if (first === undefined) return validationFailure([{ path: "", message: "The document holds no workflow." }]);
  try {
    await context.ports.database.batch([first, ...rest]);
  } catch (error) {
    if (isRefusedByGuard(error))
      return failure("CONFLICT", "A connector version that the workflow uses was taken away or hidden meanwhile.");
    if (!isUniqueViolation(error)) throw error;
    const problems = await hookPathProblems(context, readWorkflows(text, format).workflows);
    return problems.length > 0 ? validationFailure(problems) : conflict(context, plannings);
  }
  await installAll(context, plannings);
  const published = plannings.map(({ source, digest }) => {
    const { slug, name, version } = source.definition;
    forgetWorkflow(context, slug);
    rememberPlan(context, digest, source);
    return { slug, name, version, digest, url: versionUrl(slug, version) };
  });
  return success({ status: "published", ...(published.length === 1 ? published[0] : {}), workflows: published });
}
