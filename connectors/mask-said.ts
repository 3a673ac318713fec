import type { ActionCall } from "../engine/run/types.ts";
import type { RevealDeps } from "./attempt/reveal-deps.ts";
import { revealAgain } from "./attempt/reveal-again.ts";
import { httpHandlerOf } from "./handlers/http/pinned-handler.ts";
import { Masker } from "./mask.ts";

/**
 * What a service says of an attempt that it finishes later, without what it was given for it. Null where nobody can say what that
 * was: then it is not to be shown. Never throws.
 */
export async function maskSaid(
  call: ActionCall,
  text: string,
  deps: RevealDeps,
  kept?: string,
): Promise<string | null> {
  const masker = new Masker();
  try {
    const handler = httpHandlerOf(call.action.handler);
    if (handler === undefined || !(await revealAgain(call, handler, deps, masker, kept))) return null;
    return masker.text(text);
  } catch {
    return null;
  }
}
