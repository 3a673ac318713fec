import type { StepFields } from "../definition/step-fields.ts";
import type { StepKind } from "../definition/types.ts";
import { actionFields } from "./action/fields.ts";
import { agentFields } from "./agent/fields.ts";
import { approvalFields } from "./approval/fields.ts";
import { forEachFields } from "./for-each/fields.ts";
import { handoffFields } from "./handoff/fields.ts";
import { ifFields } from "./if/fields.ts";
import { outputFields } from "./output/fields.ts";
import { parallelListFields } from "./parallel-list/fields.ts";
import { parallelFields } from "./parallel/fields.ts";
import { subworkflowFields } from "./subworkflow/fields.ts";
import { switchFields } from "./switch/fields.ts";
import { transformFields } from "./transform/fields.ts";
import { tryFields } from "./try/fields.ts";
import { waitFields } from "./wait/fields.ts";

/** How every step kind is written. A new kind is a folder and a row here. */
export const ALL_STEP_FIELDS: { readonly [Kind in StepKind]: StepFields<Kind> } = {
  action: actionFields,
  parallel_list: parallelListFields,
  subworkflow: subworkflowFields,
  if: ifFields,
  switch: switchFields,
  forEach: forEachFields,
  parallel: parallelFields,
  wait: waitFields,
  try: tryFields,
  transform: transformFields,
  agent: agentFields,
  handoff: handoffFields,
  approval: approvalFields,
  output: outputFields,
};
