import type { PlanSource } from "../../engine/plan/types.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import { type SoakUsage, usageDifferences } from "./audit-usage.ts";
import { differencesOf } from "./compare-runs.ts";
import { callsByExecution, type Evidence, gatherEvidence } from "./evidence.ts";
import { expectRun } from "./expect-run.ts";
import type { Followed } from "./follow-run.ts";
import type { Load } from "./keep-load.ts";
import type { SoakPlatform } from "./soak-platform.ts";
import type { SoakService } from "./soak-service.ts";

export interface Difference {
  execution: string;
  workflow: string;
  text: string;
}

export interface Audit {
  /** Executions that were looked at, those that steps started included. */
  executions: number;
  steps: number;
  events: number;
  statuses: Map<string, number>;
  usage: SoakUsage;
  differences: Difference[];
}

/** Looks at every execution that was accepted, when all is over. */
export async function auditSoak(
  platform: SoakPlatform,
  service: SoakService,
  { followed }: Load,
  { sources, actor }: { sources: ReadonlyMap<string, PlanSource>; actor: string },
): Promise<Audit> {
  const audit: Audit = {
    executions: 0,
    steps: 0,
    events: 0,
    statuses: new Map(),
    usage: { executions: 0, step_runs: 0 },
    differences: [],
  };
  const calls = callsByExecution(service.byKey);
  const known = new Set<string>();
  for (const one of followed) {
    const { executionId: execution, run } = one;
    const found = [...one.wrong];
    if (known.has(execution)) found.push("two starts were given one execution");
    known.add(execution);
    try {
      found.push(...(await auditRun(one)));
    } catch (error) {
      found.push(error instanceof Error ? error.message : String(error));
    }
    audit.differences.push(...found.map((text) => ({ execution, workflow: run.workflow, text })));
  }
  for (const execution of calls.keys())
    if (!known.has(execution))
      audit.differences.push({ execution, workflow: "unknown", text: "nobody knows who called" });
  const usage = await usageDifferences(platform, audit.usage, known);
  audit.differences.push(...usage.map((text) => ({ execution: "all", workflow: "usage", text })));
  return audit;

  async function auditRun(one: Followed): Promise<string[]> {
    const { run, executionId, shown, events } = one;
    const evidence = await gatherEvidence(platform, executionId, calls);
    count(evidence);
    const { record } = evidence;
    if (!isTerminal(record.status)) return [`it has not ended: it is ${record.status}`];
    const source = sources.get(run.workflow);
    if (!source) throw new Error(`the soak has no workflow ${run.workflow}`);
    const expected = await expectRun(source, run, evidence, { actor, kills: platform.kills });
    return [...differencesOf(evidence, expected), ...takenBack(evidence, shown, events)];
  }

  function count({ record, events, children }: Evidence): void {
    known.add(record.execution_id);
    audit.executions += 1;
    audit.steps += record.steps.length;
    audit.events += events.length;
    audit.usage.executions += record.usage.executions;
    audit.usage.step_runs += record.usage.step_runs;
    audit.statuses.set(record.status, (audit.statuses.get(record.status) ?? 0) + 1);
    for (const child of children.values()) count(child);
  }
}

/** What a reader was shown while it ran stands in the end. */
function takenBack({ record }: Evidence, shown: ReadonlyMap<string, string>, events: number): string[] {
  const found =
    record.last_event_id < events ? [`event ${events} was shown, and ${record.last_event_id} is the last`] : [];
  for (const [path, text] of shown) {
    const output = JSON.stringify(record.steps.find((step) => step.path === path)?.output ?? null);
    if (output !== text) found.push(`${path} was shown as ${text}, and is ${output}`);
  }
  return found;
}
