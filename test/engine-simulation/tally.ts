import { ALL_STEP_FIELDS } from "../../engine/steps/all-step-fields.ts";
import type { Simulated } from "./simulate-seed.ts";

/** What many seeds came to. */
export interface Tally {
  seeds: number;
  steps: number;
  transitions: number;
  crashes: number;
  /** In how many seeds something occurred. */
  kinds: Record<string, number>;
  failures: { seed: number; message: string }[];
}

const LEAST_STEPS = 15;
const LEAST_SHARE = 0.05;
const LEAST_SHARE_ALSO = 0.01;
/** What must occur in enough of the seeds besides every kind of step. */
const ALSO = [
  "for_each",
  "graph standard",
  "graph long_running",
  "workflow.compensating",
  "workflow.paused",
  "step.retrying",
  "signal.received",
  "message.held",
];

export function emptyTally(): Tally {
  return { seeds: 0, steps: 0, transitions: 0, crashes: 0, kinds: {}, failures: [] };
}

export function count(tally: Tally, { seed, steps, transitions, crashes, kinds, failure }: Simulated): void {
  tally.seeds += 1;
  tally.steps += steps;
  tally.transitions += transitions;
  tally.crashes += crashes;
  for (const kind of kinds) tally.kinds[kind] = (tally.kinds[kind] ?? 0) + 1;
  if (failure !== undefined) tally.failures.push({ seed, message: failure });
}

export function add(tally: Tally, other: Tally): void {
  tally.seeds += other.seeds;
  tally.steps += other.steps;
  tally.transitions += other.transitions;
  tally.crashes += other.crashes;
  for (const [kind, seeds] of Object.entries(other.kinds)) tally.kinds[kind] = (tally.kinds[kind] ?? 0) + seeds;
  tally.failures.push(...other.failures);
}

/** What the seeds did not look at enough: a simulation of nothing finds nothing. */
export function gaps({ seeds, steps, kinds }: Tally): string[] {
  const found: string[] = [];
  if (steps < LEAST_STEPS * seeds) found.push(`only ${(steps / seeds).toFixed(1)} steps a seed`);
  for (const kind of [...Object.keys(ALL_STEP_FIELDS), ...ALSO]) {
    const least = kind in ALL_STEP_FIELDS ? LEAST_SHARE : LEAST_SHARE_ALSO;
    const share = (kinds[kind] ?? 0) / seeds;
    if (share < least) found.push(`${kind} in only ${(share * 100).toFixed(1)} % of the seeds`);
  }
  return found;
}

/** The command that plays one seed again. */
export function command(seed: number): string {
  return `npm run simulate -- --seed ${seed}`;
}

/** The last lines of a run. */
export function report(tally: Tally): string {
  const { seeds, steps, transitions, crashes, kinds, failures } = tally;
  const shares = Object.entries(kinds)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, times]) => `  ${kind.padEnd(24)}${((100 * times) / seeds).toFixed(1).padStart(6)} %`);
  const per = (amount: number): string => (amount / seeds).toFixed(1);
  return [
    ...shares,
    ...failures.slice(0, 20).map(({ seed, message }) => `FAILED  ${command(seed)}\n        ${message}`),
    ...gaps(tally).map((gap) => `GAP     ${gap}`),
    `${seeds} seeds, each with ${per(steps)} steps, ${per(transitions)} transitions and ${per(crashes)} crashes: ${failures.length} failures`,
  ].join("\n");
}
