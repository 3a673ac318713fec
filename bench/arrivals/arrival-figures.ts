import type { ArrivalTimes } from "./load/job.ts";

/** What it costs that something arrives: an event at its readers, an end at a receiver, a due time at its execution. */
export interface ArrivalFigures extends Omit<ArrivalTimes, "count"> {
  /** Of workerd, for one event, delivery or start. */
  cpuMs: number;
  /** Of the Node process around it: the platform's holds Postgres. */
  hostCpuMs: number;
  fsyncs: number;
  /** Absent where they cannot be counted. */
  rows?: number;
  /** Resident memory of workerd at the end of the window, MiB. */
  memoryMb: number;
}

export const ARRIVAL_FIGURE_NAMES = [
  "p50Ms",
  "p95Ms",
  "p99Ms",
  "lastMs",
  "cpuMs",
  "hostCpuMs",
  "fsyncs",
  "rows",
  "memoryMb",
] as const satisfies readonly (keyof ArrivalFigures)[];

export type ArrivalFigureName = (typeof ARRIVAL_FIGURE_NAMES)[number];

export interface ArrivalResult {
  /** `S2 c=16`. */
  name: string;
  title: string;
  floor: ArrivalFigures;
  platform?: ArrivalFigures;
  /** Platform divided by floor. */
  ratio?: Partial<ArrivalFigures>;
  /** What the medians were taken of, in order. */
  rounds: { floor: ArrivalFigures[]; platform: ArrivalFigures[] };
}
