import { and, eq } from "drizzle-orm";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { connectorPins, triggers, workflows, workflowVersions } from "../../database/tables.ts";
import { auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { nextRevision } from "../triggers/published-triggers.ts";
import { tellTriggers } from "../triggers/own-triggers.ts";
import { forgetWorkflow } from "./resolve.ts";

/** Takes a workflow, its versions and its triggers away. Executions that have begun go on: their cell has the plan. */
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
  const [, gone, , silent] = await database.batch([
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
    database
      .update(triggers)
      .set({ deleted: true, dirty: true, revision: nextRevision(ports.now()), updatedAt: new Date(ports.now()) })
      .where(
        and(
          eq(triggers.tenantId, caller.tenantId),
          eq(triggers.environment, caller.environment),
          eq(triggers.workflowSlug, slug),
        ),
      )
      .returning(),
    database
      .delete(connectorPins)
      .where(
        and(
          eq(connectorPins.tenantId, caller.tenantId),
          eq(connectorPins.environment, caller.environment),
          eq(connectorPins.workflowSlug, slug),
        ),
      ),
  ]);
  if (silent.length > 0) await tellTriggers(context, silent);
  forgetWorkflow(context, slug);
  return gone.length === 0
    ? failure("NOT_FOUND", `There is no workflow "${slug}".`)
    : success({ status: "deleted", slug });
}
