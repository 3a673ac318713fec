import type { StartBody } from "../../../contracts/api/executions.ts";
import type { Failure } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { ensureCallbackSecret } from "./callback-secret.ts";
import { refuseUrl } from "./check-url.ts";

/** Why an execution may not call back there; null when it may, or does not want to. */
export async function prepareCallback(context: Context, { callback_url: url }: StartBody): Promise<Failure | null> {
  if (url === undefined) return null;
  const refused = refuseUrl(context.ports, "/callback_url", url);
  if (refused === null) await ensureCallbackSecret(context);
  return refused;
}
