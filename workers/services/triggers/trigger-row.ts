import type { TriggerView } from "../../../contracts/api/triggers.ts";
import type { Owner } from "../../../contracts/placement.ts";
import type { StoredTrigger, TriggerActor, TriggerRun, TriggerState } from "../../../contracts/triggers-rpc.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { CronSchedule } from "../../../engine/triggers/cron-schedule.ts";
import { triggerSpec } from "../../../engine/triggers/trigger-spec.ts";
import type { triggers } from "../../database/tables.ts";

export type TriggerRow = typeof triggers.$inferSelect;

/** Due times that a record shows. */
const NEXT_RUNS = 10;
const TYPES = ["manual", "schedule", "webhook", "event"] as const;

/** The trigger as it was written, which was checked before it was stored. */
export function configOf({ config }: Pick<TriggerRow, "config">): JsonObject {
  return JSON.parse(config);
}

function actorOf({ actor }: TriggerRow): TriggerActor {
  return JSON.parse(actor);
}

/** A row as the triggers object keeps it. */
export function storedTriggerOf(row: TriggerRow): StoredTrigger {
  const config = configOf(row);
  return {
    id: row.id,
    revision: row.revision,
    name: row.name,
    workflow: row.workflowSlug,
    ...(config.inputs === undefined ? {} : { inputs: config.inputs }),
    spec: triggerSpec(config),
    active: row.enabled && !row.paused,
    actor: actorOf(row),
  };
}

/** Where a webhook is called: of a test environment, the tenant's segment says so. */
export function hookAddress({ tenantId, environment }: Owner, path: string): string {
  return `/hooks/${tenantId}${environment === "test" ? "-test" : ""}/${path}`;
}

/** A row as it is shown, with what its object knows. */
export function triggerViewOf(row: TriggerRow, state: TriggerState | undefined, now: number): TriggerView {
  const runs = state?.runs ?? [];
  const environment = row.environment === "live" ? "live" : "test";
  return {
    id: row.id,
    type: TYPES.find((type) => type === row.type) ?? "manual",
    name: row.name,
    workflow: row.workflowSlug,
    version_policy: "newest",
    origin: row.origin === "api" ? "api" : "workflow",
    status: !row.enabled ? "disabled" : row.paused ? "paused" : "active",
    config: configOf(row),
    url: row.hookPath === null ? null : hookAddress({ tenantId: row.tenantId, environment }, row.hookPath),
    next_runs: nextRuns(row, now),
    last_run: runs[0] === undefined ? null : runView(runs[0]),
    executions: runs.flatMap(({ executionId }) => (executionId === undefined ? [] : [executionId])),
    waiting: state?.waiting ?? 0,
    dropped: state?.dropped ?? 0,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function nextRuns(row: TriggerRow, now: number): string[] {
  const { spec, active } = storedTriggerOf(row);
  if (spec.type !== "schedule" || !active) return [];
  const times = CronSchedule.of(spec.cron, spec.timezone)?.upcoming(now, NEXT_RUNS) ?? [];
  return times.map((time) => new Date(time).toISOString());
}

function runView({ at, dueAt, status, executionId, error }: TriggerRun): NonNullable<TriggerView["last_run"]> {
  return {
    at: new Date(at).toISOString(),
    due_at: new Date(dueAt).toISOString(),
    status,
    execution_id: executionId ?? null,
    error: error ?? null,
  };
}
