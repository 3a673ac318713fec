import { failure, type Failure } from "../../../contracts/errors.ts";
import type { StreamGrant } from "../../../contracts/stream-token.ts";

/** A token for one execution opens no other, and not the tenant-wide stream (`null`). */
export function refuseGrant(grant: StreamGrant | null, executionId: string | null): Failure | undefined {
  if (grant === null || grant.executionId === null || grant.executionId === executionId) return undefined;
  return failure("FORBIDDEN", "This stream token is for another stream.");
}
