import * as z from "zod";
import { workflowTestAnswer, workflowTestBody } from "../../../../contracts/api/workflow-test.ts";
import { cleanText } from "../../../../contracts/clean-text.ts";
import { testWorkflow } from "../../../services/workflows/test-workflow.ts";
import { endpoint } from "../../endpoint.ts";
import { slugParams } from "../path-params.ts";

export const test = endpoint({
  method: "post",
  path: "/workflows/{slug}/test",
  tag: "workflows",
  summary: "Run a workflow's fixtures with mocked connectors",
  description:
    "Nothing is called, stored or metered, and waits take no time. A fixture passes when its run completes and every output that it names is equal.",
  scope: "executions:write",
  params: slugParams,
  query: z.strictObject({ version: cleanText(100).optional() }),
  body: { kind: "json", schema: workflowTestBody, optional: true },
  answers: { 200: { description: "What became of each fixture, failed ones too", schema: workflowTestAnswer } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, query, body }) {
    const reference = query.version === undefined ? params.slug : `${params.slug}@${query.version}`;
    const tested = await testWorkflow(context, reference, body ?? {});
    return tested.ok ? { status: 200, body: tested.value } : tested;
  },
});
