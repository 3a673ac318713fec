export { apiKeys } from "./tables/api-keys.ts";
export { audit } from "./tables/audit.ts";
export { connections } from "./tables/connections.ts";
export {
  connectorInstallations,
  connectorNamespaces,
  connectorPins,
  connectorVersions,
  publisherKeys,
  trustPolicies,
} from "./tables/connectors.ts";
export { executions } from "./tables/executions.ts";
export { envValues, secrets } from "./tables/settings.ts";
export { budgets, tenantLimits } from "./tables/tenant-limits.ts";
export { tenants } from "./tables/tenants.ts";
export { triggers } from "./tables/triggers.ts";
export { workflows, workflowVersions } from "./tables/workflows.ts";
export { runOutcomes } from "./tables/run-outcomes.ts";
export { usageRecords } from "./tables/usage-records.ts";
export { usageRollups } from "./tables/usage-rollups.ts";
export { telemetry, telemetryJobs } from "./tables/telemetry.ts";
