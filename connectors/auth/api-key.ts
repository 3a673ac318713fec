import type { AuthDeclaration } from "../manifest/manifest.ts";
import { type Authorized, firstText, type OpenConnection } from "./credentials.ts";

/** API_KEY: a key in a header (default `X-API-Key`), a query member or a cookie, with an optional prefix. */
export function apiKey(connection: OpenConnection, declared: AuthDeclaration | undefined): Authorized {
  const key = firstText([connection.values], ["api_key", "apiKey", "key", "value", "token"]);
  if (key === undefined) return { ok: false, message: "The connection has no API key (`api_key`)" };
  const { config } = connection;
  const place = firstText([config], ["in", "location"]) ?? declared?.in ?? "header";
  const name =
    firstText([config], ["name", "header_name", "header", "query", "cookie", "key_name", "param"]) ??
    declared?.name ??
    "X-API-Key";
  const prefix = firstText([config], ["prefix"]) ?? declared?.prefix;
  const value = prefix === undefined ? key : `${prefix.trimEnd()} ${key}`;
  if (place === "query") return { ok: true, credentials: { headers: {}, query: { [name]: value } } };
  if (place === "cookie") {
    return { ok: true, credentials: { headers: { cookie: `${name}=${encodeURIComponent(value)}` }, query: {} } };
  }
  return { ok: true, credentials: { headers: { [name]: value }, query: {} } };
}
