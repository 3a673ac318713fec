import type { Plan } from "../plan/types.ts";
import { childPath, idOf, isMarked, shutdownPath, visitPath } from "./path.ts";
import type { RunState } from "./state.ts";

const TRY = /~(\d+)$/;

/**
 * The run-time path at which the step with static address `address` is found when it is looked up from inside `from`: the
 * iterations, visits and tries that both share are the ones `from` is in; of others it is the newest. A step in a loop
 * that `from` is not in has no path that exists.
 */
export function resolveStep(plan: Plan, state: RunState, address: string, from: string): string {
  if (!state.revisited && !state.graph && !isMarked(from)) return address;
  const there = address.split(".");
  const here = from === "" ? [] : from.split(".");
  let shared = true;
  let path = "";
  for (const [depth, id] of there.entries()) {
    const segment = here[depth];
    const last = depth === there.length - 1;
    shared = shared && segment !== undefined && idOf(segment) === id;
    const inside = last ? undefined : plan.byAddress.get(there.slice(0, depth + 2).join("."));
    if (shared && segment !== undefined && (!last || isUndone(plan, address, here, depth))) {
      path = path === "" ? segment.replace(TRY, "") : `${path}.${segment.replace(TRY, "")}`;
      if (inside?.block === "steps") path += sharedTry(plan, there, here, depth) ?? newestTry(state, path);
    } else {
      path = depth === 0 && state.graph ? newestVisit(state, id, inside?.block) : childPath(path, id);
      if (inside?.block === "steps") path += newestTry(state, path);
    }
  }
  return path;
}

/** The try that `from` is in, where it stands in the tried block itself. */
function sharedTry(plan: Plan, there: readonly string[], here: readonly string[], depth: number): string | undefined {
  const beside = plan.byAddress.get([...there.slice(0, depth + 1), idOf(here[depth + 1] ?? "")].join("."));
  return beside?.block === "steps" ? (TRY.exec(here[depth] ?? "")?.[0] ?? "") : undefined;
}

/** `from` is inside the `compensate` of the step itself: it means this very instance. */
function isUndone(plan: Plan, address: string, here: readonly string[], depth: number): boolean {
  const child = plan.byAddress.get(`${address}.${idOf(here[depth + 1] ?? "")}`);
  return child?.block === "compensate";
}

function newestVisit(state: RunState, id: string, block: string | undefined): string {
  if (block === "on_shutdown") return shutdownPath(id);
  const node = state.graph?.nodes.get(id);
  return node?.current ?? node?.last ?? visitPath(id, node?.visits ?? 1);
}

/** A child of a tried block is found in the newest try: what its container's segment ends with. */
function newestTry(state: RunState, path: string): string {
  const instance = state.instances.get(path);
  const pass = instance?.step?.kind === "try" ? (instance.pass ?? 1) : 1;
  return pass > 1 ? `~${pass}` : "";
}
