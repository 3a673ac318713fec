import { migrationReport } from "./migration-report.ts";
import type { Turn } from "./turn.ts";
import type { EngineInput } from "./types.ts";

type Migrate = Extract<EngineInput, { type: "migrate" }>;

/** The run goes on with another version of its workflow, where what it has done and begun is the same in both. */
export function migrateRun(turn: Turn, { to, plan, inputs, env, actor, act }: Migrate): void {
  const { state } = turn;
  if (state.finishedAt !== null)
    return refuse(
      turn,
      `The execution is ${state.status}: one that has ended goes on with another version by a retry.`,
    );
  if (state.seq === 0) return refuse(turn, "The execution has not been stored yet. Try again.");
  const { problems } = migrationReport(turn.plan, to, state);
  if (problems.length > 0) {
    const message = `The execution cannot go on with version ${to.definition.version}: ${problems[0]?.message}`;
    const details = { status: state.status, problems: problems.map((problem) => ({ ...problem })) };
    turn.refusal = { code: "CONFLICT", message, details };
    return;
  }
  turn.plan = to;
  turn.emit({ type: "workflow.migrated", plan, version: to.definition.version, actor, inputs, env, act });
  if (turn.running) turn.resumeContainers();
}

function refuse(turn: Turn, message: string): void {
  turn.refusal = { code: "CONFLICT", message, details: { status: turn.state.status } };
}
