import { isObject } from "../../engine/json.ts";
import type { AuthDeclaration } from "../manifest/manifest.ts";
import { type Authorized, firstText, type OpenConnection } from "./credentials.ts";
import { isPlainHeader } from "./plain-headers.ts";

/** CUSTOM_HEADER: `headers: {name: value}`, or one header by `value` and its `name`, which the connector may declare, else every value under its own name. */
export function customHeader(connection: OpenConnection, declared: AuthDeclaration | undefined): Authorized {
  const { values, config } = connection;
  const nested = values.headers;
  const single = firstText([values], ["value"]);
  const name = firstText([config, values], ["name", "header_name", "header"]) ?? declaredName(declared);
  const written =
    nested !== undefined && isObject(nested)
      ? nested
      : single !== undefined && name !== undefined
        ? { [name]: single }
        : values;
  const headers: Record<string, string> = {};
  for (const [header, value] of Object.entries(written)) if (typeof value === "string") headers[header] = value;
  if (Object.keys(headers).length === 0) return { ok: false, message: "The connection has no headers (`headers`)" };
  return { ok: true, credentials: { headers, query: {}, plain: Object.keys(headers).filter(isPlainHeader) } };
}

/** The one header that the connector says it takes: `name`, or the only one of `headers`. */
function declaredName(declared: AuthDeclaration | undefined): string | undefined {
  if (declared?.name !== undefined) return declared.name;
  const headers = declared?.options?.headers ?? null;
  const names = Array.isArray(headers) ? headers : isObject(headers) ? Object.keys(headers) : [];
  const [only, ...others] = names;
  return typeof only === "string" && others.length === 0 ? only : undefined;
}
