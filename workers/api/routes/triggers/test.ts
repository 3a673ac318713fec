import { testedTrigger, testTriggerBody } from "../../../../contracts/api/triggers.ts";
import { testTrigger } from "../../../services/triggers/test.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const test = endpoint({
  method: "post",
  path: "/triggers/{id}/test",
  tag: "triggers",
  summary: "Try a trigger with a sample",
  description:
    "Starts an execution as the trigger would, with the rights of the key that tests; with `dry_run` it only shows the inputs. Filters, limits and the overlap policy do not count.",
  scope: "executions:write",
  params: idParams,
  body: { kind: "json", schema: testTriggerBody, optional: true },
  answers: { 200: { description: "The inputs, and the execution that was started", schema: testedTrigger } },
  refusals: ["NOT_FOUND", "CONFLICT", "QUOTA_EXCEEDED"],
  async handle({ context, params, body }) {
    const tested = await testTrigger(context, params.id, body);
    return tested.ok ? { status: 200, body: tested.value } : tested;
  },
});
