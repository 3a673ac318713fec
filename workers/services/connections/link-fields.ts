import type { AuthDeclaration } from "../../../connectors/manifest/manifest.ts";
import { referencesIn } from "../../../connectors/auth/references.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";

/** What a connect link's page asks a person for. */
export interface LinkField {
  name: string;
  label: string;
  secret: boolean;
  /** Name of the header whose value it is. */
  header?: string;
}

/** By type; connections of others can be made by whoever has a key alone. */
const FIELDS: Readonly<Record<string, LinkField[]>> = {
  OAUTH2: [],
  API_KEY: [{ name: "api_key", label: "API key", secret: true }],
  BEARER: [{ name: "token", label: "Access token", secret: true }],
  BASIC: [
    { name: "username", label: "User name", secret: false },
    { name: "password", label: "Password", secret: true },
  ],
};
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const LONGEST = 8_192;

/** `known`: headers of the connection that there is already. Undefined: nobody can connect this by a link. */
export function linkFields(
  type: string,
  declared: AuthDeclaration | undefined,
  known: readonly string[],
): LinkField[] | undefined {
  if (type !== "CUSTOM_HEADER") return FIELDS[type];
  const names = [
    declaredHeaders(declared?.options?.headers),
    declared?.name === undefined ? [] : [declared.name],
    known,
  ];
  const headers = names.find((list) => list.length > 0)?.filter((name) => HEADER.test(name)) ?? [];
  if (headers.length === 0) return undefined;
  return headers.map((header, index) => ({ name: `header_${index}`, label: header, secret: true, header }));
}

/** `headers: [X-Key]` or `headers: {X-Key: what it is}`. */
function declaredHeaders(headers: Json | undefined): string[] {
  if (Array.isArray(headers)) return headers.filter((name) => typeof name === "string");
  return headers !== undefined && isObject(headers) ? Object.keys(headers) : [];
}

/** The connection's values out of a form. */
export function linkValues(fields: readonly LinkField[], given: Record<string, string>): Result<JsonObject> {
  const values: JsonObject = {};
  const headers: JsonObject = {};
  for (const { name, label, header } of fields) {
    const value = given[name];
    if (value === undefined || value === "") return failure("VALIDATION", `${label} is missing.`);
    if (value.length > LONGEST) return failure("VALIDATION", `${label} is longer than ${LONGEST} characters.`);
    // Whoever has the link is nobody of the tenant's: what they write names no secret of it.
    const { secrets, env, unreadable } = referencesIn(value);
    if (unreadable || secrets.length > 0 || env.length > 0)
      return failure("VALIDATION", `${label} must be the value itself.`);
    if (header === undefined) values[name] = value;
    else headers[header] = value;
  }
  return success(Object.keys(headers).length > 0 ? { ...values, headers } : values);
}
