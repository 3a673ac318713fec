import { isObject } from "../../engine/json.ts";
import { type Authorized, firstText, type OpenConnection } from "./credentials.ts";

/** CUSTOM_HEADER: `headers: {name: value}`, or one header by `name` and `value`, else every value under its own name. */
export function customHeader(connection: OpenConnection): Authorized {
  const { values, config } = connection;
  const nested = values.headers;
  const single = firstText([values], ["value"]);
  const name = firstText([config, values], ["name", "header_name", "header"]);
  const written =
    nested !== undefined && isObject(nested)
      ? nested
      : single !== undefined && name !== undefined
        ? { [name]: single }
        : values;
  const headers: Record<string, string> = {};
  for (const [header, value] of Object.entries(written)) if (typeof value === "string") headers[header] = value;
  if (Object.keys(headers).length === 0) return { ok: false, message: "The connection has no headers (`headers`)" };
  return { ok: true, credentials: { headers, query: {} } };
}
