import { sql } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";

const keyOf = ({ tenantId, environment }: Owner) => sql`hashtextextended(${`purge ${tenantId}/${environment}`}, 0)`;

/**
 * The first statement of a batch that projects executions: none of the tenant's is purged until it is committed. The next statement
 * sees every purge before it, since it looks at the database anew.
 */
export const whileNothingIsPurged = (owner: Owner) => sql`SELECT pg_advisory_xact_lock_shared(${keyOf(owner)})`;

/** The first statement of a batch that purges: what is being projected is there to be deleted, and nothing comes until it is committed. */
export const whileNothingIsProjected = (owner: Owner) => sql`SELECT pg_advisory_xact_lock(${keyOf(owner)})`;
