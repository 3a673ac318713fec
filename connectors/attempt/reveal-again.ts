import { attemptName } from "../../engine/run/attempt-name.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import type { PinnedHttpHandler } from "../handlers/http/pinned-handler.ts";
import type { Masker } from "../mask.ts";
import { prepareCall } from "./prepare-call.ts";
import type { RevealDeps } from "./reveal-deps.ts";

/**
 * Tells the masker what the service of an attempt was given that it finishes later: by what was kept of the call, since a secret may
 * have been rotated and a token renewed meanwhile; without that (the 202 has not been read yet) by what it would be given now. False
 * where not all of it can be found. Throws where a lookup fails, or what was kept does not open.
 */
export async function revealAgain(
  call: ActionCall,
  handler: PinnedHttpHandler,
  deps: RevealDeps,
  masker: Masker,
  kept: string | undefined,
): Promise<boolean> {
  if (kept === undefined) return (await prepareCall(call, handler, deps, masker)).ok;
  masker.add(await deps.services.openRevealed(kept, attemptName(call.idempotencyKey, call.attempt)));
  return true;
}
