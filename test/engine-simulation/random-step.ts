import type { StepDefinition, StepKind } from "../../engine/definition/types.ts";
import type { RandomSource } from "../../engine/expressions/random-source.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import {
  EVENT_KEYS,
  EVENT_NAMES,
  ROLES,
  randomAuthorization,
  randomCondition,
  randomGuardrails,
  randomItems,
  randomRetry,
  weighted,
} from "./random-parts.ts";

/** Actions of the simulated connector: `once` is not idempotent. */
export const CONNECTOR = "connector:simulated/world@1.0.0";
const ACTIONS = ["run", "run", "run", "once"] as const;

const LEAVES: readonly (readonly [number, StepKind])[] = [
  [14, "action"],
  [3, "subworkflow"],
  [5, "wait"],
  [4, "transform"],
  [2, "agent"],
  [2, "handoff"],
  [3, "approval"],
  [4, "output"],
];
const CONTAINERS: readonly (readonly [number, StepKind])[] = [
  [3, "parallel_list"],
  [3, "if"],
  [3, "switch"],
  [4, "forEach"],
  [5, "parallel"],
  [5, "try"],
];
const CALLS: ReadonlySet<StepKind> = new Set(["action", "subworkflow", "agent", "transform"]);

/** Where a step stands. */
export interface Place {
  depth: number;
  inLoop: boolean;
}

/** Writes random steps of every kind; ids are `s1`, `s2`, … in the order of the file. */
export class StepWriter {
  readonly random: RandomSource;
  /** Ids of steps that stand before the one that is being written. */
  readonly known: string[] = [];
  #written = 0;
  #left: number;

  constructor(random: RandomSource, most: number) {
    this.random = random;
    this.#left = most;
  }

  get left(): number {
    return this.#left;
  }

  block(place: Place, most: number): StepDefinition[] {
    const count = 1 + this.random.below(most);
    const steps: StepDefinition[] = [];
    while (steps.length < count && (steps.length === 0 || this.#left > 0)) steps.push(this.step(place));
    return steps;
  }

  step(place: Place): StepDefinition {
    const { random } = this;
    this.#left -= 1;
    this.#written += 1;
    const id = `s${this.#written}`;
    const container = place.depth < 3 && this.#left > 1 && random.chance(42 - place.depth * 10);
    const kind = weighted(random, container ? CONTAINERS : LEAVES);
    const forEach = place.depth < 3 && random.chance(13) ? randomItems(random, this.known) : undefined;
    const inLoop = place.inLoop || forEach !== undefined || kind === "forEach";
    const common = this.#common(kind, place.inLoop || forEach !== undefined);
    const inside: Place = { depth: place.depth + 1, inLoop };
    const loop = forEach === undefined ? {} : this.#loop(forEach);
    const step: StepDefinition = { ...common, ...loop, ...this.#own(kind, inside), id };
    if (place.depth < 3 && random.chance(16)) step.compensate = this.block({ depth: 3, inLoop: false }, 2);
    this.known.push(id);
    return step;
  }

  /** An input that reads what ran before. */
  input(): Json {
    const earlier = this.known.length > 0 ? this.known[this.random.below(this.known.length)] : undefined;
    return earlier === undefined ? { n: "{{ inputs.n }}" } : { last: `{{ steps.${earlier}.output }}` };
  }

  #loop(forEach: Json): Partial<StepDefinition> {
    const parallel = this.random.chance(60);
    return {
      forEach,
      parallel,
      ...(parallel && this.random.chance(50) ? { maxConcurrency: 1 + this.random.below(3) } : {}),
    };
  }

  #common(kind: StepKind, inLoop: boolean): Partial<StepDefinition> {
    const { random } = this;
    const common: Partial<StepDefinition> = {};
    if (random.chance(15)) common.condition = randomCondition(random, this.known, inLoop);
    if (random.chance(60)) common.continueOnError = true;
    if (random.chance(kind === "try" ? 60 : 25)) common.retry = randomRetry(random);
    if (kind !== "approval" && kind !== "wait" && random.chance(10))
      common.timeoutMs = random.pick([1_000, 30_000, 1_200_000]);
    if (random.chance(8)) common.authorization = randomAuthorization(random);
    if (random.chance(8)) common.guardrails = randomGuardrails(random);
    if (CALLS.has(kind)) {
      if (random.chance(60)) common.input = this.input();
      if (kind !== "transform" && random.chance(12)) common.cache = { ttlMs: 60_000 };
    }
    return common;
  }

  #own(kind: StepKind, inside: Place): StepDefinition {
    const { random } = this;
    const id = "";
    switch (kind) {
      case "action":
        return { kind, id, connector: CONNECTOR, action: random.pick(ACTIONS) };
      case "parallel_list":
        return { kind, id, steps: this.block(inside, 4) };
      case "subworkflow":
        return { kind, id, workflow: "called" };
      case "if":
        return {
          kind,
          id,
          test: randomCondition(random, this.known, inside.inLoop),
          then: this.block(inside, 3),
          ...(random.chance(60) ? { else: this.block(inside, 2) } : {}),
        };
      case "switch":
        return {
          kind,
          id,
          value: random.pick<Json>(["a", "{{ inputs.tag }}", "{{ inputs.n }}", 2]),
          cases: { a: this.block(inside, 2), b: this.block(inside, 2), "2": [] },
          ...(random.chance(60) ? { default: this.block(inside, 2) } : {}),
        };
      case "forEach":
        return {
          kind,
          id,
          items: randomItems(random, this.known),
          steps: this.block(inside, 3),
          ...(random.chance(60) ? { maxConcurrency: 1 + random.below(3) } : {}),
        };
      case "parallel":
        return this.#parallel(inside);
      case "wait":
        return this.#wait();
      case "try":
        return {
          kind,
          id,
          steps: this.block(inside, 3),
          ...(random.chance(60) ? { catch: this.block(inside, 2) } : {}),
          ...(random.chance(60) ? { finally: this.block(inside, 2) } : {}),
        };
      case "transform":
        return this.#transform();
      case "agent":
        return { kind, id, agent: "helper" };
      case "handoff":
        return random.chance(50)
          ? { kind, id, agent: "helper", reason: "late" }
          : { kind, id, selectAgent: [{ condition: "inputs.n > 2", agent: "one" }, { default: "two" }] };
      case "approval":
        return {
          kind,
          id,
          approvers: ROLES.filter(() => random.chance(40)),
          ...(random.chance(60) ? { timeoutMs: random.pick([4_000, 600_000, 7_200_000]) } : {}),
          ...(random.chance(75) ? { onTimeout: random.pick(["reject", "allow", "escalate"]) } : {}),
          ...(random.chance(30) ? { allowSelf: true } : {}),
        };
      case "output":
        return {
          kind,
          id,
          value: random.pick<Json>(["{{ inputs.n }}", { n: 7 }, "{{ 1 / inputs.zero }}", { n: 1, list: [1] }]),
        };
      default:
        return kind satisfies never;
    }
  }

  #parallel(inside: Place): StepDefinition {
    const { random } = this;
    const branches: Record<string, StepDefinition[]> = {};
    const count = 2 + random.below(3);
    for (let branch = 0; branch < count; branch++) branches[`b${branch}`] = this.block(inside, 2);
    const join = weighted<"all" | "any" | { count: number }>(random, [
      [2, "all"],
      [3, "any"],
      [2, { count: 1 + random.below(count) }],
    ]);
    return { kind: "parallel", id: "", branches, join };
  }

  #wait(): StepDefinition {
    const { random } = this;
    const kind = "wait";
    if (random.chance(40))
      return { kind, id: "", duration: random.pick<Json>(["2s", "90m", 3, "{{ inputs.n }}", "0s"]) };
    if (random.chance(20)) {
      return {
        kind,
        id: "",
        until: { time: random.pick(["2026-01-01T00:30:00Z", "2020-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]) },
      };
    }
    const until: JsonObject = { event: random.pick(EVENT_NAMES) };
    if (random.chance(50)) until.timeout = random.pick(["20s", "3h"]);
    if (random.chance(30)) until.channel = "radio";
    if (random.chance(40)) until.filter = { "a.b": random.below(3) };
    if (random.chance(30)) until.key = random.pick(EVENT_KEYS);
    return { kind, id: "", until, ...(random.chance(10) ? { timeoutMs: 40_000 } : {}) };
  }

  #transform(): StepDefinition {
    const { random } = this;
    const kind = "transform";
    return weighted<StepDefinition>(random, [
      [3, { kind, id: "", language: "template", expression: { n: "{{ inputs.n + 1 }}" } }],
      [2, { kind, id: "", language: "jsonpath", expression: "$.inputs.list[*]" }],
      [1, { kind, id: "", language: "jsonpath", expression: "$.steps" }],
      [4, { kind, id: "", language: random.pick(["jq", "jsonata", "javascript", "python"]), expression: "." }],
    ]);
  }
}
