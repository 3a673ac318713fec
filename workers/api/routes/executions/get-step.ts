import { stepRecord } from "../../../../contracts/api/executions.ts";
import { getStep } from "../../../services/executions/get.ts";
import { endpoint } from "../../endpoint.ts";
import { stepParams } from "../path-params.ts";

export const getExecutionStep = endpoint({
  method: "get",
  path: "/workflows/executions/{id}/steps/{path}",
  tag: "executions",
  summary: "Get one step of an execution",
  description: "`path` is the run-time path: `fetch_weather[2]`.",
  scope: "executions:read",
  params: stepParams,
  answers: { 200: { description: "The step", schema: stepRecord } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getStep(context, params.id, params.path);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
