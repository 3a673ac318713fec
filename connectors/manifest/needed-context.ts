import { isObject, type Json } from "../../engine/json.ts";
import type { ConnectorManifest } from "./manifest.ts";

/**
 * What calls of a connector are given of a run besides ids (section 17), all actions together: shown to whoever installs it. Words first,
 * the steps whose results it sees in one entry.
 */
export function neededContext({ context, actions }: Pick<ConnectorManifest, "context" | "actions">): Json[] {
  const all = context ?? actions.flatMap((action) => action.context ?? []);
  const words = all.filter((need) => typeof need === "string");
  const steps = all.flatMap((need) =>
    isObject(need) && Array.isArray(need.previous_steps) ? need.previous_steps : [],
  );
  return [...new Set(words), ...(steps.length === 0 ? [] : [{ previous_steps: [...new Set(steps)] }])];
}
