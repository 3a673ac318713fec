import { CERTIFICATE_NAME } from "../../../contracts/client-certificates.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";

/** Members of a connection that say where and how, not who: shown again. Every other member is a secret. */
export const NOT_SECRET: ReadonlySet<string> = new Set([
  "base_url",
  "baseUrl",
  "url",
  "host",
  "region",
  "service",
  "header",
  "header_name",
  "in",
  "location",
  "param",
  "key_name",
  "name",
  "prefix",
  "query",
  "cookie",
  "client_id",
  "client_auth",
  "issuer",
  "parameters",
  "refresh_url",
  "revocation_url",
  "auth_url",
  "authorization_url",
  "token_url",
  "scopes",
  "audience",
  "flow",
  "concurrent",
  "bucket",
]);

/**
 * Structures hold what nobody knows, so they are sealed; a cookie with a value is more than a cookie's name, and a certificate that
 * somebody pasted more than a certificate's name.
 */
function mayBeShown(name: string, value: Json): boolean {
  if (name === "certificate") return typeof value === "string" && CERTIFICATE_NAME.test(value);
  if (!NOT_SECRET.has(name)) return false;
  if (typeof value === "object" && value !== null) return name === "scopes" || name === "parameters";
  return name !== "cookie" || !String(value).includes("=");
}

/** Splits what was sent into what may be shown and what is sealed. */
export function splitValues(values: JsonObject): { config: JsonObject; secret: JsonObject } {
  const entries = Object.entries(values);
  return {
    config: Object.fromEntries(entries.filter(([name, value]) => mayBeShown(name, value))),
    secret: Object.fromEntries(entries.filter(([name, value]) => !mayBeShown(name, value))),
  };
}
