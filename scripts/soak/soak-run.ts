import type { ExecutionMode } from "../../contracts/execution.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { Act } from "./acts.ts";
import type { Chance } from "./chance.ts";

/** One execution as the soak means to start and steer it. */
export interface SoakRun {
  number: number;
  /** Slug. */
  workflow: string;
  inputs: JsonObject;
  mode: ExecutionMode;
  acts: Act[];
}

/** Slugs, each as often as it should come up. */
const MIX: readonly string[] = [
  ...[
    "short",
    "short",
    "short",
    "retrying",
    "retrying",
    "fan",
    "fan",
    "branches",
    "branches",
    "napping",
    "told",
    "keyed",
  ],
  ...["approved", "parent", "parent", "graph", "graph", "actors", "undone", "again", "withdrawn", "held", "charged"],
  ...["charged", "caught", "late"],
];

function actsOf(workflow: string, key: string, n: number): Act[] {
  switch (workflow) {
    case "told":
      return [{ kind: "event", step: "w", name: "go", payload: { n } }];
    case "keyed":
      return [{ kind: "keyed", step: "w", name: "paid", key, payload: { n } }];
    case "approved":
      return [{ kind: "decide", step: "ok", decision: n % 2 === 0 ? "approve" : "reject", comment: `number ${n}` }];
    case "again":
      return [{ kind: "retry" }];
    case "withdrawn":
      return [{ kind: "cancel", step: "w", compensate: n % 2 === 0 }];
    case "held":
      return [
        { kind: "pause", step: "w" },
        { kind: "resume" },
        { kind: "event", step: "w", name: "go", payload: { n } },
      ];
    default:
      return [];
  }
}

/** The run number `number` of a soak: what its chance says. */
export function soakRun(number: number, chance: Chance): SoakRun {
  const workflow = MIX[Math.floor(chance() * MIX.length)] ?? "short";
  const n = Math.floor(chance() * 1_000);
  const luck = chance();
  const acts = actsOf(workflow, `order-${number}`, n);
  // Whoever waits for the end of an execution cannot steer it.
  const mode = luck < 0.06 ? "isolated" : luck < 0.14 && acts.length === 0 ? "sync" : "async";
  return { number, workflow, inputs: { n, key: `order-${number}` }, mode, acts };
}
