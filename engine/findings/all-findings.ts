import { alwaysFailingExpressions } from "./always-failing-expressions.ts";
import { endlessGraphs } from "./endless-graphs.ts";
import { endlessRecursion } from "./endless-recursion.ts";
import type { FindingRule } from "./finding.ts";
import { inputsThatDoNotFit } from "./inputs-that-do-not-fit.ts";
import { longWaits } from "./long-waits.ts";
import { loopsOverNoList } from "./loops-over-no-list.ts";
import { membersThatAreNeverThere } from "./members-that-are-never-there.ts";
import { misplacedError } from "./misplaced-error.ts";
import { secretLikeEnv } from "./secret-like-env.ts";
import { stepsThatCannotHaveRun } from "./steps-that-cannot-have-run.ts";
import { stepsThatMayBeSkipped } from "./steps-that-may-be-skipped.ts";
import { textBuiltFromData } from "./text-built-from-data.ts";
import { unboundedLoops } from "./unbounded-loops.ts";
import { unreachableNodes } from "./unreachable-nodes.ts";
import { unreachableSteps } from "./unreachable-steps.ts";
import { unreadErrors } from "./unread-errors.ts";
import { unusedInputs } from "./unused-inputs.ts";

/** Every check of a valid workflow. A new one is a file and a row here. */
export const ALL_FINDINGS: readonly FindingRule[] = [
  stepsThatCannotHaveRun,
  stepsThatMayBeSkipped,
  misplacedError,
  unreachableSteps,
  unreachableNodes,
  alwaysFailingExpressions,
  inputsThatDoNotFit,
  membersThatAreNeverThere,
  loopsOverNoList,
  secretLikeEnv,
  textBuiltFromData,
  endlessGraphs,
  endlessRecursion,
  unboundedLoops,
  longWaits,
  unreadErrors,
  unusedInputs,
];
