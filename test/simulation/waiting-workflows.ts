import { digestOf } from "../../contracts/canonical-json.ts";
import type { ConcurrencyRule, StartCommand } from "../../contracts/rpc.ts";
import type { StepDefinition, WorkflowDefinition } from "../../engine/definition/types.ts";
import type { JsonObject } from "../../engine/json.ts";
import { compilePlan } from "../../engine/plan/compile-plan.ts";
import type { Plan, PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall, ActionResult, RunCommand } from "../../engine/run/types.ts";
import { fractionOf } from "../../engine/run/retry.ts";
import { actionStep, failed, ok, planOf } from "../../engine/testing.ts";

/** What somebody outside gives an execution: by a command of its own, or as an event of a key that its tenant object hands on. */
export type Supply =
  | { command: RunCommand }
  | { event: { name: string; key: string; payload: JsonObject; path: string } };

/** A workflow that waits, calls others, or both. */
export interface Waiting {
  name: string;
  source: PlanSource;
  plan: Plan;
  supplies: readonly Supply[];
  concurrency?: ConcurrencyRule;
  /** It is held until then (ms after its start). */
  delayMs?: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const DAY_MS = 24 * HOUR;

function source(
  slug: string,
  steps: StepDefinition[],
  workflows: Record<string, PlanSource> = {},
  fields: Partial<WorkflowDefinition> = {},
): PlanSource {
  const { definition, pins } = planOf(steps, { slug, name: slug, ...fields });
  const pinned = Object.fromEntries(Object.entries(workflows).map(([name, called]) => [`${name}@`, called]));
  return { definition, pins, workflows: pinned };
}

function waiting(source: PlanSource, supplies: readonly Supply[] = [], fields: Partial<Waiting> = {}): Waiting {
  return { name: source.definition.name, source, plan: compilePlan(source), supplies, ...fields };
}

const sleep = (id: string, ms: number): StepDefinition => ({ kind: "wait", id, duration: ms / 1_000 });
const sub = (workflow: string, fields: Record<string, unknown> = {}): StepDefinition => ({
  kind: "subworkflow",
  id: `call_${workflow}`,
  workflow,
  ...fields,
});
const awaits = (id: string, until: JsonObject): StepDefinition => ({ kind: "wait", id, until });
const n = { n: "{{ inputs.n }}" };
const gives = (value: string) => ({ outputs: { n: { value } } });
const takes = { inputs: { n: { schema: {} } } };

const NAP = source(
  "nap",
  [actionStep("a", { input: n }), sleep("long", HOUR), actionStep("b", { input: { n: "{{ steps.a.output.n + 1 }}" } })],
  {},
  { ...gives("{{ steps.b.output.n }}"), ...takes },
);
const BROKEN = source("broken", [sleep("some", 20_000), actionStep("bad")]);
const ENDLESS = source("endless", [actionStep("a"), sleep("year", 365 * DAY_MS)]);
const MIDDLE = source(
  "middle",
  [sub("nap", { input: n }), sleep("more", 30 * MINUTE)],
  { nap: NAP },
  { ...gives("{{ steps.call_nap.output.outputs.n }}"), ...takes },
);
const EVENT = { name: "paid", key: "order-1", payload: { sum: 7 }, path: "paid" };

export const WAITING: readonly Waiting[] = [
  waiting(
    source(
      "two-days",
      [actionStep("a"), sleep("days", 2 * DAY_MS), actionStep("b"), sleep("short", 3_000), actionStep("c")],
      {},
      gives("{{ steps.c.output.path }}"),
    ),
  ),
  waiting(
    source(
      "parent",
      [sub("nap", { input: { n: 5 } }), actionStep("after", { input: { n: "{{ steps.call_nap.output.outputs.n }}" } })],
      { nap: NAP },
      gives("{{ steps.after.output.n }}"),
    ),
  ),
  waiting(
    source(
      "grand",
      [sub("middle", { input: { n: 8 } }), actionStep("after")],
      { middle: MIDDLE },
      gives("{{ steps.call_middle.output.outputs.n }}"),
    ),
  ),
  waiting(
    source(
      "again",
      [sub("broken", { retry: { maxAttempts: 2, initialDelayMs: 20_000, jitter: false }, continueOnError: true })],
      { broken: BROKEN },
      gives("{{ steps.call_broken.error.code }}"),
    ),
  ),
  waiting(source("fails", [sub("broken", { retry: { maxAttempts: 1 } })], { broken: BROKEN })),
  waiting(
    source(
      "any",
      [
        {
          kind: "parallel",
          id: "first",
          branches: { slow: [sub("endless")], stuck: [actionStep("hang")], quick: [actionStep("a")] },
          join: "any",
        },
        sleep("days", 2 * DAY_MS),
        actionStep("b"),
      ],
      { endless: ENDLESS },
      gives("{{ steps.b.output.path }}"),
    ),
  ),
  waiting(
    source(
      "many",
      [sub("nap", { forEach: "{{ range(4) }}", parallel: true, input: { n: "{{ item }}" } })],
      { nap: NAP },
      gives("{{ steps.call_nap.output | map('outputs') }}"),
    ),
  ),
  waiting(
    source(
      "limited",
      [sub("endless", { timeoutMs: 10 * MINUTE, retry: { maxAttempts: 2 }, continueOnError: true }), sleep("h", HOUR)],
      { endless: ENDLESS },
      gives("{{ steps.call_endless.error.code }}"),
    ),
  ),
  waiting(source("over", [sub("endless")], { endless: ENDLESS }, { timeoutMs: 2 * HOUR })),
  waiting(
    source(
      "keyed",
      [awaits("paid", { event: "paid", key: "order-1" }), actionStep("a")],
      {},
      gives("{{ steps.paid.output.eventReceived.sum }}"),
    ),
    [{ event: EVENT }],
  ),
  waiting(
    source(
      "asked",
      [
        awaits("said", { event: "said", timeout: 7 * 86_400 }),
        { kind: "approval", id: "may", approvers: ["boss"] },
        actionStep("a"),
      ],
      {},
      gives("{{ steps.said.output.eventReceived.word }}"),
    ),
    [
      { command: { type: "signal", name: "said", payload: { word: "yes" }, id: "evt_said" } },
      { command: { type: "decide", step: "may", decision: "approve", by: "key_boss", roles: ["boss"] } },
    ],
  ),
  waiting(
    source(
      "unheard",
      [awaits("said", { event: "said", timeout: 3_600 })],
      {},
      gives("{{ steps.said.output.timedOut }}"),
    ),
  ),
  waiting(source("later", [actionStep("a")], {}, gives("{{ steps.a.output.path }}")), [], { delayMs: 5 * HOUR }),
  ...[0, 1, 2, 3].map((index) =>
    waiting(
      source(
        `turn-${index}`,
        [actionStep("a"), sleep("in", 10 * MINUTE), actionStep("b")],
        {},
        gives("{{ steps.b.output.path }}"),
      ),
      [],
      { concurrency: { key: "turns", limit: 1, strategy: "queue" }, ...(index === 3 ? { delayMs: MINUTE } : {}) },
    ),
  ),
];

/** The command that starts one. */
export function startOf(workflow: Waiting, executionId: string, key: string, now: number): StartCommand {
  const { source, concurrency, delayMs } = workflow;
  return {
    executionId,
    tenantId: "ten_simulated",
    environment: "test",
    // A plan source is plain JSON.
    planDigest: digestOf(source as unknown as JsonObject),
    plan: source,
    inputs: {},
    mode: "async",
    actor: "key_simulated",
    idempotency: { key, bodyHash: "same" },
    concurrency,
    startAt: delayMs === undefined ? undefined : now + delayMs,
  };
}

/** What the plugin answers: always the same to the same attempt. How long it takes varies with `seed`; `hang` never ends. */
export function waitingAnswer(call: ActionCall, seed: number): { result: ActionResult; afterMs: number } | null {
  if (call.stepId === "hang") return null;
  const afterMs = Math.floor(fractionOf(`${seed}:${call.idempotencyKey}:${call.attempt}`) * 40);
  if (call.stepId === "bad") return { result: failed("VALIDATION", "bad"), afterMs };
  const { input } = call;
  const given = typeof input === "object" && input !== null && !Array.isArray(input) ? input.n : undefined;
  return { result: ok({ n: given ?? null, path: call.path }), afterMs };
}
