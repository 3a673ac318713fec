/** What one call costs, from the Worker that makes it. */
export interface CallFigures {
  /** Of the requests' averages: a request to the caller makes many calls, since a Worker's clock has whole milliseconds. */
  p50Ms: number;
  p95Ms: number;
  /** Of workerd, with all Workers that the call goes through. */
  cpuMs: number;
}

export const CALL_FIGURE_NAMES = ["p50Ms", "p95Ms", "cpuMs"] as const satisfies readonly (keyof CallFigures)[];

export type CallFigureName = (typeof CALL_FIGURE_NAMES)[number];

export interface CallResult {
  /** `C2 key`: how results and gates name it. */
  name: string;
  title: string;
  floor: CallFigures;
  platform?: CallFigures;
  /** Platform divided by floor. */
  ratio?: Partial<CallFigures>;
  /** What the medians were taken of, in order. */
  rounds: { floor: CallFigures[]; platform: CallFigures[] };
}
