import type { Json } from "../engine/json.ts";
import type { ActionResult } from "../engine/run/types.ts";
import type { EnvironmentDeclaration } from "./manifest/manifest.ts";

type Environment = { ok: true; values: Record<string, Json> } | Extract<ActionResult, { ok: false }>;

/** The names of `runtime.environment` that are no secrets, with their values, or their defaults. A required one that nobody has set is the tenant's to set. */
export function declaredEnvironment(
  { environment = [] }: { environment?: EnvironmentDeclaration[] },
  set: Record<string, Json>,
): Environment {
  const values: Record<string, Json> = {};
  for (const { name, secret, required, default: fallback } of environment) {
    if (secret === true) continue;
    const value = Object.hasOwn(set, name) ? set[name] : fallback;
    if (value !== undefined) values[name] = value;
    else if (required === true) {
      const message = `The connector needs the env value ${name}: set it with PUT /env/${name}`;
      return { ok: false, permanent: true, error: { code: "VALIDATION", message, details: { env: name } } };
    }
  }
  return { ok: true, values };
}
