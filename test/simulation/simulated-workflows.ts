import type { CallContext } from "../../contracts/rpc.ts";
import type { StepDefinition, WorkflowDefinition } from "../../engine/definition/types.ts";
import type { Plan } from "../../engine/plan/types.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { actionStep, failed, ok, planOf } from "../../engine/testing.ts";
import { fractionOf } from "../../engine/run/retry.ts";

/** One workflow of the simulation. */
export interface Simulated {
  name: string;
  plan: Plan;
  /** Its calls do not depend on what comes first, so they are compared too. */
  sameCalls: boolean;
  /** A kill may leave it with a call whose outcome nobody knows, and so end it otherwise. */
  unknown?: true;
}

function simulated(
  name: string,
  sameCalls: boolean,
  steps: StepDefinition[],
  fields: Partial<WorkflowDefinition> = {},
): Simulated {
  return { name, sameCalls, plan: planOf(steps, { slug: name, name, ...fields }) };
}

const retry = { maxAttempts: 3, backoff: "exponential" as const, initialDelayMs: 50, jitter: true };

/** An action that must not be repeated when nobody knows what became of it. */
const ONCE = simulated("once", false, [
  {
    kind: "parallel_list",
    id: "both",
    steps: [actionStep("once"), actionStep("beside"), actionStep("other", { continueOnError: true })],
  },
  actionStep("last", { continueOnError: true }),
]);
for (const pin of Object.values(ONCE.plan.pins)) pin.idempotent = pin.action !== "once";

export const SIMULATED: readonly Simulated[] = [
  { ...ONCE, unknown: true },
  simulated(
    "late",
    true,
    [actionStep("late", { timeoutMs: 100, retry: { maxAttempts: 2, initialDelayMs: 10, jitter: false } })],
    { outputs: { n: { value: "{{ steps.late.output }}" } } },
  ),
  simulated(
    "chain",
    true,
    [
      actionStep("a", { input: { n: "{{ inputs.n }}" } }),
      actionStep("b", { input: { n: "{{ steps.a.output.n + 1 }}", at: "{{ now() }}", id: "{{ uuid() }}" } }),
      actionStep("c", { input: { n: "{{ steps.b.output.n * 2 }}" } }),
    ],
    { outputs: { n: { value: "{{ steps.c.output.n }}" } } },
  ),
  simulated(
    "fan",
    true,
    [
      actionStep("sometimes", {
        forEach: "{{ range(9) }}",
        parallel: true,
        maxConcurrency: 4,
        continueOnError: true,
        input: { n: "{{ item }}" },
      }),
      actionStep("after", { input: { n: "{{ steps.sometimes.output | length }}" } }),
    ],
    {
      outputs: { all: { value: "{{ steps.sometimes.output }}" }, error: { value: "{{ steps.sometimes.error.code }}" } },
    },
  ),
  simulated("flaky", true, [actionStep("flaky", { retry }), actionStep("then", { input: { n: 1 } })], {
    outputs: { n: { value: "{{ steps.then.output }}" } },
  }),
  simulated("spent", true, [actionStep("down", { retry })]),
  simulated("list", false, [
    {
      kind: "parallel_list",
      id: "both",
      steps: [
        actionStep("left", { input: { n: 1 } }),
        actionStep("bad", { input: { n: 2 } }),
        actionStep("many", { forEach: "{{ range(5) }}", input: { n: "{{ item }}" } }),
      ],
    },
  ]),
  simulated(
    "skips",
    true,
    [
      actionStep("some", {
        forEach: "{{ range(300) }}",
        condition: "{{ item % 100 == 0 }}",
        input: { n: "{{ item }}" },
      }),
    ],
    { outputs: { count: { value: "{{ steps.some.output | select('defined') | length }}" } } },
  ),
  simulated("hangs", false, [actionStep("quick", { input: { n: 1 } }), actionStep("hang")], { timeoutMs: 3_000 }),
];

/** What the plugin answers: always the same to the same attempt. How long it takes varies with `seed`. */
export function pluginAnswer(
  call: ActionCall,
  context: Pick<CallContext, "executionId">,
  seed: number,
): { result: ActionResult; afterMs: number } | null {
  const fraction = fractionOf(`${seed}:${context.executionId}:${call.path}:${call.attempt}`);
  const afterMs = fraction < 0.3 ? 0 : Math.floor(fraction * 40);
  const result = resultOf(call);
  // The first answer comes when the second attempt is under way.
  if (call.stepId === "late") return result && { result, afterMs: call.attempt === 1 ? 1_300 : 500 };
  return result && { result, afterMs };
}

function resultOf({ stepId, path, attempt, input }: ActionCall): ActionResult | null {
  const n = typeof input === "object" && input !== null && !Array.isArray(input) ? input.n : undefined;
  if (stepId === "hang") return null;
  if (stepId === "down" || (stepId === "flaky" && attempt < 3)) return failed("UNAVAILABLE", `attempt ${attempt}`);
  if (stepId === "bad" || (stepId === "sometimes" && Number(n) % 3 === 0)) return failed("VALIDATION", `bad ${path}`);
  if (stepId === "late") return ok(attempt);
  return ok({ n: n ?? null, path });
}
