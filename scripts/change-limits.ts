import { readFileSync } from "node:fs";
import { join } from "node:path";
import { callPlatform } from "./call-platform.ts";

function callInternal(dataDir: string, baseUrl: string, path: string, json: object): Promise<Record<string, unknown>> {
  const secrets: { BOOTSTRAP_TOKEN: string } = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8"));
  return callPlatform(baseUrl, { method: "PUT", path, authorization: `Bootstrap ${secrets.BOOTSTRAP_TOKEN}`, json });
}

/** Changes limits of a tenant (`null`: the default again); answers what differs from the defaults then. */
export function changeLimits(
  dataDir: string,
  baseUrl: string,
  tenantId: string,
  limits: Record<string, number | null>,
): Promise<Record<string, unknown>> {
  return callInternal(dataDir, baseUrl, "/internal/limits", { tenant_id: tenantId, limits });
}

/** Gives a tenant more shards; answers the version of its map. */
export function growShards(
  dataDir: string,
  baseUrl: string,
  tenantId: string,
  shards: number,
): Promise<Record<string, unknown>> {
  return callInternal(dataDir, baseUrl, "/internal/shards", { tenant_id: tenantId, shards });
}
