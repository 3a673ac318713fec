import { containsSecret } from "../expressions/index.ts";
import type { PlanStep } from "../plan/types.ts";
import { startGraphRun } from "./graph.ts";
import { isKept } from "./keepable.ts";
import { enclosing } from "./path.ts";
import type { RunState } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { EngineEvent, RunCommand } from "./types.ts";

type Retry = Extract<RunCommand, { type: "retry" }>;

/** The run goes on after its end: what is kept is not run again, and not charged again. */
export function retryRun(turn: Turn, command: Retry): void {
  const { state, plan } = turn;
  const { inputs, env, outputs, actor, act, plan: digest } = command;
  if (refuses(turn, command)) return;
  const started = command.from === undefined ? undefined : placeOf(turn, command.from);
  const given = Object.keys(outputs ?? {}).map((path) => placeOf(turn, path) ?? path);
  const undone = [...state.instances.values()].filter((instance) => instance.undone).map(({ path }) => path);
  const from = [...new Set([...(started === undefined ? given : [started]), ...undone])];
  const limitMs = digest === undefined ? state.limitMs : (plan.timeoutMs ?? state.limitMs);
  const deadline = limitMs === undefined ? undefined : turn.now + limitMs;
  turn.emit({
    type: "workflow.retried",
    run_attempt: state.identity.runAttempt + 1,
    from,
    actor,
    inputs,
    env,
    ...(outputs ? { outputs: renamed(turn, outputs) } : {}),
    deadline,
    ...(digest === undefined ? {} : { plan: digest, version: plan.definition.version }),
    act,
  });
  if (deadline !== undefined) turn.setTimer("workflow", deadline);
  startGraphRun(turn);
  turn.ready(state.root);
}

/**
 * Takes a step from an earlier run attempt, or what somebody gave in its place. `begin` is what would open it. False: it has to be run.
 */
export function keeps(turn: Turn, step: PlanStep, path: string, begin: EngineEvent): boolean {
  const { state } = turn;
  const given = state.former?.outputs[path];
  if (given !== undefined) {
    turn.emit(begin);
    const instance = state.open.get(path);
    if (instance) turn.settle(instance, given, { overridden: true });
    return true;
  }
  if (!isKept(state, step, path)) return false;
  turn.emit({ type: "step.kept", path });
  return true;
}

function refuses(turn: Turn, { from, outputs }: Retry): boolean {
  const { state, plan } = turn;
  const { status } = state;
  if (state.finishedAt === null)
    return refuse(turn, `The execution is ${status}: only one that has ended is retried. Cancel it first, or wait.`);
  if (state.startedAt === null) return refuse(turn, "The execution ended before it began: start it again instead.");
  if (plan.graph?.longRunning)
    return refuse(turn, "A long_running graph is not retried, its messages are gone: start it again instead.");
  if (forgetsVisits(state))
    return refuse(turn, "The graph made more visits than are remembered: start it again instead.");
  if (status === "completed" && from === undefined && !outputs)
    return refuse(turn, "The execution completed: nothing failed. Name the step to begin with in `from_step`.");
  const unknown = [...(from === undefined ? [] : [from]), ...Object.keys(outputs ?? {})].find(
    (place) => placeOf(turn, place) === undefined,
  );
  if (unknown !== undefined) {
    const field = unknown === from ? "/from_step" : `/outputs/${unknown}`;
    const message = `The execution has not come to a step "${unknown}".`;
    turn.refusal = { code: "VALIDATION", message, details: { problems: [{ path: field, message }] } };
    return true;
  }
  if (containsSecret(outputs ?? null)) {
    const message = "What a step gives may not look like a secret of the platform.";
    turn.refusal = { code: "VALIDATION", message, details: { problems: [{ path: "/outputs", message }] } };
    return true;
  }
  return false;
}

function refuse(turn: Turn, message: string): true {
  turn.refusal = { code: "CONFLICT", message, details: { status: turn.state.status } };
  return true;
}

/** The run-time path that somebody means by a path, or by the id of a step that has but one place. */
function placeOf({ state, plan }: Turn, place: string): string | undefined {
  const address = plan.addressOf.get(place);
  return [place, address].find((path) => path !== undefined && cameTo(state, path));
}

function cameTo(state: RunState, path: string): boolean {
  if (state.instances.has(path) || state.former?.instances.has(path)) return true;
  const { parent, index } = enclosing(path);
  const loop = state.instances.get(parent) ?? state.former?.instances.get(parent);
  return index !== undefined && loop?.results?.[index] !== undefined;
}

function renamed(turn: Turn, outputs: NonNullable<Retry["outputs"]>): NonNullable<Retry["outputs"]> {
  return Object.fromEntries(Object.entries(outputs).map(([place, value]) => [placeOf(turn, place) ?? place, value]));
}

function forgetsVisits({ graph, instances, former }: RunState): boolean {
  return [...(graph?.nodes ?? [])].some(
    ([id, { visits }]) => visits > 0 && !instances.has(id) && !former?.instances.has(id),
  );
}
