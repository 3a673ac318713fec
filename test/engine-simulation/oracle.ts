import { NEVER_RETRIED } from "../../engine/errors.ts";
import type { Plan } from "../../engine/plan/types.ts";
import type { Instance, RunState } from "../../engine/run/state.ts";
import { isTerminal, type Transition } from "../../engine/run/transition.ts";
import type { ActionResult, EngineInput, Wait } from "../../engine/run/types.ts";
import { must } from "./violation.ts";

type Check = (answer: Transition) => void;

/** What an input must do, as the language document says; asked before the transition, checked after it. */
export function expectation(plan: Plan, state: RunState, input: EngineInput): Check {
  const rules: Check = ({ events, effects, refusal }) =>
    must(
      refusal === undefined || events.length + effects.length === 0,
      () => `${input.type} was refused and did things`,
    );
  const own = isTerminal(state.status) ? nothing(input) : expected(plan, state, input);
  return (answer) => {
    rules(answer);
    own(answer);
  };
}

function expected(plan: Plan, state: RunState, input: EngineInput): Check {
  switch (input.type) {
    case "result":
      return resultCheck(state.open.get(input.path), input);
    case "decide":
      return decideCheck(state, input);
    case "signal":
    case "message":
      return input.id !== undefined && state.signalIds.has(input.id) ? nothing(input) : anything;
    case "start":
      return state.seq > 0 ? nothing(input) : anything;
    case "pause":
      return state.status === "running" || state.status === "waiting"
        ? emits(input, "workflow.paused")
        : nothing(input);
    case "resume":
      return state.status === "paused" ? emits(input, "workflow.resumed") : refuses(input, "CONFLICT");
    case "cancel":
      return state.ending ? nothing(input) : ends(state);
    case "shutdown":
      return plan.graph?.longRunning ? anything : refuses(input, "CONFLICT");
    default:
      return anything;
  }
}

const anything: Check = () => undefined;

function nothing({ type }: EngineInput): Check {
  return ({ events }) => must(events.length === 0, () => `${type} should change nothing and gave ${events[0]?.type}`);
}

function emits({ type }: EngineInput, event: string): Check {
  return ({ events }) => must(events[0]?.type === event, () => `${type} should give ${event}, not ${events[0]?.type}`);
}

function refuses({ type }: EngineInput, code: string): Check {
  return ({ refusal }) =>
    must(refusal?.code === code, () => `${type} should be refused with ${code}, not ${refusal?.code}`);
}

function ends(before: RunState): Check {
  return () => must(isTerminal(before.status) || before.ending !== null, () => "cancel did not end the run");
}

/** A result counts once, for the attempt in hand; a failed one is tried again exactly when the policy says so. */
function resultCheck(instance: Instance | undefined, input: Extract<EngineInput, { type: "result" }>): Check {
  const inHand = instance?.status === "running" && instance.attempt === input.attempt && instance.step?.action;
  if (!instance || !inHand || instance.role !== "step") return nothing(input);
  const { result } = input;
  if (!result.ok && result.pending) return instance.task ? nothing(input) : emits(input, "step.pending");
  const again = !result.ok && isTriedAgain(instance, result);
  return ({ events }) => {
    const first = events[0];
    const wanted = again ? "step.retrying" : result.ok ? "step.completed or step.failed" : "step.failed";
    const right = first !== undefined && "path" in first && first.path === input.path && wanted.includes(first.type);
    must(right, () => `attempt ${input.attempt} of ${input.path} should give ${wanted}, not ${first?.type}`);
    if (
      first.type === "step.retrying" &&
      instance.step?.retry.jitter === false &&
      !result.ok &&
      result.retryAfterMs === undefined
    )
      must(first.due - first.at <= instance.step.retry.maxDelayMs, () => `the delay is beyond max_delay_ms`);
  };
}

function isTriedAgain({ step, attempt, spent }: Instance, result: Extract<ActionResult, { ok: false }>): boolean {
  const { retry, action, guard } = step ?? {};
  const codes = retry?.retryOn ?? [];
  const { error, outcomeUnknown, permanent, usage } = result;
  if (permanent || NEVER_RETRIED.has(error.code) || attempt >= (retry?.maxAttempts ?? 1)) return false;
  const unknown = outcomeUnknown && codes.includes("UNKNOWN_OUTCOME");
  if (outcomeUnknown && !action?.idempotent && !unknown) return false;
  const tokens = (spent?.tokens ?? 0) + (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  const cost = (spent?.cost ?? 0) + (usage?.cost ?? 0);
  if (guard?.maxTokens !== undefined && tokens >= guard.maxTokens) return false;
  if (guard?.maxCost !== undefined && cost >= guard.maxCost) return false;
  return codes.includes(error.code) || unknown === true;
}

/** Only an approver decides, and not who started the run unless that is allowed. */
function decideCheck(state: RunState, input: Extract<EngineInput, { type: "decide" }>): Check {
  const waits = [state.root, ...state.open.values()].filter(
    ({ wait, decided, path, step }) =>
      wait?.kind === "approval" &&
      !decided &&
      (path === input.step || step?.id === input.step || (path === "" && input.step === "workflow")),
  );
  const may = waits.some(({ wait }) => wait?.kind === "approval" && mayDecide(wait, state, input));
  return ({ events, refusal }) => {
    if (waits.length === 0)
      must(refusal !== undefined, () => `a decision of ${input.step}, which does not wait, was taken`);
    else if (!may) must(refusal?.code === "FORBIDDEN", () => `${input.by} decided ${input.step} and may not`);
    else if (waits.length === 1)
      must(events[0]?.type === "approval.decided", () => `${input.by} may decide ${input.step}`);
  };
}

function mayDecide(
  { approvers, allowSelf }: Extract<Wait, { kind: "approval" }>,
  state: RunState,
  { roles, by }: Extract<EngineInput, { type: "decide" }>,
): boolean {
  const approver = approvers.length === 0 || approvers.some((role) => roles.includes(role));
  return approver && (allowSelf || by !== state.actor);
}
