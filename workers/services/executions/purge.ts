import type { PurgedExecution } from "../../../contracts/api/execution-acts.ts";
import { type Result, success } from "../../../contracts/errors.ts";
import type { Owner } from "../../../contracts/placement.ts";
import type { Purged } from "../../../contracts/purged.ts";
import type { Context, Ports } from "../context.ts";
import { onCell, onFeed, onTenant } from "../object-calls.ts";
import { unknownExecution } from "./get.ts";
import { projectCell } from "./project.ts";
import { removeProjected } from "./remove-projected.ts";

/**
 * Deletes an execution that has ended wherever something of it stands. Its cell notes that first: what fails after that, or a
 * kill, leaves it to the sweeper. What it has used stays in the ledger, which holds no content.
 */
export async function purgeExecution(context: Context, executionId: string): Promise<Result<PurgedExecution>> {
  const { ports, caller } = context;
  const cell = ports.placement.locate(caller, executionId);
  if (cell === null) return unknownExecution();
  // What it has used has to be in the ledger before its log goes.
  await projectCell(ports, cell);
  const purged = await onCell(ports, cell, (it) => it.purge(executionId, caller.keyId));
  globalThis.faultPoint?.("purge.accepted");
  if (purged === null) return unknownExecution();
  if (!purged.ok) return purged;
  await finishPurge(ports, caller, cell, purged.value);
  return success({ execution_id: executionId, status: "purged", executions: purged.value.executions });
}

/** Goes on with the purges of a cell that were not finished, and makes sure of those that were. */
export async function finishPurges(ports: Ports, owner: Owner, cell: string): Promise<void> {
  for (const purged of await onCell(ports, cell, (it) => it.duePurges())) {
    try {
      await finishPurge(ports, owner, cell, purged);
    } catch (error) {
      // Its cell brings it up again in a minute; those behind it do not wait for it.
      const what = { level: "warn", message: "a purge was not finished", cell, execution: purged.executions[0] };
      console.error(JSON.stringify({ ...what, error: String(error) }));
    }
  }
}

async function finishPurge(ports: Ports, owner: Owner, cell: string, purged: Purged): Promise<void> {
  const { executions: ids, cached, actor, rows, objects } = purged;
  const webhookRows = await onFeed(ports, owner, (feed) => feed.forget(ids));
  globalThis.faultPoint?.("purge.feed");
  const outputs = cached.length > 0 ? await onTenant(ports, owner, (tenant) => tenant.forgetCached(cached)) : 0;
  globalThis.faultPoint?.("purge.cache");
  const removed = { coordinator_rows: rows, objects, webhook_rows: webhookRows, cached_outputs: outputs };
  await removeProjected(ports, owner, ids, actor, removed);
  globalThis.faultPoint?.("purge.rows");
  await onCell(ports, cell, (it) => it.purged(ids));
}
