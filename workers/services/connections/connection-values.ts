import type { Json, JsonObject } from "../../../engine/json.ts";

/** Members of a connection that say where and how, not who: shown again. Every other member is a secret. */
const NOT_SECRET: ReadonlySet<string> = new Set([
  "base_url",
  "baseUrl",
  "url",
  "host",
  "region",
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
  "auth_url",
  "authorization_url",
  "token_url",
  "scopes",
  "audience",
  "flow",
]);

/** Structures hold what nobody knows, so they are sealed; a cookie with a value is more than a cookie's name. */
function mayBeShown(name: string, value: Json): boolean {
  if (!NOT_SECRET.has(name)) return false;
  if (typeof value === "object" && value !== null) return name === "scopes";
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
