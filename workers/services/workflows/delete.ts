import { and, eq } from "drizzle-orm";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { workflows, workflowVersions } from "../../database/tables.ts";
import { auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { forgetWorkflow } from "./resolve.ts";

/** Takes a workflow and its versions away. Executions that have begun go on: their cell has the plan. */
export async function deleteWorkflow(
  context: Context,
  slug: string,
): Promise<Result<{ status: "deleted"; slug: string }>> {
  const { ports, caller } = context;
  const { database } = ports;
  const found = and(
    eq(workflows.tenantId, caller.tenantId),
    eq(workflows.environment, caller.environment),
    eq(workflows.slug, slug),
  );
  const [, gone] = await database.batch([
    auditEntryIf(context, "workflow.deleted", slug, workflows, found),
    database.delete(workflows).where(found).returning({ slug: workflows.slug }),
    database
      .delete(workflowVersions)
      .where(
        and(
          eq(workflowVersions.tenantId, caller.tenantId),
          eq(workflowVersions.environment, caller.environment),
          eq(workflowVersions.slug, slug),
        ),
      ),
  ]);
  forgetWorkflow(context, slug);
  return gone.length === 0
    ? failure("NOT_FOUND", `There is no workflow "${slug}".`)
    : success({ status: "deleted", slug });
}
