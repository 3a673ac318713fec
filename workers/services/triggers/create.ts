import type { TriggerView } from "../../../contracts/api/triggers.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { triggerSpec } from "../../../engine/triggers/trigger-spec.ts";
import { isUniqueViolation } from "../../database/query-errors.ts";
import { triggers } from "../../database/tables.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { checkConfig, pathIsTaken } from "./check-config.ts";
import { tellTriggers } from "./own-triggers.ts";
import { type TriggerRow, triggerViewOf } from "./trigger-row.ts";

/** A trigger that no workflow file has. Its executions have the rights of the key that makes it, as they are now. */
export async function createTrigger(
  context: Context,
  workflow: string,
  config: JsonObject,
): Promise<Result<TriggerView>> {
  const { ports, caller } = context;
  const checked = await checkConfig(context, workflow, config);
  if (!checked.ok) return checked;
  const spec = triggerSpec(config);
  const now = ports.now();
  const row: TriggerRow = {
    id: newId(ports, "trigger"),
    tenantId: caller.tenantId,
    environment: caller.environment,
    workflowSlug: checked.value.slug,
    origin: "api",
    type: spec.type,
    name: String(config.name ?? config.id ?? spec.type),
    config: JSON.stringify(config),
    hookPath: spec.type === "webhook" ? spec.path : null,
    enabled: config.enabled !== false,
    paused: false,
    actor: JSON.stringify({ keyId: caller.keyId, roles: caller.roles, permissions: caller.permissions }),
    revision: now,
    deleted: false,
    dirty: true,
    createdAt: new Date(now),
    updatedAt: new Date(now),
  };
  try {
    await ports.database.batch([
      ports.database.insert(triggers).values(row),
      auditEntry(context, "trigger.created", row.id),
    ]);
  } catch (error) {
    if (isUniqueViolation(error)) return pathIsTaken(row.hookPath);
    throw error;
  }
  await tellTriggers(context, [row]);
  return success(triggerViewOf(row, undefined, now));
}
