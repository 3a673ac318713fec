import { and, eq } from "drizzle-orm";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { parseConnectorReference } from "../../../engine/definition/connector-reference.ts";
import { connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { addVersions, type Catalog, type CatalogEntry, loadCatalog } from "./catalog.ts";
import { findConnector, severalCalled } from "./find.ts";
import { selectVersions } from "./visible-versions.ts";

/**
 * A connector that the caller can see: one it can use already, else a public one of another tenant. What others keep
 * private is not there. A name that several of the caller's own have is never taken for somebody else's (threat T23).
 */
export async function lookUp(
  context: Context,
  slug: string,
): Promise<Result<{ entry: CatalogEntry; catalog: Catalog }>> {
  const catalog = await loadCatalog(context);
  const found = findConnector(catalog, slug);
  if (found.found) return success({ entry: found.entry, catalog });
  if (found.ambiguous !== undefined) return severalFound(found.message, found.ambiguous);
  const parsed = parseConnectorReference(slug);
  const elsewhere = new Map<string, CatalogEntry>();
  if (parsed !== undefined) {
    const { namespace, name } = parsed;
    const where = and(
      eq(connectorVersions.visibility, "public"),
      eq(connectorVersions.name, name),
      namespace === undefined ? undefined : eq(connectorVersions.namespace, namespace),
    );
    addVersions(elsewhere, await selectVersions(context, where));
  }
  const [only, ...more] = elsewhere.values();
  if (only !== undefined && more.length === 0) return success({ entry: only, catalog });
  if (only !== undefined) {
    const { message, ambiguous } = severalCalled(only.name, [only, ...more]);
    return severalFound(message, ambiguous);
  }
  return failure(
    "NOT_FOUND",
    `There is no connector "${slug}".`,
    found.suggestion === undefined ? undefined : { suggestion: found.suggestion },
  );
}

function severalFound(message: string, connectors: string[]): Failure {
  return failure("NOT_FOUND", message, { connectors });
}
