import { validRange } from "semver";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { Context } from "../context.ts";
import { freshRead } from "../fresh-read.ts";
import { tenantObjectName } from "../../../contracts/placement.ts";
import { planNeeds } from "./plan-needs.ts";
import type { PlannedWorkflow, ResolvedReference } from "./planned-workflow.ts";
import { untrustedPin } from "./untrusted-pins.ts";
import { publishedSource, publishedVersions, versionMeant } from "./published-versions.ts";

export function splitReference(reference: string): { slug: string; wanted?: string } {
  const at = reference.lastIndexOf("@");
  return at > 0 ? { slug: reference.slice(0, at), wanted: reference.slice(at + 1) } : { slug: reference };
}

async function loadReference(
  context: Context,
  slug: string,
  wanted: string | undefined,
): Promise<ResolvedReference | undefined> {
  const rows = await publishedVersions(context, slug);
  const version = versionMeant(
    rows.map((row) => row.version),
    wanted,
  );
  const row = rows.find((it) => it.version === version);
  if (row === undefined) return undefined;
  const refused = await untrustedPin(context, slug, row.version);
  return { slug, version: row.version, digest: row.digest, ...(refused === undefined ? {} : { refused }) };
}

/** Keeps a plan under its digest, with what a start must bring. Throws when the source does not compile: a bug. */
export function rememberPlan(context: Context, digest: string, source: PlanSource): PlannedWorkflow {
  const planned = { digest, source, ...planNeeds(source) };
  context.ports.plans.set(digest, planned, context.ports.now());
  return planned;
}

async function loadPlan(
  context: Context,
  { slug, version, digest }: ResolvedReference,
): Promise<PlannedWorkflow | undefined> {
  const source = await publishedSource(context, slug, version);
  if (source === undefined) return undefined;
  // What is run must be what was published (threat T23).
  if (digestOf(JSON.parse(JSON.stringify(source))) !== digest)
    throw new Error(`The stored plan of ${slug}@${version} is not what was published: its SHA-256 differs.`);
  return rememberPlan(context, digest, source);
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
  if (resolved?.refused !== undefined)
    return failure("FORBIDDEN", resolved.refused, { reason: "trust_policy", workflow: reference });
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
