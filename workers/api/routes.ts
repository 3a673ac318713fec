import type { Endpoint } from "./endpoint.ts";
import { batch } from "./routes/executions/batch.ts";
import { cancel } from "./routes/executions/cancel.ts";
import { get as getExecution } from "./routes/executions/get.ts";
import { getExecutionStep } from "./routes/executions/get-step.ts";
import { list as listExecutions } from "./routes/executions/list.ts";
import { start } from "./routes/executions/start.ts";
import { healthz } from "./routes/platform/health.ts";
import { openApi } from "./routes/platform/open-api.ts";
import { remove as deleteWorkflow } from "./routes/workflows/delete.ts";
import { get as getWorkflow } from "./routes/workflows/get.ts";
import { getWorkflowVersion } from "./routes/workflows/get-version.ts";
import { list as listWorkflows } from "./routes/workflows/list.ts";
import { listWorkflowVersions } from "./routes/workflows/list-versions.ts";
import { publish as publishWorkflow } from "./routes/workflows/publish.ts";
import { validate } from "./routes/workflows/validate.ts";

/** Every route there is. What stands not here is 404; another method of a path that stands here is 405. */
export const routes: readonly Endpoint[] = [
  publishWorkflow,
  listWorkflows,
  validate,
  getWorkflow,
  deleteWorkflow,
  listWorkflowVersions,
  getWorkflowVersion,
  start,
  listExecutions,
  batch,
  getExecution,
  cancel,
  getExecutionStep,
  healthz,
  openApi,
];
