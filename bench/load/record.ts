/** The members of an execution's record, or of a 202, that the load generator reads. */
export interface RunRecord {
  execution_id: string;
  status: string;
  result?: { outputs: { value?: unknown } };
  steps?: { finished_at: string | null }[];
}

export function isRecord(value: unknown): value is RunRecord {
  return typeof value === "object" && value !== null && "execution_id" in value && "status" in value;
}
