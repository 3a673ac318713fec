import type { AuthDeclaration } from "../manifest/manifest.ts";
import { type Authorized, firstText, type OpenConnection } from "./credentials.ts";

/** OAUTH2 (RFC 6750): the access token, which whoever opened the connection has renewed where it was due. */
export function oauth2(connection: OpenConnection, declared: AuthDeclaration | undefined): Authorized {
  const token = firstText([connection.values], ["access_token"]);
  if (token === undefined) return { ok: false, message: "The connection is not connected yet: open its connect link" };
  const prefix = firstText([connection.config], ["prefix"]) ?? declared?.prefix ?? "Bearer";
  return { ok: true, credentials: { headers: { authorization: `${prefix} ${token}` }, query: {} } };
}
