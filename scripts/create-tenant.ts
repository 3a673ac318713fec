import { readFileSync } from "node:fs";
import { join } from "node:path";
import { callPlatform } from "./call-platform.ts";

/** Makes a tenant with a key of every scope; only who can read the data folder can. */
export function createTenant(dataDir: string, baseUrl: string, name: string): Promise<Record<string, unknown>> {
  const secrets: { BOOTSTRAP_TOKEN: string } = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8"));
  return callPlatform(baseUrl, {
    method: "POST",
    path: "/internal/tenants",
    authorization: `Bootstrap ${secrets.BOOTSTRAP_TOKEN}`,
    json: { name },
  });
}
