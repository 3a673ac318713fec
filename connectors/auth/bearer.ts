import type { AuthDeclaration } from "../manifest/manifest.ts";
import { type Authorized, firstText, type OpenConnection } from "./credentials.ts";

/** BEARER (RFC 6750): a token that does not expire by itself. */
export function bearer(connection: OpenConnection, declared: AuthDeclaration | undefined): Authorized {
  const token = firstText([connection.values], ["token", "access_token", "bearer_token", "value", "api_key"]);
  if (token === undefined) return { ok: false, message: "The connection has no token (`token`)" };
  const prefix = firstText([connection.config], ["prefix"]) ?? declared?.prefix ?? "Bearer";
  return { ok: true, credentials: { headers: { authorization: `${prefix} ${token}` }, query: {} } };
}
