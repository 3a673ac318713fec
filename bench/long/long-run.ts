/** What one execution with very many steps cost. A step is what the language counts: iterations, and the steps inside them. */
export interface LongRun {
  /** `N1`. */
  name: string;
  title: string;
  steps: number;
  seconds: number;
  /** CPU of workerd for one call (ms), in each tenth of the calls. */
  cpuMsPerCall: number[];
  /** That of the last tenth against that of the first. */
  lateToEarly: number;
  fsyncsPerStep: number;
  /** Absent where they cannot be counted. */
  rowsPerStep?: number;
  logBytesPerStep: number;
  /** Resident memory of workerd, MiB. */
  memoryBeforeMb: number;
  memoryAfterMb: number;
  memoryGrowthMb: number;
}

/** Figures of a long run that a gate may bound. */
export type LongFigure = "lateToEarly" | "fsyncsPerStep" | "rowsPerStep" | "logBytesPerStep" | "memoryGrowthMb";
