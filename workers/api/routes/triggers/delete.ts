import { deletedTrigger } from "../../../../contracts/api/triggers.ts";
import { deleteTrigger } from "../../../services/triggers/change.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const remove = endpoint({
  method: "delete",
  path: "/triggers/{id}",
  tag: "triggers",
  summary: "Delete a trigger",
  description: "What it started goes on; what it has not started yet does not start.",
  scope: "triggers:write",
  params: idParams,
  answers: { 200: { description: "It is gone", schema: deletedTrigger } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params }) {
    const deleted = await deleteTrigger(context, params.id);
    return deleted.ok ? { status: 200, body: deleted.value } : deleted;
  },
});
