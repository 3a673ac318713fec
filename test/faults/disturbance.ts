/** What `test/workers/disturbed-platform.ts` does to its objects. */
export interface Disturbance {
  /** Every coordinator object leaves the memory after each of its commits. */
  evicts: boolean;
  /** Added to what the platform Worker and its objects read as the time. */
  skewMs: number;
  /** How often an object was put out of memory so far. */
  aborts: number;
}

export const DISTURBED_PLATFORM = { platform: "test/workers/disturbed-platform.ts" };

/** Changes it; answers what holds now. */
export async function disturb(url: string, wanted: Partial<Disturbance>): Promise<Disturbance> {
  const answer = await fetch(`${url}/test/disturb`, { method: "POST", body: JSON.stringify(wanted) });
  const now: Disturbance = await answer.json();
  return now;
}
