import type { Endpoint } from "./endpoint.ts";
import { execute } from "./routes/actions/execute.ts";
import { list as listAudit } from "./routes/audit/list.ts";
import { remove as deleteBudget } from "./routes/budgets/delete.ts";
import { get as getBudget } from "./routes/budgets/get.ts";
import { list as listBudgets } from "./routes/budgets/list.ts";
import { put as putBudget } from "./routes/budgets/put.ts";
import { change as changeConnection } from "./routes/connections/change.ts";
import { followConnectLink } from "./routes/connect/follow.ts";
import { openConnectLink } from "./routes/connect/open.ts";
import { rotateMasterKeyRoute } from "./routes/vault/rotate.ts";
import { oauthCallback } from "./routes/oauth/callback.ts";
import { authorizeConnectionRoute } from "./routes/connections/authorize.ts";
import { createConnectLinkRoute } from "./routes/connections/create-link.ts";
import { testConnectionRoute } from "./routes/connections/test.ts";
import { create as createConnection } from "./routes/connections/create.ts";
import { remove as deleteConnection } from "./routes/connections/delete.ts";
import { get as getConnection } from "./routes/connections/get.ts";
import { list as listConnections } from "./routes/connections/list.ts";
import { remove as deleteEnv } from "./routes/env/delete.ts";
import { get as getEnv } from "./routes/env/get.ts";
import { put as putEnv } from "./routes/env/put.ts";
import { publish as publishEvent } from "./routes/events/publish.ts";
import { eventsStream } from "./routes/events/stream.ts";
import { batch } from "./routes/executions/batch.ts";
import { cancel } from "./routes/executions/cancel.ts";
import { get as getExecution } from "./routes/executions/get.ts";
import { executionEvents } from "./routes/executions/events.ts";
import { executionHistory } from "./routes/executions/history.ts";
import { receiptRoute } from "./routes/executions/receipt.ts";
import { executionLogs } from "./routes/executions/logs.ts";
import { executionStream } from "./routes/executions/stream.ts";
import { getExecutionStep } from "./routes/executions/get-step.ts";
import { decideApproval } from "./routes/executions/decide.ts";
import { list as listExecutions } from "./routes/executions/list.ts";
import { pause } from "./routes/executions/pause.ts";
import { resume } from "./routes/executions/resume.ts";
import { migrate } from "./routes/executions/migrate.ts";
import { purge } from "./routes/executions/purge.ts";
import { purgeReceiptOf } from "./routes/executions/purge-receipt.ts";
import { retry } from "./routes/executions/retry.ts";
import { sendExecutionEvent } from "./routes/executions/send-event.ts";
import { sendExecutionMessage } from "./routes/executions/send-message.ts";
import { shutDown } from "./routes/executions/shut-down.ts";
import { start } from "./routes/executions/start.ts";
import { changeLimitsRoute } from "./routes/limits/change.ts";
import { growShardsRoute } from "./routes/limits/grow-shards.ts";
import { beginCampaignRoute } from "./routes/campaigns/begin.ts";
import { getCampaignRoute } from "./routes/campaigns/get.ts";
import { listCampaignItemsRoute } from "./routes/campaigns/items.ts";
import { listCampaignsRoute } from "./routes/campaigns/list.ts";
import { steerCampaignRoutes } from "./routes/campaigns/steer.ts";
import { listLimitsRoute } from "./routes/limits/list.ts";
import { create as createKey } from "./routes/keys/create.ts";
import { list as listKeys } from "./routes/keys/list.ts";
import { revoke as revokeKey } from "./routes/keys/revoke.ts";
import { get as getMetrics } from "./routes/metrics/get.ts";
import { docs } from "./routes/platform/docs.ts";
import { healthz } from "./routes/platform/health.ts";
import { openApi } from "./routes/platform/open-api.ts";
import { receiptKeysRoute } from "./routes/platform/receipt-keys.ts";
import { workflowSchemaRoute } from "./routes/platform/workflow-schema.ts";
import { getPlugin, getPluginVersion } from "./routes/plugins/get.ts";
import { deprecate } from "./routes/plugins/deprecate.ts";
import { getSchema } from "./routes/plugins/get-schema.ts";
import { install } from "./routes/plugins/install.ts";
import { publishConnectorRoute, publishPlugin } from "./routes/plugins/publish.ts";
import { icon, readme } from "./routes/plugins/presentation.ts";
import { listPlugins } from "./routes/plugins/list.ts";
import { outdated } from "./routes/plugins/outdated.ts";
import { signature } from "./routes/plugins/signature.ts";
import { unpublish } from "./routes/plugins/unpublish.ts";
import { versions as connectorVersions } from "./routes/plugins/versions.ts";
import { addPublisherKeyRoute, listPublisherKeysRoute, revokePublisherKeyRoute } from "./routes/namespaces/keys.ts";
import { getTrust } from "./routes/settings/get-trust.ts";
import { putTrust } from "./routes/settings/put-trust.ts";
import { search } from "./routes/plugins/search.ts";
import { refreshPlugin } from "./routes/plugins/refresh.ts";
import { uninstall } from "./routes/plugins/uninstall.ts";
import { update as updatePlugin } from "./routes/plugins/update.ts";
import { visibility } from "./routes/plugins/visibility.ts";
import { remove as deleteSecret } from "./routes/secrets/delete.ts";
import { get as getSecret } from "./routes/secrets/get.ts";
import { put as putSecret } from "./routes/secrets/put.ts";
import { getSigningSecret } from "./routes/services/get-signing-secret.ts";
import { list as listInstances } from "./routes/services/list.ts";
import { register } from "./routes/services/register.ts";
import { rotateSigningSecretRoute } from "./routes/services/rotate-signing-secret.ts";
import { unregister } from "./routes/services/unregister.ts";
import { createStreamTokenRoute } from "./routes/streams/create-token.ts";
import { change as changeTrigger } from "./routes/triggers/change.ts";
import { create as createTrigger } from "./routes/triggers/create.ts";
import { remove as deleteTrigger } from "./routes/triggers/delete.ts";
import { get as getTrigger } from "./routes/triggers/get.ts";
import { list as listTriggers } from "./routes/triggers/list.ts";
import { pause as pauseTrigger } from "./routes/triggers/pause.ts";
import { resume as resumeTrigger } from "./routes/triggers/resume.ts";
import { test as testTrigger } from "./routes/triggers/test.ts";
import { remove as deleteTelemetry } from "./routes/telemetry/delete.ts";
import { get as getTelemetry } from "./routes/telemetry/get.ts";
import { put as putTelemetry } from "./routes/telemetry/put.ts";
import { completeTask } from "./routes/tasks/complete.ts";
import { failTask } from "./routes/tasks/fail.ts";
import { heartbeatTask } from "./routes/tasks/heartbeat.ts";
import { progressTask } from "./routes/tasks/progress.ts";
import { createTenantRoute } from "./routes/tenants/create.ts";
import { changeWebhookEndpoint } from "./routes/webhooks/change-endpoint.ts";
import { createWebhookEndpoint } from "./routes/webhooks/create-endpoint.ts";
import { deleteWebhookEndpoint } from "./routes/webhooks/delete-endpoint.ts";
import { getWebhookDelivery } from "./routes/webhooks/get-delivery.ts";
import { getWebhookEndpoint } from "./routes/webhooks/get-endpoint.ts";
import { getWebhookSecret } from "./routes/webhooks/get-secret.ts";
import { listWebhookDeliveries } from "./routes/webhooks/list-deliveries.ts";
import { listWebhookEndpoints } from "./routes/webhooks/list-endpoints.ts";
import { resendWebhookDelivery } from "./routes/webhooks/resend-delivery.ts";
import { resendWebhooks } from "./routes/webhooks/resend-since.ts";
import { rotateCallbackSecretRoute } from "./routes/webhooks/rotate-callback-secret.ts";
import { rotateWebhookSecret } from "./routes/webhooks/rotate-secret.ts";
import { testWebhookEndpoint } from "./routes/webhooks/test-endpoint.ts";
import { auditUsageRoute } from "./routes/usage/audit.ts";
import { correctUsageRoute } from "./routes/usage/correct.ts";
import { get as getUsage } from "./routes/usage/get.ts";
import { remove as deleteWorkflow } from "./routes/workflows/delete.ts";
import { get as getWorkflow } from "./routes/workflows/get.ts";
import { getWorkflowVersion } from "./routes/workflows/get-version.ts";
import { list as listWorkflows } from "./routes/workflows/list.ts";
import { listWorkflowVersions } from "./routes/workflows/list-versions.ts";
import { publish as publishWorkflow } from "./routes/workflows/publish.ts";
import { test as testWorkflow } from "./routes/workflows/test.ts";
import { validate } from "./routes/workflows/validate.ts";

/** Every route there is. What stands not here is 404; another method of a path that stands here is 405. */
export const routes: readonly Endpoint[] = [
  publishWorkflow,
  listWorkflows,
  validate,
  testWorkflow,
  getWorkflow,
  deleteWorkflow,
  listWorkflowVersions,
  getWorkflowVersion,
  start,
  listExecutions,
  batch,
  getExecution,
  purge,
  purgeReceiptOf,
  cancel,
  pause,
  resume,
  retry,
  migrate,
  beginCampaignRoute,
  listCampaignsRoute,
  getCampaignRoute,
  listCampaignItemsRoute,
  ...steerCampaignRoutes,
  shutDown,
  sendExecutionEvent,
  sendExecutionMessage,
  decideApproval,
  getExecutionStep,
  executionEvents,
  executionStream,
  executionLogs,
  executionHistory,
  receiptRoute,
  execute,
  publishPlugin,
  ...updatePlugin,
  ...search,
  ...outdated,
  ...listPlugins,
  ...getPlugin,
  ...getPluginVersion,
  ...getSchema,
  ...readme,
  ...icon,
  ...install,
  ...uninstall,
  ...refreshPlugin,
  ...connectorVersions,
  ...deprecate,
  ...visibility,
  ...signature,
  ...unpublish,
  getTrust,
  putTrust,
  addPublisherKeyRoute,
  listPublisherKeysRoute,
  revokePublisherKeyRoute,
  register,
  listInstances,
  unregister,
  ...getSigningSecret,
  ...rotateSigningSecretRoute,
  completeTask,
  failTask,
  heartbeatTask,
  progressTask,
  publishConnectorRoute,
  createConnection,
  listConnections,
  getConnection,
  changeConnection,
  deleteConnection,
  authorizeConnectionRoute,
  createConnectLinkRoute,
  testConnectionRoute,
  openConnectLink,
  followConnectLink,
  oauthCallback,
  rotateMasterKeyRoute,
  putSecret,
  getSecret,
  deleteSecret,
  putEnv,
  getEnv,
  deleteEnv,
  publishEvent,
  eventsStream,
  listWebhookEndpoints,
  createWebhookEndpoint,
  getWebhookEndpoint,
  changeWebhookEndpoint,
  deleteWebhookEndpoint,
  rotateWebhookSecret,
  testWebhookEndpoint,
  resendWebhooks,
  listWebhookDeliveries,
  getWebhookDelivery,
  resendWebhookDelivery,
  getWebhookSecret,
  rotateCallbackSecretRoute,
  createKey,
  listKeys,
  revokeKey,
  createStreamTokenRoute,
  listLimitsRoute,
  createTrigger,
  listTriggers,
  getTrigger,
  changeTrigger,
  deleteTrigger,
  pauseTrigger,
  resumeTrigger,
  testTrigger,
  listBudgets,
  putBudget,
  getBudget,
  deleteBudget,
  createTenantRoute,
  changeLimitsRoute,
  growShardsRoute,
  getUsage,
  listAudit,
  getMetrics,
  getTelemetry,
  putTelemetry,
  deleteTelemetry,
  auditUsageRoute,
  correctUsageRoute,
  healthz,
  openApi,
  workflowSchemaRoute,
  receiptKeysRoute,
  docs,
];
