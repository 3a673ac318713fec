import type { JsonObject } from "../json.ts";

/** What the one who started an execution may do, as fixed when the key was made (section 20). */
export interface Principal {
  roles: readonly string[];
  permissions: readonly string[];
}

/**
 * Why `authorization` (of a workflow or a step) refuses a principal: any of `roles`, all of `permissions` (section 2).
 * Undefined when it does not refuse.
 */
export function refusalOf(authorization: JsonObject | undefined, principal: Principal): string | undefined {
  if (authorization === undefined || authorization.enabled === false) return undefined;
  const roles = texts(authorization.roles);
  if (roles.length > 0 && !roles.some((role) => principal.roles.includes(role))) {
    return `one of the roles ${roles.join(", ")} is needed`;
  }
  const missing = texts(authorization.permissions).filter((permission) => !principal.permissions.includes(permission));
  return missing.length > 0 ? `the permissions ${missing.join(", ")} are needed` : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
