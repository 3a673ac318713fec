import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { Hold } from "../../engine/run/types.ts";
import type { Admissions } from "./admissions.ts";
import type { StoredHead } from "./execution-head.ts";
import type { TenantPort } from "./tenant-port.ts";

/** Which limit an execution queues for, and where it stands: asked when somebody looks at one that has not begun. */
export async function withPosition(
  record: ExecutionRecord,
  queues: { head: StoredHead; hold: Hold | null } | undefined,
  tenant: TenantPort,
  admissions: Admissions,
): Promise<ExecutionRecord> {
  const { head, hold } = queues ?? {};
  if (!head || !record.waiting_for || (hold?.kind !== "concurrency" && hold?.kind !== "capacity")) return record;
  const capacity = hold.kind === "capacity";
  const found = capacity
    ? admissions.position(head.executionId)
    : await tenant.slotPosition(head.executionId).catch(() => null);
  globalThis.faultPoint?.("position.asked");
  const position: JsonObject = found === null || found === undefined ? {} : { position: found };
  const max: JsonObject = capacity || !head.concurrency ? {} : { max: head.concurrency.limit };
  return { ...record, waiting_for: { ...record.waiting_for, ...max, ...position } };
}
