import { success, type Result } from "../../../contracts/errors.ts";
import { STREAM_LEASE_MS } from "../../../contracts/quota-rpc.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { onTenant } from "../object-calls.ts";

/** An open stream's place among its tenant's. */
export interface HeldStream {
  /** It is over. */
  end(): void;
  /** What it was taken for; where that breaks off, it is over. */
  during<T>(opening: Promise<T>): Promise<T>;
}

/** Takes a place among the open streams of the tenant, and of the execution, until `end`; one whose isolate dies is free again a while later. */
export async function leaseStream(context: Context, executionId?: string): Promise<Result<HeldStream>> {
  const { ports, caller } = context;
  const streamId = newId(ports, "request");
  const wanted = { streamId, ...(executionId === undefined ? {} : { executionId }) };
  // A limit is no reason to be down: while the tenant object is away, streams open.
  const lease = () => onTenant(ports, caller, (tenant) => tenant.leaseStream(wanted)).catch(() => success(null));
  const leasing = lease();
  let timer: ReturnType<typeof setInterval> | undefined;
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const giveBack = async (): Promise<void> => {
    if (!(await leasing).ok) return;
    await over;
    if (timer !== undefined) clearInterval(timer);
    await onTenant(ports, caller, (tenant) => tenant.returnStream(streamId)).catch(() => undefined);
  };
  // Before anything is waited for: a request whose client has gone lives only as long as what it has waiting.
  context.background(giveBack());
  const leased = await leasing;
  if (!leased.ok) return leased;
  timer = setInterval(() => void lease(), STREAM_LEASE_MS / 3);
  const during = <T>(opening: Promise<T>): Promise<T> =>
    opening.catch((error: unknown) => {
      end();
      throw error;
    });
  return success({ end, during });
}
