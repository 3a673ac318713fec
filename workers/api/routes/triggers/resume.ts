import { trigger } from "../../../../contracts/api/triggers.ts";
import { pauseTrigger } from "../../../services/triggers/change.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const resume = endpoint({
  method: "post",
  path: "/triggers/{id}/resume",
  tag: "triggers",
  summary: "Resume a trigger",
  description: "From the next due time on.",
  scope: "triggers:write",
  params: idParams,
  answers: { 200: { description: "The trigger after it", schema: trigger } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const changed = await pauseTrigger(context, params.id, false);
    return changed.ok ? { status: 200, body: changed.value } : changed;
  },
});
