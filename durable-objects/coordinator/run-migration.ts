import { failure, success, type Result } from "../../contracts/errors.ts";
import type { MigrateCommand, Migration } from "../../contracts/migration.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { migrationReport } from "../../engine/run/migration-report.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { CellStorage } from "./cell-storage.ts";
import { withEpoch } from "./epochs.ts";
import { callContextOf } from "./execution-head.ts";
import { foldStored } from "./fold-stored.ts";
import type { PlanCache } from "./plan-cache.ts";
import type { Resident } from "./resident.ts";
import type { Residents } from "./residents.ts";

interface MigrationDeps {
  residents: Residents;
  plans: PlanCache;
  storage: CellStorage;
}

/**
 * Goes on with an execution in another version, or says what that would mean. Answers when it is on the disk; null where there is no
 * such execution. The plan and the head of its row change in the commit of the event: a kill finds the one or the other, whole.
 */
export async function migrateExecution(
  deps: MigrationDeps,
  executionId: string,
  command: MigrateCommand,
): Promise<Result<Migration> | null> {
  const { residents, plans, storage } = deps;
  const { digest, source, dryRun, inputs, env, actor, act } = command;
  const to = plans.find(digest, source);
  if (!to) throw new Error("a plan that was just given is unknown");
  const report = (migrated: boolean) =>
    residents.read(executionId, (_head, plan, state) => migrationOf(plan, to, state, migrated));
  if (dryRun) {
    const would = await report(false);
    return would && success(would);
  }
  const resident = residents.get(executionId);
  if (!resident) {
    const over = await report(false);
    if (!over) return null;
    const before = act && foldStored(storage, plans, executionId)?.state.acts.get(act.key);
    // The answer was lost, and it has ended since.
    if (before !== undefined && before === act?.body) return success({ ...over, migrated: true });
    const message = `The execution is ${over.status}: one that has ended goes on with another version by a retry.`;
    return failure("CONFLICT", message, { status: over.status });
  }
  await residents.committed(resident);
  globalThis.faultPoint?.("migrate.settled");
  if (!residents.isCurrent(resident)) return migrateExecution(deps, executionId, command);
  const { plan, driver } = resident;
  const answer = migrationOf(plan, to, driver.state, true);
  const seq = driver.state.seq + 1;
  const refusal = driver.deliver({ type: "migrate", to, plan: digest, inputs, env, actor, act });
  if (driver.plan === to && driver.state.seq >= seq && plan !== to) goOnWith(resident, to, digest, seq, storage);
  residents.rest(resident);
  globalThis.faultPoint?.("migrate.delivered");
  if (refusal) return failure(refusal.code, refusal.message, refusal.details);
  await residents.committed(resident);
  globalThis.faultPoint?.("migrate.committed");
  return success(answer);
}

function goOnWith(resident: Resident, to: Plan, digest: string, seq: number, storage: CellStorage): void {
  const { head, driver, next } = resident;
  const before = next ?? storage.execution(head.executionId)?.plan;
  if (before === undefined) throw new Error(`execution ${head.executionId} has no row`);
  const { runAttempt } = driver.state.identity;
  resident.head = withEpoch(head, before, { seq, plan: digest, runAttempt });
  resident.plan = to;
  resident.context = callContextOf(to, resident.head);
  resident.next = digest;
}

function migrationOf(plan: Plan, to: Plan, state: RunState, migrated: boolean): Migration {
  const report = migrationReport(plan, to, state);
  const [from, next] = [plan.definition.version, to.definition.version];
  return { status: state.status, from, to: next, migrated: migrated && report.compatible, ...report };
}
