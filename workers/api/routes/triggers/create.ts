import { createTriggerBody, trigger } from "../../../../contracts/api/triggers.ts";
import type { JsonObject } from "../../../../engine/json.ts";
import { createTrigger } from "../../../services/triggers/create.ts";
import { endpoint } from "../../endpoint.ts";

export const create = endpoint({
  method: "post",
  path: "/triggers",
  tag: "triggers",
  summary: "Make a trigger",
  description:
    "For a workflow that is published: its newest version is started. Triggers of workflow files come and go with their versions. The executions have the roles and permissions of the key that makes the trigger.",
  scope: "triggers:write",
  body: { kind: "json", schema: createTriggerBody },
  answers: { 201: { description: "The trigger", schema: trigger } },
  async handle({ context, body: { workflow, ...config } }) {
    // The body was parsed from JSON: whatever is there is JSON.
    const created = await createTrigger(context, workflow, config as JsonObject);
    return created.ok
      ? { status: 201, body: created.value, headers: { location: `/triggers/${created.value.id}` } }
      : created;
  },
});
