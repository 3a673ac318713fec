import type { FaultPoint } from "../../durable-objects/coordinator/fault-point.ts";

/** A case that shows a row: the title of the test as its file writes it. */
export interface Shown {
  file: string;
  title: string;
  /** Of the kills at named points: which. */
  points?: readonly FaultPoint[];
}

/** A row of the fault matrix: what is done to the platform, and what is to come of it beside what comes of every row. */
export interface Row {
  fault: string;
  how: string;
  expected: string;
  shownBy: readonly Shown[];
}

export const by = (file: string, title: string): Shown => ({ file, title });
/** SIGKILL of workerd at those points. */
export const kills = (...points: FaultPoint[]): Shown => ({
  file: "test/faults/coordinator-kills.long.test.ts",
  title: "killed at %s: all ends as if nothing had happened",
  points,
});
export const simulation = (name: string, title: string): Shown => by(`test/simulation/${name}.test.ts`, title);

export const SCHEDULES_OF_KILLS = simulation(
  "cell-kills",
  "${SCHEDULES} schedules of kills end as if nothing had happened",
);
export const UNDER_LOAD = by(
  "test/faults/kill.long.test.ts",
  "kill -9 under load, ${KILLS} times: ${EXECUTIONS} executions end right, each step recorded once",
);
export const METERED = by(
  "test/faults/metering-kills.long.test.ts",
  "${EXECUTIONS} mixed executions, ${KILLS} kills, answers lost: logs, records and sums say the same",
);
export const LEDGER = simulation(
  "metering-kills",
  "${SCHEDULES} schedules of kills, late, lost and repeated deliveries: the ledger says what the logs say",
);
export const POSTGRES_AWAY = by(
  "test/faults/postgres-away.long.test.ts",
  "Postgres is away for ${Math.round(DOWN_MS / 1000)} s: what starts, runs, waits, is steered and ends meanwhile is all there afterwards",
);
export const WITHOUT_POSTGRES = by(
  "test/api/postgres-down.503.long.test.ts",
  "without Postgres a known workflow runs, what needs Postgres says so, and afterwards nothing is missing",
);
