export { apiKeys } from "./tables/api-keys.ts";
export { audit } from "./tables/audit.ts";
export { connections } from "./tables/connections.ts";
export { connectorInstallations, connectorNamespaces, connectorVersions } from "./tables/connectors.ts";
export { executions } from "./tables/executions.ts";
export { envValues, secrets } from "./tables/settings.ts";
export { budgets, tenantLimits } from "./tables/tenant-limits.ts";
export { tenants } from "./tables/tenants.ts";
export { workflows, workflowVersions } from "./tables/workflows.ts";
