import { failure, type Result, success } from "../../../contracts/errors.ts";
import { catalogOf, qualifiedName } from "../connectors/catalog.ts";
import { findConnector } from "../connectors/find.ts";
import type { Context } from "../context.ts";

/** The `namespace/name` of a connector that the caller can use; `namespace--name` is taken too (section 10). */
export async function ownConnector(context: Context, slug: string): Promise<Result<string>> {
  const found = findConnector(await catalogOf(context), slug.replace("--", "/"));
  if (found.found) return success(qualifiedName(found.entry));
  if (found.ambiguous !== undefined) return failure("NOT_FOUND", found.message, { connectors: found.ambiguous });
  const details = found.suggestion === undefined ? undefined : { suggestion: found.suggestion };
  return failure("NOT_FOUND", `${found.message} Publish or install it first.`, details);
}
