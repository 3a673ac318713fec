import { and, asc, eq, gt, gte } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import type { LoggedUsage } from "../../../contracts/usage.ts";
import { executions } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { projectCell } from "../executions/project.ts";
import { onCell, onTenant } from "../object-calls.ts";
import { ledgerDifferences } from "./ledger-differences.ts";
import { recordedUsage } from "./recorded-usage.ts";
import { type UsageDifference, usageDifference } from "./usage-difference.ts";

export interface UsageAudit {
  executions: number;
  /** Step runs by the logs. */
  step_runs: number;
  differences: UsageDifference[];
}

const PAGE = 200;
/** What runs while it is looked at may be ahead of its records: asked again so often before it is a difference. */
const TRIES = 4;
const BETWEEN_MS = 300;

/** Everything that the cell has used so far is in the ledger afterwards. */
async function drain(ports: Ports, cell: string): Promise<void> {
  await onCell(ports, cell, (it) => it.reportUsage());
  while ((await projectCell(ports, cell)).moved > 0);
}

/** Compares a page of logs with the records; those that differ once more, with what has come meanwhile. */
async function compare(ports: Ports, cell: string, page: readonly LoggedUsage[]): Promise<UsageDifference[]> {
  let logged = page;
  for (let left = TRIES; ; left -= 1) {
    const recorded = await recordedUsage(
      ports,
      logged.map((it) => it.execution_id),
    );
    const differences = logged.flatMap((it): UsageDifference[] => {
      const known = recorded.get(it.execution_id);
      if (!known) return [{ kind: "unknown_to_read_model", execution_id: it.execution_id }];
      const difference = usageDifference(it, known);
      return difference ? [difference] : [];
    });
    if (differences.length === 0 || left <= 1) return differences;
    await ports.wait(BETWEEN_MS);
    await drain(ports, cell);
    const ids = differences.flatMap((it) => ("execution_id" in it ? it.execution_id : []));
    logged = await onCell(ports, cell, (it) => it.loggedUsage({ ids }));
  }
}

/** Executions of the read model, in order of their ids. */
async function* listed(ports: Ports, owner: Owner, since: Date): AsyncGenerator<string[]> {
  let after = "";
  for (;;) {
    const rows = await ports.database
      .select({ id: executions.executionId })
      .from(executions)
      .where(
        and(
          eq(executions.tenantId, owner.tenantId),
          eq(executions.environment, owner.environment),
          gte(executions.createdAt, since),
          gt(executions.executionId, after),
        ),
      )
      .orderBy(asc(executions.executionId))
      .limit(PAGE);
    if (rows.length > 0) yield rows.map(({ id }) => id);
    after = rows.at(-1)?.id ?? "";
    if (rows.length < PAGE) return;
  }
}

/**
 * Recomputes what a tenant's executions have used by folding their logs, and compares it with the records and their sums: from
 * the cells' side, so that nothing they hold is missing, and from the read model's, which alone knows isolated executions.
 */
export async function auditUsage(ports: Ports, owner: Owner, since: Date): Promise<UsageAudit> {
  const audit: UsageAudit = { executions: 0, step_runs: 0, differences: [] };
  const seen = new Set<string>();
  const take = async (cell: string, page: readonly LoggedUsage[]): Promise<void> => {
    for (const { execution_id, step_runs } of page) {
      seen.add(execution_id);
      audit.step_runs += step_runs;
    }
    audit.differences.push(...(await compare(ports, cell, page)));
  };
  for (const cell of await onTenant(ports, owner, (tenant) => tenant.cells())) {
    await drain(ports, cell);
    for (let after = ""; ; ) {
      const query = { after, limit: PAGE, createdSince: since.getTime() };
      const page = await onCell(ports, cell, (it) => it.loggedUsage(query));
      await take(cell, page);
      after = page.at(-1)?.execution_id ?? "";
      if (page.length < PAGE) break;
    }
  }
  for await (const ids of listed(ports, owner, since)) {
    const elsewhere = new Map<string, string[]>();
    for (const id of ids) {
      if (seen.has(id)) continue;
      const cell = ports.placement.locate(owner, id) ?? "";
      elsewhere.set(cell, [...(elsewhere.get(cell) ?? []), id]);
    }
    for (const [cell, own] of elsewhere) {
      if (cell !== "") {
        await drain(ports, cell);
        await take(cell, await onCell(ports, cell, (it) => it.loggedUsage({ ids: own })));
      }
      const lost = own.filter((id) => !seen.has(id));
      audit.differences.push(...lost.map((id) => ({ kind: "unknown_to_cell" as const, execution_id: id })));
    }
  }
  audit.executions = seen.size;
  audit.differences.push(...(await ledgerDifferences(ports, owner, since)));
  return audit;
}
