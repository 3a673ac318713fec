import { type Failure, failure } from "../../../contracts/errors.ts";
import type { WorkflowDefinition } from "../../../engine/definition/types.ts";
import { refusalOf } from "../../../engine/run/authorization.ts";
import { auditLater } from "../audit-later.ts";
import type { Context } from "../context.ts";

/** A workflow's `authorization` against the key that starts it (section 2). A refusal is audited after the answer. */
export function refuseCaller(context: Context, { slug, authorization }: WorkflowDefinition): Failure | undefined {
  const refusal = refusalOf(authorization, context.caller);
  if (refusal === undefined) return undefined;
  auditLater(context, "executions.refused", slug);
  return failure("FORBIDDEN", `This key may not start the workflow "${slug}": ${refusal}.`, { workflow: slug });
}
