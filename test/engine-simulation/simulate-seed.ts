import type { WorkflowDefinition } from "../../engine/definition/types.ts";
import type { RandomSource } from "../../engine/expressions/random-source.ts";
import { compilePlan } from "../../engine/plan/compile-plan.ts";
import type { EngineInput, Hold } from "../../engine/run/types.ts";
import { COMMANDS, type CommandName, raise, randomCommand } from "./random-command.ts";
import { ROLES, STARTER, randomBudget } from "./random-parts.ts";
import { PINS, randomWorkflow } from "./random-workflow.ts";
import { replay } from "./replay.ts";
import { seedOf } from "./seed-of.ts";
import { SimulatedHost } from "./simulated-host.ts";
import { Violation } from "./violation.ts";

/** Epoch ms at which every simulated run begins. */
const START = Date.UTC(2026, 0, 1);
/** More transitions than this after the faults are over is no end. */
const PATIENCE = 3_000;

export interface Simulated {
  seed: number;
  definition: WorkflowDefinition;
  log: readonly string[];
  steps: number;
  transitions: number;
  crashes: number;
  status: string;
  /** Kinds of steps that were opened, and what else the run had. */
  kinds: ReadonlySet<string>;
  failure?: string;
}

/** Plays one seed: everything in it is decided by the number. `definition` stands in for the workflow that it would write. */
export function simulateSeed(seed: number, given?: WorkflowDefinition): Simulated {
  const definition = given ?? randomWorkflow(seedOf(`workflow ${seed}`));
  const random = seedOf(`world ${seed}`);
  const plan = compilePlan({ definition, pins: PINS });
  const identity = { executionId: `exec_${seed}`, runAttempt: 1 };
  const host = new SimulatedHost(plan, identity, String(seed), random, START);
  const answer = (failure?: string): Simulated => ({
    seed,
    definition,
    log: host.log,
    steps: host.watch.steps.steps,
    transitions: host.given.length,
    crashes: host.crashes,
    status: host.state.status,
    kinds: kindsOf(definition, host),
    failure,
  });
  try {
    withFaults(random, host);
    calmly(random, host);
    host.watch.end(
      host.state,
      host.log.map((text) => JSON.parse(text)),
    );
    replay(plan, identity, host.given, host.log);
    return answer();
  } catch (error) {
    if (error instanceof Violation) return answer(error.message);
    return answer(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

/** The first phase: everything that can go wrong does. Which faults there are differs from seed to seed. */
function withFaults(random: RandomSource, host: SimulatedHost): void {
  const commands = COMMANDS.filter((name) =>
    random.chance(name === "cancel" || name === "fail" || name === "shutdown" ? 25 : 60),
  );
  const pushy = random.pick([0, 8, 20, 40]);
  const jumps = random.chance(30);
  host.faults = {
    answers: random.chance(85),
    crashes: random.pick([0, 5, 25, 100]),
    skew: random.chance(30),
  };
  host.deliver(start(random, host));
  const moves = random.below(140);
  for (let move = 0; move < moves && !host.over; move++) {
    if (jumps && random.chance(4)) host.now += random.below(6 * 3_600_000);
    if (commands.length > 0 && random.chance(pushy)) act(random, host, commands);
    else if (!proceed(host, random)) {
      if (commands.length === 0) return;
      host.now += 1_000;
      act(random, host, commands);
    }
  }
}

function act(random: RandomSource, host: SimulatedHost, commands: readonly CommandName[]): void {
  host.deliver(randomCommand(random, host.plan, host.state, commands));
}

/** Goes on, or lets happen what is due next. False when nothing happens by itself. */
function proceed(host: SimulatedHost, random: RandomSource): boolean {
  const next = host.next();
  if (host.continues > 0 && (next === undefined || next.due > host.now || random.chance(70))) {
    host.goOn();
    return true;
  }
  if (next) host.happen(next);
  return next !== undefined;
}

/** The second phase: the world is kind, and gives a run that waits what it waits for. */
function calmly(random: RandomSource, host: SimulatedHost): void {
  host.faults = { answers: false, crashes: 0, skew: false };
  for (let move = 0; !host.over; move++) {
    if (move > PATIENCE)
      throw new Violation(`no end after ${PATIENCE} transitions without faults: ${host.state.status}`);
    const tired = move > 60 && move % 20 === 0;
    const stop = tired && host.plan.graph?.longRunning === true && !host.state.graph?.stopping;
    const idle = !tired && host.state.status !== "paused" && proceed(host, random) ? undefined : supply(random, host);
    const supplied: EngineInput | null | undefined = stop ? { type: "shutdown" } : idle;
    if (supplied) host.deliver(supplied);
    else if (supplied === null) throw new Violation(`nothing moves the run, which is ${host.state.status}`);
  }
}

/** What the run waits for; null where nothing could help. */
function supply(random: RandomSource, { state, plan }: SimulatedHost): EngineInput | null | undefined {
  if (state.status === "pending") return { type: "release" };
  if (state.status === "paused") return { type: "resume", budget: raise(random, state) };
  const waiting = [state.root, ...state.open.values()].find(({ wait }) => wait !== undefined && wait.kind !== "time");
  const { wait, path } = waiting ?? {};
  if (wait?.kind === "approval") {
    return {
      type: "decide",
      step: path === "" ? "workflow" : (path ?? ""),
      decision: "approve",
      by: "key_boss",
      roles: ROLES,
    };
  }
  if (wait?.kind === "event") {
    const payload = nested(wait.filter ?? {});
    const keyed = wait.key === undefined ? {} : { key: wait.key, path };
    return { type: "signal", name: wait.event, payload, channel: wait.channel, ...keyed };
  }
  if (plan.graph?.longRunning && !state.graph?.stopping) return { type: "shutdown" };
  return state.open.size > 0 || state.graph?.stopping ? undefined : null;
}

function nested(filter: Record<string, unknown>): { a: { b: number } } {
  return { a: { b: Number(filter["a.b"] ?? 0) } };
}

function start(random: RandomSource, { plan }: SimulatedHost): EngineInput {
  const hold = random.chance(90)
    ? undefined
    : random.pick<Hold>([
        { kind: "time", due: START + 60_000 } as const,
        { kind: "concurrency", key: "k" } as const,
        { kind: "time", due: START + 60_000, then: { kind: "concurrency", key: "k" } } as const,
      ]);
  return {
    type: "start",
    inputs: {
      n: random.below(9),
      zero: 0,
      flag: random.chance(50),
      tag: random.pick(["a", "b", "z"]),
      list: [1, 2, 3],
    },
    actor: STARTER,
    principal: { roles: ROLES.filter(() => random.chance(60)), permissions: [] },
    maxSteps: 40 + random.below(160),
    ...(random.chance(10) ? { budget: randomBudget(random, plan.graph !== undefined) } : {}),
    ...(random.chance(10) ? { timeoutMs: random.pick([5_000, 3_600_000]) } : {}),
    ...(hold === undefined ? {} : { hold }),
    ...(random.chance(1) ? { failure: { code: "VALIDATION", message: "the host could not begin" } as const } : {}),
  };
}

function kindsOf({ graph }: WorkflowDefinition, host: SimulatedHost): ReadonlySet<string> {
  const kinds = new Set(host.watch.steps.kinds);
  kinds.add(graph === undefined ? "steps" : `graph ${graph.mode}`);
  const text = host.log.join("\n");
  for (const type of ["workflow.compensating", "workflow.paused", "step.retrying", "message.held", "signal.received"])
    if (text.includes(`"type":"${type}"`)) kinds.add(type);
  kinds.add(`ends ${host.state.status}`);
  return kinds;
}
