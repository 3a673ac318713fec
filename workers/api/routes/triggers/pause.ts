import { trigger } from "../../../../contracts/api/triggers.ts";
import { pauseTrigger } from "../../../services/triggers/change.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const pause = endpoint({
  method: "post",
  path: "/triggers/{id}/pause",
  tag: "triggers",
  summary: "Pause a trigger",
  description:
    "It starts nothing until it is resumed; what would have been due or came meanwhile is not made up for. What it had accepted still starts.",
  scope: "triggers:write",
  params: idParams,
  answers: { 200: { description: "The trigger after it", schema: trigger } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const changed = await pauseTrigger(context, params.id, true);
    return changed.ok ? { status: 200, body: changed.value } : changed;
  },
});
