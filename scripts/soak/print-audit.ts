import { green, red, table } from "../terminal.ts";
import type { Audit } from "./audit-soak.ts";
import type { Load } from "./keep-load.ts";
import type { SoakPlatform } from "./soak-platform.ts";
import type { SoakService } from "./soak-service.ts";

/** Where there are more, the first ones say enough. */
const SHOWN = 40;

export interface Soaked {
  load: Load;
  platform: SoakPlatform;
  service: SoakService;
}

/** Counts and differences, on the standard output. */
export function printAudit(audit: Audit, { load, platform, service }: Soaked): void {
  const { differences, statuses } = audit;
  const workflows = new Map<string, number>();
  for (const { run } of load.followed) workflows.set(run.workflow, (workflows.get(run.workflow) ?? 0) + 1);
  const times = [...service.byKey.values()].flatMap(({ attempts }) => [...attempts.values()].map((it) => it.times));
  const repeated = times.reduce((sum, it) => sum + it - 1, 0);
  const rows: [string, string][] = [
    ["Executions", `${load.followed.length} started, ${audit.executions} with those that steps started`],
    ["Kills", `${platform.kills.length}, calls in flight at each: ${load.inFlightAtKill.join(" ")}`],
    ["Ended as", listed(statuses)],
    ["Workflows", listed(workflows)],
    ["Records", `${audit.steps} steps, ${audit.events} events`],
    [
      "Calls",
      `${service.calls} under ${service.byKey.size} keys, ${repeated} repeated after a kill, ${service.cuts} cut off`,
    ],
    ["Postgres", `${platform.wire.broken} connections broken`],
    ["Usage", `${audit.usage.executions} executions, ${audit.usage.step_runs} step runs`],
    ["Differences", differences.length === 0 ? green("0") : red(String(differences.length))],
  ];
  process.stdout.write(`\n${table(rows)}\n\n`);
  for (const { execution, workflow, text } of differences.slice(0, SHOWN))
    process.stdout.write(`${red("differs")}  ${execution} (${workflow}): ${text.slice(0, 600)}\n`);
  if (differences.length > SHOWN) process.stdout.write(`… and ${differences.length - SHOWN} more\n`);
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, left], [, right]) => right - left)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
