import { isObject, type JsonObject } from "../../engine/json.ts";

/** The words that no step asks for: never, and what whoever installed the connector has decided by doing so. */
const SETTLED: readonly string[] = ["never", "none", "false", "first_use"];

/**
 * What a step that calls an action waits for, as `authorization.approval` says it of a step: its own declaration, or else its
 * connector's. Undefined where nobody has to approve. Versions that earlier releases published may say anything.
 */
export function pinnedApproval(written: object | undefined): JsonObject | undefined {
  const declared: unknown = written;
  if (!isObject(declared)) return undefined;
  const required = String(declared.required).toLowerCase().replaceAll("-", "_");
  if (SETTLED.includes(required)) return undefined;
  const { approvers, timeoutMs, timeout, onTimeout, message } = declared;
  const named = Array.isArray(approvers) ? approvers.filter((role) => typeof role === "string") : [];
  // An administrator's approval is not just anybody's.
  const roles = named.length === 0 && required === "admin_approval" ? ["admin"] : named;
  const limit = typeof timeoutMs === "number" ? timeoutMs / 1_000 : timeout;
  return {
    approvers: roles,
    ...(typeof limit === "number" || typeof limit === "string" ? { timeout: limit } : {}),
    ...(typeof onTimeout === "string" ? { onTimeout } : {}),
    ...(typeof message === "string" ? { message } : {}),
  };
}
