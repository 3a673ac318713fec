import { WALKED_DEPTH } from "../engine/expressions/limits.ts";
import type { Json } from "../engine/json.ts";
import type { ActionCall, ActionResult } from "../engine/run/types.ts";
import { checkedOutput } from "./attempt/checked-output.ts";
import type { RevealDeps } from "./attempt/reveal-deps.ts";
import { lookupFailure } from "./attempt/lookup-failure.ts";
import { maskResult } from "./attempt/mask-result.ts";
import { revealAgain } from "./attempt/reveal-again.ts";
import { failed } from "./failed.ts";
import { mapService } from "./handlers/http/map-answer.ts";
import { isDeeper } from "./handlers/http/parse-answer.ts";
import { httpHandlerOf } from "./handlers/http/pinned-handler.ts";
import { Masker } from "./mask.ts";

/**
 * What a service's envelope means for the attempt that it finishes later: read, checked and masked as one that came at once. Where
 * what its service was given cannot be looked up, the answer is asked for again.
 */
export async function finishAction(
  call: ActionCall,
  envelope: Json,
  deps: RevealDeps,
  kept?: string,
): Promise<ActionResult> {
  const started = deps.now();
  const usage = () => ({ compute_ms: Math.max(0, deps.now() - started), egress_bytes: 0 });
  const masker = new Masker();
  try {
    const handler = httpHandlerOf(call.action.handler);
    if (handler === undefined) return failed("UNAVAILABLE", "This action has no http handler", {}, true);
    // What cannot be found any more cannot be masked: it is asked for again then.
    if (!(await revealAgain(call, handler, deps, masker, kept)))
      return failed("UNAVAILABLE", "What the service was given cannot be found", { reason: "lookup" });
    if (isDeeper(envelope, WALKED_DEPTH))
      return failed("BACKEND_ERROR", `The answer nests deeper than ${WALKED_DEPTH} levels`, { limit: "depth" }, true);
    const answer = { status: 202, headers: {}, body: envelope };
    const mapped = mapService(handler, answer, { now: deps.now(), masker });
    const result: ActionResult = mapped.ok
      ? checkedOutput(call.action.output, {
          ok: true,
          output: mapped.output,
          usage: { ...usage(), ...mapped.reported },
        })
      : mapped;
    return { ...maskResult(result, masker, call), usage: { ...result.usage, ...usage() } };
  } catch (error) {
    return { ...maskResult(lookupFailure(error), masker, call), usage: usage() };
  }
}
