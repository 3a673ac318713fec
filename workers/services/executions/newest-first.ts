import { sql } from "drizzle-orm";
import { executions } from "../../database/tables.ts";

/**
 * The order of `executions_created`, nulls and all, although there are none: by any other, every list would sort all that the tenant
 * has instead of reading a page off the index.
 */
export const NEWEST_FIRST = [
  sql`${executions.createdAt} DESC NULLS LAST`,
  sql`${executions.executionId} DESC NULLS LAST`,
] as const;
