import type { StepKind } from "../definition/types.ts";
import { approval } from "./approval/behaviour.ts";
import type { StepBehaviour } from "./behaviour.ts";
import { call } from "./call.ts";
import { forEach } from "./for-each/behaviour.ts";
import { ifStep } from "./if/behaviour.ts";
import { output } from "./output/behaviour.ts";
import { parallelList } from "./parallel-list/behaviour.ts";
import { parallel } from "./parallel/behaviour.ts";
import { switchStep } from "./switch/behaviour.ts";
import { transform } from "./transform/behaviour.ts";
import { tryStep } from "./try/behaviour.ts";
import { wait } from "./wait/behaviour.ts";

/** What every kind does in a run. */
const BEHAVIOURS: Readonly<Record<StepKind, StepBehaviour>> = {
  action: call,
  subworkflow: call,
  agent: call,
  handoff: call,
  transform,
  parallel_list: parallelList,
  if: ifStep,
  switch: switchStep,
  forEach,
  parallel,
  wait,
  try: tryStep,
  approval,
  output,
};

/** The behaviour of a kind of a planned step. */
export function behaviourOf(kind: StepKind): StepBehaviour {
  return BEHAVIOURS[kind];
}
