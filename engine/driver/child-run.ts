import { prepareInputs } from "../definition/validate-inputs.ts";
import { childBudget } from "./child-budget.ts";
import { type ConcurrencyRule, concurrencyRule } from "./concurrency-rule.ts";
import type { RunError } from "../errors.ts";
import type { Scope } from "../expressions/types.ts";
import type { JsonObject } from "../json.ts";
import { isObject } from "../json.ts";
import type { Plan, PlanSource } from "../plan/types.ts";
import { type Principal, refusalOf } from "../run/authorization.ts";
import type { RunState } from "../run/state.ts";
import type { ActionCall, ActionResult } from "../run/types.ts";

/** Executions that may call each other in a row (section 20). */
const DEEPEST = 16;

/** What a host needs to start the execution behind a subworkflow step. */
export interface ChildStart {
  plan: Plan;
  source: PlanSource;
  inputs: JsonObject;
  env: JsonObject;
  concurrency?: ConcurrencyRule;
  /** Over its own, member by member: what its parent has left. */
  budget?: JsonObject;
}

/** The parent, as its child's start reads it. */
export interface ChildCaller {
  plan: Plan;
  env: JsonObject;
  principal: Principal;
  /** 0 for an execution that nobody's step started. */
  depth: number;
  now: number;
  state: RunState;
}

/** Resolves the workflow of a call and checks what it is given, as a start by the API does. */
export function prepareChild(
  caller: ChildCaller,
  call: ActionCall,
): { ok: true; start: ChildStart } | { ok: false; error: RunError } {
  if (call.workflow === undefined) throw new Error(`${call.path} calls no workflow`);
  if (caller.depth + 1 > DEEPEST) {
    const message = `Subworkflows may be ${DEEPEST} levels deep`;
    return { ok: false, error: { code: "QUOTA_EXCEEDED", message, details: { limit: "depth", max: DEEPEST } } };
  }
  const { plan, source } = caller.plan.subworkflow(call.workflow);
  const { envNames, definition } = plan;
  const refusal = refusalOf(definition.authorization, caller.principal);
  if (refusal !== undefined) {
    const message = `Workflow ${definition.name} may not be run by who started the execution: ${refusal}`;
    return { ok: false, error: { code: "FORBIDDEN", message } };
  }
  const env = envNames.includes("*") ? caller.env : pick(caller.env, envNames);
  const given = isObject(call.input) ? call.input : {};
  const prepared = prepareInputs(definition, given, inputScope(plan, env, call.idempotencyKey, caller.now));
  if (prepared.ok) {
    const { inputs } = prepared;
    const rule = concurrencyRule(definition, inputScope(plan, env, call.idempotencyKey, caller.now, inputs));
    if (!rule.ok) return { ok: false, error: { code: "VALIDATION", message: rule.message } };
    const budget = childBudget(caller.state, plan.budget);
    return { ok: true, start: { plan, source, inputs, env, concurrency: rule.rule, budget } };
  }
  const [first] = prepared.problems;
  const problems = prepared.problems.map(({ path, message }) => ({ path, message }));
  const message = `The inputs of workflow ${definition.name} do not fit: ${first?.message}`;
  return { ok: false, error: { code: "VALIDATION", message, details: { problems } } };
}

/** What the step gets of an execution that has ended (decision 0006). */
export function childResult(state: RunState): ActionResult {
  const executionId = state.identity.executionId;
  const spent = { ...state.spent, steps: state.steps + (state.spent.steps ?? 0) };
  if (state.status === "completed") {
    return { ok: true, output: { outputs: state.outputs ?? {}, execution_id: executionId }, spent };
  }
  const error = state.error ?? { code: "INTERNAL_ERROR" as const, message: "The subworkflow ended without an error" };
  return { ok: false, error: { ...error, details: { ...error.details, execution_id: executionId } }, spent };
}

/** What the defaults of a child's inputs may read; its concurrency key reads the inputs, too. */
function inputScope(
  { definition, strict }: Plan,
  env: JsonObject,
  seed: string,
  now: number,
  inputs?: JsonObject,
): Scope {
  const roots: Record<string, JsonObject | string | undefined> = {
    env,
    inputs,
    workflow: { name: definition.name, version: definition.version },
    today: new Date(now).toISOString().slice(0, 10),
  };
  return { now, seed, strict, root: (name) => roots[name] };
}

function pick(env: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.includes(name)));
}
