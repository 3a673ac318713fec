import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import type { OldCase } from "./old-world.ts";

export interface OldTenant {
  tenantId: string;
  apiKey: string;
}

/** An execution of a fixture: what it was when its build was killed, and what must come of it. */
export interface OldExecution extends OldCase {
  id: string;
  record: ExecutionRecord;
  events: ExecutionEvent[];
}

/** `world.json` of a fixture: what is known of the data beside it. */
export interface OldWorldFile {
  /** Commit of the build that left it. */
  commit: string;
  madeAt: string;
  tenant: OldTenant;
  /** One execution at a time. */
  narrow: OldTenant;
  revokedKey: string;
  hookSecret: string;
  endpointSecret: string;
  /** Ids of the triggers of Echo by their names. */
  triggers: Record<string, string>;
  executions: OldExecution[];
  /** Idempotency keys of calls that were answered with a success. */
  done: string[];
  /** Tokens of attempts that wait for their service, by execution. */
  tasks: Record<string, string>;
}
