import { inc } from "semver";
import { parse } from "yaml";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { failure, type Result, success } from "../../../contracts/errors.ts";
import { canonicalJson } from "../../../engine/canonical-json.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { discoverTools } from "./discover-tools.ts";
import { findManifest } from "./get.ts";
import { updateConnector } from "./publish.ts";
import { refusedSource } from "./refused-source.ts";
import { versionRow } from "./version-row.ts";

export type Refreshed =
  | { status: "unchanged"; slug: string; version: string; actions: number }
  | { status: "updated"; slug: string; version: string; previous_version: string; actions: number };

/**
 * Asks a connector's MCP server for its tools again. Where they are others, a higher version is published with them: a minor one,
 * or a major one where it takes less than the one before. What runs keeps the tools of its own version.
 */
export async function refreshConnector(context: Context, slug: string): Promise<Result<Refreshed>> {
  const found = await findManifest(context, slug);
  if (!found.ok) return found;
  const { manifest } = found.value;
  const [row] = await context.ports.database
    .select({ source: connectorVersions.source, format: connectorVersions.sourceFormat })
    .from(connectorVersions)
    .where(versionRow(context.caller, manifest));
  if (manifest.server === undefined || row?.source == null)
    return failure("CONFLICT", `"${slug}" has no MCP server of its own to ask.`);
  const document: Json = row.format === "json" ? JSON.parse(row.source) : parse(row.source);
  if (!isObject(document) || listsActions(document))
    return failure("CONFLICT", `The file of "${slug}" lists its actions itself: publish a new version of it.`);
  const asked = await discoverTools(context, { ...manifest, actions: [] });
  if (!asked.ok) return asked;
  const actions = asked.value.actions.length;
  if (actions === 0 && manifest.actions.length === 0)
    return failure(
      "UNAVAILABLE",
      "The server gives no tools to who is not signed in: store a connection for it first.",
    );
  if (sameActions(asked.value, manifest))
    return success({ status: "unchanged", slug: manifest.name, version: manifest.version, actions });
  const refused = refusedSource(slug, row.source, row.format === "json" ? "json" : "yaml");
  if (refused !== null) return refused;
  for (const step of ["minor", "major"] as const) {
    const version = inc(manifest.version, step);
    if (version === null) break;
    const updated = await updateConnector(context, slug, {
      text: JSON.stringify(withVersion(document, version)),
      format: "json",
    });
    if (updated.ok) {
      const { previous_version, version: stored } = updated.value;
      return success({ status: "updated", slug: manifest.name, version: stored, previous_version, actions });
    }
    if (updated.code !== "VALIDATION" || step === "major") return updated;
  }
  return failure("CONFLICT", `There is no version after ${manifest.version}.`);
}

function listsActions(document: JsonObject): boolean {
  const inner = blockOf(document);
  return [document.actions, inner.actions].some((list) => Array.isArray(list) && list.length > 0);
}

function blockOf(document: JsonObject): JsonObject {
  const inner = document.connector ?? document.plugin;
  return isObject(inner) ? inner : document;
}

function withVersion(document: JsonObject, version: string): JsonObject {
  const inner = blockOf(document);
  if (inner === document) return { ...document, version };
  return { ...document, [document.connector === undefined ? "plugin" : "connector"]: { ...inner, version } };
}

function sameActions(one: ConnectorManifest, other: ConnectorManifest): boolean {
  const text = ({ actions }: ConnectorManifest): string => canonicalJson(JSON.parse(JSON.stringify(actions)));
  return text(one) === text(other);
}
