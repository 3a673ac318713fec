import type { RandomSource } from "../../engine/expressions/random-source.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { Plan } from "../../engine/plan/types.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { EngineInput } from "../../engine/run/types.ts";
import { EVENT_KEYS, EVENT_NAMES, ROLES, STARTER, weighted } from "./random-parts.ts";

/** What the world may do to a run; each seed leaves some of it out. */
export const COMMANDS = [
  "pause",
  "resume",
  "signal",
  "message",
  "decide",
  "cancel",
  "shutdown",
  "stray",
  "fail",
] as const;
export type CommandName = (typeof COMMANDS)[number];

const WEIGHTS: Readonly<Record<CommandName, number>> = {
  pause: 10,
  resume: 20,
  signal: 30,
  message: 25,
  decide: 25,
  cancel: 3,
  shutdown: 3,
  stray: 15,
  fail: 1,
};

/** Something from outside: sensible or not, in time or not. */
export function randomCommand(
  random: RandomSource,
  plan: Plan,
  state: RunState,
  allowed: readonly CommandName[],
): EngineInput {
  const name = weighted(
    random,
    allowed.map((one) => [WEIGHTS[one] * (one === "message" && plan.graph?.longRunning ? 5 : 1), one] as const),
  );
  switch (name) {
    case "pause":
      return { type: "pause", reason: "chance", actor: "key_operator" };
    case "resume":
      return state.status === "pending"
        ? { type: "release" }
        : { type: "resume", ...(random.chance(60) ? { budget: raise(random, state) } : {}) };
    case "signal":
      return signal(random, state);
    case "message":
      return message(random, plan);
    case "decide":
      return decision(random, plan, state);
    case "cancel":
      return { type: "cancel", reason: "chance", compensate: random.chance(60) };
    case "shutdown":
      return {
        type: "shutdown",
        graceful: random.chance(70),
        ...(random.chance(50) ? { deadlineMs: random.pick([0, 5_000, 600_000]) } : {}),
      };
    case "stray":
      return stray(random, state);
    case "fail":
      return { type: "fail", error: { code: "INTERNAL_ERROR", message: "the host gives up" } };
    default:
      return name satisfies never;
  }
}

/** More of everything that the run may spend. */
export function raise(random: RandomSource, state: RunState): JsonObject {
  return {
    max_steps: state.steps + 20 + random.below(100),
    max_tokens: state.spent.tokens + 50 + random.below(500),
    max_cost: state.spent.cost + 5,
    max_messages: (state.graph?.handled ?? 0) + 10 + random.below(20),
  };
}

function signal(random: RandomSource, state: RunState): EngineInput {
  const waits = [...state.open.values()].filter(({ wait }) => wait?.kind === "event");
  const { wait, path } = waits[random.below(waits.length || 1)] ?? {};
  const payload = { a: { b: random.below(3) } };
  const id = random.chance(60) ? `id${random.below(12)}` : undefined;
  const channel = random.chance(40) ? "radio" : undefined;
  if (wait?.kind === "event" && wait.key !== undefined && random.chance(60)) {
    const key = random.chance(85) ? wait.key : random.pick(EVENT_KEYS);
    return { type: "signal", name: wait.event, payload, channel, id, key, path };
  }
  return { type: "signal", name: random.pick(EVENT_NAMES), payload, channel, id };
}

function message(random: RandomSource, plan: Plan): EngineInput {
  const nodes = [...(plan.graph?.nodes.keys() ?? [])];
  if (random.chance(5)) nodes.push("nobody");
  const id = random.chance(40) ? `m${random.below(12)}` : undefined;
  return { type: "message", node: nodes[random.below(nodes.length)] ?? "", payload: { n: random.below(9) }, id };
}

function decision(random: RandomSource, plan: Plan, state: RunState): EngineInput {
  const waits = [...state.open.values()].filter(({ wait }) => wait?.kind === "approval");
  const waiting = waits[random.below(waits.length || 1)];
  const ids = [...plan.addressOf.keys(), "nothing", "workflow"];
  const anywhere = ids[random.below(ids.length)] ?? "";
  const step = waiting && random.chance(80) ? (random.chance(70) ? waiting.path : (waiting.step?.id ?? "")) : anywhere;
  return {
    type: "decide",
    step: state.root.wait && random.chance(60) ? "workflow" : step,
    decision: random.chance(75) ? "approve" : "reject",
    by: random.chance(20) ? STARTER : `key_${random.below(3)}`,
    roles: ROLES.filter(() => random.chance(50)),
    ...(random.chance(30) ? { comment: "so be it" } : {}),
  };
}

/** What comes from nowhere: it must change nothing, or nothing that counts. */
function stray(random: RandomSource, state: RunState): EngineInput {
  const paths = [...state.instances.keys()];
  const path = paths[random.below(paths.length || 1)] ?? "nowhere";
  // Never the attempt in hand: that one is the host's to answer.
  const attempt = (state.instances.get(path)?.attempt ?? 0) + random.pick([-1, 1, 2]);
  return weighted<EngineInput>(random, [
    [2, { type: "result", path, attempt, result: { ok: true, output: "stray" } }],
    [2, { type: "timer", name: `${random.pick(["retry", "limit", "wait", "every", "nothing"])}:${path}` }],
    [1, { type: "timer", name: random.pick(["workflow", "start", "hold", "budget", "stop", "wait:"]) }],
    [1, { type: "continue" }],
    [1, { type: "start", inputs: { n: 0 } }],
    [1, { type: "release" }],
    [1, { type: "progress", path, attempt: 1, percent: 50 }],
    [1, { type: "log", path, level: "info", message: "hello" }],
  ]);
}
