import { cacheKeyOf } from "./cache-key.ts";
import { subworkflowKey } from "../plan/types.ts";
import type { Plan } from "../plan/types.ts";
import { stepOf } from "./apply-step.ts";
import { declaredContext } from "./declared-context.ts";
import { isFree } from "./graph-state.ts";
import { idempotencyKeyOf } from "./idempotency-key.ts";
import { taskDue } from "./tasks.ts";
import { type Instance, isCall, type RunState } from "./state.ts";
import { connectionWaitMs, eventOf } from "./connection-waits.ts";
import type { ActionCall, Effect } from "./types.ts";

/** The call of an instance's current attempt. */
export function actionCall(plan: Plan, state: RunState, instance: Instance, now: number): ActionCall {
  const step = stepOf(instance);
  if (!step.action) throw new Error(`${instance.path} has no action to call`);
  const { definition, cache } = step;
  const waitMs = connectionWaitMs(definition);
  const call: ActionCall = {
    path: instance.path,
    stepId: step.id,
    attempt: instance.attempt,
    action: step.action,
    input: instance.input === undefined ? {} : instance.input,
    connection: instance.connection,
    idempotencyKey: idempotencyKeyOf(state.identity, instance.path),
    timeoutMs: step.timeoutMs,
    deadline: childDeadline(instance) ?? now + step.timeoutMs,
    target: definition.execution,
  };
  if (definition.kind === "subworkflow") call.workflow = subworkflowKey(definition);
  if (plan.blockOnExposure) call.blockOnExposure = true;
  if (waitMs !== undefined) call.connectionWaitMs = waitMs;
  const given = declaredContext(plan, state, instance, now, step.action.context);
  if (given !== undefined) call.given = given;
  if (cache) {
    const { cacheKey, connection } = instance;
    const key = cacheKeyOf(plan.definition.slug, step, { cacheKey, input: call.input, connection });
    call.cache = { key, ttlMs: cache.ttlMs };
  }
  return call;
}

/** When the execution that a step started has taken too long; it goes on while its parent is asleep or restarts. */
export function childDeadline({ attemptAt, step }: Instance): number | undefined {
  return attemptAt === undefined || !step ? undefined : attemptAt + step.timeoutMs;
}

type SetTimer = (name: string, due: number | null | undefined) => void;

function graphTimers({ graph, ending }: RunState, timer: SetTimer): void {
  if (!graph || ending) return;
  timer("stop", graph.stopping?.deadline);
  if (graph.stopping) return;
  timer("budget", graph.budgetDue);
  for (const [id, node] of graph.nodes) if (isFree(node)) timer(`every:${id}`, node.tickDue);
}

/** Every timer that the state asks for, wherever the run is. Derived from the state alone. */
export function timerEffects(state: RunState): Effect[] {
  const effects: Effect[] = [];
  const timer: SetTimer = (name, due) => {
    if (due !== undefined && due !== null) effects.push({ type: "setTimer", name, due });
  };
  if (state.hold && "due" in state.hold) timer(state.status === "pending" ? "start" : "hold", state.hold.due);
  const active = state.status === "running" || state.status === "waiting";
  if (active) {
    timer("workflow", state.ending ? null : state.deadline);
    timer("wait:", state.root.wait?.due);
    graphTimers(state, timer);
  }
  for (const instance of state.open.values()) {
    timer(`limit:${instance.path}`, instance.due);
    timer(`task:${instance.path}`, taskDue(instance));
    if (!active) continue;
    if (instance.status === "retrying") timer(`retry:${instance.path}`, instance.retryDue);
    if (instance.status === "waiting") timer(`wait:${instance.path}`, instance.wait?.due);
  }
  return effects;
}

/**
 * What a host that comes back from a crash has to do for a run: every attempt in flight is called again (same number, same
 * idempotency key), every timer waits again, and open containers are asked to go on. Derived from the
 * state alone. An attempt in flight of an action that is not idempotent is the host's to settle as unknown, not to repeat.
 */
export function pendingEffects(plan: Plan, state: RunState, now: number): Effect[] {
  const effects = timerEffects(state);
  // Last: a call that must not be repeated is settled at once, and may end steps that the other effects are about.
  const calls: Effect[] = [];
  for (const instance of state.open.values()) {
    const { path, wait } = instance;
    if (isCall(instance) && instance.status === "running") {
      if (instance.task) continue;
      calls.push({ type: "callAction", call: actionCall(plan, state, instance, now) });
    } else if (wait?.kind === "event" && wait.key !== undefined && instance.status === "waiting") {
      effects.push({ type: "awaitEvent", path, wait });
    } else if (wait?.kind === "connection" && instance.status === "waiting") {
      effects.push({ type: "awaitEvent", path, wait: eventOf(wait) });
    }
  }
  effects.push(...calls);
  if (state.status === "running" || state.status === "waiting") effects.push({ type: "continue" });
  return effects;
}
