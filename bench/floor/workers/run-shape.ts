/** What a floor run does: steps one after the other, or all at once. */
export interface RunShape {
  steps: number;
  parallel: boolean;
}

/** The floor's answer to a run: the few members of an execution's record that the load generator reads. */
export interface FloorRecord {
  execution_id: string;
  status: "completed";
  result: { outputs: { value: number } };
  steps: { finished_at: string }[];
}

/** The same names as the workflows that are published on the platform (`../../workflows.ts`). */
export const RUN_SHAPES: Readonly<Record<string, RunShape>> = {
  "bench-three": { steps: 3, parallel: false },
  "bench-ten": { steps: 10, parallel: false },
  "bench-fifty": { steps: 50, parallel: true },
};
