import type { PlanSource } from "../../../engine/plan/types.ts";
import type { Problem } from "../../../engine/source/problem.ts";

/** A plan source that another may pin, with what is bounded of it. */
export interface PinnedSource {
  source: PlanSource;
  /** UTF-8 length of its JSON. */
  bytes: number;
  /** Levels of subworkflows below it; 0 when it calls none but itself. */
  depth: number;
}

/** A workflow with its connectors and subworkflows pinned, and what stands in its way. */
export interface Planning extends PinnedSource {
  /** Empty where a problem stands in the way of one. */
  digest: string;
  /** Why it cannot be published or started. */
  problems: Problem[];
  /** Valid, but not to be run by this deployment. */
  unavailable: Problem[];
  /** Deprecated connectors that it uses. */
  deprecated: Problem[];
}
