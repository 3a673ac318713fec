import type { ArrivalResult } from "./arrivals/arrival-figures.ts";
import type { CallResult } from "./calls/call-figures.ts";
import type { LongRun } from "./long/long-run.ts";
import type { NeighbourCost } from "./neighbours/measure-neighbours.ts";
import { ratios } from "./measure/ratios.ts";
import type { MeteringCase } from "./metering/metering-cost.ts";

/** What one case costs on one target. All are numbers so that a ratio can be made of each. */
export interface Figures {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  runsPerSecond: number;
  /** Of workerd: all Workers and objects. */
  cpuMsPerRun: number;
  /** Of the Node process around it: the platform's holds Postgres. */
  hostCpuMsPerRun: number;
  fsyncsPerRun: number;
  /** Rows and index entries, puts and removals. Absent where they cannot be counted. */
  rowsPerRun?: number;
  /** Resident memory of workerd at the end of the window, MiB. */
  memoryMb: number;
}

export const FIGURE_NAMES = [
  "p50Ms",
  "p95Ms",
  "p99Ms",
  "runsPerSecond",
  "cpuMsPerRun",
  "hostCpuMsPerRun",
  "fsyncsPerRun",
  "rowsPerRun",
  "memoryMb",
] as const satisfies readonly (keyof Figures)[];

export type FigureName = (typeof FIGURE_NAMES)[number];

export interface CaseResult {
  /** `W1 c=16`. */
  name: string;
  title: string;
  floor: Figures;
  platform?: Figures;
  /** Platform divided by floor. */
  ratio?: Partial<Figures>;
  /** What the medians were taken of, in order. */
  rounds: { floor: Figures[]; platform: Figures[] };
}

/** An in-process workload (L1): nothing but the engine. */
export interface InProcessResult {
  name: string;
  title: string;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface BenchResult {
  /** ISO 8601. */
  at: string;
  machine: { cpu: string; cpus: number; kernel: string; node: string };
  method: string;
  rounds: number;
  cases: CaseResult[];
  inProcess: InProcessResult[];
  /** Executions with very many steps (`long/`). */
  longRuns: LongRun[];
  /** What reaches somebody from outside of the run (`arrivals/`): readers of streams, receivers, schedules. */
  arrivals: ArrivalResult[];
  /** Calls of actions, one at a time (`calls/`). */
  calls: CallResult[];
  /** What metering costs W1 (`metering/`). */
  metering: MeteringCase[];
  /** What a noisy tenant costs another (`neighbours/`); null when it was not measured. */
  neighbours: NeighbourCost | null;
  /** Why the run does not count; empty when it does. */
  invalid: string[];
  gates: { name: string; figure: string; measured: number; limit: number; passed: boolean }[];
}

/** Platform divided by floor. */
export function ratioOf(platform: Figures, floor: Figures): Partial<Figures> {
  return ratios(platform, floor, FIGURE_NAMES);
}
