import type { CallFigureName } from "../calls/call-figures.ts";

/** How a figure of a call is headed and how many digits of it mean something. */
export const CALL_COLUMNS: Readonly<Record<CallFigureName, { heading: string; digits: number }>> = {
  p50Ms: { heading: "p50 ms", digits: 3 },
  p95Ms: { heading: "p95 ms", digits: 3 },
  cpuMs: { heading: "CPU ms", digits: 3 },
};
