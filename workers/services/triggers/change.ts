import { and, eq, ne, type SQL } from "drizzle-orm";
import type { TriggerView } from "../../../contracts/api/triggers.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { triggerSpec } from "../../../engine/triggers/trigger-spec.ts";
import { isUniqueViolation } from "../../database/query-errors.ts";
import { triggers } from "../../database/tables.ts";
import { auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { checkConfig, pathIsTaken } from "./check-config.ts";
import { findTrigger, ownTriggers, tellTriggers, unknownTrigger, viewsOf } from "./own-triggers.ts";
import { nextRevision } from "./published-triggers.ts";
import { configOf, type TriggerRow } from "./trigger-row.ts";

type Change = Partial<Pick<TriggerRow, "name" | "config" | "hookPath" | "enabled" | "paused" | "actor" | "deleted">>;

/** Writes a change and tells the object; undefined when there is no such trigger. `news`: rows that it makes others. */
async function write(
  context: Context,
  id: string,
  action: string,
  change: Change,
  news?: SQL,
): Promise<TriggerRow | undefined> {
  const { database, now } = context.ports;
  const found = and(ownTriggers(context), eq(triggers.id, id));
  const set = { ...change, revision: nextRevision(now()), dirty: true, updatedAt: new Date(now()) };
  const [, [row]] = await database.batch([
    auditEntryIf(context, action, id, triggers, and(found, news)),
    database.update(triggers).set(set).where(found).returning(),
  ]);
  if (row !== undefined) await tellTriggers(context, [row]);
  return row;
}

async function answer(context: Context, row: TriggerRow | undefined): Promise<Result<TriggerView>> {
  const [view] = row === undefined ? [] : await viewsOf(context, [row]);
  return view === undefined ? unknownTrigger() : success(view);
}

function ofAFile(row: TriggerRow, what: string) {
  return failure(
    "CONFLICT",
    `This trigger stands in the workflow "${row.workflowSlug}": to ${what} it, publish a new version. It can be paused here.`,
    { workflow: row.workflowSlug },
  );
}

/** Replaces members of a trigger that a request made; null takes one away. */
export async function changeTrigger(context: Context, id: string, members: JsonObject): Promise<Result<TriggerView>> {
  const before = await findTrigger(context, id);
  if (before === undefined) return unknownTrigger();
  if (before.origin !== "api") return ofAFile(before, "change");
  const fixed = ["type", "workflow"].filter((name) => Object.hasOwn(members, name));
  if (fixed.length > 0)
    return validationFailure(fixed.map((name) => ({ path: `/${name}`, message: `The ${name} of a trigger stays.` })));
  const config = { ...configOf(before), ...members };
  for (const [name, value] of Object.entries(members)) if (value === null) delete config[name];
  const checked = await checkConfig(context, before.workflowSlug, config, id);
  if (!checked.ok) return checked;
  const spec = triggerSpec(config);
  const { caller } = context;
  const hookPath = spec.type === "webhook" ? spec.path : null;
  try {
    const row = await write(context, id, "trigger.changed", {
      name: String(config.name ?? config.id ?? spec.type),
      config: JSON.stringify(config),
      hookPath,
      enabled: config.enabled !== false,
      actor: JSON.stringify({ keyId: caller.keyId, roles: caller.roles, permissions: caller.permissions }),
    });
    return await answer(context, row);
  } catch (error) {
    if (isUniqueViolation(error)) return pathIsTaken(hookPath);
    throw error;
  }
}

/** A paused trigger starts nothing, and what would have been due meanwhile is not made up for. */
export async function pauseTrigger(context: Context, id: string, paused: boolean): Promise<Result<TriggerView>> {
  const action = paused ? "trigger.paused" : "trigger.resumed";
  const row = await write(context, id, action, { paused }, ne(triggers.paused, paused));
  return answer(context, row);
}

/** Deletes a trigger that a request made. Executions that it started go on; what was not started does not start. */
export async function deleteTrigger(context: Context, id: string): Promise<Result<{ status: "deleted"; id: string }>> {
  const before = await findTrigger(context, id);
  if (before === undefined) return unknownTrigger();
  if (before.origin !== "api") return ofAFile(before, "delete");
  const row = await write(context, id, "trigger.deleted", { deleted: true });
  return row === undefined ? unknownTrigger() : success({ status: "deleted", id });
}
