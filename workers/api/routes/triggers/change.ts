import { changeTriggerBody, trigger } from "../../../../contracts/api/triggers.ts";
import type { JsonObject } from "../../../../engine/json.ts";
import { changeTrigger } from "../../../services/triggers/change.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const change = endpoint({
  method: "patch",
  path: "/triggers/{id}",
  tag: "triggers",
  summary: "Change a trigger",
  description:
    "Members that are given replace the trigger's; null takes one away. One of a workflow file is changed by publishing. From now on its executions have the rights of the key that changes it.",
  scope: "triggers:write",
  params: idParams,
  body: { kind: "json", schema: changeTriggerBody },
  answers: { 200: { description: "After the change", schema: trigger } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params, body }) {
    const changed = await changeTrigger(context, params.id, body as JsonObject);
    return changed.ok ? { status: 200, body: changed.value } : changed;
  },
});
