import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { ExecutionProjection } from "../../contracts/rpc.ts";
import { type NeonFront, startNeonFront } from "../../scripts/neon/front.ts";
import { migrate } from "../../scripts/platform/migrate.ts";
import { connectDatabase } from "../../workers/database/client.ts";
import type { Ports } from "../../workers/services/context.ts";
import { projectPage } from "../../workers/services/executions/project-page.ts";
import { ledgerDifferences } from "../../workers/services/usage/ledger-differences.ts";

const FOLDER = join(import.meta.dirname, "../../migrations");
const AT = Date.UTC(2026, 10, 20, 12);
const OWNER = { tenantId: "ten_a", environment: "live" } as const;

let front: NeonFront | undefined;
afterAll(() => front?.close());

async function emptyLedger(): Promise<Ports> {
  front = await startNeonFront({ dataDir: null, port: 0 });
  await migrate(FOLDER, { neonPort: front.port });
  const database = connectDatabase("postgres://smartify:smartify@localhost/smartify", `127.0.0.1:${front.port}`);
  return { database } as unknown as Ports;
}

/** A row of the outbox, with a step run of that version. */
function row(
  executionId: string,
  change: number,
  version: string,
  seq: number,
  more: Partial<ExecutionProjection> = {},
) {
  return JSON.stringify({
    executionId,
    ...OWNER,
    change,
    status: "running",
    workflowSlug: "w",
    workflowName: "W",
    workflowVersion: version,
    mode: "async",
    createdAt: AT,
    startedAt: AT,
    finishedAt: null,
    error: null,
    usage: { step_runs: 1, compute_ms: 1, egress_bytes: 0 },
    runAttempt: 1,
    facts: [[seq, AT + seq, 0, 1, 1, 0, 0, "community/calculator", "add", "action", "completed"]],
    ...more,
  });
}

test("a run that was migrated, or tried again in another version, is no difference of the ledger; one of another workflow is", async () => {
  const ports = await emptyLedger();
  await projectPage(ports, OWNER, [row("exec_moved", 1, "1.0.0", 3), row("exec_again", 2, "1.0.0", 3)]);
  await projectPage(ports, OWNER, [
    row("exec_moved", 3, "2.0.0", 6),
    row("exec_again", 4, "1.1.0", 6, { runAttempt: 2 }),
  ]);
  const since = new Date(AT - 86_400_000);
  expect(await ledgerDifferences(ports, OWNER, since)).toEqual([]);
  await projectPage(ports, OWNER, [row("exec_again", 3, "1.0.0", 9, { workflowSlug: "another" })]);
  expect(await ledgerDifferences(ports, OWNER, since)).toEqual([{ kind: "foreign_record", record: "exec_again:9" }]);
}, 60_000);
