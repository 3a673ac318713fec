import { isObject, type JsonObject } from "../engine/json.ts";
import { authType } from "../engine/auth-type.ts";
import type { AuthDeclaration } from "./manifest/manifest.ts";

/** The auth declaration of a pinned action, typed again after its way through a plan. */
export function readDeclaredAuth(auth: JsonObject | undefined): AuthDeclaration | undefined {
  const type = typeof auth?.type === "string" ? authType(auth.type) : undefined;
  if (auth === undefined || type === undefined) return undefined;
  const declaration: AuthDeclaration = { type };
  if (auth.in === "header" || auth.in === "query" || auth.in === "cookie") declaration.in = auth.in;
  if (typeof auth.name === "string") declaration.name = auth.name;
  if (typeof auth.prefix === "string") declaration.prefix = auth.prefix;
  if (auth.options !== undefined && isObject(auth.options)) declaration.options = auth.options;
  return declaration;
}
