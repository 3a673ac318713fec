import { success, type Result } from "../../../contracts/errors.ts";
import { STREAM_LEASE_MS } from "../../../contracts/quota-rpc.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { onTenant } from "../object-calls.ts";

/** An open stream's place among its tenant's. */
export interface HeldStream {
  /** It is over. */
  end(): void;
}

/** Takes a place among the tenant's open streams, until `end`; one whose isolate dies is free again a while later. */
export async function leaseStream(context: Context): Promise<Result<HeldStream>> {
  const { ports, caller } = context;
  const streamId = newId(ports, "request");
  // A limit is no reason to be down: while the tenant object is away, streams open.
  const lease = () => onTenant(ports, caller, (tenant) => tenant.leaseStream({ streamId })).catch(() => success(null));
  const leased = await lease();
  if (!leased.ok) return leased;
  const timer = setInterval(() => void lease(), STREAM_LEASE_MS / 3);
  const end = (): void => {
    clearInterval(timer);
    context.background(onTenant(ports, caller, (tenant) => tenant.returnStream(streamId)).catch(() => undefined));
  };
  return success({ end });
}
