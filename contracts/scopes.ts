/** What a key may be allowed to do (section 20). A route names the one it needs; a key carries some of them. */
export const SCOPES = [
  "workflows:read",
  "workflows:write",
  "executions:read",
  "executions:write",
  "connectors:read",
  "connectors:write",
  "connections:read",
  "connections:write",
  "secrets:read",
  "secrets:write",
  "webhooks:read",
  "webhooks:write",
  "keys:read",
  "keys:write",
  "limits:read",
  "budgets:write",
  "triggers:read",
  "triggers:write",
  "usage:read",
  "audit:read",
  "metrics:read",
  "telemetry:read",
  "telemetry:write",
] as const;

export type Scope = (typeof SCOPES)[number];
