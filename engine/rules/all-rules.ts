import { cachePlace } from "./cache-place.ts";
import { graphRoots } from "./graph-roots.ts";
import { graphShape } from "./graph-shape.ts";
import { jsonpathSyntax } from "./jsonpath-syntax.ts";
import { knownInputs } from "./known-inputs.ts";
import { knownSteps } from "./known-steps.ts";
import { loopRoots } from "./loop-roots.ts";
import { mailboxBounds } from "./mailbox-bounds.ts";
import { nodeFields } from "./node-fields.ts";
import type { Rule } from "./rule.ts";
import { secretPlaces } from "./secret-places.ts";
import { stepOrder } from "./step-order.ts";
import { triggerInputs } from "./trigger-inputs.ts";

/** Every whole-document rule. A new rule is a file and a row here. */
export const ALL_RULES: readonly Rule[] = [
  knownSteps,
  stepOrder,
  knownInputs,
  loopRoots,
  graphRoots,
  secretPlaces,
  graphShape,
  nodeFields,
  cachePlace,
  jsonpathSyntax,
  mailboxBounds,
  triggerInputs,
];
