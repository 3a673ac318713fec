import { readFileSync } from "node:fs";
import { join } from "node:path";
import { callPlatform } from "./call-platform.ts";

/** Changes limits of a tenant (`null`: the default again); answers what differs from the defaults then. */
export function changeLimits(
  dataDir: string,
  baseUrl: string,
  tenantId: string,
  limits: Record<string, number | null>,
): Promise<Record<string, unknown>> {
  const secrets: { BOOTSTRAP_TOKEN: string } = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8"));
  return callPlatform(baseUrl, {
    method: "PUT",
    path: "/internal/limits",
    authorization: `Bootstrap ${secrets.BOOTSTRAP_TOKEN}`,
    json: { tenant_id: tenantId, limits },
  });
}
