import type { PlanSource } from "../engine/plan/types.ts";
import type { MigrationReport } from "../engine/run/migration-report.ts";
import type { ActId } from "../engine/run/going-on.ts";
import type { JsonObject } from "../engine/json.ts";

/** Another version that an execution is to go on with. */
export interface MigrateCommand {
  digest: string;
  source: PlanSource;
  inputs?: JsonObject;
  env?: JsonObject;
  actor: string;
  act?: ActId;
  /** Only says what it would mean. */
  dryRun?: boolean;
}

/** What came of it. */
export interface Migration extends MigrationReport {
  status: string;
  from: string;
  to: string;
  migrated: boolean;
}
