import { referencesIn } from "../../../connectors/auth/references.ts";
import { failure, type Failure } from "../../../contracts/errors.ts";
import type { Scope } from "../../../contracts/scopes.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { Context } from "../context.ts";

const NEEDED: Scope = "secrets:write";

/**
 * Why this key may not write values that name secrets: they go wherever the connection leads, so whoever may write connections
 * alone would have every secret. Undefined where it may, or nothing is named.
 */
export function mayNameSecrets({ caller }: Context, values: JsonObject | undefined): Failure | undefined {
  if (values === undefined || caller.scopes.includes(NEEDED) || referencesIn(values).secrets.length === 0)
    return undefined;
  return failure("FORBIDDEN", `A connection that names a secret needs a key with the scope ${NEEDED}, too.`, {
    scope: NEEDED,
  });
}
