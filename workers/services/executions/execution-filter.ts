import { and, eq, gte, ilike, lt, or, type SQL } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import { executions } from "../../database/tables.ts";
import { slugPattern } from "../like-pattern.ts";

/** How executions are chosen by what the read model knows of them. */
export interface ExecutionFilter {
  status?: string;
  workflow?: string;
  since?: string;
  until?: string;
  q?: string;
}

/** Those of a tenant and environment that fit. */
export function executionFilter(owner: Owner, { status, workflow, since, until, q }: ExecutionFilter): SQL | undefined {
  const pattern = q === undefined ? undefined : slugPattern(q);
  return and(
    eq(executions.tenantId, owner.tenantId),
    eq(executions.environment, owner.environment),
    status === undefined ? undefined : eq(executions.status, status),
    workflow === undefined ? undefined : eq(executions.workflowSlug, workflow),
    since === undefined ? undefined : gte(executions.createdAt, new Date(since)),
    until === undefined ? undefined : lt(executions.createdAt, new Date(until)),
    pattern === undefined
      ? undefined
      : or(ilike(executions.executionId, pattern), ilike(executions.workflowName, pattern)),
  );
}
