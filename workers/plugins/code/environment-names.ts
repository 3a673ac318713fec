import type { PinnedCodeHandler } from "../../../connectors/code/pinned-code-handler.ts";
import type { Json } from "../../../engine/json.ts";

/** Names of `runtime.environment`, which code reads as `context.environment.NAME`. Undefined: it declares none, and gets none. */
export function environmentNames(
  { environment }: PinnedCodeHandler,
  needs: readonly Json[] | undefined,
): string[] | undefined {
  if (environment === undefined && needs?.includes("environment") !== true) return undefined;
  return (environment ?? []).flatMap(({ name, secret }) => (secret === true ? [] : [name]));
}
