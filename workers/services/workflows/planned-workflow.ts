import type { PlanSource } from "../../../engine/plan/types.ts";

/** A version with everything a start needs, ready in an isolate. */
export interface PlannedWorkflow {
  digest: string;
  source: PlanSource;
  /** Names under `env.` that its templates and those of the workflows it calls read. */
  envNames: readonly string[];
  /** A step, or a workflow it calls, has an `authorization`: the run needs to know who started it. */
  asksWho: boolean;
}

/** What `slug` or `slug@version` means right now. */
export interface ResolvedReference {
  slug: string;
  version: string;
  digest: string;
  /** Why the tenant's trust policy does not let it run. */
  refused?: string;
}
