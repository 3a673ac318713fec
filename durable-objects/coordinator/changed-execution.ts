/** An execution that the sink is to read. */
export interface ChangedExecution {
  id: string;
  plan: string;
  finished: boolean;
  change: number;
  projection: string;
  /** Row of its log up to which the sink has its usage. */
  metered: number;
}
