import type { PinnedAction } from "../engine/connector.ts";
import { pinKey } from "../engine/connector.ts";
import { readWorkflows } from "../engine/definition/read-workflows.ts";
import { runInMemory } from "../engine/driver/memory-host.ts";
import { compilePlan } from "../engine/plan/compile-plan.ts";
import type { Plan } from "../engine/plan/types.ts";
import type { ActionCall, ActionResult } from "../engine/run/types.ts";
import type { InProcessResult } from "./figures.ts";
import { percentile } from "./measure/percentile.ts";
import { type BenchWorkflow, CALCULATOR, TEN_STEPS, THREE_STEPS } from "./workflows.ts";

const WARM_UP_RUNS = 3_000;
const RUNS = 5_000;

const ADD: PinnedAction = {
  namespace: "community",
  connector: "calculator",
  version: "1.0.0",
  action: "add",
  plugin: "toolbox",
  idempotent: true,
  handler: {},
};

const clock = {
  now: () => Date.now(),
  at(due: number, task: () => void) {
    const timer = setTimeout(task, due - Date.now());
    return () => clearTimeout(timer);
  },
};

/** L1: the engine alone, in this process: what a run costs before anything is stored or sent. */
export async function runInProcess(): Promise<InProcessResult[]> {
  return [
    await time("L1", "three steps, in process", THREE_STEPS),
    await time("L1", "ten steps, in process", TEN_STEPS),
  ];
}

async function time(name: string, title: string, workflow: BenchWorkflow): Promise<InProcessResult> {
  const plan = planOf(workflow);
  for (let index = 0; index < WARM_UP_RUNS; index += 1) await runOnce(plan, workflow, index);
  const times: number[] = [];
  for (let index = 0; index < RUNS; index += 1) {
    const start = performance.now();
    await runOnce(plan, workflow, index);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return {
    name,
    title,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
  };
}

async function runOnce(plan: Plan, workflow: BenchWorkflow, start: number): Promise<void> {
  const identity = { executionId: "exec_bench", runAttempt: 1 };
  const { state } = await runInMemory({ plan, identity, inputs: { start }, clock, callAction: add });
  if (state.outputs?.value !== workflow.expected(start)) {
    throw new Error(`${workflow.slug} gave ${JSON.stringify(state.outputs ?? state.error)}`);
  }
}

function add({ input }: ActionCall): ActionResult {
  if (typeof input !== "object" || input === null || Array.isArray(input)) throw new Error("no input");
  return { ok: true, output: { result: Number(input.a) + Number(input.b) } };
}

function planOf({ slug, definition }: BenchWorkflow): Plan {
  const { workflows, problems } = readWorkflows(JSON.stringify({ workflows: [definition] }), "json");
  const [workflow] = workflows;
  if (!workflow || problems.length > 0) throw new Error(`${slug} is refused: ${JSON.stringify(problems)}`);
  return compilePlan({ definition: workflow.definition, pins: { [pinKey(CALCULATOR, "add")]: ADD } });
}
