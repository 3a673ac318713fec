import { isObject, type Json } from "../../engine/json.ts";
import { callPlatform } from "../call-platform.ts";
import { sleep } from "./follow-run.ts";
import type { SoakPlatform } from "./soak-platform.ts";

/** Sums over the records of all executions. */
export interface SoakUsage {
  executions: number;
  step_runs: number;
}

/** Usage is on its way for a moment after the last end. */
const TRIES = 10;
const BETWEEN_MS = 2_000;
/** Where there are more, something is wrong altogether. */
const MOST = 20;

/** What the platform's own audit finds, and where sums and lists are not those of the executions that there are. */
export async function usageDifferences(
  platform: SoakPlatform,
  sums: SoakUsage,
  known: ReadonlySet<string>,
): Promise<string[]> {
  for (let left = TRIES; ; left -= 1) {
    const found = [
      ...(await auditDifferences(platform, sums, known.size)),
      ...(await reportDifferences(platform, sums)),
    ];
    if (found.length === 0 || left <= 1) return found;
    await sleep(BETWEEN_MS);
  }
}

/** The recompute of usage from the logs, as `npm run usage -- audit` asks for it. */
async function auditDifferences(platform: SoakPlatform, sums: SoakUsage, executions: number): Promise<string[]> {
  const { url, token } = platform.bootstrap;
  const audited = await callPlatform(url, {
    method: "POST",
    path: "/internal/usage/audit",
    authorization: `Bootstrap ${token}`,
    json: { tenant_id: platform.tenantId },
  });
  const differences = Array.isArray(audited.differences) ? audited.differences : [];
  const found = differences.slice(0, MOST).map((it) => `the audit of usage says ${JSON.stringify(it)}`);
  // What nobody was told of, or what is gone, shows here.
  if (audited.executions !== executions)
    found.push(`the audit of usage knows ${audited.executions} executions, and there are ${executions}`);
  if (audited.step_runs !== sums.step_runs)
    found.push(`the logs have ${audited.step_runs} step runs, the records ${sums.step_runs}`);
  return found;
}

/** What the tenant is told that it has used. */
async function reportDifferences(platform: SoakPlatform, sums: SoakUsage): Promise<string[]> {
  const from = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const answer = await platform.ask("GET", `/usage?from=${from}`);
  if (answer?.status !== 200) return [`/usage was answered ${answer?.status} ${answer?.text}`];
  const { total }: { total?: Json } = JSON.parse(answer.text);
  const said = total !== undefined && isObject(total) ? total : {};
  return (["executions", "step_runs"] as const).flatMap((meter) =>
    said[meter] === sums[meter] ? [] : [`/usage says ${String(said[meter])} ${meter}, the records ${sums[meter]}`],
  );
}
