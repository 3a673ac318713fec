import type { StepKind } from "../definition/types.ts";
import { action } from "./action/behaviour.ts";
import type { StepBehaviour } from "./behaviour.ts";
import { parallelList } from "./parallel-list/behaviour.ts";

/** Every kind that runs, with its behaviour. A kind that is read and validated but stands not here is refused by name. */
const BEHAVIOURS: Partial<Record<StepKind, StepBehaviour>> = {
  action,
  parallel_list: parallelList,
};

/** Kinds that an execution can run. Others are refused when a workflow is published or started. */
export const RUNNABLE_KINDS: ReadonlySet<StepKind> = new Set(Object.keys(BEHAVIOURS).map((kind) => kind as StepKind));

/** The behaviour of a kind of a planned step. */
export function behaviourOf(kind: StepKind): StepBehaviour {
  const behaviour = BEHAVIOURS[kind];
  if (!behaviour) throw new Error(`steps of kind ${kind} do not run`);
  return behaviour;
}
