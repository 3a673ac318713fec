import type { RunError } from "../../engine/errors.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { type Failed, failed } from "../failed.ts";
import type { Masker } from "../mask.ts";

/** The result without what was revealed; a failure where the workflow keeps no output that held it. */
export function maskResult(
  result: ActionResult,
  masker: Masker,
  { blockOnExposure }: Pick<ActionCall, "blockOnExposure">,
): ActionResult {
  if (masker.isEmpty) return result;
  if (result.ok) {
    const output = masker.json(result.output);
    if (blockOnExposure === true && JSON.stringify(output) !== JSON.stringify(result.output)) return exposed(result);
    return { ...result, output };
  }
  const { code, message, details } = result.error;
  const error: RunError = {
    code,
    message: masker.text(message),
    ...(details ? { details: masker.object(details) } : {}),
  };
  return { ...result, error };
}

function exposed({ usage }: ActionResult): Failed {
  const message =
    "A secret came back in the output, and the workflow's execution.security.blockOnExposure keeps no such output";
  return { ...failed("VALIDATION", message, { reason: "secret_exposed" }, true), ...(usage ? { usage } : {}) };
}
